import type { Emit, KnownRequest, SessionEvent } from './events.ts'
import type { RecentEnds } from './kept.ts'

/** What turns an owner into its digest. */
type Digest = (owner: string) => string | Promise<string>

/**
 * Keeps events with their requests, completes them and tells them, in their order. An observer must not be able to break a request: what it throws, or its promise rejects
 * with, is reported and goes no further.
 */
export function emitter(
  tell: ((event: SessionEvent) => unknown) | undefined,
  now: () => number,
  digest: Digest,
  ends?: RecentEnds,
): Emit {
  const keep: Emit = (event, known) => {
    known?.request?.keep?.(event)
    if (event.type === 'ended') ends?.keep(event.handle, event.reason, known?.request?.isPrefetch)
  }
  if (!tell) return keep
  const failed = (error: unknown) => console.error('coatcheck: onEvent threw; the request goes on.', error)
  const told = (event: SessionEvent): void => {
    try {
      const promised = tell(event)
      // A rejection that nobody handles would end the process.
      if (promised !== undefined) void Promise.resolve(promised).then(undefined, failed)
    } catch (error) {
      failed(error)
    }
  }
  /** Where digests take a while: what is told after this. */
  let last: Promise<void> | undefined
  return (event, known = {}) => {
    keep(event, known)
    const { request, owner } = known
    const note = noteOf(request, failed)
    const about = { ...event, at: timeOf(now), ...(note !== undefined && { request: note }) }
    const made = owner === undefined ? undefined : digest(owner)
    if (!last && !(made instanceof Promise)) return told(made === undefined ? about : { ...about, owner: made })
    const mine = Promise.all([made, last]).then(([is]) => {
      if (last === mine) last = undefined
      told(is === undefined ? about : { ...about, owner: is })
    }, failed)
    last = mine
  }
}

/** Characters of a request's note: it comes from the request. */
const LONGEST_NOTE = 200

function noteOf(request: KnownRequest | undefined, failed: (error: unknown) => void): string | undefined {
  try {
    const note: unknown = request?.note
    return typeof note === 'string' ? note.slice(0, LONGEST_NOTE).toWellFormed() : undefined
  } catch (error) {
    failed(error)
    return undefined
  }
}

/** A clock that tells no time is told of when a session is opened. */
function timeOf(now: () => number): number {
  try {
    return now()
  } catch {
    return 0
  }
}
