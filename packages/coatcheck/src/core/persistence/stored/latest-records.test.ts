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
  ['two thousand small ones', 2010, 100, 2000],
  ['eight million characters of large ones', 40, 250_000, 32],
  ['none that is larger than a quarter of a million', 3, 300_000, 0],
])('remembers %s, the last ones', (_, count, length, most) => {
  const latest = new LatestRecords()
  const all = Array.from({ length: count }, (_, n) => record(`${n}`, length))
  for (const each of all) latest.remember(each.key, each)
  expect(known(latest, all)).toEqual(all.slice(count - most).map(({ key }) => key))
})

it('counts the text of one that is remembered again, or forgotten, once', () => {
  const latest = new LatestRecords()
  const one = record('one', 200_000)
  for (let n = 0; n < 100; n++) latest.remember('one', one)
  for (let n = 0; n < 100; n++) latest.remember('one', n % 2 ? one : undefined)
  const others = Array.from({ length: 39 }, (_, n) => record(`${n}`, 200_000))
  for (const each of others) latest.remember(each.key, each)
  expect(known(latest, [one, ...others])).toHaveLength(40)
})
