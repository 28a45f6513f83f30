import { type ChildProcess, fork } from 'node:child_process'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { withSession } from '../packages/coatcheck/src/frameworks/fetch.ts'
import { withSession as inNode } from '../packages/coatcheck/src/frameworks/node.ts'
import { COOKIE, type Junk, SITES } from './junk-kinds.ts'

export interface Effort {
  readonly rounds: number
  /** In each round, of each row. */
  readonly requests: number
}

/**
 * What a row costs: CPU over that of the same request without a cookie, over that of one with as long a header that is not ours, which the
 * runtime reads as well, and in microseconds.
 */
export type Costs = readonly { readonly ratio: number; readonly overForeign: number; readonly micros: number }[]
export type Door = (junk: readonly Junk[], effort: Effort) => Promise<Costs>

/** Microseconds of CPU that so many requests with these headers take. */
type Measure = (site: string, headers: Readonly<Record<string, string>>, requests: number) => Promise<number>

async function interleaved(junk: readonly Junk[], { rounds, requests }: Effort, measure: Measure): Promise<Costs> {
  const seen = junk.map(() => ({ ratios: [] as number[], overForeign: [] as number[], micros: [] as number[] }))
  for (let round = -1; round < rounds; round++) {
    for (const [at, { site, headers }] of junk.entries()) {
      // By turns before and after, so that what the machine does besides falls on both.
      const first = round % 2 === 0
      const before = first ? await measure(site, {}, requests) : 0
      const with_ = await measure(site, headers, requests)
      const without = first ? before : await measure(site, {}, requests)
      const others = await measure(site, notOurs(headers), requests)
      if (round < 0) continue // warming up
      seen[at]?.ratios.push(with_ / without)
      seen[at]?.overForeign.push(with_ / others)
      seen[at]?.micros.push(with_ / requests)
    }
  }
  return seen.map(({ ratios, overForeign, micros }) => ({
    ratio: median(ratios),
    overForeign: median(overForeign),
    micros: median(micros),
  }))
}

/** The same, of a name or a scheme that is none of ours. */
function notOurs(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const changed = Object.entries(headers).map(([name, value]) => [
    name,
    value.replaceAll(COOKIE, COOKIE.replace('H', 'X')).replace(/^Bearer/, 'Basicx'),
  ])
  return Object.fromEntries(changed)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

const spent = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since)
  return user + system
}

export const behindFetch: Door = (junk, effort) => {
  const handlers = Object.entries(SITES).map(([site, sessions]) => {
    const handle = withSession(sessions, async (request: Request) => {
      const session = await sessions.open(request)
      return new Response(session.get('user') === undefined ? 'nobody' : 'somebody')
    })
    return [site, handle] as const
  })
  const byName = new Map(handlers)
  return interleaved(junk, effort, async (site, headers, count) => {
    const handle = byName.get(site)
    if (!handle) throw new Error(`There is no site "${site}".`)
    // What a runtime does before it calls a handler is not counted: it does so for every header.
    const requests = Array.from({ length: count }, () => {
      const request = new Request('https://app.test/')
      for (const [name, value] of Object.entries(headers)) request.headers.set(name, toByteString(value))
      return request
    })
    const before = process.cpuUsage()
    for (const request of requests) await handle(request)
    return spent(before)
  })
}

/** As bytes of UTF-8 reach a handler: one character for each. */
const toByteString = (text: string): string => Buffer.from(text).toString('latin1')

export const behindNode: Door = async (junk, effort) => {
  const server = fork(fileURLToPath(import.meta.url), ['--serve'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  try {
    const port = (await told(server)) as number
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const costs = await interleaved(junk, effort, async (site, headers, count) => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      const request = `GET /${encodeURIComponent(site)} HTTP/1.1\r\nhost: app.test\r\n${lines.join('')}\r\n`
      const before = await usage(server)
      for (let left = count; left > 0; left--) await answered(socket, request)
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
    if (listener) listener(req, res)
    else res.writeHead(404).end('nobody')
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  const start = process.cpuUsage()
  process.on('message', () => process.send?.(spent(start)))
}

if (process.argv.includes('--serve')) serve()
