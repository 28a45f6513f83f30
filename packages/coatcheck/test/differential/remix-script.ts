import { type Arbitrary, constant, constantFrom, integer, array as list, oneof, option, record } from 'fast-check'
import { isIdle } from '../../src/cookies/idle.ts'
import { createJar, type Jar } from '../../src/testing/index.ts'

// A script of calls for any storage with the interface of Remix, and what a browser and an application see of it.

/** What theirs and ours have in common. */
export interface Session {
  readonly id: string
  readonly data: object
  has(key: string): boolean
  get(key: string): unknown
  set(key: string, value: unknown): void
  unset(key: string): void
  flash(key: string, value: unknown): void
}
export interface Storage {
  getSession(header?: string | null): Promise<Session>
  commitSession(session: never, options?: object): Promise<string>
  destroySession(session: never, options?: object): Promise<string>
}

export type Call =
  | { readonly call: 'get' | 'has' | 'unset'; readonly key: string }
  | { readonly call: 'set' | 'flash'; readonly key: string; readonly value: unknown }
  | { readonly call: 'commit' | 'destroy' }

export interface Visit {
  /** Seconds since the one before. */
  readonly wait: number
  /** What the browser has: its cookies, none, junk under the name, or what it had after the first visit. */
  readonly sends: 'cookies' | 'nothing' | 'junk' | 'first'
  readonly calls: readonly Call[]
}

/** Attributes of a cookie; `expiresIn`: seconds from when they are said. */
export interface How {
  readonly maxAge?: number
  readonly expiresIn?: number
  readonly path?: string
  readonly domain?: string
  readonly sameSite?: string
}

export interface Script {
  readonly configured: How
  /** What each commit and each end says. */
  readonly says: How | undefined
  readonly visits: readonly Visit[]
}

class Price {
  readonly amount: number
  constructor(amount: number) {
    this.amount = amount
  }
  doubled(): number {
    return 2 * this.amount
  }
}

const keys = constantFrom('a', 'b', 'message', '', '__proto_', '__flash_message__')
const values: Arbitrary<unknown> = oneof(
  { weight: 6, arbitrary: integer({ min: 0, max: 3 }) },
  { weight: 6, arbitrary: constantFrom<unknown>('', 'x', null, false, [1, [2]], { n: 1, deep: { s: 'é…日本' } }) },
  // Made anew each time: nobody is to share one.
  {
    weight: 2,
    arbitrary: constantFrom('instance', 'toJSON', 'function inside').map((kind) =>
      kind === 'instance'
        ? new Price(3)
        : kind === 'toJSON'
          ? { secret: 1, toJSON: () => ({ shown: 2 }) }
          : { run: () => 1, left: true },
    ),
  },
  { weight: 1, arbitrary: constant('y'.repeat(6000)) },
)
const calls: Arbitrary<Call> = oneof(
  { weight: 6, arbitrary: record({ call: constantFrom('set' as const, 'flash' as const), key: keys, value: values }) },
  { weight: 6, arbitrary: record({ call: constantFrom('get' as const, 'has' as const, 'unset' as const), key: keys }) },
  { weight: 5, arbitrary: record({ call: constant('commit' as const) }) },
)
const times = constantFrom<How>({}, {}, {}, { maxAge: 600 }, { maxAge: 7200 }, { expiresIn: 7200 })
const looks = constantFrom<How>({}, {}, { path: '/shop' }, { domain: 'shop.example' }, { sameSite: 'strict' })
const how = record({ time: times, look: looks }).map(({ time, look }): How => ({ ...time, ...look }))

export const scripts: Arbitrary<Script> = record({
  configured: how,
  says: option(how, { nil: undefined, freq: 2 }),
  visits: list(
    record({
      wait: constantFrom(0, 0, 60, 300, 599, 600, 3600, 7200),
      sends: constantFrom<Visit['sends']>('cookies', 'cookies', 'cookies', 'cookies', 'cookies', 'nothing', 'junk', 'first'),
      calls: record({
        some: list(calls, { maxLength: 5 }),
        last: constantFrom<'commit' | 'destroy' | undefined>('commit', 'commit', 'commit', 'destroy', undefined),
      }).map(({ some, last }): readonly Call[] => (last ? [...some, { call: last }] : some)),
    }),
    { minLength: 1, maxLength: 5 },
  ),
})

const URL = 'https://shop.example/shop/x'

/** As options of a cookie or of a call. */
export const optionsOf = ({ expiresIn, ...rest }: How): object => ({
  ...rest,
  ...(expiresIn !== undefined && { expires: new Date(Date.now() + expiresIn * 1000) }),
})

const json = (value: unknown): unknown =>
  value === undefined ? 'undefined' : JSON.parse(JSON.stringify(value) ?? '"a function"')

export interface Clock {
  advance(seconds: number): void
}

/** What was seen, visit by visit, in an order in which two stories can be compared. */
export async function told(storage: Storage, { says, visits }: Script, clock: Clock): Promise<unknown[]> {
  const story: unknown[] = []
  let jar = createJar({ now: () => Date.now() })
  let first: Jar | undefined
  for (const { wait, sends, calls: steps } of visits) {
    clock.advance(wait)
    if (sends === 'first') jar = first?.copy() ?? jar
    else if (sends !== 'cookies') jar = createJar({ now: () => Date.now() })
    if (sends === 'junk') jar.set('__session=junk; Path=/; Secure', URL)
    const session = await storage.getSession(sends === 'nothing' ? null : `other=1; ${jar.header(URL)}`)
    const seen: unknown[] = [json(session.data)]
    for (const step of steps) seen.push(await play(storage, session, step, says, jar))
    // What is left of the object after its end is listed.
    const data = steps.at(-1)?.call === 'destroy' ? 'ended' : json(session.data)
    const browser = await browserOf(storage, jar)
    if (browser.length > 0) first ??= jar.copy()
    story.push({ seen, data, isNameless: session.id === '', browser })
  }
  return story
}

async function play(storage: Storage, session: Session, step: Call, says: How | undefined, jar: Jar): Promise<unknown> {
  try {
    if (step.call === 'get' || step.call === 'has') return json(session[step.call](step.key))
    if (step.call === 'unset') return session.unset(step.key)
    if (step.call === 'set' || step.call === 'flash') return session[step.call](step.key, step.value)
    const method = step.call === 'commit' ? 'commitSession' : 'destroySession'
    const line = await storage[method](session as never, says && optionsOf(says))
    const refused = line !== '' && !isIdle(line) && jar.set(line, URL)
    return { name: line.slice(0, line.indexOf('=')), isRefused: refused || false }
  } catch {
    return 'throws'
  }
}

/** The cookies of a browser; one that opens an empty session is as good as none. */
async function browserOf(storage: Storage, jar: Jar): Promise<unknown[]> {
  const header = jar.header(URL)
  if (header === '' || Object.keys((await storage.getSession(header)).data).length === 0) return []
  return jar.all().map(({ value: _, createdAt: __, ...cookie }) => cookie)
}
