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

/** What Node writes to, kept instead of sent. It looks like TLS, so that cookies may be `Secure`. */
class Sink extends Duplex {
  readonly encrypted = true
  readonly remoteAddress = '127.0.0.1'
  readonly chunks: Buffer[] = []

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk)
    done()
  }
}

/** Through a listener of `node:http`, with Node's own request and response. */
export function throughNode(listener: (req: IncomingMessage, res: ServerResponse) => unknown): Visit {
  return (cookie) =>
    new Promise((resolve, reject) => {
      const sink = new Sink()
      const req = new IncomingMessage(sink as unknown as Socket)
      Object.assign(req, { method: 'GET', url: '/', httpVersion: '1.1', complete: true })
      Object.assign(req.headers, { host: 'app.test' }, cookie === undefined ? {} : { cookie })
      req.push(null)
      const res = new ServerResponse(req)
      res.assignSocket(sink as unknown as Socket)
      res.once('finish', () => resolve(answerOf(res.statusCode, sink)))
      Promise.resolve(listener(req, res)).catch(reject)
    })
}

/** Read only when somebody asks: the measured requests do not. */
function answerOf(status: number, { chunks }: Sink): Answer {
  const parts = (): string[] => Buffer.concat(chunks).toString().split('\r\n\r\n')
  return {
    status,
    headers: {
      getSetCookie: () => [...(parts()[0] ?? '').matchAll(/^set-cookie: (.*)$/gim)].map(([, line = '']) => line.trimEnd()),
    },
    text: async () => parts().slice(1).join('\r\n\r\n'),
  }
}
