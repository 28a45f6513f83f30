import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { createSessions } from 'coatcheck'
import { crossSite } from 'coatcheck/csrf'
import { withSession } from 'coatcheck/node'
import { memoryStore } from 'coatcheck/stores/memory'
import { sqliteStore } from 'coatcheck/stores/sqlite'
import { socketSessions } from 'coatcheck/websocket'
import { WebSocketServer } from 'ws'
import { page } from './page.js'

const { SESSION_SECRET, COATCHECK_STORE, PORT = '3000' } = process.env

// Several processes chat about one session through one file; without it there is one process.
const store = COATCHECK_STORE ? sqliteStore({ path: COATCHECK_STORE }) : memoryStore()
const sessions = createSessions({ secrets: SESSION_SECRET, store, cookie: { name: 'chat' } })
const sockets = socketSessions(sessions)
const guard = crossSite()
const script = readFileSync(new URL('client.js', import.meta.url))

function home(res) {
  res.writeHead(303, { location: '/' }).end()
}

const answers = {
  'GET /': async (req, res) => {
    const session = await sessions.open(req)
    res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(session.owner, session.get('said') ?? 0))
  },
  'GET /client.js': (_, res) => res.writeHead(200, { 'content-type': 'text/javascript' }).end(script),
  'POST /login': async (req, res) => {
    const form = new URLSearchParams(await text(req))
    const session = await sessions.open(req)
    if (form.get('password') === 'lovelace') session.signIn(form.get('username') || 'ada')
    home(res)
  },
  'POST /logout': async (req, res) => {
    const session = await sessions.open(req)
    session.signOut()
    home(res)
  },
}

const server = createServer(
  // What pages of other sites send in a visitor's name is answered 403.
  withSession(sessions, (req, res) => {
    if (!guard.check(req).allowed) return res.writeHead(403).end('Not from here')
    const answer = answers[`${req.method} ${req.url}`]
    return answer ? answer(req, res) : res.writeHead(404).end()
  }),
)

const chat = new WebSocketServer({ noServer: true })
server.on('upgrade', (req, socket, head) =>
  sockets.upgrade(req, socket, (visitor) => {
    chat.handleUpgrade(req, socket, head, (client) => {
      const { owner } = visitor.session
      if (owner === undefined) return client.close(4401, 'sign in first')
      visitor.closeAtEnd(client)
      client.on('message', async (message) => {
        try {
          const said = await visitor.run((session) => session.update('said', (n = 0) => n + 1))
          for (const each of chat.clients) each.send(`${owner} (${said}): ${message}`)
        } catch {
          // The session ended while this was on its way.
          client.close(4401, 'session ended')
        }
      })
    })
  }),
)

server.listen(Number(PORT), '127.0.0.1', () => console.log(`Listening on http://localhost:${PORT}/`))
