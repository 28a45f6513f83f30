import { expect, it } from 'vitest'
import { Recent } from './recent.ts'

const keysIn = <V>(recent: Recent<V>, count: number): number[] =>
  Array.from({ length: count }, (_, n) => n).filter((n) => recent.get(`${n}`) !== undefined)

it('holds the values that were set last: so many at least, and twice as many at most', () => {
  const recent = new Recent<number>(3)
  for (let n = 0; n < 50; n++) {
    recent.set(`${n}`, n)
    const there = keysIn(recent, 50)
    expect(there.length).toBeLessThanOrEqual(7)
    expect(there.slice(-3)).toEqual([n - 2, n - 1, n].filter((each) => each >= 0))
  }
})

it('gives the newest value of a key, and keeps one that is set again and again', () => {
  const recent = new Recent<number>(2)
  for (let n = 0; n < 20; n++) {
    recent.set('again', n)
    recent.set(`${n}`, n)
    expect(recent.get('again')).toBe(n)
  }
})
