import { expect } from 'vitest'
import { crowd, type Member, type Race } from '../helpers/crowd.ts'

export const EIGHT: readonly Member[] = [5, 10, 15, 20, 25, 30, 40, 50].map((trip) => ({ trip }))
export const SECOND = 1000

/** Of the writes, as a part of what each would have if all had the same. */
export function shares({ fates }: Race): number[] {
  const all = fates.reduce((sum, { writes }) => sum + writes, 0)
  return fates.map(({ writes }) => (writes * fates.length) / all)
}

export const sum = (race: Race, what: 'commits' | 'conflicts' | 'others'): number =>
  race.fates.reduce((total, fate) => total + fate[what], 0)

/** Whatever becomes of whose turn it is. */
export function nothingLost(race: Race): void {
  expect(race.counted).toBe(sum(race, 'commits'))
}

/** What C9 asks of eight processes that write one session for 30 seconds. */
export async function fair(members: readonly Member[]): Promise<void> {
  const race = await crowd(members, 30 * SECOND)
  nothingLost(race)
  expect(Math.min(...shares(race))).toBeGreaterThan(0.25)
  expect(sum(race, 'conflicts')).toBe(0)
}

/** The last of these gets through beside the others, which never pause. */
export async function slowGetsThrough(trips: readonly number[]): Promise<void> {
  const race = await crowd(
    trips.map((trip) => ({ trip })),
    12 * SECOND,
  )
  nothingLost(race)
  expect(sum(race, 'conflicts')).toBe(0)
  // Every fifth time at least that a claim, a read and a write of its own would fit in.
  const [slow] = race.fates.slice(-1)
  expect(slow?.commits).toBeGreaterThan((12 * SECOND) / (3 * (slow?.trip ?? 0)) / 5)
}

/** A slow process that does this once gets through beside a fast one that never pauses. */
export async function onceGetsThrough(once: 'destroy' | 'regenerateId'): Promise<void> {
  const { fates } = await crowd(
    [
      { trip: 2, opens: true },
      { trip: 50, once },
    ],
    10 * SECOND,
  )
  expect(fates[1]?.at.length).toBe(1)
  expect(fates[1]?.at[0]).toBeLessThan(3 * SECOND)
}
