import { createMemorySessionStorage as createTheirs } from 'react-router'
import { describe, expect, test, vi } from 'vitest'
import { type Clock, clockFrom, DAY, HOUR } from '../../../test/helpers/clock.ts'
import { SECRET } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import {
  type CoatcheckStorage,
  type CookieOptions,
  createCookie,
  createCookieSessionStorage,
  createSessionStorage,
  type StorageOptions,
} from '../remix.ts'

interface Data {
  userId: string
}
type Storage = CoatcheckStorage<Data>

const base = { name: '__session', secrets: [SECRET], secure: true }

function rows() {
  const table = new Map<string, object>()
  return {
    createData: async (data: object) => {
      const id = String(table.size + 1)
      table.set(id, data)
      return id
    },
    readData: async (id: string) => table.get(id) ?? null,
    updateData: async (id: string, data: object) => void table.set(id, data),
    deleteData: async (id: string) => void table.delete(id),
  }
}

const kinds: Record<string, (options: StorageOptions) => Storage> = {
  sealed: (options) => createCookieSessionStorage(options),
  'on a store': (options) => createSessionStorage({ store: memoryStore(), ...options }),
  'on functions': (options) => createSessionStorage<Data>({ ...rows(), ...options } as never),
  'sealed, upstream': (options) => createCookieSessionStorage({ ...options, format: 'upstream' }),
  'on functions, upstream': (options) => createSessionStorage<Data>({ ...rows(), ...options, format: 'upstream' } as never),
}

/** A visitor who signs in; what the thief of the cookie finds later, whose client knows no end of cookies. */
async function signedIn(storage: Storage): Promise<{ line: string; later: () => Promise<object> }> {
  const session = await storage.getSession()
  session.set('userId', 'ada')
  const line = await storage.commitSession(session)
  const [cookie] = line.split(';')
  return { line, later: async () => (await storage.getSession(cookie)).data }
}

describe.each(Object.entries(kinds))('how long a session lives, %s', (kind, make) => {
  const made = (clock: Clock, cookie: CookieOptions, more: StorageOptions = {}) =>
    make({ cookie: { ...base, ...cookie }, now: clock.now, ...more })

  // With maxAge, React Router's own cookies begin again each time they are read: nothing in them says when they began.
  const end = (clock: Clock, seconds: number) => new Date(clock.now() + seconds * 1000)

  test('`expires` of the cookie is the end, whenever the session began', async () => {
    const clock = clockFrom()
    const storage = made(clock, { expires: end(clock, 2 * HOUR) })
    const early = await signedIn(storage)
    clock.advance(HOUR)
    const late = await signedIn(storage)
    clock.advance(HOUR - 1)
    expect([await early.later(), await late.later()]).toEqual([{ userId: 'ada' }, { userId: 'ada' }])
    clock.advance(1)
    expect([await early.later(), await late.later()]).toEqual([{}, {}])
  })

  test('`maxAge` goes before `expires`, and a call’s own time before both', async () => {
    const clock = clockFrom()
    const storage = made(clock, { maxAge: 3 * DAY, expires: end(clock, HOUR) })
    const { later } = await signedIn(storage)
    clock.advance(DAY)
    expect(await later()).toEqual({ userId: 'ada' })
    const brief = made(clock, { expires: end(clock, HOUR) })
    const session = await brief.getSession()
    session.set('userId', 'bob')
    const line = await brief.commitSession(session, { maxAge: DAY })
    expect(line).toContain(`Max-Age=${DAY}`)
    // An id, or a signed value, of React Router's says nothing of its end: it is the browser that forgets it.
    if (kind.endsWith('upstream')) return
    clock.advance(2 * HOUR)
    expect((await brief.getSession(line.split(';')[0])).data).toEqual({ userId: 'bob' })
  })

  test('after `expires`, and with a `maxAge` of 0 or less, sessions are over at once', async () => {
    const clock = clockFrom()
    const over = end(clock, -HOUR)
    for (const cookie of [{ expires: over }, { maxAge: 0 }, { maxAge: -1 }]) {
      const { line, later } = await signedIn(made(clock, cookie))
      expect(line).toMatch(new RegExp(`; (Max-Age=0|Expires=${over.toUTCString()})`))
      expect(await later()).toEqual({})
    }
  })

  test.each<[string, CookieOptions]>([
    ['a maxAge of NaN', { maxAge: Number.NaN }],
    ['an endless maxAge', { maxAge: Number.POSITIVE_INFINITY }],
    ['a maxAge in words', { maxAge: '3600' as never }],
    ['expires without a date', { expires: new Date(Number.NaN) }],
  ])('%s is refused at once', (_, cookie) => {
    const refused = expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringMatching(/maxAge|expires/) })
    expect(() => made(clockFrom(), cookie)).toThrow(refused)
    expect(() => make({ cookie: createCookie('__session', { secrets: [SECRET], ...cookie }) })).toThrow(refused)
  })

  test('the shorter of `maxAge` and `absoluteTimeout` counts', async () => {
    const clock = clockFrom()
    for (const [maxAge, absoluteTimeout] of [
      [HOUR, DAY],
      [DAY, HOUR],
    ] as const) {
      const { line, later } = await signedIn(made(clock, { maxAge }, { absoluteTimeout }))
      if (!kind.endsWith('upstream')) expect(line).toContain(`Max-Age=${HOUR};`)
      clock.advance(HOUR)
      // React Router's own bytes hold no beginning: such a session begins when it is read.
      expect(await later()).toEqual(kind.endsWith('upstream') ? { userId: 'ada' } : {})
    }
  })
})

describe('a value that is set to undefined', () => {
  const commit = async (storage: Storage, header: string | undefined, change: (session: SessionOf) => unknown) => {
    const session = await storage.getSession(header)
    change(session)
    const line = await storage.commitSession(session)
    return line === '' ? header : line.split(';')[0]
  }
  type SessionOf = Awaited<ReturnType<Storage['getSession']>>

  test.each(Object.entries(kinds))('is gone, flash values too: the usual sign-out is one (%s)', async (_, make) => {
    const storage = make({ cookie: base })
    const signed = await commit(storage, undefined, (session) => {
      session.set('userId', 'ada')
      session.flash('userId', 'hello')
    })
    const out = await commit(storage, signed, (session) => {
      session.set('userId', undefined as never)
      expect(session.get('userId')).toBe('hello') // the flash value of this name, as there
      session.flash('userId', undefined as never)
    })
    const session = await storage.getSession(out)
    expect([session.has('userId'), session.data]).toStrictEqual([false, {}])
  })

  test('also one that is set, or flashed, for the first time, and in a session that no request has yet', async () => {
    const { createSession } = await import('../remix.ts')
    const storage = kinds.sealed?.({ cookie: base }) as Storage
    const first = await storage.getSession()
    first.set('userId', undefined as never)
    first.flash('userId', undefined as never)
    expect(await storage.commitSession(first)).toBe('__session=; Max-Age=0; Path=/.nothing')
    const handmade = createSession({ userId: undefined, __flash_userId__: undefined, other: 1 })
    const line = await storage.commitSession(handmade as never)
    const session = await storage.getSession(line.split(';')[0])
    expect([session.has('userId'), session.data]).toStrictEqual([false, { other: 1 }])
  })
})

describe('a session of another storage', () => {
  const pair = () => {
    const [a, b] = ['a', 'b'].map((name) => createSessionStorage<Data>({ cookie: { ...base, name }, store: memoryStore() }))
    return [a as Storage, b as Storage] as const
  }

  test.each(['commitSession', 'destroySession'] as const)('is refused by %s, and neither is changed', async (method) => {
    const [a, b] = pair()
    const { line } = await signedIn(a)
    const [header] = line.split(';')
    const session = await a.getSession(header)
    session.set('userId', 'bob')
    await expect(b[method](session)).rejects.toMatchObject({
      code: 'BAD_OPTIONS',
      message: expect.stringContaining('another storage'),
    })
    expect((await a.getSession(header)).data).toEqual({ userId: 'ada' })
    // It is still its own storage's.
    await a.commitSession(session)
    expect((await a.getSession(header)).data).toEqual({ userId: 'bob' })
  })

  test('has a way over, as the error says', async () => {
    const { createSession } = await import('../remix.ts')
    const [a, b] = pair()
    const { line } = await signedIn(a)
    const session = await a.getSession(line.split(';')[0])
    const copy = await b.commitSession(createSession<Data>(session.data))
    expect(copy).toMatch(/^b=/)
    expect((await b.getSession(copy.split(';')[0])).data).toEqual({ userId: 'ada' })
  })

  test('made by React Router itself is copied: nothing of ours is written to', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const [, b] = pair()
    const session = await createTheirs<Data>().getSession()
    session.set('userId', 'ada')
    const line = await b.commitSession(session as never)
    expect((await b.getSession(line.split(';')[0])).data).toEqual({ userId: 'ada' })
    vi.restoreAllMocks()
  })
})
