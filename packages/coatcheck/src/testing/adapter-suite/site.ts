// One story of the adapter suite: its server, its pages, its visitors, and a store that can be held up.

import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { type Visitor, visitor } from '../visitor.ts'

/** The session of one request, in the words of its adapter. What returns a promise is awaited. */
export interface SuiteSession {
  get(key: string): unknown
  set(key: string, value: unknown): unknown
  /** Ends the session for good. */
  end(): unknown
  /** Leaves a value that is shown once, or with one argument reads it. Left out where the adapter has none. */
  flash?(key: string, value?: string): unknown
  /** Left out where the adapter does not know whose a session is. */
  signIn?(owner: string): unknown
}

/** What a page answers; the framework has to send just this. */
export interface SuiteAnswer {
  readonly status: number
  /** In order; one name may come several times. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Pieces are to be sent as they come. null: this status has no body. */
  readonly body: string | AsyncIterable<string> | null
}

/** The application that the adapter under test is to serve. */
export interface SuiteSite {
  /** For `createSessions`, or for what makes sessions in the words of the adapter. */
  readonly options: { readonly secrets: string; readonly store: Store }
  /**
   * Answers one request, behind the adapter. `path`: of its URL. `open` gives the session of this request each time that a page asks. What this throws
   * is an error of the application, which the framework answers.
   */
  handle(path: string, open: () => Promise<SuiteSession>): Promise<SuiteAnswer>
}

/** A server that was started for one test. */
export interface AdapterUnderTest {
  /** Such as `http://127.0.0.1:3000`. */
  readonly origin: string
  /** Stops it. */
  close?(): unknown
}

export interface Visit {
  readonly open: () => Promise<SuiteSession>
  /** `open`, asked at once. */
  readonly session: SuiteSession
}
type Reply = Partial<SuiteAnswer> | string
type Page = (visit: Visit) => Reply | Promise<Reply>

/** Whoever comes waits until it is opened. */
export interface Gate {
  pass(): Promise<void>
  /** Once somebody waits. */
  readonly reached: Promise<void>
  open(): void
}

export function gate(): Gate {
  const [opened, reached] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  return {
    async pass() {
      reached.resolve()
      await opened.promise
    },
    reached: reached.promise,
    open: opened.resolve,
  }
}

const WRITES: readonly string[] = ['create', 'update', 'delete', 'touch']

/** What the stories do to the store. */
export interface Backend {
  readonly calls: string[]
  readonly writes: number
  /** Runs before each call; what it throws is what the store throws. */
  before: (call: string) => unknown
}

function watched(): { readonly store: Store; readonly backend: Backend } {
  const calls: string[] = []
  const backend: Backend = {
    calls,
    get writes() {
      return calls.filter((call) => WRITES.includes(call)).length
    },
    before: () => {},
  }
  const store = new Proxy(memoryStore(), {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function' || typeof name !== 'string') return method
      return async (...given: unknown[]) => {
        calls.push(name)
        await backend.before(name)
        return Reflect.apply(method, target, given)
      }
    },
  })
  return { store, backend }
}

/** What a story plays with. */
export interface Play {
  readonly backend: Backend
  /** A page that opens the session; its path. */
  page(page: Page): string
  /** A page that does not ask for the session unless it says so. */
  plain(page: (open: Visit['open']) => Reply | Promise<Reply>): string
  /** Somebody with a browser, who follows no redirect. */
  visitor(): Visitor
  /** Somebody who has a session, in which `name` is `ada`. */
  ada(): Promise<Visitor>
  /** What the session of this visitor holds under these keys, at a next visit. */
  knows(who: Visitor, ...keys: string[]): Promise<unknown[]>
}

export async function play(
  serve: (site: SuiteSite) => AdapterUnderTest | Promise<AdapterUnderTest>,
  story: (play: Play) => Promise<void>,
): Promise<void> {
  const { store, backend } = watched()
  const pages = new Map<string, Page>()
  const plainPages = new Map<string, (open: Visit['open']) => Reply | Promise<Reply>>()
  const server = await serve({
    options: { secrets: 'the adapter suite: Zk8rXq2vW5nLs0yBt7HcUj4Mf9Ge3Pd1', store },
    async handle(path, open) {
      const plain = plainPages.get(path)
      const page = pages.get(path)
      if (plain) return whole(await plain(open))
      if (page) return whole(await page({ open, session: await open() }))
      return whole({ status: 404, body: 'no such page' })
    },
  })
  const nextPath = (): string => `/story/${pages.size + plainPages.size}`
  const made: Play = {
    backend,
    page(page) {
      const path = nextPath()
      pages.set(path, page)
      return path
    },
    plain(page) {
      const path = nextPath()
      plainPages.set(path, page)
      return path
    },
    visitor: () => visitor(server.origin, { follow: false }),
    async ada() {
      const ada = made.visitor()
      await ada.get(naming)
      backend.calls.length = 0
      return ada
    },
    async knows(who, ...keys) {
      const path = made.page(async ({ session }) => {
        const values: unknown[] = []
        for (const key of keys) values.push((await session.get(key)) ?? null)
        return JSON.stringify(values)
      })
      const text = await (await who.get(path)).text()
      try {
        return JSON.parse(text) as unknown[]
      } catch {
        throw new Error(`A page of values was answered with ${JSON.stringify(text.slice(0, 80))}.`)
      }
    },
  }
  const naming = made.page(async ({ session }) => {
    await session.set('name', 'ada')
    return 'ok'
  })
  try {
    await story(made)
  } finally {
    await server.close?.()
  }
}

function whole(reply: Reply): SuiteAnswer {
  const { status = 200, headers = [], body = '' } = typeof reply === 'string' ? { body: reply } : reply
  return { status, headers, body }
}
