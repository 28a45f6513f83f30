import { mayAwaitOthers } from '../../crypto/workers.ts'
import { bad, SessionError } from '../../errors.ts'
import type { LoadedSession } from '../engine.ts'
import type { Intents } from '../session/intents.ts'
import type { Surroundings } from '../session/surroundings.ts'
import type { OnceCall, OnceOptions } from '../session/types.ts'
import { checkKey, type Values } from '../session/values.ts'
import { isResult, stateEntry, stateIn, stateKey } from './state.ts'
import { Turn } from './turn.ts'

/** Where once() is called. */
export interface Place {
  readonly around: Surroundings
  readonly kept: LoadedSession | undefined
  readonly values: Values
  readonly next: Intents
  readonly session: { readonly readOnly: boolean; set(key: string, value: unknown): void }
}

/** What it is called with. */
export type Call = [key: string, work: (current: unknown, call: OnceCall) => unknown, options: OnceOptions<never>]

/** By whom it is shared, and for which session and key. */
const flights = new WeakMap<object, Map<string, Promise<unknown>>>()

/** Runs `work` for all who ask for this key of a session at once, or gives what it came to before. See `Session.once`. */
export async function once(place: Place, ...[key, work, options]: Call): Promise<unknown> {
  const { session, around, kept, values, next } = place
  const { engine, persistence } = around.core
  const { shared } = persistence
  const { fresh, holds } = checked(key, work, options)
  if (!shared)
    throw bad('store', 'is missing, or is weaker than `strong`, and once() needs one', 'Pass a store that compares and sets.')
  const seen = holds && values.read(key)
  if (seen?.present && holds?.(seen.value)) return seen.value
  const why = next.obstacle ?? (session.readOnly ? 'it is read-only' : values.isChanged(key) && 'this request has set the key')
  if (why) {
    throw new SessionError('CONFLICT', `once(${JSON.stringify(key)}) cannot go by what is stored: ${why}.`, {
      fix: 'Call it in a request that has not changed that yet, or store it first: in the next request it can be called.',
    })
  }
  const isResultThere = isResult(stateIn(values.stored, key), fresh, engine.now()) && values.read(key).present
  if (isResultThere) return values.read(key).value
  if (!kept || kept.migrates) await together(values, key, () => alone(place, key, work, fresh))
  else {
    const turn = () => new Turn({ engine, shared, loaded: kept, request: around.request, key, work, fresh, holds }).done()
    values.learn([key, stateKey(key)], await (mayAwaitOthers ? together(engine, `${kept.handle} ${key}`, turn) : turn()))
  }
  return values.read(key).value
}

/** What is under way for `name`, or else begins now. */
function together<T>(home: object, name: string, begin: () => Promise<T>): Promise<T> {
  const all = flights.get(home) ?? new Map<string, Promise<unknown>>()
  flights.set(home, all)
  const flight = all.get(name) ?? begin().finally(() => all.delete(name))
  all.set(name, flight)
  return flight as Promise<T>
}

/** Nobody else can have a session that is not stored yet: the value is stored with it, by the response. */
async function alone({ session, around, values }: Place, key: string, work: Call[1], fresh: number): Promise<void> {
  const { now } = around.core.engine
  const { present, value } = values.read(key)
  const result = await work(present ? value : undefined, { attempt: 1, signal: new AbortController().signal })
  session.set(key, result)
  const at = now()
  const state = stateEntry(key, { by: '', nth: 1, at }, at, fresh)
  values.put(stateKey(key), state.take(), state.until)
}

/** For how long a result counts, and whether a stored value does. */
export interface Counting {
  /** Milliseconds. */
  readonly fresh: number
  readonly holds: ((value: unknown) => boolean) | undefined
}

function checked(...[key, work, options]: Call): Counting {
  checkKey(key)
  const { while: given, for: seconds = given && 0 } = options ?? {}
  const holds = given as Counting['holds']
  const isTime = typeof seconds === 'number' && seconds >= 0 && Number.isFinite(seconds)
  if (isTime && typeof work === 'function' && (holds === undefined || typeof holds === 'function'))
    return { fresh: seconds * 1000, holds }
  throw new SessionError(
    'BAD_VALUE',
    `once(${JSON.stringify(key)}) was not given a function, and until when its result counts.`,
    {
      fix: 'Call it as `once(key, async (current) => …, { for: 300 })`, or with `{ while: (value) => … }`.',
    },
  )
}
