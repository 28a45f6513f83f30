import type { SessionEvent } from '../../src/core/events.ts'
import type { faceOf, Sessions, sessionsOf } from '../../src/core/sessions.ts'
import type { Store } from '../../src/stores/store.ts'
import { COOKIE } from './browser.ts'
import type { Newer, Plan } from './plan.ts'

/** The engine that is searched; a mutant brings its own. */
export interface Searched {
  readonly sessionsOf: typeof sessionsOf
  readonly faceOf: typeof faceOf
}

/** Options that the engines of all faces take. */
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

const KNOWN = new WeakMap<Searched, boolean>()

/** Whether the engine has the options of MOVES yet; one that has not refuses unknown names. */
export function knowsMoves(engine: Searched): boolean {
  const known = KNOWN.get(engine)
  if (known !== undefined) return known
  let knows = true
  try {
    engine.sessionsOf({ secrets: OLD, grace: 10, maxRequestTime: 300, onReplay: 'report' } as Parameters<typeof sessionsOf>[0])
  } catch {
    knows = false
  }
  KNOWN.set(engine, knows)
  return knows
}

/** The newer options that may be given to this engine; a time limit over the idle time would be refused. */
export function newerFor(engine: Searched, { newer, idle }: Plan): Newer {
  if (!newer || !knowsMoves(engine)) return {}
  const { maxRequestTime = 300, ...rest } = newer
  return { ...rest, maxRequestTime: Math.min(maxRequestTime, idle) }
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
