// How the cost of a call grows with the number of sessions: `npm run bench:scale`, which puts its table into docs/stores.md.
// --only redis,sqlite: these, and the other rows stay as they were. --large: ten million too, where nothing hinders.
// --quick: a hundred and a thousand sessions, whose figures say nothing and go nowhere.
import { availableParallelism } from 'node:os'
import { putTable, tableIn, tableOf } from '../scripts/doc-table.ts'
import { CALLS, type Call, type Figures, measureScale } from './scale-measure.ts'
import { PLACES, type Place } from './scale-places.ts'

type Row = readonly string[]

const PAGE = ['docs/stores.md', 'scale'] as const
const [quick, large] = ['--quick', '--large'].map((option) => process.argv.includes(option))
const sizes = quick ? [100, 1000] : [1000, 100_000, 1_000_000, 10_000_000]
/** What filling may take. */
const MINUTES = large ? 20 : 10
/** Goals are set for the ratio of these. */
const [least = 0, most = 0] = quick ? sizes : [1000, 1_000_000]
const effort = quick ? { rounds: 2, calls: 5, patience: 60_000 } : { rounds: 30, calls: 20, patience: MINUTES * 60_000 }
const asked = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1]?.split(',') : undefined

const count = (size: number): string => size.toLocaleString('en-GB').replaceAll(',', ' ')
const HEAD = ['store', 'call', ...sizes.map((size) => `${count(size)} sessions`), `${count(most)} to ${count(least)}`]

const rows = new Map<string, readonly Row[]>()
for (const place of PLACES.filter(({ name }) => !asked || asked.includes(name))) {
  const figures = await measureScale(place, large || quick ? sizes : sizes.filter((size) => size <= most), effort)
  rows.set(place.name, rowsOf(figures))
  if (!quick) console.error(`measured: ${place.name}`)
}
if (!quick) for (const place of PLACES) rows.set(place.name, rows.get(place.name) ?? rowsOnPage(place))
const text = [
  tableOf(
    HEAD,
    PLACES.flatMap(({ name }) => rows.get(name) ?? []),
  ),
  '',
  `Medians of one interleaved run of each store, on one machine with ${availableParallelism()} processors, Node ${process.version}.`,
  ...(quick ? [] : [`Left out: ${leftOut().join('; ')}.`]),
].join('\n')
console.log(text)
if (!quick) putTable(...PAGE, text)

function rowsOf({ name, sizes: measured }: Figures): readonly Row[] {
  const row = (call: Call): Row => {
    const value = (size: number): number | undefined => measured.get(size)?.micros[call]
    const [from, to] = [value(least), value(most)]
    const ratio = from === undefined || to === undefined ? '–' : (to / from).toFixed(2)
    return [name, `\`${call}\``, ...sizes.map((size) => shown(call, value(size))), ratio]
  }
  const bytes = sizes.map((size) => measured.get(size)?.bytes.toFixed(0) ?? '–')
  return [...CALLS.map(row), [name, 'bytes a session', ...bytes, '']]
}

function shown(call: Call, micros: number | undefined): string {
  if (micros === undefined) return '–'
  if (call.startsWith('prune')) return `${(micros / 1000).toFixed(1)} ms`
  return `${micros.toFixed(micros < 10 ? 1 : 0)} µs`
}

function rowsOnPage({ name }: Place): readonly Row[] {
  const cells = tableIn(...PAGE)
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  return cells.filter((row) => row[0] === name && row.length === HEAD.length)
}

/** What the table does not say, and why. */
function leftOut(): string[] {
  return PLACES.flatMap(({ name, most: limit, why, hindrance }) => {
    const [read = []] = rows.get(name) ?? []
    const missing = sizes.filter((_, nth) => !/\d/.test(read[nth + 2] ?? ''))
    const reason = (size: number): string => {
      if (size > limit) return why ?? ''
      if (size > most && !(large && (asked?.includes(name) ?? true))) return 'only with --large'
      return (size > most && hindrance?.()) || `not filled within ${MINUTES} minutes`
    }
    return missing.map((size) => `${name} with ${count(size)} sessions (${reason(size)})`)
  })
}
