import { inspect } from 'node:util'
import { type Arbitrary, constantFrom, integer, array as list, oneof, record } from 'fast-check'
import { createJar, type Jar } from '../../src/testing/index.ts'

// A script of calls for the object that Astro's pages have as `Astro.session`, and what a browser and a page see of it.

/** What theirs and ours have in common. */
export interface Session {
  readonly sessionID: string | undefined
  get(key: string): Promise<unknown>
  has(key: string): Promise<boolean>
  set(key: string, value: unknown, options?: { ttl?: number }): void
  delete(key: string): void
  keys(): Promise<Iterable<string>>
  values(): Promise<unknown[]>
  entries(): Promise<[string, unknown][]>
  regenerate(): Promise<void>
  destroy(): void
  load(id: string): Promise<void>
}

/** `Astro.cookies`. */
export interface Cookies {
  has(name: string): boolean
}

/** A site of one page: what it does with the session of a request; the `Set-Cookie` lines of its answer. */
export interface Site {
  ask(cookie: string, page: (session: Session, cookies: Cookies) => Promise<void>, status: number): Promise<readonly string[]>
}

/** A value, or the name of one that is made anew each time. */
type Value = { readonly value: unknown; readonly rich?: never } | { readonly rich: Rich }

export type Call =
  | { readonly call: 'get' | 'has' | 'delete'; readonly key: string }
  /** With `changes` what was given is changed inside afterwards. */
  | ({ readonly call: 'set'; readonly key: string; readonly ttl?: number; readonly changes?: true } & Value)
  /** What `get` gives is changed inside, and set again or not. */
  | { readonly call: 'change'; readonly key: string; readonly sets: boolean }
  /** `order`: the keys as they come. */
  | { readonly call: 'keys' | 'values' | 'entries' | 'order' | 'regenerate' | 'regenerate!' | 'destroy' | 'hasID' | 'hasCookie' }
  /** The id of the first session of the script, the visitor's own, one that was never given, no id; with `!` nobody awaits it. */
  | { readonly call: 'load' | 'load!'; readonly id: 'first' | 'own' | 'unknown' | 'junk' }

export interface Visit {
  /** Seconds since the one before. */
  readonly wait: number
  /** What the browser has: its cookies, none, junk under the name, an id that was never given, or what it had after the first visit. */
  readonly sends: 'cookies' | 'nothing' | 'junk' | 'unknown' | 'first'
  readonly calls: readonly Call[]
  /** Of the answer. */
  readonly status?: number
}

export interface Configured {
  readonly ttl?: number
  readonly cookie?: {
    readonly name?: string
    readonly maxAge?: number
    readonly path?: string
    readonly domain?: string
    readonly sameSite?: 'strict' | 'none' | true
  }
}

export interface Script {
  readonly configured: Configured
  readonly visits: readonly Visit[]
}

class Price {
  readonly amount = 3
}

type Rich = 'list' | 'object' | 'date' | 'map' | 'set' | 'url' | 'bytes' | 'regexp' | Refused
type Refused = 'instance' | 'function' | 'inside' | 'symbol'

/** Made anew each time: nobody is to share one. */
const rich: Readonly<Record<Rich, () => unknown>> = {
  list: () => [1, [2]],
  object: () => ({ n: 1, deep: { s: 'é…日本' } }),
  date: () => new Date(1e12),
  map: () => new Map([['a', { b: 1 }]]),
  set: () => new Set([1, 'x']),
  url: () => new URL('https://x.example/y'),
  bytes: () => new Uint8Array([1, 2, 3]),
  regexp: () => /a+/gi,
  instance: () => new Price(),
  function: () => () => 1,
  inside: () => ({ run: () => 1 }),
  symbol: () => Symbol('s'),
}

/** Whether Astro stores it, and does not throw. */
export const isStorable = (value: Value): boolean =>
  !(['instance', 'function', 'inside', 'symbol'] satisfies Refused[] as (Rich | undefined)[]).includes(value.rich)

const keys = constantFrom('a', 'a', 'b', 'c', 'cart', '', '__proto__')
const values: Arbitrary<Value> = oneof(
  { weight: 4, arbitrary: record({ value: integer({ min: 0, max: 3 }) }) },
  { weight: 2, arbitrary: record({ value: constantFrom<unknown>('', 'x', null, undefined, false, Number.NaN, -0, 12n) }) },
  { weight: 4, arbitrary: record({ rich: constantFrom(...(Object.keys(rich) as Rich[])) }) },
)
const calls: Arbitrary<Call> = oneof(
  {
    weight: 8,
    arbitrary: record({
      value: values,
      how: record({ ttl: constantFrom(60, 3600), changes: constantFrom(true as const) }, { requiredKeys: [] }),
      key: keys,
    }).map(({ value, how, key }): Call => ({ call: 'set', key, ...value, ...how })),
  },
  { weight: 6, arbitrary: record({ call: constantFrom('get' as const, 'has' as const, 'delete' as const), key: keys }) },
  { weight: 2, arbitrary: record({ call: constantFrom('change' as const), key: keys, sets: constantFrom(true) }) },
  {
    weight: 5,
    arbitrary: record({
      call: constantFrom('keys' as const, 'values' as const, 'entries' as const, 'regenerate' as const, 'destroy' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: record({
      call: constantFrom('load' as const, 'load!' as const),
      id: constantFrom('first' as const, 'first' as const, 'own' as const),
    }),
  },
)

const cookies = constantFrom<Configured['cookie']>(
  ...Array(6).fill(undefined),
  ...[{ name: 'shop' }, { maxAge: 600 }, { maxAge: 7200 }, { path: '/shop' }, { domain: 'shop.example' }],
  ...(['strict', 'none', true] as const).map((sameSite) => ({ sameSite })),
)
const visits: Arbitrary<Visit> = record({
  wait: constantFrom(0, 0, 0, 61, 301, 599, 3599, 7201, 20_000),
  sends: constantFrom<Visit['sends']>(
    ...Array<Visit['sends']>(8).fill('cookies'),
    ...(['nothing', 'junk', 'unknown', 'first'] as const),
  ),
  calls: list(calls, { maxLength: 5 }),
})

export const scripts: Arbitrary<Script> = record({
  ttl: constantFrom(undefined, undefined, 600, 7200),
  cookie: cookies,
  visits: list(visits, { minLength: 1, maxLength: 5 }),
}).map(({ ttl, cookie, visits }) => ({
  configured: { ...(ttl !== undefined && { ttl }), ...(cookie && { cookie }) },
  // With a `maxAge` only visits that set something can be compared.
  visits: cookie?.maxAge === undefined ? visits : visits.map((visit) => ({ ...visit, calls: [...visit.calls, SET] })),
}))
const SET: Call = { call: 'set', key: 'z', value: 1 }

const URL_ = 'https://shop.example/shop/x'
/** In the form of Astro's. */
const neverGiven = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

const seen = (value: unknown): string => inspect(value, { depth: 9, sorted: true })

export interface Clock {
  advance(seconds: number): void
}

/** What was seen, visit by visit, in an order in which two stories can be compared. */
export async function told(site: Site, { configured, visits }: Script, clock: Clock): Promise<unknown[]> {
  const name = configured.cookie?.name ?? 'astro-session'
  const story: unknown[] = []
  let jar = createJar({ now: () => Date.now() })
  let first: Jar | undefined
  let others = 2
  const valueIn = (from: Jar | undefined) => from?.all().find((cookie) => cookie.name === name)?.value ?? neverGiven(others++)
  for (const { wait, sends, calls: steps, status = 200 } of visits) {
    clock.advance(wait)
    if (sends === 'first') jar = first?.copy() ?? jar
    else if (sends !== 'cookies') jar = createJar({ now: () => Date.now() })
    const planted = { junk: 'junk', unknown: neverGiven(0) }[sends as string]
    if (planted) jar.set(`${name}=${planted}; Path=${configured.cookie?.path ?? '/'}; Secure`, URL_)
    const ids = { first: valueIn(first), own: valueIn(jar), unknown: neverGiven(1), junk: 'x' }
    const results: unknown[] = []
    let lines: readonly string[] | 'throws' = 'throws'
    const refused: unknown[] = []
    try {
      lines = await site.ask(
        `other=1; ${jar.header(URL_)}`,
        async (session, cookies) => {
          for (const step of steps) results.push(await play({ session, cookies, name, ids }, step))
        },
        status,
      )
      for (const line of lines) refused.push(jar.set(line, URL_))
    } catch {
      results.push('the request fails')
    }
    const { cookies, values } = await browserOf(site, jar, name)
    if (cookies.length > 0) first ??= jar.copy()
    story.push({ results, refused: refused.filter(Boolean), cookies, values })
  }
  return story
}

interface Page {
  readonly session: Session
  readonly cookies: Cookies
  /** Of the cookie. */
  readonly name: string
  readonly ids: Readonly<Record<string, string>>
}

async function play({ session, cookies, name, ids }: Page, step: Call): Promise<unknown> {
  try {
    switch (step.call) {
      case 'get':
        return seen(await session.get(step.key))
      case 'has':
        return await session.has(step.key)
      case 'delete':
        return session.delete(step.key)
      case 'set': {
        const value = step.rich ? rich[step.rich]() : step.value
        session.set(step.key, value, step.ttl === undefined ? undefined : { ttl: step.ttl })
        return step.changes && void changeInside(value)
      }
      case 'change': {
        const value = await session.get(step.key)
        changeInside(value)
        return step.sets && value !== undefined ? session.set(step.key, value) : undefined
      }
      case 'keys':
        return [...(await session.keys())].sort()
      case 'order':
        return [...(await session.keys())]
      case 'values':
        return (await session.values()).map(seen).sort()
      case 'entries':
        return (await session.entries()).map(seen).sort()
      case 'hasID':
        return session.sessionID !== undefined
      case 'load':
        return await session.load(ids[step.id] ?? '')
      case 'load!':
        return void session.load(ids[step.id] ?? '').catch(() => {})
      case 'regenerate!':
        return void session.regenerate().catch(() => {})
      case 'hasCookie':
        return cookies.has(name)
      default:
        return await session[step.call]()
    }
  } catch {
    return 'throws'
  }
}

function changeInside(value: unknown): void {
  if (Array.isArray(value)) value.push(9)
  else if (value instanceof Map) value.set('changed', 9)
  else if (value instanceof Set) value.add(9)
  else if (value && Object.getPrototypeOf(value) === Object.prototype) Object.assign(value, { changed: true })
}

/** The cookies of a browser, and what is in its session; one that opens an empty session is as good as none. */
async function browserOf(site: Site, jar: Jar, name: string): Promise<{ cookies: unknown[]; values: string[] }> {
  let values: string[] = []
  const look = async (session: Session) => {
    values = (await session.entries()).map(seen).sort()
  }
  await site.ask(jar.header(URL_), look, 200)
  const cookies = jar.all().filter((cookie) => cookie.name !== name || values.length > 0)
  return { cookies: cookies.map(({ value: _, createdAt: __, ...cookie }) => cookie), values }
}
