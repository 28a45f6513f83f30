import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server, type Http2ServerResponse } from 'node:http2'
import { type AddressInfo, connect as connectTcp, type Server, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import connect from 'connect'
import express, { type NextFunction, type Request, type Response } from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { delayHeaders, type HoldHooks, type NodeResponse, nodeHeaders } from './delayed-headers.ts'

const servers: Server[] = []
const sockets: Socket[] = []
const crashes: unknown[] = []
process.on('uncaughtException', (error) => crashes.push(error))
process.on('unhandledRejection', (error) => crashes.push(error))

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed))
  expect(crashes.splice(0)).toEqual([])
})

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

const serve = (handler: RequestListener): Promise<number> => listen(createServer(handler))
const at = (port: number, path = '/'): string => `http://127.0.0.1:${port}${path}`

/** A client that shows every byte. */
async function dial(
  port: number,
): Promise<{ socket: Socket; bytes: () => string; until: (part: string | RegExp) => Promise<string> }> {
  const socket = connectTcp(port, '127.0.0.1')
  sockets.push(socket)
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (data) => {
    text += data
  })
  await once(socket, 'connect')
  const until = async (part: string | RegExp): Promise<string> => {
    while (!(typeof part === 'string' ? text.includes(part) : part.test(text))) await once(socket, 'data')
    return text
  }
  return { socket, bytes: () => text, until }
}

/** The whole answer to one request on one connection, as it is on the wire. */
async function format(port: number, request = 'GET / HTTP/1.1'): Promise<string> {
  const { socket, bytes } = await dial(port)
  const [line, ...more] = request.split('\n')
  socket.write([line, 'Host: a', 'Connection: close', ...more, '', ''].join('\r\n'))
  await once(socket, 'close')
  return bytes().replace(/\r\nDate: [^\r]*/, '')
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

/** A save that takes until it is told to be done; `begun` when the response waits for it. */
function slowSave(): { before: () => Promise<void>; begun: Promise<void>; finish: () => void; fail: (error: unknown) => void } {
  const begun = Promise.withResolvers<void>()
  const saved = Promise.withResolvers<void>()
  return {
    before() {
      begun.resolve()
      return saved.promise
    },
    begun: begun.promise,
    finish: saved.resolve,
    fail: saved.reject,
  }
}

type Wait = HoldHooks['before']
const instant: Wait = () => {}
const turns: Wait = async () => {
  for (let n = 0; n < 9; n++) await turn()
}

const quiet: HoldHooks = {
  before() {},
  failed(error) {
    throw error
  },
  sent() {},
}

describe('a redirect', () => {
  const stacks: Record<string, (signIn: (res: ServerResponse) => void, page: (res: ServerResponse) => void) => RequestListener> =
    {
      'node:http': (signIn, page) => (req, res) => {
        if (req.url !== '/sign-in') return page(res)
        signIn(res)
        res.writeHead(302, { Location: '/' }).end()
      },
      'Express 5': (signIn, page) =>
        express()
          .use('/sign-in', (_req: Request, res: Response) => {
            signIn(res)
            res.redirect('/')
          })
          .use((_req: Request, res: Response) => page(res)),
      'Connect 3': (signIn, page) =>
        connect()
          .use('/sign-in', (_req: IncomingMessage, res: ServerResponse) => {
            signIn(res)
            res.statusCode = 302
            res.setHeader('Location', '/')
            res.end()
          })
          .use((_req: IncomingMessage, res: ServerResponse) => page(res)),
    }

  for (const [name, stack] of Object.entries(stacks)) {
    it(`never outruns the save, on ${name}`, async () => {
      const save = slowSave()
      let stored = 'nobody'
      const signIn = (res: ServerResponse): void => {
        const before = async (): Promise<void> => {
          await save.before()
          stored = 'ada'
          nodeHeaders(res).append('set-cookie', 'ticket=1')
        }
        expect(delayHeaders(res, { ...quiet, before })).toBe(true)
      }
      const port = await serve(stack(signIn, (res) => res.end(`hello ${stored}`)))
      const browser = await dial(port)
      browser.socket.write('GET /sign-in HTTP/1.1\r\nHost: a\r\n\r\n')
      await save.begun
      // Another visitor comes and goes meanwhile: the server is not stuck, and had every opportunity to send the redirect.
      expect(await (await fetch(at(port))).text()).toBe('hello nobody')
      expect(browser.bytes()).toBe('')
      save.finish()
      expect(await browser.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 302 Found\r\n.*Location: \/\r\n.*set-cookie: ticket=1\r\n/is)
      expect(await (await fetch(at(port))).text()).toBe('hello ada')
    })
  }
})

describe('when nothing has to wait', () => {
  it('stays synchronous: sent is sent, and every call returns what node returns', async () => {
    const seen: unknown[] = []
    const port = await serve((_req, res) => {
      delayHeaders(res, {
        ...quiet,
        before: () => void seen.push('before'),
        sent: () => void seen.push('sent'),
      })
      seen.push(res.headersSent, res.write('a'), res.headersSent, res.write('b'), res.end('c') === res, res.writableEnded)
    })
    expect(await (await fetch(at(port))).text()).toBe('abc')
    expect(seen).toEqual(['before', 'sent', false, true, true, true, true, true])
  })

  it("lets node's complaint reach the application, which can still answer", async () => {
    let runs = 0
    const port = await serve((_req, res) => {
      delayHeaders(res, { ...quiet, before: () => void runs++ })
      res.statusMessage = 'no\nline'
      expect(() => res.end('never')).toThrow('Invalid character in statusMessage')
      res.statusMessage = 'Fine'
      res.end('later')
    })
    expect(await format(port)).toBe('HTTP/1.1 200 Fine\r\nConnection: close\r\nContent-Length: 5\r\n\r\nlater')
    expect(runs).toBe(1)
  })
})

describe('the bytes on the wire', () => {
  const handlers: Record<string, (res: ServerResponse, req: IncomingMessage) => void> = {
    'end alone': (res) => res.end('hello'),
    'an empty end': (res) => res.end(),
    'writes and end': (res) => {
      res.write('a')
      res.write(Buffer.from('b'))
      res.write(new Uint8Array([99]))
      res.write('64', 'hex')
      res.end('ZQ==', 'base64')
    },
    'an empty write': (res) => {
      res.write('')
      res.end('x')
    },
    'a head and end': (res) => res.writeHead(201, { 'X-One': '1' }).end('made'),
    'a head with a length': (res) => {
      res.writeHead(200, { 'Content-Length': 4 })
      res.write('ab')
      res.end('cd')
    },
    'a reason phrase': (res) => res.writeHead(404, 'Gone Fishing', { 'X-One': '1' }).end(),
    'a reason phrase set before': (res) => {
      res.statusMessage = 'Quite'
      res.writeHead(200).end()
    },
    'a reason phrase and nothing more': (res) => res.writeHead(404, 'Gone Fishing', undefined).end(),
    'headers set before are replaced, not doubled': (res) => {
      res.setHeader('X-One', '0').setHeader('Set-Cookie', 'z=0')
      res.writeHead(200, { 'x-one': '1', 'Set-Cookie': ['a=1', 'b=2'] }).end()
    },
    'a flat list with a name twice': (res) => res.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-One', '1']).end(),
    'a flat list over headers set before': (res) => {
      res.setHeader('X-One', '0').setHeader('X-Two', '2')
      res.writeHead(200, ['x-one', '1', 'x-one', '1b']).end()
    },
    'a list of pairs': (res) => {
      const pairs = [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ]
      res.writeHead(200, pairs as unknown as string[]).end()
    },
    'headers after no reason phrase': (res) => res.writeHead(200, undefined, { 'X-One': '1' }).end(),
    'flushed headers': (res) => {
      res.flushHeaders()
      res.end('x')
    },
    'no content': (res) => res.writeHead(204).end(),
    'not modified': (res) => {
      res.statusCode = 304
      res.setHeader('ETag', '"1"')
      res.end()
    },
    'a body where none belongs': (res) => {
      res.statusCode = 204
      res.write('ignored')
      res.end('ignored')
    },
    trailers: (res, req) => {
      if (req.httpVersion === '1.1' && req.method === 'GET') res.writeHead(200, { Trailer: 'X-Sum' })
      res.write('a')
      res.addTrailers({ 'X-Sum': '1' })
      res.end()
    },
    'early hints': (res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' })
      res.writeProcessing()
      res.end('x')
    },
    'a closing connection': (res) => res.writeHead(200, { Connection: 'close' }).end('x'),
  }
  const requests = ['GET / HTTP/1.1', 'HEAD / HTTP/1.1', 'GET / HTTP/1.0']

  for (const [name, handler] of Object.entries(handlers)) {
    it(`are the same as without holding: ${name}`, async () => {
      const save = async (): Promise<void> => turn()
      const plain = await serve((req, res) => handler(res, req))
      const loaded = await serve((req, res) => {
        delayHeaders(res, { ...quiet, before: save })
        handler(res, req)
      })
      const instant = await serve((req, res) => {
        delayHeaders(res, quiet)
        handler(res, req)
      })
      for (const request of requests) {
        const expected = await format(plain, request)
        // writeHead sends names in the order given when nothing else was set, setHeader in the order set: compared without order.
        const lines = (bytes: string): string[] => bytes.split('\r\n').sort()
        expect(lines(await format(loaded, request))).toEqual(lines(expected))
        expect(lines(await format(instant, request))).toEqual(lines(expected))
      }
    })
  }

  it('keep their order when some were written before the save was done, and some after', async () => {
    const save = slowSave()
    const port = await serve(async (_req, res) => {
      delayHeaders(res, { ...quiet, before: save.before })
      res.write('1')
      res.write('2')
      save.finish()
      res.write('3')
      await turn()
      res.write('4')
      res.end('5')
    })
    expect(await (await fetch(at(port))).text()).toBe('12345')
  })

  it('are those of a 5 MB pipe, and its source is stopped meanwhile', async () => {
    const parts = Array.from({ length: 80 }, (_, n) => Buffer.alloc(65_536, n))
    const digest = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')
    let made = 0
    let loaded: ServerResponse | undefined
    const source = function* (): Generator<Buffer> {
      for (const part of parts) {
        made++
        yield part
      }
    }
    const pipes: ((res: ServerResponse) => unknown)[] = [
      (res) => Readable.from(source()).pipe(res),
      (res) => pipeline(Readable.from(source()), res),
      (res) => pipeline(source(), res),
    ]
    for (const pipe of pipes) {
      made = 0
      const { before, begun, finish } = slowSave()
      const port = await serve((_req, res) => {
        loaded = res
        delayHeaders(res, { ...quiet, before })
        pipe(res)
      })
      const answer = fetch(at(port)).then((response) => response.arrayBuffer())
      await begun
      for (let n = 0; n < 50; n++) await turn()
      // The source's own buffer may fill, by 16 objects.
      expect(made).toBeLessThanOrEqual(20)
      expect(loaded?.writableLength).toBe(65_536)
      expect(loaded?.writableNeedDrain).toBe(true)
      finish()
      expect(digest(new Uint8Array(await answer))).toBe(digest(Buffer.concat(parts)))
    }
  })

  it('are waited for by whoever writes them, when there are more than the connection takes', async () => {
    const save = slowSave()
    const drains: boolean[] = []
    const port = await serve((_req, res) => {
      delayHeaders(res, { ...quiet, before: save.before })
      res.on('drain', () => {
        drains.push(res.writableNeedDrain)
        res.end()
      })
      expect(res.write(Buffer.alloc(20_000_000))).toBe(false)
      save.finish()
    })
    expect((await (await fetch(at(port))).arrayBuffer()).byteLength).toBe(20_000_000)
    expect(drains).toEqual([false])
  })

  it('survive corks', async () => {
    const port = await serve((_req, res) => {
      delayHeaders(res, { ...quiet, before: turn })
      res.cork()
      res.write('a')
      res.write('b')
      res.uncork()
      res.end('c')
    })
    expect(await (await fetch(at(port))).text()).toBe('abc')
  })

  it('come in order on a pipelined connection, whichever save is done first', async () => {
    const saves = [slowSave(), slowSave()]
    const finished: string[] = []
    const port = await serve((req, res) => {
      const save = req.url === '/0' ? saves[0] : saves[1]
      delayHeaders(res, { ...quiet, before: () => save?.before() })
      res.on('finish', () => finished.push(String(req.url)))
      res.setHeader('Content-Length', 2)
      res.end(req.url)
    })
    const { socket, until } = await dial(port)
    socket.write('GET /0 HTTP/1.1\r\nHost: a\r\n\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n')
    await Promise.all(saves.map((save) => save.begun))
    saves[1]?.finish()
    await turn()
    saves[0]?.finish()
    expect(await until('/1')).toMatch(/^HTTP.*\r\n\r\n\/0HTTP.*\r\n\r\n\/1$/s)
    await turn()
    expect(finished).toEqual(['/0', '/1'])
    socket.write('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n')
    await until('/2')
  })

  it('of 100 Continue do not wait', async () => {
    const save = slowSave()
    const server = createServer()
    server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
      delayHeaders(res, { ...quiet, before: save.before })
      res.writeContinue()
      req.on('data', (data) => res.end(`got ${data}`))
    })
    const { socket, until, bytes } = await dial(await listen(server))
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n')
    await until('100 Continue\r\n\r\n')
    socket.write('ok')
    await save.begun
    expect(bytes()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    save.finish()
    await until('got ok')
  })

  it('of 101 Switching Protocols do not wait, and nothing is run', async () => {
    const port = await serve((_req, res) => {
      delayHeaders(res, { ...quiet, before: () => Promise.reject(new Error('not to be run')) })
      res.writeHead(101, { Upgrade: 'echo', Connection: 'Upgrade' })
      res.flushHeaders()
      res.socket?.end('raw')
    })
    expect(await format(port)).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n.*raw$/s)
  })
})

describe('the headers', () => {
  it('given to writeHead are there for the save to see, status and all, and its own join them', async () => {
    const seen: unknown[] = []
    const forms: ((res: ServerResponse) => void)[] = [
      (res) => res.writeHead(201, { 'Set-Cookie': 'a=1', 'X-Number': 7 }),
      (res) => res.writeHead(201, 'Made', { 'set-cookie': ['a=1'], 'X-Number': '7' }),
      (res) => res.writeHead(201, ['Set-Cookie', 'a=1', 'X-Number', '7']),
      (res) =>
        res.writeHead(201, [
          ['Set-Cookie', 'a=1'],
          ['X-Number', '7'],
        ] as unknown as string[]),
      (res) => {
        res.setHeader('X-Number', 7)
        res.setHeader('Set-Cookie', 'a=1')
        res.statusCode = 201
      },
    ]
    for (const form of forms) {
      const port = await serve((_req, res) => {
        const headers = nodeHeaders(res)
        const before = async (): Promise<void> => {
          await turn()
          seen.push(
            res.statusCode,
            headers.get('set-cookie'),
            headers.getSetCookie(),
            headers.get('x-number'),
            headers.get('x-none'),
          )
          headers.append('set-cookie', 'ticket=1')
          headers.append('vary', 'Cookie')
          headers.append('vary', 'Accept')
          expect(res.getHeader('vary')).toBe('Cookie, Accept')
          headers.set('cache-control', 'private')
          headers.delete('x-number')
        }
        delayHeaders(res, { ...quiet, before })
        form(res)
        res.end()
      })
      const { headers, status } = await fetch(at(port))
      expect(status).toBe(201)
      expect(headers.getSetCookie()).toEqual(['a=1', 'ticket=1'])
      expect([headers.get('vary'), headers.get('cache-control'), headers.get('x-number')]).toEqual([
        'Cookie, Accept',
        'private',
        null,
      ])
      expect(seen.splice(0)).toEqual([201, 'a=1', ['a=1'], '7', null])
    }
  })

  it('can no longer be changed by the application, which sees a response that was sent', async () => {
    const save = slowSave()
    const looks = (res: ServerResponse): unknown[] => [res.headersSent, res.writableEnded, res.finished, res.writableFinished]
    const sent = expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' })
    const port = await serve((_req, res) => {
      delayHeaders(res, { ...quiet, before: save.before })
      expect(looks(res)).toEqual([false, false, false, false])
      expect(res.write('a')).toBe(false)
      expect(looks(res)).toEqual([true, false, false, false])
      expect([res.writableLength, res.writableNeedDrain]).toEqual([1, true])
      expect(() => res.setHeader('X-Late', '1')).toThrow(sent)
      expect(() => res.setHeaders(new Map([['X-Late', '1']]))).toThrow(sent)
      expect(() => res.appendHeader('X-Late', '1')).toThrow(sent)
      expect(() => res.removeHeader('X-One')).toThrow(sent)
      expect(() => res.writeHead(500)).toThrow(sent)
      expect(res.end('b')).toBe(res)
      expect(looks(res)).toEqual([true, true, true, false])
      expect([res.writableLength, res.writableNeedDrain]).toEqual([2, false])
      nodeHeaders(res).set('x-ours', '1')
      expect(() => nodeHeaders(res).set('bad name', '1')).toThrow('Header name must be a valid HTTP token')
      expect(looks(res)).toEqual([true, true, true, false])
      res.on('finish', () => expect(looks(res)).toEqual([true, true, true, true]))
      save.finish()
    })
    const response = await fetch(at(port))
    expect([response.status, response.headers.get('x-late'), response.headers.get('x-ours')]).toEqual([200, null, '1'])
    expect(await response.text()).toBe('ab')
  })

  it('have left when `sent` is called, once', async () => {
    const seen: unknown[] = []
    for (const before of [instant, turn]) {
      const port = await serve((_req, res) => {
        delayHeaders(res, { ...quiet, before, sent: () => seen.push(res.headersSent) })
        res.writeHead(200)
        res.write('a')
        res.end('b')
      })
      expect(await (await fetch(at(port))).text()).toBe('ab')
      expect(seen.splice(0)).toEqual([true])
    }
  })
})

describe('callbacks', () => {
  it('of writes and end are called when it really happened', async () => {
    const save = slowSave()
    const seen: unknown[] = []
    const port = await serve((_req, res) => {
      delayHeaders(res, { ...quiet, before: save.before })
      res.write('a', () => seen.push('a'))
      res.write('62', 'hex', () => seen.push('b'))
      res.end('c', () => seen.push('end'))
      res.on('finish', () => seen.push('finish'))
    })
    const answer = fetch(at(port))
    await save.begun
    await turn()
    expect(seen).toEqual([])
    save.finish()
    expect(await (await answer).text()).toBe('abc')
    // Node 22 tells of the finish first.
    expect([seen.slice(0, 2), seen.slice(2).sort()]).toEqual([
      ['a', 'b'],
      ['end', 'finish'],
    ])
  })

  it("of a write after the end get node's own error", async () => {
    const errors = Promise.withResolvers<unknown>()
    const port = await serve((_req, res) => {
      delayHeaders(res, { ...quiet, before: turn })
      res.on('error', () => {})
      res.end('a')
      res.write('b', errors.resolve)
    })
    expect(await (await fetch(at(port))).text()).toBe('a')
    expect(await errors.promise).toMatchObject({ code: 'ERR_STREAM_WRITE_AFTER_END' })
  })
})

describe('a save that fails', () => {
  const down = new Error('the store is down')
  const ways: Record<string, () => void | Promise<void>> = {
    'by throwing': () => {
      throw down
    },
    'by rejecting': async () => {
      await turn()
      throw down
    },
  }

  for (const [way, before] of Object.entries(ways)) {
    it(`${way}, sends nothing of the answer, and leaves room for another`, async () => {
      const seen: unknown[] = []
      const port = await serve((_req, res) => {
        const failed = (error: unknown): void => {
          seen.push(error, res.headersSent, res.writableEnded, res.statusCode)
          nodeHeaders(res).set('content-type', 'text/plain')
          seen.push(res.headersSent)
          res.end('could not save')
        }
        res
          .setHeader('Access-Control-Allow-Origin', '*')
          .setHeader('Set-Cookie', 'theirs=1')
          .setHeader('Content-Security-Policy', 'x')
        delayHeaders(res, { before, failed, sent: () => seen.push('sent') })
        res.setHeader('Cache-Control', 'public').setHeader('Content-Length', 6).setHeader('ETag', '"1"')
        res.writeHead(302, 'Off You Go', { Location: '/account', Trailer: 'X-Sum', 'Content-Encoding': 'br' })
        res.addTrailers({ 'X-Sum': '1' })
        res.write('sec', (error) => seen.push(error))
        res.end('ret', () => seen.push('end'))
      })
      expect((await format(port)).split('\r\n').sort()).toEqual(
        [
          'HTTP/1.1 500 Internal Server Error',
          'Access-Control-Allow-Origin: *',
          'Content-Security-Policy: x',
          'Set-Cookie: theirs=1',
          'cache-control: no-store',
          'Connection: close',
          'content-type: text/plain',
          'Transfer-Encoding: chunked',
          ...['', 'e', 'could not save', '0', '', ''],
        ].sort(),
      )
      expect(seen).toEqual([down, false, false, 500, false, 'sent', down, 'end'])
    })

    it(`${way}, ends what the application is still writing`, async () => {
      const wrote = Promise.withResolvers<unknown[]>()
      const port = await serve(async (_req, res) => {
        delayHeaders(res, { ...quiet, before, failed: () => res.end('could not save') })
        res.write('a')
        for (let n = 0; n < 3; n++) await turn()
        res.writeHead(200)
        res.flushHeaders()
        const error = new Promise((done) => res.write('b', done))
        wrote.resolve([res.write('c'), res.end('d') === res, await error])
      })
      const response = await fetch(at(port))
      expect([response.status, await response.text()]).toEqual([500, 'could not save'])
      expect(await wrote.promise).toEqual([true, true, down])
    })

    it(`${way}, ends a pipe`, async () => {
      const pages = async function* (): AsyncGenerator<string> {
        for (let n = 0; n < 20; n++) {
          await turn()
          yield `page ${n}`
        }
      }
      const port = await serve((_req, res) => {
        delayHeaders(res, { ...quiet, before, failed: () => res.end('could not save') })
        res.writeHead(200)
        Readable.from(pages()).pipe(res)
      })
      expect(await (await fetch(at(port))).text()).toBe('could not save')
    })
  }

  it("goes to Express's error handler, however long that takes, and stops there", async () => {
    for (const wait of [async () => {}, turn]) {
      const app = express()
      app.use((_req: Request, res: Response, next: NextFunction) => {
        delayHeaders(res, { ...quiet, before: () => turn().then(() => Promise.reject(down)), failed: next })
        next()
      })
      app.use('/', (_req: Request, res: Response) => {
        res.json({ balance: 7 })
      })
      app.use(async (error: Error, _req: Request, res: Response, _next: NextFunction) => {
        await wait()
        res.type('txt').send(`sorry: ${error.message}`)
      })
      const response = await fetch(at(await serve(app)))
      expect([response.status, await response.text()]).toEqual([500, 'sorry: the store is down'])
    }
  })

  it('is answered by the last resort of Express and of Connect', async () => {
    type Next = (error?: unknown) => void
    const middleware = (_req: unknown, res: ServerResponse, next: Next): void => {
      delayHeaders(res, { ...quiet, before: () => Promise.reject(down), failed: next })
      next()
    }
    const page = (_req: unknown, res: ServerResponse): void => {
      res.end('balance: 7')
    }
    for (const app of [express().set('env', 'test').use(middleware, page), connect().use(middleware).use(page)]) {
      const response = await fetch(at(await serve(app)))
      expect(response.status).toBe(500)
      expect(await response.text()).not.toContain('balance')
    }
  })

  it('is what a call is that node refuses once nobody listens', async () => {
    const seen: unknown[] = []
    const calls: ((res: ServerResponse) => unknown)[] = [
      (res) => res.end(42),
      (res) => res.writeHead(99).end(),
      (res) => res.writeHead(200, 'no\nline').end(),
    ]
    for (const call of calls) {
      const port = await serve((_req, res) => {
        const failed = (error: unknown): void => {
          seen.push((error as { code: string }).code)
          res.end('wrong')
        }
        delayHeaders(res, { ...quiet, before: turn, failed })
        call(res)
      })
      const response = await fetch(at(port))
      expect([response.status, await response.text()]).toEqual([500, 'wrong'])
    }
    expect(seen).toEqual(['ERR_INVALID_ARG_TYPE', 'ERR_HTTP_INVALID_STATUS_CODE', 'ERR_INVALID_CHAR'])
  })

  it('breaks the connection off for such a call in the middle of a body', async () => {
    const port = await serve((_req, res) => {
      delayHeaders(res, { ...quiet, before: turn })
      res.write('a')
      res.end(42)
    })
    expect(await format(port)).not.toContain('\r\n0\r\n\r\n')
  })
})

describe('a visitor who leaves while the response is held', () => {
  const leave: Record<string, (socket: Socket, res: ServerResponse) => unknown> = {
    'the visitor': (socket) => socket.destroy(),
    'the application, by destroy()': (_socket, res) => res.destroy(),
    'the application, by destroy(error)': (_socket, res) => res.destroy(new Error('enough')),
  }
  for (const [who, go] of Object.entries(leave)) {
    it(`does not stop the save: ${who}`, async () => {
      const save = slowSave()
      const done = Promise.withResolvers<void>()
      const seen: unknown[] = []
      let response: ServerResponse | undefined
      const port = await serve((_req, res) => {
        response = res
        const before = async (): Promise<void> => {
          await save.before()
          seen.push('saved')
        }
        delayHeaders(res, { ...quiet, before, sent: () => seen.push('sent') })
        res.on('close', () => seen.push('close'))
        res.write('a', (error) => seen.push((error as { code?: string } | null)?.code))
        res.end('b', () => done.resolve())
      })
      const { socket } = await dial(port)
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await save.begun
      const closed = response && once(response, 'close')
      go(socket, response as ServerResponse)
      await closed
      save.finish()
      await turn()
      expect(seen).toEqual(['close', 'saved', 'sent', 'ERR_STREAM_DESTROYED'])
    })
  }

  it('does not stop it when the save fails either', async () => {
    const save = slowSave()
    const failed = Promise.withResolvers<unknown>()
    let response: ServerResponse | undefined
    const port = await serve((_req, res) => {
      response = res
      const answer = (error: unknown): void => {
        res.end('could not save')
        failed.resolve(error)
      }
      delayHeaders(res, { ...quiet, before: save.before, failed: answer })
      res.end('a')
    })
    const { socket } = await dial(port)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await save.begun
    const closed = response && once(response, 'close')
    socket.destroy()
    await closed
    save.fail('down')
    expect(await failed.promise).toBe('down')
  })
})

describe('two holds of one response', () => {
  it('run one after another, in the order they were made, whether they wait or not', async () => {
    for (const [first, second] of [
      [turn, turn],
      [turn, instant],
      [instant, turn],
      [instant, instant],
    ] as const) {
      const seen: string[] = []
      const port = await serve((_req, res) => {
        const hooks = (name: string, wait: Wait): HoldHooks => ({
          ...quiet,
          before() {
            seen.push(`${name} begins`)
            const waits = wait()
            const end = (): void => {
              seen.push(`${name} ends`)
              nodeHeaders(res).append('set-cookie', `${name}=1`)
            }
            return waits ? waits.then(end) : end()
          },
          sent: () => seen.push(`${name} sent`),
        })
        expect([delayHeaders(res, hooks('one', first)), delayHeaders(res, hooks('two', second))]).toEqual([true, true])
        res.end()
        expect(delayHeaders(res, hooks('three', instant))).toBe(seen.length < 6)
      })
      const response = await fetch(at(port))
      const three = response.headers.getSetCookie().length === 3
      const names = ['one', 'two', ...(three ? ['three'] : [])]
      expect(response.headers.getSetCookie()).toEqual(names.map((name) => `${name}=1`))
      expect(seen).toEqual([
        ...names.flatMap((name) => [`${name} begins`, `${name} ends`]),
        ...names.map((name) => `${name} sent`),
      ])
    }
  })

  it('answer once when the first fails, and the second still has its turn before that answer', async () => {
    for (const wait of [instant, turn]) {
      const port = await serve((_req, res) => {
        delayHeaders(res, { ...quiet, before: () => Promise.reject(new Error('down')), failed: () => res.end('could not save') })
        const before = async (): Promise<void> => {
          await wait()
          nodeHeaders(res).append('set-cookie', `seen=${res.statusCode}`)
        }
        delayHeaders(res, { ...quiet, before })
        res.end('balance: 7')
      })
      const response = await fetch(at(port))
      expect([response.status, await response.text()]).toEqual([500, 'could not save'])
      expect(response.headers.getSetCookie()).toEqual(['seen=500'])
    }
  })

  it('keep the cookie of the first when the second fails', async () => {
    const port = await serve((_req, res) => {
      delayHeaders(res, { ...quiet, before: () => nodeHeaders(res).append('set-cookie', 'first=1') })
      delayHeaders(res, { ...quiet, before: () => Promise.reject(new Error('down')), failed: () => res.end('could not save') })
      res.end('balance: 7')
    })
    const response = await fetch(at(port))
    expect([await response.text(), response.headers.getSetCookie()]).toEqual(['could not save', ['first=1']])
  })

  it('answer once when both fail', async () => {
    const seen: string[] = []
    const port = await serve((_req, res) => {
      const fail = (name: string): void => {
        delayHeaders(res, {
          before: () => Promise.reject(new Error(name)),
          failed(error) {
            seen.push((error as Error).message)
            res.end(`no ${name}`)
          },
          sent: () => seen.push(`${name} sent`),
        })
      }
      fail('one')
      fail('two')
      res.end('balance: 7')
    })
    expect(await (await fetch(at(port))).text()).toBe('no two')
    expect(seen).toEqual(['one', 'two', 'one sent', 'two sent'])
  })
})

type Middleware = (res: ServerResponse) => void

/** What packages like compression do to a response: a head listener, their own write and end, and drain moved to their stream. */
const gzipping: Middleware = (res) => {
  const small = res.req.url === '/small'
  const { writeHead, write, end, on } = res
  const waiting: Parameters<typeof res.on>[] = []
  let gzip: ReturnType<typeof createGzip> | undefined
  const head = (): void => {
    if (!(res as ServerResponse & { _header: unknown })._header) res.writeHead(res.statusCode)
  }
  let fired = false
  Object.assign(res, {
    writeHead(...args: [number]) {
      if (!fired) {
        fired = true
        if (small) for (const listener of waiting) on.apply(res, listener)
        if (small) return writeHead.apply(res, args)
        gzip = createGzip({ level: 0 })
        for (const [event, listener] of waiting) gzip.on(event, listener)
        res.setHeader('Content-Encoding', 'gzip')
        res.removeHeader('Content-Length')
        gzip.on('data', (chunk) => write.call(res, chunk, 'utf8') || gzip?.pause())
        gzip.on('end', () => end.call(res, undefined, 'utf8'))
        on.call(res, 'drain', () => gzip?.resume())
      }
      return writeHead.apply(res, args)
    },
    write(chunk: string) {
      head()
      return gzip ? gzip.write(chunk) : write.call(res, chunk, 'utf8')
    },
    end(chunk?: string) {
      head()
      if (gzip) gzip.end(chunk)
      else end.call(res, chunk, 'utf8')
      return res
    },
    on(...args: Parameters<typeof res.on>) {
      if (args[0] !== 'drain') return on.apply(res, args)
      if (gzip) gzip.on(...args)
      else waiting.push(args)
      return res
    },
  })
}

/** What packages like on-headers do to a response. */
const listening =
  (listener: (res: ServerResponse) => void): Middleware =>
  (res) => {
    const { writeHead } = res
    let fired = false
    Object.assign(res, {
      writeHead(status: number, headers: Record<string, string> = {}) {
        res.statusCode = status
        for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
        if (!fired) listener(res)
        fired = true
        return writeHead.call(res, res.statusCode)
      },
    })
  }

describe('together with a compressing middleware', () => {
  const orders: Record<string, (holding: Middleware) => Middleware[]> = {
    'that comes first': (holding) => [gzipping, holding],
    'that comes later': (holding) => [holding, gzipping],
  }
  const page = 'a page of some length, '.repeat(40_000)
  const pages: Record<string, (res: ServerResponse) => void> = {
    'an end': (res) => res.end(page),
    'writes without looking back': (res) => {
      for (let n = 0; n < 4; n++) res.write(page.slice((n * page.length) / 4, ((n + 1) * page.length) / 4))
      res.end()
    },
    'a pipe': (res) => Readable.from(page.match(/[\s\S]{1,9000}/g) ?? []).pipe(res),
    'a pipe of one small piece and a late rest': (res) => {
      const late = async function* (): AsyncGenerator<string> {
        yield page.slice(0, 10)
        for (let n = 0; n < 5; n++) await turn()
        yield page.slice(10)
      }
      Readable.from(late(), { highWaterMark: 1 }).pipe(res)
    },
    'a pipeline': (res) => void pipeline(page.match(/[\s\S]{1,9000}/g) ?? [], res),
  }

  for (const [order, middlewares] of Object.entries(orders)) {
    for (const [name, respond] of Object.entries(pages)) {
      it(`${order}, ${name} arrives whole`, async () => {
        for (const wait of [instant, turn, turns]) {
          const port = await serve((_req, res) => {
            const before = (): void | Promise<void> => {
              const done = (): void => nodeHeaders(res).append('set-cookie', 'ticket=1')
              const waits = wait()
              return waits ? waits.then(done) : done()
            }
            for (const middleware of middlewares(() => delayHeaders(res, { ...quiet, before }))) middleware(res)
            respond(res)
          })
          const response = await fetch(at(port))
          expect(response.headers.getSetCookie()).toEqual(['ticket=1'])
          expect(response.headers.get('content-encoding')).toBe('gzip')
          expect((await response.text()) === page).toBe(true)
        }
      })

      it(`${order}, nothing of ${name} arrives when the save fails, but the answer to that`, async () => {
        const port = await serve((_req, res) => {
          const hooks = {
            ...quiet,
            before: () => turn().then(() => Promise.reject(new Error('down'))),
            failed: () => res.end('could not save'),
          }
          for (const middleware of middlewares(() => delayHeaders(res, hooks))) middleware(res)
          respond(res)
        })
        const response = await fetch(at(port))
        expect([response.status, await response.text()]).toEqual([500, 'could not save'])
      })
    }
  }
})

describe('together with a compressing middleware that comes first and has nothing to do', () => {
  it('tells a writer once that it can go on', async () => {
    let drains = 0
    const port = await serve((_req, res) => {
      gzipping(res)
      delayHeaders(res, { ...quiet, before: turn })
      res.on('drain', () => {
        drains++
        res.end('b')
      })
      res.write('a')
    })
    expect(await (await fetch(at(port, '/small'))).text()).toBe('ab')
    expect(drains).toBe(1)
  })
})

describe('together with a middleware that listens for the head', () => {
  const stamp = listening((res) => res.setHeader('X-Status', res.statusCode))
  const orders: Record<string, (holding: Middleware) => Middleware[]> = {
    'that comes first': (holding) => [stamp, holding],
    'that comes later': (holding) => [holding, stamp],
  }
  const pages: ((res: ServerResponse) => unknown)[] = [
    (res) => res.writeHead(201, { 'Set-Cookie': 'a=1' }).end('made'),
    (res) => {
      res.statusCode = 201
      res.setHeader('Set-Cookie', 'a=1')
      res.end('made')
    },
  ]
  for (const [order, middlewares] of Object.entries(orders)) {
    it(`${order}, both have their say`, async () => {
      for (const respond of pages) {
        const port = await serve((_req, res) => {
          const before = (): Promise<void> => turn().then(() => nodeHeaders(res).append('set-cookie', 'ticket=1'))
          for (const middleware of middlewares(() => delayHeaders(res, { ...quiet, before }))) middleware(res)
          respond(res)
        })
        const response = await fetch(at(port))
        expect([response.status, response.headers.get('x-status'), await response.text()]).toEqual([201, '201', 'made'])
        expect(response.headers.getSetCookie()).toEqual(['a=1', 'ticket=1'])
      }
    })
  }
})

describe('what cannot be held', () => {
  it('is an imitation of a response, which stays as it is', () => {
    class ServerResponse extends EventEmitter {
      statusCode = 200
      statusMessage = ''
      headersSent = false
      stream = null
      getHeader = (): undefined => undefined
      getHeaderNames = (): string[] => []
      setHeader = (): void => {}
      appendHeader = (): void => {}
      removeHeader = (): void => {}
      addTrailers = (): void => {}
      writeHead = (): void => {}
      flushHeaders = (): void => {}
      write = (): boolean => true
      end = (): void => {}
      destroy = (): void => {}
    }
    const mock: NodeResponse = new ServerResponse()
    const { write, end } = mock
    expect(delayHeaders(mock, quiet)).toBe(false)
    expect([mock.write === write, mock.end === end]).toEqual([true, true])
  })

  it('is a response whose headers have left', async () => {
    const port = await serve((_req, res) => {
      res.write('a')
      expect(delayHeaders(res, { ...quiet, before: () => Promise.reject(new Error('too late')) })).toBe(false)
      res.end('b')
    })
    expect(await (await fetch(at(port))).text()).toBe('ab')
  })
})

describe('over HTTP/2', () => {
  async function exchange(handler: (res: Http2ServerResponse) => void): Promise<Record<string, unknown> & { contents: string }> {
    const server = createHttp2Server((_req, res) => handler(res))
    const port = await listen(server)
    const client = connectHttp2(at(port))
    const stream = client.request({ ':path': '/' })
    const [head] = await once(stream, 'response')
    let contents = ''
    for await (const chunk of stream.setEncoding('utf8')) contents += chunk
    client.close()
    return { ...head, contents }
  }

  it('a response is held like any other', async () => {
    const answer = await exchange((res) => {
      const before = (): Promise<void> => turn().then(() => nodeHeaders(res).append('set-cookie', 'ticket=1'))
      expect(delayHeaders(res, { ...quiet, before })).toBe(true)
      res.writeHead(201, { 'set-cookie': 'a=1' })
      res.write('a')
      expect([res.headersSent, res.writableEnded]).toEqual([true, false])
      expect(() => res.setHeader('x-late', '1')).toThrow('after they are sent')
      res.end('b')
      expect(res.writableEnded).toBe(true)
    })
    expect(answer).toMatchObject({ ':status': 201, 'set-cookie': ['a=1', 'ticket=1'], contents: 'ab' })
  })

  it('a failed save is answered', async () => {
    const answer = await exchange((res) => {
      delayHeaders(res, { ...quiet, before: () => Promise.reject(new Error('down')), failed: () => res.end('could not save') })
      res.writeHead(200, { 'content-length': '10' })
      res.end('balance: 7')
    })
    expect(answer).toMatchObject({ ':status': 500, contents: 'could not save' })
  })

  it('a visitor who leaves does not stop the save', async () => {
    const save = slowSave()
    const saved = Promise.withResolvers<void>()
    const closed = Promise.withResolvers<void>()
    const server = createHttp2Server((_req, res) => {
      delayHeaders(res, { ...quiet, before: () => save.before().then(saved.resolve) })
      res.on('close', closed.resolve)
      res.write('a')
      res.end('b')
    })
    const client = connectHttp2(at(await listen(server)))
    client.request({ ':path': '/' }).on('error', () => {})
    await save.begun
    client.destroy()
    await closed.promise
    save.finish()
    await saved.promise
    await turn()
  })
})
