import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { type Arbitrary, constant, constantFrom, integer, oneof, record } from 'fast-check'
import { type Script as ScriptOf, type Site, scriptsOf, served, type Visit as VisitOf, valuesUpTo, visitIn } from './visits.ts'

// A script of requests to an application on express-session, and what its handlers and a browser see of it.

export type Call =
  | { readonly call: 'set' | 'push'; readonly key: string; readonly value: unknown }
  | { readonly call: 'delete' | 'get'; readonly key: string }
  | { readonly call: 'json' | 'keys' | 'id' | 'cookie' }
  | { readonly call: 'save' | 'reload' | 'regenerate' | 'destroy' | 'touch' | 'setNull' | 'remove' | 'generate' | 'old' }
  | { readonly call: 'maxAge'; readonly value: number | null }

export interface How {
  readonly maxAge?: number
  readonly rolling?: boolean
  readonly resave?: boolean
  readonly saveUninitialized?: boolean
  readonly unset?: 'destroy' | 'keep'
  readonly secure?: boolean | 'auto'
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto'
  readonly path?: string
  readonly name?: string
  readonly httpOnly?: boolean
}

export type Visit = VisitOf<Call>
export type Script = ScriptOf<Call, How>

/** The only part of a session middleware that is used here. */
export type Middleware = (options: object) => (req: never, res: never, next: never) => void

const keys = constantFrom('a', 'b', 'list', 'user')
const values = valuesUpTo(6000)
const calls: Arbitrary<Call> = oneof(
  { weight: 8, arbitrary: record({ call: constant('set' as const), key: keys, value: values }) },
  {
    weight: 2,
    arbitrary: record({ call: constant('push' as const), key: constant('list'), value: integer({ min: 0, max: 9 }) }),
  },
  { weight: 3, arbitrary: record({ call: constantFrom('delete' as const, 'get' as const), key: keys }) },
  { weight: 6, arbitrary: record({ call: constantFrom('json' as const, 'keys' as const, 'id' as const, 'cookie' as const) }) },
  { weight: 3, arbitrary: record({ call: constantFrom('save' as const, 'reload' as const, 'touch' as const, 'old' as const) }) },
  { weight: 3, arbitrary: record({ call: constantFrom('regenerate' as const, 'destroy' as const, 'generate' as const) }) },
  { weight: 1, arbitrary: record({ call: constantFrom('setNull' as const, 'remove' as const) }) },
  { weight: 2, arbitrary: record({ call: constant('maxAge' as const), value: constantFrom(null, 60_000, 600_000) }) },
)
const configured: Arbitrary<How> = record(
  {
    maxAge: constantFrom(60_000, 600_000),
    rolling: constantFrom(true, false),
    resave: constantFrom(true, false),
    saveUninitialized: constantFrom(true, false, false),
    unset: constantFrom('destroy' as const, 'keep' as const),
    secure: constantFrom(true, false, 'auto' as const),
    sameSite: constantFrom<NonNullable<How['sameSite']>>(true, false, 'lax', 'strict', 'auto'),
    path: constantFrom('/', '/app', '/other'),
    name: constantFrom('sid', 'connect.sid'),
    httpOnly: constantFrom(true, false),
  },
  { requiredKeys: [] },
)
export const scripts: Arbitrary<Script> = scriptsOf(configured, calls)

/** Scripts that once told otherwise. */
export const found: readonly Script[] = [
  {
    configured: {},
    visits: [{ wait: 0, sends: 'cookies', status: 200, calls: [{ call: 'save' }, { call: 'reload' }, { call: 'id' }] }],
  },
]

/** An application of Express whose handler does what `X-Calls` says. */
export async function siteOf(session: Middleware, { maxAge, secure, sameSite, path, httpOnly, ...options }: How): Promise<Site> {
  const given = { maxAge, secure, sameSite, path, httpOnly }
  const cookie = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const app: Express = express()
  app.disable('x-powered-by').disable('etag')
  app.use(
    session({
      secret: 'a secret that is long enough for both',
      resave: false,
      saveUninitialized: false,
      ...options,
      cookie,
    }) as never,
  )
  app.use(async (req: Request, res: Response) => {
    const { status, calls: steps } = visitIn<Call>(req.headers)
    const seen: unknown[] = []
    const before = (req as unknown as Partial<Seen>).session
    for (const step of steps) seen.push(await play(req as unknown as Seen, step, before ?? undefined))
    res.status(status).json(seen)
  })
  app.use((error: Error, _: Request, res: Response, __: NextFunction) => void res.status(599).json(error.message))
  return served(app)
}

type Done = (error?: Error | null) => void
interface Session {
  [key: string]: unknown
  id: string
  cookie: { maxAge: number | null; originalMaxAge: number | null; expires: Date | null }
  save(done: Done): void
  reload(done: Done): void
  regenerate(done: Done): void
  destroy(done: Done): void
  touch(): void
}
interface Seen {
  session: Session | null | undefined
  sessionID: string
  sessionStore: { generate(req: object): void }
}

/** Tells ids apart without telling them. */
async function play(req: Seen, step: Call, before: Session | undefined): Promise<unknown> {
  const { session } = req
  if (step.call === 'generate') {
    if (!req.sessionStore) return 'no store'
    req.sessionStore.generate(req)
    return Object.keys(req.session ?? {})
  }
  if (step.call === 'old') return before && JSON.parse(JSON.stringify(before))
  if (!session) return session === null ? 'null' : 'undefined'
  const called = (method: 'save' | 'reload' | 'regenerate' | 'destroy'): Promise<unknown> =>
    new Promise((resolve) =>
      session[method]((error) => resolve(error?.message ?? [method, req.session && Object.keys(req.session)])),
    )
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
      return step.key in session ? JSON.parse(JSON.stringify([session[step.key]])) : 'none'
    case 'json':
      return JSON.parse(JSON.stringify(session))
    case 'keys':
      return [Object.keys(session), { ...session, cookie: 0 }]
    case 'id':
      return [session.id === req.sessionID, typeof session.id, session.id !== before?.id]
    case 'cookie':
      return [session.cookie.originalMaxAge, session.cookie.expires === null]
    case 'touch':
      return void session.touch()
    case 'setNull':
      req.session = null
      return
    case 'remove':
      Reflect.deleteProperty(req, 'session')
      return
    case 'maxAge':
      session.cookie.maxAge = step.value
      return
    default:
      return called(step.call)
  }
}

/** How its cookie and its answers look. */
export const LOOKS = {
  junk: 'connect.sid=s%3Ajunk.junk; Path=/',
  gives: (line: string): boolean => !/^[^=]+=;/.test(line),
  // When a session ends is written down less often by ours than with each request.
  seen: (text: string, status: number): unknown =>
    JSON.parse((text || JSON.stringify(`an empty body after ${status}`)).replaceAll(/"expires":"[^"]+"/g, '"expires":"a time"')),
}
