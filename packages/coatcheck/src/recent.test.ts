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

it('forgets a key wherever it is', () => {
  const recent = new Recent<number>(2)
  for (const key of ['old', 'b', 'c', 'old', 'new']) recent.set(key, 1)
  for (const key of ['old', 'new', 'never']) recent.delete(key)
  expect(['old', 'new', 'never'].map((key) => recent.get(key))).toEqual([undefined, undefined, undefined])
  expect(recent.get('c')).toBe(1)
})

it('holds fewer where they weigh more, and counts each once', () => {
  const recent = new Recent<string>(100, 10, ({ length }) => length)
  for (let n = 0; n < 50; n++) recent.set('same', 'xxx')
  recent.set('gone', 'xxx')
  recent.delete('gone')
  recent.set('other', 'xxx')
  expect([recent.get('same'), recent.get('other')]).toEqual(['xxx', 'xxx'])
  for (let n = 0; n < 20; n++) recent.set(`${n}`, 'xxxxxx')
  expect(keysIn(recent, 20).length).toBeLessThanOrEqual(4)
  expect(keysIn(recent, 20)).toEqual(expect.arrayContaining([18, 19]))
})
