import { expect, test } from 'vitest'
import { BUDGETS, type Budget, check } from './budgets.ts'
import type { Figures } from './figures.ts'
import { GROWTH } from './growth.ts'
import type { TimedRow } from './measure.ts'
import { budgetTable } from './results.ts'
import { spreadOf } from './statistics.ts'

function row(name: string, micros: number, more: Partial<TimedRow> = {}): TimedRow {
  const spread = spreadOf([micros])
  return { name, kind: 'memory', over: 'fetch', by: 'us', reading: spread, writing: spread, cookieBytes: 100, ...more }
}

const ratio = (median: number) => ({ median, quartiles: [median, median] }) as const

/** A run on a machine where a handler takes 5 µs, and one raw seal and unseal 10. */
const FIGURES: Figures = {
  measured: {
    rows: [
      row('coatcheck/fetch, memory', 40),
      row('coatcheck/fetch, sealed', 60, { kind: 'sealed', cookieBytes: 600 }),
      row('coatcheck/fetch, SQLite', 45, { kind: 'SQLite' }),
      row('coatcheck/fetch, Redis', 240, { kind: 'Redis' }),
      row('coatcheck/node, Express, memory', 30, { over: 'Express' }),
      row('by hand, memory', 20, { by: 'hand' }),
      row('by hand, sealed', 30, { by: 'hand', kind: 'sealed' }),
      row('Astro, memory', 80, { by: 'them' }),
      row('@hono/session', 600, { by: 'them', kind: 'sealed', cookieBytes: 560 }),
      row('another', 900, { by: 'them', kind: 'sealed', cookieBytes: 571 }),
      row('express-session, MemoryStore', 40, { by: 'them', over: 'Express' }),
    ],
    bare: 5,
    rounds: 60,
    growth: new Map([
      [GROWTH.r, 10],
      [GROWTH.noCookie, 4],
      [GROWTH.anonymous('sealed'), 6],
      [GROWTH.anonymous('memory'), 7],
      [GROWTH.object(3), 45],
      [GROWTH.objectCounter(3), 85],
      [GROWTH.object(64), 205],
      [GROWTH.objectCounter(64), 405],
      [GROWTH.keys(10), 55],
      [GROWTH.keys(1000), 105],
      [GROWTH.parallel(1), 105],
      [GROWTH.parallel(64), 64 * 20],
      [GROWTH.getAndSet, 205],
    ]),
  },
  counts: {},
  seal: {
    payloadBytes: 306,
    tokenChars: 480,
    sealUnsealVsRawGcm: ratio(1.4),
    forgedVsRawGcm: ratio(0.7),
    micros: { raw: 10, ours: 14, forged: 7 },
  },
  import: { ratio: 1.2 },
  size: 22,
  large: { readRatio: { memory: 1.4, SQLite: 1.2 }, worstCall: 4, emptyPrune: 0.01 },
}

test('each budget finds its figure, and says what a session adds, not what the handler costs', () => {
  const found = Object.fromEntries(check(FIGURES).map((each) => [each.what, each.found]))
  expect(found).toEqual({
    'memory, against Astro 7 memory': 0.5,
    'memory, against the floor': 2,
    'sealed, against @hono/session': 0.1,
    'sealed, against the floor': 2,
    'SQLite, against our memory at the start (9 r)': 0.5,
    'node adapter in Express, memory, against express-session’s MemoryStore': 0.75,
    'Redis, against a bare GET and SET of the same bytes': 1.2,
    'anonymous request that finds no session': 0.3,
    'object of 3 kB read and unchanged, against a counter write of the same session': 0.5,
    'object of 64 kB read and unchanged, against a counter write of the same session': 0.5,
    '1,000 keys, one read and one written, against 10 keys': 2,
    '64 parallel requests on one session, per request, against one': 0.15,
    'seal and unseal, against raw AES-256-GCM': 1.4,
    'a forged ticket refused, against the same': 0.7,
    'Set-Cookie, sealed': 600,
    'import of core, CPU, against an empty process': 1.2,
    'memory store at 10^6 against 10^3: read': 1.4,
    'memory store at 10^6: worst single call, CPU': 4,
    'memory store at 10^6: prune of nothing, CPU': 0.01,
    'SQLite read at 10^6 against 10^3': 1.2,
    'core, min+gz': 22,
  })
  expect(check(FIGURES).filter(({ isMet }) => !isMet)).toEqual([])
})

test('the aim of the cookie is the shortest of the sealed peers’', () => {
  expect(check(FIGURES).find(({ what }) => what === 'Set-Cookie, sealed')).toMatchObject({ must: 649, aim: 560 })
})

const budget = (found: number | undefined): Budget => ({ what: 'a thing', unit: 'x', must: 2, aim: 1, found: () => found })

test.each([
  [2, true],
  [2.01, false],
  [Number.NaN, false],
  [undefined, false],
])('with a must of 2 and %s found, met is %s', (found, isMet) => {
  expect(check(FIGURES, [budget(found)])).toEqual([{ what: 'a thing', unit: 'x', must: 2, aim: 1, found, isMet }])
})

test('the table has must, aim and found of each, and tells what was not measured from what is too slow', () => {
  const table = budgetTable(check(FIGURES, [budget(1.5), budget(3), budget(undefined)]))
  expect(table.split('\n').slice(2)).toEqual([
    '| a thing | 1.50 × | 2.00 × | 1.00 × | yes |',
    '| a thing | 3.00 × | 2.00 × | 1.00 × | **no** |',
    '| a thing | – | 2.00 × | 1.00 × | not measured |',
  ])
})

test('a run without a peer, a server and the stores with a million sessions meets none of their budgets', () => {
  const { import: _, size: __, large: ___, ...rest } = FIGURES
  const without = ['Astro, memory', '@hono/session', 'express-session, MemoryStore', 'coatcheck/fetch, Redis']
  const rows = rest.measured.rows.filter(({ name }) => !without.includes(name))
  const unmet = check({ ...rest, measured: { ...rest.measured, rows } }).filter(
    ({ found, isMet }) => found === undefined && !isMet,
  )
  expect(unmet).toHaveLength(10)
  expect(BUDGETS).toHaveLength(21)
})
