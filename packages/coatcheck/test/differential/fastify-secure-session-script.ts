import { type Arbitrary, constant, constantFrom, integer, oneof, record } from 'fast-check'
import Fastify, { type FastifyPluginCallback } from 'fastify'
import { listening } from '../helpers/fastify.ts'
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

// A script of requests to an application on @fastify/secure-session, and what its handlers and a browser see of it.

export type Call =
  | { readonly call: 'set' | 'push' | 'assign'; readonly key: string; readonly value: unknown }
  | { readonly call: 'unset' | 'get'; readonly key: string }
  | { readonly call: 'data' | 'about' | 'own' | 'delete' | 'touch' | 'regenerate' | 'setNull' }
  | { readonly call: 'keep'; readonly keys: readonly string[] }
  | { readonly call: 'changed' | 'deleted'; readonly value: boolean }
  | { readonly call: 'options'; readonly value: Readonly<Record<string, unknown>> }

export interface How {
  readonly expiry?: number
  readonly maxAge?: number
  readonly secure?: boolean | 'auto'
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none'
  readonly path?: string
  readonly domain?: string
  readonly httpOnly?: boolean
  readonly partitioned?: boolean
  readonly priority?: 'low' | 'high'
  readonly sessionName?: string
  readonly cookieName?: string
}

export type Visit = VisitOf<Call>
export type Script = ScriptOf<Call, How>

const keys = constantFrom('a', 'b', 'list', 'user')
const calls: Arbitrary<Call> = oneof(
  { weight: 8, arbitrary: record({ call: constantFrom('set' as const, 'assign' as const), key: keys, value: valuesUpTo(600) }) },
  {
    weight: 1,
    arbitrary: record({ call: constant('push' as const), key: constant('list'), value: integer({ min: 0, max: 9 }) }),
  },
  { weight: 4, arbitrary: record({ call: constantFrom('unset' as const, 'get' as const), key: keys }) },
  { weight: 6, arbitrary: record({ call: constantFrom('data' as const, 'about' as const) }) },
  { weight: 1, arbitrary: constant({ call: 'own' as const }) },
  { weight: 4, arbitrary: record({ call: constantFrom('delete' as const, 'touch' as const, 'regenerate' as const) }) },
  { weight: 1, arbitrary: constant({ call: 'setNull' as const }) },
  { weight: 1, arbitrary: record({ call: constant('keep' as const), keys: constantFrom(['a'], ['list', 'user']) }) },
  {
    weight: 2,
    arbitrary: record({ call: constantFrom('changed' as const, 'deleted' as const), value: constantFrom(true, false) }),
  },
  {
    weight: 2,
    arbitrary: record({
      call: constant('options' as const),
      value: constantFrom<Readonly<Record<string, unknown>>>({ maxAge: 300 }, { httpOnly: false }, { sameSite: 'strict' }, {}),
    }),
  },
)
const configured: Arbitrary<How> = record(
  {
    expiry: constantFrom(60, 600),
    maxAge: constantFrom(60, 600),
    secure: constantFrom<boolean | 'auto'>(true, false, 'auto'),
    sameSite: constantFrom<NonNullable<How['sameSite']>>(true, false, 'lax', 'strict', 'none'),
    path: constantFrom('/', '/app'),
    domain: constant('shop.example'),
    httpOnly: constantFrom(true, false),
    partitioned: constantFrom(true, false),
    priority: constantFrom('low' as const, 'high' as const),
    sessionName: constantFrom('session', 'shop'),
    cookieName: constantFrom('sid', 'session'),
  },
  { requiredKeys: [] },
)
export const scripts: Arbitrary<Script> = scriptsOf(configured, calls)

interface Session {
  [key: string]: unknown
  changed: boolean
  deleted: boolean
  get(key: string): unknown
  set(key: string, value: unknown): void
  data(): Record<string, unknown>
  options(options: object): void
  delete(): void
  touch(): void
  regenerate(keys?: readonly string[]): void
}

const KEY = Buffer.alloc(32, 'the key of both')

/** An application of Fastify whose handler does what `X-Script` says. */
export async function siteOf(
  plugin: FastifyPluginCallback<Record<string, unknown>>,
  store: object | undefined,
  how: How,
): Promise<Site> {
  const { expiry, sessionName = 'session', cookieName, ...cookie } = how
  const app = Fastify()
  await app.register(plugin, {
    key: KEY,
    sessionName,
    ...(store && { store }),
    ...(cookieName && { cookieName }),
    ...(expiry !== undefined && { expiry }),
    cookie,
  })
  app.all('/app/page', async (request, reply) => {
    const { status, calls: steps } = visitIn<Call>(request.headers)
    const holder = request as unknown as Record<string, Session | null>
    const seen = steps.map((step) => play(holder, sessionName, step) ?? null)
    return reply.code(status).send(seen)
  })
  return listening(app)
}

function play(holder: Record<string, Session | null>, name: string, step: Call): unknown {
  if (step.call === 'setNull') {
    holder[name] = null
    return
  }
  const session = holder[name]
  if (!session) return 'null'
  switch (step.call) {
    case 'set':
      return session.set(step.key, structuredClone(step.value))
    case 'assign':
      session[step.key] = structuredClone(step.value)
      return
    case 'push':
      if (Array.isArray(session[step.key])) (session[step.key] as unknown[]).push(step.value)
      return
    case 'unset':
      return session.set(step.key, undefined)
    case 'get':
      return plain([session.get(step.key), session[step.key]])
    case 'data':
      return plain(session.data())
    case 'about':
      return [session.changed, session.deleted]
    case 'own':
      return [Object.keys(session), 'a' in session, plain(session)]
    case 'keep':
      return session.regenerate(step.keys)
    case 'changed':
    case 'deleted':
      session[step.call] = step.value
      return
    case 'options':
      return session.options(step.value)
    default:
      return session[step.call]()
  }
}

/** How its cookie and its answers look. */
export const looksOf = ({ configured: { sessionName = 'session', cookieName = sessionName, path, domain } }: Script): Looks => ({
  junk: `${cookieName}=junk${path ? `; Path=${path}` : ''}${domain ? `; Domain=${domain}` : ''}`,
  gives: (line: string) => line.startsWith(`${cookieName}=`),
  seen: (text: string) => JSON.parse(text),
})
