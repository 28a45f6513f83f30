import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import * as theirs9 from 'iron-session'
import * as theirs8 from 'iron-session-8'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { gate } from '../../test/helpers/gate.ts'
import { watched } from '../../test/helpers/watched.ts'
import { memoryStore } from '../stores/memory.ts'
import { createJar } from '../testing/jar.ts'
import {
  type CookieJar,
  getIronSession,
  type IronSession,
  nextProxyCookies,
  nodeCookies,
  regenerateId,
  type SessionOptions,
  sealData,
  unsealData,
  update,
  webCookies,
} from './iron-session.ts'

type Data = Record<string, unknown> & { n?: number; user?: string }
type Mine = IronSession<Data>
type Act = (session: Mine, req: IncomingMessage, res: ServerResponse) => unknown

const password = 'a password of iron-session, long enough'
const OTHER = 'another password, of thirty-two characters'
const theirOptions = { cookieName: 'app', password, cookieOptions: { secure: false } }
const options: SessionOptions = theirOptions
const START = Date.parse('2026-11-22T08:00:00Z')

/** A server of node:http with these pages, which open the session with `given`. */
async function site(pages: Record<string, Act>, given: SessionOptions = options, open = getIronSession as never) {
  const server = createServer((req, res) => {
    const page = async () => {
      const [path = '/'] = (req.url ?? '').split('?')
      const session = path === '/plain' ? ({} as Mine) : await (open as typeof getIronSession)<Data>(req, res, given)
      const body = await pages[path]?.(session, req, res)
      if (!res.writableEnded) res.end(body === undefined ? '' : JSON.stringify(body))
    }
    page().catch((error) => res.writeHead(500).end(String(error.code ?? error)))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return (jar = createJar()) => {
    const ask = async (path: string) => {
      const cookie = jar.header(base + path)
      const response = await fetch(base + path, cookie ? { headers: { cookie } } : {})
      for (const line of response.headers.getSetCookie()) jar.set(line, base + path)
      const text = await response.text()
      return Object.assign(response, { told: text })
    }
    return Object.assign(ask, { jar, base })
  }
}

const signIn: Act = async (session) => {
  session.user = 'ada'
  await session.save()
}
const show: Act = (session) => session
const out: Act = (session) => session.destroy()
const pages = { '/in': signIn, '/show': show, '/out': out, '/plain': () => 'plain' }

/** An object of cookies as Next.js has one, which lasts for one request. */
function cookiesOf(values: Map<string, string>) {
  const set = vi.fn((name: string, value: string, how?: { maxAge?: number | undefined }) => {
    if (how?.maxAge === 0) values.delete(name)
    else values.set(name, value)
  })
  return {
    set,
    get: (name: string) => (values.has(name) ? { name, value: values.get(name) ?? '' } : undefined),
    getAll: () => [...values].map(([name, value]) => ({ name, value })),
  }
}

describe.each([
  ['sealed in the cookie', () => ({})],
  ['in the format of iron-session', () => ({ format: 'upstream' as const })],
  ['in a store', () => ({ store: memoryStore() })],
] as [string, () => Partial<SessionOptions>][])('%s', (_, more) => {
  test('a session is remembered, and ended', async () => {
    const visitor = await site(pages, { ...options, ...more() })
    const ada = visitor()
    expect((await ada('/show')).told).toBe('{}')
    await ada('/in')
    expect((await ada('/show')).told).toBe('{"user":"ada"}')
    expect((await visitor()('/show')).told).toBe('{}')
    await ada('/out')
    expect(ada.jar.all()).toEqual([])
    expect((await ada('/show')).told).toBe('{}')
  })

  test('an object of cookies, as of await cookies()', async () => {
    const given = { ...options, ...more() }
    const browser = new Map<string, string>()
    const first = await getIronSession<Data>(cookiesOf(browser), given)
    first.user = 'ada'
    await first.save()
    const cookies = cookiesOf(browser)
    const second = await getIronSession<Data>(cookies, given)
    expect({ ...second }).toEqual({ user: 'ada' })
    await second.destroy()
    expect(cookies.set).toHaveBeenCalledExactlyOnceWith('app', '', {
      ...{ httpOnly: true, secure: false, sameSite: 'lax', path: '/', maxAge: 0 },
    })
    expect(browser.size).toBe(0)
  })
})

describe('several calls in one request', () => {
  test('share one session, whatever comes first', async () => {
    const both: Act = async (one, req, res) => {
      const other = await getIronSession<Data>(req, res, { ...options })
      one.user = 'ada'
      other.n = 1
      await one.save()
      await other.save()
    }
    const visitor = await site({ ...pages, '/both': both })
    const ada = visitor()
    const { headers } = await ada('/both')
    expect(headers.getSetCookie()).toHaveLength(1)
    expect(JSON.parse((await ada('/show')).told)).toEqual({ user: 'ada', n: 1 })
    // As iron-session has it, the first one's key is lost.
    const cookies = cookiesOf(new Map())
    const [one, other] = [
      await theirs9.getIronSession<Data>(cookies, theirOptions),
      await theirs9.getIronSession<Data>(cookies, theirOptions),
    ]
    Object.assign(one, { user: 'ada' })
    Object.assign(other, { n: 1 })
    await one.save()
    await other.save()
    expect({ ...(await theirs9.getIronSession<Data>(cookies, theirOptions)) }).toEqual({ n: 1 })
  })

  test('also in parallel', async () => {
    const [request, response] = [new Request('http://a.example/'), new Response()]
    const [one, other] = await Promise.all([1, 2].map(() => getIronSession<Data>(request, response, options)))
    Object.assign(one as Mine, { n: 1 })
    expect(other?.n).toBe(1)
  })

  test('a cookie that the application itself wrote in between counts', async () => {
    const browser = new Map<string, string>()
    const cookies = cookiesOf(browser)
    const guest = await getIronSession<Data>(cookies, options)
    guest.n = 1
    browser.set('app', await sealData({ user: 'ada' }, { password }))
    expect({ ...(await getIronSession<Data>(cookies, options)) }).toEqual({ user: 'ada' })
  })

  test('what was obtained before destroy() begins nothing, and a fresh one does', async () => {
    const cookies = cookiesOf(new Map())
    const [one, other] = [await getIronSession<Data>(cookies, options), await getIronSession<Data>(cookies, options)]
    one.user = 'ada'
    await one.save()
    await one.destroy()
    expect({ ...other }).toEqual({})
    await other.save() // nothing to save
    for (const old of [one, other]) {
      old.n = 1
      expect([{ ...old }, update(old, 'n', (n = 0) => n + 1)]).toEqual([{ n: 1 }, 2])
      await expect(old.save()).rejects.toMatchObject({ code: 'ENDED' })
      await old.destroy()
      expect({ ...old }).toEqual({})
    }
    expect(cookies.getAll()).toEqual([])
    const fresh = await getIronSession<Data>(cookies, options)
    fresh.user = 'bob'
    await fresh.save()
    expect(cookies.getAll()).toHaveLength(1)
  })
})

describe('parallel requests', () => {
  test('10 parallel requests that each set a key lose none, and with update() count 10', async () => {
    const run = async (given: SessionOptions, open?: unknown) => {
      const all = gate()
      let waiting = 0
      const page: Act = async (session, req) => {
        if (++waiting === 10) all.open()
        await all.pass()
        session[req.url?.split('?')[1] ?? ''] = true
        if (open) session.n = (session.n ?? 0) + 1
        else update(session, 'n', (n = 0) => n + 1)
        await session.save()
      }
      const visitor = await site({ ...pages, '/page': page }, given, open as never)
      const ada = visitor()
      await ada('/in')
      await Promise.all(Array.from({ length: 10 }, (_, k) => ada(`/page?k${k}`)))
      const { n, user: _, ...others } = JSON.parse((await ada('/show')).told)
      return [n, Object.keys(others).length]
    }
    expect(await run({ ...options, store: memoryStore() })).toEqual([10, 10])
    expect(await run(options, theirs9.getIronSession)).toEqual([1, 1])
    expect(await run(options)).toEqual([1, 1]) // sealed: the last cookie wins
  })

  test('in a store, a request under way brings no ended session back', async () => {
    const late = gate()
    const slow: Act = async (session) => {
      await late.pass()
      session.n = 1
      await session.save()
    }
    const visitor = await site({ ...pages, '/slow': slow }, { ...options, store: memoryStore() })
    const ada = visitor()
    await ada('/in')
    const copy = ada.jar.copy()
    const under = ada('/slow')
    await late.reached
    await ada('/out')
    late.open()
    expect((await under).headers.getSetCookie()).toEqual([])
    expect((await visitor(copy)('/show')).told).toBe('{}')
    expect((await ada('/show')).told).toBe('{}')
  })

  test('nothing is stored that was not saved', async () => {
    const { store, calls } = watched(memoryStore())
    const change: Act = (session) => {
      session.n = 1
    }
    const visitor = await site({ ...pages, '/change': change }, { ...options, store })
    const ada = visitor()
    expect((await ada('/change')).headers.getSetCookie()).toEqual([])
    expect(calls).toEqual([])
    await ada('/in')
    await ada('/change')
    expect((await ada('/show')).told).toBe('{"user":"ada"}')
  })
})

describe.each([
  [8, theirs8],
  [9, theirs9],
] as const)('iron-session %i', (_, { getIronSession: theirs, sealData: seal, unsealData: unseal }) => {
  test('a visitor with a cookie of iron-session keeps the session', async () => {
    for (const store of [undefined, memoryStore()]) {
      const old = await site(pages, options, theirs as never)
      const ada = old()
      await ada('/in')
      const [before] = ada.jar.all()
      expect(before?.value).toMatch(/^Fe26/)
      const visitor = await site(pages, { ...options, ...(store && { store }) })
      const mine = visitor(ada.jar)
      expect((await mine('/show')).told).toBe('{"user":"ada"}')
      await mine('/in')
      expect(mine.jar.all()).toHaveLength(1)
      expect(mine.jar.all()[0]?.value).not.toMatch(/^Fe26/)
      expect((await mine('/show')).told).toBe('{"user":"ada"}')
    }
  })

  test('reads the cookies of `format: "upstream"`', async () => {
    const visitor = await site(pages, { ...options, format: 'upstream' })
    const ada = visitor()
    await ada('/in')
    const old = await site(pages, options, theirs as never)
    expect((await old(ada.jar)('/show')).told).toBe('{"user":"ada"}')
  })

  test('opens what sealData() sealed, and the other way round', async () => {
    expect(await unseal(await sealData(['a', 1], { password }), { password })).toEqual(['a', 1])
    for (const data of [{ user: 'ada', cart: ['Hüte 🎩'] }, 'text', 7]) {
      expect(await unseal(await sealData(data, { password }), { password })).toEqual(data)
      expect(await unsealData(await seal(data, { password }), { password })).toEqual(data)
    }
    const both = { 1: password, 2: OTHER }
    expect(await sealData({}, { password: both })).toMatch(/^Fe26\.2\*2\*/)
    expect(await unseal(await sealData({ n: 1 }, { password: both }), { password: both })).toEqual({ n: 1 })
    expect(await unsealData(await seal({ n: 1 }, { password }), { password: both })).toEqual({ n: 1 })
    expect(await unsealData(await seal({ n: 1 }, { password }), { password: OTHER })).toEqual({})
    vi.useFakeTimers({ now: START, toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const link = await sealData({ n: 1 }, { password, ttl: 600 })
    const endless = await sealData({ n: 1 }, { password, ttl: 0 })
    // As in iron-session, clocks may differ by a minute.
    for (const [seconds, there] of [
      [659, { n: 1 }],
      [661, {}],
    ] as const) {
      vi.setSystemTime(START + seconds * 1000)
      for (const open of [unseal, unsealData]) {
        expect(await open(link, { password })).toEqual(there)
        expect(await open(endless, { password })).toEqual({ n: 1 })
      }
    }
  })

  test('a session in several cookies is read, and both ways with `chunk`', async () => {
    const long = 'x'.repeat(9000)
    const fill: Act = async (session) => {
      session.long = long
      await session.save()
    }
    const given = { ...options, chunk: true }
    const length: Act = (session) => String(session.long ?? '').length
    const shrink: Act = async (session) => {
      delete session.long
      await session.save()
    }
    const all = { '/fill': fill, '/length': length, '/shrink': shrink }
    for (const more of [{}, { format: 'upstream' as const }]) {
      const ada = (await site(all, { ...given, ...more }))()
      await ada('/fill')
      expect(ada.jar.all().length).toBeGreaterThan(2)
      expect((await ada('/length')).told).toBe('9000')
      // `chunk` says what is written, not what is read.
      expect((await (await site(all, { ...options, ...more }))(ada.jar.copy())('/length')).told).toBe('9000')
      if (more.format && _ === 9)
        expect((await (await site(all, given, theirs as never))(ada.jar.copy())('/length')).told).toBe('9000')
      await ada('/shrink')
      expect(ada.jar.all()).toHaveLength(1)
      expect((await ada('/length')).told).toBe('0')
    }
    if (_ === 8) return // which has no `chunk`
    const ada = (await site(all, given, theirs as never))()
    await ada('/fill')
    const mine = (await site(all, given))(ada.jar)
    expect((await mine('/length')).told).toBe('9000')
    await mine('/shrink')
    expect(mine.jar.all()).toHaveLength(1)
    expect((await mine('/length')).told).toBe('0')
  })
})

test('with regenerateId() a cookie that somebody planted opens nothing of what comes after', async () => {
  for (const store of [memoryStore(), undefined]) {
    const given = { ...options, ...(store && { store }) }
    const enter: Act = async (session) => {
      regenerateId(session)
      session.user = 'ada'
      await session.save()
    }
    const guest: Act = async (session) => {
      session.n = 1
      await session.save()
    }
    const visitor = await site({ ...pages, '/enter': enter, '/guest': guest }, given)
    const thief = visitor()
    await thief('/guest')
    const ada = visitor(thief.jar.copy())
    await ada('/enter')
    expect(JSON.parse((await ada('/show')).told)).toEqual({ n: 1, user: 'ada' })
    expect((await thief('/show')).told).toBe('{"n":1}')
  }
  const over = await getIronSession<Data>(cookiesOf(new Map()), options)
  await over.destroy()
  regenerateId(over)
})

test('unsealData() opens the value of a cookie, with the options of the sessions', async () => {
  for (const store of [undefined, memoryStore()]) {
    const given = { ...options, ...(store && { store }) }
    const ada = (await site(pages, given))()
    await ada('/in')
    const value = ada.jar.all()[0]?.value ?? ''
    expect(await unsealData(value, given)).toEqual({ user: 'ada' })
    expect(await unsealData(value, { password })).toEqual({})
    expect(await unsealData('junk', given)).toEqual({})
  }
})

test('sealData() refuses what JSON cannot hold', async () => {
  for (const data of [undefined, { a: new Map() }, { a: 1n }, { a: () => 1 }, Symbol('a')])
    await expect(sealData(data, { password })).rejects.toMatchObject({ code: 'BAD_VALUE' })
})

test('onUnsealError is told why a cookie opened nothing', async () => {
  const told: string[] = []
  const { setSystemTime } = vi.useFakeTimers({ now: START, toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const given = { ...options, ttl: 600, onUnsealError: (reason: string) => void told.push(reason) }
  const reasons = async (value: string, more: Partial<SessionOptions> = {}) => {
    told.length = 0
    await getIronSession(cookiesOf(new Map([['app', value]])), { ...given, ...more })
    await unsealData(value, { ...given, ...more })
    return told
  }
  const browser = new Map<string, string>()
  await (await getIronSession(cookiesOf(browser), given)).save()
  const [ours = '', old, forged] = [
    browser.get('app'),
    await sealData({}, { password, ttl: 600 }),
    `Fe26.2*1*${'a'.repeat(99)}~2`,
  ]
  expect(await reasons(ours)).toEqual([])
  expect(await reasons('junk')).toEqual(['invalid', 'invalid'])
  expect(await reasons(forged)).toEqual(['invalid', 'invalid'])
  expect((await reasons(ours, { password: OTHER }))[0]).toBe('unknown-password')
  expect(await reasons(old, { password: { 2: OTHER } })).toEqual(['unknown-password', 'unknown-password'])
  setSystemTime(START + 700_000)
  expect((await reasons(ours))[0]).toBe('expired')
  expect(await reasons(old)).toEqual(['expired', 'expired'])
  // iron-session calls what anybody can write `expired`.
  const faked = old.replace(/\*\d{13}\*/, '*1*')
  const upstream = vi.fn()
  await theirs9.unsealData(faked, { password, onUnsealError: upstream })
  expect(upstream).toHaveBeenCalledWith('expired', expect.anything())
  expect((await reasons(faked))[0]).toBe('invalid')
})

test('a page that opened the session is kept out of shared caches, and any other is left alone', async () => {
  const ada = (await site(pages))()
  const looks = async (path: string) => {
    const { headers } = await ada(path)
    return [headers.get('vary'), headers.get('cache-control')]
  }
  expect(await looks('/plain')).toEqual([null, null])
  expect(await looks('/show')).toEqual(['Cookie', null])
  expect(await looks('/in')).toEqual(['Cookie', 'no-store'])
  expect(await looks('/show')).toEqual(['Cookie', 'private, no-cache'])
  const response = new Response(null, { headers: { 'cache-control': 'public, max-age=60' } })
  const cookie = ada.jar.header(ada.base) ?? ''
  await getIronSession(new Request('http://a.example/', { headers: { cookie } }), response, options)
  expect([...response.headers]).toContainEqual(['cache-control', 'private, max-age=60'])
  // Headers that cannot be changed are no reason to fail before something is saved.
  const fixed = Response.error()
  const session = await getIronSession<Data>(new Request('http://a.example/'), fixed, options)
  await expect(session.save()).rejects.toThrow(TypeError)
})

test('many saves give one cookie, and those of others are kept', async () => {
  const page: Act = async (session, _, res) => {
    res.setHeader('set-cookie', ['a=1', 'app=forgotten'])
    for (const n of [1, 2, 3]) {
      session.n = n
      await session.save()
    }
    res.appendHeader('set-cookie', 'b=2')
  }
  const ada = (await site({ ...pages, '/page': page }))()
  const lines = (await ada('/page')).headers.getSetCookie()
  expect(lines.map((line) => line.split('=', 1)[0])).toEqual(['a', 'b', 'app'])
  expect((await ada('/show')).told).toBe('{"n":3}')
})

test('a session ends `ttl` after its last save', async () => {
  let now = START
  const visitor = await site(pages, { ...options, ttl: 600, now: () => now })
  const ada = visitor()
  await ada('/in')
  now += 500_000
  expect((await ada('/show')).told).toBe('{"user":"ada"}')
  now += 100_000
  expect((await ada('/show')).told).toBe('{}')
  await ada('/in')
  now += 500_000
  await ada('/in')
  now += 500_000
  expect((await ada('/show')).told).toBe('{"user":"ada"}')
  const endless = (await site(pages, { ...options, ttl: 0, now: () => now }))()
  expect((await endless('/in')).headers.getSetCookie()[0]).toContain('Max-Age=34560000;')
  now += 399 * 86_400_000
  expect((await endless('/show')).told).toBe('{"user":"ada"}')
  now += 2 * 86_400_000
  expect((await endless('/show')).told).toBe('{}')
})

test('updateConfig gives another password, another name and another time', async () => {
  for (const more of [{}, { store: memoryStore() }]) {
    const given = { ...options, ...more }
    const browser = new Map<string, string>()
    const change = async (from: SessionOptions, to: SessionOptions) => {
      const cookies = cookiesOf(browser)
      const session = await getIronSession<Data>(cookies, from)
      session.n = (session.n ?? 0) + 1
      session.updateConfig(to)
      await session.save()
      return cookies.set.mock.calls.at(-1)
    }
    const seen = async (by: SessionOptions) => ({ ...(await getIronSession<Data>(cookiesOf(browser), by)) })
    expect(await change(given, { ...given, ttl: 120 })).toMatchObject(['app', expect.any(String), { maxAge: 60 }])
    const rotated = { ...given, password: OTHER }
    await change(given, rotated)
    expect([await seen(rotated), await seen(given)]).toEqual([{ n: 2 }, {}])
    const renamed = { ...rotated, cookieName: 'sid' }
    await change(rotated, renamed)
    expect([await seen(renamed), await seen(rotated)]).toEqual([{ n: 3 }, { n: 2 }])
    const another = await getIronSession<Data>(cookiesOf(new Map()), given)
    expect(() => another.updateConfig({ ...given, password: 'short' })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  }
})

test('a password is taken out of use one deploy after the next', async () => {
  const browser = new Map<string, string>()
  const visit = async (passwords: SessionOptions['password']) => {
    const session = await getIronSession<Data>(cookiesOf(browser), { ...options, password: passwords })
    session.n = (session.n ?? 0) + 1
    await session.save()
    return session.n
  }
  expect(await visit(password)).toBe(1)
  expect(await visit({ 1: password, 2: OTHER })).toBe(2)
  expect(await visit({ 2: OTHER })).toBe(3)
  // Another server may know the password already: for ten minutes nothing takes the place of what it sealed.
  await expect(visit({ 1: password })).rejects.toMatchObject({ code: 'KEY_UNKNOWN' })
  vi.useFakeTimers({ now: Date.now() + 700_000, toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  expect(await visit({ 1: password })).toBe(1)
})

test('a Date and a Map come back as they were', async () => {
  class Coat {
    readonly color = 'red'
  }
  const browser = new Map<string, string>()
  const first = await getIronSession<Data>(cookiesOf(browser), options)
  Object.assign(first, { at: new Date(START), seen: new Map([['a', 1]]), coat: new Coat(), gone: undefined, act: () => 1 })
  await first.save()
  expect({ ...(await getIronSession<Data>(cookiesOf(browser), options)) }).toEqual({
    ...{ at: new Date(START), seen: new Map([['a', 1]]), coat: { color: 'red' } },
  })
})

test('the object of a session looks as that of iron-session', async () => {
  const session = await getIronSession<Data>(cookiesOf(new Map()), options)
  session.user = 'ada'
  expect([Object.keys(session), JSON.stringify(session), { ...session }]).toEqual([['user'], '{"user":"ada"}', { user: 'ada' }])
  expect(Object.getPrototypeOf(session)).toBe(Object.prototype)
  for (const name of ['save', 'destroy', 'updateConfig'] as const) {
    expect(Object.getOwnPropertyDescriptor(session, name)).toMatchObject({ enumerable: false, writable: false })
    expect(() => Object.assign(session, { [name]: 1 })).toThrow(TypeError)
  }
  expect(() => update({ n: 1 }, 'n', () => 2)).toThrow(/getIronSession/)
})

describe('what goes wrong', () => {
  test('wrong options are refused', async () => {
    const cookies = cookiesOf(new Map())
    const wrong: Partial<Record<keyof SessionOptions, unknown>>[] = [
      ...[{ cookieName: '' }, { cookieName: 'a b' }, { password: '' }, { password: undefined }, { password: 'too short' }],
      ...[{ password: {} }, { password: { 1: 'too short' } }, { password: { one: password } }, { ttl: '1' }, { chunk: 'yes' }],
      { cookieOptions: { sameSite: 'none', secure: false } },
      { cookieName: '__Host-app', cookieOptions: { domain: 'a.example' } },
      { format: 'upstream', store: memoryStore() },
    ]
    for (const each of wrong)
      await expect(getIronSession(cookies, { ...options, ...each } as never), JSON.stringify(each)).rejects.toMatchObject({
        code: 'BAD_OPTIONS',
      })
    for (const args of [[], [cookies], [undefined, options], [{}, options], [{ get() {} }, options]])
      await expect(getIronSession(...(args as [never, never]))).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    await getIronSession(cookies, { ...options, cookieName: '__Host-app', cookieOptions: {} })
  })

  test('what cannot be sent is refused, and nothing is stored', async () => {
    const late: Act = async (session, _, res) => {
      res.end('sent')
      await expect(session.save()).rejects.toMatchObject({ code: 'TOO_LATE' })
    }
    const long: Act = async (session) => {
      session.long = 'x'.repeat(5000)
      await expect(session.save()).rejects.toMatchObject({
        code: 'COOKIE_TOO_LARGE',
        fix: expect.stringContaining('`chunk: true`'),
      })
      delete session.long
      await session.save()
    }
    const ada = (await site({ ...pages, '/late': late, '/long': long }))()
    expect((await ada('/late')).told).toBe('sent')
    expect((await ada('/long')).status).toBe(200)
    const response = new Response('read')
    const session = await getIronSession<Data>(new Request('http://a.example/'), response, options)
    await response.text()
    await expect(session.save()).rejects.toMatchObject({ code: 'TOO_LATE' })
    const past = { ...options, cookieOptions: { expires: new Date(0) } }
    const passed = await getIronSession<Data>(cookiesOf(new Map()), past)
    await expect(passed.save()).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
  })

  test('a store that fails rejects; a sign-out that nobody awaits is answered with 500', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => void vi.restoreAllMocks())
    const watch = watched(memoryStore())
    const events: string[] = []
    const given = { ...options, store: watch.store, onEvent: ({ type }: { type: string }) => void events.push(type) }
    const forgets: Act = (session) => void session.destroy()
    const ada = (await site({ ...pages, '/forgets': forgets }, given))()
    await ada('/in')
    for (const call of ['read', 'write']) {
      watch.before = (each) => {
        if ((each === 'read') === (call === 'read')) throw new Error('down')
      }
      for (const path of ['/in', '/out', '/forgets']) {
        if (call === 'write' && path === '/in') continue // nothing to write
        const answer = await ada(path)
        expect([answer.status, answer.headers.getSetCookie()], `${call} ${path}`).toEqual([500, []])
      }
    }
    expect(events).toContain('late-failed')
    watch.before = () => {}
    expect((await ada('/show')).told).toBe('{"user":"ada"}')
  })
})

describe('other ways to the cookies', () => {
  test('where no cookie can be set, as in a server component, a store keeps what a known visitor changes', async () => {
    const browser = new Map<string, string>()
    const inComponent = () => ({
      ...cookiesOf(browser),
      set: () => {
        throw new Error('Cookies can only be modified in a Server Action or Route Handler')
      },
    })
    for (const store of [memoryStore(), undefined]) {
      browser.clear()
      const given = { ...options, ...(store && { store }) }
      const stranger = await getIronSession<Data>(inComponent(), given)
      await expect(stranger.save()).rejects.toThrow('Cookies can only')
      const action = await getIronSession<Data>(cookiesOf(browser), given)
      action.user = 'ada'
      await action.save()
      const component = await getIronSession<Data>(inComponent(), given)
      component.n = 1
      if (!store) await expect(component.save()).rejects.toThrow('Cookies can only')
      else {
        await component.save()
        expect({ ...(await getIronSession<Data>(cookiesOf(browser), given)) }).toEqual({ user: 'ada', n: 1 })
      }
    }
  })

  test('nodeCookies() and webCookies(), with headers alone too', async () => {
    const app = express()
    app.get('/', async (req, res) => {
      const session = await getIronSession<Data>(nodeCookies(req, res), options)
      session.n = (session.n ?? 0) + 1
      await (await getIronSession<Data>(req, res, options)).save()
      res.json(session)
    })
    const server = app.listen(0)
    onTestFinished(() => void server.close())
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const first = await fetch(base)
    const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    expect([await first.json(), await (await fetch(base, { headers: { cookie } })).json()]).toEqual([{ n: 1 }, { n: 2 }])
    const headers = new Headers()
    const request = new Request(base, { headers: { cookie } })
    const session = await getIronSession<Data>(webCookies(request, headers), options)
    expect(session.n).toBe(1)
    await session.save()
    expect(headers.getSetCookie()).toHaveLength(1)
  })

  test('nextProxyCookies(): what is written is seen by the page behind, and one cookie leaves', async () => {
    const seal = await sealData({ user: 'ada' }, { password })
    const sent = new Map([['app', seal]])
    const headers = new Headers({ 'cache-control': 's-maxage=31536000' })
    const set = vi.fn()
    const request = { cookies: cookiesOf(sent) }
    const session = await getIronSession<Data>(
      nextProxyCookies(request as never, { cookies: { set }, headers } as never),
      options,
    )
    expect(session.user).toBe('ada')
    expect(headers.get('cache-control')).toContain('private')
    session.n = 1
    await session.save()
    expect(set).toHaveBeenCalledExactlyOnceWith('app', sent.get('app'), expect.objectContaining({ httpOnly: true }))
    expect([headers.get('cache-control'), headers.getSetCookie()]).toEqual(['no-store', []])
    expect({ ...(await getIronSession<Data>(cookiesOf(sent), options)) }).toEqual({ user: 'ada', n: 1 })
  })

  test('a jar of the application’s own', async () => {
    const browser = new Map<string, string>()
    const jar = (): CookieJar => ({ read: (name) => browser.get(name), write: (name, value) => void browser.set(name, value) })
    const first = await getIronSession<Data>(jar(), options)
    first.user = 'ada'
    await first.save()
    expect({ ...(await getIronSession<Data>(jar(), options)) }).toEqual({ user: 'ada' })
    browser.set('app', 'a; app=b')
    expect({ ...(await getIronSession<Data>(jar(), options)) }).toEqual({})
  })
})
