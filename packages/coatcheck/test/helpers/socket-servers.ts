import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { serve, upgradeWebSocket, type WebSocketServerLike } from '@hono/node-server'
import crossws, { type NodeAdapter } from 'crossws/adapters/node'
import { defineWebSocketHandler, H3 } from 'h3'
import { Hono } from 'hono'
import { type Socket, Server as SocketIo } from 'socket.io'
import { io } from 'socket.io-client'
import { onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { withSession } from '../../src/adapters/node.ts'
import type { SocketSession, SocketSessions } from '../../src/adapters/websocket.ts'
import type { Sessions } from '../../src/index.ts'
import { serving } from './serving.ts'

export interface Data {
  n: number
}
type Sockets = SocketSessions<Data, object>
type Open = SocketSession<Data, object>

/** What a message asks for; the answer, or the code of the error. */
export async function answerTo(socket: Open, text: string): Promise<string> {
  try {
    if (text === 'owner') return String(socket.session.owner)
    if (text === 'n') return String(socket.session.get('n'))
    if (text === 'reload') return String((await socket.reload()).get('n'))
    if (text === 'count') return String(await socket.run((session) => session.update('n', (n = 0) => n + 1)))
    if (text === 'sign in') return await socket.run((session) => session.signIn('bob')).then(() => 'signed in')
    if (text === 'sign out') return await socket.run((session) => session.signOut()).then(() => 'signed out')
    // As a program without types may do.
    if (text === 'write') Reflect.apply(Reflect.get(socket.session, 'set'), socket.session, ['n', 100])
    return 'written'
  } catch (error) {
    return String((error as { code?: string }).code ?? error)
  }
}

/** Pages that sign in, sign out, and change the session, by plain HTTP. */
function pages(sessions: Sessions<Data, object>) {
  return withSession(sessions, async (req: IncomingMessage, res) => {
    const session = await sessions.open(req)
    if (req.url === '/login') session.signIn('ada')
    if (req.url === '/logout') session.signOut()
    if (req.url === '/renew') session.regenerateId()
    if (req.url === '/count') session.update('n', (n = 0) => n + 1)
    res.end(String(session.get('n')))
  })
}

type Kind = 'ws' | 'crossws' | 'socket.io' | 'socket.io, polling' | 'Hono' | 'h3'
export const KINDS: readonly Kind[] = ['ws', 'crossws', 'socket.io', 'socket.io, polling', 'Hono', 'h3']

interface Site {
  readonly sessions: Sessions<Data, object>
  readonly sockets: Sockets
  readonly server: HttpServer
}

const ATTACH: Readonly<Record<'ws' | 'crossws' | 'socket.io' | 'h3', (site: Site) => unknown>> = {
  ws({ server, sockets }) {
    const wss = new WebSocketServer({ noServer: true })
    server.on('upgrade', (req: IncomingMessage, duplex: Duplex, head: Buffer) => {
      void sockets.upgrade(req, duplex, (session) =>
        wss.handleUpgrade(req, duplex, head, (socket) => {
          session.closeAtEnd(socket)
          socket.on('message', async (text) => socket.send(await answerTo(session, String(text))))
        }),
      )
    })
  },

  crossws({ server, sockets }) {
    attachCrossws(
      server,
      crossws({
        hooks: {
          upgrade: async (request) => ({ context: { session: await sockets.open(request) } }),
          open: (peer) => sessionOf(peer).closeAtEnd(peer),
          async message(peer, message) {
            peer.send(await answerTo(sessionOf(peer), message.text()))
          },
          close: (peer) => sessionOf(peer).release(),
        },
      }),
    )
  },

  h3({ server, sockets }) {
    const app = new H3()
    const socket = defineWebSocketHandler({
      upgrade: async (request) => ({ context: { session: await sockets.open(request) } }),
      open: (peer) => sessionOf(peer).closeAtEnd(peer),
      async message(peer, message) {
        peer.send(await answerTo(sessionOf(peer), message.text()))
      },
      close: (peer) => sessionOf(peer).release(),
    })
    app.all('/socket', socket)
    attachCrossws(
      server,
      crossws({ resolve: async (request) => ((await app.fetch(request as Request)) as { crossws?: object }).crossws ?? {} }),
    )
  },

  'socket.io'({ server, sockets, sessions }) {
    const all = new SocketIo<object, object, object, { session: Open }>(server)
    onTestFinished(() => void all.close())
    all.engine.use(withSession(sessions))
    all.use((socket, next) => {
      sockets.open(socket.request).then((session) => {
        socket.data.session = session
        next()
      }, next)
    })
    all.on(
      'connection',
      (socket: Socket<{ say(text: string, done: (answer: string) => void): void }, object, object, { session: Open }>) => {
        socket.data.session.closeAtEnd(socket)
        socket.on('say', async (text, done) => done(await answerTo(socket.data.session, text)))
      },
    )
  },
}

const sessionOf = (peer: { readonly context: object }): Open => (peer.context as { session: Open }).session

function attachCrossws(server: HttpServer, adapter: NodeAdapter): void {
  server.on('upgrade', (req, socket, head) => void adapter.handleUpgrade(req, socket, head))
}

async function hono({ sessions, sockets }: Omit<Site, 'server'>): Promise<{ readonly origin: string }> {
  const app = new Hono()
  app.get(
    '/socket',
    upgradeWebSocket(async (c) => {
      const session = await sockets.open(c)
      return {
        onOpen: (_, socket) => session.closeAtEnd(socket),
        onMessage: async ({ data }, socket) => socket.send(await answerTo(session, String(data))),
        onClose: () => session.release(),
      }
    }),
  )
  const plain = await serving(pages(sessions))
  app.all('*', (c) => fetch(new URL(c.req.path, plain.origin), { headers: c.req.raw.headers, redirect: 'manual' }))
  const wss = new WebSocketServer({ noServer: true })
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const made = serve(
      {
        fetch: app.fetch,
        hostname: '127.0.0.1',
        port: 0,
        websocket: { server: wss as unknown as WebSocketServerLike },
      },
      () => resolve(made),
    )
  })
  onTestFinished(() => {
    for (const client of wss.clients) client.terminate()
    ;(server as HttpServer).closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as { port: number }).port}` }
}

/** Somebody at a socket. */
export interface Client {
  ask(text: string): Promise<string>
  /** The code it was closed with, or what socket.io says. */
  readonly closed: Promise<number | string>
  close(): void
}

export interface Served {
  readonly origin: string
  /** What a page says, with the cookie that the visitor has from there on. */
  page(path: string, cookie?: string): Promise<{ text: string; cookie: string }>
  /** Opens a socket; the status where it was refused. */
  connect(given: { cookie?: string; origin?: string }): Promise<Client | number>
}

/** A site with sockets of this kind, on a real server. */
export async function siteWith(kind: Kind, sessions: Sessions<Data, object>, sockets: Sockets): Promise<Served> {
  let origin: string
  if (kind === 'Hono') ({ origin } = await hono({ sessions, sockets }))
  else {
    const server = createServer(pages(sessions))
    ATTACH[kind === 'socket.io, polling' ? 'socket.io' : kind]({ server, sessions, sockets })
    ;({ origin } = await serving(server))
  }
  return {
    origin,
    async page(path, cookie = '') {
      const response = await fetch(origin + path, { headers: { cookie } })
      return { text: await response.text(), cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie }
    },
    connect: (given) => (kind.startsWith('socket.io') ? connectIo(origin, kind, given) : connectWs(origin, given)),
  }
}

function connectWs(origin: string, { cookie, origin: from }: { cookie?: string; origin?: string }): Promise<Client | number> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/socket`, {
    headers: { ...(cookie && { cookie }), ...(from && { origin: from }) },
  })
  onTestFinished(() => socket.terminate())
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_, res) => resolve(res.statusCode ?? 0))
    socket.on('error', reject)
    socket.on('open', () =>
      resolve({
        closed,
        close: () => socket.close(),
        ask: (text) =>
          new Promise((heard) => {
            socket.once('message', (answer) => heard(String(answer)))
            socket.send(text)
          }),
      }),
    )
  })
}

function connectIo(
  origin: string,
  kind: Kind,
  { cookie, origin: from }: { cookie?: string; origin?: string },
): Promise<Client | number> {
  const transports = [kind.endsWith('polling') ? 'polling' : 'websocket']
  const extraHeaders = { ...(cookie && { cookie }), ...(from && { origin: from }) }
  const socket = io(origin, { transports, reconnection: false, forceNew: true, extraHeaders })
  onTestFinished(() => void socket.close())
  const closed = new Promise<string>((resolve) => socket.on('disconnect', resolve))
  return new Promise((resolve) => {
    // What the middleware refused with.
    socket.on('connect_error', ({ message }) => resolve(message.includes('refused') ? 403 : 0))
    socket.on('connect', () =>
      resolve({ closed, close: () => void socket.close(), ask: (text) => socket.emitWithAck('say', text) }),
    )
  })
}
