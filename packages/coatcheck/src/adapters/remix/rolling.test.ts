import {
  createCookieSessionStorage as createTheirs,
  createSessionStorage as createTheirsOn,
  RouterContextProvider,
} from 'react-router'
import { describe, expect, test } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../../test/helpers/clock.ts'
import { fakeDate } from '../../../test/helpers/date.ts'
import { SECRET } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { createJar, type Jar } from '../../testing/index.ts'
import { sessionMiddleware } from '../react-router.ts'
import { createCookieSessionStorage, createSessionStorage, type SessionStorage, type StorageOptions } from '../remix.ts'

// What a browser keeps of an application that commits with its requests, beside the real package.

interface Data {
  userId: string
  seen: number
}
interface Session {
  readonly data: object
  get(key: 'seen'): number | undefined
  set(key: string, value: unknown): void
}
/** What is the same in both. */
interface Storage {
  getSession(header?: string | null): Promise<Session>
  commitSession(session: never, options?: object): Promise<string>
}

const URL = 'https://shop.example/'
const cookie = { name: '__session', secrets: [SECRET], secure: true }

const { start: NOW, advance } = fakeDate()

/** A table whose rows end when they were said to. */
function rows() {
  const table = new Map<string, { data: object; end: number }>()
  return {
    createData: async (data: object, expires?: Date) => {
      const id = String(table.size + 1)
      table.set(id, { data, end: expires ? +expires : Number.POSITIVE_INFINITY })
      return id
    },
    readData: async (id: string) => {
      const row = table.get(id)
      return row && row.end > Date.now() ? row.data : null
    },
    updateData: async (id: string, data: object, expires?: Date) =>
      void table.set(id, { data, end: expires ? +expires : Number.POSITIVE_INFINITY }),
    deleteData: async (id: string) => void table.delete(id),
  }
}

/** Where a storage keeps its sessions, however often it is made. */
interface Place {
  readonly store: Store
  readonly table: ReturnType<typeof rows>
}
const place = (): Place => ({ store: memoryStore({ now: () => Date.now() }), table: rows() })

type Make = (options: StorageOptions, place?: Place) => Storage
const theirsOnFunctions: Make = (options, { table } = place()) => createTheirsOn({ ...table, ...options } as never) as Storage
const theirsInCookies: Make = (options) => createTheirs(options as never) as Storage
const kinds: Record<string, { readonly ours: Make; readonly theirs: Make }> = {
  sealed: {
    ours: (options) => createCookieSessionStorage(options) as Storage,
    theirs: theirsInCookies,
  },
  'on a store': {
    ours: (options, { store } = place()) => createSessionStorage({ store, ...options }) as Storage,
    theirs: theirsOnFunctions,
  },
  'on functions': {
    ours: (options, { table } = place()) => createSessionStorage({ ...table, ...options } as never) as Storage,
    theirs: theirsOnFunctions,
  },
  'sealed, upstream': {
    ours: (options) => createCookieSessionStorage({ ...options, format: 'upstream' }) as Storage,
    theirs: theirsInCookies,
  },
  'on functions, upstream': {
    ours: (options, { table } = place()) =>
      createSessionStorage({ ...table, ...options, format: 'upstream' } as never) as Storage,
    theirs: theirsOnFunctions,
  },
}

/** A browser of one storage. */
class Guest {
  readonly storage: Storage
  readonly jar: Jar = createJar({ now: () => Date.now() })
  constructor(storage: Storage) {
    this.storage = storage
  }

  async does(what: 'reads' | 'commits' | 'writes' | 'signs in', how?: object): Promise<object> {
    const session = await this.storage.getSession(this.jar.header(URL) || null)
    if (what === 'signs in') session.set('userId', 'ada')
    // Who is a guest has nothing to write.
    if (what === 'writes' && 'userId' in session.data) session.set('seen', (session.get('seen') ?? 0) + 1)
    const isThere = Object.keys(session.data).length > 0
    if (what !== 'reads' && isThere) {
      const line = await this.storage.commitSession(session as never, how)
      if (line !== '') this.jar.set(line, URL)
    }
    return { ...session.data }
  }

  get until(): readonly (number | undefined)[] {
    return this.jar.all().map(({ expiresAt }) => expiresAt)
  }
}

/** The same numbers in every run. */
function drawing(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe.each(Object.entries(kinds))('D1: with maxAge, %s, a browser keeps what it keeps with the real package', (_, kind) => {
  test.each([1, 2, 3, 4, 5, 6])('over days of reading, writing and committing (seed %i)', async (seed) => {
    const draw = drawing(seed)
    const maxAge = [600, HOUR, 12 * HOUR][draw(3)] as number
    const [ours, theirs] = [kind.ours, kind.theirs].map((make) => new Guest(make({ cookie: { ...cookie, maxAge } }))) as [
      Guest,
      Guest,
    ]
    for (const each of [ours, theirs]) await each.does('signs in')
    for (let step = 0; step < 60; step++) {
      advance(Math.max(MINUTE, Math.floor(maxAge * ([0.02, 0.1, 0.3, 0.45, 0.55, 0.9, 0.99, 1, 1.2][draw(9)] as number))))
      const what = (['reads', 'commits', 'commits', 'writes'] as const)[draw(4)] ?? 'reads'
      const [mine, real] = [await ours.does(what), await theirs.does(what)]
      expect(mine, `step ${step}, ${what}`).toEqual(real)
      expect(ours.until, `step ${step}, ${what}`).toEqual(theirs.until)
      if (!('userId' in real)) for (const each of [ours, theirs]) await each.does('signs in')
    }
  })

  test('who commits with each request stays signed in for years', async () => {
    const ada = new Guest(kind.ours({ cookie: { ...cookie, maxAge: 7 * DAY } }))
    await ada.does('signs in')
    for (let day = 0; day < 3 * 365; day += 6) {
      advance(6 * DAY)
      expect(await ada.does('commits'), `day ${day}`).toEqual({ userId: 'ada' })
    }
    advance(7 * DAY)
    expect(await ada.does('commits')).toEqual({})
  })

  test('with a time of a call, too', async () => {
    for (const make of [kind.ours, kind.theirs]) {
      const ada = new Guest(make({ cookie }))
      await ada.does('signs in', { maxAge: DAY })
      for (let n = 0; n < 40; n++) {
        advance(n % 2 === 0 ? 0.4 * DAY : 0.9 * DAY)
        expect(await ada.does('commits', { maxAge: DAY }), `commit ${n}`).toEqual({ userId: 'ada' })
        expect(ada.until).toEqual([Date.now() + DAY * 1000])
      }
    }
  })

  test('`expires` counts as the server says it today', async () => {
    for (const make of [kind.ours, kind.theirs]) {
      const where = place()
      const started = (jar?: Jar) =>
        Object.assign(
          new Guest(make({ cookie: { ...cookie, expires: new Date(Date.now() + DAY * 1000) } }, where)),
          jar && { jar },
        )
      const ada = started()
      await ada.does('signs in')
      for (let n = 0; n < 3; n++) {
        advance(0.9 * DAY)
        const later = started(ada.jar)
        expect(await later.does('commits')).toEqual({ userId: 'ada' })
        expect(later.until).toEqual([Date.now() + DAY * 1000])
      }
      advance(DAY)
      expect(await ada.does('reads')).toEqual({})
    }
  })
})

describe('D1: the middleware', () => {
  test.each(Object.keys(kinds))('keeps a visitor who comes often enough, without a commit of his own (%s)', async (name) => {
    const storage = kinds[name]?.ours({ cookie: { ...cookie, maxAge: HOUR } }) as unknown as SessionStorage<Data>
    const { middleware, getSession } = sessionMiddleware(storage)
    const jar = createJar({ now: () => Date.now() })
    const visit = async (act: (session: Session) => void = () => {}): Promise<object> => {
      const context = new RouterContextProvider()
      const request = new Request(URL, { headers: { cookie: jar.header(URL) } })
      let data = {}
      const response = await middleware({ request, context }, async () => {
        const session = (await getSession(context)) as unknown as Session
        act(session)
        data = { ...session.data }
        return new Response('ok')
      })
      for (const line of response.headers.getSetCookie()) jar.set(line, URL)
      return data
    }
    await visit((session) => session.set('userId', 'ada'))
    for (let n = 0; n < 20; n++) {
      advance(0.6 * HOUR)
      expect(await visit(), `visit ${n}`).toEqual({ userId: 'ada' })
    }
    advance(HOUR)
    expect(await visit()).toEqual({})
  })
})

describe.each(['sealed', 'on a store', 'on functions'])('S8: an absoluteTimeout that the site stated, %s', (name) => {
  test.each<[string, object, object | undefined]>([
    ['the call’s maxAge', {}, { maxAge: 30 * DAY }],
    ['the call’s expires', {}, { expires: new Date(NOW + 90 * DAY * 1000) }],
    ['the cookie’s maxAge', { maxAge: 30 * DAY }, undefined],
    ['the cookie’s expires', { expires: new Date(NOW + 90 * DAY * 1000) }, undefined],
  ])('ends a session however often it is committed: %s', async (_, more, how) => {
    const storage = kinds[name]?.ours({ cookie: { ...cookie, ...more }, absoluteTimeout: 12 * HOUR }) as Storage
    const ada = new Guest(storage)
    await ada.does('signs in', how)
    const thief = ada.jar.header(URL)
    for (let hour = 1; hour < 12; hour++) {
      advance(HOUR)
      expect(await ada.does(hour % 2 ? 'writes' : 'commits', how), `hour ${hour}`).toMatchObject({ userId: 'ada' })
      expect(Math.max(...ada.until.map((end) => end ?? 0))).toBeLessThanOrEqual(NOW + 12 * HOUR * 1000)
    }
    const last = ada.jar.header(URL)
    advance(HOUR)
    for (const header of [thief, last]) expect((await storage.getSession(header)).data).toEqual({})
  })
})
