import { createSession as createTheirSession } from '@remix-run/session'
import { createCookieSessionStorage as createTheirs } from '@remix-run/session/cookie-storage'
import { createRedisSessionStorage as createTheirRedis } from '@remix-run/session-storage-redis'
import { describe, expect, test, vi } from 'vitest'
import { type Clock, clockFrom, DAY, HOUR } from '../../../test/helpers/clock.ts'
import { NEWER_SECRET, SECRET } from '../../../test/helpers/site.ts'
import type { SessionEvent } from '../../core/model/events.ts'
import { memoryStore } from '../../stores/memory.ts'
import { visitor } from '../../testing/visitor.ts'
import {
  type CookieOptions,
  createCookie,
  createCookieSessionStorage,
  createMemorySessionStorage,
  createRedisSessionStorage,
  createSession,
  createSessionStorage,
  type RedisSessionStorageClient,
  type Session,
  type SessionCookie,
  type SessionStorage,
  type StorageOptions,
  session,
} from '../remix3.ts'

const secrets = [SECRET]
const ORIGIN = 'https://app.test'

const kinds: Record<string, (options?: StorageOptions) => SessionStorage> = {
  sealed: (options) => createCookieSessionStorage(options),
  stored: (options) => createSessionStorage({ store: memoryStore(), ...options }),
}

/** A site of one page, behind the middleware. */
class Site {
  readonly cookie: SessionCookie
  readonly events: SessionEvent[] = []
  readonly storage: SessionStorage
  readonly serve: (request: Request) => Promise<Response>
  page: (mine: Session) => unknown = () => undefined

  constructor(make: (options: StorageOptions) => SessionStorage, cookie: SessionCookie = createCookie('sess', { secrets })) {
    this.cookie = cookie
    this.storage = make({ onEvent: (event) => this.events.push(event) })
    const middleware = session(cookie, this.storage)
    this.serve = async (request) => {
      const context = { request } as { request: Request; session: Session }
      return middleware(context, async () => {
        const answer = await this.page(context.session)
        return answer instanceof Response ? answer : new Response(JSON.stringify(answer ?? null))
      })
    }
  }

  /** What a request that presents this gets. */
  async asks(cookie: string | undefined, page: (mine: Session) => unknown = () => undefined, path = '/'): Promise<Response> {
    this.page = page
    return this.serve(new Request(new URL(path, ORIGIN), { headers: cookie === undefined ? {} : { cookie } }))
  }

  /** The cookie, as `name=value`, of somebody whose session holds this. */
  async pairOf(user: string): Promise<string> {
    return pairIn(await this.asks(undefined, (mine) => mine.set('user', user)))
  }

  async userOf(cookie: string): Promise<unknown> {
    return (await this.asks(cookie, (mine) => mine.get('user') ?? null)).json()
  }

  get refusals(): string[] {
    return this.events.flatMap((event) => (event.type === 'refused' ? [event.reason] : []))
  }
}

const pairIn = (response: Response): string => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''

describe.each(Object.entries(kinds))('%s', (kind, make) => {
  const page = { 'cache-control': 'public, s-maxage=60', 'cdn-cache-control': 'public', 'surrogate-control': 'max-age=9' }
  const caching = ({ headers }: Response) =>
    [...Object.keys(page), 'x-accel-expires', 'vary'].map((name) => headers.get(name)).join(' | ')

  test('found S3: no page that depends on a session is for a shared cache, whatever its handler says', async () => {
    const site = new Site(make)
    const pair = await site.pairOf('ada')
    const of = async (cookie: string | undefined, act: (mine: Session) => unknown, status = 200) =>
      caching(
        await site.asks(cookie, (mine) => {
          act(mine)
          return new Response('ok', { status, headers: page })
        }),
      )
    const read = 'private, no-cache |  |  | 0 | Cookie'
    expect(await of(pair, (mine) => mine.get('user'))).toBe(read)
    expect(await of(pair, (mine) => mine.set('n', 1), 500)).toBe(read)
    expect(await of('sess=junk', (mine) => mine.get('user'))).toBe(read)
    const set = 'no-store |  |  | 0 | Cookie'
    expect(await of(undefined, (mine) => mine.set('n', 1))).toBe(set)
    expect(await of(pair, (mine) => mine.regenerateId())).toBe(set)
    expect(await of(await site.pairOf('bob'), (mine) => mine.destroy())).toBe(set)
    expect(await of(undefined, (mine) => mine.get('user'))).toBe('public, s-maxage=60 | public | max-age=9 |  | Cookie')
    expect(site.events.filter(({ type }) => type === 'cache-conflict')).toHaveLength(6)
  })

  test('found S3: a cookie that a handler sets itself counts as one, and stays', async () => {
    const site = new Site(make)
    const line = await site.cookie.serialize('', { maxAge: 0 })
    const answer = await site.asks(undefined, () => new Response('ok', { headers: { ...page, 'set-cookie': line } }))
    expect([answer.headers.get('cache-control'), answer.headers.getSetCookie()]).toEqual(['private, no-cache', [line]])
  })

  test('found S4: of two sessions that come with one request neither is opened', async () => {
    const site = new Site(make)
    const [ada, eve] = [await site.pairOf('ada'), await site.pairOf('eve')]
    for (const both of [`${eve}; ${ada}`, `${ada}; ${eve}`]) {
      site.events.length = 0
      expect(await site.userOf(both)).toBeNull()
      expect(site.refusals).toEqual(['duplicate'])
    }
    expect(await site.userOf(`${ada}; ${ada}`)).toBe('ada')
  })

  test('found S4: what opens nothing hides no session', async () => {
    const site = new Site(make)
    const ada = await site.pairOf('ada')
    const forged = `${ada.slice(0, -4)}AAAA`
    for (const junk of ['sess=', 'sess=x', 'sess="', forged, `sess=${'x'.repeat(5000)}`]) {
      site.events.length = 0
      for (const cookie of [`${junk}; ${ada}`, `${ada}; ${junk}`]) expect(await site.userOf(cookie)).toBe('ada')
      expect(site.refusals).toEqual(
        junk === 'sess=' ? [] : junk.length > 4096 ? Array(2).fill('oversized') : Array(2).fill('forged'),
      )
    }
    const ended = await site.pairOf('bob')
    await site.asks(ended, (mine) => mine.destroy())
    if (kind === 'stored') expect(await site.userOf(`${ended}; ${ada}`)).toBe('ada')
  })

  test('a cookie in which one character is another, or that is spelled otherwise, opens nothing', async () => {
    const site = new Site(make)
    const pair = await site.pairOf('ada')
    for (let at = 'sess='.length; at < pair.length; at++) {
      const other = pair[at] === 'A' ? 'B' : 'A'
      expect([at, await site.userOf(pair.slice(0, at) + other + pair.slice(at + 1))]).toEqual([at, null])
    }
    const value = pair.slice('sess='.length)
    const spelled = [`"${value}"`, `${value}=`, `${value}==`, encodeURIComponent(value), value.replaceAll('=', ''), `${value}.`]
    for (const other of spelled.filter((text) => text !== value))
      expect([other, await site.userOf(`sess=${other}`)]).toEqual([other, null])
    const urlSafe = value.replaceAll('+', '-').replaceAll('/', '_')
    if (urlSafe !== value) expect(await site.userOf(`sess=${urlSafe}`)).toBeNull()
    expect(await site.userOf(pair)).toBe('ada')
  })

  test('found S6: what one cookie carries opens nothing under the name of another', async () => {
    const storage = make(kind === 'sealed' ? ({ secrets } as object) : {})
    const [shop, office] = ['shop', 'office'].map((name) => new Site(() => storage, createCookie(name, { secrets }))) as [
      Site,
      Site,
    ]
    const value = (await shop.pairOf('ada')).slice('shop='.length)
    expect(await shop.userOf(`shop=${value}`)).toBe('ada')
    expect(await office.userOf(`office=${value}`)).toBeNull()
  })

  test('found S2: what a visitor chose for another cookie, and was signed, opens no session', async () => {
    const text = JSON.stringify({ i: '11111111-1111-4111-8111-111111111111', d: [{ user: 'admin' }, {}] })
    const prefs = createCookie('prefs', { secrets })
    const value = (await prefs.serialize(text)).split(';')[0]?.slice('prefs='.length)
    expect(await prefs.parse(`prefs=${value}`)).toBe(text)
    for (const format of kind === 'sealed' ? ([undefined, 'upstream'] as const) : [undefined]) {
      const site = new Site((options) => make({ ...options, ...(format && { format }) }))
      expect(await site.userOf(`sess=${value}`)).toBeNull()
      expect(site.refusals).toEqual(['forged'])
    }
  })

  test.each<[string, CookieOptions, string, RegExp, RegExp]>([
    ['HTTPS', {}, 'https://app.test/', /Secure/, /^$/],
    ['plain HTTP', {}, 'http://localhost/', /HttpOnly/, /Secure/],
    ['HTTPS, told not to', { secure: false }, 'https://app.test/', /HttpOnly/, /Secure/],
    ['plain HTTP, told to', { secure: true }, 'http://behind.test/', /Secure/, /^$/],
  ])('found S13: the cookie is for HTTPS where the request came so, or as it was told: %s', async (_, options, url, is, not) => {
    const site = new Site(make, createCookie('sess', { secrets, ...options }))
    const line = (await site.asks(undefined, (mine) => mine.set('user', 'ada'), url)).headers.getSetCookie()[0] ?? ''
    expect(line).toMatch(is)
    expect(line).not.toMatch(not)
  })

  test.each(['__Host-Http-sess', '__Http-sess', '__Host-sess', '__Secure-sess', '__host-HTTP-sess'])(
    'found S13: a cookie named %s has what its prefix asks for, set and cleared',
    async (name) => {
      const site = new Site(make, createCookie(name, { secrets }))
      const ada = visitor(site.serve, { origin: ORIGIN })
      site.page = (mine) => mine.set('user', 'ada')
      await ada.get('/')
      expect(ada.cookies().map((cookie) => cookie.name)).toEqual([name])
      site.page = (mine) => mine.destroy()
      await ada.get('/')
      expect(ada.cookies()).toEqual([])
      const bare = createCookie(name, { secrets, secure: false })
      await expect(bare.serialize('x')).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    },
  )

  test('a session under a secret that is to go comes back under the new one, as soon as it is saved', async () => {
    const storage = make(kind === 'sealed' ? ({ secrets } as object) : {})
    const old = new Site(() => storage)
    const now = new Site(() => storage, createCookie('sess', { secrets: [NEWER_SECRET, ...secrets] }))
    const after = new Site(() => storage, createCookie('sess', { secrets: [NEWER_SECRET] }))
    const pair = pairIn(await now.asks(await old.pairOf('ada'), (mine) => mine.set('n', 1)))
    expect(await after.userOf(pair)).toBe('ada')
  })
})

describe('D1: the cookie lasts as long as it is used', () => {
  const storages: Record<string, (options: StorageOptions) => SessionStorage> = {
    ...kinds,
    'in memory': (options) => createMemorySessionStorage(options),
    'in Redis': (options) => createRedisSessionStorage(redis(), options),
    'in Redis, upstream': (options) => createRedisSessionStorage(redis(), { ...options, format: 'upstream' }),
    'sealed, upstream': (options) => createCookieSessionStorage({ ...options, format: 'upstream' }),
  }

  /** Somebody with a browser that forgets, at a site whose cookie lasts an hour. */
  function guest(make: (options: StorageOptions) => SessionStorage, clock: Clock, options: StorageOptions = {}) {
    const site = new Site(
      (more) => make({ ...more, ...options, now: clock.now }),
      createCookie('sess', { secrets, maxAge: HOUR }),
    )
    return { site, browser: visitor(site.serve, { origin: ORIGIN, now: clock.now }) }
  }

  test.each(Object.entries(storages))('D1: whoever saves in each request stays signed in: %s', async (_, make) => {
    const clock = clockFrom()
    const { site, browser } = guest(make, clock)
    site.page = (mine) => mine.set('user', 'ada')
    await browser.get('/')
    site.page = (mine) => {
      mine.set('seen', 1)
      return mine.get('user')
    }
    for (let round = 0; round < 100; round++) {
      clock.advance(0.7 * HOUR)
      expect(await (await browser.get('/')).json()).toBe('ada')
    }
    clock.advance(HOUR)
    expect(await (await browser.get('/')).json()).toBeNull()
  })

  test.each(Object.entries(kinds))('D1: unless the site says when it ends at the latest: %s', async (_, make) => {
    const clock = clockFrom()
    const { site, browser } = guest(make, clock, { absoluteTimeout: 1.5 * HOUR })
    site.page = (mine) => mine.set('user', 'ada')
    await browser.get('/')
    site.page = (mine) => {
      mine.set('seen', clock.now())
      return mine.get('user') ?? null
    }
    const seen: unknown[] = []
    for (let round = 0; round < 3; round++) {
      clock.advance(0.7 * HOUR)
      seen.push(await (await browser.get('/')).json())
    }
    expect(seen).toEqual(['ada', 'ada', null])
  })

  test('D1: a save that changed nothing sends nothing, and each that did sends the value again', async () => {
    const storage = createMemorySessionStorage()
    const made = createSession()
    made.set('user', 'ada')
    const value = await storage.save(made)
    const again = async (change: (mine: Session) => unknown) => {
      const opened = await storage.read(value)
      change(opened)
      return storage.save(opened)
    }
    expect([await again(() => {}), await again((mine) => mine.get('user')), await again((mine) => mine.set('n', 1))]).toEqual([
      null,
      null,
      value,
    ])
  })

  test('D1: the cookie of a sign-in is not undone by a save that was under way', async () => {
    const site = new Site((options) => createMemorySessionStorage(options), createCookie('sess', { secrets, maxAge: HOUR }))
    const value = await site.cookie.parse(await site.pairOf('eve'))
    const [slow, moving] = [await site.storage.read(value), await site.storage.read(value)]
    slow.set('n', 1)
    moving.regenerateId()
    expect(await site.storage.save(moving)).not.toBe(value)
    expect(await site.storage.save(slow)).toBeNull()
  })

  test('a session made by hand may be saved again, under the same value', async () => {
    for (const make of Object.values(kinds)) {
      const storage = make()
      const made = createSession()
      made.set('n', 1)
      const first = await storage.save(made)
      made.set('n', 2)
      const second = (await storage.save(made)) ?? first
      expect((await storage.read(second)).get('n')).toBe(2)
      if (make === kinds.stored) expect(second).toBe(first)
    }
  })

  test('a new id that was asked for once is made once', async () => {
    const storage = createMemorySessionStorage()
    const mine = await storage.read(null)
    mine.set('n', 1)
    const value = await storage.save(mine)
    mine.regenerateId()
    const moved = await storage.save(mine)
    mine.set('n', 2)
    expect([moved === value, await storage.save(mine)]).toEqual([false, moved])
  })
})

/** No Redis in these tests: a map with its calls, and what each record was told of its end. */
function redis(without: readonly string[] = []) {
  const records = new Map<string, string>()
  const ends = new Map<string, number>()
  const calls: Required<RedisSessionStorageClient> = {
    get: async (key) => records.get(key) ?? null,
    set: async (key, value) => {
      ends.delete(key)
      records.set(key, value)
    },
    setEx: async (key, seconds, value) => {
      records.set(key, value)
      ends.set(key, seconds)
    },
    expire: async (key, seconds) => void ends.set(key, seconds),
    del: async (key) => void records.delete(key),
  }
  const offered = Object.fromEntries(Object.entries(calls).filter(([name]) => !without.includes(name)))
  return { records, ends, ...offered } as Required<RedisSessionStorageClient> & { records: typeof records; ends: typeof ends }
}

describe('D6: Redis', () => {
  const ID = '11111111-1111-4111-8111-111111111111'
  const kept = async () => {
    const client = redis()
    const theirs = createTheirSession(ID)
    theirs.set('user', 'mj')
    theirs.flash('msg', 'hi')
    await createTheirRedis(client as never).save(theirs)
    return client
  }

  test('D6: sessions that Remix 3 left are taken over, and removed once they are kept here', async () => {
    const client = await kept()
    const storage = createRedisSessionStorage(client)
    const opened = await storage.read(ID)
    expect([opened.get('user'), opened.get('msg')]).toEqual(['mj', 'hi'])
    opened.set('n', 1)
    const value = await storage.save(opened)
    expect(client.records.has(`session:${ID}`)).toBe(false)
    expect((await storage.read(value)).data).toEqual([{ user: 'mj', n: 1 }, {}])
    expect((await storage.read(ID)).get('user')).toBe('mj')
  })

  test('D6: none with an empty `migrateFrom`, and none under another prefix', async () => {
    expect((await createRedisSessionStorage(await kept(), { migrateFrom: [] }).read(ID)).size).toBe(0)
    expect((await createRedisSessionStorage(await kept(), { keyPrefix: 'shop:' }).read(ID)).size).toBe(0)
  })

  test('D6: with `wire: upstream` records are Remix 3’s own', async () => {
    const client = await kept()
    const storage = createRedisSessionStorage(client, { format: 'upstream', ttl: 60.5 })
    const opened = await storage.read(ID)
    opened.set('n', 1)
    opened.flash('next', 2)
    expect(await storage.save(opened)).toBe(ID)
    expect(JSON.parse(client.records.get(`session:${ID}`) ?? '')).toEqual([{ user: 'mj', n: 1 }, { next: 2 }])
    expect(client.ends.get(`session:${ID}`)).toBe(60)
    const made = createSession(undefined, [{ user: 'ada' }, {}])
    expect(await storage.save(made)).toMatch(/^[\da-f-]{36}$/)
  })

  test('D6: a record of ours opens nothing by its key', async () => {
    const client = redis()
    const storage = createRedisSessionStorage(client)
    await storage.save(createSession(undefined, [{ user: 'ada' }, {}]))
    const [key = ''] = client.records.keys()
    expect((await storage.read(key.slice('session:'.length))).size).toBe(0)
  })

  test('D6: what is damaged is told, and opens nothing', async () => {
    const client = redis()
    const told = vi.fn()
    const storage = createRedisSessionStorage(client, { onEvent: told })
    for (const text of ['[1]', '[', '"text"']) {
      client.records.set(`session:${ID}`, text)
      expect((await storage.read(ID)).size).toBe(0)
      expect(told).toHaveBeenLastCalledWith(expect.objectContaining({ type: 'refused', reason: 'corrupt' }))
    }
  })

  test.each([
    ['setEx', ['expire']],
    ['expire alone', ['setEx']],
  ])('D6: a client with %s is told of the end', async (_, without) => {
    const client = redis(without)
    const storage = createRedisSessionStorage(client, { ttl: 600 })
    await storage.save(createSession(undefined, [{ user: 'ada' }, {}]))
    const [end = 0] = client.ends.values()
    expect([end >= 600, end <= 700]).toEqual([true, true])
  })

  test('D6: a method that is missing is named', () => {
    for (const method of ['get', 'set', 'del']) {
      expect(() => createRedisSessionStorage(redis([method]))).toThrow(`${method}()`)
    }
    expect(() => createRedisSessionStorage(redis(['setEx', 'expire']), { ttl: 60 })).toThrow(/setEx\(\) or expire\(\)/)
    expect(() => createRedisSessionStorage(redis(['setEx', 'expire']))).not.toThrow()
    expect(() => createRedisSessionStorage(undefined as never)).toThrow('get()')
  })

  test.each([
    ['Remix 3’s sessions', {}],
    ['sessions', { format: 'upstream' }],
  ] as const)('a Redis that does not answer a read of %s fails after `storeTimeout`', async (_, options) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const client = { ...redis(), get: () => new Promise(() => {}) }
      const storage = createRedisSessionStorage(client, { ...options, storeTimeout: 1 })
      const reading = expect(storage.read(ID)).rejects.toMatchObject({ code: 'STORE_FAILED' })
      await vi.advanceTimersByTimeAsync(1000)
      await reading
    } finally {
      vi.useRealTimers()
    }
  })

  test('unknown-ids: no id is taken from a client', async () => {
    for (const make of [createMemorySessionStorage, (options: object) => createRedisSessionStorage(redis(), options)]) {
      const storage = make({ useUnknownIds: true })
      const opened = await storage.read(ID)
      opened.set('user', 'ada')
      expect(await storage.save(opened)).not.toBe(ID)
      expect((await storage.read(ID)).size).toBe(0)
    }
  })

  test('D6: `ttl` begins anew with each save', async () => {
    const clock = clockFrom()
    const storage = createRedisSessionStorage(redis(), { ttl: HOUR, now: clock.now })
    let value = await storage.save(createSession(undefined, [{ user: 'ada' }, {}]))
    for (let round = 0; round < 5; round++) {
      clock.advance(0.9 * HOUR)
      const opened = await storage.read(value)
      opened.set('n', round)
      expect(opened.get('user')).toBe('ada')
      value = await storage.save(opened)
    }
    clock.advance(HOUR)
    expect((await storage.read(value)).size).toBe(0)
  })
})

describe('D6: a codec of one’s own', () => {
  const options = { encode: (text: string) => encodeURIComponent(text), decode: (value: string) => decodeURIComponent(value) }

  test('D6: takes the place of base64', async () => {
    const bare = createCookie('theme', options)
    expect(await bare.serialize('a b')).toBe('theme=a%20b; Path=/; SameSite=Lax')
    expect(await bare.parse('theme=a%20b')).toBe('a b')
    for (const format of [undefined, 'upstream'] as const) {
      const signed = createCookie('theme', { ...options, secrets, format })
      const line = await signed.serialize('a b')
      expect(line).toMatch(/^theme=a%20b\./)
      expect(await signed.parse(line.split(';')[0] ?? '')).toBe('a b')
    }
  })

  test('D6: what `decode` does not take is not there, and what no cookie carries is refused', async () => {
    expect(await createCookie('theme', options).parse('theme=%')).toBeNull()
    for (const bad of ['a b', 'a;b', 'a\nb', 'a\0b', 'ä']) {
      await expect(createCookie('theme', { encode: () => bad }).serialize('x')).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    }
  })
})

describe('cookies and storages that are not ours', () => {
  test('a cookie that is wrapped', async () => {
    const inner = createCookie('sess', { secrets })
    const wrapped: SessionCookie = {
      name: inner.name,
      signed: true,
      parse: async (header) => (await inner.parse(header))?.replace(/^v1:/, '') ?? null,
      serialize: (value, props) => inner.serialize(value === '' ? '' : `v1:${value}`, props),
    }
    const site = new Site((options) => createSessionStorage({ store: memoryStore(), ...options }), wrapped)
    const pair = await site.pairOf('ada')
    expect(await site.userOf(pair)).toBe('ada')
    expect(await inner.parse(pair)).toMatch(/^v1:/)
  })

  test('found S4: a storage of one’s own is given no value when two came', async () => {
    const read = vi.fn(async (value: string | null) => createSession(value ?? undefined, [{ user: value }, {}]))
    const site = new Site(() => ({ read, save: async ({ id }) => id }))
    const [one, two] = await Promise.all(['one', 'two'].map(async (text) => (await site.cookie.serialize(text)).split(';')[0]))
    expect([await site.userOf(`${one}`), await site.userOf(`${one}; sess=x`)]).toEqual(['one', 'one'])
    expect(await site.userOf(`${one}; ${two}`)).toBeNull()
  })

  test('found S2: an empty `migrateFrom` takes over nothing', async () => {
    const theirs = createTheirSession<Record<string, unknown>, Record<string, unknown>>(undefined, [{ user: 'mj' }, {}])
    theirs.set('n', 1)
    const value = await createTheirs().save(theirs as never)
    expect((await createCookieSessionStorage({ secrets }).read(value)).get('user')).toBe('mj')
    expect((await createCookieSessionStorage({ secrets, migrateFrom: [] }).read(value)).size).toBe(0)
    const site = new Site((options) => createCookieSessionStorage({ ...options, migrateFrom: [] }))
    const line = await createCookie('sess', { secrets, format: 'upstream' }).serialize(value ?? '')
    expect(await site.userOf(line.split(';')[0] ?? '')).toBeNull()
  })

  test('S5: a session that is only looked at goes on, and one that nobody looks at ends', async () => {
    for (const make of Object.values(kinds)) {
      const clock = clockFrom()
      const site = new Site((options) => make({ ...options, now: clock.now }))
      const browser = visitor(site.serve, { origin: ORIGIN, now: clock.now })
      site.page = (mine) => mine.set('user', 'ada')
      await browser.get('/')
      site.page = (mine) => mine.get('user') ?? null
      for (let round = 0; round < 10; round++) {
        clock.advance(20 * DAY)
        expect(await (await browser.get('/')).json()).toBe('ada')
      }
      clock.advance(31 * DAY)
      expect(await (await browser.get('/')).json()).toBeNull()
    }
  })
})

describe('C8: a session sealed with a secret that this server does not have yet', () => {
  const rolling = async () => {
    const both = createCookie('sess', { secrets: [NEWER_SECRET, SECRET] })
    const newer = new Site((options) => createCookieSessionStorage(options), both)
    const older = new Site((options) => createCookieSessionStorage(options))
    return { newer, older, ada: await newer.pairOf('ada') }
  }

  test('is left alone by a page that reads', async () => {
    const { newer, older, ada } = await rolling()
    const answer = await older.asks(ada, (mine) => [mine.get('user') ?? null, mine.readOnly])
    expect([await answer.json(), answer.headers.getSetCookie()]).toEqual([[null, true], []])
    expect(older.refusals).toEqual(['unknown-key'])
    expect(await newer.userOf(ada)).toBe('ada')
  })

  test.each<[string, (mine: Session) => unknown]>([
    ['a write', (mine) => mine.set('n', 1)],
    ['a sign-out', (mine) => mine.destroy()],
  ])('%s is KEY_UNKNOWN, and sends nothing', async (_, page) => {
    const { older, ada } = await rolling()
    await expect(older.asks(ada, page)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' })
  })

  test('a new id begins another', async () => {
    const { older, newer, ada } = await rolling()
    const answer = await older.asks(ada, (mine) => {
      mine.regenerateId()
      mine.set('user', 'eve')
    })
    const pair = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    expect([await older.userOf(pair), await newer.userOf(ada)]).toEqual(['eve', 'ada'])
  })

  test('and a ticket that is genuine under a signature that is not, is still forged', async () => {
    const { newer, ada } = await rolling()
    newer.events.length = 0
    expect(await newer.userOf(`${ada.slice(0, -4)}AAAA`)).toBeNull()
    expect(newer.refusals).toEqual(['forged'])
  })
})
