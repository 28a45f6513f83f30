/** A clock that stands still until a test moves it. */
export interface FakeClock {
  /** The time, in milliseconds since the epoch: for the option `now` of `createSessions`, of stores, and of `visitor`. */
  readonly now: () => number
  /** Moves on by so many seconds, the unit of `idleTimeout` and `absoluteTimeout`; back, if they are negative. Returns the new time. */
  advance(seconds: number): number
  /** Goes to this time: a Date, its ISO text, or milliseconds since the epoch. Returns it. */
  set(time: Date | number | string): number
}

/** A clock for tests, of whole milliseconds. `start`: as for `set`; default the time of the call. Throws for what is no time. */
export function fakeClock(start: Date | number | string = Date.now()): FakeClock {
  let time = timeOf(start)
  return {
    now: () => time,
    advance(seconds) {
      time = timeOf(time + seconds * 1000)
      return time
    },
    set(to) {
      time = timeOf(to)
      return time
    },
  }
}

function timeOf(time: Date | number | string): number {
  const milliseconds = Math.round(new Date(time).getTime())
  if (milliseconds >= 0) return milliseconds
  throw new Error(
    `${JSON.stringify(time)} is no time of a clock. Give a Date, its ISO text, or milliseconds since 1970; seconds to advance().`,
  )
}
