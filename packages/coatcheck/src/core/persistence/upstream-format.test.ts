import { describe, expect, test } from 'vitest'
import { COOKIE, site } from '../../../test/helpers/site.ts'
import type { UpstreamFormat } from '../../migrate/format.ts'
import { memoryStore } from '../../stores/memory.ts'
import { adapterOf } from '../sessions.ts'
import { upstreamPersistence } from './upstream-format.ts'

/** A library that writes what it holds into the cookie, with nothing to prove it. */
const open: UpstreamFormat = {
  format: 'open',
  write: ({ values, flash = {}, createdAt, expiresAt }) =>
    `open.${Buffer.from(JSON.stringify({ values, flash, createdAt, expiresAt })).toString('base64url')}`,
  read(value) {
    const text = /^open\.([\w-]+)$/.exec(value)?.[1]
    return text === undefined ? undefined : JSON.parse(Buffer.from(text, 'base64url').toString())
  },
}

describe('a session in another library’s cookie', () => {
  const make = () => site({ persistence: upstreamPersistence(open) })
  const loaded = (ticket = '') => JSON.parse(Buffer.from(ticket.slice('open.'.length), 'base64url').toString())

  test('is written as that library writes it, and read again', async () => {
    const s = make()
    const ada = s.person()
    await ada.does((session) => {
      session.set('cart', ['hat'])
      session.flash('message', 'hello')
    })
    expect(loaded(ada.ticket)).toMatchObject({ values: { cart: ['hat'] }, flash: { message: 'hello' }, createdAt: s.clock.now() })
    expect(await ada.does((session) => [session.get('cart'), session.flash('message')])).toEqual([['hat'], 'hello'])
    expect(await ada.does((session) => [session.get('cart'), session.flash('message')])).toEqual([['hat'], undefined])
  })

  test('ends with a sign-out, and belongs to whoever signed in', async () => {
    const s = make()
    const ada = s.person()
    await ada.does((session) => session.signIn('ada'))
    expect(await ada.does((session) => session.owner)).toBe('ada')
    await ada.does((session) => session.destroy())
    expect(ada.ticket).toBeUndefined()
  })

  test('is over when the cookie says so', async () => {
    const s = make()
    const ada = s.person()
    await ada.does((session) => session.set('cart', ['hat']))
    s.clock.advance(31 * 86_400)
    const headers = { cookie: `${COOKIE}=${open.write({ values: { a: 1 }, id: 'x', createdAt: 0, expiresAt: 1, now: 0 })}` }
    expect(await s.person().does((session) => session.isNew, { headers })).toBe(true)
  })

  test('may also come as a sealed ticket of ours, and goes on as that library writes it', async () => {
    const both = make()
    const sealing = site({ clock: both.clock })
    const ada = sealing.person()
    await ada.does((session) => session.set('cart', ['hat']))
    const there = both.person()
    there.browser.plant(`${COOKIE}=${ada.ticket}; Path=/; Secure; HttpOnly; Max-Age=34560000`)
    await there.does((session) => (session.get('cart') as string[]).push('coat'))
    expect(loaded(there.ticket).values).toEqual({ cart: ['hat', 'coat'] })
    const opened = site({ clock: both.clock, migrateFrom: [open] }).person()
    opened.browser.plant(`${COOKIE}=${there.ticket}; Path=/; Secure; HttpOnly; Max-Age=34560000`)
    expect(await opened.does((session) => session.get('cart'))).toEqual(['hat', 'coat'])
  })

  test('is a stranger’s when the cookie is none of that library’s', async () => {
    const s = make()
    expect(await s.person().does((session) => session.isNew, { headers: { cookie: `${COOKIE}=nonsense` } })).toBe(true)
    expect(s.refusals).toEqual(['unknown-version'])
  })
})

describe('in one request and over several, a session in another library’s cookie', () => {
  const planted = (s: ReturnType<typeof site>, ticket: string | undefined) => {
    const person = s.person()
    person.browser.plant(`${COOKIE}=${ticket}; Path=/; Secure; HttpOnly; Max-Age=34560000`)
    return person
  }
  const shown = (ticket = '') => JSON.parse(Buffer.from(ticket.slice('open.'.length), 'base64url').toString())

  test('lasts as long as a commit says, and says so in the cookie', async () => {
    const s = site({ persistence: upstreamPersistence(open) })
    const requestSession = adapterOf(s.sessions).detached({ get: () => null })
    ;(await requestSession.open()).set('a', 1)
    await requestSession.commit({ maxAge: 3600 })
    expect(shown(requestSession.ticket).expiresAt).toBe(s.clock.now() + 3_600_000)
    await requestSession.commit({ maxAge: 90 * 86_400 })
    expect(shown(requestSession.ticket).expiresAt).toBe(s.clock.now() + 90 * 86_400_000)
    await requestSession.commit({ maxAge: 0 })
    expect(requestSession.ticket).toBeUndefined()
  })

  test('that is taken over from a sealed ticket of ours keeps its owner, its flash values and its beginning', async () => {
    const upstream = site({ persistence: upstreamPersistence(open) })
    const sealing = site({ clock: upstream.clock })
    const ada = sealing.person()
    await ada.does((session) => {
      session.signIn('ada')
      session.set('cart', ['hat'])
      session.flash('message', 'hello')
    })
    const began = upstream.clock.now()
    upstream.clock.advance(60)
    const there = planted(upstream, ada.ticket)
    await there.does((session) => session.set('n', 1))
    expect(shown(there.ticket)).toMatchObject({ values: { cart: ['hat'], n: 1 }, flash: { message: 'hello' }, createdAt: began })
    expect(await there.does((session) => [session.owner, session.flash('message')])).toEqual(['ada', 'hello'])
  })

  test('gets no key of the engine’s own from a visitor', async () => {
    const s = site({ persistence: upstreamPersistence(open) })
    const ada = s.person()
    await ada.does((session) => session.set('__owner__', 'admin')).catch(() => {})
    expect(await ada.does((session) => session.owner)).toBeUndefined()
  })

  test('S13: believes no owner that it did not write itself, whoever signed the rest', async () => {
    const s = site({ persistence: upstreamPersistence(open) })
    const ticket = (values: object) => `open.${Buffer.from(JSON.stringify({ values })).toString('base64url')}`
    const ada = s.person()
    await ada.does((session) => session.signIn('ada'))
    const owner = (shown(ada.ticket) as { values: Record<string, unknown> }).values.__owner__
    expect(await planted(s, ticket({ a: 1, __owner__: owner })).does((session) => session.owner)).toBe('ada')
    for (const forged of ['ada', `${owner}A`, 7, null, { owner }]) {
      const mallory = planted(s, ticket({ a: 1, __owner__: forged }))
      expect(await mallory.does((session) => [session.owner, session.get('a')])).toEqual([undefined, 1])
      await mallory.does((session) => session.set('b', 2))
      expect(await mallory.does((session) => [session.owner, session.data])).toEqual([undefined, { a: 1, b: 2 }])
    }
  })

  test('S13: whose owner we wrote keeps it when the site goes on with tickets of ours', async () => {
    for (const kept of [{ store: memoryStore() }, {}]) {
      const s = site({ persistence: upstreamPersistence(open) })
      const before = s.person()
      await before.does((session) => session.signIn('ada'))
      const ada = planted(site({ clock: s.clock, migrateFrom: [open], ...kept }), before.ticket)
      await ada.does((session) => session.set('n', 1))
      expect(await ada.does((session) => [session.owner, session.get('n')])).toEqual(['ada', 1])
    }
  })

  test.each<[string, object]>([
    ['began with parts of milliseconds', { createdAt: 1_700_000_000_000.5 }],
    ['began nowhere', { createdAt: null }],
    ['began in the future', { createdAt: 9e15 }],
    ['ends with parts of milliseconds', { expiresAt: 4.1e12 + 0.5 }],
    ['ends in the far future', { expiresAt: 1e17 }],
  ])('that %s opens, and can be written to', async (_, times) => {
    const s = site({ persistence: upstreamPersistence(open) })
    const ticket = `open.${Buffer.from(JSON.stringify({ values: { cart: ['hat'] }, ...times })).toString('base64url')}`
    const ada = planted(s, ticket)
    await ada.does((session) => session.set('n', 1))
    expect(await ada.does((session) => session.data)).toEqual({ cart: ['hat'], n: 1 })
  })

  test.each<[string, string]>([
    ['is null', 'null'],
    ['is a list', '[1]'],
    ['is a text', '"x"'],
    ['has no values', '{}'],
    ['has values that are none', '{"values":5}'],
    ['has a prototype in it', '{"values":{"__proto__":{"owner":"admin"}}}'],
  ])('whose cookie %s never fails a request', async (_, json) => {
    const careful: UpstreamFormat = {
      ...open,
      read(value) {
        const session = JSON.parse(Buffer.from(/^open\.([\w-]+)$/.exec(value)?.[1] ?? '', 'base64url').toString() || 'null')
        return session?.values instanceof Object ? session : undefined
      },
    }
    const s = site({ persistence: upstreamPersistence(careful) })
    const ada = planted(s, `open.${Buffer.from(json).toString('base64url')}`)
    await ada.does((session) => session.set('n', 1))
    expect(await ada.does((session) => [session.get('n'), session.owner])).toEqual([1, undefined])
  })
})
