// `npm run bench -- --http`: requests per second and the 99th percentile of the same application without a session, with what people use
// today, and with ours. Each server is a process of its own; the client, autocannon, is this one. Both share the machine's processors.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { tableOf } from '../scripts/doc-table.ts'
import { browser } from './browser.ts'
import { installPeers } from './install.ts'
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
const VISITORS = 256

export async function compareOverHttp({ isQuick, isJson }: Options): Promise<void> {
  await installPeers()
  const { default: autocannon } = (await import(PACKAGE)) as { default: Autocannon }
  const { stdout } = await promisify(execFile)(process.execPath, [SERVER])
  const apps = (JSON.parse(stdout) as [string, string[]][]).flatMap(([framework, names]) =>
    names.map((app) => ({ framework, app })),
  )
  const found = new Map(apps.map(({ app, framework }) => [`${framework} ${app}`, [] as Run[]]))
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
  console.log(isJson ? JSON.stringify(rows) : textOf(rows, rounds, duration))
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
    await ask(duration / 2)
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

function textOf(rows: readonly Row[], rounds: number, duration: number): string {
  const table = rows.map(({ framework, app, requestsPerSecond, p99, cpu }) => {
    const bare = rows.find((row) => row.framework === framework && row.app === 'bare')
    const part = requestsPerSecond / (bare?.requestsPerSecond ?? Number.NaN)
    return [
      framework,
      app,
      requestsPerSecond.toFixed(0),
      `${(part * 100).toFixed(0)} %`,
      `${p99.toFixed(1)} ms`,
      `${cpu.toFixed(0)} µs`,
    ]
  })
  return [
    tableOf(['framework', 'session', 'requests/s', 'of bare', 'p99', 'server’s CPU a request'], table),
    '',
    `${CONNECTIONS} connections on the loopback interface, ${VISITORS} visitors, medians of ${rounds} runs of ${duration} s in an order of chance, Node ${process.version}.`,
    'The client shares the processors with the server.',
  ].join('\n')
}
