import { type Arbitrary, constant, constantFrom, integer, oneof, record } from 'fast-check'
import { Koa, type KoaContext } from '../helpers/koa.ts'
import {
  type Looks,
  plain,
  type Script as ScriptOf,
  type Site,
  scriptsOf,
  served,
  type Visit as VisitOf,
  valuesUpTo,
  visitIn,
} from './visits.ts'

// A script of requests to an application on koa-session, and what its handlers and a browser see of it.

export type Call =
  | { readonly call: 'set' | 'push'; readonly key: string; readonly value: unknown }
  | { readonly call: 'delete' | 'get'; readonly key: string }
  | { readonly call: 'json' | 'keys' | 'about' | 'old' | 'save' | 'regenerate' | 'commit' | 'null' | 'throw' | 'line' }
  | { readonly call: 'assign'; readonly value: Readonly<Record<string, unknown>> }
  | { readonly call: 'maxAge'; readonly value: number | 'session' }
  | { readonly call: 'httpOnly' }

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

export type Visit = VisitOf<Call>
export type Script = ScriptOf<Call, How>

/** The only part of a session middleware that is used here. */
export type Make = (options: object, app: object) => unknown

const keys = constantFrom('a', 'b', 'list', 'user', '_private')
const values = valuesUpTo(600)
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
export const scripts: Arbitrary<Script> = scriptsOf(configured, calls)

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
    const { status, calls: steps } = visitIn<Call>(ctx.headers)
    const seen: unknown[] = []
    const before: { session?: Session | null } = {}
    for (const step of steps) {
      if (step.call === 'throw') ctx.throw(status === 200 ? 403 : status, JSON.stringify(seen), { expose: true })
      seen.push(await play(ctx, step, before))
    }
    ctx.status = status
    ctx.body = JSON.stringify(seen)
  })
  return served(app.callback())
}

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

/** How its cookie and its answers look. */
export const looksOf = ({ configured: { key = 'koa.sess', path = '/', domain } }: Script): Looks => ({
  junk: `${key}=junk; Path=${path}${domain ? `; Domain=${domain}` : ''}`,
  gives: (line: string) => line.startsWith(`${key}=`) && !line.startsWith(`${key}=;`),
  seen: (text: string): unknown => (text.startsWith('[') ? JSON.parse(text) : text),
})
