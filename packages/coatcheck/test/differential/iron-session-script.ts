import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse, serialize } from 'cookie-es'
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

// A script of requests to an application on iron-session, and what its handlers and a browser see of it.

export type Call =
  | { readonly call: 'set' | 'push'; readonly key: string; readonly value: unknown }
  | { readonly call: 'delete' | 'get'; readonly key: string }
  | { readonly call: 'json' | 'keys' | 'about' | 'save' | 'destroy' | 'again' }
  | { readonly call: 'updateConfig'; readonly value: How }

export interface How {
  readonly cookieName?: string
  readonly ttl?: number
  readonly password?: Readonly<Record<string, string>>
  readonly cookieOptions?: Readonly<Record<string, unknown>>
}

export type Visit = VisitOf<Call>
export type Script = ScriptOf<Call, How>

export type Kind = 'node' | 'fetch' | 'cookies'

/** The part of the packages that is used here. */
export type Make = (...args: never[]) => Promise<object>

export const PASSWORD = 'a password of iron-session, long enough'
const NAME = 'app'

const keys = constantFrom('a', 'b', 'list', 'user')
const cookieOptions: Arbitrary<Readonly<Record<string, unknown>>> = record(
  {
    secure: oneof({ weight: 4, arbitrary: constant(false) }, { weight: 1, arbitrary: constant(true) }),
    maxAge: constantFrom(300, undefined),
    sameSite: constantFrom<unknown>('strict', 'none', true, 'lax'),
    path: constantFrom('/', '/app'),
    domain: constant('shop.example'),
    httpOnly: constantFrom(true, false),
  },
  { requiredKeys: ['secure'] },
)
const hows: Arbitrary<How> = record(
  { cookieOptions, cookieName: constantFrom('app', 'sid'), ttl: constantFrom(600, 0) },
  { requiredKeys: ['cookieOptions'] },
)
const calls: Arbitrary<Call> = oneof(
  { weight: 8, arbitrary: record({ call: constant('set' as const), key: keys, value: valuesUpTo(600) }) },
  {
    weight: 2,
    arbitrary: record({ call: constant('push' as const), key: constant('list'), value: integer({ min: 0, max: 9 }) }),
  },
  { weight: 3, arbitrary: record({ call: constantFrom('delete' as const, 'get' as const), key: keys }) },
  { weight: 6, arbitrary: record({ call: constantFrom('json' as const, 'keys' as const, 'about' as const) }) },
  { weight: 8, arbitrary: record({ call: constant('save' as const) }) },
  { weight: 2, arbitrary: record({ call: constantFrom('destroy' as const, 'again' as const) }) },
  { weight: 2, arbitrary: record({ call: constant('updateConfig' as const), value: hows }) },
)
export const scripts: Arbitrary<Script> = scriptsOf(hows, calls)

const optionsOf = (how: How): object => ({ cookieName: NAME, password: PASSWORD, ...how })

/** An application whose handler does what `X-Script` says. */
export function siteOf(kind: Kind, getIronSession: Make, options: How, more: object = {}): Promise<Site> {
  const given = { ...optionsOf(options), ...more }
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { status, calls: steps } = visitIn<Call>(req.headers)
    const [args, finish] = OPENED[kind](req, res)
    const open = (): Promise<object> => getIronSession(...([...args, given] as never[]))
    let session = (await open()) as Session
    const seen: unknown[] = []
    for (const step of steps) {
      if (step.call === 'again') session = (await open()) as Session
      else seen.push((await play(session, step, more)) ?? null)
    }
    finish()
    res.statusCode = status
    res.end(JSON.stringify(seen))
  }
  return served((req, res) => {
    answer(req, res).catch((error) => res.writeHead(500).end(JSON.stringify(String(error))))
  })
}

type Opened = readonly [args: readonly unknown[], finish: () => void]

const OPENED: Readonly<Record<Kind, (req: IncomingMessage, res: ServerResponse) => Opened>> = {
  node: (req, res) => [[req, res], () => {}],
  fetch(req, res) {
    const { cookie } = req.headers
    const request = new Request('http://shop.example/app/page', cookie === undefined ? {} : { headers: { cookie } })
    const response = new Response()
    return [[request, response], () => res.setHeader('set-cookie', response.headers.getSetCookie())]
  },
  // As of `await cookies()` in Next.js.
  cookies(req, res) {
    const values = new Map(Object.entries(parse(req.headers.cookie ?? '')))
    const lines = new Map<string, string>()
    const store = {
      get: (name: string) => (values.has(name) ? { name, value: values.get(name) ?? '' } : undefined),
      getAll: () => [...values].map(([name, value]) => ({ name, value })),
      set(name: string, value: string, { sameSite, ...options }: { readonly sameSite?: string | boolean }) {
        values.set(name, value)
        const site = sameSite === true ? 'strict' : sameSite
        lines.set(name, `${serialize(name, value, options)}${site ? `; SameSite=${site}` : ''}`)
      },
    }
    return [[store], () => res.setHeader('set-cookie', [...lines.values()])]
  },
}

interface Session extends Record<string, unknown> {
  save(): Promise<void>
  destroy(): unknown
  updateConfig(options: object): void
}

async function play(session: Session, step: Call, more: object): Promise<unknown> {
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
    case 'about':
      return [typeof session.save, typeof session.destroy, 'save' in session, Object.prototype.toString.call(session)]
    case 'save':
      return session.save().then(
        () => 'saved',
        () => 'refused',
      )
    case 'destroy':
      return void (await session.destroy())
    case 'updateConfig':
      return session.updateConfig({ ...optionsOf(step.value), ...more })
    default:
      return undefined
  }
}

/** How its cookies and its answers look. */
export const looksOf = ({ configured: { cookieName = NAME, cookieOptions: { path = '/', domain } = {} } }: Script): Looks => ({
  junk: `${cookieName}=junk; Path=${path}${domain ? `; Domain=${domain}` : ''}`,
  gives: (line) => /^(app|sid)=/.test(line),
  seen: (text): unknown => JSON.parse(text),
})

/** Of several lines of one cookie, which iron-session may send, browsers go by the last; and of a longer time by 400 days (RFC 6265bis 5.5). */
export function lastLines(story: unknown[]): unknown[] {
  return (story as { readonly lines: readonly string[] }[]).map((each) => ({
    ...each,
    lines: [...new Map(each.lines.map((line) => [line.split('=', 1)[0], line])).values()]
      .map((line) => line.replace('Max-Age=2147483647', 'Max-Age=34560000'))
      .toSorted(),
  }))
}
