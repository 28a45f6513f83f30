import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A way to a server that counts how often somebody has to wait for its answer. */
export interface Wire {
  /** The server's address, by this way. */
  readonly url: string
  /** Round trips on all connections since this was asked last. */
  trips(): number
  /** Leads to another server from now on; connections to the one before are cut. */
  leadTo(url: string): void
  close(): Promise<void>
}

/**
 * Passes every byte on, both ways, between a port of the loopback interface and the server at `url`. What a client sends before an
 * answer comes is one burst, and the answer makes it one round trip. Opening a connection counts nothing, what is said on it does.
 */
export async function wireTo(url: string): Promise<Wire> {
  let to = new URL(url)
  const sockets = new Set<Socket>()
  let trips = 0

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: to.hostname, port: Number(to.port), noDelay: true })
    let isAsking = false
    client.on('data', () => {
      isAsking = true
    })
    upstream.on('data', () => {
      if (isAsking) trips++
      isAsking = false
    })
    client.pipe(upstream).pipe(client)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const own = server.address()
  if (typeof own !== 'object' || own === null) throw new Error('The wire has no port.')
  const here = Object.assign(new URL(url), { hostname: '127.0.0.1', port: `${own.port}` })
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }

  return {
    url: here.href,
    trips() {
      const count = trips
      trips = 0
      return count
    },
    leadTo(other) {
      to = new URL(other)
      cut()
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
  }
}
