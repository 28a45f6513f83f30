import { type Arbitrary, constant, constantFrom, integer, oneof, record } from 'fast-check'
import Fastify, { type FastifyPluginCallback, type FastifyRequest } from 'fastify'
import { listening, upstream } from '../helpers/fastify.ts'
import {
  type Looks,
  plain,
  type Script as ScriptOf,
  type Site,
  scriptsOf,
  type Visit as VisitOf,
  valuesUpTo,
  visitIn,
} from './visits.ts'

// A script of requests to an application on @fastify/session, and what its handlers and a browser see of it.

export type Call =
  | { readonly call: 'set' | 'push' | 'assign'; readonly key: string; readonly value: unknown }
  | { readonly call: 'delete' | 'get'; readonly key: string }
  | { readonly call: 'json' | 'keys' | 'id' | 'cookie' | 'is' | 'old' }
  | { readonly call: 'save' | 'reload' | 'regenerate' | 'destroy' | 'touch' | 'setNull' }
  | { readonly call: 'keep'; readonly keys: readonly string[] }
  | { readonly call: 'maxAge'; readonly value: number }
  | { readonly call: 'options'; readonly value: Readonly<Record<string, unknown>> }

export interface How {
  readonly maxAge?: number
  readonly rolling?: boolean
  readonly saveUninitialized?: boolean
  readonly secure?: boolean | 'auto'
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none'
  readonly path?: string
  readonly domain?: string
  readonly httpOnly?: boolean
  readonly partitioned?: boolean
  readonly cookieName?: string
}

export type Visit = VisitOf<Call>
export type Script = ScriptOf<Call, How>

const keys = constantFrom('a', 'b', 'list', 'user')
const values = valuesUpTo(6000)
const calls: Arbitrary<Call> = oneof(
  { weight: 8, arbitrary: record({ call: constantFrom('set' as const, 'assign' as const), key: keys, value: values }) },
  {
    weight: 2,
    arbitrary: record({ call: constant('push' as const), key: constant('list'), value: integer({ min: 0, max: 9 }) }),
  },
  { weight: 3, arbitrary: record({ call: constantFrom('delete' as const, 'get' as const), key: keys }) },
  {
    weight: 7,
    arbitrary: record({
      call: constantFrom('json' as const, 'keys' as const, 'id' as const, 'cookie' as const, 'is' as const, 'old' as const),
    }),
  },
  { weight: 3, arbitrary: record({ call: constantFrom('save' as const, 'reload' as const, 'touch' as const) }) },
  { weight: 3, arbitrary: record({ call: constantFrom('regenerate' as const, 'destroy' as const, 'setNull' as const) }) },
  { weight: 1, arbitrary: record({ call: constant('keep' as const), keys: constantFrom(['a'], ['list', 'user']) }) },
  { weight: 2, arbitrary: record({ call: constant('maxAge' as const), value: constantFrom(60_000, 600_000) }) },
  {
    weight: 2,
    arbitrary: record({
      call: constant('options' as const),
      value: constantFrom<Readonly<Record<string, unknown>>>(
        { maxAge: 300_000 },
        { httpOnly: false },
        { sameSite: 'strict' },
        {},
      ),
    }),
  },
)
const configured: Arbitrary<How> = record(
  {
    maxAge: constantFrom(60_000, 600_000),
    rolling: constantFrom(true, false, false),
    saveUninitialized: constantFrom(true, false, false),
    secure: constantFrom<boolean | 'auto'>(true, false, false, 'auto'),
    sameSite: constantFrom<NonNullable<How['sameSite']>>(true, false, 'lax', 'strict', 'none'),
    path: constantFrom('/', '/app', '/other', '/ap'),
    domain: constant('shop.example'),
    httpOnly: constantFrom(true, false),
    partitioned: constantFrom(true, false),
    cookieName: constantFrom('sid', 'sessionId'),
  },
  { requiredKeys: [] },
)
export const scripts: Arbitrary<Script> = scriptsOf(configured, calls)

const visit = (...calls: readonly Call[]): Visit => ({ wait: 0, sends: 'cookies', status: 200, calls })
const set = { call: 'set', key: 'a', value: 0 } as const
const lasts = { call: 'options', value: { maxAge: 300_000 } } as const
/** Scripts that once told otherwise. */
export const found: readonly Script[] = [
  { configured: {}, visits: [visit(set), visit(lasts, { call: 'reload' }), visit()] },
  { configured: { maxAge: 60_000 }, visits: [visit(set), visit(lasts, { call: 'reload' }), visit()] },
]

interface Session {
  [key: string]: unknown
  sessionId: string
  cookie: { maxAge: number | null; originalMaxAge: number | null; expires: Date | null }
  get(key: string): unknown
  set(key: string, value: unknown): void
  options(options: object): void
  touch(): void
  isModified(): boolean
  isSaved(): boolean
  save(): Promise<void>
  reload(): Promise<void>
  regenerate(keys?: readonly string[]): Promise<void>
  destroy(): Promise<void>
}

/** An application of Fastify whose handler does what `X-Script` says. */
export async function siteOf(plugin: FastifyPluginCallback<Record<string, unknown>>, store: object, how: How): Promise<Site> {
  const { rolling, saveUninitialized = false, cookieName, secure = false, ...cookie } = how
  const app = Fastify()
  await app.register(upstream.cookie())
  await app.register(plugin, {
    secret: 'a secret that is long enough for both',
    store,
    saveUninitialized,
    ...(rolling !== undefined && { rolling }),
    ...(cookieName && { cookieName }),
    cookie: { secure, ...cookie },
  })
  app.all('/app/page', async (request, reply) => {
    const { status, calls: steps } = visitIn<Call>(request.headers)
    const seen: unknown[] = []
    const before = sessionIn(request)
    for (const step of steps) seen.push((await play(request, step, before)) ?? null)
    return reply.code(status).send(seen)
  })
  return listening(app)
}

const sessionIn = (request: FastifyRequest): Session | null => (request as unknown as { session: Session | null }).session

async function play(request: FastifyRequest, step: Call, before: Session | null): Promise<unknown> {
  if (step.call === 'old') return plain(before)
  if (step.call === 'setNull') {
    Object.assign(request, { session: null })
    return
  }
  const session = sessionIn(request)
  if (!session) return 'null'
  if (!session.save) return ['no session', plain(session)]
  switch (step.call) {
    case 'set':
      return session.set(step.key, structuredClone(step.value))
    case 'assign':
      session[step.key] = structuredClone(step.value)
      return
    case 'push':
      if (Array.isArray(session[step.key])) (session[step.key] as unknown[]).push(step.value)
      return
    case 'delete':
      return delete session[step.key]
    case 'get':
      return [step.key in session, plain([session.get(step.key), session[step.key]])]
    case 'json':
      return plain(session)
    case 'keys':
      return [Object.keys(session), { ...session, cookie: 0 }]
    case 'id':
      return [typeof session.sessionId, session.sessionId === before?.sessionId]
    case 'is':
      return [session.isModified(), session.isSaved()]
    case 'cookie':
      return [session.cookie.originalMaxAge, session.cookie.expires === null]
    case 'touch':
      return session.touch()
    case 'options':
      return session.options(step.value)
    case 'maxAge':
      session.cookie.maxAge = step.value
      return
    case 'keep':
      await session.regenerate(step.keys.filter((key) => key in session))
      return plain(sessionIn(request))
    default:
      await session[step.call]()
      return [step.call, sessionIn(request) && Object.keys(sessionIn(request) ?? {})]
  }
}

/** How its cookie and its answers look. */
export const looksOf = ({ configured: { cookieName = 'sessionId', path = '/', domain } }: Script): Looks => ({
  junk: `${cookieName}=junk.junk; Path=${path}${domain ? `; Domain=${domain}` : ''}`,
  gives: (line: string) => !/^[^=]+=;/.test(line),
  // When a session ends is written down less often by ours than with each request. `originalExpires` is in no document.
  seen: (text: string) =>
    JSON.parse(text.replaceAll(/"originalExpires":"[^"]+",/g, '').replaceAll(/"expires":"[^"]+"/g, '"expires":"a time"')),
})
