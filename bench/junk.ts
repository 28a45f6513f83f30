// What junk costs: `npm run bench:junk`. CPU of a request that presents it, over the same request without it.
// --only fetch,node: these adapters. --kind h3: rows whose name holds this. --rounds 9: so many. --quick: few, whose figures say nothing.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { tableOf } from '../scripts/doc-table.ts'
import { type Adapter, behindFetch, behindNode, type Cost } from './junk-adapters.ts'
import { allJunk, type Junk, needsSecret } from './junk-kinds.ts'

/** What a request may cost, as a multiple of the same without a cookie. */
const MOST = 3

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'fetch,node' },
    kind: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '15' },
  },
})
const effort = values.quick
  ? { rounds: 5, requests: 40, flood: 40 }
  : { rounds: Number(values.rounds), requests: 60, flood: 1000 }
const junk = (await allJunk()).filter(({ name, site }) => `${site}: ${name}`.includes(values.kind))
const adapters: readonly (readonly [string, Adapter])[] = [
  ['fetch', behindFetch],
  ['node', behindNode],
]

const found = new Map<string, readonly Cost[]>()
for (const [name, adapter] of adapters) if (values.only.split(',').includes(name)) found.set(name, await adapter(junk, effort))
const times = (ratio: number): string => ratio.toFixed(ratio < 10 ? 1 : 0)
const shown = (costs: readonly Cost[] | undefined, at: number): string => {
  const cost = costs?.[at]
  if (!cost) return '–'
  const first = cost.first === undefined ? '' : `; the first ${cost.first.toFixed(0)} µs`
  return `${times(cost.ratio)}, ${times(cost.floor)} (${cost.micros.toFixed(0)} µs${first})`
}
const row = (one: Junk) => [one.site, one.name, ...adapters.map(([adapter]) => shown(found.get(adapter), junk.indexOf(one)))]
const table = (rows: readonly Junk[]) =>
  tableOf(['sessions', 'what comes', ...adapters.map(([adapter]) => adapter)], rows.map(row))
console.log(table(junk.filter((one) => !needsSecret(one))))
const inside = junk.filter(needsSecret)
if (inside.length > 0) console.log(`\nWhat needs the secret, or write access to the store:\n\n${table(inside)}`)
console.log(
  `\nCPU (process.cpuUsage) of a request over the same without the header; what that would be for the platform alone; and microseconds. Medians of ${effort.rounds} interleaved rounds of ${effort.requests} requests, on one machine with ${availableParallelism()} processors, Node ${process.version}. Where a first one is named: the mean of ${effort.flood} within one second, all different.`,
)
const over = [...found].flatMap(([adapter, costs]) =>
  costs.flatMap((cost, at) =>
    cost.ratio > MOST && !needsSecret(junk[at] as Junk)
      ? [`${adapter}, ${junk[at]?.site}: ${junk[at]?.name}: ${times(cost.ratio)}, of which the platform ${times(cost.floor)}`]
      : [],
  ),
)
console.log(
  over.length === 0 ? `Nothing is over ${MOST} times.` : `Over ${MOST} times:\n${over.map((line) => `  ${line}`).join('\n')}`,
)
if (!values.quick && over.length > 0) process.exitCode = 1
