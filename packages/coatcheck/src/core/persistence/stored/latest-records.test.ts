import { expect, it } from 'vitest'
import { EMPTY } from '../../model/contents.ts'
import { LatestRecords } from './record-access.ts'
import type { VersionedRecord } from './versioned-record.ts'

const record = (key: string, length: number): VersionedRecord => ({
  key,
  version: 'v',
  at: 1,
  record: { data: 'x'.repeat(length), createdAt: 0, endsAt: 1, expiresAt: 1 },
  contents: EMPTY,
  made: 0,
  stale: false,
})

/** Which of these it knows. */
const known = (latest: LatestRecords, all: readonly VersionedRecord[]): string[] =>
  all.filter((each) => latest.of(each.key, each.record) !== undefined).map(({ key }) => key)

it.each([
  ['the last five hundred small ones, and twice as many at most', 1510, 100, 500, 1001],
  ['the last four million characters of large ones, and twice as much at most', 100, 250_000, 16, 33],
  ['none that is larger than a quarter of a million', 3, 300_000, 0, 0],
])('remembers %s', (_, count, length, least, most) => {
  const latest = new LatestRecords()
  const all = Array.from({ length: count }, (_, n) => record(`${n}`, length))
  for (const each of all) {
    latest.remember(each.key, each)
    const keys = known(latest, all)
    expect(keys.length).toBeLessThanOrEqual(most)
    const since = all.slice(0, Number(each.key) + 1).slice(least === 0 ? count : -least)
    expect(keys).toEqual(expect.arrayContaining(since.map(({ key }) => key)))
  }
})

it('counts the text of one that is remembered again, or forgotten, once', () => {
  const latest = new LatestRecords()
  const one = record('one', 200_000)
  for (let n = 0; n < 100; n++) latest.remember('one', one)
  for (let n = 0; n < 100; n++) latest.remember('one', n % 2 ? one : undefined)
  const others = Array.from({ length: 19 }, (_, n) => record(`${n}`, 200_000))
  for (const each of others) latest.remember(each.key, each)
  expect(known(latest, [one, ...others])).toHaveLength(20)
})
