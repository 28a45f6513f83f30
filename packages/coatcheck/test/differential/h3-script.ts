import { type Arbitrary, boolean, constant, constantFrom, integer, array as list, oneof, option, record } from 'fast-check'
import { H3 } from 'h3'
import { createApp, eventHandler, toWebHandler } from 'h3-v1'
import { commitSessions } from '../../src/adapters/h3.ts'
import { createJar, type Jar } from '../../src/testing/index.ts'

// A script of calls for h3's sessions, and what a browser and an application see of it.

/** What theirs and ours have in common. */
interface Session {
  readonly id?: string | undefined
  readonly createdAt?: number | undefined
  readonly data: object
}
interface Manager extends Session {
  update(update?: object): Promise<unknown>
  clear(): Promise<unknown>
}
export interface Api {
  useSession(event: never, config: never): Promise<Manager>
  getSession(event: never, config: never): Promise<Session>
  updateSession(event: never, config: never, update?: never): Promise<Session>
  clearSession(event: never, config: never): Promise<void>
  sealSession(event: never, config: never): Promise<string>
  unsealSession(event: never, config: never, sealed: never): Promise<Partial<Session>>
}

interface Change {
  readonly call: 'update' | 'updateSession'
  readonly how: 'object' | 'function' | 'in place'
  readonly key: string
  readonly value: unknown
}
export type Call = { readonly call: 'use' | 'get' | 'clear' | 'clearSession' | 'seal' | 'unseal' | 'captured' } | Change

export interface Visit {
  /** Seconds since the one before. */
  readonly wait: number
  /** What the browser has: its cookies, none, junk under the name, or what it had after the first visit; or the header, with the text of the last `seal`. */
  readonly sends: 'cookies' | 'nothing' | 'junk' | 'first' | 'header' | 'junk header'
  readonly calls: readonly Call[]
  /** Whether a script of the page asks, not the address bar. */
  readonly byScript?: boolean
  /** What the handler ends with. */
  readonly ends: 'ok' | 404 | 500
}

/** Attributes of the cookie; false: none is set. */
export interface Look {
  readonly path?: string
  readonly domain?: string
  readonly sameSite?: 'strict' | 'lax' | 'none'
  readonly secure?: boolean
  readonly maxAge?: number
}
export interface How {
  readonly name?: string
  readonly maxAge?: number
  readonly idleTimeout?: number
  readonly cookie?: Look | false
  readonly sessionHeader?: string | false
}

export interface Script {
  readonly how: How
  readonly visits: readonly Visit[]
}

const keys = constantFrom('a', 'b', 'count', '__proto_')
const values: Arbitrary<unknown> = oneof(
  { weight: 8, arbitrary: integer({ min: 0, max: 3 }) },
  { weight: 6, arbitrary: constantFrom<unknown>('', 'x', null, false, [1, [2]], { n: 1, deep: { s: 'é…日本' } }) },
  { weight: 1, arbitrary: constant('y'.repeat(2500)) },
)
const calls: Arbitrary<Call> = oneof(
  { weight: 4, arbitrary: record({ call: constant('use' as const) }) },
  { weight: 3, arbitrary: record({ call: constantFrom('get' as const, 'captured' as const) }) },
  {
    weight: 6,
    arbitrary: record({
      call: constantFrom('update' as const, 'updateSession' as const),
      how: constantFrom('object' as const, 'function' as const, 'in place' as const),
      key: keys,
      value: values,
    }),
  },
  { weight: 1, arbitrary: record({ call: constantFrom('clear' as const, 'clearSession' as const) }) },
  { weight: 1, arbitrary: record({ call: constantFrom('seal' as const, 'unseal' as const) }) },
)
const defined = (given: object): object => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
const how: Arbitrary<How> = record({
  name: constantFrom(undefined, undefined, undefined, 'own'),
  maxAge: constantFrom(undefined, 600, 7200),
  idleTimeout: constantFrom(undefined, undefined, 900),
  cookie: constantFrom<Look | false | undefined>(
    undefined,
    undefined,
    undefined,
    { path: '/shop' },
    { domain: 'shop.example' },
    { sameSite: 'strict' },
    { secure: false },
    { maxAge: 300 },
    false,
  ),
  sessionHeader: constantFrom(undefined, undefined, undefined, 'x-own', false),
}).map(defined)

export const scripts: Arbitrary<Script> = record({
  how,
  visits: list(
    record({
      wait: constantFrom(0, 0, 61, 307, 599, 613, 3607, 7213), // never an end to the second
      sends: constantFrom<Visit['sends']>(
        'cookies',
        'cookies',
        'cookies',
        'cookies',
        'cookies',
        'nothing',
        'junk',
        'first',
        'header',
        'junk header',
      ),
      calls: record({ first: option(constant<Call>({ call: 'use' }), { freq: 4 }), rest: list(calls, { maxLength: 4 }) }).map(
        ({ first, rest }): readonly Call[] => (first ? [first, ...rest] : rest),
      ),
      byScript: boolean(),
      ends: constantFrom<Visit['ends']>('ok', 'ok', 'ok', 'ok', 404, 500),
    }),
    { minLength: 1, maxLength: 5 },
  ),
})

const URL = 'https://shop.example/shop/x'
const json = (value: unknown): unknown => (value === undefined ? 'undefined' : JSON.parse(JSON.stringify(value)))

type Handler = (event: never) => Promise<unknown>

/** An application of this version with one page. */
function serving(version: 1 | 2, page: Handler): (request: Request) => Promise<Response> {
  if (version === 1)
    return toWebHandler(createApp({ onBeforeResponse: commitSessions() }).use(eventHandler((event) => page(event as never))))
  const app = new H3({ silent: true }).use(commitSessions()).all('/**', (event) => page(event as never))
  return async (request) => app.fetch(request)
}

export interface Clock {
  advance(seconds: number): void
}

/** What was seen, visit by visit, in an order in which two stories can be compared. */
export async function told(api: Api, version: 1 | 2, config: object, { how, visits }: Script, clock: Clock): Promise<object[]> {
  const name = how.name ?? 'h3'
  const header = how.sessionHeader || `x-${name}-session`
  const story: object[] = []
  /** Ids by when they were met first: theirs and ours are others. */
  const ids = new Map<string, number>()
  const idOf = ({ id }: Partial<Session>) => {
    if (id !== undefined && !ids.has(id)) ids.set(id, ids.size)
    return id === undefined ? 'none' : ids.get(id)
  }
  let jar = createJar()
  let first: Jar | undefined
  let sealed = ''
  let visit: Visit | undefined
  let seen: unknown[] = []

  const page: Handler = async (event) => {
    const given = config as never
    let manager: Manager | undefined
    let captured: object = {}
    const show = (session: Partial<Session>) => ({ data: json(session.data), ...(how.cookie !== false && { id: idOf(session) }) })
    const change = async ({ call, how, key, value }: Change): Promise<unknown> => {
      const update = {
        object: { [key]: value },
        function: (data: object) => ({ [key]: value, before: Object.keys(data).length }),
        'in place': (data: object) => void Object.assign(data, { [key]: value }),
      }[how]
      if (call === 'updateSession') return show(await api.updateSession(event, given, update as never))
      await manager?.update(update)
      return manager && show(manager)
    }
    const play = async (step: Call): Promise<unknown> => {
      switch (step.call) {
        case 'use':
          manager = await api.useSession(event, given)
          captured = manager.data
          return show(manager)
        case 'get':
          return json((await api.getSession(event, given)).data)
        case 'captured':
          return json(captured)
        case 'clear':
          await manager?.clear()
          return manager && show(manager)
        case 'clearSession':
          return api.clearSession(event, given)
        case 'seal':
          sealed = await api.sealSession(event, given)
          return 'sealed'
        case 'unseal':
          return json((await api.unsealSession(event, given, (sealed || 'junk') as never)).data)
        default:
          return change(step)
      }
    }
    for (const step of visit?.calls ?? []) seen.push((await play(step).catch(() => 'throws')) ?? null)
    const status = visit?.ends
    if (typeof status === 'number') throw Object.assign(new Error('ends'), { status, statusCode: status })
    return 'ok'
  }
  const fetch = serving(version, page)

  for (visit of visits) {
    const { wait, sends, byScript } = visit
    clock.advance(wait)
    seen = []
    if (sends === 'first') jar = first?.copy() ?? jar
    else if (sends === 'junk' || sends === 'nothing') jar = createJar()
    if (sends === 'junk') jar.set(`${name}=junk; Path=/; Secure`, URL)
    // Who sends a header is no browser.
    const isBrowser = !sends.endsWith('header')
    const own = isBrowser ? jar : createJar()
    const presented = sends === 'header' ? sealed : sends === 'junk header' ? 'junk' : ''
    const headers = {
      'sec-fetch-mode': byScript ? 'cors' : 'navigate',
      cookie: `other=1; ${own.header(URL)}`,
      ...(presented && { [header]: presented }),
    }
    const { status, headers: answered } = await fetch(new Request(URL, { headers }))
    const refused = answered.getSetCookie().flatMap((line) => own.set(line, URL) ?? [])
    if (browserOf(jar).length > 0) first ??= jar.copy()
    const given = answered.get(header) ? 'header' : browserOf(own).length > 0 ? 'cookie' : undefined
    story.push({ seen, status, refused, ...(isBrowser ? { browser: browserOf(own) } : { isGiven: given !== undefined, given }) })
  }
  return story
}

/** The cookies of a browser; an empty one opens nothing, and pieces of one are one. */
const browserOf = (jar: Jar): unknown[] =>
  jar
    .all()
    .filter(({ name, value }) => value !== '' && !/\.\d+$/.test(name))
    .map(({ value: _, createdAt: __, ...cookie }) => cookie)
