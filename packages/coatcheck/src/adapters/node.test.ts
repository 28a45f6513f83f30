import { EventEmitter } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import connect from 'connect'
import express, { type ErrorRequestHandler, type Request, type Response } from 'express'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Adapter, codeOf, type TicketResponse } from '../../test/helpers/adapter.ts'
import { oursIn, quietly, tellStories } from '../../test/helpers/adapter-stories.ts'
import { gate, settled } from '../../test/helpers/gate.ts'
import { dial, serving } from '../../test/helpers/serving.ts'
import { SECRET } from '../../test/helpers/site.ts'
import { type Watched, watched } from '../../test/helpers/watched.ts'
import type { SessionEvent } from '../core/model/events.ts'
import { createSessions, type Sessions } from '../core/sessions.ts'
import { memoryStore } from '../stores/memory.ts'
import { type Visitor, visitor } from '../testing/visitor.ts'
import { withSession } from './node.ts'

const pathOf = (req: IncomingMessage): string => req.url ?? ''

async function stream(body: AsyncIterable<string>, res: ServerResponse): Promise<void> {
  for await (const piece of body) res.write(piece)
  res.end()
}

/** In the words of node:http, everything in one call where that can be. */
async function respond({ status = 200, headers = [], body = '', redirect }: TicketResponse, res: ServerResponse): Promise<void> {
  const lines = [...headers, ...(redirect === undefined ? [] : [['Location', redirect] as const])]
  res.writeHead(redirect === undefined ? status : 303, lines.flat())
  if (typeof body === 'string') res.end(body)
  else await stream(body, res)
}

/** The same, step by step. */
async function respondSlowly(
  { status = 200, headers = [], body = '', redirect }: TicketResponse,
  res: ServerResponse,
): Promise<void> {
  res.statusCode = redirect === undefined ? status : 303
  if (redirect !== undefined) res.setHeader('Location', redirect)
  for (const [name, value] of headers) res.appendHeader(name, value)
  if (typeof body === 'string') res.end(body)
  else await stream(body, res)
}

async function respondByExpress(
  { status = 200, headers = [], body = '', redirect }: TicketResponse,
  res: Response,
): Promise<void> {
  for (const [name, value] of headers) res.append(name, value)
  if (redirect !== undefined) return res.redirect(303, redirect)
  res.status(status)
  if (typeof body === 'string') res.send(body)
  else await stream(body, res)
}

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown

const adapters: Adapter[] = [
  {
    name: 'node:http',
    answersThrows: true,
    listener: (handle, sessions) =>
      sessions.reduceRight<Listener>(
        (inner, each) => withSession(each, inner),
        async (req, res) => respond(await handle({ request: req, path: pathOf(req) }), res),
      ),
  },
  {
    name: 'Express 5',
    answersThrows: true,
    listener(handle, sessions) {
      const app = express()
      for (const each of sessions) app.use(withSession(each))
      return app.use(async (req: Request, res: Response) => respondByExpress(await handle({ request: req, path: req.path }), res))
    },
  },
  {
    name: 'Connect 3',
    answersThrows: true,
    listener(handle, sessions) {
      const app = connect()
      for (const each of sessions) app.use(withSession(each))
      return app.use((req, res, next) => {
        handle({ request: req, path: pathOf(req) })
          .then((reply) => respondSlowly(reply, res))
          .catch(next)
      })
    },
  },
]
for (const adapter of adapters) tellStories(adapter)

interface Shop {
  readonly sessions: Sessions
  readonly watch: Watched
  readonly events: SessionEvent[]
  /** Serves this, and somebody comes who has a session already, in which `name` is `ada`. */
  opens(listener: RequestListener): Promise<Visitor & { knows(): Promise<Record<string, unknown>> }>
}

function shop(kind: 'sealed' | 'stored' = 'stored'): Shop {
  const watch = watched(memoryStore())
  const events: SessionEvent[] = []
  const sessions = createSessions({
    secrets: SECRET,
    onEvent: (event) => void events.push(event),
    ...(kind === 'stored' && { store: watch.store }),
  })
  const lobby = withSession(sessions, async (req: IncomingMessage, res: ServerResponse) => {
    const session = await sessions.open(req)
    if (req.url === '/lobby/in') session.set('name', 'ada')
    res.end(JSON.stringify(session.data))
  })
  return {
    sessions,
    watch,
    events,
    async opens(listener) {
      const { origin } = await serving((req, res) => (req.url?.startsWith('/lobby/') ? lobby : listener)(req, res))
      const ada = visitor(origin, { follow: false })
      await ada.get('/lobby/in')
      watch.forget()
      events.length = 0
      return { ...ada, knows: async () => (await ada.get('/lobby/')).json() }
    },
  }
}

describe('a listener of node:http', () => {
  test('may be written with callbacks', async () => {
    const { sessions, opens } = shop()
    const ada = await opens(
      withSession(sessions, (req, res) => {
        sessions.open(req).then((session) => {
          session.set('seen', true)
          res.end('hello')
        })
      }),
    )
    expect(await (await ada.get('/')).text()).toBe('hello')
    expect(await ada.knows()).toEqual({ name: 'ada', seen: true })
  })

  const crashes: Record<string, () => unknown> = {
    'throws at once': () => {
      throw new Error('boom')
    },
    rejects: () => Promise.reject(new Error('boom')),
    'throws what is no error': () => {
      throw 'boom'
    },
  }
  test.each(Object.entries(crashes))('that %s is answered with 500, and the error told', async (_, crash) => {
    const told = quietly()
    const { sessions, opens } = shop()
    const ada = await opens(withSession(sessions, crash))
    const response = await ada.get('/')
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error'])
    expect(told).toHaveBeenCalledOnce()
    expect(String(told.mock.lastCall)).toContain('boom')
  })

  test('what a handler said of the page it did not finish is not said of the error', async () => {
    quietly()
    const { sessions, opens } = shop()
    const ada = await opens(
      withSession(sessions, (_req, res) => {
        res.statusMessage = 'Fine'
        res.setHeader('Content-Length', 5)
        res.setHeader('ETag', '"1"')
        res.setHeader('Cache-Control', 'public, max-age=3600')
        res.setHeader('Strict-Transport-Security', 'max-age=9')
        throw new Error('boom')
      }),
    )
    const response = await ada.get('/')
    expect([response.statusText, await response.text()]).toEqual(['Internal Server Error', 'Internal Server Error'])
    const { headers } = response
    expect([headers.get('etag'), headers.get('cache-control')]).toEqual([null, 'no-store'])
    expect(headers.get('strict-transport-security')).toBe('max-age=9')
  })

  test('that throws when it has answered has answered: the page arrives whole, and what it changed before is stored', async () => {
    const told = quietly()
    const { sessions, opens } = shop()
    const page = 'a long page '.repeat(400_000)
    const ada = await opens(
      withSession(sessions, async (req, res) => {
        ;(await sessions.open(req)).set('seen', true)
        res.end(page)
        throw new Error('boom')
      }),
    )
    const response = await ada.get('/')
    expect([response.status, (await response.text()) === page]).toEqual([200, true])
    expect(told).toHaveBeenCalledOnce()
    expect(await ada.knows()).toEqual({ name: 'ada', seen: true })
  })

  test('that throws in the middle of a page breaks it off, so that nobody takes it for whole', async () => {
    quietly()
    const { sessions, opens } = shop()
    const begun = gate()
    const ada = await opens(
      withSession(sessions, async (_req, res) => {
        res.write('the first half')
        await begun.pass()
        throw new Error('boom')
      }),
    )
    const response = await ada.get('/')
    begun.open()
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow('terminated')
  })

  test('that throws while its page waits for the save changes nothing more', async () => {
    quietly()
    const { sessions, watch, opens } = shop()
    const save = gate()
    const ada = await opens(
      withSession(sessions, async (req, res) => {
        const session = await sessions.open(req)
        session.set('before', true)
        res.write('the first half')
        await save.reached
        session.set('after', true)
        throw new Error('boom')
      }),
    )
    watch.before = (call) => (call === 'update' ? save.pass() : undefined)
    await expect(ada.get('/')).rejects.toThrow('fetch failed')
    save.open()
    await settled()
    expect(await ada.knows()).toEqual({ name: 'ada', before: true })
  })

  test('may be a whole Express application', async () => {
    const { sessions, opens } = shop()
    const app = express().get('/', async (req, res) => {
      const session = await sessions.open(req)
      session.set('seen', true)
      res.json(session.data)
    })
    const ada = await opens(withSession(sessions, (req, res) => app(req, res)))
    expect(await (await ada.get('/')).json()).toEqual({ name: 'ada', seen: true })
    expect(await ada.knows()).toEqual({ name: 'ada', seen: true })
  })

  test('is as synchronous as without the adapter when nothing has to wait', async () => {
    const { sessions, opens } = shop()
    const seen: unknown[] = []
    const ada = await opens(
      withSession(sessions, async (req, res) => {
        if (req.url === '/read') (await sessions.open(req)).get('name')
        seen.push(res.headersSent, res.write('a'), res.headersSent, res.socket?.writableLength !== 0 || res.writableCorked > 0)
        res.end('b')
      }),
    )
    for (const path of ['/', '/read']) expect(await (await ada.get(path)).text()).toBe('ab')
    // A held write returns false.
    expect(seen).toEqual([false, true, true, true, false, true, true, true])
  })

  test('answers pipelined requests of two visitors in order, each with its own session', async () => {
    const { sessions, watch, opens } = shop()
    const slow = gate()
    const ada = await opens(
      withSession(sessions, async (req, res) => {
        const session = await sessions.open(req)
        session.set('path', req.url)
        res.end(`${req.url} is ${session.get('name')}\n`)
      }),
    )
    watch.before = (call) => (call === 'update' ? slow.pass() : undefined)
    const proxy = await dial(Number(new URL(ada.origin).port))
    proxy.send(`GET /first HTTP/1.1\nCookie: ${ada.jar.header(ada.origin)}`)
    proxy.send('GET /second HTTP/1.1')
    await slow.reached
    await settled()
    expect(proxy.bytes).toBe('')
    slow.open()
    const bytes = await proxy.until('/second is')
    expect(bytes.match(/\/\w+ is \w+/g)).toEqual(['/first is ada', '/second is undefined'])
    expect(bytes.split('/first is')[0]).not.toMatch(/set-cookie/i)
    expect(await ada.knows()).toEqual({ name: 'ada', path: '/first' })
  })

  test('may speak HTTP/2', async () => {
    const { sessions, watch } = shop()
    const server = createHttp2Server(
      withSession(sessions, async (req, res) => {
        const session = await sessions.open(req)
        session.update('n', (n) => Number(n ?? 0) + 1)
        if (req.url === '/boom') throw new Error('boom')
        res.setHeader('set-cookie', 'a=1')
        res.end(String(session.get('n')))
      }),
    )
    const { origin } = await serving(server)
    const client = connectHttp2(origin)
    onTestFinished(() => client.close())
    const ask = async (path: string, cookie: string): Promise<{ head: Record<string, unknown>; body: string }> => {
      const stream = client.request({ ':path': path, cookie })
      const head = await new Promise<Record<string, unknown>>((resolve) => stream.once('response', resolve))
      return { head, body: await text(stream) }
    }
    const first = await ask('/', '')
    const cookies = [first.head['set-cookie'] ?? []].flat().map((line) => String(line).split(';')[0] ?? '')
    expect(cookies).toEqual(['a=1', expect.stringMatching(/^__Host-Http-session=./)])
    expect((await ask('/', cookies.join('; '))).body).toBe('2')
    quietly()
    watch.forget()
    expect((await ask('/boom', cookies.join('; '))).head[':status']).toBe(500)
    expect((await ask('/', cookies.join('; '))).body).toBe('3')
  })
})

describe('Express', () => {
  /** What the application's own error handler was given. */
  function listening(status?: number): { errors: unknown[]; handler: ErrorRequestHandler } {
    const errors: unknown[] = []
    const handler: ErrorRequestHandler = (error, _req, res, _next) => {
      errors.push(error)
      if (status !== undefined) res.status(status)
      res.send(`sorry: ${codeOf(error)}`)
    }
    return { errors, handler }
  }

  test('has its error handler given what the store did, with nothing of the page sent', async () => {
    const { sessions, watch, opens } = shop()
    const { errors, handler } = listening()
    const app = express()
      .use(withSession(sessions))
      .get('/', async (req, res) => {
        ;(await sessions.open(req)).set('name', 'bob')
        res.cookie('theme', 'dark').location('/made').status(201).send('secret page')
      })
      .use(handler)
    const ada = await opens(app)
    watch.before = (call) => {
      if (call === 'update') throw new Error('disk full')
    }
    const response = await ada.get('/')
    expect([response.status, await response.text(), response.headers.get('location')]).toEqual([500, 'sorry: STORE_FAILED', null])
    expect(errors).toMatchObject([{ code: 'STORE_FAILED', cause: { message: 'disk full' } }])
    watch.before = () => {}
    expect(await ada.knows()).toEqual({ name: 'ada' })
  })

  test('has its error handler given a store that cannot be read, by the handler that opened the session', async () => {
    const { sessions, watch, opens } = shop()
    const { errors, handler } = listening(503)
    const app = express()
      .use(withSession(sessions))
      .get('/', async (req, res) => res.send(String((await sessions.open(req)).get('name'))))
      .use(handler)
    const ada = await opens(app)
    watch.before = () => {
      throw new Error('down')
    }
    const response = await ada.get('/')
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
    expect(errors).toMatchObject([{ code: 'STORE_FAILED' }])
    watch.before = () => {}
    expect(await ada.knows()).toEqual({ name: 'ada' })
  })

  test('what the page that could not be stored had changed is not stored later either', async () => {
    const { sessions, watch, opens } = shop()
    const handler: ErrorRequestHandler = async (_error, req, res, _next) => {
      watch.before = () => {}
      ;(await sessions.open(req)).set('apology', true)
      res.send('sorry')
    }
    const app = express()
      .use(withSession(sessions))
      .get('/', async (req, res) => {
        ;(await sessions.open(req)).set('admin', true)
        res.send('ok')
      })
      .use(handler)
    const ada = await opens(app)
    const stored = Promise.withResolvers<void>()
    watch.before = (call) => {
      if (call === 'update') throw new Error('down')
    }
    watch.after = (call) => (call === 'update' ? stored.resolve() : undefined)
    expect((await ada.get('/')).status).toBe(500)
    // The apology came when the headers could be changed no more; it is stored like anything that comes late.
    await stored.promise
    expect(await ada.knows()).toEqual({ name: 'ada', apology: true })
  })

  test('the answer decides: an error that is answered below 500 keeps what was changed', async () => {
    const { sessions, opens } = shop()
    const { handler } = listening(404)
    const app = express()
      .use(withSession(sessions))
      .get('/', async (req) => {
        ;(await sessions.open(req)).set('missed', 1)
        throw new Error('not found')
      })
      .use(handler)
    const ada = await opens(app)
    expect((await ada.get('/')).status).toBe(404)
    expect(await ada.knows()).toEqual({ name: 'ada', missed: 1 })
  })

  test('has its last resort answer when there is no error handler', async () => {
    const { sessions, watch, opens } = shop()
    const app = express()
      .use(withSession(sessions))
      .get('/', async (req, res) => {
        ;(await sessions.open(req)).set('name', 'bob')
        res.send('secret page')
      })
    const ada = await opens(app.set('env', 'test'))
    watch.before = (call) => {
      if (call === 'update') throw new Error('down')
    }
    const response = await ada.get('/')
    expect([response.status, (await response.text()).includes('secret page'), oursIn(response)]).toEqual([500, false, []])
  })

  test('a redirect, its cookies and a session arrive together, in all its ways to answer', async () => {
    const answers: Record<string, (res: Response) => unknown> = {
      redirect: (res) => res.cookie('theme', 'dark').redirect('/elsewhere'),
      json: (res) => res.cookie('theme', 'dark').json({ ok: true }),
      send: (res) => res.cookie('theme', 'dark').send('<p>ok</p>'),
      sendStatus: (res) => res.cookie('theme', 'dark').sendStatus(204),
      end: (res) => res.cookie('theme', 'dark').end(),
      format: (res) => res.cookie('theme', 'dark').format({ text: () => res.send('ok') }),
    }
    const { sessions, opens } = shop('sealed')
    const app = express()
      .use(withSession(sessions))
      .get('/:way', async (req, res) => {
        ;(await sessions.open(req)).set('way', req.params.way)
        answers[req.params.way]?.(res)
      })
    const ada = await opens(app)
    for (const way of Object.keys(answers)) {
      const response = await ada.get(`/${way}`)
      const names = response.headers.getSetCookie().map((line) => line.split('=', 1)[0])
      expect([way, names, response.headers.get('cache-control')]).toEqual([way, ['theme', '__Host-Http-session'], 'no-store'])
      expect(await ada.knows()).toEqual({ name: 'ada', way })
    }
  })

  test('routers, mounted applications and adapters at a route know the same session', async () => {
    const { sessions, watch, opens } = shop()
    const admin = express().get('/', async (req, res) => {
      const session = await sessions.open(req)
      session.set('from', `${req.baseUrl}${session.get('from')}`)
      res.send('ok')
    })
    const router = express.Router().use(async (req, _res, next) => {
      ;(await sessions.open(req)).set('from', '!')
      next()
    })
    const app = express().use(withSession(sessions), router).use('/admin', withSession(sessions), admin)
    const ada = await opens(app)
    expect((await ada.get('/admin')).status).toBe(200)
    expect(watch.calls).toEqual(['read', 'update'])
    expect(await ada.knows()).toEqual({ name: 'ada', from: '/admin!' })
  })

  test('a handler that answers and passes on has answered', async () => {
    const { sessions, opens } = shop()
    const app = express()
      .use(withSession(sessions))
      .get('/', async (req, res, next) => {
        ;(await sessions.open(req)).set('seen', true)
        res.send('ok')
        next()
      })
    const ada = await opens(app)
    expect(await (await ada.get('/')).text()).toBe('ok')
    expect(await ada.knows()).toEqual({ name: 'ada', seen: true })
  })

  test('a form is read as ever, before the adapter and behind it', async () => {
    const { sessions, opens } = shop()
    const form = express.urlencoded({ extended: false })
    const keep = async (req: Request, res: Response): Promise<void> => {
      ;(await sessions.open(req)).set('form', { ...req.body })
      res.redirect(303, '/')
    }
    const app = express().post('/before', form, withSession(sessions), keep).post('/behind', withSession(sessions), form, keep)
    const ada = await opens(app)
    for (const [path, fruit] of [
      ['/before', 'pear'],
      ['/behind', 'plum'],
    ] as const) {
      expect((await ada.post(path, { fruit })).status).toBe(303)
      expect(await ada.knows()).toEqual({ name: 'ada', form: { fruit } })
    }
  })

  describe('files', () => {
    /** With a `cache-control` of its own, or `fetch` asks for a fresh copy. */
    const conditional = (etag: string) => ({ 'if-none-match': etag, 'cache-control': 'max-age=0' })
    let folder = ''
    afterEach(() => rm(folder, { recursive: true, force: true }))
    async function files(): Promise<string> {
      folder = await mkdtemp(join(tmpdir(), 'coatcheck-'))
      await writeFile(join(folder, 'style.css'), 'p { color: teal }')
      return folder
    }

    test('that nobody opens a session for are served as without the adapter', async () => {
      const root = await files()
      const { sessions, watch, opens } = shop()
      const app = express().use(withSession(sessions), express.static(root, { maxAge: '1h', immutable: true }))
      const ada = await opens(app)
      const bare = await (await visitorOf(express().use(express.static(root, { maxAge: '1h', immutable: true })))).get(
        '/style.css',
      )
      const response = await ada.get('/style.css')
      const facts = ({ status, headers }: globalThis.Response) => [status, [...headers].filter(([name]) => name !== 'date')]
      expect(facts(response)).toEqual(facts(bare))
      expect([await response.text(), response.headers.get('cache-control')]).toEqual([
        'p { color: teal }',
        'public, max-age=3600, immutable',
      ])
      const etag = response.headers.get('etag') ?? ''
      expect((await ada.get('/style.css', { headers: conditional(etag) })).status).toBe(304)
      expect(watch.calls).toEqual([])
    })

    test('that a session decides on are kept from shared caches, in parts and unmodified too', async () => {
      const root = await files()
      const { sessions, opens } = shop()
      const app = express().get('/', withSession(sessions), async (req, res) => {
        const session = await sessions.open(req)
        session.update('downloads', (n) => Number(n ?? 0) + 1)
        res.sendFile('style.css', { root, maxAge: '1h' })
      })
      const ada = await opens(app)
      const whole = await ada.get('/')
      const etag = whole.headers.get('etag') ?? ''
      const part = await ada.get('/', { headers: { range: 'bytes=4-8' } })
      const unmodified = await ada.get('/', { headers: conditional(etag) })
      const seen = await Promise.all(
        [whole, part, unmodified].map(async (response) => [
          response.status,
          await response.text(),
          response.headers.get('cache-control'),
          response.headers.get('vary'),
        ]),
      )
      const caching = ['private, max-age=3600', 'Cookie']
      expect(seen).toEqual([
        [200, 'p { color: teal }', ...caching],
        [206, 'color', ...caching],
        [304, '', ...caching],
      ])
      expect(await ada.knows()).toEqual({ name: 'ada', downloads: 3 })
    })
  })

  const visitorOf = async (listener: RequestListener): Promise<Visitor> => visitor((await serving(listener)).origin)
})

describe('Connect', () => {
  test('has its error handler given what a handler threw, and what the store did', async () => {
    const { sessions, watch, opens } = shop()
    const errors: unknown[] = []
    const app = connect()
    app.use('/in', withSession(sessions))
    app.use('/in', (req, res) => {
      sessions.open(req).then((session) => {
        session.set('name', 'bob')
        res.end('secret page')
      })
    })
    app.use('/out', () => {
      throw new Error('boom')
    })
    app.use((error: Error, _req: IncomingMessage, res: ServerResponse, _next: unknown) => {
      errors.push(error.message)
      res.end('sorry')
    })
    const ada = await opens(app)
    watch.before = (call) => {
      if (call === 'update') throw new Error('down')
    }
    for (const path of ['/in', '/out']) expect(await (await ada.get(path)).text()).toBe('sorry')
    expect(errors).toEqual([expect.stringContaining('The store failed at "update"'), 'boom'])
    watch.before = () => {}
    expect(await ada.knows()).toEqual({ name: 'ada' })
  })
})

describe('an adapter that comes too late', () => {
  test.each([
    ['stores what a known visitor changes', 'stored' as const, 'ok', { name: 'ada', late: true }],
    ['says that it cannot give a cookie any more', 'sealed' as const, 'TOO_LATE', { name: 'ada' }],
  ])('because the headers have left %s', async (_, kind, answer, known) => {
    const { sessions, watch, opens } = shop(kind)
    const stored = Promise.withResolvers<void>()
    const app = express()
      .use((_req, res, next) => {
        res.write('early ')
        next()
      })
      .use(withSession(sessions), async (req, res) => {
        const session = await sessions.open(req)
        try {
          session.set('late', true)
          res.end('ok')
        } catch (error) {
          res.end(codeOf(error))
        }
      })
    const ada = await opens(app)
    watch.after = (call) => (call === 'update' ? stored.resolve() : undefined)
    expect(await (await ada.get('/')).text()).toBe(`early ${answer}`)
    if (kind === 'stored') await stored.promise
    expect(await ada.knows()).toEqual(known)
  })

  test('because the response is an imitation that cannot be held says so too', async () => {
    const { sessions } = shop()
    class ServerResponse extends EventEmitter {
      statusCode = 200
      statusMessage = ''
      headersSent = false
      getHeader = (): undefined => undefined
      getHeaderNames = (): string[] => []
      setHeader = vi.fn()
      appendHeader = vi.fn()
      removeHeader = (): void => {}
      addTrailers = (): void => {}
      writeHead = (): void => {}
      write = (): boolean => true
      end = vi.fn()
      destroy = (): void => {}
    }
    const res = new ServerResponse()
    const req = { headers: {} }
    withSession(sessions)(req, res, () => {})
    const session = await sessions.open(req)
    expect(() => session.set('name', 'eve')).toThrow(expect.objectContaining({ code: 'TOO_LATE' }))
  })
})
