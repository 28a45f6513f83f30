import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { serving } from '../../../test/helpers/serving.ts'
import { NEWER_SECRET, SECRET } from '../../../test/helpers/site.ts'
import type { SessionEvent } from '../../core/model/events.ts'
import { hydrogenCookie } from '../../migrate/hydrogen.ts'
import { Cookie, type CookieOptions, type SessionStorageAdapter, withSession } from '../hydrogen.ts'

const VECTORS = JSON.parse(readFileSync(new URL('../../../test/vectors/hydrogen-v1.json', import.meta.url), 'utf8'))
const URL_ = 'https://shop.test/'
const asks = (cookie?: string): Request => new Request(URL_, { headers: cookie === undefined ? {} : { cookie } })
const pairOf = (line: string): string => line.split(';')[0] ?? ''
const secrets = SECRET

test('holds what is set, under its name', () => {
  const cookie = new Cookie('__session', { secrets })
  cookie.setAll({ a: 'b' })
  cookie.set('c', 'd')
  expect([cookie.name, cookie.data]).toEqual(['__session', { a: 'b', c: 'd' }])
  const again = new Cookie('__session', { secrets })
  expect(again.parse(`x=1; ${pairOf(cookie.serialize())}; y=2`)).toEqual({ a: 'b', c: 'd' })
  expect(again.data).toEqual({ a: 'b', c: 'd' })
})

test('keeps what it has when a header holds nothing genuine', () => {
  const cookie = new Cookie('__session', { secrets })
  cookie.set('a', 1)
  for (const header of ['', '__session=', '__session=nope', 'other=1', '__session=%7B%22a%22%3A2%7D']) {
    expect(cookie.parse(header)).toEqual({ a: 1 })
  }
})

test('asking for the id of a request leaves what was set before', () => {
  const cookie = new Cookie('__session', { secrets })
  cookie.set('a', 1)
  expect([cookie.getSessionId(asks()), cookie.data]).toEqual([null, { a: 1 }])
})

test('Y3: says HttpOnly, SameSite and Path, and what else it is told by either name', () => {
  const line = (options: CookieOptions) => new Cookie('__session', { secrets, ...options }).serialize()
  expect(line({})).toMatch(/; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/)
  for (const options of [{ sameSite: 'Strict' }, { samesite: 'Strict' }] as const) {
    expect(line({ ...options, secure: true, domain: 'shopify.dev', path: '/a', maxAge: 60 })).toMatch(
      /; Max-Age=60; Domain=shopify\.dev; Path=\/a; HttpOnly; Secure; SameSite=Strict$/,
    )
  }
})

test('clears itself', () => {
  const cookie = new Cookie('__session', { secrets })
  cookie.set('a', 1)
  expect(cookie.destroy()).toMatch(/^__session=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly/)
  expect(cookie.data).toEqual({})
})

test('ends when it says, whatever the browser keeps', () => {
  const clock = clockFrom()
  const options = { secrets, now: clock.now, maxAge: 60 }
  const cookie = new Cookie('__session', options)
  expect(cookie.expires).toBe(clock.now() + 60_000)
  cookie.setSessionid('1')
  const pair = pairOf(cookie.serialize())
  clock.advance(59)
  expect(new Cookie('__session', options).getSessionId(asks(pair))).toBe('1')
  clock.advance(1)
  expect(new Cookie('__session', options).getSessionId(asks(pair))).toBeNull()
})

test('Y4, F10: shows no row to whoever names its number', () => {
  const told: SessionEvent[] = []
  const cookie = new Cookie('__session', { secrets, onEvent: (event) => void told.push(event) })
  for (const value of ['{"sid":"1"}', '%7B%22sid%22%3A%221%22%7D', '1', 'null', '{"sid":123}']) {
    expect(cookie.getSessionId(asks(`__session=${value}`)), value).toBeNull()
  }
  expect(told.map(({ type }) => type)).toEqual(Array(5).fill('refused'))
  const other = new Cookie('__other', { secrets })
  other.setSessionid('1')
  expect(cookie.getSessionId(asks(pairOf(other.serialize()).replace('__other', '__session'))), 'of another name').toBeNull()
  const strange = new Cookie('__session', { secrets: NEWER_SECRET })
  strange.setSessionid('1')
  expect(cookie.getSessionId(asks(pairOf(strange.serialize()))), 'of another secret').toBeNull()
})

test('reads what an older secret wrote', () => {
  const old = new Cookie('__session', { secrets })
  old.setSessionid('1')
  const cookie = new Cookie('__session', { secrets: [NEWER_SECRET, SECRET] })
  expect(cookie.getSessionId(asks(pairOf(old.serialize())))).toBe('1')
})

test('F15: our own goes before what an old site left, and of two of ours nobody knows which is right', () => {
  const line = (sid: string) => {
    const cookie = new Cookie('__session', { secrets })
    cookie.setSessionid(sid)
    return pairOf(cookie.serialize())
  }
  const cookie = new Cookie('__session', { secrets, migrateFrom: [hydrogenCookie()] })
  expect(cookie.getSessionId(asks(`__session={"sid":"2"}; ${line('1')}`))).toBe('1')
  expect(cookie.getSessionId(asks(`${line('1')}; ${line('2')}`))).toBeNull()
  expect(cookie.getSessionId(asks(`${line('1')}; ${line('1')}`))).toBe('1')
})

test('takes over values of an old site when it is told to, but no id', () => {
  const cookie = new Cookie('__session', { secrets, migrateFrom: [hydrogenCookie()] })
  expect(cookie.parse('__session={"sid":"1","language":"de"}')).toEqual({ language: 'de' })
  expect(cookie.getSessionId(asks('__session={"sid":"1"}'))).toBeNull()
})

test('shared between requests, has nothing of one for another', () => {
  const cookie = new Cookie('__session', { secrets })
  cookie.getSessionId(asks())
  cookie.setSessionid('1')
  const pair = pairOf(cookie.serialize())
  expect(cookie.getSessionId(asks())).toBeNull()
  expect(cookie.getSessionId(asks(pair))).toBe('1')
  expect(cookie.getSessionId(asks('__session=x'))).toBeNull()
})

test('Y10: is refused when no browser would keep it', () => {
  for (const options of [{ secrets }, { format: 'upstream' }] as const) {
    const cookie = new Cookie('__session', options)
    cookie.set('text', 'x'.repeat(4096))
    expect(() => cookie.serialize()).toThrow(expect.objectContaining({ code: 'COOKIE_TOO_LARGE' }))
  }
})

describe('values of another library’s cookie', () => {
  const old = (data: object) => `__session=${encodeURIComponent(JSON.stringify(data))}`
  const now = () => 1_700_000_000_000
  const read = (header: string, more: CookieOptions = {}) => {
    const events: SessionEvent[] = []
    const onEvent = (event: SessionEvent) => void events.push(event)
    const data = new Cookie('__session', { secrets, migrateFrom: [hydrogenCookie()], now, onEvent, ...more }).parse(header)
    return [data, events.filter((event) => event.type === 'refused' && event.reason === 'duplicate').length]
  }

  test('S7: are taken over, but not where two cookies say different things', () => {
    expect(read(old({ a: 1 }))).toEqual([{ a: 1 }, 0])
    expect(read(`${old({ a: 1 })}; ${old({ a: 2 })}`)).toEqual([{}, 1])
    expect(read(`${old({ a: 1, sid: 'x' })}; __session={"a":1}`)).toEqual([{ a: 1 }, 0])
  })

  test('S2: are not taken over after `migrateUntil`, nor when the reader does not accept them', () => {
    expect(read(old({ a: 1 }), { migrateUntil: now() + 1 })).toEqual([{ a: 1 }, 0])
    expect(read(old({ a: 1 }), { migrateUntil: now() })).toEqual([{}, 0])
    const migrateFrom = [{ ...hydrogenCookie(), accepts: (values: object) => 'cart' in values }]
    expect(read(old({ a: 1 }), { migrateFrom })).toEqual([{}, 0])
    expect(read(old({ cart: 1 }), { migrateFrom })).toEqual([{ cart: 1 }, 0])
  })
})

describe('wire: upstream', () => {
  const upstream = { format: 'upstream', now: () => 1_700_000_000_000 } as const
  const lineOf = (data: Record<string, unknown>, options: CookieOptions = {}) => {
    const cookie = new Cookie('__session', { ...upstream, ...options })
    cookie.setAll(data)
    return cookie.serialize()
  }
  const endOf = (line: string) => new Date(/Expires=([^;]*)/.exec(line)?.[1] ?? '')

  test('writes the bytes of Hydrogen 1', () => {
    const data = JSON.parse(decodeURIComponent(pairOf(VECTORS.default).slice('__session='.length)))
    expect(lineOf(data)).toBe(VECTORS.default)
    expect(new Cookie('__session', upstream).destroy()).toBe(VECTORS.default_destroy)
    expect(new Cookie('__session', { ...upstream, maxAge: 10 }).expires).toBe(VECTORS.expires_getter)
    const { documentedOptions_camelCase: camel, testSuiteOptions_lowercase: lower, maxage_lower } = VECTORS
    const shared = { secure: true, path: '/', domain: 'shopify.dev' }
    expect(lineOf({ a: 'b' }, { ...shared, httpOnly: true, sameSite: 'Strict', expires: endOf(camel) })).toBe(camel)
    expect(lineOf({ a: 'b', c: 'd' }, { ...shared, httponly: true, samesite: 'Strict', expires: endOf(lower) })).toBe(lower)
    expect(lineOf({}, { maxage: 60 })).toBe(maxage_lower)
  })

  test.each(Object.entries<{ ok: unknown }>(VECTORS.parse))('reads %s as Hydrogen 1 does, or as nothing', (header, { ok }) => {
    const isObject = typeof ok === 'object' && ok !== null && !Array.isArray(ok)
    expect(new Cookie('__session', upstream).parse(header)).toEqual(isObject ? ok : {})
  })
})

describe('a storage of one’s own, as the document shows it', () => {
  const rows = new Map<string, Record<string, unknown>>()
  let made = 0
  const generateNewCookieId = () => `row-${++made}`
  const customGetSessionData = async (sid: string) => ({ ...rows.get(sid) })
  const customPersistSessionData = async (sid: string, value: Record<string, unknown>) => void rows.set(sid, { ...value })
  const customDeleteTheSession = vi.fn(async () => {})

  const CustomStorage = (name: string, options: CookieOptions) => () => {
    const cookie = new Cookie(name, options)
    return {
      async get(request: Request) {
        const sid = cookie.getSessionId(request) || generateNewCookieId()
        return customGetSessionData(sid)
      },
      async set(request: Request, value: Record<string, unknown>) {
        const sid = cookie.getSessionId(request) || generateNewCookieId()
        cookie.setSessionid(sid)
        await customPersistSessionData(sid, value)
        return cookie.serialize()
      },
      async destroy() {
        await customDeleteTheSession()
        return cookie.destroy()
      },
    } satisfies SessionStorageAdapter
  }

  test('works, and is safe', async () => {
    const page = withSession(CustomStorage('__session', { secrets }), async (request, { session }) => {
      if (request.method === 'POST') await session.set('countryCode', 'DE')
      if (request.method === 'DELETE') await session.destroy()
      return session.get()
    })
    const first = await page(new Request(URL_, { method: 'POST' }))
    const cookie = pairOf(first.headers.get('set-cookie') ?? '')
    expect(await (await page(asks(cookie))).json()).toEqual({ countryCode: 'DE' })
    for (const id of rows.keys()) expect(await (await page(asks(`__session={"sid":"${id}"}`))).json()).toEqual({})
    const left = await page(new Request(URL_, { method: 'DELETE', headers: { cookie } }))
    expect(left.headers.get('set-cookie')).toMatch(/^__session=; Max-Age=0/)
    expect(customDeleteTheSession).toHaveBeenCalledOnce()
  })

  test('keeps what a new visitor’s first request sets in two steps', async () => {
    const page = withSession(CustomStorage('__session', { secrets }), async (request, { session }) => {
      if (request.method === 'POST') await Promise.all([session.set('user', 'ada'), session.set('message', 'Welcome')])
      return session.get()
    })
    const response = await page(new Request(URL_, { method: 'POST' }))
    const cookie = pairOf(response.headers.get('set-cookie') ?? '')
    expect(await (await page(asks(cookie))).json()).toEqual({ user: 'ada', message: 'Welcome' })
  })

  test('keeps it behind node:http too, where Hydrogen asks for each step by itself', async () => {
    const storage = CustomStorage('__session', { secrets })
    storage()
    const { origin } = await serving(
      createServer(async (_req, res) => {
        const [adapter, request] = [storage(), asks()]
        for (const key of ['user', 'message']) {
          const values = await adapter.get(request)
          values[key] = 'here'
          res.setHeader('set-cookie', await adapter.set(request, values))
        }
        res.end()
      }),
    )
    const seen = async () => {
      const cookie = pairOf((await fetch(origin)).headers.get('set-cookie') ?? '')
      return storage().get(asks(cookie))
    }
    const [one, two] = await Promise.all([seen(), seen()])
    expect([one, two]).toEqual([
      { user: 'here', message: 'here' },
      { user: 'here', message: 'here' },
    ])
  })
})
