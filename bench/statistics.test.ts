import { expect, test } from 'vitest'
import { median, quantile, shuffled, spreadOf } from './statistics.ts'

test('a median lies in the middle, between two values in their middle', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(median([7])).toBe(7)
  expect(median([])).toBeNaN()
})

test('quartiles leave a quarter of the values on each side, and one wild value moves neither', () => {
  expect(spreadOf([1, 2, 3, 4, 5])).toEqual({ median: 3, quartiles: [2, 4] })
  expect(spreadOf([1, 2, 3, 4, 5_000])).toEqual({ median: 3, quartiles: [2, 4] })
  expect(quantile([10, 20], 0.75)).toBe(17.5)
})

test('values are sorted as numbers, and stay as they were given', () => {
  const values = [10, 9, 100]
  expect(median(values)).toBe(10)
  expect(values).toEqual([10, 9, 100])
})

test('an order of chance has every item once, and every order can come', () => {
  const items = [1, 2, 3]
  const seen = new Set<string>()
  // Each of the numbers that decide is tried in each step.
  for (const first of [0, 0.4, 0.9])
    for (const second of [0, 0.9]) {
      const numbers = [first, second, 0]
      const order = shuffled(items, () => numbers.shift() ?? 0)
      expect(order.toSorted()).toEqual(items)
      seen.add(order.join())
    }
  expect(seen.size).toBe(6)
  expect(items).toEqual([1, 2, 3])
})
