import { AsyncLocalStorage } from 'node:async_hooks'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { withSession } from '../../src/adapters/fetch.ts'
import type { Session } from '../../src/core/session/types.ts'
import { sessionsOf } from '../../src/core/sessions.ts'
import { deviceBound } from '../../src/device-bound.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { type DeviceVisitor, deviceVisitor } from '../../src/testing/device-visitor.ts'
import type { Scheduler } from '../../src/testing/interleave.ts'
import { createJar, type Jar } from '../../src/testing/jar.ts'
import { type Visitor, visitor } from '../../src/testing/visitor.ts'

/** The parts of the engine under test; a mutant brings its own. */
export interface BoundEngine {
  readonly sessionsOf: typeof sessionsOf
  readonly withSession: typeof withSession
  readonly deviceBound: typeof deviceBound
}

export type Kind = 'stored' | 'sealed' | 'revocable'
/** `before` and `after`: the next call fails, and was carried out or not; `late`: it fails, and is carried out later. */
export type Failure = 'before' | 'after' | 'late'

export const BOUND = '__Host-session-bound'
export const TICKET = '__Host-Http-session'
/** Seconds. */
export const MAX_AGE = 300
export const FIRST = 10
export const GRACE = 60
export const SKEW = 60

const START = 4_000_000_000_000
const OLD = 'kY8!vQ2m#Zr7@pLx4^Tn9&Wc6*Hd3$Bf1'
const NEW = 'Wq5&nXb2!Jc9%tRm6(Ds3)Kp8+Fg1=Hv4'
/** A new secret is first read, then writes, then is alone; or the old one is revoked. */
const STAGES = [[OLD], [OLD, NEW], [NEW, OLD], [NEW, { secret: OLD, state: 'revoked' }]] as const
export type Stage = 0 | 1 | 2 | 3
const LOOKING = [NEW, OLD]

/** What a page saw. */
export interface Seen {
  readonly owner: string | null
  readonly bound: string
  readonly readOnly: boolean
  readonly keys: readonly string[]
}

/** A request that was answered, as everybody can see who looks at the wire. */
export interface Said {
  readonly by: string
  readonly whose: 'ada' | 'thief'
  readonly path: string
  readonly status: number
  /** Seconds since all began. */
  readonly at: number
  /** What it gave, and what it cleared. */
  readonly ticket: string | undefined
  readonly cookie: string | undefined
  readonly clears: readonly string[]
  /** Whether a refresh had been answered when it was sent; when it was answered. */
  readonly wasConfirmed: boolean
  readonly isConfirmed: boolean
  /** Whether the device's cookie came along, and the session was lapsed all the same. */
  readonly hadCookie: boolean
  readonly isLapsed: boolean
  readonly writes: number
}

export interface Site {
  readonly sessions: ReturnType<typeof sessionsOf>
  readonly handle: (request: Request) => Promise<Response>
}

const KEYS = Array.from({ length: 16 }, () => generateKeyPairSync('ec', { namedCurve: 'P-256' }))
const AT_ONCE = {
  exportKey: async (_: string, key: KeyObject) => key.export({ format: 'jwk' }),
  sign: async (_: unknown, key: KeyObject, bytes: Uint8Array) => sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }),
}

/** WebCrypto works in other threads, and a schedule may wait for nothing outside: until the answer is called, browsers have their keys at once. */
export function keysAtOnce(): () => void {
  let next = 0
  const instead = { ...AT_ONCE, generateKey: async () => KEYS[next++ % KEYS.length] }
  Object.assign(crypto.subtle, instead)
  return () => {
    for (const name of Object.keys(instead)) Reflect.deleteProperty(crypto.subtle, name)
  }
}

const DEAD = Symbol('dead')
const never = new Promise<never>(() => {})
const WRITES = new Set(['create', 'update', 'delete', 'touch'])

export interface WorldOptions {
  readonly engine?: BoundEngine | undefined
  readonly kind: Kind
  /** Seconds. */
  readonly idle?: number | undefined
  readonly absolute?: number | undefined
}

/** Several processes of one site with one store, a browser with keys, somebody who copies what it holds, and what all of them saw. */
export class BoundWorld {
  /** Seconds since all began. */
  time = 0
  readonly said: Said[] = []
  readonly fails: Failure[] = []
  /** A refresh has been answered: from here on the browser has the cookie. */
  isConfirmed = false
  /** Of the registration that was asked for last. */
  offer: string | undefined
  /** What the browser sent last to register or to refresh. */
  own: Request | undefined
  /** Those with a key of their own, and the ticket that they came with. */
  readonly thieves: { readonly thief: DeviceVisitor; readonly of: string }[] = []
  readonly jar: Jar
  readonly ada: DeviceVisitor
  readonly #as = new AsyncLocalStorage<string>()
  readonly #turns: Scheduler
  readonly #options: WorldOptions
  readonly #store: Store
  readonly #sites = new Map<string, Site>()
  readonly #stages = new Map<string, Stage>()
  readonly #deaths = new Map<string, PromiseWithResolvers<never>>()
  readonly #dead = new Set<string>()
  readonly #ends = new Map<string, PromiseWithResolvers<void>>()
  readonly #writes = new Map<string, number>()

  constructor(turns: Scheduler, options: WorldOptions) {
    this.#turns = turns
    this.#options = options
    this.#store = memoryStore({ now: this.now })
    this.jar = createJar({ now: this.now })
    this.ada = deviceVisitor((request) => this.#exchange(request as Request, 'ada'), { now: this.now, jar: this.jar })
  }

  now = (): number => START + this.time * 1000

  pass(seconds: number): void {
    this.time += seconds
  }

  /** Does something in the name of an actor, whose process serves its requests. */
  as<T>(actor: string, act: () => T): T {
    return this.#as.run(actor, act)
  }

  step(call: string, act: () => void = () => {}): Promise<void> {
    return this.#turns.step(this.#as.getStore() ?? '', call, act)
  }

  /** Somebody who has these cookies. `keys`: and a browser that knows of keys. */
  thief(jar: Jar): Visitor {
    return visitor((request) => this.#exchange(request as Request, 'thief'), { now: this.now, jar })
  }
  thiefWithKeys(jar: Jar, offer: string): DeviceVisitor {
    const serve = async (request: Request) =>
      request.url.endsWith('/offer')
        ? new Response('', { headers: { 'secure-session-registration': offer } })
        : this.#exchange(request, 'thief')
    return deviceVisitor((request) => serve(request as Request), { now: this.now, jar })
  }

  /** The request of another once more, by somebody on the way. */
  again(request: Request): Promise<Response> {
    return this.#exchange(request.clone(), 'thief')
  }

  kill(process: string): void {
    this.#dead.add(process)
    this.#death(process).reject(new Error('the process died'))
  }

  /** The processes of the odd actors, or of the even ones, begin anew with the secrets of this stage. */
  rotate(isOdd: boolean, stage: Stage): void {
    this.#stages.set(String(isOdd), stage)
  }

  /** All begin anew with the secrets of the next stage. */
  rotateAll(): void {
    const next = ((this.#stages.get('true') ?? 0) + 1) as Stage
    for (const isOdd of [false, true]) this.rotate(isOdd, next)
  }

  get isRevoked(): boolean {
    return [...this.#stages.values()].includes(3)
  }

  /** Settled when this actor is done. */
  ends(actor: string): PromiseWithResolvers<void> {
    const known = this.#ends.get(actor) ?? Promise.withResolvers<void>()
    this.#ends.set(actor, known)
    return known
  }

  /** Removes the record of a session that was given a new id, as long after it. */
  async forget(key: string): Promise<void> {
    const found = this.said.some(({ by, ticket }) => by.startsWith('M') && ticket) ? await this.#store.read(key) : undefined
    if (found) await this.#store.delete(key, found.version)
  }

  /** The site as this actor's process serves it. */
  site(process: string): Site {
    const isOdd = isOddOne(process)
    const stage = this.#stages.get(String(isOdd)) ?? 0
    const name = `${process} ${stage}`
    const known = this.#sites.get(name)
    if (known) return known
    // Of two processes, the clock of one is ahead.
    const now = () => this.now() + (isOdd ? SKEW * 1000 : 0)
    const site = this.#make(
      this.#through(process),
      now,
      process.startsWith('look') && !this.isRevoked ? LOOKING : STAGES[stage],
      true,
    )
    this.#sites.set(name, site)
    return site
  }

  /** The ticket in these cookies. */
  ticketIn(jar: Jar): string {
    return jar.all().find(({ name }) => name === TICKET)?.value ?? ''
  }

  /** What a ticket opens where nobody asks for a device. */
  async lens(ticket: string): Promise<Seen> {
    const site = this.#make(this.#store, this.now, LOOKING, false)
    return (await site.handle(new Request('https://app.test/', { headers: { cookie: `${TICKET}=${ticket}` } }))).json()
  }

  #make(store: Store, now: () => number, secrets: readonly unknown[], isBound: boolean): Site {
    const { kind, idle, absolute, engine = { sessionsOf, withSession, deviceBound } } = this.#options
    const options = {
      ...{ secrets, now },
      ...(idle !== undefined && { idleTimeout: idle }),
      ...(absolute !== undefined && { absoluteTimeout: absolute }),
      ...(kind === 'stored' && { store }),
      ...(kind === 'revocable' && { revocations: { store, every: 0 } }),
      ...(isBound && {
        deviceBound: engine.deviceBound({ maxAge: MAX_AGE, firstMaxAge: FIRST, grace: GRACE, initiators: ['other.test'] }),
      }),
    } as Parameters<typeof sessionsOf>[0]
    const surroundings = { storeTimeout: Number.POSITIVE_INFINITY, sleep: async () => {} }
    const sessions = engine.sessionsOf(options, surroundings)
    const handle = engine.withSession(sessions, (request) => page(sessions, request as Request))
    const failed = (error: unknown) => new Response(String((error as { code?: unknown }).code), { status: 500 })
    return { sessions, handle: (request) => handle(request).catch(failed) as Promise<Response> }
  }

  /** The store as a process uses it, step by step. */
  #through(process: string): Store {
    return new Proxy(this.#store, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        const call = async (args: unknown[]): Promise<unknown> => Reflect.apply(method, target, args)
        return async (...args: unknown[]) => {
          const { how, answer } = await this.#turns.step(process, String(name), async () => {
            if (this.#dead.has(process)) return { how: DEAD }
            const how = this.fails.shift()
            if (WRITES.has(String(name))) this.#writes.set(process, (this.#writes.get(process) ?? 0) + 1)
            return how === undefined || how === 'after' ? { how, answer: await call(args) } : { how }
          })
          if (how === DEAD) return never
          if (how === undefined) return answer
          if (how === 'late') void this.#turns.step('late', String(name), () => call(args)).catch(() => {})
          throw new Error('the store is down')
        }
      },
    })
  }

  /** Rejects when the process dies. */
  death(process: string): Promise<never> {
    return this.#death(process).promise
  }

  #death(process: string): PromiseWithResolvers<never> {
    const known = this.#deaths.get(process)
    if (known) return known
    const made = Promise.withResolvers<never>()
    made.promise.catch(() => {})
    this.#deaths.set(process, made)
    return made
  }

  async #exchange(request: Request, whose: Said['whose']): Promise<Response> {
    const actor = this.#as.getStore() ?? 'look a'
    // Once a process is dead, another one serves.
    const process = this.#dead.has(actor) ? `${actor}'` : actor
    const path = new URL(request.url).pathname
    const wasConfirmed = this.isConfirmed
    const asked = path.endsWith('/refresh') && actor.startsWith('J') ? crossSite(request) : request
    if (path.startsWith('/.coatcheck') && whose === 'ada') this.own = asked.clone()
    this.#writes.set(process, 0)
    const death = this.death(process)
    const answer = await Promise.race([this.site(process).handle(asked), death])
    const lines = answer.headers.getSetCookie()
    const [ticket, cookie] = [given(lines, TICKET), given(lines, BOUND)]
    const isRefreshed = path.endsWith('/refresh') && Boolean(cookie)
    // One for another site has no ticket.
    if (isRefreshed && whose === 'ada' && !actor.startsWith('J')) this.isConfirmed = true
    if (whose === 'ada') this.offer = answer.headers.get('secure-session-registration') ?? this.offer
    this.said.push({
      ...{ by: actor, whose, path, status: answer.status, at: this.time, wasConfirmed, isConfirmed: this.isConfirmed },
      hadCookie: (asked.headers.get('cookie') ?? '').includes(`${BOUND}=`),
      isLapsed: answer.headers.get('x-bound') === 'lapsed',
      ...{ ticket: ticket || undefined, cookie: cookie || undefined },
      clears: [TICKET, BOUND].filter((name) => given(lines, name) === ''),
      writes: this.#writes.get(process) ?? 0,
    })
    await Promise.race([this.#turns.step(process, 'answer', () => {}), death])
    return answer
  }
}

/** Names of actors begin with a letter and their place. */
export const isOddOne = (process: string): boolean =>
  process.startsWith('look b') || Number.parseInt(process.slice(1), 10) % 2 === 0

/** What the lines give of this cookie; empty: it is cleared. */
function given(lines: readonly string[], name: string): string | undefined {
  return lines
    .findLast((line) => line.startsWith(`${name}=`))
    ?.slice(name.length + 1)
    .split(';', 1)[0]
}

/** As browsers refresh for a page of another site: without our cookies, which are Lax. */
function crossSite(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.delete('cookie')
  headers.set('sec-fetch-site', 'cross-site')
  return new Request(request, { headers })
}

/** A page does what its path says. */
async function page(sessions: Site['sessions'], request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const session = (await sessions.open(request)) as Session
  const name = search.slice(1)
  try {
    if (pathname === '/in') session.signIn(name)
    if (pathname === '/out') session.signOut()
    if (pathname === '/up') session.elevate('aal2')
    if (pathname === '/id') session.regenerateId()
    if (pathname === '/as') session.impersonate(name)
    if (pathname === '/set') session.set(name, true)
  } catch (error) {
    return new Response(String((error as { code: unknown }).code), { status: 401 })
  }
  const { owner = null, bound, readOnly } = session
  return Response.json({ owner, bound, readOnly, keys: session.keys() } satisfies Seen, { headers: { 'x-bound': bound } })
}
