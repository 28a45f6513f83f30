/** A clock that moves only when a test moves it. */
export interface Clock {
  readonly now: () => number
  advance(seconds: number): void
}

export function clockFrom(start: number = Date.parse('2096-11-21T08:00:00Z')): Clock {
  let time = start
  return {
    now: () => time,
    advance(seconds) {
      time += seconds * 1000
    },
  }
}

export const MINUTE = 60
export const HOUR = 3600
export const DAY = 86_400
