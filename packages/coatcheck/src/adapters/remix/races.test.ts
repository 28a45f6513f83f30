import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { gate, settled } from '../../../test/helpers/gate.ts'
import { serving } from '../../../test/helpers/serving.ts'
import { SECRET } from '../../../test/helpers/site.ts'
import type { SessionEvent } from '../../core/model/events.ts'
import { memoryStore } from '../../stores/memory.ts'
import { type Visitor, visitor } from '../../testing/visitor.ts'
import {
  type CoatcheckSession,
  type CoatcheckStorage,
  createCookieSessionStorage,
  createSessionStorage,
  type StorageOptions,
} from '../remix.ts'

type Values = Record<string, unknown>
type Storage = CoatcheckStorage<Values, Values>

const cookie = { name: '__session', secrets: [SECRET], secure: false }

const KINDS: readonly (readonly [string, (options?: StorageOptions) => Storage])[] = [
  ['sealed', (options) => createCookieSessionStorage<Values, Values>({ cookie, ...options })],
  ['stored', (options) => createSessionStorage<Values, Values>({ cookie, store: memoryStore(), ...options })],
]

/** A loader or an action: its answer's headers. */
type Loader = (header: string | null, storage: Storage) => Promise<string | undefined>

/** A site on node:http whose routes run their loaders at once, and put their headers on the answer in the order of the routes. */
async function app(storage: Storage, routes: Record<string, readonly Loader[]>): Promise<Visitor> {
  const { origin } = await serving(async (req: IncomingMessage, res: ServerResponse) => {
    const header = req.headers.cookie ?? null
    const lines = await Promise.allSettled((routes[String(req.url)] ?? []).map((loader) => loader(header, storage)))
    for (const line of lines) if (line.status === 'fulfilled' && line.value) res.appendHeader('set-cookie', line.value)
    if (lines.some(({ status }) => status === 'rejected')) res.statusCode = 500
    res.end(JSON.stringify({ ...(await storage.getSession(header)).data }))
  })
  return visitor(origin, { follow: false })
}

const ours = (response: Response): string[] => response.headers.getSetCookie().filter((line) => line.startsWith('__session='))

const change =
  (act: (session: CoatcheckSession<Values, Values>) => unknown): Loader =>
  async (header, storage) => {
    const session = await storage.getSession(header)
    await act(session)
    return storage.commitSession(session)
  }
const looks: Loader = async (header, storage) => void (await storage.getSession(header)).get('user')

describe.each(KINDS)('loaders of one request on node:http, %s', (kind, make) => {
  test('a flash message is shown by one of them, and then by none', async () => {
    const seen: unknown[] = []
    const read = change(async (session) => seen.push(session.get('message')))
    const ada = await app(make(), { '/leave': [change((s) => s.flash('message', 'hello'))], '/': [read, read, read] })
    await ada.get('/leave')
    await ada.get('/')
    await ada.get('/')
    expect(seen.filter((message) => message === 'hello')).toHaveLength(1)
  })

  test('a sign-in that begins with getSession() is kept, whatever other loaders look at', async () => {
    const signIn: Loader = async (_, storage) => {
      const session = await storage.getSession()
      session.set('user', 'ada')
      return storage.commitSession(session)
    }
    for (const order of [
      [signIn, looks],
      [looks, signIn],
      [looks, signIn, looks],
    ]) {
      const ada = await app(make(), { '/guest': [change((s) => s.set('cart', ['hat']))], '/in': order, '/': [] })
      await ada.get('/guest')
      const response = await ada.get('/in')
      expect(ours(response)).toHaveLength(1)
      expect(await (await ada.get('/')).json()).toEqual({ user: 'ada' })
    }
  })

  test('a sign-out in one of them is final, whatever the others commit before or after', async () => {
    const out: Loader = async (header, storage) => storage.destroySession(await storage.getSession(header))
    const slowly =
      (act: Loader): Loader =>
      async (...args) => {
        await settled()
        return act(...args)
      }
    const writes = change((s) => s.set('n', 1))
    for (const order of [
      [out, writes],
      [writes, out],
      [writes, slowly(out)],
    ]) {
      const ada = await app(make(), { '/in': [change((s) => s.set('user', 'ada'))], '/out': order, '/': [] })
      await ada.get('/in')
      const thief = ada.steal()
      await ada.get('/out')
      const after = (await (await ada.get('/')).json()) as Values
      expect(after.user).toBeUndefined()
      if (kind === 'stored') expect(await (await thief.get('/')).json()).toEqual({})
    }
  })

  test('what one of them asks of its cookie is not undone by another that says nothing', async () => {
    const remember: Loader = async (header, storage) => {
      const session = await storage.getSession(header)
      session.set('user', 'ada')
      return storage.commitSession(session, { maxAge: 90 * 86_400 })
    }
    for (const order of [
      [remember, change((s) => s.set('n', 1))],
      [change((s) => s.set('n', 1)), remember],
    ]) {
      const ada = await app(make(), { '/guest': [change((s) => s.set('cart', 1))], '/in': order, '/': [] })
      await ada.get('/guest')
      const response = await ada.get('/in')
      expect(ours(response)).toEqual([expect.stringContaining('Max-Age=7776000')])
      expect(await (await ada.get('/')).json()).toEqual({ user: 'ada', n: 1, cart: 1 })
    }
  })

  test('one that throws has its changes kept by no other that had nothing to do with it', async () => {
    const fails: Loader = async (header, storage) => {
      const session = await storage.getSession(header)
      await storage.commitSession(session)
      throw new Error('no')
    }
    const ada = await app(make(), { '/do': [change((s) => s.set('n', 1)), fails], '/': [] })
    await ada.get('/do')
    expect(await (await ada.get('/')).json()).toEqual({ n: 1 })
  })

  test('a commit that nobody waits for leaves with the answer, or is told', async () => {
    const events: SessionEvent[] = []
    const forgets: Loader = async (header, storage) => {
      const session = await storage.getSession(header)
      session.set('n', 1)
      void storage.commitSession(session)
      return undefined
    }
    const onEvent = (event: SessionEvent): void => void events.push(event)
    const ada = await app(make({ onEvent }), { '/begin': [change((s) => s.set('n', 0))], '/do': [forgets], '/': [] })
    await ada.get('/begin')
    await ada.get('/do')
    await settled()
    const told = events.some(({ type }) => type === 'late-failed')
    expect([{ n: 1 }, told && { n: 0 }]).toContainEqual(await (await ada.get('/')).json())
  })
})

describe('requests at once', () => {
  test('20 that count are all counted, and the cookie stays', async () => {
    const storage = createSessionStorage<Values, Values>({ cookie, store: memoryStore() })
    const count = change((s) => s.update('n', (n) => Number(n ?? 0) + 1))
    const ada = await app(storage, { '/begin': [change((s) => s.set('n', 0))], '/count': [count], '/': [] })
    await ada.get('/begin')
    const before = ada.cookies()[0]?.value
    await Promise.all(Array.from({ length: 20 }, () => ada.get('/count')))
    expect(await (await ada.get('/')).json()).toEqual({ n: 20 })
    expect(ada.cookies()[0]?.value).toBe(before)
  })

  test.each<[string, (storage: Storage, header: string | null) => Promise<string>]>([
    [
      'asks for the same time again',
      async ({ getSession, commitSession }, header) => commitSession(await getSession(header), { maxAge: 3600 }),
    ],
    [
      'writes',
      async ({ getSession, commitSession }, header) => {
        const session = await getSession(header)
        session.set('page', true)
        return commitSession(session)
      },
    ],
    [
      'writes and asks for the same time again',
      async ({ getSession, commitSession }, header) => {
        const session = await getSession(header)
        session.set('page', true)
        return commitSession(session, { maxAge: 3600 })
      },
    ],
  ])('a page that %s, a moment later, does not sign a visitor out who signed in meanwhile', async (_, act) => {
    const storage = createSessionStorage<Values, Values>({ cookie, store: memoryStore() })
    const barrier = gate()
    const begins: Loader = async (header, { getSession, commitSession }) => {
      const session = await getSession(header)
      session.set('n', 0)
      return commitSession(session, { maxAge: 3600 })
    }
    const page: Loader = async (header) => {
      const line = await act(storage, header)
      await barrier.pass() // its answer is slow
      return line
    }
    const signIn = change((s) => s.signIn('ada'))
    const ada = await app(storage, { '/begin': [begins], '/page': [page], '/in': [signIn], '/': [] })
    await ada.get('/begin')
    const slow = ada.begin('/page')
    await barrier.reached
    await ada.get('/in')
    const signedIn = ada.cookies()[0]?.value
    barrier.open()
    ;(await slow).arrive()
    expect(ada.cookies()[0]?.value).toBe(signedIn)
    expect(await (await ada.get('/')).json()).toMatchObject({ n: 0 })
  })

  test('what a loader sets before the answer leaves and commits afterwards is kept, or refused aloud', async () => {
    const events: SessionEvent[] = []
    const storage = createSessionStorage<Values, Values>({
      cookie,
      store: memoryStore(),
      onEvent: (event) => void events.push(event),
    })
    const barrier = gate()
    const outcome = Promise.withResolvers<string>()
    const defers: Loader = async (header, { getSession, commitSession }) => {
      const session = await getSession(header)
      session.set('late', true)
      void barrier
        .pass()
        .then(() => commitSession(session))
        .then(
          () => outcome.resolve('kept'),
          (error) => outcome.resolve(error.code),
        )
      return undefined
    }
    const ada = await app(storage, { '/begin': [change((s) => s.set('n', 0))], '/defer': [defers], '/': [] })
    await ada.get('/begin')
    await ada.get('/defer')
    barrier.open()
    const said = await outcome.promise
    await settled()
    const { late } = (await (await ada.get('/')).json()) as Values
    expect([said, late]).toEqual(late === true ? ['kept', true] : ['TOO_LATE', undefined])
  })
})
