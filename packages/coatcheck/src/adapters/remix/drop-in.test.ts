import { createSessionStorage as createTheirs, createCookie as theirCookie } from 'react-router'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SECRET } from '../../../test/helpers/site.ts'
import type { SessionEvent } from '../../core/model/events.ts'
import { memoryStore } from '../../stores/memory.ts'
import { createJar } from '../../testing/index.ts'
import {
  type CoatcheckStorage,
  type Cookie,
  createCookie,
  createCookieSessionStorage,
  createSession,
  createSessionStorage,
  type Session,
  type StorageOptions,
} from '../remix.ts'

// What applications written for Remix and React Router count on, beside the scripts of differential.test.ts.

const URL = 'https://shop.example/'
const cookie = { name: '__session', secrets: [SECRET], secure: true }

beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** A database that counts its rows; what it was asked for. */
function database(first: number | string = 1) {
  const rows = new Map<unknown, string>()
  const asked: string[] = []
  return {
    rows,
    asked,
    functions: {
      async createData(data: object) {
        asked.push('createData')
        const id = typeof first === 'number' ? first + rows.size : `${first}${rows.size}`
        rows.set(id, JSON.stringify(data))
        return id as never
      },
      async readData(id: unknown) {
        asked.push('readData')
        return JSON.parse(rows.get(id) ?? 'null')
      },
      async updateData(id: unknown, data: object) {
        asked.push('updateData')
        rows.set(id, JSON.stringify(data))
      },
      async deleteData(id: unknown) {
        asked.push('deleteData')
        rows.delete(id)
      },
    },
  }
}

const kinds: Record<string, (more?: StorageOptions) => CoatcheckStorage> = {
  sealed: (more) => createCookieSessionStorage({ cookie, ...more }),
  'on a store': (more) => createSessionStorage({ cookie, store: memoryStore(), ...more }),
  'on functions': (more) => createSessionStorage({ cookie, ...database('row').functions, ...more }),
  'sealed, upstream': (more) => createCookieSessionStorage({ cookie, format: 'upstream', ...more }),
  'on functions, upstream': (more) => createSessionStorage({ cookie, format: 'upstream', ...database('row').functions, ...more }),
}
const ownKinds = Object.entries(kinds).filter(([name]) => name === 'sealed' || name === 'on a store')

/** A browser of one storage; what `act` returned. */
function browser(storage: Pick<CoatcheckStorage, 'getSession' | 'commitSession' | 'destroySession'>) {
  const jar = createJar({ now: () => Date.now() })
  return {
    jar,
    async does<T>(act: (session: Session) => T, options?: object): Promise<T> {
      const session = await storage.getSession(jar.header(URL))
      const result = act(session)
      jar.set(await storage.commitSession(session, options), URL)
      return result
    },
  }
}

describe('D7: values', () => {
  class User {
    readonly name: string
    constructor(name: string) {
      this.name = name
    }
    greet(): string {
      return `I am ${this.name}`
    }
  }

  test.each(Object.entries(kinds))('of any kind are their JSON in the next request, %s', async (_, make) => {
    const ada = browser(make())
    const greeting = await ada.does((session) => {
      session.set('user', new User('ada'))
      session.set('shown', { hidden: 1, toJSON: () => 'shown' })
      session.flash('notice', { run: () => 1, left: true })
      session.set('', 'nameless')
      return session.get('user').greet()
    })
    expect(greeting).toBe('I am ada')
    expect(await ada.does(({ data }) => data)).toEqual({
      user: { name: 'ada' },
      shown: 'shown',
      __flash_notice__: { left: true },
      '': 'nameless',
    })
  })

  test.each(Object.entries(kinds))(
    'that are changed inside after they were set are stored as they are then, %s',
    async (_, make) => {
      const ada = browser(make())
      await ada.does((session) => {
        const user = new User('ada')
        session.set('user', user)
        Object.assign(user, { name: 'bob' })
      })
      expect(await ada.does((session) => session.get('user'))).toEqual({ name: 'bob' })
    },
  )

  test.each(Object.entries(kinds))('two flash values that say the same are two, %s', async (_, make) => {
    const ada = browser(make())
    await ada.does((session) => {
      session.flash('one', 'saved')
      session.flash('two', 'saved')
    })
    expect(await ada.does((session) => session.get('one'))).toBe('saved')
    expect(await ada.does((session) => session.get('two'))).toBe('saved')
  })

  test('D7: what JSON does not hold is left out, and told once', async () => {
    const events: SessionEvent[] = []
    const ada = browser(kinds['on a store']?.({ onEvent: (event) => events.push(event) }) as CoatcheckStorage)
    await ada.does((session) => session.set('user', new User('ada')))
    expect(events.filter(({ type }) => type === 'reduced')).toMatchObject([{ type: 'reduced', key: 'user' }])
    expect(await ada.does((session) => session.get('user').greet)).toBeUndefined()
  })

  test.each([1, 41])('an id that is a number is asked for as a number, beginning with %i', async (first) => {
    for (const format of [undefined, 'upstream'] as const) {
      const { functions, rows } = database(first)
      const ada = browser(createSessionStorage({ cookie, format, ...functions }))
      await ada.does((session) => session.set('user', 'ada'))
      expect([...rows.keys()]).toEqual([first])
      expect(await ada.does((session) => session.get('user'))).toBe('ada')
    }
  })

  test('and React Router reads what was written with it, and the other way round', async () => {
    const { functions } = database(7)
    const theirs = createTheirs({ cookie, ...functions } as never)
    const ours = createSessionStorage({ cookie, format: 'upstream', ...functions })
    const session = await theirs.getSession()
    session.set('user', 'ada')
    const line = await theirs.commitSession(session)
    const here = await ours.getSession(line.split(';')[0])
    expect(here.get('user')).toBe('ada')
    expect((await ours.commitSession(here)).split(';')[0]).toBe(line.split(';')[0])
  })

  test.each(ownKinds)('rich-values: a Date comes back as one (%s)', async (_, make) => {
    const ada = browser(make())
    await ada.does((session) => session.set('at', new Date(0)))
    expect(await ada.does((session) => session.get('at'))).toEqual(new Date(0))
  })
})

describe('what is listed as different', () => {
  test.each(['sealed', 'on a store', 'on functions'])(
    'own-time: what one commit says of the time counts for later ones (%s)',
    async (name) => {
      vi.useFakeTimers({ now: Date.parse('2026-11-21T08:00:00Z'), toFake: ['Date'] })
      const ada = browser(kinds[name]?.() as CoatcheckStorage)
      await ada.does((session) => session.set('n', 1), { maxAge: 3600 })
      vi.setSystemTime(Date.now() + 600_000)
      await ada.does((session) => session.set('n', 2))
      expect(ada.jar.all()[0]?.expiresAt).toBeGreaterThan(Date.now())
    },
  )

  test.each(ownKinds)('http-only: our cookies are kept from scripts (%s)', async (_, make) => {
    const ada = browser(make({ cookie: { ...cookie, httpOnly: false } }))
    await ada.does((session) => session.set('n', 1))
    expect(ada.jar.all()[0]?.httpOnly).toBe(true)
  })

  test('database-merge: two requests at once both count', async () => {
    const storage = kinds['on functions']?.() as CoatcheckStorage
    const ada = browser(storage)
    await ada.does((session) => session.set('n', 0))
    const [one, two, late] = await Promise.all([1, 2, 3].map(() => storage.getSession(ada.jar.header(URL))))
    one?.set('a', 1)
    await storage.commitSession(one as Session)
    two?.set('b', 2)
    await storage.commitSession(two as Session)
    expect(await ada.does(({ data }) => data)).toEqual({ n: 0, a: 1, b: 2 })
    const header = ada.jar.header(URL)
    await storage.destroySession(await storage.getSession(header))
    late?.set('c', 3)
    await storage.commitSession(late as Session)
    expect((await storage.getSession(header)).data).toEqual({})
  })

  test('errors: what cannot be stored is refused when it is set', async () => {
    const session = await createCookieSessionStorage({ cookie }).getSession()
    const cyclic: { self?: unknown } & Record<string, unknown> = { run: () => 1 }
    cyclic.self = cyclic
    expect(() => session.set('a', cyclic)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
  })
})

describe('D3: objects around ours', () => {
  /** As typed cookies of libraries are made: its own checks, and the cookie for everything else. */
  const checked = (inside: Cookie): Cookie =>
    ({
      isTyped: true,
      get name() {
        return inside.name
      },
      get isSigned() {
        return inside.isSigned
      },
      get expires() {
        return inside.expires
      },
      parse: (header: string | null, options?: object) => inside.parse(header, options),
      serialize: (value: unknown, options?: object) => inside.serialize(value, options),
    }) as Cookie
  const signed = { secrets: [SECRET], secure: true, path: '/', maxAge: 3600 }
  const cookies: Record<string, () => Cookie> = {
    'our own cookie': () => createCookie('wrapped', signed),
    'our own cookie inside another object': () => checked(createCookie('wrapped', signed)),
    'the framework’s own cookie': () => theirCookie('wrapped', signed) as Cookie,
    'the framework’s own cookie inside another object': () => checked(theirCookie('wrapped', signed) as Cookie),
  }
  const storages: Record<string, (cookie: Cookie) => CoatcheckStorage> = {
    'in the cookie': (given) => createCookieSessionStorage({ cookie: given }),
    'on functions': (given) => createSessionStorage({ cookie: given, ...database('row').functions }),
    'on a store': (given) => createSessionStorage({ cookie: given, store: memoryStore() }),
  }
  const pairs = Object.entries(cookies).flatMap(([name, of]) =>
    Object.entries(storages).map(([where, make]) => [name, where, () => make(of())] as const),
  )

  test.each(pairs)('%s, %s, keeps a session and ends it', async (_, __, make) => {
    vi.stubEnv('NODE_ENV', 'production')
    const storage = make()
    const ada = browser(storage)
    await ada.does((session) => {
      session.set('user', 'ada')
      session.flash('notice', 'hello')
    })
    expect(ada.jar.all()).toMatchObject([{ name: 'wrapped', secure: true, path: '/', expiresAt: expect.any(Number) }])
    expect(await ada.does((session) => [session.get('user'), session.get('notice')])).toEqual(['ada', 'hello'])
    expect(await ada.does(({ data }) => data)).toEqual({ user: 'ada' })
    const other = ada.jar.copy()
    other.set('wrapped=forged; Path=/; Secure', URL)
    expect((await storage.getSession(other.header(URL))).data).toEqual({})
    ada.jar.set(await storage.destroySession(await storage.getSession(ada.jar.header(URL))), URL)
    expect(ada.jar.all()).toEqual([])
  })

  test.each(Object.entries(kinds))('a session inside another object is the session that it stands for, %s', async (_, make) => {
    const storage = make()
    const ada = browser(storage)
    await ada.does((session) => session.set('user', 'ada'))
    const session = await storage.getSession(ada.jar.header(URL))
    const around = {
      isTyped: true,
      get id() {
        return session.id
      },
      get data() {
        return session.data
      },
      has: (name: string) => session.has(name),
      get: (name: string) => session.get(name),
      set: (name: string, value: unknown) => session.set(name, value),
      flash: (name: string, value: unknown) => session.flash(name, value),
      unset: (name: string) => session.unset(name),
    }
    around.set('user', 'bob')
    ada.jar.set(await storage.commitSession(around), URL)
    expect(await ada.does(({ data }) => data)).toEqual({ user: 'bob' })
    expect((await storage.getSession(ada.jar.header(URL))).id === session.id || _.startsWith('sealed')).toBe(true)
  })

  test('a session that nobody made is a new one', async () => {
    const storage = kinds['on a store']?.() as CoatcheckStorage
    const line = await storage.commitSession(createSession({ user: 'ada' }, 'an id'))
    expect((await storage.getSession(line.split(';')[0])).data).toEqual({ user: 'ada' })
  })
})

describe('D21: a database is asked no more often than by React Router', () => {
  const story = async (storage: Pick<CoatcheckStorage, 'getSession' | 'commitSession' | 'destroySession'>) => {
    const ada = browser(storage)
    for (const user of ['ada', 'bob']) await ada.does((session) => session.set('user', user))
    await ada.does((session) => session.get('user'))
    await ada.does((session) => session.unset('user'))
    await storage.destroySession(await storage.getSession(ada.jar.header(URL)))
  }

  test.each([undefined, 'upstream'] as const)('of each function, with wire %s', async (format) => {
    const [ours, theirs] = [database('row'), database('row')]
    await story(createSessionStorage({ cookie, format, ...ours.functions }))
    await story(createTheirs({ cookie, ...theirs.functions } as never) as never)
    const count = (asked: readonly string[], name: string) => asked.filter((each) => each === name).length
    expect(count(theirs.asked, 'readData')).toBe(4)
    for (const name of ['readData', 'createData', 'updateData', 'deleteData']) {
      expect(count(ours.asked, name), name).toBeLessThanOrEqual(count(theirs.asked, name))
    }
  })
})

describe('D9, D12: messages', () => {
  test('D12: without secrets in production a database storage says which line to add, and where', () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => createSessionStorage({ cookie: { name: '__session' }, ...database().functions })).toThrow(
      /secrets.*`secrets: \[process\.env\.SESSION_SECRET\]`.*openssl rand -base64 33/,
    )
  })

  test('D9: a session that is too large is told in the words of the framework', async () => {
    const ada = browser(createCookieSessionStorage({ cookie }))
    const error = await ada.does((session) => session.set('a', 'x'.repeat(5000))).catch((thrown: Error) => thrown)
    expect((error as Error).message).toMatch(/createSessionStorage/)
    expect((error as Error).message).not.toMatch(/createSessions\b|signOut|chunks/)
  })

  test('D9: a database that fails is named by its function', async () => {
    const fails = async () => {
      throw new Error('no connection')
    }
    for (const name of ['createData', 'readData', 'updateData', 'deleteData'] as const) {
      const { functions } = database('row')
      const storage = createSessionStorage({ cookie, ...functions })
      const ada = browser(storage)
      if (name !== 'createData') await ada.does((session) => session.set('n', 0))
      const broken = createSessionStorage({ cookie, ...functions, [name]: fails })
      const header = ada.jar.header(URL)
      const act = async () => {
        const session = await broken.getSession(header)
        if (name === 'deleteData') return broken.destroySession(session)
        session.set('n', 1)
        return broken.commitSession(session)
      }
      await expect(act()).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining(`"${name}"`) })
    }
  })

  test('D9: and one that gives no id', async () => {
    const broken = createSessionStorage({ cookie, ...database().functions, createData: async () => undefined as never })
    const session = await broken.getSession()
    session.set('n', 1)
    await expect(broken.commitSession(session)).rejects.toThrow(/^createData\(\) returned no id\. Let it return/)
  })
})
