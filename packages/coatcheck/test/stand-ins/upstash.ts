import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { Redis } from 'ioredis'
import type { Reachable } from '../helpers/engines.ts'

export const TOKEN = 'token-of-the-stand-in'

export interface StandIn extends Reachable {
  /** The next request is answered so, instead of being passed on. */
  next(status: number, body: string): void
  /** The paths of the requests that came since this was asked last. */
  asked(): string[]
}

/**
 * Stands in for the REST interface of Upstash (https://upstash.com/docs/redis/features/restapi), in front of a Redis that runs each command:
 * one command as a list of JSON, several at `/pipeline`, and texts in base64 for who asks for that.
 */
export async function startUpstash(redis: Reachable): Promise<StandIn> {
  const client = new Redis(redis.url)
  let orders: { status: number; body: string }[] = []
  let paths: string[] = []

  async function run([command = '', ...values]: readonly (string | number)[], encode: (reply: unknown) => unknown) {
    try {
      return { result: encode(await client.call(String(command), ...values)) }
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    }
  }

  async function answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
    const body = await text(request)
    paths.push(request.url ?? '')
    const order = orders.shift()
    if (order) return order
    const said = (status: number, value: object) => ({ status, body: JSON.stringify(value) })
    if (request.headers.authorization !== `Bearer ${TOKEN}`)
      return said(401, { error: 'WRONGPASS invalid or missing auth token' })
    const encode = request.headers['upstash-encoding'] === 'base64' ? inBase64 : (reply: unknown) => reply
    const given = JSON.parse(body)
    if (request.url === '/') {
      const reply = await run(given, encode)
      return said('error' in reply ? 400 : 200, reply)
    }
    if (request.url !== '/pipeline') return said(400, { error: `ERR the stand-in has no ${request.url}` })
    const replies: object[] = []
    for (const each of given) replies.push(await run(each, encode))
    return said(200, replies)
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(body),
      (error) => response.writeHead(500).end(String(error)),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const own = server.address()
  if (typeof own !== 'object' || own === null) throw new Error('The stand-in has no port.')
  return {
    url: `http://127.0.0.1:${own.port}`,
    next: (status, body) => void orders.push({ status, body }),
    asked() {
      const all = paths
      paths = []
      return all
    },
    async stop() {
      orders = []
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      client.disconnect()
      await redis.stop()
    },
  }
}

function inBase64(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(inBase64)
  return typeof reply === 'string' && reply !== 'OK' ? Buffer.from(reply).toString('base64') : reply
}
