// Requests without a network: what is measured is the handler, not the socket.
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Answer, Visit } from './setting.ts'

const URL = 'https://app.test/'

/** Through a handler of `Request` and `Response`. */
export function throughFetch(handle: (request: Request) => Response | Promise<Response>): Visit {
  return async (cookie) => handle(new Request(URL, cookie === undefined ? {} : { headers: { cookie } }))
}

/** What Node writes to, kept instead of sent: a connection. It looks like TLS, so that cookies may be `Secure`. */
class Sink extends Duplex {
  readonly encrypted = true
  readonly remoteAddress = '127.0.0.1'
  /** Of the answer that is being written. */
  chunks: Buffer[] = []

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk)
    done()
  }
}

/**
 * Through a listener of `node:http`, with Node's own request and response. Connections are used again, as those of browsers are: V8 sees that a
 * new one for each request outlives it, makes it as an old object, and then keeps all that it leads to until the next full collection.
 */
export function throughNode(listener: (req: IncomingMessage, res: ServerResponse) => unknown): Visit {
  const free: Sink[] = []
  return (cookie) =>
    new Promise((resolve, reject) => {
      const sink = free.pop() ?? new Sink()
      const chunks: Buffer[] = []
      sink.chunks = chunks
      const socket = sink as unknown as Socket
      const req = new IncomingMessage(socket)
      Object.assign(req, { method: 'GET', url: '/', httpVersion: '1.1', complete: true })
      Object.assign(req.headers, { host: 'app.test' }, cookie === undefined ? {} : { cookie })
      req.push(null)
      const res = new ServerResponse(req)
      res.assignSocket(socket)
      res.once('finish', () => {
        res.detachSocket(socket)
        free.push(sink)
        resolve(answerOf(res.statusCode, chunks))
      })
      Promise.resolve(listener(req, res)).catch(reject)
    })
}

/** Read only when somebody asks: the measured requests do not. */
function answerOf(status: number, chunks: readonly Buffer[]): Answer {
  const parts = (): string[] => Buffer.concat(chunks).toString().split('\r\n\r\n')
  return {
    status,
    headers: {
      getSetCookie: () => [...(parts()[0] ?? '').matchAll(/^set-cookie: (.*)$/gim)].map(([, line = '']) => line.trimEnd()),
    },
    text: async () => parts().slice(1).join('\r\n\r\n'),
  }
}
