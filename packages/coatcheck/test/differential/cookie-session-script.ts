import express, { type Request, type Response } from 'express'
import { type Arbitrary, constant, constantFrom, integer, oneof, record } from 'fast-check'
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

// A script of requests to an application on cookie-session, and what its handlers and a browser see of it.

export type Call =
  | { readonly call: 'set' | 'push'; readonly key: string; readonly value: unknown }
  | { readonly call: 'delete' | 'get'; readonly key: string }
  | { readonly call: 'json' | 'keys' | 'about' | 'old' | 'null' | 'remove' | 'httpOnly' }
  | { readonly call: 'assign'; readonly value: Readonly<Record<string, unknown>> }
  | { readonly call: 'maxAge'; readonly value: number }

export interface How {
  readonly maxAge?: number
  readonly secure?: boolean
  readonly sameSite?: string | boolean
  readonly path?: string
  readonly domain?: string
  readonly name?: string
  readonly httpOnly?: boolean
  readonly priority?: string
  readonly partitioned?: boolean
}

export type Visit = VisitOf<Call>
export type Script = ScriptOf<Call, How>

/** The only part of a session middleware that is used here. */
export type Make = (options: object) => unknown

const keys = constantFrom('a', 'b', 'list', 'user')
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
    arbitrary: record({ call: constantFrom('json' as const, 'keys' as const, 'about' as const, 'old' as const) }),
  },
  { weight: 2, arbitrary: record({ call: constantFrom('null' as const, 'remove' as const, 'httpOnly' as const) }) },
  {
    weight: 2,
    arbitrary: record({
      call: constant('assign' as const),
      value: constantFrom({}, { a: 7 }, { b: [1], user: 'eve', isNew: 'mine' }),
    }),
  },
  { weight: 2, arbitrary: record({ call: constant('maxAge' as const), value: constantFrom(60_000, 600_000) }) },
)
const configured: Arbitrary<How> = record(
  {
    maxAge: constantFrom(60_000, 600_000),
    secure: constantFrom(true, false),
    sameSite: constantFrom<string | boolean>('lax', 'strict', true, false),
    path: constantFrom('/', '/app'),
    domain: constant('shop.example'),
    name: constantFrom('sid', 'session'),
    httpOnly: constantFrom(true, false),
    priority: constantFrom('high', 'low'),
    partitioned: constant(false),
  },
  { requiredKeys: [] },
)
export const scripts: Arbitrary<Script> = scriptsOf(configured, calls)

interface Session {
  [key: string]: unknown
  isNew: boolean
  isChanged: boolean
  isPopulated: boolean
}
interface Seen {
  session: Session | null | undefined
  sessionOptions: Record<string, unknown>
}

/** An application of Express whose handler does what `X-Script` says. */
export async function siteOf(make: Make, options: How): Promise<Site> {
  const app = express().disable('x-powered-by').disable('etag')
  app.use(make({ keys: ['a secret that is long enough for both', 'and another one that is long enough'], ...options }) as never)
  app.use((req: Request, res: Response) => {
    const { status, calls: steps } = visitIn<Call>(req.headers)
    const before: { session?: Session | null | undefined } = {}
    res.status(status).json(steps.map((step) => play(req as unknown as Seen, step, before) ?? null))
  })
  return served(app)
}

function play(req: Seen, step: Call, before: { session?: Session | null | undefined }): unknown {
  if (step.call === 'null' || step.call === 'remove') {
    req.session = step.call === 'null' ? null : undefined
    return req.session
  }
  if (step.call === 'assign') {
    req.session = structuredClone(step.value) as Session
    return plain(req.session)
  }
  if (step.call === 'httpOnly') return void Object.assign(req.sessionOptions, { httpOnly: false })
  if (step.call === 'maxAge') return void Object.assign(req.sessionOptions, { maxAge: step.value })
  const { session } = req
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
      return [Object.keys(session), plain({ ...session })]
    default:
      return [session.isNew, session.isChanged, session.isPopulated]
  }
}

/** How its cookie and its answers look. */
export const looksOf = ({ configured: { name = 'session', path = '/', domain } }: Script): Looks => ({
  junk: `${name}=junk; Path=${path}${domain ? `; Domain=${domain}` : ''}`,
  gives: (line: string) => line.startsWith(`${name}=`) && !line.startsWith(`${name}=;`),
  seen: (text: string): unknown => JSON.parse(text),
})
