// The page that `npm run bench` writes, and what it prints.
import { tableOf } from '../scripts/doc-table.ts'
import type { Checked } from './budgets.ts'
import type { Report, ReportRow } from './report.ts'
import type { Kind } from './setting.ts'

export const SECTIONS: readonly { readonly title: string; readonly kinds: readonly Kind[] }[] = [
  { title: 'In this process’s memory', kinds: ['memory'] },
  { title: 'Sealed in the cookie: nobody reads it', kinds: ['sealed'] },
  { title: 'Signed in the cookie: anybody reads it', kinds: ['signed'] },
  { title: 'On the disk of this machine', kinds: ['file', 'SQLite'] },
  { title: 'On a server beside it', kinds: ['Redis', 'PostgreSQL'] },
]

/** The rows of a section, the cheapest first. */
export const rowsOf = ({ rows }: Pick<Report, 'rows'>, kinds: readonly Kind[]): readonly ReportRow[] =>
  rows.filter(({ kind }) => kinds.includes(kind)).toSorted((a, b) => a.writing.median - b.writing.median)

const HEAD = [
  '',
  'over',
  'writes, µs',
  'reads, µs',
  'Set-Cookie, bytes',
  'store calls',
  'allocates, kB',
  'promises',
  'lost of 32',
]

/** Two digits that count; more of them would be those of the machine. */
export function shortOf(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 10) return Math.round(value).toLocaleString('en-GB')
  return value.toFixed(1)
}

function cellsOf({ name, over, by, writing, reading, cookieBytes, counts }: ReportRow): readonly string[] {
  const [low, high] = writing.quartiles
  return [
    by === 'us' ? `**${name}**` : by === 'hand' ? `*${name}*` : name,
    over,
    `${shortOf(writing.median)} (${shortOf(low)} to ${shortOf(high)})`,
    shortOf(reading.median),
    `${cookieBytes}`,
    `${counts?.trips ?? '–'}`,
    counts ? counts.allocatedKb.toFixed(0) : '–',
    `${counts?.promises ?? '–'}`,
    `${counts?.lost ?? '–'}`,
  ]
}

export function amountOf(value: number | undefined, unit: Checked['unit']): string {
  if (value === undefined || Number.isNaN(value)) return '–'
  if (unit === 'bytes') return value.toFixed(0)
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return `${value.toFixed(digits)} ${unit === 'x' ? '×' : unit}`
}

export function budgetTable(budgets: readonly Checked[]): string {
  const rows = budgets.map(({ what, unit, must, aim, found, isMet }) => [
    what,
    amountOf(found, unit),
    amountOf(must, unit),
    amountOf(aim, unit),
    found === undefined ? 'not measured' : isMet ? 'yes' : '**no**',
  ])
  return tableOf(['budget', 'found', 'must', 'aim', 'met'], rows)
}

export function pageOf(report: Report): string {
  const { date, machine, node, load, versions, rounds, r, budgets, leftOut, isQuick } = report
  const sections = SECTIONS.map(({ title, kinds }) => ({ title, rows: rowsOf(report, kinds) })).filter(
    ({ rows }) => rows.length > 0,
  )
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version.replace(/^npm:.*@/, '')}`)
  return [
    '# What a session costs',
    '',
    ...(isQuick ? ['**A quick run: no figure of this page says anything.**', ''] : []),
    'Written by `npm run bench`. A request comes with a session of 306 bytes of JSON; its handler reads a counter, adds one and answers. Each',
    'figure is what that costs over the same handler in the same framework without a session. Everything runs in one process, without a',
    'network; rows take turns in rounds, in an order of chance; figures are medians, with quartiles in parentheses. Sessions of many visitors take',
    'turns. Compare rows of this page with each other, and with nothing else.',
    '',
    `${date}, ${machine}. Node ${node}. ${rounds} rounds. Processes that waited for a processor (load average) before and after: ${load.before.toFixed(1)}, ${load.after.toFixed(1)}. One raw AES-256-GCM seal and`,
    `unseal of the session (\`r\`) takes ${r.toFixed(1)} µs.`,
    '',
    '![The same as a chart](results.svg)',
    '',
    ...sections.flatMap(({ title, rows }) => [`## ${title}`, '', tableOf(HEAD, rows.map(cellsOf)), '']),
    '* **Ours**; *written by hand*, with nothing promised: no session ends, no secret can be replaced, parallel writes are lost.',
    '* over: the handler without a session that the row is compared with. store calls: a dash where there is no store, or none that can be wrapped.',
    '* lost of 32: so many requests read the session, then each writes a key of its own; so many of those keys are missing afterwards.',
    '* Files: ours brings each write to the disk before it answers (`fsync`); the others do not.',
    '* Over HTTP, with sockets and a client: [http.md](http.md).',
    '* Astro, Remix 3, iron-session and svelte-kit-cookie-session run as their frameworks call them, without the rest of the framework.',
    '',
    '## Budgets',
    '',
    budgetTable(budgets),
    '',
    '## What was measured',
    '',
    `${names.join(', ')}.`,
    ...(leftOut.length > 0 ? ['', 'Left out:', '', ...leftOut.map((each) => `* ${each}`)] : []),
    '',
  ].join('\n')
}
