import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { H3, toNodeHandler } from 'h3'
import { createApp, eventHandler, toNodeListener } from 'h3-v1'
import { RouterContextProvider } from 'react-router'
import { describe, expect, test } from 'vitest'
import { type H3EventLike, useSession } from '../../src/adapters/h3.ts'
import {
  Cookie,
  CookieSessionStorage,
  SessionStorage as HydrogenStorage,
  type SessionStorageFactory,
} from '../../src/adapters/hydrogen.ts'
import {
  type CoatcheckStorage,
  createCookieSessionStorage,
  createSessionStorage,
  sessionMiddleware,
} from '../../src/adapters/react-router.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { gate, settled } from '../helpers/gate.ts'
import { LIES, type Lie, loadedOnce } from '../helpers/lies.ts'
import { dial, serving } from '../helpers/serving.ts'
import { SECRET } from '../helpers/site.ts'

export type Values = Record<string, unknown>
export type Storage = CoatcheckStorage<Values, Values>

/** A session as a page of any framework has it. */
export interface Bag {
  /** Sets a value, and puts on the answer of this visitor what the framework says is to be put there. */
  set(key: string, value: unknown): Promise<unknown>
  values(): Promise<Values> | Values
}

/** What a page is given, by the objects of its framework: opens the session of this visitor. */
export type Open = () => Promise<Bag>
export type Page = (open: Open, url: URL) => Promise<unknown>

/** A site of one page on node:http, in one framework. */
export type Adapter = (page: Page, isStored: boolean) => Promise<string>

const NAME = '__session'
const cookie = { name: NAME, secrets: [SECRET], secure: false } as const
export const storageOf = (isStored: boolean): Storage =>
  isStored ? createSessionStorage<Values, Values>({ cookie, store: memoryStore() }) : createCookieSessionStorage({ cookie })

const urlOf = (req: IncomingMessage): URL => new URL(req.url ?? '/', 'http://shop.test')
const requestOf = (req: IncomingMessage): Request =>
  new Request(urlOf(req), { headers: req.headers.cookie === undefined ? {} : { cookie: req.headers.cookie } })

/** A listener of node:http, which sends what a page says. */
export const listening = async (listener: (req: IncomingMessage, res: ServerResponse) => Promise<unknown>): Promise<string> => {
  const { origin } = await serving(
    createServer(async (req, res) => {
      try {
        const answer = await listener(req, res)
        if (!res.writableEnded) res.end(JSON.stringify(answer ?? null))
      } catch (error) {
        res.statusCode = 500
        res.end(String(error))
      }
    }),
  )
  return origin
}

const put = (res: ServerResponse, line: string): unknown => line !== '' && res.appendHeader('set-cookie', line)

/** A storage of Remix, whose `getSession` is given what `present` says. */
const remixBag = async (
  { getSession, commitSession }: Storage,
  given: Parameters<Storage['getSession']>[0],
  send: (line: string) => unknown,
): Promise<Bag> => {
  const session = await getSession(given)
  return {
    values: () => session.data,
    async set(key, value) {
      session.set(key, value)
      await send(await commitSession(session))
    },
  }
}

async function send(response: Response, res: ServerResponse): Promise<void> {
  res.statusCode = response.status
  for (const line of response.headers.getSetCookie()) res.appendHeader('set-cookie', line)
  res.end(await response.text())
}

/** React Router on node:http; `ask` is what its loaders do. */
function reactRouter(ask: 'context' | 'header'): Adapter {
  return (page, isStored) => {
    const storage = storageOf(isStored)
    const { middleware, getSession } = sessionMiddleware(storage)
    return listening(async (req, res) => {
      const context = new RouterContextProvider()
      const request = requestOf(req)
      const response = await middleware({ request, context }, async () => {
        const lines: string[] = []
        const open: Open = async () => {
          if (ask === 'header') return remixBag(storage, request.headers.get('cookie'), (line) => line && lines.push(line))
          const session = await getSession(context)
          return { values: () => session.data, set: async (key, value) => session.set(key, value) }
        }
        const answer = await page(open, urlOf(req))
        const headers = new Headers(lines.map((line): [string, string] => ['set-cookie', line]))
        return Response.json(answer ?? null, { headers })
      })
      await send(response, res)
    })
  }
}

const hydrogen =
  (factory: (isStored: boolean) => SessionStorageFactory): Adapter =>
  (page, isStored) => {
    const storage = factory(isStored)
    storage()
    return listening(async (req, res) => {
      const request = Object.assign(requestOf(req), { ctx: { router: { serverProps: {} } } })
      const adapter = storage({})
      const open: Open = async () => ({
        values: async () => ({ ...(await adapter.get(request)) }),
        async set(key, value) {
          const values = await adapter.get(request)
          values[key] = value
          put(res, await adapter.set(request, values))
        },
      })
      return page(open, urlOf(req))
    })
  }

/** A storage of one's own, as Hydrogen's document shows it. */
function ownStorage(): SessionStorageFactory {
  const rows = new Map<string, Values>()
  let made = 0
  return () => {
    const own = new Cookie(NAME, { secrets: [SECRET] })
    return {
      get: async (request: Request) => ({ ...rows.get(own.getSessionId(request) ?? '') }),
      async set(request: Request, values: Values) {
        const id = own.getSessionId(request) ?? `row-${++made}`
        own.setSessionid(id)
        rows.set(id, { ...values })
        return own.serialize()
      },
      destroy: async () => own.destroy(),
    }
  }
}

const h3Bag = async (event: H3EventLike, isStored: boolean, stores: ReturnType<typeof memoryStore>): Promise<Bag> => {
  const config = { name: NAME, password: SECRET, cookie: { secure: false }, ...(isStored && { store: stores }) }
  const session = await useSession<Values>(event, config)
  return { values: () => session.data, set: (key, value) => session.update({ [key]: value }) }
}

type Named = readonly [string, Adapter]

const ADAPTERS: readonly Named[] = [
  [
    'a storage of Remix',
    (page, isStored) => {
      const storage = storageOf(isStored)
      return listening((req, res) =>
        page(() => remixBag(storage, req.headers.cookie ?? null, (line) => put(res, line)), urlOf(req)),
      )
    },
  ],
  [
    'a storage of Remix inside withSession, by the request',
    (page, isStored) => {
      const storage = storageOf(isStored)
      const handle = storage.withSession((request, req: IncomingMessage, res: ServerResponse) =>
        page(() => remixBag(storage, request, (line) => put(res, line)), urlOf(req)),
      )
      return listening((req, res) => handle(requestOf(req), req, res))
    },
  ],
  [
    'a storage of Remix inside withSession, by the header',
    (page, isStored) => {
      const storage = storageOf(isStored)
      const handle = storage.withSession((request, req: IncomingMessage, res: ServerResponse) =>
        page(() => remixBag(storage, request.headers.get('cookie'), (line) => put(res, line)), urlOf(req)),
      )
      return listening((req, res) => handle(requestOf(req), req, res))
    },
  ],
  ['the middleware of React Router', reactRouter('context')],
  ['a storage inside the middleware of React Router', reactRouter('header')],
  [
    'a storage of Hydrogen',
    hydrogen((isStored) =>
      isStored
        ? HydrogenStorage(NAME, { secrets: [SECRET], store: memoryStore() })
        : CookieSessionStorage(NAME, { secrets: [SECRET] }),
    ),
  ],
  ['a storage of one’s own in Hydrogen', hydrogen(ownStorage)],
  [
    'h3 2',
    async (page, isStored) => {
      const store = memoryStore()
      const app = new H3().all('/**', async (event) => (await page(() => h3Bag(event, isStored, store), event.url)) ?? null)
      return (await serving(toNodeHandler(app) as never)).origin
    },
  ],
  [
    'h3 1',
    async (page, isStored) => {
      const store = memoryStore()
      const app = createApp().use(
        eventHandler(
          async (event) =>
            (await page(() => h3Bag(event, isStored, store), new URL(event.path, 'http://shop.test'))) ?? 'nothing',
        ),
      )
      return (await serving(toNodeListener(app))).origin
    },
  ],
]

export const pairOf = (line: string): string => line.split(';')[0] ?? ''
const linesOf = (response: Response): string[] =>
  response.headers.getSetCookie().filter((line) => line.startsWith(`${NAME}=`) && !line.startsWith(`${NAME}=;`))

/** Somebody with a cookie, or none, at a site. */
class Person {
  readonly #origin: string
  ticket: string | undefined
  constructor(origin: string, ticket?: string) {
    this.#origin = origin
    this.ticket = ticket
  }
  async ask(path: string): Promise<Response> {
    const response = await fetch(this.#origin + path, { headers: this.ticket === undefined ? {} : { cookie: this.ticket } })
    const [line] = linesOf(response).slice(-1)
    if (line) this.ticket = pairOf(line)
    return response
  }
}

/** What a page of these tests does, by its path: see `site`. */
export interface Adapters {
  readonly lie: Lie
  readonly first: ReturnType<typeof gate>
}

/** `/begin`: a known visitor. `/first`: opens what lies, and goes on when the second was answered. `/second`: runs in its context. */
async function site(adapter: Adapter, isStored: boolean, { lie, first }: Adapters, isEarly: boolean) {
  const sign = async (open: Open, who: string): Promise<unknown> => {
    const bag = await open()
    await bag.set('user', who)
    await bag.set('by', who)
    return { ...(await bag.values()) }
  }
  return adapter(async (open, { pathname, searchParams }) => {
    const who = searchParams.get('who') ?? ''
    if (pathname === '/look') return { ...(await (await open()).values()) }
    if (pathname === '/first') {
      if (isEarly) await (await open()).set('user', who)
      await lie(async () => {})
      await first.pass()
    }
    return pathname === '/second' ? lie(() => sign(open, who)) : sign(open, who)
  }, isStored)
}

export const KINDS: readonly (readonly [string, boolean, (typeof LIES)[number]])[] = [
  ['sealed', false, LIES[0]],
  ['stored', true, LIES[1]],
]

/** What the two present: nothing, tickets of their own, or the same nonsense, which one may have planted at the other. */
const VISITORS = ['new', 'known', 'with the same nonsense', 'a known one and a new one', 'a new one and a known one'] as const

/** Three adapters are tried by the unit tests; the slow tests have the others. */
const SAMPLE: readonly string[] = ['the middleware of React Router', 'a storage of Hydrogen', 'h3 2']
export const sample: readonly Named[] = ADAPTERS.filter(([name]) => SAMPLE.includes(name))
export const others: readonly Named[] = ADAPTERS.filter(([name]) => !SAMPLE.includes(name))

/** Two visitors meet at these adapters, whose contexts lie. */
export function visitorsStayApart(some: readonly Named[]): void {
  describe.each(some)('S1: %s', (_, adapter) => {
    describe.each(KINDS)('%s', (_, isStored, [lie, lying]) => {
      describe(lie, () => {
        test.each(
          VISITORS.flatMap((visitors) => (['early', 'late', 'answered'] as const).map((order) => [visitors, order] as const)),
        )(
          'gives neither of two visitors the other’s session, nor a header of it (%s, the first one is %s)',
          async (who, order) => {
            const adapters = { lie: lying(), first: gate() }
            const origin = await site(adapter, isStored, adapters, order === 'early')
            const [ada, bob] = [new Person(origin), new Person(origin)]
            if (who === 'known' || who.startsWith('a known')) await ada.ask('/begin?who=ada')
            if (who === 'known' || who.endsWith('a known one')) await bob.ask('/begin?who=bob')
            if (who.endsWith('nonsense')) {
              ada.ticket = `${NAME}=AAAA`
              bob.ticket = `${NAME}=AAAA`
            }
            const first = ada.ask('/first?who=ada')
            await adapters.first.reached
            if (order === 'answered') {
              adapters.first.open()
              await first
            }
            const second = await bob.ask('/second?who=bob')
            adapters.first.open()
            const own = (user: string) => ({ user, by: user })
            expect(await second.json()).toEqual(own('bob'))
            expect(await (await first).json()).toEqual(own('ada'))
            // Whoever commits twice may send two lines; none of them may be of the other.
            for (const [response, name] of [
              [await first, 'ada'],
              [second, 'bob'],
            ] as const) {
              for (const line of linesOf(response)) {
                expect([undefined, name]).toContain((await (await new Person(origin, pairOf(line)).ask('/look')).json()).user)
              }
            }
            expect(await (await ada.ask('/look')).json()).toEqual(own('ada'))
            expect(await (await bob.ask('/look')).json()).toEqual(own('bob'))
          },
        )
      })

      test('two new visitors who wait for what is loaded once', async () => {
        const once = loadedOnce()
        const arrived = [gate(), gate()]
        const origin = await adapter(async (open, { pathname, searchParams }) => {
          const who = searchParams.get('who') ?? ''
          if (pathname === '/look') return { ...(await (await open()).values()) }
          void arrived[who === 'ada' ? 0 : 1]?.pass()
          return once.wait(async () => {
            const bag = await open()
            await settled()
            await bag.set('user', who)
            await settled()
            return { ...(await bag.values()) }
          })
        }, isStored)
        const [ada, bob] = [new Person(origin), new Person(origin)]
        const first = ada.ask('/?who=ada')
        await arrived[0]?.reached
        const second = bob.ask('/?who=bob')
        await arrived[1]?.reached
        once.load()
        expect([await (await first).json(), await (await second).json()]).toEqual([{ user: 'ada' }, { user: 'bob' }])
        expect([await (await ada.ask('/look')).json(), await (await bob.ask('/look')).json()]).toEqual([
          { user: 'ada' },
          { user: 'bob' },
        ])
      })

      test('two new visitors behind one connection, which a proxy keeps', async () => {
        const origin = await adapter(async (open, { searchParams }) => {
          const bag = await open()
          const before = { ...(await bag.values()) }
          await bag.set('user', searchParams.get('who'))
          return before
        }, isStored)
        const format = await dial(Number(new URL(origin).port))
        format.send('GET /?who=ada HTTP/1.1')
        format.send('GET /?who=bob HTTP/1.1')
        const text = await format.until(/(\{\}[\s\S]*){2}/)
        expect(text).not.toContain('"ada"')
        expect(new Set(text.match(/__session=[^;]+/g)).size).toBe(2)
      })
    })
  })
}
