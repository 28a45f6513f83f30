// What a process pays before it answers: `node bench/import.ts`, after a build. --rounds 61: of each, one after another. --node path: on another Node.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** A median over rounds, with the quartiles around it. */
export interface Spread {
  readonly median: number
  readonly quartiles: readonly [number, number]
}

export interface ImportFigures {
  /** CPU of an empty process until it ends its program, in milliseconds. */
  readonly emptyMillis: Spread
  /** By what is imported: the CPU of a process that does, as a multiple of the empty one of the same round. */
  readonly ratios: Readonly<Record<string, Spread>>
  /** What a session adds to the first request of a process that has imported everything, in milliseconds of CPU. By where sessions are kept. */
  readonly firstRequestMillis: Readonly<Record<string, Spread>>
  readonly node: string
}

const root = join(import.meta.dirname, '..')
const importing = (...names: string[]): string => `await Promise.all(${JSON.stringify(names)}.map((name) => import(name)))\n`

/** Whatever reaches a disk once, the loader of modules included, is in the empty module already. */
const IMPORTS: Readonly<Record<string, string>> = {
  'an empty module': importing('data:text/javascript,'),
  coatcheck: importing('coatcheck'),
  'coatcheck/fetch': importing('coatcheck/fetch'),
  'coatcheck/hono': importing('coatcheck/hono'),
  'coatcheck/node': importing('coatcheck/node'),
  'coatcheck/stores/memory': importing('coatcheck/stores/memory'),
  'coatcheck/stores/sqlite': importing('coatcheck/stores/sqlite'),
  'coatcheck, /fetch and /stores/memory': importing('coatcheck', 'coatcheck/fetch', 'coatcheck/stores/memory'),
}

const ANSWER = `
const answer = (visits) => new Response(String(visits), { headers: { 'content-type': 'text/plain' } })
const request = () => new Request('https://shop.test/')
// What the platform itself does for the first time is not the session's.
await answer(0).text(); request().headers.get('cookie'); new Headers().append('set-cookie', 'a=b'); crypto.getRandomValues(new Uint8Array(9))
`
const visiting = (options: string): string => `
import { createSessions } from 'coatcheck'
import { withSession } from 'coatcheck/fetch'
import { memoryStore } from 'coatcheck/stores/memory'
${ANSWER}
const before = process.cpuUsage()
const sessions = createSessions(${options})
const handler = withSession(sessions, async (request) => {
  const session = await sessions.open(request)
  session.set('visits', (session.get('visits') ?? 0) + 1)
  return answer(session.get('visits'))
})
await (await handler(request())).text()
`
const SECRETS = "secrets: '0123456789abcdefghijklmnopqrstuvwxyz-ABCDEF'"
const FIRST: Readonly<Record<string, string>> = {
  none: `${ANSWER}\nconst before = process.cpuUsage()\nawait (await (async (request) => answer(1))(request())).text()\n`,
  sealed: visiting(`{ ${SECRETS} }`),
  memory: visiting('{ store: memoryStore() }'),
}

/** Runs one process of each kind a round, in another order each time, so that what else the machine does falls on all alike. */
export function measureImport(rounds: number, node: string = process.execPath): ImportFigures {
  const programs = new Map<string, string>([
    ['empty', spent('undefined')],
    ...Object.entries(IMPORTS).map(([name, code]) => [name, code + spent('undefined')] as const),
    ...Object.entries(FIRST).map(([name, code]) => [`first ${name}`, code + spent('before')] as const),
  ])
  const run = (name: string): number => millisOf(node, programs.get(name) ?? '')
  for (const name of programs.keys()) run(name) // files are read from the disk once
  const taken = Array.from({ length: rounds }, (_, round) => {
    const names = [...programs.keys()]
    const order = [...names.slice(round % names.length), ...names.slice(0, round % names.length)]
    return new Map(order.map((name) => [name, run(name)]))
  })
  const each = (of: (round: ReadonlyMap<string, number>) => number): Spread => spreadOf(taken.map(of))
  const get = (round: ReadonlyMap<string, number>, name: string): number => round.get(name) ?? Number.NaN
  return {
    emptyMillis: each((round) => get(round, 'empty')),
    ratios: Object.fromEntries(
      Object.keys(IMPORTS).map((name) => [name, each((round) => get(round, name) / get(round, 'empty'))]),
    ),
    firstRequestMillis: Object.fromEntries(
      ['sealed', 'memory'].map((name) => [name, each((round) => get(round, `first ${name}`) - get(round, 'first none'))]),
    ),
    node: spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim(),
  }
}

/** Writes the CPU used since `before`. */
const spent = (before: string): string =>
  `const { user, system } = process.cpuUsage(${before})\nprocess.stdout.write(String((user + system) / 1000))`

function millisOf(node: string, program: string): number {
  const { stdout, stderr, status } = spawnSync(node, ['--input-type=module', '--eval', program], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: undefined, NODE_ENV: 'production' },
  })
  const millis = Number(stdout)
  if (status !== 0 || stdout === '' || Number.isNaN(millis)) throw new Error(`a process ended with ${status}:\n${stderr}`)
  return millis
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (part: number): number => sorted[Math.round((sorted.length - 1) * part)] ?? Number.NaN
  return { median: at(0.5), quartiles: [at(0.25), at(0.75)] }
}

const optionOf = (name: string): string | undefined =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined

if (import.meta.main) {
  const { emptyMillis, ratios, firstRequestMillis, node } = measureImport(Number(optionOf('--rounds') ?? 31), optionOf('--node'))
  const line = (what: string, { median, quartiles }: Spread, unit: string): string =>
    `  ${what.padEnd(40)}${`${median.toFixed(2)} ${unit}`.padStart(9)}   ${quartiles.map((value) => value.toFixed(2)).join(' to ')}`
  console.log(
    [
      `CPU of a process that imports this, beside an empty one (${emptyMillis.median.toFixed(1)} ms), and quartiles`,
      ...Object.entries(ratios).map(([name, ratio]) => line(name, ratio, 'x')),
      '',
      'CPU that a session adds to the first request of a process',
      ...Object.entries(firstRequestMillis).map(([name, millis]) => line(name, millis, 'ms')),
      '',
      `Medians of one interleaved run, Node ${node}.`,
    ].join('\n'),
  )
}
