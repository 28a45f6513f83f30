import { type ChildProcess, fork } from 'node:child_process'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { withSession } from '../packages/coatcheck/src/adapters/fetch.ts'
import { withSession as inNode } from '../packages/coatcheck/src/adapters/node.ts'
import { type HeaderLines, type Junk, SITES } from './junk-kinds.ts'

export interface Effort {
  readonly rounds: number
  /** In each round, of each row. */
  readonly requests: number
  /** The same of rows that are a flood. */
  readonly flood: number
}

/** What a request of a row costs: CPU over that of the same request without a header, and in microseconds. */
export interface Cost {
  readonly ratio: number
  /** What the ratio would be if nothing here looked at the header: what the platform alone needs for it. */
  readonly floor: number
  readonly micros: number
  /** Of a flood: microseconds that its first request takes. */
  readonly first?: number
}
export type Adapter = (junk: readonly Junk[], effort: Effort) => Promise<readonly Cost[]>

/** A site, or BARE: a server without sessions. */
const BARE = 'bare'
const NOTHING = () => ({})

/** Microseconds of CPU that so many requests with these headers take. */
type Measure = (site: string, headers: () => HeaderLines, requests: number) => Promise<number>

async function interleaved(junk: readonly Junk[], effort: Effort, measure: Measure): Promise<readonly Cost[]> {
  const seen = junk.map(() => ({ ratio: [] as number[], floor: [] as number[], micros: [] as number[], first: [] as number[] }))
  for (let round = -1; round < effort.rounds; round++) {
    for (const [at, { site, headers, isFlood = false }] of junk.entries()) {
      // Whoever floods a server finds it warm: the first round is not counted, and is longer.
      const requests = round < 0 ? 5 * effort.requests : effort.requests
      const { flood } = effort
      const each = async (of: string, lines: () => HeaderLines) => (await measure(of, lines, requests)) / requests
      // By turns before and after, so that what the machine does besides falls on both.
      const isBefore = round % 2 === 0
      const before = isBefore ? await each(site, NOTHING) : 0
      if (isFlood) await beginningOfSecond()
      const first = isFlood ? await measure(site, headers, 1) : 0
      const with_ = isFlood ? (first + (await measure(site, headers, flood - 1))) / flood : await each(site, headers)
      const without = isBefore ? before : await each(site, NOTHING)
      const platform = (await each(BARE, headers)) - (await each(BARE, NOTHING))
      if (round < 0) continue // warming up
      seen[at]?.ratio.push(with_ / without)
      seen[at]?.floor.push((without + platform) / without)
      seen[at]?.micros.push(with_)
      if (isFlood) seen[at]?.first.push(first)
    }
  }
  return seen.map(({ ratio, floor, micros, first }) => ({
    ratio: median(ratio),
    floor: median(floor),
    micros: median(micros),
    ...(first.length > 0 && { first: median(first) }),
  }))
}

/** Waits for the second that a flood is to be all in. */
const beginningOfSecond = () => new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000)))

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

const spent = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since)
  return user + system
}

export const behindFetch: Adapter = (junk, effort) => {
  const handlers = Object.entries(SITES).map(([site, sessions]) => {
    const handle = withSession(sessions, async (request: Request) => {
      const session = await sessions.open(request)
      return new Response(session.get('user') === undefined ? 'nobody' : 'somebody')
    })
    return [site, handle] as const
  })
  const bare = async (request: Request) => new Response(request.headers.get('cookie') === 'ours' ? 'somebody' : 'nobody')
  const byName = new Map<string, (request: Request) => Promise<unknown>>([...handlers, [BARE, bare]])
  return interleaved(junk, effort, async (site, headers, count) => {
    const handle = byName.get(site)
    if (!handle) throw new Error(`There is no site "${site}".`)
    // What a runtime does before it calls a handler is not counted: it does so for every header.
    const known = new Map<HeaderLines, HeaderLines>()
    const requests = Array.from({ length: count }, () => {
      const lines = headers()
      // One text for all requests that send the same: hundreds of copies would have to be collected meanwhile.
      const bytes = known.get(lines) ?? mapped(lines, toByteString)
      known.set(lines, bytes)
      return new Request('https://app.test/', { headers: bytes })
    })
    const before = process.cpuUsage()
    for (const request of requests) await handle(request)
    return spent(before)
  })
}

const mapped = (lines: HeaderLines, change: (value: string) => string): HeaderLines =>
  Object.fromEntries(Object.entries(lines).map(([name, value]) => [name, change(value)]))

/** As bytes of UTF-8 reach a handler: one character for each. */
const toByteString = (text: string): string => Buffer.from(text).toString('latin1')

export const behindNode: Adapter = async (junk, effort) => {
  const server = fork(fileURLToPath(import.meta.url), ['--serve'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  try {
    const port = (await told(server)) as number
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const costs = await interleaved(junk, effort, async (site, headers, count) => {
      const requests = Array.from({ length: count }, () => {
        const lines = Object.entries(headers()).map(([name, value]) => `${name}: ${value}\r\n`)
        return `GET /${encodeURIComponent(site)} HTTP/1.1\r\nhost: app.test\r\n${lines.join('')}\r\n`
      })
      const before = await usage(server)
      for (const request of requests) await answered(socket, request)
      return (await usage(server)) - before
    })
    socket.destroy()
    return costs
  } finally {
    server.kill()
  }
}

const told = (server: ChildProcess): Promise<unknown> => new Promise((resolve) => server.once('message', resolve))

function usage(server: ChildProcess): Promise<number> {
  const answer = told(server) as Promise<number>
  server.send('usage')
  return answer
}

/** One request and its answer, which ends with the last byte of its body. */
function answered(socket: Socket, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    const read = (bytes: Buffer) => {
      text += bytes.toString('latin1')
      if (!text.endsWith('nobody') && !text.endsWith('somebody')) return
      socket.off('data', read)
      if (text.startsWith('HTTP/1.1 200')) resolve()
      else reject(new Error(`The answer was ${text.slice(0, 200)}`))
    }
    socket.on('data', read)
    socket.write(request)
  })
}

/** The server, in a process of its own so that its CPU is not the client's. */
function serve(): void {
  const listeners = new Map(
    Object.entries(SITES).map(([site, sessions]) => [
      `/${encodeURIComponent(site)}`,
      inNode(sessions, async (req, res) => {
        const session = await sessions.open(req)
        res.end(session.get('user') === undefined ? 'nobody' : 'somebody')
      }),
    ]),
  )
  const server = createServer({ maxHeaderSize: 131_072, keepAliveTimeout: 600_000 }, (req, res) => {
    const listener = listeners.get(req.url ?? '')
    if (listener) return listener(req, res)
    res.statusCode = req.url === `/${BARE}` ? 200 : 404
    res.end(req.headers.cookie === 'ours' ? 'somebody' : 'nobody')
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  const start = process.cpuUsage()
  process.on('message', () => process.send?.(spent(start)))
}

if (process.argv.includes('--serve')) serve()
