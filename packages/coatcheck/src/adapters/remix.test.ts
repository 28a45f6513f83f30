import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createCookieSessionStorage as createTheirs,
  createSessionStorage as createTheirsOn,
  createCookie as theirCookie,
} from 'react-router'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { clockFrom, DAY } from '../../test/helpers/clock.ts'
import { SECRET } from '../../test/helpers/site.ts'
import vectors from '../../test/vectors/remix-v2.json' with { type: 'json' }
import type { SessionEvent } from '../core/model/events.ts'
import { remixCookie, remixFiles } from '../migrate/remix.ts'
import { memoryStore } from '../stores/memory.ts'
import { createJar, type Jar } from '../testing/index.ts'
import {
  type CoatcheckSession,
  type CoatcheckStorage,
  createArcTableSessionStorage,
  createCloudflareKVSessionStorage,
  createCookie,
  createCookieSessionStorage,
  createFileSessionStorage,
  createMemorySessionStorage,
  createSession,
  createSessionStorage,
  createWorkersKVSessionStorage,
  isCookie,
  isSession,
  type StorageOptions,
} from './remix.ts'

interface Data {
  userId: string
  cart: string[]
  n: number
}
interface Flash {
  message: string
}

const cookie = { name: '__session', secrets: [SECRET], sameSite: 'lax' as const, secure: true }
const folders: string[] = []
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'coatcheck-remix-'))
  folders.push(made)
  return made
}
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true })
})

/** An application's own table. */
function table() {
  const rows = new Map<string, { data: object; expires?: Date | undefined }>()
  let last = 0
  const functions = {
    async createData(data: object, expires?: Date) {
      rows.set(String(++last), { data: structuredClone(data), expires })
      return String(last)
    },
    readData: async (id: string) => structuredClone(rows.get(id)?.data ?? null),
    async updateData(id: string, data: object, expires?: Date) {
      rows.set(id, { data: structuredClone(data), expires })
    },
    deleteData: async (id: string) => void rows.delete(id),
  }
  return { rows, functions }
}

// No Workers and no AWS here: maps with the calls of their clients. The real ones are tried with the stores for them.
function kv() {
  const records = new Map<string, string>()
  const options: { expiration?: number }[] = []
  return {
    records,
    options,
    get: async (key: string) => {
      if (key === '') throw new Error('an empty key')
      const text = records.get(key)
      return text === undefined ? null : JSON.parse(text)
    },
    async put(key: string, value: string, how: { expiration?: number } = {}) {
      options.push(how)
      records.set(key, value)
    },
    delete: async (key: string) => void records.delete(key),
  }
}

function arc() {
  const items = new Map<string, Record<string, unknown>>()
  return {
    items,
    get: async (key: Record<string, unknown>) => structuredClone(items.get(String(key._idx))),
    put: async (item: Record<string, unknown>) => void items.set(String(item._idx), structuredClone(item)),
    delete: async (key: Record<string, unknown>) => void items.delete(String(key._idx)),
  }
}

const storages: Record<string, (options?: StorageOptions) => CoatcheckStorage<Data, Flash>> = {
  createCookieSessionStorage: (options) => createCookieSessionStorage({ cookie, ...options }),
  createMemorySessionStorage: (options) => createMemorySessionStorage({ cookie, ...options }),
  createFileSessionStorage: (options) => createFileSessionStorage({ cookie, dir: folder(), ...options }),
  'createSessionStorage on functions': (options) =>
    createSessionStorage<Data, Flash>({ cookie, ...table().functions, ...options } as never),
  'createSessionStorage on a store': (options) => createSessionStorage({ cookie, store: memoryStore(), ...options }),
  createWorkersKVSessionStorage: (options) => createWorkersKVSessionStorage({ cookie, kv: kv(), ...options }),
  createCloudflareKVSessionStorage: (options) => createCloudflareKVSessionStorage({ cookie, kv: kv(), ...options }),
  createArcTableSessionStorage: (options) =>
    createArcTableSessionStorage({ cookie, table: arc(), idx: '_idx', ttl: '_ttl', ...options }),
}

const URL = 'https://shop.example/'

/** A browser in front of a storage. */
class Guest {
  readonly storage: Pick<CoatcheckStorage<Data, Flash>, 'getSession' | 'commitSession' | 'destroySession'>
  readonly jar: Jar
  constructor(storage: Guest['storage'], jar: Jar = createJar()) {
    this.storage = storage
    this.jar = jar
  }
  get header(): string {
    return this.jar.header(URL)
  }
  session(): Promise<CoatcheckSession<Data, Flash>> {
    return this.storage.getSession(this.header)
  }
  take(line: string): string {
    if (line !== '') this.jar.set(line, URL)
    return line
  }
  async does(change: (session: CoatcheckSession<Data, Flash>) => unknown): Promise<string> {
    const session = await this.session()
    await change(session)
    return this.take(await this.storage.commitSession(session))
  }
  async ends(): Promise<string> {
    return this.take(await this.storage.destroySession(await this.session()))
  }
}

describe.each(Object.entries(storages))('%s', (_, make) => {
  test('keeps what was set, and gives it back with the cookie', async () => {
    const ada = new Guest(make())
    await ada.does((session) => {
      session.set('userId', '1234')
      session.set('cart', ['hat'])
    })
    const session = await ada.session()
    expect([session.get('userId'), session.has('cart'), session.has('n'), session.data]).toEqual([
      '1234',
      true,
      false,
      { userId: '1234', cart: ['hat'] },
    ])
    await ada.does((session) => session.unset('cart'))
    expect((await ada.session()).data).toEqual({ userId: '1234' })
  })

  test('shows a flash value once', async () => {
    const ada = new Guest(make())
    await ada.does((session) => session.flash('message', 'hello'))
    expect((await ada.session()).data).toEqual({ __flash_message__: 'hello' })
    await ada.does((session) => {
      expect([session.has('message'), session.get('message'), session.get('message')]).toEqual([true, 'hello', undefined])
    })
    expect((await ada.session()).has('message')).toBe(false)
  })

  test('a flash value is read when there is no value of that name, and unset leaves it', async () => {
    const ada = new Guest(make())
    await ada.does((session) => {
      const both = session as unknown as CoatcheckSession<{ m: string }, { m: string }>
      both.set('m', 'normal')
      both.flash('m', 'flashed')
      expect([both.get('m'), both.get('m')]).toEqual(['normal', 'normal'])
      both.unset('m')
      expect([both.get('m'), both.get('m')]).toEqual(['flashed', undefined])
    })
  })

  test('D2: an empty session of a new visitor makes nothing, and its line has no effect in a browser', async () => {
    const ada = new Guest(make())
    expect(await ada.does((session) => session.get('userId'))).toBe('__session=; Max-Age=0; Path=/.nothing')
    expect(ada.jar.all()).toEqual([])
  })

  test('D2: each commit gives a line from which the session can be read, and which undoes nothing', async () => {
    const ada = new Guest(make())
    await ada.does((session) => session.set('userId', '1'))
    const before = ada.jar.all()
    const line = await ada.does(() => {})
    expect((await ada.storage.getSession(line.split(';')[0])).get('userId')).toBe('1')
    expect(ada.jar.all()).toEqual(before)
  })

  test('D2: a visitor without a session who signs out gets a line that clears', async () => {
    const storage = make()
    const line = await storage.destroySession(await storage.getSession())
    const ada = new Guest(storage)
    await ada.does((session) => session.set('userId', '1'))
    ada.take(line)
    expect(ada.jar.all()).toEqual([])
  })

  test('ends for good, and the cookie with it', async () => {
    const ada = new Guest(make())
    await ada.does((session) => session.set('userId', '1234'))
    expect(await ada.ends()).toMatch(/^__session=;.*Expires=Thu, 01 Jan 1970/)
    expect((await ada.session()).data).toEqual({})
  })

  test('F21: a session that another request ended is not sent again', async () => {
    const ada = new Guest(make())
    await ada.does((session) => session.set('userId', '1234'))
    const slow = await ada.session()
    const ended = new Guest(ada.storage, ada.jar.copy())
    await ended.ends()
    ended.take(await ada.storage.commitSession(slow))
    expect(ended.jar.all()).toEqual([])
  })

  test('takes a session that no request has yet', async () => {
    const storage = make()
    const session = createSession<Data, Flash>({ userId: 'made', __flash_message__: 'hi' } as never)
    const ada = new Guest(storage)
    ada.take(await storage.commitSession(session))
    expect((await ada.session()).data).toEqual({ userId: 'made', __flash_message__: 'hi' })
  })

  test('R3: an id that the server never gave is not taken over', async () => {
    const ada = new Guest(make())
    const forged = await theirCookie('__session', { secrets: ['another secret'] }).serialize('0123456789abcdef')
    ada.take(forged)
    await ada.does((session) => session.set('userId', '1'))
    expect(ada.jar.all()[0]?.value).not.toBe(forged.split(/[=;]/)[1])
  })

  test('R9: cookies that hold anything but an id of ours open nothing, and never throw', async () => {
    const storage = make()
    for (const value of [{}, 5, ['a'], null, '', '../../etc/passwd', '__proto__', 'x'.repeat(3000)]) {
      for (const secrets of [[], ['another secret']]) {
        const line = await theirCookie('__session', { secrets }).serialize(value)
        const session = await storage.getSession(line.split(';')[0])
        expect(session.data).toEqual({})
      }
    }
  })

  test('R10: a damaged signature is a stranger’s', async () => {
    const storage = make()
    for (const value of ['InJic%3D.%25%5E%26', 'x', '%E0%A4%A', '.', 'a.b.c', '"']) {
      expect((await storage.getSession(`__session=${value}`)).data).toEqual({})
    }
  })

  test('lasts as long as the commit says', async () => {
    const clock = clockFrom()
    const storage = make({ now: clock.now })
    const ada = new Guest(storage, createJar({ now: clock.now }))
    const session = await ada.session()
    session.set('userId', '1')
    const line = ada.take(await storage.commitSession(session, { maxAge: 3600 }))
    expect(line).toContain('Max-Age=3600')
    clock.advance(3599)
    expect((await ada.session()).get('userId')).toBe('1')
    const header = ada.header
    clock.advance(2)
    expect((await storage.getSession(header)).data).toEqual({})
  })

  test('says other attributes for one cookie only', async () => {
    const ada = new Guest(make())
    const session = await ada.session()
    session.set('userId', '1')
    const line = await ada.storage.commitSession(session, { path: '/shop', sameSite: 'strict' })
    expect(line).toMatch(/Path=\/shop.*SameSite=Strict/)
  })
})

describe('Remix’s weaknesses, and what the adapter does', () => {
  const stored = (more: Pick<StorageOptions, 'now'> = {}) =>
    createSessionStorage<Data, Flash>({ cookie, store: memoryStore(), ...more })

  test('R1: two requests that write at once are both kept', async () => {
    const ada = new Guest(stored())
    await ada.does((session) => session.set('n', 0))
    const [one, two] = await Promise.all([ada.session(), ada.session()])
    one.set('userId', 'a')
    two.set('cart', ['b'])
    await Promise.all([ada.storage.commitSession(one), ada.storage.commitSession(two)])
    expect((await ada.session()).data).toEqual({ n: 0, userId: 'a', cart: ['b'] })
    await Promise.all(Array.from({ length: 8 }, () => ada.does((session) => session.update('n', (n = 0) => n + 1))))
    expect((await ada.session()).get('n')).toBe(8)
  })

  test('R2: a file is never read half written', async () => {
    const storage = createFileSessionStorage<Data, Flash>({ cookie, dir: folder() })
    const ada = new Guest(storage)
    await ada.does((session) => session.set('cart', ['x'.repeat(20_000)]))
    let writing = true
    const writer = (async () => {
      for (let round = 0; round < 30; round++) await ada.does((session) => session.set('cart', ['x'.repeat(20_000), `${round}`]))
      writing = false
    })()
    const reader = new Guest(storage, ada.jar)
    while (writing) expect((await reader.session()).get('cart')?.[0]).toHaveLength(20_000)
    await writer
  })

  test('R3, R4: a new id at sign-in, and the old one is dead', async () => {
    const clock = clockFrom()
    const ada = new Guest(stored({ now: clock.now }))
    await ada.does((session) => session.set('cart', ['hat']))
    const thief = new Guest(ada.storage, ada.jar.copy())
    const before = (await ada.session()).id
    await ada.does((session) => session.regenerateId())
    expect((await ada.session()).id).not.toBe(before)
    expect((await ada.session()).get('cart')).toEqual(['hat'])
    await ada.does((session) => session.set('userId', 'ada'))
    expect((await thief.session()).data, 'what was, for a moment').toEqual({ cart: ['hat'] })
    clock.advance(60)
    expect((await thief.session()).data).toEqual({})
    await ada.does((session) => session.signIn('ada'))
    expect((await ada.session()).get('cart')).toEqual(['hat'])
  })

  test('R5: ids have 192 random bits', async () => {
    const namespace = kv()
    const ada = new Guest(createWorkersKVSessionStorage<Data, Flash>({ cookie, kv: namespace }))
    await ada.does((session) => session.set('n', 1))
    expect([...namespace.records.keys()][0]).toMatch(/^[0-9a-f]{48}$/)
  })

  test('R6: a cookie session cannot be read, and ends', async () => {
    const clock = clockFrom()
    const ada = new Guest(createCookieSessionStorage<Data, Flash>({ cookie, now: clock.now }), createJar({ now: clock.now }))
    const line = await ada.does((session) => session.set('userId', 'secret-user'))
    expect(Buffer.from(line.split(/[=;]/)[1] ?? '', 'base64url').toString('latin1')).not.toContain('secret-user')
    const header = ada.header
    clock.advance(31 * DAY)
    expect((await ada.storage.getSession(header)).data).toEqual({})
  })

  test('R7: a value may not be named as the table’s key, and what has ended is not read', async () => {
    const clock = clockFrom()
    const items = arc()
    const storage = createArcTableSessionStorage<Record<string, unknown>>({
      cookie,
      table: items,
      idx: '_idx',
      ttl: '_ttl',
      now: clock.now,
    })
    const session = await storage.getSession('')
    session.set('_idx', 'HIJACK')
    await expect(storage.commitSession(session)).rejects.toMatchObject({ code: 'BAD_KEY' })
    expect(items.items.size).toBe(0)
    const other = await storage.getSession('')
    other.set('a', 1)
    const line = await storage.commitSession(other)
    const [id] = [...items.items.keys()]
    items.items.set(String(id), { ...items.items.get(String(id)), _ttl: Math.floor(clock.now() / 1000) - 1 })
    expect((await storage.getSession(line.split(';')[0])).data).toEqual({})
  })

  test('R8: an empty id is never asked for or deleted', async () => {
    const namespace = kv()
    const storage = createWorkersKVSessionStorage<Data, Flash>({ cookie, kv: namespace })
    await storage.destroySession(await storage.getSession(''))
    const empty = await theirCookie('__session', { secrets: [SECRET] }).serialize('')
    expect((await storage.getSession(empty.split(';')[0])).data).toEqual({})
  })

  test('R11: an id has one spelling', async () => {
    const dir = folder()
    const old = remixFiles(dir)
    const id = await old.create({ userId: 'old' })
    const storage = createFileSessionStorage<Data, Flash>({ cookie, dir })
    const showing = async (text: string) => {
      const line = await theirCookie('__session', { secrets: [SECRET] }).serialize(text)
      return (await storage.getSession(line.split(';')[0])).data
    }
    expect(await showing(id.toUpperCase())).toEqual({})
    expect(await showing(id)).toEqual({ userId: 'old' })
  })

  test('R12: the store forgets what has expired', async () => {
    const clock = clockFrom()
    const store = memoryStore({ now: clock.now })
    const storage = createSessionStorage<Data, Flash>({ cookie, store, now: clock.now })
    await new Guest(storage).does((session) => session.set('n', 1))
    clock.advance(31 * DAY)
    expect(await store.prune?.(clock.now(), 10)).toBe(1)
  })

  test('R13: in production there has to be a secret; a weak one is warned about by its option', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => createCookieSessionStorage()).toThrow(/secrets.*COATCHECK_SECRET/)
    createCookieSessionStorage({ cookie: { secrets: ['r3m1xr0ck5'] } })
    expect(warn.mock.calls[0]?.[0]).toMatch(/secrets/)
    vi.unstubAllEnvs()
    warn.mockRestore()
  })

  test('F10: nobody opens a row by its number', async () => {
    const rows = table()
    const storage = createSessionStorage<Data, Flash>({ cookie, ...rows.functions } as never)
    await new Guest(storage).does((session) => session.set('userId', '1'))
    for (const value of ['1', 'IjEi', encodeURIComponent('IjEi')]) {
      expect((await storage.getSession(`__session=${value}`)).data).toEqual({})
    }
  })

  test('a session over 4096 bytes is an error that names its largest value', async () => {
    const ada = new Guest(createCookieSessionStorage<Data, Flash>({ cookie }))
    await expect(ada.does((session) => session.set('cart', ['x'.repeat(5000)]))).rejects.toMatchObject({
      code: 'COOKIE_TOO_LARGE',
      message: expect.stringContaining('"cart"'),
    })
  })
})

describe('createCookie', () => {
  const signed = createCookie('my-cookie', { secrets: ['secret1'] })
  const unsigned = createCookie('my-cookie')

  const splitLine = (line: string) => [line.slice(0, line.indexOf(';')), line.slice(line.indexOf(';'))] as const

  test('writes what Remix reads, unsigned the very bytes', async () => {
    for (const { value, setCookie } of Object.values(vectors.createCookie_unsigned)) {
      expect(await unsigned.serialize(value)).toBe(setCookie)
      expect(await unsigned.parse(setCookie.split(';')[0])).toEqual(value)
    }
    for (const [, found] of Object.entries(
      vectors.createCookie_signed.cases as Record<string, { value: unknown; setCookie: string }>,
    )) {
      const [pair, attributes] = splitLine(await signed.serialize(found.value))
      expect(attributes).toBe(splitLine(found.setCookie)[1])
      expect(await theirCookie('my-cookie', { secrets: ['secret1'] }).parse(pair)).toEqual(found.value)
      expect(await signed.parse(found.setCookie.split(';')[0])).toEqual(found.value)
    }
  })

  test('writes attributes as Remix does', async () => {
    const all = { maxAge: 60, domain: 'remix.run', path: '/p', httpOnly: true, secure: true, partitioned: true } as const
    const attributesIn = (line: string) => line.slice(line.indexOf(';'))
    const line = await createCookie('opt', { ...all, secrets: ['secret1'], priority: 'high', sameSite: 'strict' }).serialize('x')
    expect(attributesIn(line)).toBe(attributesIn(vectors.all_attributes))
    expect(await createCookie('exp').serialize('x', { expires: new Date(0) })).toBe(vectors.expires_attr)
    expect(await createCookie('a', { sameSite: false }).serialize('x')).toBe(vectors.sameSite_false)
    expect(await createCookie('a', { sameSite: true }).serialize('x')).toBe(vectors.sameSite_true)
    expect(await createCookie('a', { path: undefined }).serialize('x')).toBe(vectors.path_undefined)
  })

  test('never throws for what was sent, and agrees with React Router on what it means', async () => {
    const values = ['', 'x', '%', 'IjEi', 'bm9wZQ%3D%3D', 'eyJhIjoxfQ', 'IjEi.', '.a', 'IjEi.%25', 'a.b.c', 'A'.repeat(4000)]
    for (const secrets of [[], ['secret1']]) {
      const [ours, theirs] = [createCookie('c', { secrets }), theirCookie('c', { secrets: [...secrets] })]
      for (const value of values) {
        const header = `c=${value}`
        expect([header, await ours.parse(header)]).toEqual([header, await theirs.parse(header)])
      }
      for (const header of [null, '', 'other=1']) expect(await ours.parse(header)).toBeNull()
    }
  })

  test('accepts older secrets', async () => {
    const rotated = createCookie('rot', { secrets: ['new', 'old'] })
    const line = await createCookie('rot', { secrets: ['old'] }).serialize({ u: 1 })
    expect(await rotated.parse(line.split(';')[0])).toEqual({ u: 1 })
    expect(await createCookie('rot', { secrets: ['new'] }).parse(line.split(';')[0])).toBeNull()
  })

  test('has a name, says whether it is signed, when it ends, and what a cookie is', () => {
    expect([signed.name, signed.isSigned, unsigned.isSigned]).toEqual(['my-cookie', true, false])
    expect(createCookie('a', { maxAge: 60 }).expires).toBeInstanceOf(Date)
    expect([isCookie(signed), isCookie({}), isCookie(null)]).toEqual([true, false, false])
  })

  test('a cookie with characters that no browser keeps is refused', async () => {
    await expect(createCookie('bad name').serialize('x')).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
  })
})

describe('with wire: upstream', () => {
  const options = { ...cookie, secrets: ['secret1'] }

  test('cookie sessions are Remix’s own, byte for byte, in both directions', async () => {
    const [ours, theirs] = [
      createCookieSessionStorage<Data, Flash>({ cookie: { ...cookie }, format: 'upstream' }),
      createTheirs<Data, Flash>({ cookie: { ...cookie, secrets: [...cookie.secrets] } }),
    ]
    const change = (session: { set(k: 'userId', v: string): void; flash(k: 'message', v: string): void }) => {
      session.set('userId', '1234')
      session.flash('message', 'hi')
    }
    const [a, b] = [await ours.getSession(), await theirs.getSession()]
    change(a)
    change(b)
    const [mine, yours] = [await ours.commitSession(a), await theirs.commitSession(b)]
    expect(mine).toBe(yours)
    expect((await theirs.getSession(mine.split(';')[0])).data).toEqual(b.data)
    expect((await ours.getSession(yours.split(';')[0])).data).toEqual(b.data)
    expect(await ours.destroySession(await ours.getSession(mine.split(';')[0]))).toBe(await theirs.destroySession(b))
  })

  test('ids on functions are Remix’s own', async () => {
    const rows = table()
    const ours = createSessionStorage<Data, Flash>({ cookie, ...rows.functions, format: 'upstream' } as never)
    const theirs = createTheirsOn<Data, Flash>({
      cookie: { ...cookie, secrets: [...cookie.secrets] },
      ...rows.functions,
    } as never)
    const session = await ours.getSession()
    session.set('userId', 'ada')
    const line = await ours.commitSession(session)
    expect((await theirs.getSession(line.split(';')[0])).get('userId')).toBe('ada')
    const other = await theirs.getSession()
    other.set('userId', 'bob')
    expect((await ours.getSession((await theirs.commitSession(other)).split(';')[0])).get('userId')).toBe('bob')
  })

  test('files lie where Remix looks for them', async () => {
    const dir = folder()
    const storage = createFileSessionStorage<Data, Flash>({ cookie: options, dir, format: 'upstream' })
    const ada = new Guest(storage)
    await ada.does((session) => session.set('userId', 'ada'))
    const [first = ''] = readdirSync(dir)
    expect(first).toMatch(/^[0-9a-f]{4}$/)
    expect(readdirSync(join(dir, first))[0]).toMatch(/^[0-9a-f]{12}$/)
  })
})

describe('S2: what a visitor chose, in a cookie of another purpose with the same secrets', () => {
  const asSession = (line: string) => `__session=${line.slice(line.indexOf('=') + 1, line.indexOf(';'))}`
  const rows = table()
  const kinds: Record<string, (more: StorageOptions, dir: string) => CoatcheckStorage<Data, Flash>> = {
    'in the cookie': (more) => createCookieSessionStorage({ cookie, ...more }),
    'in the cookie, upstream': (more) => createCookieSessionStorage({ cookie, format: 'upstream', ...more }),
    'in files': (more, dir) => createFileSessionStorage({ cookie, dir, ...more }),
    'on functions': (more) => createSessionStorage<Data, Flash>({ cookie, ...rows.functions, ...more } as never),
    'on functions, upstream': (more) =>
      createSessionStorage<Data, Flash>({ cookie, ...rows.functions, format: 'upstream', ...more } as never),
  }

  test.each(Object.entries(kinds))('opens no session that is kept %s', async (_, make) => {
    const dir = folder()
    const ids = [await rows.functions.createData({ userId: 'admin' }), await remixFiles(dir).create({ userId: 'admin' })]
    const storage = make({}, dir)
    for (const value of [{ userId: 'admin' }, ...ids]) {
      const line = await createCookie('prefs', { secrets: [SECRET] }).serialize(value)
      expect((await storage.getSession(asSession(line))).data).toEqual({})
      expect(await theirCookie('prefs', { secrets: [SECRET] }).parse(line)).toEqual(value)
    }
  })

  test.each(Object.entries(kinds).filter(([kind]) => !kind.endsWith('upstream')))(
    'in bytes of Remix itself opens none that is kept %s with `migrateFrom: []`, nor after `migrateUntil`',
    async (kind, make) => {
      const dir = folder()
      const files = await remixFiles(dir).create({ userId: 'ada' })
      const id = kind === 'in files' ? files : await rows.functions.createData({ userId: 'ada' })
      const value = kind === 'in the cookie' ? { userId: 'ada' } : id
      const line = await theirCookie('prefs', { secrets: [SECRET] }).serialize(value)
      const clock = clockFrom()
      const opens = async (more: StorageOptions) =>
        (await make({ now: clock.now, ...more }, dir).getSession(asSession(line))).data
      const migrateUntil = new Date(clock.now() + 1000)
      expect(await opens({ migrateUntil })).toEqual({ userId: 'ada' })
      expect(await opens({ migrateFrom: [] })).toEqual({})
      clock.advance(1)
      expect(await opens({ migrateUntil })).toEqual({})
    },
  )

  test('opens none that the site does not know as its own', async () => {
    const accepts = (values: Readonly<Record<string, unknown>>) => typeof values.userId === 'string'
    const storage = createCookieSessionStorage<Data, Flash>({ cookie, migrateFrom: [{ ...remixCookie([SECRET]), accepts }] })
    for (const [value, seen] of [
      [{ theme: 'dark' }, {}],
      [{ userId: 'ada' }, { userId: 'ada' }],
    ]) {
      const line = await theirCookie('prefs', { secrets: [SECRET] }).serialize(value)
      expect((await storage.getSession(asSession(line))).data).toEqual(seen)
    }
  })
})

describe('sessions that Remix left', () => {
  test('in cookies go on, and are ours with the next write', async () => {
    const theirs = createTheirs<Data, Flash>({ cookie: { ...cookie, secrets: [...cookie.secrets] } })
    const session = await theirs.getSession()
    session.set('cart', ['hat'])
    session.flash('message', 'hi')
    const events: SessionEvent[] = []
    const ada = new Guest(createCookieSessionStorage<Data, Flash>({ cookie, onEvent: (event) => void events.push(event) }))
    ada.take(await theirs.commitSession(session))
    await ada.does((mine) => {
      expect(mine.get('message')).toBe('hi')
      mine.set('cart', [...(mine.get('cart') ?? []), 'coat'])
    })
    expect((await ada.session()).data).toEqual({ cart: ['hat', 'coat'] })
    expect((await theirs.getSession(ada.header)).data).toEqual({})
    expect(events.map(({ type }) => type)).toContain('adopted')
  })

  test('in files go on, once their visitor comes with a signed cookie, and the old file is removed', async () => {
    const dir = folder()
    const id = await remixFiles(dir).create({ userId: 'ada' })
    writeFileSync(join(dir, 'README'), 'not a session')
    const ada = new Guest(createFileSessionStorage<Data, Flash>({ cookie, dir }))
    ada.take(await theirCookie('__session', { ...cookie, secrets: [...cookie.secrets] }).serialize(id))
    expect((await ada.session()).get('userId')).toBe('ada')
    await ada.does((session) => session.set('n', 1))
    expect((await ada.session()).data).toEqual({ userId: 'ada', n: 1 })
    expect(await remixFiles(dir).read(id)).toBeNull()
  })
})

test('isSession tells sessions from other things', async () => {
  expect(isSession(createSession({ foo: 'bar' }, 'remix-session'))).toBe(true)
  expect(isSession(await createMemorySessionStorage().getSession())).toBe(true)
  for (const other of [{}, null, undefined, 'session', { id: 1 }]) expect(isSession(other)).toBe(false)
  expect(createSession({ foo: 'bar' }, 'remix-session').id).toBe('remix-session')
})
