import { SessionError } from './errors.ts'

/** The last time that a `Date` can hold. */
const LAST = 8_640_000_000_000_000

/**
 * The clock that everything here reads: whole milliseconds since the epoch, whatever `now` gives. Without `now` it asks `Date.now` by its
 * name each time, which fake timers replace. Reading it throws `BAD_OPTIONS` when `now` gives what is no time.
 */
export function clockOf(now: (() => number) | undefined): () => number {
  return now ? () => checked(now()) : dateNow
}

const dateNow = (): number => checked(Date.now())

function checked(time: number): number {
  if (typeof time === 'number' && time >= 0 && time <= LAST) return Math.floor(time)
  const what = typeof time === 'number' ? `the number ${time}` : `a value of type ${typeof time}`
  throw new SessionError('BAD_OPTIONS', `The clock that the option \`now\` names gave ${what}, which is no time.`, {
    fix: 'Let it return milliseconds since the epoch, as Date.now() does.',
  })
}
