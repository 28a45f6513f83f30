// Sockets of Bun and Deno: a real server, and clients that send the headers of a browser.
import { createSessions } from 'coatcheck'
import { withSession } from 'coatcheck/fetch'
import { memoryStore } from 'coatcheck/stores/memory'
import { socketSessions, UpgradeRefused } from 'coatcheck/websocket'

/** A server of this runtime for pages and sockets: `opened` gets a visitor and a socket, and gives what a message does. */
const SERVERS = {
  Bun: (sockets, pages, opened) => {
    const server = Bun.serve({
      port: 0,
      async fetch(request, server) {
        if (request.headers.get('upgrade') !== 'websocket') return pages(request)
        try {
          const visitor = await sockets.open(request)
          if (!server.upgrade(request, { data: { visitor } })) return new Response('No upgrade', { status: 400 })
        } catch (error) {
          if (error instanceof UpgradeRefused) return error.response
          throw error
        }
      },
      websocket: {
        open: (socket) => {
          socket.data.said = opened(socket.data.visitor, socket)
        },
        message: (socket, text) => socket.data.said(text),
        close: (socket) => socket.data.visitor.release(),
      },
    })
    return { port: server.port, stop: () => server.stop(true) }
  },
  Deno: (sockets, pages, opened) => {
    const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, async (request) => {
      if (request.headers.get('upgrade') !== 'websocket') return pages(request)
      try {
        const visitor = await sockets.open(request)
        const { socket, response } = Deno.upgradeWebSocket(request)
        socket.onopen = () => {
          const said = opened(visitor, socket)
          socket.onmessage = ({ data }) => said(data)
        }
        return response
      } catch (error) {
        if (error instanceof UpgradeRefused) return error.response
        throw error
      }
    })
    return { port: server.addr.port, stop: () => server.shutdown() }
  },
}

const runtime = Object.keys(SERVERS).find((name) => name in globalThis)

function same(actual, expected, what) {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${what}: ${is}, and it should be ${should}`)
}

const event = (socket, type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }))

async function withServer(story) {
  const sessions = createSessions({ store: memoryStore(), cookie: { name: 'sid', secure: false } })
  const pages = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    const { pathname } = new URL(request.url)
    if (pathname === '/login') session.signIn('ada')
    if (pathname === '/logout') session.signOut()
    return Response.json({ owner: session.owner ?? null, said: session.get('said') ?? 0 })
  })
  const opened = (visitor, socket) => {
    visitor.closeAtEnd(socket)
    socket.send(visitor.session.owner ?? 'nobody')
    return async (text) => {
      const said = await visitor.run((session) => session.update('said', (n = 0) => n + 1))
      socket.send(`${text} ${said}`)
    }
  }
  const server = SERVERS[runtime](socketSessions(sessions), pages, opened)
  const origin = `http://127.0.0.1:${server.port}`
  const get = async (path, cookie) => fetch(origin + path, { headers: cookie ? { cookie } : {} })
  const cookie = (await get('/login')).headers.getSetCookie()[0].split(';')[0]
  const connect = (from = origin) => new WebSocket(origin.replace('http', 'ws'), { headers: { cookie, origin: from } })
  try {
    await story({ connect, get, cookie })
  } finally {
    await server.stop()
  }
}

/** Nothing on runtimes whose sockets are tested elsewhere. */
export function socketSuite(it) {
  if (!runtime) return
  it(`sockets of ${runtime}: the session is read, a message changes it, and a sign-out on another page closes the socket`, () =>
    withServer(async ({ connect, get, cookie }) => {
      const socket = connect()
      same((await event(socket, 'message')).data, 'ada', 'who is told')
      socket.send('hello')
      same((await event(socket, 'message')).data, 'hello 1', 'the answer')
      same(await (await get('/', cookie)).json(), { owner: 'ada', said: 1 }, 'the session on a page')
      const closed = event(socket, 'close')
      await get('/logout', cookie)
      same((await closed).code, 4401, 'the code')
    }))

  it(`sockets of ${runtime}: a page of another site is refused`, () =>
    withServer(async ({ connect }) => {
      const ends = async (socket) => Promise.race([event(socket, 'open'), event(socket, 'close')]).then(({ type }) => type)
      same(await ends(connect('https://evil.example')), 'close', 'another site')
      same(await ends(connect()), 'open', 'the own site')
    }))
}
