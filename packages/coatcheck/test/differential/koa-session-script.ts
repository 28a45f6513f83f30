import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Arbitrary, constant, constantFrom, integer, array as list, oneof, record } from 'fast-check'
import { createJar, type Jar } from '../../src/testing/index.ts'
import { Koa, type KoaContext } from '../helpers/koa.ts'

// A script of requests to an application on koa-session, and what its handlers and a browser see of it.

export type Call =
  | { readonly call: 'set' | 'push'; readonly key: string; readonly value: unknown }
  | { readonly call: 'delete' | 'get'; readonly key: string }
  | { readonly call: 'json' | 'keys' | 'about' | 'old' | 'save' | 'regenerate' | 'commit' | 'null' | 'throw' | 'line' }
  | { readonly call: 'assign'; readonly value: Readonly<Record<string, unknown>> }
  | { readonly call: 'maxAge'; readonly value: number | 'session' }
  | { readonly call: 'httpOnly' }

export interface Visit {
  /** Seconds since the one before. */
  readonly wait: number
  /** What the browser has: its cookies, none, junk under the name, or what it had after the first visit. */
  readonly sends: 'cookies' | 'nothing' | 'junk' | 'first'
  readonly status: 200 | 404 | 500
  readonly calls: readonly Call[]
}

export interface How {
  readonly maxAge?: number | 'session'
  readonly rolling?: boolean
  readonly renew?: boolean
  readonly autoCommit?: boolean
  readonly secure?: boolean
  readonly sameSite?: string
  readonly path?: string
  readonly domain?: string
  readonly key?: string
  readonly httpOnly?: boolean
  readonly valid?: boolean
  readonly beforeSave?: boolean
}

export interface Script {
  readonly configured: How
  readonly visits: readonly Visit[]
}

/** The only part of a session middleware that is used here. */
export type Make = (options: object, app: object) => unknown

const keys = constantFrom('a', 'b', 'list', 'user', '_private')
const values: Arbitrary<unknown> = oneof(
  integer({ min: 0, max: 3 }),
  constantFrom<unknown>('', 'x', null, false, [1, [2]], { n: 1, deep: { s: 'é…日本; =%' } }, 'y'.repeat(600)),
)
const calls: Arbitrary<Call> = oneof(
  { weight: 8, arbitrary: record({ call: constant('set' as const), key: keys, value: values }) },
  {
    weight: 2,
    arbitrary: record({ call: constant('push' as const), key: constant('list'), value: integer({ min: 0, max: 9 }) }),
  },
  { weight: 3, arbitrary: record({ call: constantFrom('delete' as const, 'get' as const), key: keys }) },
  {
    weight: 6,
    arbitrary: record({
      call: constantFrom('json' as const, 'keys' as const, 'about' as const, 'old' as const, 'line' as const),
    }),
  },
  { weight: 3, arbitrary: record({ call: constantFrom('save' as const, 'regenerate' as const, 'commit' as const) }) },
  { weight: 2, arbitrary: record({ call: constantFrom('null' as const, 'throw' as const, 'httpOnly' as const) }) },
  {
    weight: 2,
    arbitrary: record({ call: constant('assign' as const), value: constantFrom({}, { a: 7 }, { b: [1], user: 'eve' }) }),
  },
  {
    weight: 2,
    arbitrary: record({ call: constant('maxAge' as const), value: constantFrom<number | 'session'>(60_000, 600_000, 'session') }),
  },
)
const visits: Arbitrary<Visit> = record({
  wait: oneof({ weight: 3, arbitrary: constant(0) }, { weight: 2, arbitrary: constantFrom(10, 45, 100, 700) }),
  sends: oneof(
    { weight: 12, arbitrary: constant('cookies' as const) },
    { weight: 1, arbitrary: constantFrom('nothing' as const, 'junk' as const, 'first' as const) },
  ),
  status: oneof(
    { weight: 8, arbitrary: constant(200 as const) },
    { weight: 1, arbitrary: constantFrom(404 as const, 500 as const) },
  ),
  calls: list(calls, { maxLength: 5 }),
})
const configured: Arbitrary<How> = record(
  {
    maxAge: constantFrom<number | 'session'>(60_000, 600_000, 'session'),
    rolling: constantFrom(true, false),
    renew: constantFrom(true, false),
    autoCommit: constantFrom(true, true, false),
    secure: constantFrom(true, false),
    sameSite: constantFrom('lax', 'strict'),
    path: constantFrom('/', '/app'),
    domain: constant('shop.example'),
    key: constantFrom('sid', 'koa.sess'),
    httpOnly: constantFrom(true, false),
    valid: constant(true),
    beforeSave: constant(true),
  },
  { requiredKeys: [] },
)
export const scripts: Arbitrary<Script> = record({ configured, visits: list(visits, { minLength: 1, maxLength: 8 }) })

export interface Site {
  readonly base: string
  close(): void
}

interface Session {
  [key: string]: unknown
  isNew: boolean
  length: number
  populated: boolean
  maxAge: number | 'session' | undefined
  externalKey: string | undefined
  save(): Promise<void>
  regenerate(): Promise<void>
  manuallyCommit(): Promise<void>
}
interface Seen extends KoaContext {
  session: Session | null
  sessionOptions: Record<string, unknown>
}

/** A store as koa-session's documents have it. */
export interface RowsStore {
  readonly rows: Map<string, unknown>
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<void>
  destroy(key: string): Promise<void>
}

export function rowsStore(): RowsStore {
  const rows = new Map<string, unknown>()
  return {
    rows,
    get: async (key) => structuredClone(rows.get(key)),
    set: async (key, value) => void rows.set(key, structuredClone(value)),
    destroy: async (key) => void rows.delete(key),
  }
}

/** An application of Koa whose handler does what `X-Script` says. */
export async function siteOf(make: Make, store: object | undefined, { valid, beforeSave, ...options }: How): Promise<Site> {
  const app = new Koa()
  app.silent = true
  app.keys = ['a secret that is long enough for both', 'and another one that is long enough']
  const hooks = {
    ...(valid && { valid: (_: unknown, { user }: { user?: unknown }) => user !== 'eve' }),
    ...(beforeSave && { beforeSave: (_: unknown, session: Session) => void Object.assign(session, { saved: true }) }),
  }
  app.use(make({ ...options, ...hooks, ...(store && { store }) }, app) as never)
  app.use(async (ctx: Seen) => {
    const { status, calls: steps } = JSON.parse(decodeURIComponent(String(ctx.headers['x-script']))) as Visit
    const seen: unknown[] = []
    const before: { session?: Session | null } = {}
    for (const step of steps) {
      if (step.call === 'throw') ctx.throw(status === 200 ? 403 : status, JSON.stringify(seen), { expose: true })
      seen.push(await play(ctx, step, before))
    }
    ctx.status = status
    ctx.body = JSON.stringify(seen)
  })
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null')

async function play(ctx: Seen, step: Call, before: { session?: Session | null }): Promise<unknown> {
  if (step.call === 'line') return [ctx.response.get('set-cookie')].flat().filter(Boolean).length > 0
  if (step.call === 'null') {
    ctx.session = null
    return ctx.session
  }
  if (step.call === 'assign') {
    ctx.session = structuredClone(step.value) as Session
    return plain(ctx.session)
  }
  if (step.call === 'httpOnly') {
    ctx.sessionOptions.httpOnly = false
    return
  }
  const { session } = ctx
  before.session ??= session
  if (step.call === 'old') return plain(before.session)
  if (!session) return 'null'
  switch (step.call) {
    case 'set':
      session[step.key] = structuredClone(step.value)
      return
    case 'push':
      if (Array.isArray(session[step.key])) (session[step.key] as unknown[]).push(step.value)
      return
    case 'delete':
      return delete session[step.key]
    case 'get':
      return step.key in session ? plain([session[step.key]]) : 'none'
    case 'json':
      return plain(session)
    case 'keys':
      return [Object.keys(session), plain({ ...session, _expire: 0, _requireSave: 0 })]
    case 'about':
      return [session.isNew, session.length, session.populated, session.maxAge, typeof session.externalKey]
    case 'maxAge':
      session.maxAge = step.value
      return
    case 'commit':
      return void (await session.manuallyCommit())
    default:
      return void (await session[step.call as 'save' | 'regenerate']())
  }
}

/** What was seen, visit by visit, in an order in which two stories can be compared. `tick`: seconds pass. */
export async function told(site: Site, script: Script, tick: (seconds: number) => void): Promise<unknown[]> {
  const url = 'http://shop.example/app/page'
  const now = (): number => Date.now()
  const { key = 'koa.sess', path = '/', domain } = script.configured
  const story: unknown[] = []
  let jar = createJar({ now })
  let first: Jar | undefined
  for (const visit of script.visits) {
    tick(visit.wait)
    if (visit.sends === 'first') jar = first?.copy() ?? jar
    else if (visit.sends !== 'cookies') jar = createJar({ now })
    if (visit.sends === 'junk') jar.set(`${key}=junk; Path=${path}${domain ? `; Domain=${domain}` : ''}`, url)
    const cookie = jar.header(url)
    const response = await fetch(`${site.base}/app/page`, {
      headers: { 'x-script': encodeURIComponent(JSON.stringify(visit)), ...(cookie && { cookie }) },
    })
    const lines = response.headers.getSetCookie()
    for (const line of lines) jar.set(line, url)
    first ??= jar.all().length > 0 ? jar.copy() : undefined
    const gave = lines.filter((line) => line.startsWith(`${key}=`) && !line.startsWith(`${key}=;`))
    const text = await response.text()
    const looks = gave.map((line) =>
      line.replace(/=[^;]+/, '=…').replace(/expires=([^;]+)/, (_, at) => `expires=${(Date.parse(at) - now()) / 1000}`),
    )
    story.push({ status: response.status, seen: text.startsWith('[') ? sorted(JSON.parse(text)) : text, lines: looks })
  }
  return story
}

/** Neither promises an order of keys. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string') ? value.toSorted() : value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}
