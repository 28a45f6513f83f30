import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { clockFrom, DAY, HOUR } from '../../test/helpers/clock.ts'
import { gate } from '../../test/helpers/gate.ts'
import { serving } from '../../test/helpers/serving.ts'
import { NEWER_SECRET, SECRET } from '../../test/helpers/site.ts'
import type { SessionEvent } from '../core/model/events.ts'
import { hydrogenCookie, hydrogenFiles, hydrogenId, storedSessions } from '../migrate/hydrogen.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { createJar } from '../testing/jar.ts'
import { FileSessionStorage } from './hydrogen/file.ts'
import {
  type CookieOptions,
  CookieSessionStorage,
  MemorySessionStorage,
  SessionStorage,
  type SessionStorageAdapter,
  type SessionStorageFactory,
  withSession,
} from './hydrogen.ts'

const VECTORS = JSON.parse(readFileSync(new URL('../../test/vectors/hydrogen-v1.json', import.meta.url), 'utf8'))
/** When the vectors were made. */
const THEN = 1_700_000_000_000

const URL_ = 'https://shop.test/'

/** A name that no other test's sessions have. */
let count = 0
const fresh = (): string => `s${++count}`

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'coatcheck-hydrogen-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A request that carries this cookie header, as Hydrogen itself would make it where `hydrogen` says so. */
const asks = (cookie?: string): Request => new Request(URL_, { headers: cookie === undefined ? {} : { cookie } })
const pairOf = (line: string): string => line.split(';')[0] ?? ''

/** Somebody with a browser, at a site whose sessions are kept like this. */
function guest(storage: SessionStorageFactory, jar = createJar()) {
  const request = () => asks(jar.header(URL_) || undefined)
  const told = (line: string): string => {
    if (line !== '') expect(jar.set(line, URL_)).toBeUndefined()
    return line
  }
  /** What Hydrogen does for each request. */
  const does = async <T>(act: (adapter: SessionStorageAdapter, request: Request) => Promise<T>): Promise<T> =>
    act(storage(), request())
  return {
    jar,
    copy: () => guest(storage, jar.copy()),
    does,
    sees: () => does(async (adapter, request) => ({ ...(await adapter.get(request)) })),
    sets: (key: string, value: unknown) =>
      does(async (adapter, request) => {
        const values = await adapter.get(request)
        values[key] = value
        return told(await adapter.set(request, values))
      }),
    leaves: () => does(async (adapter, request) => told(await adapter.destroy(request))),
  }
}

const kinds: readonly (readonly [string, (options?: CookieOptions) => SessionStorageFactory])[] = [
  ['CookieSessionStorage', (options) => CookieSessionStorage(fresh(), { secrets: SECRET, ...options })],
  ['MemorySessionStorage', (options) => MemorySessionStorage(fresh(), options)],
  ['FileSessionStorage', (options) => FileSessionStorage(fresh(), folder(), options)],
  ['SessionStorage with a store', (options) => SessionStorage(fresh(), { store: memoryStore(), ...options })],
]

describe.each(kinds)('%s', (name, make) => {
  test('remembers what was set, in the next request', async () => {
    const ada = guest(make())
    expect(await ada.sees()).toEqual({})
    await ada.sets('countryCode', 'DE')
    await ada.sets('cart', [{ id: 1 }])
    expect(await ada.sees()).toEqual({ countryCode: 'DE', cart: [{ id: 1 }] })
    expect(await guest(make()).sees()).toEqual({})
  })

  test('gives whoever reads, or sets nothing, no cookie', async () => {
    const ada = guest(make())
    await ada.sees()
    expect(await ada.does((adapter, request) => adapter.set(request, {}))).toBe('')
    expect(await ada.leaves()).toBe('')
    expect(ada.jar.all()).toEqual([])
  })

  test('makes the values those that are set, and no others', async () => {
    const ada = guest(make())
    await ada.sets('a', 1)
    await ada.sets('b', 2)
    await ada.does((adapter, request) => adapter.set(request, { b: 3, c: 4 }).then((line) => line && ada.jar.set(line, URL_)))
    expect(await ada.sees()).toEqual({ b: 3, c: 4 })
  })

  test('ends a session for good', async () => {
    const ada = guest(make())
    await ada.sets('user', 'ada')
    const line = await ada.leaves()
    expect(line).toMatch(/^s\d+=; Max-Age=0;.*Path=\//)
    expect(ada.jar.all()).toEqual([])
    expect(await ada.sees()).toEqual({})
  })

  test('goes on with another session when something is set after destroy', async () => {
    const ada = guest(make())
    await ada.sets('user', 'ada')
    const before = ada.jar.all()[0]?.value
    await ada.does(async (adapter, request) => {
      await adapter.destroy(request)
      const values = await adapter.get(request)
      expect({ ...values }).toEqual({})
      values.greeting = 'bye'
      ada.jar.set(await adapter.set(request, values), URL_)
    })
    expect(await ada.sees()).toEqual({ greeting: 'bye' })
    expect(ada.jar.all()[0]?.value).not.toBe(before)
  })

  test('lets a session end a week after it was last set', async () => {
    const clock = clockFrom()
    const ada = guest(make({ now: clock.now }), createJar({ now: clock.now }))
    expect(await ada.sets('n', 1)).toContain('Max-Age=604800')
    clock.advance(6 * DAY)
    expect(await ada.sets('n', 2)).toContain('Max-Age=604800')
    clock.advance(6 * DAY)
    const kept = ada.copy()
    expect(await ada.sees()).toEqual({ n: 2 })
    clock.advance(DAY + 1)
    expect(await kept.sees()).toEqual({})
  })

  test('lasts for maxAge, or until expires, and the server sees to it', async () => {
    const clock = clockFrom()
    for (const optionsAt of [
      () => ({ maxAge: 60 }),
      () => ({ maxage: 60 }),
      () => ({ expires: new Date(clock.now() + 60_000) }),
    ]) {
      const options = optionsAt()
      const jar = createJar() // which keeps cookies that are over
      const ada = guest(make({ now: clock.now, ...options }), jar)
      expect(await ada.sets('n', 1)).toContain('Max-Age=60')
      clock.advance(59)
      expect(await ada.sees()).toEqual({ n: 1 })
      clock.advance(1)
      expect(await ada.sees(), JSON.stringify(options)).toEqual({})
    }
  })

  test('ends a session by absoluteTimeout, however often it is set', async () => {
    const clock = clockFrom()
    const ada = guest(make({ now: clock.now, absoluteTimeout: 2 * HOUR, maxAge: HOUR }))
    await ada.sets('n', 0)
    clock.advance(0.9 * HOUR)
    await ada.sets('n', 1)
    clock.advance(0.9 * HOUR)
    await ada.sets('n', 2)
    expect(await ada.sees()).toEqual({ n: 2 })
    clock.advance(0.3 * HOUR)
    expect(await ada.sees()).toEqual({})
  })

  test('has values that look like an ordinary object', async () => {
    const ada = guest(make())
    await ada.sets('countryCode', 'DE')
    await ada.does(async (adapter, request) => {
      const values = await adapter.get(request)
      expect(JSON.stringify(values)).toBe('{"countryCode":"DE"}')
      expect(Object.getPrototypeOf(values)).toBe(Object.prototype)
      expect(['countryCode' in values, 'language' in values]).toEqual([true, false])
      // biome-ignore lint/suspicious/noPrototypeBuiltins: as applications call it
      expect(values.hasOwnProperty('countryCode')).toBe(true)
      expect(String(values)).toBe('[object Object]')
      const { countryCode, language = 'en', ...rest } = values
      expect([countryCode, language, rest]).toEqual(['DE', 'en', {}])
    })
  })

  test('D7: of what cannot be stored as it is, the JSON is, as in Hydrogen; a circle is refused', async () => {
    const ada = guest(make())
    await ada.sets('price', { amount: 3, toJSON: () => ({ shown: 3 }) })
    await ada.sets(
      'instance',
      new (class {
        readonly left = true
        readonly run = () => 1
      })(),
    )
    expect(await ada.sees()).toEqual({ price: { shown: 3 }, instance: { left: true } })
    await ada.does(async (adapter, request) => {
      const line = await adapter.set(request, { mine: { run: () => 1, left: 2 }, gone: undefined })
      if (line !== '') ada.jar.set(line, URL_)
    })
    expect(await ada.sees()).toEqual({ mine: { left: 2 } })
    const circle: unknown[] = []
    circle.push(circle, () => 1)
    await expect(ada.sets('circle', circle)).rejects.toMatchObject({ code: 'BAD_VALUE' })
  })

  test('rich-values: a Date comes back as one', async () => {
    const ada = guest(make())
    await ada.sets('born', new Date(1))
    await ada.sets('all', new Set([1n]))
    expect(await ada.sees()).toEqual({ born: new Date(1), all: new Set([1n]) })
  })

  test('Y3: the cookie is HttpOnly and has the SameSite that was asked for, by either name', async () => {
    for (const options of [{ sameSite: 'Strict' }, { samesite: 'strict' }, { httpOnly: false, sameSite: 'Strict' }] as const) {
      const line = await guest(make({ ...options, path: '/shop', domain: 'shop.test', secure: true })).sets('a', 1)
      expect(line).toMatch(/; HttpOnly/)
      expect(line).toMatch(/; SameSite=Strict/)
      expect(line).toMatch(/; Secure/)
      expect(line).toMatch(/; Path=\/shop/)
      expect(line).toMatch(/; Domain=shop\.test/)
    }
    const plain = await guest(make()).sets('a', 1)
    expect(plain).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/)
    expect(await guest(make({ sameSite: 'None' })).sets('a', 1)).toMatch(/; Secure/)
  })

  test('Y4: nobody can write a session, or choose its id', async () => {
    const storage = make()
    const ada = guest(storage)
    const cookie = pairOf(await ada.sets('user', 'ada'))
    const [key = '', ticket = ''] = cookie.split('=')
    const forged = [
      '{"user":"ada"}',
      '%7B%22user%22%3A%22ada%22%7D',
      '{"sid":"1"}',
      '%7B%22sid%22%3A%22f81d4fae-7dec-41d0-a765-00a0c91e6bf6%22%7D',
      'null',
      '{"sid":123}',
      `${ticket}x`,
      ticket.slice(0, -2),
      `${ticket.startsWith('A') ? 'E' : 'A'}${ticket.slice(1)}`,
    ]
    for (const value of forged) {
      const adapter = storage()
      const request = asks(`${key}=${value}`)
      expect({ ...(await adapter.get(request)) }, value).toEqual({})
      const line = await adapter.set(request, { mine: true })
      expect(line, 'a new id').not.toContain(value)
      expect({ ...(await storage().get(asks(pairOf(line)))) }).toEqual({ mine: true })
    }
    expect(await ada.sees()).toEqual({ user: 'ada' })
  })

  test('Y7: a flash value that was read is gone', async () => {
    const storage = make()
    const jar = createJar()
    const page = withSession(storage, async (request, { session }) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/leave') return session.set('message', 'Saved')
      return { message: (await session.getFlash('message')) ?? 'none' }
    })
    const get = async (path: string) => {
      const url = new URL(path, URL_)
      const cookie = jar.header(url)
      const response = await page(new Request(url, cookie ? { headers: { cookie } } : {}))
      for (const line of response.headers.getSetCookie()) jar.set(line, url)
      return response.text()
    }
    await get('/leave')
    expect(await get('/')).toBe('{"message":"Saved"}')
    expect(await get('/')).toBe('{"message":"none"}')
  })

  test('Y8: what was changed and not set is nobody else’s, and gone with the request', async () => {
    const ada = guest(make())
    await ada.sets('cart', { items: ['hat'] })
    await ada.does(async (adapter, request) => {
      const values = await adapter.get(request)
      values.cart.items.push('coat')
      values.leak = 1
    })
    expect(await ada.sees()).toEqual({ cart: { items: ['hat'] } })
  })

  if (name !== 'CookieSessionStorage') {
    test('Y9: two requests that set different values at once both win', async () => {
      const ada = guest(make())
      await ada.sets('cart', [])
      const tab = ada.copy()
      const [both, other] = [gate(), gate()]
      const first = ada.does(async (adapter, request) => {
        const values = await adapter.get(request)
        both.open()
        await other.pass()
        values.cart = ['hat']
        await adapter.set(request, values)
      })
      await both.pass()
      await tab.sets('language', 'de')
      other.open()
      await first
      expect(await ada.sees()).toEqual({ cart: ['hat'], language: 'de' })
    })

    test('F21: a sign-out is final for a request in flight, which gets no cookie that would bring it back', async () => {
      const ada = guest(make())
      await ada.sets('user', 'ada')
      const tab = ada.copy()
      await tab.does(async (adapter, request) => {
        const values = await adapter.get(request)
        await ada.leaves()
        values.late = true
        expect(await adapter.set(request, values), 'the line').toBe('')
      })
      expect(await tab.sees()).toEqual({})
    })
  }

  test('F1, Y9: two values that are set at once in one request are both kept', async () => {
    const storage = make()
    const page = withSession(storage, async (_request, { session }) => {
      await Promise.all([session.set('a', 1), session.set('b', 2)])
    })
    const response = await page(asks())
    const [line = ''] = response.headers.getSetCookie()
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect({ ...(await storage().get(asks(pairOf(line)))) }).toEqual({ a: 1, b: 2 })
  })
})

describe('CookieSessionStorage', () => {
  test('Y10: a session that no browser would keep is refused before it is sent', async () => {
    const storage = CookieSessionStorage(fresh(), { secrets: SECRET })
    const ada = guest(storage)
    await ada.sets('small', 1)
    await expect(ada.sets('big', 'x'.repeat(6000))).rejects.toMatchObject({ code: 'COOKIE_TOO_LARGE', message: /"?big/ })
    expect(await ada.sees()).toEqual({ small: 1 })
    const upstream = guest(CookieSessionStorage(fresh(), { format: 'upstream' }))
    await expect(upstream.sets('big', 'x'.repeat(6000))).rejects.toMatchObject({ code: 'COOKIE_TOO_LARGE' })
  })

  test('reads sessions of an older secret, and renews them', async () => {
    const name = fresh()
    const ada = guest(CookieSessionStorage(name, { secrets: SECRET }))
    await ada.sets('a', 1)
    const later = guest(CookieSessionStorage(name, { secrets: [NEWER_SECRET, SECRET] }), ada.jar)
    await later.sets('b', 2)
    expect(await guest(CookieSessionStorage(name, { secrets: NEWER_SECRET }), ada.jar).sees()).toEqual({ a: 1, b: 2 })
  })

  test('seals: what is in it cannot be read from the cookie', async () => {
    const line = await guest(CookieSessionStorage(fresh(), { secrets: SECRET })).sets('email', 'ada@example.com')
    expect(decodeURIComponent(line)).not.toMatch(/ada@|example|email/)
  })

  describe('without secrets', () => {
    const before = { ...process.env }
    beforeEach(() => vi.spyOn(console, 'warn').mockImplementation(() => {}))
    afterEach(() => {
      process.env = { ...before }
      vi.restoreAllMocks()
    })

    test('takes those of the variable COATCHECK_SECRET', async () => {
      process.env.COATCHECK_SECRET = SECRET
      const name = fresh()
      const ada = guest(CookieSessionStorage(name, {}))
      await ada.sets('a', 1)
      expect(await guest(CookieSessionStorage(name, { secrets: SECRET }), ada.jar).sees()).toEqual({ a: 1 })
    })

    test('D17: refuses to work in production, by each session: a build evaluates the configuration too', async () => {
      delete process.env.COATCHECK_SECRET
      process.env.NODE_ENV = 'production'
      const refusal = { code: 'BAD_OPTIONS', message: expect.stringContaining('COATCHECK_SECRET') }
      const adapter = CookieSessionStorage(fresh(), {})({})
      await expect(adapter.get(asks())).rejects.toMatchObject(refusal)
      await expect(adapter.set(asks(), { a: 1 })).rejects.toMatchObject(refusal)
      await expect(adapter.destroy(asks())).rejects.toMatchObject(refusal)
    })
  })
})

describe('MemorySessionStorage', () => {
  test('F19: a module that is loaded again, or a configuration that is evaluated again, finds its sessions', async () => {
    const name = fresh()
    const make = () => MemorySessionStorage(name, { path: '/', maxAge: 60 })
    const ada = guest(make())
    await ada.sets('n', 1)
    expect(await guest(make(), ada.jar).sees()).toEqual({ n: 1 })
    vi.resetModules()
    const again: typeof import('./hydrogen.ts') = await import('./hydrogen.ts')
    expect(again.MemorySessionStorage).not.toBe(MemorySessionStorage)
    expect(await guest(again.MemorySessionStorage(name, { path: '/', maxAge: 60 }), ada.jar).sees()).toEqual({ n: 1 })
  })

  test('Y8: rows of Hydrogen’s own format are swept as well', async () => {
    const clock = clockFrom()
    const storage = MemorySessionStorage(fresh(), { format: 'upstream', maxAge: 60, now: clock.now })
    const ada = guest(storage)
    await ada.sets('n', 1)
    clock.advance(61)
    for (let i = 0; i < 20; i++) await guest(storage).sets('n', 2)
    expect(await ada.sees()).toEqual({})
  })
})

describe('FileSessionStorage', () => {
  const everything = (dir: string): string[] => readdirSync(dir, { recursive: true, encoding: 'utf8' })

  test.each([undefined, 'upstream'] as const)('Y1: no cookie names a file outside of the folder (wire: %s)', async (format) => {
    const outside = folder()
    const dir = join(outside, 'sessions')
    const victim = join(outside, 'escaped.json')
    writeFileSync(victim, 'precious')
    const name = fresh()
    const storage = FileSessionStorage(name, dir, { ...(format && { format }) })
    for (const sid of ['abc/../../escaped.json', '../../escaped.json', '../escaped.json', victim, 'abc\0', 'f81', '']) {
      const cookie = `${name}=${encodeURIComponent(JSON.stringify({ sid }))}`
      expect({ ...(await storage().get(asks(cookie))) }).toEqual({})
      await storage().destroy(asks(cookie))
      await storage().set(asks(cookie), { pwn: 1 })
    }
    expect(readFileSync(victim, 'utf8')).toBe('precious')
    expect(readdirSync(outside).sort()).toEqual(['escaped.json', 'sessions'])
  })

  test.each([undefined, 'upstream'] as const)('Y2: a sign-out that comes twice locks nothing (wire: %s)', async (format) => {
    const ada = guest(FileSessionStorage(fresh(), folder(), { ...(format && { format }) }))
    await ada.sets('user', 'ada')
    const again = ada.copy()
    await ada.leaves()
    await again.leaves()
    const bob = guest(FileSessionStorage(fresh(), folder(), { ...(format && { format }) }))
    await bob.sets('user', 'bob')
    expect(await bob.sees()).toEqual({ user: 'bob' })
    await ada.sets('user', 'ada')
    expect(await ada.sees()).toEqual({ user: 'ada' })
  })

  test.each([undefined, 'upstream'] as const)('Y5: strangers who only look make no file (wire: %s)', async (format) => {
    const dir = join(folder(), 'sessions')
    const storage = FileSessionStorage(fresh(), dir, { ...(format && { format }) })
    for (let i = 0; i < 5; i++) expect({ ...(await storage().get(asks())) }).toEqual({})
    expect(existsSync(dir) ? everything(dir) : []).toEqual([])
  })

  test('Y6: whoever reads while a session is written sees it whole, as it was or as it is', async () => {
    const dir = folder()
    const name = fresh()
    const ada = guest(FileSessionStorage(name, dir))
    const before = 'x'.repeat(50_000)
    const after = 'y'.repeat(50_000)
    await ada.sets('text', before)
    const readers = Array.from({ length: 20 }, () => ada.copy())
    const [, ...seen] = await Promise.all([ada.copy().sets('text', after), ...readers.map((reader) => reader.sees())])
    for (const values of seen) expect([before, after]).toContain(values.text)
    expect(await ada.sees()).toEqual({ text: after })
  })

  test('Y6: two processes that write one session at once lose nothing', async () => {
    const dir = folder()
    const name = fresh()
    const here = guest(FileSessionStorage(name, dir, { maxAge: 600 }))
    await here.sets('cart', [])
    // Other words make other sessions in this process, that know of the first no more than another process does.
    const there = guest(FileSessionStorage(name, dir, { maxAge: 601 }), here.jar.copy())
    await Promise.all([here.sets('a', 1), there.sets('b', 2)])
    expect(await here.sees()).toEqual({ cart: [], a: 1, b: 2 })
  })
})

describe('wire: upstream', () => {
  const clock = () => THEN
  const upstream = { format: 'upstream', now: clock } as const

  test('writes the bytes of Hydrogen 1', async () => {
    const values = { a: 'b', u: '日本語 ü;,"' }
    const set = (name: string, options: CookieOptions, all: object) =>
      CookieSessionStorage(name, { ...upstream, ...options })().set(asks(), all as Record<string, unknown>)
    expect(await set('__session', {}, JSON.parse(decodeURIComponent(pairOf(VECTORS.default).slice(10))))).toBe(VECTORS.default)
    expect(values).toMatchObject({ a: 'b' })
    expect(await set('__session', {}, { countryCode: 'US' })).toBe(VECTORS.cookieStorage.set)
    expect(
      await set(
        '__session',
        {
          httpOnly: true,
          secure: true,
          sameSite: 'Strict',
          path: '/',
          domain: 'shopify.dev',
          ...ends('documentedOptions_camelCase'),
        },
        { a: 'b' },
      ),
    ).toBe(VECTORS.documentedOptions_camelCase)
    expect(
      await set(
        '__session',
        {
          httponly: true,
          secure: true,
          samesite: 'Strict',
          path: '/',
          domain: 'shopify.dev',
          ...ends('testSuiteOptions_lowercase'),
        },
        { a: 'b', c: 'd' },
      ),
    ).toBe(VECTORS.testSuiteOptions_lowercase)
  })

  test('clears as Hydrogen 1 does', async () => {
    const storage = CookieSessionStorage('__session', upstream)
    const cookie = pairOf(await storage().set(asks(), { countryCode: 'US' }))
    expect({ ...(await storage().get(asks(cookie))) }).toEqual(VECTORS.cookieStorage.getAfterSet)
    expect(await storage().destroy(asks(cookie))).toBe(VECTORS.cookieStorage.destroy)
  })

  test('shows an id in the cookie, and has the file where Hydrogen has it', async () => {
    const dir = folder()
    const expires = new Date('2099-01-01T00:00:00Z')
    const storage = FileSessionStorage('__session', dir, { ...upstream, expires })
    const line = await storage().set(asks(), { some: 'data' })
    const sid = JSON.parse(decodeURIComponent(pairOf(line).slice('__session='.length))).sid
    const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/
    expect(line.replace(uuid, 'ID')).toBe(VECTORS.file.set.replace(uuid, 'ID'))
    const content = JSON.parse(readFileSync(join(dir, sid.slice(0, 3), sid.slice(3)), 'utf8'))
    expect(content.data).toEqual(JSON.parse(VECTORS.file.content).data)
    expect(Object.keys(content)).toEqual(Object.keys(JSON.parse(VECTORS.file.content)))
    expect({ ...(await storage().get(asks(pairOf(line)))) }).toEqual({ some: 'data' })
    expect(pairOf(await storage().set(asks(pairOf(line)), { some: 'more' })) || pairOf(line)).toBe(pairOf(line))
    expect({ ...(await storage().get(asks(pairOf(line)))) }).toEqual({ some: 'more' })
  })

  test('reads what Hydrogen’s memory storage shows', async () => {
    const storage = MemorySessionStorage('__session', { format: 'upstream' })
    const line = await storage().set(asks(), { user: 'mj' })
    const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/
    expect(pairOf(line).replace(uuid, 'ID')).toBe(pairOf(VECTORS.memory.set).replace(uuid, 'ID'))
    expect({ ...(await storage().get(asks(pairOf(line)))) }).toEqual(VECTORS.memory.get)
  })
})

describe('a session of Hydrogen itself', () => {
  const old = (values: object) => encodeURIComponent(JSON.stringify(values))

  test('F10: is read only when that is asked for by name', async () => {
    const name = fresh()
    const cookie = `${name}=${old({ countryCode: 'DE' })}`
    const plain = CookieSessionStorage(name, { secrets: SECRET })
    expect({ ...(await plain().get(asks(cookie))) }).toEqual({})
    const moving = CookieSessionStorage(name, { secrets: SECRET, migrateFrom: [hydrogenCookie()] })
    const adapter = moving()
    const request = asks(cookie)
    expect({ ...(await adapter.get(request)) }).toEqual({ countryCode: 'DE' })
    const line = await adapter.set(request, { countryCode: 'DE', cart: 1 })
    expect({ ...(await plain().get(asks(pairOf(line)))) }).toEqual({ countryCode: 'DE', cart: 1 })
  })

  test('F9: in files moves once, and its id is not taken over', async () => {
    const [name, dir] = [fresh(), folder()]
    const files = hydrogenFiles(dir)
    const sid = await files.create({ cart: ['hat'] }, new Date(Date.now() + 60_000))
    const migrateFrom = [storedSessions(hydrogenId(), files.read, files.delete)]
    const storage = FileSessionStorage(name, dir, { secrets: SECRET, migrateFrom })
    const lines = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (key) => {
        const adapter = storage()
        const request = asks(`${name}=${old({ sid })}`)
        const values = await adapter.get(request)
        values[key] = true
        return adapter.set(request, values)
      }),
    )
    expect(lines.join()).not.toContain(sid)
    for (const line of lines) {
      expect({ ...(await storage().get(asks(pairOf(line)))) }).toEqual({ cart: ['hat'], a: true, b: true, c: true, d: true })
    }
    expect(await files.read(sid)).toBeNull()
  })

  test('F15: left on another path does not hide ours', async () => {
    const name = fresh()
    const storage = CookieSessionStorage(name, { secrets: SECRET, migrateFrom: [hydrogenCookie()] })
    const jar = createJar()
    jar.set(`${name}=${old({ user: 'old' })}; Path=/cart`, new URL('/cart', URL_))
    const line = await storage().set(asks(), { user: 'new' })
    jar.set(line, URL_)
    const header = jar.header(new URL('/cart', URL_))
    expect(header.indexOf('old')).toBeLessThan(header.indexOf(pairOf(line)))
    expect({ ...(await storage().get(asks(header))) }).toEqual({ user: 'new' })
  })

  test('moves in two deploys: old and new instances answer one visitor meanwhile', async () => {
    const name = fresh()
    const both = CookieSessionStorage(name, { format: 'upstream', path: '/' })
    const ours = CookieSessionStorage(name, { secrets: SECRET, migrateFrom: [hydrogenCookie()] })
    const ada = guest(both, createJar())
    ada.jar.set(`${name}=${old({ cart: 1 })}; Path=/`, URL_) // by the old site
    await ada.sets('language', 'de')
    expect(JSON.parse(decodeURIComponent(ada.jar.all()[0]?.value ?? ''))).toEqual({ cart: 1, language: 'de' })
    const later = guest(ours, ada.jar)
    await later.sets('user', 'ada')
    expect(await later.sees()).toEqual({ cart: 1, language: 'de', user: 'ada' })
  })
})

describe('a configuration that is evaluated for each request', () => {
  test('F17: makes its sessions once, readers and functions included', async () => {
    const name = fresh()
    const read = vi.fn(hydrogenCookie().read)
    const events: string[] = []
    const storage = (at: number) =>
      MemorySessionStorage(name, {
        migrateFrom: [{ ...hydrogenCookie(), read }],
        expires: new Date(Date.now() + 60_000 + at),
        onEvent: ({ type }) => void events.push(`${at} ${type}`),
      })
    const ada = guest(storage(1))
    await ada.sets('n', 1)
    expect(await guest(storage(2), ada.jar).sees()).toEqual({ n: 1 })
    await storage(3)().get(asks(`${name}=x`))
    expect(events).toEqual(['1 created', '1 committed', '2 loaded', '3 refused'])
    expect(read).toHaveBeenCalledTimes(1)
  })
})

describe('behind node:http, as Hydrogen does it', () => {
  /** A request of Hydrogen's own, and what its pages are given. */
  const hydrogens = (request: Request) => Object.assign(request, { ctx: { router: { serverProps: {} } } })

  /** A server that answers with what `page` makes of its adapter, after `page` has been given it. */
  async function shop(
    storage: SessionStorageFactory,
    page: (adapter: SessionStorageAdapter, request: Request, res: import('node:http').ServerResponse) => Promise<string>,
  ) {
    const log = {}
    const { origin } = await serving(
      createServer(async (req, res) => {
        const headers = req.headers.cookie === undefined ? {} : { cookie: req.headers.cookie }
        const body = await page(storage(log), hydrogens(new Request(`http://shop.test${req.url}`, { headers })), res)
        res.end(body)
      }),
    )
    return origin
  }

  test('F16: the cookie is on the response, whatever becomes of the text that set() gives', async () => {
    const name = fresh()
    const storage = CookieSessionStorage(name, { secrets: SECRET })
    storage()
    const lines: string[] = []
    const origin = await shop(storage, async (adapter, request, res) => {
      res.setHeader('set-cookie', 'mine=1')
      const values = await adapter.get(request)
      values.n = (values.n ?? 0) + 1
      lines.push(await adapter.set(request, values))
      if (request.url.endsWith('/puts')) res.setHeader('set-cookie', lines.at(-1) ?? '')
      // As it comes again when a route answers with a request of its own making.
      const again = await adapter.get(hydrogens(new Request('http://shop.test/next')))
      return `${again.n}`
    })
    // Who has no ticket yet is answered by Hydrogen itself, with the line that it is given: the async context names nobody (S1).
    const first = await fetch(origin)
    expect(await first.text()).toBe('1')
    expect([first.headers.getSetCookie(), lines.length]).toEqual([['mine=1'], 1])
    expect(first.headers.get('cache-control')).toMatch(/private/)
    const puts = await fetch(`${origin}/puts`)
    expect([puts.headers.getSetCookie(), puts.headers.get('cache-control')]).toEqual([[lines.pop()], 'no-store'])
    const second = await fetch(origin, { headers: { cookie: pairOf(lines[0] ?? '') } })
    expect(await second.text()).toBe('2')
    expect(lines[1]).toBe('')
    const [mine, ours, ...more] = second.headers.getSetCookie()
    expect([mine, more]).toEqual(['mine=1', []])
    expect(second.headers.get('cache-control')).toBe('no-store')
    expect(second.headers.get('vary')).toBe('Cookie')
    const third = await fetch(origin, { headers: { cookie: pairOf(ours ?? '') } })
    expect(await third.text()).toBe('3')
    expect(await (await fetch(origin)).text()).toBe('1')
  })

  test('what was changed and not set is forgotten when the answer leaves', async () => {
    const store = memoryStore()
    const events: SessionEvent[] = []
    const name = fresh()
    const storage = SessionStorage(name, { store, onEvent: (event) => void events.push(event) })
    storage()
    const ada = guest(storage)
    await ada.sets('n', 1)
    const origin = await shop(storage, async (adapter, request) => {
      const values = await adapter.get(request)
      values.n = 2
      return String(values.n)
    })
    expect(await (await fetch(origin, { headers: { cookie: ada.jar.header(URL_) } })).text()).toBe('2')
    expect(events.filter(({ type }) => type === 'committed')).toHaveLength(1)
    expect(await ada.sees()).toEqual({ n: 1 })
  })

  test('F22: what is set after the headers is stored where it can be, and else fails', async () => {
    for (const [isStored, make] of [
      [true, (name: string) => SessionStorage(name, { store: memoryStore() })],
      [false, (name: string) => CookieSessionStorage(name, { secrets: SECRET })],
    ] as const) {
      const storage = make(fresh())
      const ada = guest(storage)
      await ada.sets('n', 1)
      let failure: unknown
      const origin = await shop(storage, async (adapter, request, res) => {
        res.flushHeaders()
        try {
          const values = await adapter.get(request)
          values.n = 2
          await adapter.set(request, values)
        } catch (error) {
          failure = error
        }
        return ''
      })
      await (await fetch(origin, { headers: { cookie: ada.jar.header(URL_) } })).text()
      expect(await ada.sees()).toEqual({ n: isStored ? 2 : 1 })
      if (isStored) expect(failure).toBeUndefined()
      else expect(failure).toMatchObject({ code: 'TOO_LATE' })
    }
  })

  test('an adapter that is shared by mistake gives nobody the session of another', async () => {
    const storage = MemorySessionStorage(fresh())
    const shared = storage({})
    const origin = await shop(
      () => shared,
      async (adapter, request) => {
        const values = await adapter.get(request)
        const before = values.user ?? 'nobody'
        values.user = 'ada'
        await adapter.set(request, values)
        return before
      },
    )
    expect(await (await fetch(origin)).text()).toBe('nobody')
    expect(await (await fetch(origin)).text()).toBe('nobody')
    const plain = storage()
    await plain.set(asks(), { user: 'ada' })
    expect({ ...(await plain.get(asks())) }).toEqual({})
  })
})

test('where no node:http is, as on Workers, Hydrogen’s own second request sees what its first one set', async () => {
  const adapter = CookieSessionStorage(fresh(), { secrets: SECRET })({})
  const request = asks()
  const values = await adapter.get(request)
  values.user = 'ada'
  expect(await adapter.set(request, values)).toMatch(/; HttpOnly/)
  expect({ ...(await adapter.get(asks())) }).toEqual({ user: 'ada' })
})

describe('a page', () => {
  /** What Hydrogen asks of a page's response, and how it decides whether anybody may have the page. */
  class Page {
    options: { readonly mode: string } = { mode: 'public' }
    cache(options?: { readonly mode: string }) {
      if (options) this.options = options
      return this.options
    }
  }
  const pageFor = () => {
    const response = new Page()
    return { response, request: Object.assign(asks(), { ctx: { router: { serverProps: { response } } } }) }
  }

  test.each(['countryCode', 'customerAccessToken'])(
    'F5: that read %s is kept from every cache, whatever it says',
    async (key) => {
      const { response, request } = pageFor()
      const values = await MemorySessionStorage(fresh())({}).get(request)
      expect(response.cache().mode).toBe('public')
      expect(values[key], 'and no key is made up').toBeUndefined()
      response.cache({ mode: 'public' })
      expect([response.cache().mode, response.options.mode]).toEqual(['no-store', 'no-store'])
    },
  )

  test.each([
    ['lists them', (values: object) => Object.keys(values)],
    ['spreads them', (values: object) => ({ ...values })],
    ['looks for one', (values: object) => 'a' in values],
  ])('F5: that %s is kept from every cache', async (_, look) => {
    const { response, request } = pageFor()
    look(await MemorySessionStorage(fresh())({}).get(request))
    expect(response.cache().mode).toBe('no-store')
  })
})

describe('withSession', () => {
  test('answers with what API routes of Hydrogen may return', async () => {
    const answers: Record<string, () => unknown> = {
      object: () => ({ a: 1 }),
      text: () => 'hello',
      nothing: () => undefined,
      response: () => new Response('made', { status: 201 }),
      request: () => new Request('https://shop.test/next'),
    }
    const page = withSession(MemorySessionStorage(fresh()), (request) => answers[new URL(request.url).pathname.slice(1)]?.())
    const ask = async (path: string) => {
      const response = await page(new Request(new URL(path, URL_)))
      return [response.status, await response.text(), response.headers.get('location'), response.headers.get('content-type')]
    }
    expect(await ask('object')).toEqual([200, '{"a":1}', null, 'application/json'])
    expect(await ask('text')).toEqual([200, 'hello', null, 'text/plain;charset=UTF-8'])
    expect(await ask('nothing')).toEqual([200, '', null, null])
    expect(await ask('response')).toEqual([201, 'made', null, 'text/plain;charset=UTF-8'])
    expect(await ask('request')).toEqual([303, '', 'https://shop.test/next', null])
  })

  test('keeps an answer that depends on the session out of shared caches, and no other', async () => {
    const page = withSession(MemorySessionStorage(fresh()), async (request, { session }) => {
      if (request.url.endsWith('/read')) await session.get()
      if (request.url.endsWith('/set')) await session.set('user', 'ada')
      return new Response('', { headers: { 'cache-control': 'public, max-age=60' } })
    })
    const caching = async (path: string, headers: HeadersInit = {}) =>
      (await page(new Request(`${URL_}${path}`, { headers }))).headers.get('cache-control')
    expect([await caching('read'), await caching('')]).toEqual(['public, max-age=60', 'public, max-age=60'])
    const [line = ''] = (await page(new Request(`${URL_}set`))).headers.getSetCookie()
    const cookie = pairOf(line)
    expect([await caching('read', { cookie }), await caching('', { cookie })]).toEqual([
      'private, max-age=60',
      'public, max-age=60',
    ])
  })

  test('F2: waits for what nobody awaited', async () => {
    const storage = MemorySessionStorage(fresh())
    const page = withSession(storage, (_request, { session }) => void session.set('n', 1))
    const [line = ''] = (await page(asks())).headers.getSetCookie()
    expect({ ...(await storage().get(asks(pairOf(line)))) }).toEqual({ n: 1 })
  })

  test('F13: a store that fails fails the answer, awaited or not, and ends no process', async () => {
    const broken: Store = { ...memoryStore(), create: async () => Promise.reject(new Error('disk full')) }
    const page = withSession(SessionStorage(fresh(), { store: broken }), (_request, { session }) => void session.set('n', 1))
    await expect(page(asks())).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  test('leaves a failure to a handler that tells the visitor of it', async () => {
    const page = withSession(CookieSessionStorage(fresh(), { secrets: SECRET }), async (_request, { session }) => {
      try {
        await session.set('text', 'x'.repeat(6000))
      } catch {
        return new Response('too much', { status: 413 })
      }
    })
    const response = await page(asks())
    expect([response.status, response.headers.getSetCookie()]).toEqual([413, []])
  })

  test('passes further arguments on', async () => {
    const page = withSession(MemorySessionStorage(fresh()), (_request, _context, env: { name: string }) => env.name)
    expect(await (await page(asks(), { name: 'worker' })).text()).toBe('worker')
  })
})

/** The end that a vector was made with. */
function ends(vector: string): CookieOptions {
  return { expires: new Date(/Expires=([^;]*)/.exec(VECTORS[vector])?.[1] ?? '') }
}
