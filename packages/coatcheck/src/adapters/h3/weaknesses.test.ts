import { describe, expect, test, vi } from 'vitest'
import { quietly } from '../../../test/helpers/adapter-stories.ts'
import { clockFrom, DAY } from '../../../test/helpers/clock.ts'
import { gate } from '../../../test/helpers/gate.ts'
import { comesTo, HOUSES, linesOf, NEWER_PASSWORD, PASSWORD, said } from '../../../test/helpers/h3.ts'
import { watched } from '../../../test/helpers/watched.ts'
import type { SessionEvent } from '../../core/model/events.ts'
import { memoryStore } from '../../stores/memory.ts'
import { getSession, type SessionConfig, updateSession, useSession } from '../h3.ts'

const sealed: SessionConfig = { password: PASSWORD }
const KINDS: readonly (readonly [string, () => SessionConfig])[] = [
  ['sealed', () => sealed],
  ['stored', () => ({ ...sealed, store: memoryStore() })],
]
const crypto = process.getBuiltinModule('node:crypto')

describe.each(HOUSES)('what h3 does wrong, on $name', (house) => {
  test.each(KINDS)(
    'H1, F1: updates of one request that run at once are all kept, and one cookie is sent: %s',
    async (_, configure) => {
      const config = configure()
      const ada = await comesTo(house, async (event, path) => {
        const session = await useSession(event, config)
        if (path === '/all') {
          const keys = Array.from({ length: 20 }, (_, at) => `key${at}`)
          await Promise.all(
            keys.map((key, at) => (at % 2 ? session.update({ [key]: at }) : updateSession(event, config, () => ({ [key]: at })))),
          )
        }
        return session.data
      })
      const response = await ada.get('/all')
      expect(linesOf(response)).toHaveLength(1)
      const all = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`key${at}`, at]))
      expect(await said(response)).toEqual(all)
      expect(await said(ada.get('/'))).toEqual(all)
    },
  )

  test('H1, F1: an update made while the store is busy with another is stored too', async () => {
    const watch = watched(memoryStore())
    const config: SessionConfig = { ...sealed, store: watch.store, issue: 'when-stored' }
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path === '/in') await session.update({ in: true })
      if (path === '/two') {
        const barrier = gate()
        watch.before = (call) => (call === 'update' ? barrier.pass() : undefined)
        const first = session.update({ a: 1 })
        await barrier.reached
        const others = [session.update({ b: 2 }), session.update({ c: 3 })]
        watch.before = () => {}
        barrier.open()
        await Promise.all([first, ...others])
      }
      return session.data
    })
    await ada.get('/in')
    await ada.get('/two')
    expect(await said(ada.get('/'))).toEqual({ in: true, a: 1, b: 2, c: 3 })
  })

  test.each(KINDS)('H2: clear() then update() starts afresh: %s', async (_, configure) => {
    const config = configure()
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path === '/in') await session.update({ user: 'ada', role: 'admin' })
      if (path === '/again') {
        await session.clear()
        await session.update({ language: 'de' })
      }
      return { id: session.id, data: session.data }
    })
    const before = (await said(ada.get('/in'))) as { id: string }
    const again = (await said(ada.get('/again'))) as { id: string }
    expect(again).toMatchObject({ data: { language: 'de' } })
    expect(again.id).not.toBe(before.id)
    expect(await said(ada.get('/'))).toEqual({ id: again.id, data: { language: 'de' } })
  })

  test('H3: clear removes the cookie from the browser', async () => {
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, sealed)
      if (path === '/out') await session.clear()
      return 'ok'
    })
    await ada.get('/')
    expect(ada.cookies()).toHaveLength(1)
    expect(linesOf(await ada.get('/out'))).toEqual([expect.stringMatching(/^h3=; Max-Age=0;.* Expires=Thu, 01 Jan 1970/)])
    expect(ada.cookies()).toEqual([])
  })

  test('H4: what is too large for a cookie is spread over several, or refused aloud', async () => {
    quietly()
    for (const chunks of [true, false]) {
      const config: SessionConfig = { ...sealed, name: `big${chunks}`, ...(!chunks && { chunks }) }
      const ada = await comesTo(house, async (event, path) => {
        const session = await useSession(event, config)
        if (path === '/big') await session.update({ text: noise(7000) })
        return { length: session.data.text?.length ?? 0 }
      })
      await ada.get('/')
      expect((await ada.get('/big')).status).toBe(chunks ? 200 : 500)
      expect(ada.refused).toEqual([])
      expect(await said(ada.get('/'))).toEqual({ length: chunks ? 7000 : 0 })
    }
  })

  test('H5: a wrong password is told, and one that was replaced goes on reading', async () => {
    const events: SessionEvent[] = []
    const onEvent = (event: SessionEvent): void => void events.push(event)
    let password: SessionConfig['password'] = PASSWORD
    const ada = await comesTo(house, async (event, path) => {
      if (path === '/in') await updateSession(event, { password, onEvent }, { user: 'ada' })
      return (await getSession(event, { password, onEvent })).data
    })
    await ada.get('/in')
    password = NEWER_PASSWORD
    expect(await said(ada.get('/'))).toEqual({})
    expect(events.filter(({ type }) => type === 'refused')).toMatchObject([{ type: 'refused', reason: 'unknown-key' }])
    // Nothing was overwritten, so that putting it right brings everybody back.
    password = [NEWER_PASSWORD, PASSWORD]
    expect(await said(ada.get('/'))).toEqual({ user: 'ada' })
  })

  test.each(KINDS)('H6: a bad header does not kill a good cookie, and a good one goes before it: %s', async (_, configure) => {
    const config = configure()
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path === '/in') await session.update({ user: 'ada' })
      if (path === '/bob') await session.update({ user: 'bob' })
      return { user: session.data.user ?? null }
    })
    await ada.get('/in')
    for (const header of ['', 'garbage', 'Fe26.2*1*2', '~2', 'x'.repeat(9000)]) {
      const response = await ada.get('/', { headers: { 'x-h3-session': header } })
      expect([linesOf(response), await said(response)], header).toEqual([[], { user: 'ada' }])
    }
    const bob = await comesTo(house, async (event) => (await useSession(event, config)).data)
    const ticket = (await bobs(house, config))?.value ?? ''
    expect(ticket).not.toBe('')
    expect(await said(ada.get('/', { headers: { 'x-h3-session': ticket } }))).toEqual({ user: 'bob' })
    expect(await said(bob.get('/', { headers: { 'x-h3-session': ticket } }))).toEqual({ user: 'bob' })
    expect(await said(ada.get('/'))).toEqual({ user: 'ada' })
  })

  test('H7: a session that was cleared or rotated in a store opens for nobody, and any ends after 30 days', async () => {
    const clock = clockFrom()
    const config: SessionConfig = { ...sealed, store: memoryStore(), now: clock.now }
    const page = async (event: Parameters<typeof useSession>[0], path: string) => {
      const session = await useSession(event, config)
      if (path === '/in') await session.update({ user: 'ada' })
      if (path === '/out') await session.clear()
      if (path === '/rotate') await session.rotate()
      return { user: session.data.user ?? null }
    }
    for (const end of ['/out', '/rotate']) {
      const ada = await comesTo(house, page, { now: clock.now })
      await ada.get('/in')
      const thief = ada.steal()
      await ada.get(end)
      clock.advance(60) // until then an old ticket shows what was
      expect(await said(thief.get('/'))).toEqual({ user: null })
    }
    const ada = await comesTo(house, page, { now: clock.now })
    await ada.get('/in')
    for (let day = 0; day < 29; day++) {
      clock.advance(DAY)
      await ada.get('/')
    }
    expect(await said(ada.get('/'))).toEqual({ user: 'ada' })
    clock.advance(DAY)
    expect(await said(ada.get('/'))).toEqual({ user: null })
  })

  test.each(KINDS)('H8: the id and the password can be rotated: %s', async (_, configure) => {
    let password: SessionConfig['password'] = PASSWORD
    const { password: _never, ...rest } = configure()
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, { ...rest, password })
      if (path === '/in') await session.update({ user: 'ada' })
      if (path === '/rotate') await session.rotate()
      return { id: session.id, user: session.data.user }
    })
    const before = (await said(ada.get('/in'))) as { id: string }
    password = [NEWER_PASSWORD, PASSWORD]
    const after = (await said(ada.get('/rotate'))) as { id: string; user: string }
    expect([after.user, after.id === before.id]).toEqual(['ada', false])
    password = NEWER_PASSWORD
    expect(await said(ada.get('/'))).toEqual(after)
  })

  test('H9: keys are derived once per password, not for each cookie, and never by one round of PBKDF2', async () => {
    const derive = vi.spyOn(crypto, 'pbkdf2Sync')
    const ada = await comesTo(house, async (event) => {
      const session = await useSession(event, sealed)
      await session.update(({ n = 0 }) => ({ n: n + 1 }))
      return session.data
    })
    for (let n = 1; n <= 3; n++) expect(await said(ada.get('/'))).toEqual({ n })
    // Nor for what a stranger makes up.
    await ada.get('/', { headers: { cookie: `h3=${ada.cookies()[0]?.value}x` } })
    await ada.get('/', { headers: { cookie: 'h3=Fe26.2*junk' } })
    expect(derive).not.toHaveBeenCalled()
    derive.mockRestore()
  })

  test('H10: with a store, what two requests change at once is all kept', async () => {
    const config: SessionConfig = { ...sealed, store: memoryStore() }
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path.startsWith('/add')) await session.update(({ n = 0 }) => ({ n: n + 1, [path]: true }))
      return session.data
    })
    await ada.get('/')
    await ada.parallel(8, (at) => ada.get(`/add${at}`))
    expect(await said(ada.get('/'))).toEqual({
      n: 8,
      ...Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`/add${at}`, true])),
    })
  })

  test.each(KINDS)('H11: dates, maps, big numbers and undefined come back as they were: %s', async (_, configure) => {
    const config = configure()
    const values = { date: new Date(5), map: new Map([['a', 1]]), big: 10n ** 20n, nothing: undefined }
    let seen: unknown
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path === '/in') await session.update(values)
      else seen = { ...session.data }
      return 'ok'
    })
    await ada.get('/in')
    await ada.get('/')
    expect(seen).toStrictEqual(values)
  })

  test('H12: a value named __proto__ is a value like any other', async () => {
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, sealed)
      if (path === '/in') await session.update(JSON.parse('{"__proto__":{"isAdmin":true}}'))
      return { isAdmin: session.data.isAdmin ?? false, everywhere: 'isAdmin' in {} }
    })
    for (const path of ['/', '/in', '/']) expect(await said(ada.get(path))).toEqual({ isAdmin: false, everywhere: false })
  })
})

/** The cookie of somebody called bob. */
async function bobs(house: (typeof HOUSES)[number], config: SessionConfig) {
  const bob = await comesTo(house, async (event) => {
    const session = await useSession(event, config)
    await session.update({ user: 'bob' })
    return 'ok'
  })
  await bob.get('/')
  return bob.cookies()[0]
}

/** Text that no compression makes shorter. */
function noise(length: number): string {
  return crypto.randomBytes(length).toString('base64url').slice(0, length)
}
