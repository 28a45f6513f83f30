import type { SessionEvent } from '../../src/core/model/events.ts'
import type { adapterOf, Sessions, sessionsOf } from '../../src/core/sessions.ts'
import type { Store } from '../../src/stores/store.ts'
import { COOKIE } from './browser.ts'
import type { History } from './history.ts'
import type { Newer, Plan } from './plan.ts'

/** The engine that is searched; a mutant brings its own. */
export interface Searched {
  readonly sessionsOf: typeof sessionsOf
  readonly adapterOf: typeof adapterOf
}

/** Options that the engines of all adapters take. */
export type Options = Newer & {
  readonly idleTimeout: number
  readonly absoluteTimeout: number
  readonly encryptRecords: boolean
  readonly now: () => number
  readonly onEvent: (event: SessionEvent) => void
}

/** The sessions of one instance, with the secrets of one stage of a rotation. */
export interface Sites {
  readonly engine: Searched
  readonly sessions: Sessions
  readonly options: Options
  readonly store: Store
  readonly secrets: readonly string[]
  readonly idle: number
  readonly absolute: number
}

const OLD = 'kY8!vQ2m#Zr7@pLx4^Tn9&Wc6*Hd3$Bf1'
const NEW = 'Wq5&nXb2!Jc9%tRm6(Ds3)Kp8+Fg1=Hv4'

/** A new secret is first read, then writes, then is alone. */
export const STAGES: readonly (readonly string[])[] = [[OLD], [OLD, NEW], [NEW, OLD], [NEW]]
/** Reads all there are. */
export const LOOKING: readonly string[] = [NEW, OLD]

const KNOWN = new WeakMap<Searched, ReadonlySet<string>>()

/** Which of the newer options the engine has; one that has not refuses the name. */
function known(engine: Searched): ReadonlySet<string> {
  const names =
    KNOWN.get(engine) ?? new Set(Object.entries(SOME).flatMap(([name, value]) => (takes(engine, name, value) ? name : [])))
  KNOWN.set(engine, names)
  return names
}

const SOME: Required<Newer> = { grace: 10, maxRequestTime: 300, onReplay: 'report' }

function takes(engine: Searched, name: string, value: unknown): boolean {
  try {
    engine.sessionsOf({ secrets: OLD, [name]: value } as Parameters<typeof sessionsOf>[0])
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === 'BAD_OPTIONS') return false
    throw error
  }
}

/** The newer options that may be given to this engine; a time limit over the idle time would be refused. */
export function newerFor(engine: Searched, { newer = {}, idle }: Plan): Newer {
  const names = known(engine)
  const given = Object.entries(newer).filter(([name]) => names.has(name))
  const { maxRequestTime, grace, ...rest } = Object.fromEntries(given) as Newer
  const most = maxRequestTime === undefined ? undefined : Math.min(maxRequestTime, idle)
  return {
    ...rest,
    ...(most !== undefined && { maxRequestTime: most }),
    ...(grace !== undefined && { grace: Math.min(grace, most ?? grace) }),
  }
}

/** What an engine promises under these options, in milliseconds: by its defaults where the schedule says nothing. */
export function promisedBy(engine: Searched, plan: Plan): History['knows'] {
  const names = known(engine)
  const {
    grace = names.has('grace') ? 10 : 0,
    maxRequestTime = Math.min(300, plan.idle),
    onReplay = 'report',
  } = newerFor(engine, plan)
  return { grace: grace * 1000, maxRequestTime: maxRequestTime * 1000, onReplay }
}

export interface SiteOptions {
  readonly now: () => number
  readonly onEvent: (event: SessionEvent) => void
  readonly secrets: readonly string[]
}

export function siteOf(engine: Searched, plan: Plan, store: Store, { now, onEvent, secrets }: SiteOptions): Sites {
  const options: Options = {
    idleTimeout: plan.idle,
    absoluteTimeout: plan.absolute,
    encryptRecords: plan.encrypt,
    now,
    onEvent,
    ...newerFor(engine, plan),
  }
  const sessions = engine.sessionsOf<Record<string, unknown>, Record<string, unknown>>({
    ...options,
    secrets,
    store,
    cookie: { name: COOKIE },
  } as Parameters<typeof sessionsOf>[0])
  return { engine, sessions, options, store, secrets, idle: plan.idle, absolute: plan.absolute }
}
