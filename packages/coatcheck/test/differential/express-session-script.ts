import type { AddressInfo } from 'node:net'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { type Arbitrary, constant, constantFrom, integer, array as list, oneof, record } from 'fast-check'
import { createJar, type Jar } from '../../src/testing/index.ts'

// A script of requests to an application on express-session, and what its handlers and a browser see of it.

export type Call =
  | { readonly call: 'set' | 'push'; readonly key: string; readonly value: unknown }
  | { readonly call: 'delete' | 'get'; readonly key: string }
  | { readonly call: 'json' | 'keys' | 'id' | 'cookie' }
  | { readonly call: 'save' | 'reload' | 'regenerate' | 'destroy' | 'touch' | 'setNull' | 'remove' | 'generate' | 'old' }
  | { readonly call: 'maxAge'; readonly value: number | null }

export interface Visit {
  /** Seconds since the one before. */
  readonly wait: number
  /** What the browser has: its cookies, none, junk under the name, or what it had after the first visit. */
  readonly sends: 'cookies' | 'nothing' | 'junk' | 'first'
  readonly status: 200 | 404 | 500
  readonly calls: readonly Call[]
}

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

export interface Script {
  readonly configured: How
  readonly visits: readonly Visit[]
}

/** The only part of a session middleware that is used here. */
export type Middleware = (options: object) => (req: never, res: never, next: never) => void

const keys = constantFrom('a', 'b', 'list', 'user')
const values: Arbitrary<unknown> = oneof(
  integer({ min: 0, max: 3 }),
  constantFrom<unknown>('', 'x', null, false, [1, [2]], { n: 1, deep: { s: 'é…日本; =%' } }, 'y'.repeat(6000)),
)
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
export const scripts: Arbitrary<Script> = record({ configured, visits: list(visits, { minLength: 1, maxLength: 8 }) })

export interface Site {
  readonly base: string
  close(): void
}

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
    const { status, calls: steps } = JSON.parse(decodeURIComponent(String(req.headers['x-script']))) as Visit
    const seen: unknown[] = []
    const before = (req as unknown as Partial<Seen>).session
    for (const step of steps) seen.push(await play(req as unknown as Seen, step, before ?? undefined))
    res.status(status).json(seen)
  })
  app.use((error: Error, _: Request, res: Response, __: NextFunction) => void res.status(599).json(error.message))
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
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

/** What was seen, visit by visit, in an order in which two stories can be compared. `tick`: seconds pass. */
export async function told(site: Site, { visits: all }: Script, tick: (seconds: number) => void): Promise<unknown[]> {
  const url = 'http://shop.example/app/page'
  const now = (): number => Date.now()
  const story: unknown[] = []
  let jar = createJar({ now })
  let first: Jar | undefined
  for (const visit of all) {
    tick(visit.wait)
    if (visit.sends === 'first') jar = first?.copy() ?? jar
    else if (visit.sends !== 'cookies') jar = createJar({ now })
    if (visit.sends === 'junk') jar.set('connect.sid=s%3Ajunk.junk; Path=/', url)
    const cookie = jar.header(url)
    const response = await fetch(`${site.base}/app/page`, {
      headers: { 'x-script': encodeURIComponent(JSON.stringify(visit)), ...(cookie && { cookie }) },
    })
    const lines = response.headers.getSetCookie()
    const gave = lines.filter((line) => !/^[^=]+=;/.test(line))
    for (const line of lines) jar.set(line, url)
    first ??= jar.all().length > 0 ? jar.copy() : undefined
    // Ours is written down less often than with each request.
    const text = (await response.text()) || JSON.stringify(`an empty body after ${response.status}`)
    const seen = JSON.stringify(JSON.parse(text)).replaceAll(/"expires":"[^"]+"/g, '"expires":"a time"')
    const looks = gave.map((line) =>
      line.replace(/=[^;]+/, '=…').replace(/Expires=([^;]+)/, (_, at) => `Expires=${(Date.parse(at) - now()) / 1000}`),
    )
    story.push({ status: response.status, seen: sorted(JSON.parse(seen)), lines: looks })
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
