import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Request, type Response } from 'express'
import { type Arbitrary, constant, constantFrom, integer, array as list, oneof, record } from 'fast-check'
import { createJar, type Jar } from '../../src/testing/index.ts'

// A script of requests to an application on cookie-session, and what its handlers and a browser see of it.

export type Call =
  | { readonly call: 'set' | 'push'; readonly key: string; readonly value: unknown }
  | { readonly call: 'delete' | 'get'; readonly key: string }
  | { readonly call: 'json' | 'keys' | 'about' | 'old' | 'null' | 'remove' | 'httpOnly' }
  | { readonly call: 'assign'; readonly value: Readonly<Record<string, unknown>> }
  | { readonly call: 'maxAge'; readonly value: number }

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
  readonly secure?: boolean
  readonly sameSite?: string | boolean
  readonly path?: string
  readonly domain?: string
  readonly name?: string
  readonly httpOnly?: boolean
  readonly priority?: string
  readonly partitioned?: boolean
}

export interface Script {
  readonly configured: How
  readonly visits: readonly Visit[]
}

/** The only part of a session middleware that is used here. */
export type Make = (options: object) => unknown

const keys = constantFrom('a', 'b', 'list', 'user')
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
export const scripts: Arbitrary<Script> = record({ configured, visits: list(visits, { minLength: 1, maxLength: 8 }) })

export interface Site {
  readonly base: string
  close(): void
}

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
    const { status, calls: steps } = JSON.parse(decodeURIComponent(String(req.headers['x-script']))) as Visit
    const before: { session?: Session | null | undefined } = {}
    res.status(status).json(steps.map((step) => play(req as unknown as Seen, step, before) ?? null))
  })
  const server = createServer(app).listen(0, '127.0.0.1')
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

/** What was seen, visit by visit, in an order in which two stories can be compared. `tick`: seconds pass. */
export async function told(site: Site, script: Script, tick: (seconds: number) => void): Promise<unknown[]> {
  const url = 'http://shop.example/app/page'
  const now = (): number => Date.now()
  const { name = 'session', path = '/', domain } = script.configured
  const story: unknown[] = []
  let jar = createJar({ now })
  let first: Jar | undefined
  for (const visit of script.visits) {
    tick(visit.wait)
    if (visit.sends === 'first') jar = first?.copy() ?? jar
    else if (visit.sends !== 'cookies') jar = createJar({ now })
    if (visit.sends === 'junk') jar.set(`${name}=junk; Path=${path}${domain ? `; Domain=${domain}` : ''}`, url)
    const cookie = jar.header(url)
    const response = await fetch(`${site.base}/app/page`, {
      headers: { 'x-script': encodeURIComponent(JSON.stringify(visit)), ...(cookie && { cookie }) },
    })
    const lines = response.headers.getSetCookie()
    for (const line of lines) jar.set(line, url)
    first ??= jar.all().length > 0 ? jar.copy() : undefined
    const gave = lines.filter((line) => line.startsWith(`${name}=`) && !line.startsWith(`${name}=;`))
    const looks = gave.map((line) =>
      line.replace(/=[^;]+/, '=…').replace(/expires=([^;]+)/, (_, at) => `expires=${(Date.parse(at) - now()) / 1000}`),
    )
    story.push({ status: response.status, seen: sorted(await response.json()), lines: looks })
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
