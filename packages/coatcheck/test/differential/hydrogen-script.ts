import { type Arbitrary, constant, constantFrom, integer, array as list, oneof, record } from 'fast-check'
import { createJar, type Jar } from '../../src/testing/index.ts'

// A script of requests to a shop on Hydrogen 1, and what its routes and a browser see of it.

/** What Hydrogen asks of a storage, and gives its routes. */
export interface Adapter {
  get(request: Request): Promise<object>
  set(request: Request, values: never): Promise<string>
  destroy(request: Request): Promise<string>
}
export interface Api {
  get(): Promise<Record<string, unknown>>
  set(key: string, value: unknown): Promise<void>
  getFlash(key: string): Promise<unknown>
  destroy(): Promise<void>
}
export type Factory = (log?: object) => Adapter
/** Hydrogen's own way to call a route. */
export type Render = (
  request: Request,
  route: { resource(request: Request, api: { session: Api }): Promise<unknown>; params: object },
  config: object,
  how: { session: Adapter; suppressLog: boolean },
) => Promise<Response>

/** What theirs and ours have in common. */
export interface CookieLike {
  readonly data: object
  readonly expires: number
  parse(header: string): object
  set(key: string, value: unknown): void
  setAll(values: never): void
  serialize(): string
  destroy(): string
  setSessionid(id: string): void
  getSessionId(request: Request): string | null | undefined
}

/** Of a route, and of a `Cookie`: those that the other does not have do nothing there. */
export type Call =
  | { readonly call: 'get' | 'destroy' | 'send' | 'setId' | 'getId' | 'expires' }
  | { readonly call: 'getFlash'; readonly key: string }
  /** `change`: in the values that `get` gave, and not set. */
  | { readonly call: 'set' | 'change'; readonly key: string; readonly value: unknown }

export interface Visit {
  /** Seconds since the one before. */
  readonly wait: number
  /** What the browser has: its cookies, none, junk under the name, or what it had after the first visit. */
  readonly sends: 'cookies' | 'nothing' | 'junk' | 'first'
  readonly calls: readonly Call[]
}

/** Attributes of the cookie; `expiresIn`: seconds from when the site was started. */
export interface How {
  readonly maxAge?: number
  readonly expiresIn?: number
  readonly path?: string
  readonly domain?: string
  readonly samesite?: string
}

export interface Script {
  readonly configured: How
  readonly visits: readonly Visit[]
}

class Price {
  readonly amount = 3
}

const keys = constantFrom('a', 'b', 'message', '__proto_', 'sid')
const values: Arbitrary<unknown> = oneof(
  { weight: 6, arbitrary: integer({ min: 0, max: 3 }) },
  { weight: 6, arbitrary: constantFrom<unknown>('', 'x', null, false, [1, [2]], { n: 1, deep: { s: 'é…日本; =%' } }) },
  // Made anew each time: nobody is to share one.
  {
    weight: 2,
    arbitrary: constantFrom('instance', 'toJSON', 'function inside').map((kind) =>
      kind === 'instance'
        ? new Price()
        : kind === 'toJSON'
          ? { secret: 1, toJSON: () => ({ shown: 2 }) }
          : { run: () => 1, left: true },
    ),
  },
  { weight: 1, arbitrary: constant('y'.repeat(6000)) },
)
const routeCalls: Arbitrary<Call> = oneof(
  { weight: 6, arbitrary: record({ call: constant('set' as const), key: keys, value: values }) },
  { weight: 3, arbitrary: record({ call: constant('getFlash' as const), key: keys }) },
  { weight: 4, arbitrary: constant({ call: 'get' } as const) },
  { weight: 1, arbitrary: record({ call: constant('change' as const), key: keys, value: integer({ min: 4, max: 6 }) }) },
  { weight: 2, arbitrary: constant({ call: 'destroy' } as const) },
)
const cookieCalls: Arbitrary<Call> = oneof(
  {
    weight: 6,
    arbitrary: record({ call: constant('set' as const), key: constantFrom('a', 'b', '__proto_'), value: values }),
  },
  {
    weight: 12,
    arbitrary: constantFrom('get', 'send', 'send', 'send', 'destroy', 'setId', 'getId', 'expires').map(
      (call): Call => ({ call }) as Call,
    ),
  },
)
const times = constantFrom<How>({}, {}, {}, { maxAge: 600 }, { maxAge: 7200 }, { expiresIn: 7200 })
const looks = constantFrom<How>({}, {}, { path: '/shop' }, { domain: 'shop.example' }, { samesite: 'Strict' })

const scriptsOf = (calls: Arbitrary<Call>): Arbitrary<Script> =>
  record({
    configured: record({ time: times, look: looks }).map(({ time, look }): How => ({ ...time, ...look })),
    visits: list(
      record({
        wait: constantFrom(0, 0, 60, 599, 600, 3600, 7200, 86_400),
        sends: constantFrom<Visit['sends']>('cookies', 'cookies', 'cookies', 'cookies', 'cookies', 'nothing', 'junk', 'first'),
        calls: list(calls, { maxLength: 5 }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  })
export const scripts: Arbitrary<Script> = scriptsOf(routeCalls)
export const cookieScripts: Arbitrary<Script> = scriptsOf(cookieCalls)

const URL = 'https://shop.example/shop/x'

/** As options of a cookie; `evaluated`: when the site was started, in milliseconds since the epoch. */
export const optionsOf = ({ expiresIn, path = '/', ...rest }: How, evaluated: number): object => ({
  ...rest,
  path,
  secure: true,
  ...(expiresIn !== undefined && { expires: new Date(evaluated + expiresIn * 1000) }),
})

const json = (value: unknown): unknown =>
  value === undefined ? 'undefined' : JSON.parse(JSON.stringify(value) ?? '"a function"')

export interface Clock {
  advance(seconds: number): void
}

/** What becomes of one request: what its calls gave, and the lines that its answer carries. */
type Answer = (request: Request, calls: readonly Call[]) => Promise<{ seen: unknown; lines: readonly string[] }>

/** How a shop answers; `opens`: what a new request with these cookies finds. */
export interface Shop {
  readonly answer: Answer
  readonly opens: (request: Request) => Promise<object>
}

/** A shop whose routes are called by Hydrogen. `make` is called for each request, as Hydrogen evaluates its configuration. */
export const shopOf = (render: Render, make: () => Factory): Shop => ({
  async answer(request, calls) {
    const seen: unknown[] = []
    const resource = async (_: Request, { session }: { session: Api }) => {
      for (const step of calls) seen.push(await play(session, step))
      return {}
    }
    const response = await render(request, { resource, params: {} }, {}, { session: make()({}), suppressLog: true })
    return { seen: { seen, status: response.status }, lines: response.headers.getSetCookie() }
  },
  opens: (request) => make()({}).get(request),
})

async function play(session: Api, step: Call): Promise<unknown> {
  if (step.call === 'get') return json(await session.get())
  if (step.call === 'getFlash') return json(await session.getFlash(step.key))
  if (step.call === 'set') return void (await session.set(step.key, step.value))
  if (step.call === 'destroy') return void (await session.destroy())
  if (step.call === 'change') (await session.get())[step.key] = step.value
}

/** A shop that has nothing but a `Cookie`. */
export const shopOfCookie = (make: () => CookieLike): Shop => ({
  async answer(request, calls) {
    const [cookie, seen, lines]: [CookieLike, unknown[], string[]] = [make(), [], []]
    seen.push(json(cookie.parse(request.headers.get('cookie') ?? '')))
    for (const step of calls) seen.push(tried(cookie, request, step, lines))
    return { seen, lines }
  },
  async opens(request) {
    return make().parse(request.headers.get('cookie') ?? '')
  },
})

function tried(cookie: CookieLike, request: Request, step: Call, lines: string[]): unknown {
  try {
    if (step.call === 'get') return json(cookie.data)
    if (step.call === 'set') return cookie.set(step.key, step.value)
    if (step.call === 'setId') return cookie.setSessionid('row 1')
    if (step.call === 'getId') return cookie.getSessionId(request) ?? 'none'
    if (step.call === 'expires') return cookie.expires
    if (step.call === 'send') return void lines.push(cookie.serialize())
    if (step.call === 'destroy') return void lines.push(cookie.destroy())
  } catch {
    return 'throws'
  }
}

/** What was seen, visit by visit, in an order in which two stories can be compared. */
export async function told(shop: Shop, name: string, { configured, visits }: Script, clock: Clock): Promise<unknown[]> {
  const story: unknown[] = []
  let jar = createJar({ now: () => Date.now() })
  let first: Jar | undefined
  const ask = (header: string | undefined): Request =>
    new Request(URL, { headers: header === undefined ? {} : { cookie: `other=1; ${header}` } })
  for (const { wait, sends, calls } of visits) {
    clock.advance(wait)
    if (sends === 'first') jar = first?.copy() ?? jar
    else if (sends !== 'cookies') jar = createJar({ now: () => Date.now() })
    if (sends === 'junk') jar.set(`${name}=junk; Path=/; Secure`, URL)
    const { seen, lines } = await shop.answer(ask(sends === 'nothing' ? undefined : jar.header(URL)), calls)
    const refused = lines.map((line) => (line === '' ? false : (jar.set(line, URL) ?? false)))
    const opens = json(await shop.opens(ask(jar.header(URL)))) as object
    const browser = Object.keys(opens).length === 0 ? [] : jar.all().map((cookie) => looksOf(cookie, configured))
    if (browser.length > 0) first ??= jar.copy()
    story.push({ seen, refused: refused.filter(Boolean), opens, browser })
  }
  return story
}

/** Without what is of ours alone. */
function looksOf(cookie: object, { samesite }: How): object {
  const { value: _, createdAt: __, httpOnly: ___, sameSite, ...looks } = cookie as Record<string, unknown>
  return { ...looks, ...(samesite && { sameSite }) }
}
