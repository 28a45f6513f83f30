import { describe, expect, test } from 'vitest'
import { quietly } from '../../test/helpers/adapter-stories.ts'
import { clockFrom, DAY, HOUR } from '../../test/helpers/clock.ts'
import { comesTo, HOUSES, linesOf, NEWER_PASSWORD, PASSWORD, said } from '../../test/helpers/h3.ts'
import { memoryStore } from '../stores/memory.ts'
import {
  clearSession,
  getSession,
  type H3EventLike,
  rotateSession,
  type SessionConfig,
  sealSession,
  unsealSession,
  updateSession,
  useSession,
} from './h3.ts'

const KINDS = {
  sealed: (): SessionConfig => ({ password: PASSWORD }),
  stored: (): SessionConfig => ({ password: PASSWORD, store: memoryStore() }),
}
const cases = HOUSES.flatMap((house) => Object.entries(KINDS).map(([kind, configure]) => ({ house, kind, configure })))

describe.each(cases)('$house.name, $kind', ({ house, configure }) => {
  test('a visitor is counted, with the code of the documents', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event) => {
      const session = await useSession(event, config)
      const count = (session.data.count || 0) + 1
      await session.update({ count: count })
      return `You have visited this page ${count} times.`
    })
    for (const count of [1, 2, 3]) expect(await said(ada.get('/'))).toBe(`You have visited this page ${count} times.`)
    expect(ada.cookies().map(({ name }) => name)).toEqual(['h3'])
  })

  test('useSession gives a new visitor a session, under an id that stays', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event) => {
      const session = await useSession(event, config)
      return { id: session.id, data: session.data }
    })
    const first = await ada.get('/')
    expect(linesOf(first)).toHaveLength(1)
    const seen = (await said(first)) as { id: string }
    expect(seen).toEqual({ id: expect.stringMatching(/^[\w-]{16,}$/), data: {} })
    expect(ada.cookies()[0]?.value).not.toContain(seen.id)
    const second = await ada.get('/')
    expect(linesOf(second)).toEqual([])
    expect(await said(second)).toEqual(seen)
  })

  test("with issue: 'when-stored' a visitor gets nothing until there is something to keep", async () => {
    const config: SessionConfig = { ...configure(), issue: 'when-stored' }
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path === '/in') await session.update({ user: 'ada' })
      return { known: session.id !== undefined, user: session.data.user ?? null }
    })
    const first = await ada.get('/')
    expect([linesOf(first), await said(first)]).toEqual([[], { known: false, user: null }])
    expect(await said(ada.get('/in'))).toEqual({ known: true, user: 'ada' })
    expect(await said(ada.get('/'))).toEqual({ known: true, user: 'ada' })
  })

  test('getSession sets no cookie, and shows what there is', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event, path) => {
      if (path === '/in') await updateSession(event, config, { user: 'ada' })
      const { id, createdAt, data } = await getSession<{ user: string }>(event, config)
      return { known: id !== undefined, at: typeof createdAt, user: data.user ?? null }
    })
    const first = await ada.get('/')
    expect([linesOf(first), await said(first)]).toEqual([[], { known: false, at: 'undefined', user: null }])
    await ada.get('/in')
    const third = await ada.get('/')
    expect([linesOf(third), await said(third)]).toEqual([[], { known: true, at: 'number', user: 'ada' }])
  })

  test('update takes a function of the values, which may change them in place', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event) => {
      const session = await useSession<{ visits: number; cart: string[] }>(event, config)
      await session.update(({ visits = 0 }) => ({ visits: visits + 1 }))
      await session.update((data) => {
        data.cart ??= []
        data.cart.push(`item ${data.visits}`)
      })
      return session.data
    })
    await ada.get('/')
    expect(await said(ada.get('/'))).toEqual({ visits: 2, cart: ['item 1', 'item 2'] })
  })

  test('update, clear and rotate give the manager, and what is asked again is the same session', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event) => {
      const [one, other] = await Promise.all([useSession(event, config), useSession(event, config)])
      const same = [await one.update({ a: 1 }), await one.rotate()].map((manager) => manager === one)
      const seen = { ...other.data }
      return { same, seen, afterClear: { ...(await other.clear()).data, ...one.data } }
    })
    expect(await said(ada.get('/'))).toEqual({ same: [true, true], seen: { a: 1 }, afterClear: {} })
  })

  test('rotate gives the same values a new id, and their time begins again', async () => {
    const clock = clockFrom()
    const config: SessionConfig = { ...configure(), now: clock.now, maxAge: HOUR }
    const ada = await comesTo(
      house,
      async (event, path) => {
        if (path === '/set') await updateSession(event, config, { user: 'ada' })
        if (path === '/more') await updateSession(event, config, { more: true })
        if (path === '/rotate') await rotateSession(event, config)
        if (path === '/manager') await (await useSession(event, config)).rotate()
        const { id, createdAt, data } = await getSession(event, config)
        return { id, createdAt, user: data.user ?? null }
      },
      { now: clock.now },
    )
    const begun = (await said(ada.get('/set'))) as { id: string; createdAt: number }
    expect(begun).toMatchObject({ createdAt: clock.now(), user: 'ada' })
    clock.advance(HOUR - 60)
    expect(await said(ada.get('/more')), 'an update prolongs nothing').toEqual(begun)
    const rotated = (await said(ada.get('/rotate'))) as { id: string }
    expect(rotated).toMatchObject({ createdAt: clock.now(), user: 'ada' })
    expect(rotated.id).not.toBe(begun.id)
    clock.advance(HOUR - 60)
    const again = (await said(ada.get('/manager'))) as { id: string }
    expect(again).toMatchObject({ createdAt: clock.now(), user: 'ada' })
    expect(again.id).not.toBe(rotated.id)
    clock.advance(HOUR)
    expect(await said(ada.get('/'))).toMatchObject({ user: null })
  })

  test('D5: who took `data` keeps what was in it when the session is cleared', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path === '/in') return session.update({ user: 'ada' })
      const { data } = session
      if (path === '/out') await session.clear()
      else await clearSession(event, config)
      await session.update({ next: 1 })
      return [data, session.data]
    })
    for (const path of ['/out', '/gone']) {
      await ada.get('/in')
      expect(await said(ada.get(path))).toEqual([expect.objectContaining({ user: 'ada' }), { next: 1 }])
    }
  })

  test('clear ends the session and removes its cookie', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event, path) => {
      if (path === '/function') await clearSession(event, config)
      const session = path === '/function' ? await getSession(event, config) : await useSession(event, config)
      if (path === '/in') await (session as Awaited<ReturnType<typeof useSession>>).update({ user: 'ada' })
      if (path === '/clear') await (session as Awaited<ReturnType<typeof useSession>>).clear()
      return { known: session.id !== undefined, user: session.data.user ?? null }
    })
    for (const way of ['/clear', '/function']) {
      await ada.get('/in')
      expect(await said(ada.get('/'))).toEqual({ known: true, user: 'ada' })
      const cleared = await ada.get(way)
      expect(linesOf(cleared)).toEqual([expect.stringContaining('h3=; Max-Age=0')])
      expect([await said(cleared), ada.cookies()]).toEqual([{ known: false, user: null }, []])
    }
  })

  test('clearSession needs no password, and what is opened after it in the same request is empty', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event, path) => {
      if (path === '/in') await updateSession(event, config, { user: 'ada' })
      if (path === '/out') await clearSession(event, { name: 'h3' })
      if (path === '/out-and-on') {
        await clearSession(event, {})
        const session = await useSession(event, config)
        await session.update({ language: 'de' })
      }
      if (path === '/out-and-look') await clearSession(event, {})
      if (path === '/opened-before') {
        await useSession(event, config)
        await clearSession(event, {})
      }
      return path === '/out' ? 'bye' : (await getSession(event, config)).data
    })
    await ada.get('/in')
    const copy = ada.steal()
    expect(linesOf(await ada.get('/out'))).toEqual([expect.stringContaining('h3=; Max-Age=0')])
    expect([ada.cookies(), await said(ada.get('/'))]).toEqual([[], {}])
    expect(linesOf(await ada.get('/out')), 'there is none').toEqual([])

    expect(await said(copy.get('/out-and-on'))).toEqual({ language: 'de' })
    expect(await said(copy.get('/'))).toEqual({ language: 'de' })

    expect(await said(copy.get('/opened-before'))).toEqual({})
    expect(copy.cookies()).toEqual([])

    await copy.get('/in')
    expect(await said(copy.get('/out-and-look'))).toEqual({})
    expect(copy.cookies()).toEqual([])
  })

  test('a session begun and cleared in one request leaves no cookie', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event) => {
      const session = await useSession(event, config)
      await session.update({ user: 'ada' })
      await session.clear()
      return 'ok'
    })
    expect(linesOf(await ada.get('/'))).toEqual([])
  })

  test('with cookie: false the text of sealSession opens the session, in the header or by unsealSession', async () => {
    const config: SessionConfig = { ...configure(), cookie: false }
    const ada = await comesTo(house, async (event, path) => {
      if (path === '/in') {
        await updateSession(event, config, { user: 'ada' })
        return { sealed: await sealSession(event, config) }
      }
      if (path.startsWith('/unseal?')) return (await unsealSession(event, config, path.slice('/unseal?'.length))).data
      return (await useSession(event, config)).data
    })
    const first = await ada.get('/in')
    const { sealed } = (await said(first)) as { sealed: string }
    expect([first.headers.getSetCookie(), sealed]).toEqual([[], expect.stringMatching(/^[\w~.-]{20,}$/)])
    expect(await said(ada.get('/', { headers: { 'x-h3-session': sealed } }))).toEqual({ user: 'ada' })
    expect(await said(ada.get('/'))).toEqual({})
    expect(await said(ada.get(`/unseal?${sealed}`))).toEqual({ user: 'ada' })
  })

  test('the header may have any name of its own', async () => {
    const config: SessionConfig = { ...configure(), name: 'my.Shop' }
    const ada = await comesTo(house, async (event, path) => {
      const token = { ...config, name: 'token', sessionHeader: 'Session-Token' }
      if (path === '/in') await updateSession(event, config, { user: 'ada' })
      if (path === '/token') return (await getSession(event, token)).data
      if (path === '/in') await updateSession(event, token, { user: 'bob' })
      if (path === '/in') return [await sealSession(event, config), await sealSession(event, token)]
      return (await getSession(event, config)).data
    })
    const [one = '', other = ''] = (await said(ada.get('/in'))) as string[]
    ada.jar.restart()
    expect(await said(ada.get('/', { headers: { 'X-My.Shop-Session': one } }))).toEqual({ user: 'ada' })
    expect(await said(ada.get('/token', { headers: { 'session-token': other } }))).toEqual({ user: 'bob' })
    expect(await said(ada.get('/'))).toEqual({})
  })

  test('unsealSession rejects what opens nothing', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event) => {
      const answers = ['', 'x', 'Fe26.2*1', `${await sealSession(event, config)}x`].map((text) =>
        unsealSession(event, config, text).then(
          () => 'opened',
          (error) => error.code,
        ),
      )
      return Promise.all(answers)
    })
    expect(await said(ada.get('/'))).toEqual(['BAD_VALUE', 'BAD_VALUE', 'BAD_VALUE', 'BAD_VALUE'])
  })

  test('sessions of several names live side by side in one request', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event) => {
      const [shop, admin] = await Promise.all([useSession(event, config), useSession(event, { ...config, name: 'admin' })])
      await Promise.all([shop.update(({ n = 0 }) => ({ n: n + 1 })), admin.update(({ n = 0 }) => ({ n: n + 10 }))])
      return [shop.data, admin.data]
    })
    await ada.get('/')
    expect(await said(ada.get('/'))).toEqual([{ n: 2 }, { n: 20 }])
    expect(ada.cookies().map(({ name }) => name)).toEqual(['h3', 'admin'])
  })

  test('the first configuration of a name counts for the whole request, but for how long what is written lasts', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event) => {
      const session = await useSession(event, config)
      const other = await useSession(event, { password: NEWER_PASSWORD, maxAge: HOUR })
      await Promise.all([session.update({ a: 1 }), other.update({ b: 2 })])
      return session.data
    })
    const first = await ada.get('/')
    expect([linesOf(first).length, await said(first)]).toEqual([1, { a: 1, b: 2 }])
    expect(linesOf(first)[0]).toContain(`Max-Age=${HOUR}`)
    expect(await said(ada.get('/'))).toEqual({ a: 1, b: 2 })
  })

  test('passwords are changed by putting a new one first, in a list or by name', async () => {
    const { password, ...rest } = configure()
    const passwords: SessionConfig['password'][] = [
      PASSWORD,
      [NEWER_PASSWORD, PASSWORD],
      { b: PASSWORD, a: NEWER_PASSWORD },
      { b: PASSWORD },
    ]
    let now: SessionConfig['password'] = PASSWORD
    const ada = await comesTo(house, async (event) => {
      const session = await useSession(event, { ...rest, password: now })
      await session.update(({ n = 0 }) => ({ n: n + 1 }))
      return session.data
    })
    const seen: unknown[] = []
    for (now of passwords) seen.push(await said(ada.get('/')))
    expect(seen).toEqual([1, 2, 3, 4].map((n) => ({ n })))
  })

  test('a response of its own, a redirect and an error all carry the cookie of what was stored', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path !== '/') await session.update({ last: path })
      if (path === '/response') return new Response('mine', { headers: { 'set-cookie': 'theirs=1' } })
      if (path === '/redirect') return new Response(null, { status: 302, headers: { location: '/' } })
      if (path === '/forbidden') return new Response('no', { status: 403 })
      return session.data
    })
    const answers: unknown[] = []
    for (const path of ['/response', '/redirect', '/forbidden']) {
      const response = await ada.get(path)
      answers.push([
        response.status,
        response.headers
          .getSetCookie()
          .map((line) => line.split('=')[0])
          .sort(),
      ])
      expect(await said(ada.get('/'))).toEqual({ last: path })
    }
    const cookie = config.store ? [] : ['h3']
    expect(answers).toEqual([
      [200, ['h3', 'theirs']],
      [302, cookie],
      [403, cookie],
    ])
  })

  test('what used the session stays out of shared caches', async () => {
    const config = configure()
    const ada = await comesTo(house, async (event, path) => {
      if (path === '/public') return 'for everybody'
      if (path === '/login') await (await useSession(event, config)).update({ user: 'ada' })
      const { data } = await getSession(event, config)
      return { user: data.user ?? null }
    })
    const free = await ada.get('/public')
    expect([free.headers.get('vary'), free.headers.get('cache-control')]).toEqual([null, null])
    const stranger = await ada.get('/')
    expect(stranger.headers.get('vary')).toMatch(/cookie/i)
    expect(stranger.headers.get('cache-control')).toBeNull()
    await ada.get('/login')
    const used = await ada.get('/')
    expect(used.headers.get('cache-control')).toMatch(/private|no-store/)
    expect(used.headers.get('vary')).toMatch(/cookie/i)
  })

  test('what a handler that throws had stored is stored, and what it had only changed is not', async () => {
    quietly()
    const config = configure()
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path === '/throw') {
        await session.update({ stored: true })
        session.data.changed = true
        throw Object.assign(new Error('on purpose'), { status: 500 })
      }
      return session.data
    })
    await ada.get('/')
    expect((await ada.get('/throw')).status).toBe(500)
    expect(await said(ada.get('/'))).toEqual({ stored: true })
  })

  test('a change of the values is stored at the end of the request', async () => {
    const config = configure()
    const ada = await comesTo(
      house,
      async (event, path) => {
        const session = await useSession<{ cart: string[] }>(event, config)
        if (path === '/add') session.data.cart = [...(session.data.cart ?? []), 'hat']
        if (path === '/push') session.data.cart?.push('scarf')
        return session.data
      },
      { commits: true },
    )
    await ada.get('/add')
    await ada.get('/push')
    expect(await said(ada.get('/'))).toEqual({ cart: ['hat', 'scarf'] })
  })
})

describe('an event without a response, as of a websocket', () => {
  test.each(Object.entries(KINDS))('shows the session, and what needs a cookie fails: %s', async (kind, configure) => {
    const config = configure()
    for (const house of HOUSES) {
      const ada = await comesTo(house, async (event) => (await updateSession(event, config, { user: 'ada' })).data)
      await ada.get('/')
      const headers = new Headers({ cookie: ada.jar.header(ada.origin) })
      for (const event of [
        { headers, context: {} },
        { request: { headers }, context: {} },
        new Request('https://a.test', { headers }),
      ]) {
        const session = await useSession(event, config)
        expect({ ...session.data }).toMatchObject({ user: 'ada' })
        if (kind === 'stored') await session.update(({ n = 0 }) => ({ n: n + 1 }))
        else expect(() => session.update({ n: 1 })).toThrow(expect.objectContaining({ code: 'TOO_LATE' }))
      }
      const stranger = await useSession({ headers: new Headers(), context: {} }, config)
      expect([stranger.id, { ...stranger.data }]).toEqual([undefined, {}])
      expect(() => stranger.update({ n: 1 })).toThrow(expect.objectContaining({ code: 'TOO_LATE' }))
    }
  })
})

describe('the cookie', () => {
  const cookieOf = async (house: (typeof HOUSES)[number], config: Partial<SessionConfig>) => {
    const page = async (event: H3EventLike) => void (await useSession(event, { password: PASSWORD, ...config }))
    const [line = ''] = (await (await comesTo(house, page)).get('/')).headers.getSetCookie()
    return line.replace(/=[^;]*/, '=…')
  }

  test.each(HOUSES)('is safe when nothing is said: $name', async (house) => {
    expect(await cookieOf(house, {})).toBe('h3=…; Path=/; HttpOnly; Secure; SameSite=Lax')
  })

  test.each(HOUSES)('is as the options of the documents say: $name', async (house) => {
    const line = await cookieOf(house, {
      name: 'my-session',
      cookie: { httpOnly: true, secure: true, sameSite: 'strict' },
      maxAge: 60 * 60 * 24 * 7,
    })
    expect(line).toBe(`my-session=…; Max-Age=${7 * DAY}; Path=/; HttpOnly; Secure; SameSite=Strict`)
  })

  test('is hidden from scripts whatever is said', async () => {
    for (const house of HOUSES) expect(await cookieOf(house, { cookie: { httpOnly: false } })).toContain('; HttpOnly')
  })
})

describe('the options', () => {
  const SHORT = /^The option `password` must hold texts of at least 32 characters\./
  const problem = (config: unknown): string => {
    try {
      void useSession({ context: {}, headers: new Headers() }, config as SessionConfig)
      return 'none'
    } catch (error) {
      return (error as Error).message
    }
  }

  test.each([
    [{ password: 'too short' }, SHORT],
    [{ password: '' }, SHORT],
    [{ store: memoryStore() }, SHORT],
    [{ password: 12 }, SHORT],
    [{ password: [] }, SHORT],
    [{ password: [PASSWORD, 'short'] }, SHORT],
    [{ password: { a: PASSWORD, b: '' } }, SHORT],
    [{ password: PASSWORD, cookie: { sameSite: 'none', secure: false } }, /cookie\.secure/],
    [{ password: PASSWORD, name: 'a b' }, /cookie\.name/],
    [{ password: PASSWORD, sessionHeader: 'cookie' }, /`header`/],
    [{ password: PASSWORD, format: 'upstream', store: memoryStore() }, /`store` is set beside `format`/],
  ])('%o: the message names what is wrong', (config, message) => {
    expect(problem(config)).toMatch(message)
  })

  test('a year is taken as the longest time that browsers keep a cookie', async () => {
    for (const house of HOUSES) {
      const ada = await comesTo(house, async (event) => void (await useSession(event, { password: PASSWORD, maxAge: 800 * DAY })))
      expect(linesOf(await ada.get('/'))[0]).toContain(`; Max-Age=${400 * DAY};`)
    }
  })

  // On node:http the client of this test says “cors” whatever it is told.
  test.each(HOUSES.filter(({ onNode }) => !onNode))(
    'D5: with idleTimeout who only reads stays signed in, by scripts too where that can undo nothing: $name',
    async (house) => {
      const kinds: readonly (readonly [config: Partial<SessionConfig>, mode: string])[] = [
        [{ format: 'upstream' }, 'cors'],
        [{ format: 'upstream' }, 'navigate'],
        [{ store: memoryStore() }, 'cors'],
        [{}, 'navigate'],
      ]
      for (const [more, mode] of kinds) {
        const clock = clockFrom()
        const config: SessionConfig = { password: PASSWORD, idleTimeout: HOUR, now: clock.now, ...more }
        const ada = await comesTo(
          house,
          async (event, path) => {
            const session = await useSession(event, config)
            if (path === '/in') await session.update({ user: 'ada' })
            return { user: session.data.user ?? null }
          },
          { now: clock.now },
        )
        await ada.get('/in')
        for (let i = 0; i < 3; i++) {
          clock.advance(HOUR - 600)
          expect(await said(ada.get('/', { headers: { 'sec-fetch-mode': mode } })), JSON.stringify(more)).toEqual({ user: 'ada' })
        }
        clock.advance(HOUR)
        expect(await said(ada.get('/'))).toEqual({ user: null })
      }
    },
  )

  test('idleTimeout ends a session that is not used, and use prolongs it', async () => {
    for (const house of HOUSES) {
      const clock = clockFrom()
      const config: SessionConfig = { password: PASSWORD, store: memoryStore(), idleTimeout: HOUR, maxAge: DAY, now: clock.now }
      const ada = await comesTo(
        house,
        async (event, path) => {
          const session = await useSession(event, config)
          if (path === '/in') await session.update({ user: 'ada' })
          return { user: session.data.user ?? null }
        },
        { now: clock.now },
      )
      await ada.get('/in')
      for (let i = 0; i < 3; i++) {
        clock.advance(HOUR - 600)
        expect(await said(ada.get('/'))).toEqual({ user: 'ada' })
      }
      clock.advance(HOUR)
      expect(await said(ada.get('/'))).toEqual({ user: null })
    }
  })
})
