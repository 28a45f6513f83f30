import { SessionError } from '../../errors.ts'
import { Entry, encoded } from '../model/codec.ts'
import type { Contents } from '../model/contents.ts'
import { SKEW } from '../model/lifetime.ts'
import type { Shape } from '../model/shape.ts'
import { OWN } from '../session/values.ts'

/** Milliseconds that a lease counts after it was last renewed, by the clock of whoever waits for it. */
export const LEASE = 5000
/** Milliseconds that a failure counts, for those who did not wait for it. */
const FAILURE = 1000
/** Characters that a lease keeps free for the result, at least. */
const ROOM = 4096

/** How it stands with one key: who works on its value, or what came of it. Stored beside the value, as one more value of the session. */
export interface State {
  /** Whose turn it was; another text for each. */
  readonly by: string
  /** How many turns there were since the last result. */
  readonly nth: number
  /** While somebody works: how often the lease was renewed. */
  readonly beat?: number
  /** Keeps the place of the result, so that a session that is full says so before anything is asked for. */
  readonly room?: string
  /** When it was done, in milliseconds since the epoch. */
  readonly at?: number
  readonly failed?: { readonly name: string; readonly message: string }
}

type Values = Pick<Contents['values'], 'get'>

export const stateKey = (key: string): string => OWN + key

/** What tells one state from the next: every renewal of a lease is another one. */
export const markOf = (values: Values, key: string): string => values.get(stateKey(key))?.text ?? ''

export function stateIn(values: Values, key: string): State | undefined {
  const entry = values.get(stateKey(key))
  return entry && !entry.isOpaque ? (entry.take() as State) : undefined
}

/** The value, unless its time is over. */
export function valueIn(values: Values, key: string, now: number): Entry | undefined {
  const entry = values.get(key)
  return entry?.live(now) && !entry.isOpaque ? entry : undefined
}

/** What a request sees of it. */
export function shownIn(entry: Entry | undefined, key: string, shape: Shape | undefined): unknown {
  if (!entry || !shape) return entry?.take()
  return shape.fits(entry, key) ? shape.read(entry, key) : undefined
}

/** A state as it is stored. It goes by itself, long after it has stopped to count for anybody, however far the clocks differ. */
export function stateEntry(key: string, state: State, now: number, counts = 0): Entry {
  return Entry.of(state, stateKey(key), now + Math.round(counts) + LEASE + 2 * SKEW)
}

/** A lease. While it is renewed nobody else works, and nobody else takes up the room for a value twice as long as the last. */
export function lease(by: string, nth: number, beat: number, before: Entry | undefined): State {
  return { by, nth, beat, room: ' '.repeat(Math.max(ROOM, 2 * (before?.text.length ?? 0))) }
}

/** Whether this is a result that counts, or the one that was waited for. */
export function isResult(state: State | undefined, fresh: number, now: number, awaited?: string): boolean {
  if (state?.at === undefined || state.failed) return false
  return state.by === awaited || now - state.at < fresh
}

export function failureIn(state: State | undefined, now: number, awaited: string | undefined): State['failed'] {
  if (state?.at === undefined || !state.failed) return undefined
  return state.by === awaited || Math.abs(now - state.at) < FAILURE ? state.failed : undefined
}

/** What of an error another process is told. */
export function failureOf(error: unknown): NonNullable<State['failed']> {
  const { name, message } = error instanceof Error ? error : new Error(typeof error === 'string' ? error : 'no error was thrown')
  return { name: shortened(name), message: shortened(message) }
}

const shortened = (text: unknown): string => String(text).slice(0, 500).toWellFormed()

export function failedElsewhere(key: string, { name, message }: NonNullable<State['failed']>): SessionError {
  const what = `The function given to once(${JSON.stringify(key)}) failed in another request.`
  return new SessionError('ONCE_FAILED', what, { cause: Object.assign(new Error(message), { name }) })
}

export function sessionEnded(key: string): SessionError {
  return new SessionError('SESSION_ENDED', `The session ended while once(${JSON.stringify(key)}) was under way.`)
}

/** The work as far as it went: its result, encoded, or why there is none. */
export type Came = { readonly entry: Entry } | { readonly error: unknown }

export async function cameOf(key: string, shape: Shape | undefined, work: () => unknown): Promise<Came> {
  try {
    const value = await work()
    return { entry: encoded(shape, shape ? shape.admit(key, value) : value, key) }
  } catch (error) {
    return { error }
  }
}
