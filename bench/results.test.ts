import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chartOf } from './chart.ts'
import type { Report, ReportRow } from './report.ts'
import { pageOf, shortOf } from './results.ts'
import { spreadOf } from './statistics.ts'

function row(name: string, micros: number, more: Partial<ReportRow> = {}): ReportRow {
  const writing = { median: micros, quartiles: [micros * 0.9, micros * 1.1] } as const
  const counts = { allocatedKb: 20, promises: 7, trips: 2, lost: 31 }
  return {
    name,
    kind: 'memory',
    over: 'fetch',
    by: 'them',
    reading: spreadOf([micros / 2]),
    writing,
    cookieBytes: 90,
    counts,
    ...more,
  }
}

const REPORT: Report = {
  date: '2026-11-21',
  machine: 'a processor, 2 processors, 4 GB, linux x64',
  node: 'v26.10.0',
  load: { before: 0.5, after: 1.5 },
  versions: { astro: '7.3.5', 'h3-v1': 'npm:h3@1.15.11' },
  rounds: 60,
  r: 11.5,
  rows: [
    row('Astro & co', 47.4),
    row('ours', 21.6, { by: 'us', counts: { allocatedKb: 30, promises: 6, trips: null, lost: 0 } }),
    row('by hand', 9.87, { by: 'hand' }),
    row('slow', 11_252, { kind: 'sealed', counts: undefined }),
  ],
  growthMicros: {},
  budgets: [],
  leftOut: ['a thing: it was not there'],
  isQuick: false,
}

test('the page has a section for each place, the cheapest row first, with machine, versions and date', () => {
  const page = pageOf(REPORT)
  expect(page.match(/^## .*/gm)).toEqual([
    '## In this process’s memory',
    '## Sealed in the cookie: nobody reads it',
    '## Budgets',
    '## What was measured',
  ])
  const rows = page.split('\n').filter((line) => / \| fetch \| /.test(line))
  expect(rows).toEqual([
    '| *by hand* | fetch | 9.9 (8.9 to 11) | 4.9 | 90 | 2 | 20 | 7 | 31 |',
    '| **ours** | fetch | 22 (19 to 24) | 11 | 90 | – | 30 | 6 | 0 |',
    '| Astro & co | fetch | 47 (43 to 52) | 24 | 90 | 2 | 20 | 7 | 31 |',
    '| slow | fetch | 11,252 (10,127 to 12,377) | 5,626 | 90 | – | – | – | – |',
  ])
  expect(page).toContain('2026-11-21, a processor, 2 processors, 4 GB, linux x64. Node v26.10.0. 60 rounds.')
  expect(page).toContain('astro 7.3.5, h3-v1 1.15.11.')
  expect(page).toContain('* a thing: it was not there')
  expect(page).not.toContain('quick run')
  expect(pageOf({ ...REPORT, isQuick: true })).toContain('no figure of this page says anything')
})

test('what could not be measured is a dash', () => {
  expect([shortOf(Number.NaN), shortOf(0.04), shortOf(12_345)]).toEqual(['–', '0.0', '12,345'])
})

test('the chart names itself and every figure for who cannot see it, and has colours for dark pages', () => {
  const chart = chartOf(REPORT)
  expect(chart).toContain('role="img" aria-labelledby="title desc"')
  expect(chart).toContain(
    '<desc id="desc">Bars on a logarithmic scale, shorter is better. Astro &amp; co: 47 µs; ours: 22 µs; by hand: 9.9 µs; slow: 11,252 µs.</desc>',
  )
  expect(chart).toContain('prefers-color-scheme: dark')
  expect(chart.match(/<rect class="(us|them|hand)" x="270"/g)).toHaveLength(4)
})

test('a longer time has a longer bar, and none leaves the picture', () => {
  const widths = [...chartOf(REPORT).matchAll(/x="270" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width))
  expect(widths).toEqual(widths.toSorted((a, b) => a - b))
  const wild = chartOf({ ...REPORT, rows: [row('none', -4), row('ever', 1e9)] })
  const [none, ever] = [...wild.matchAll(/x="270" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width))
  expect(none).toBe(0)
  expect(ever).toBeLessThanOrEqual(900 - 270)
})

test('the README quotes the ratios that the page found', () => {
  const [page, readme] = ['bench/results.md', 'README.md'].map((name) =>
    readFileSync(join(import.meta.dirname, '..', name), 'utf8'),
  )
  const found = (budget: string) => page?.split(`\n| ${budget} | `)[1]?.split(' × |')[0]
  const lost = page?.match(/^\| Astro, memory \|.* (\d+) \|$/m)?.[1]
  expect(readme).toContain(
    `sealed costs ${found('sealed, against @hono/session')} of \`@hono/session\`; memory ${found('memory, against Astro 7 memory')} of Astro’s, which loses ${lost} of 32 writes.`,
  )
})
