// What a session costs, beside what people would pick instead: `npm run bench`, which writes bench/results.md and bench/results.svg.
// --check: compares with the budgets, and ends with 1 where one is not met. --json: prints all. --http: over HTTP, see http.ts.
// --only hono,express: ours and these groups of peers; nothing is written. --only none: ours alone. --quick: figures say nothing.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chartOf } from './chart.ts'
import { type Counts, type CountsOrder, FLAGS } from './counts.ts'
import type { Figures } from './figures.ts'
import { loadGroups, PEERS } from './groups.ts'
import { installPeers } from './install.ts'
import { type HowLong, measure } from './measure.ts'
import { measureImport } from './outside/importing.ts'
import type { LargeFigures } from './outside/large.ts'
import { measureSize } from './outside/size.ts'
import { loadNow, type Report, reportOf } from './report.ts'
import { budgetTable, pageOf } from './results.ts'
import { QUICK } from './rounds.ts'
import { measureSeal } from './seal.ts'
import { startServers } from './servers.ts'
import type { Tools } from './setting.ts'

const has = (option: string): boolean => process.argv.includes(option)
const isQuick = has('--quick')
const only = has('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '').split(',') : undefined
const peers: readonly string[] = only ? only.filter((name) => name !== 'none') : PEERS
const HOW_LONG: HowLong = isQuick ? { ...QUICK, visitors: 2 } : { rounds: 60, turn: 6, visitors: 200, patience: 5 * 60_000 }

const NOT_HERE = [
  'coatcheck/nitro and coatcheck/nuxt: they need a build of Nitro; in it they are coatcheck/h3, whose rows are above',
  'Remix 3’s session-middleware: it could not be installed beside @remix-run/session 0.4.2; what it does around a handler is written out',
]

/** A script of the bench in a process of its own; what it prints is JSON. */
async function child<T>(script: string, ...args: string[]): Promise<T> {
  const flags = script === 'counts.ts' ? FLAGS : []
  const options = { cwd: import.meta.dirname, maxBuffer: 1e8 }
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, ...args], options)
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T
}

async function figuresOf(tools: Tools): Promise<Figures> {
  const say = (what: string): void => {
    if (!isQuick) console.error(`coatcheck: ${what} …`)
  }
  const order: CountsOrder = { peers, urls: tools.urls, requests: isQuick ? 2 : 200 }
  say('counting promises, allocations, calls of the store and lost writes')
  const counts = await child<Record<string, Counts>>('counts.ts', JSON.stringify(order))
  say('timing requests')
  const measured = await measure(await loadGroups(peers), tools, HOW_LONG)
  const seal = measureSeal(isQuick ? 1 : 100)
  if (only) return { measured, counts, seal }
  say('weighing and importing the core')
  const weighed = { import: measureImport(isQuick ? 1 : 40), size: await measureSize() }
  say('filling stores with a million sessions')
  const large = await child<LargeFigures>('outside/large.ts', ...(isQuick ? ['--quick'] : []))
  return { measured, counts, seal, ...weighed, large }
}

async function run(): Promise<Report> {
  const loadBefore = loadNow()
  if (peers.length > 0 && !isQuick) await installPeers()
  const servers = await startServers(isQuick ? [] : undefined)
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-bench-'))
  try {
    const figures = await figuresOf({ folder, urls: servers.urls })
    const missing = Object.entries(servers.missing).map(([name, why]) => `what needs ${name}: ${why}`)
    const leftOut = [
      ...NOT_HERE,
      ...missing,
      ...(only ? ['what --only left out'] : []),
      ...(isQuick ? ['what needs a server'] : []),
    ]
    return reportOf(figures, { date: new Date(), loadBefore, leftOut, isQuick })
  } finally {
    await servers.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (has('--http')) await (await import('./http.ts')).compareOverHttp({ isQuick, isJson: has('--json') })
else {
  const report = await run()
  if (!isQuick && !only) {
    writeFileSync(join(import.meta.dirname, 'results.md'), pageOf(report))
    writeFileSync(join(import.meta.dirname, 'results.svg'), chartOf(report))
  }
  console.log(has('--json') ? JSON.stringify(report) : has('--check') ? budgetTable(report.budgets) : pageOf(report))
  if (has('--check') && report.budgets.some(({ isMet }) => !isMet)) process.exitCode = 1
  // Frameworks keep timers.
  process.exit()
}
