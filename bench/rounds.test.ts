import { expect, test } from 'vitest'
import { measureRounds } from './rounds.ts'

/** Rows that note in which order they ran; each call is a turn of its own. */
function noting(names: readonly string[]) {
  const ran: string[] = []
  const rows = new Map(names.map((name) => [name, () => void ran.push(name)] as const))
  return { rows, ran }
}

const EFFORT = { rounds: 3, turn: 0 }

test('every row runs once in every round, and has a time of each', async () => {
  const { rows, ran } = noting(['a', 'b', 'c'])
  const times = await measureRounds(rows, EFFORT, () => 0)
  expect([...times].map(([name, { length }]) => [name, length])).toEqual([
    ['a', 3],
    ['b', 3],
    ['c', 3],
  ])
  const rounds = [ran.slice(-9, -6), ran.slice(-6, -3), ran.slice(-3)]
  expect(rounds.map((round) => round.toSorted())).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ])
  for (const time of times.get('a') ?? []) expect(time).toBeGreaterThanOrEqual(0)
})

test('a turn in which another process had the processor is repeated until one is undisturbed', async () => {
  const { rows, ran } = noting(['a'])
  // Asked before and after each turn: the first two turns are disturbed.
  const counts = [1, 2, 2, 3, 3, 3]
  const [times] = (await measureRounds(rows, { rounds: 1, turn: 0 }, () => counts.shift() ?? Number.NaN)).values()
  expect(times).toHaveLength(1)
  expect([counts, ran.length]).toEqual([[], 3])
})

test('on a machine that is never quiet a row still has a time, after five turns', async () => {
  const { rows, ran } = noting(['a'])
  let count = 0
  const [times] = (await measureRounds(rows, { rounds: 1, turn: 0 }, () => count++)).values()
  expect(times?.[0]).toBeLessThan(Number.POSITIVE_INFINITY)
  expect(ran).toHaveLength(5)
})

test('a row that fails fails the run', async () => {
  const rows = new Map([['a', () => Promise.reject(new Error('A page answered 500.'))]])
  await expect(measureRounds(rows, EFFORT)).rejects.toThrow('A page answered 500.')
})

test('when its patience is over it ends with the round that has begun, and every row has as many', async () => {
  const { rows } = noting(['a', 'b'])
  const times = await measureRounds(rows, { rounds: 1_000_000, turn: 0, patience: 0 }, () => 0)
  expect([...times.values()].map(({ length }) => length)).toEqual([1, 1])
})
