import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Server } from 'node:net'
import { onTestFinished } from 'vitest'

/** A server on a loopback port, until the test is over. */
export interface Serving {
  readonly origin: string
  readonly port: number
  /** Resolves when a client that is connected now, or comes later, has gone. */
  left(): Promise<void>
}

export async function serving(listener: RequestListener | Server): Promise<Serving> {
  const server = typeof listener === 'function' ? createServer(listener) : listener
  const sockets = new Set<{ destroy(): void; once(event: 'close', gone: () => void): unknown }>()
  let gone = Promise.withResolvers<void>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      gone.resolve()
      gone = Promise.withResolvers()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => {
    const closed = new Promise((done) => server.close(done))
    for (const socket of sockets) socket.destroy()
    await closed
  })
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, port, left: () => gone.promise }
}

/** Sends a web response as an application of Node writes one. */
export async function answerNode(res: ServerResponse, response: Response): Promise<void> {
  res.statusCode = response.status
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie') res.setHeader(name, value)
  }
  const lines = response.headers.getSetCookie()
  if (lines.length > 0) res.setHeader('set-cookie', lines)
  res.end(Buffer.from(await response.arrayBuffer()))
}

/** A client that shows every byte. */
export interface Wire {
  send(request: string): void
  readonly bytes: string
  /** All that has come once this has come. */
  until(part: string | RegExp): Promise<string>
  hangUp(): void
}

export async function dial(port: number): Promise<Wire> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (data) => {
    text += data
  })
  await once(socket, 'connect')
  return {
    /** The lines of a request's head, without Host. */
    send: (head) => void socket.write([...head.split('\n'), 'Host: 127.0.0.1', '', ''].join('\r\n')),
    get bytes() {
      return text
    },
    async until(part) {
      while (!(typeof part === 'string' ? text.includes(part) : part.test(text))) await once(socket, 'data')
      return text
    },
    hangUp: () => void socket.destroy(),
  }
}
