// `npm run bench -- --http` writes http.md: requests per second and the 99th percentile of the same application without a session, with what
// people use today, and with ours. Each server is a process of its own; the client, autocannon, is this one. Both share the machine's processors.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { tableOf } from '../scripts/doc-table.ts'
import { browser } from './browser.ts'
import { installPeers } from './install.ts'
import { loadNow, thisMachine } from './report.ts'
import { median, shuffled } from './statistics.ts'

/** What is used of autocannon, which this command installs. */
type Autocannon = (options: {
  readonly url: string
  readonly connections: number
  readonly duration: number
  readonly setupClient: (client: { setRequests(requests: readonly { headers: Record<string, string> }[]): void }) => void
}) => Promise<{
  readonly requests: { readonly average: number; readonly total: number }
  readonly latency: { readonly p99: number }
  readonly errors: number
  readonly non2xx: number
}>

interface Options {
  readonly isQuick: boolean
  readonly isJson: boolean
}

interface Row {
  readonly framework: string
  readonly app: string
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly p99: number
  /** Microseconds of the server for each request. */
  readonly cpu: number
}

interface Run {
  readonly rate: number
  readonly p99: number
  readonly cpu: number
}

const SERVER = join(import.meta.dirname, 'peers/server.ts')
const PACKAGE: string = 'autocannon'
const CONNECTIONS = 16
/** Fewer would write to the same sessions more often than visitors do. */
const VISITORS = 1024

export async function compareOverHttp({ isQuick, isJson }: Options): Promise<void> {
  await installPeers()
  const { default: autocannon } = (await import(PACKAGE)) as { default: Autocannon }
  const { stdout } = await promisify(execFile)(process.execPath, [SERVER])
  const apps = (JSON.parse(stdout) as [string, string[]][]).flatMap(([framework, names]) =>
    names.map((app) => ({ framework, app })),
  )
  const found = new Map(apps.map(({ app, framework }) => [`${framework} ${app}`, [] as Run[]]))
  const loadBefore = loadNow()
  const [rounds, duration] = isQuick ? [1, 1] : [3, 4]
  for (let round = 0; round < rounds; round++)
    for (const { framework, app } of shuffled(apps))
      found.get(`${framework} ${app}`)?.push(await load(autocannon, framework, app, duration))
  const rows = apps.map(({ framework, app }): Row => {
    const runs = found.get(`${framework} ${app}`) ?? []
    return {
      framework,
      app,
      requestsPerSecond: median(runs.map(({ rate }) => rate)),
      p99: median(runs.map(({ p99 }) => p99)),
      cpu: median(runs.map(({ cpu }) => cpu)),
    }
  })
  const text = textOf(rows, rounds, duration, loadBefore)
  if (!isQuick) writeFileSync(join(import.meta.dirname, 'http.md'), text)
  console.log(isJson ? JSON.stringify(rows) : text)
}

/** Starts the server, fills the sessions of its visitors, and asks it for some seconds. */
async function load(autocannon: Autocannon, framework: string, app: string, duration: number): Promise<Run> {
  const server = spawn(process.execPath, [SERVER, framework, app], {
    // express-session warns that its MemoryStore is not for production.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  let complaints = ''
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  try {
    const url = `http://127.0.0.1:${await portOf(server)}`
    const cookies: string[] = []
    for (let n = 0; n < VISITORS; n++) {
      const visitor = browser()
      visitor.take(await fetch(`${url}/fill`))
      cookies.push(visitor.cookie)
    }
    let client = 0
    const ask = (seconds: number) =>
      autocannon({
        url,
        connections: CONNECTIONS,
        duration: seconds,
        setupClient(connection) {
          // Each begins with another visitor.
          const from = ((client++ % CONNECTIONS) * VISITORS) / CONNECTIONS
          const mine = [...cookies.slice(from), ...cookies.slice(0, from)]
          connection.setRequests(mine.map((cookie) => ({ headers: { cookie } })))
        },
      })
    // Until the compiler has done its part.
    await ask(2 * duration)
    const before = await cpuOf(server)
    const { requests, latency, errors, non2xx } = await ask(duration)
    if (errors + non2xx > 0)
      throw new Error(`${framework}, ${app}: ${errors} requests failed, ${non2xx} were answered with an error.`)
    return { rate: requests.average, p99: latency.p99, cpu: ((await cpuOf(server)) - before) / requests.total }
  } catch (cause) {
    throw new Error(`${framework}, ${app} said: ${complaints}`, { cause })
  } finally {
    server.kill()
    await once(server, 'close')
  }
}

/** Microseconds that the server has had so far. */
async function cpuOf(server: ChildProcess): Promise<number> {
  server.send('cpu')
  const [micros] = await once(server, 'message')
  return Number(micros)
}

async function portOf(server: ChildProcess): Promise<number> {
  const [line] = await Promise.race([
    once(server.stdout ?? server, 'data'),
    once(server, 'close').then(() => {
      throw new Error('The server ended before it listened.')
    }),
  ])
  return Number(String(line))
}

function textOf(rows: readonly Row[], rounds: number, duration: number, loadBefore: number): string {
  const table = rows.map(({ framework, app, requestsPerSecond, p99, cpu }) => {
    const bare = rows.find((row) => row.framework === framework && row.app === 'bare')
    const part = requestsPerSecond / (bare?.requestsPerSecond ?? Number.NaN)
    return [
      framework,
      app.startsWith('coatcheck') ? `**${app}**` : app,
      requestsPerSecond.toFixed(0),
      `${(part * 100).toFixed(0)} %`,
      `${p99.toFixed(1)} ms`,
      `${cpu.toFixed(0)} µs`,
    ]
  })
  return [
    '# What a session costs over HTTP',
    '',
    'Written by `npm run bench -- --http`. Each application reads a counter of the session of 306 bytes, adds one and answers. It is a process of its',
    `own, which ${CONNECTIONS} connections on the loopback interface ask all the time, with the tickets of ${VISITORS} visitors. The client shares the processors with it.`,
    `Medians of ${rounds} runs of ${duration} s, in an order of chance, each after ${2 * duration} s to warm up.`,
    '',
    `${new Date().toISOString().slice(0, 10)}, ${thisMachine()}. Node ${process.version}. Processes that waited for a processor (load average) before: ${loadBefore.toFixed(1)}.`,
    '',
    tableOf(['framework', 'session', 'requests/s', 'of bare', 'p99', 'server’s CPU a request'], table),
    '',
    'A server’s CPU includes the kernel’s: a server that has more to do finds its client asleep more often, and waking it costs more than writing to it. So',
    'compare two rows of one framework, and see [the page of one process](results.md) for what a session itself costs.',
    '[Where the speed ends](../docs/decisions/037-where-the-speed-ends.md) says what is known of the difference.',
    '',
  ].join('\n')
}
