import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { createSessions, SessionError } from 'coatcheck'
import { inspector, recorder } from 'coatcheck/inspector'
import { sqliteStore } from 'coatcheck/stores/sqlite'
import { shopApp } from './app.ts'
import { demoPeople, peopleOf } from './people.ts'
import { codeOf, secretIn } from './secret.ts'
import { CannotOpen, type Settings, settingsFrom } from './settings.ts'
import { noteEvent, traced, watched } from './trace.ts'
import { RIVAL } from './trials/express-session.ts'
import { HERE, HERE_COOKIE } from './trials/here.ts'
import { openTrials, withOldCookie } from './trials/index.ts'
import type { ShopData, ShopFlash } from './view.ts'

const PRUNE_EVERY = 10 * 60 * 1000
/** How long requests that are under way may take when the shop closes. */
const LAST_ORDERS = 5000

try {
  await open(settingsFrom(process.env))
} catch (error) {
  if (!(error instanceof CannotOpen || error instanceof SessionError)) throw error
  console.error(error.message)
  process.exit(1)
}

async function open({ port, host, file, secrets, insecure }: Settings): Promise<void> {
  const store = sqliteStore({ path: file })
  const secretFile = `${file}.secret`
  const { secret, isNew } = await inFile(file, async () => {
    mkdirSync(dirname(file), { recursive: true })
    await store.migrate()
    return secrets ? { secret: secrets, isNew: false } : secretIn(secretFile)
  })
  const cookieName = insecure ? 'session' : '__Host-Http-session'
  const sessions = createSessions<ShopData, ShopFlash>({
    secrets: secret,
    store: watched(store),
    telemetry: recorder(),
    ...(insecure && { cookie: { name: cookieName, secure: false } }),
    onEvent(event) {
      noteEvent(event)
      if (event.type === 'late-failed') console.error(event.error)
    },
  })
  const { here, rival } = openTrials(secret)
  const inspect = inspector(sessions, { store: 'sqlite' })
  const app = shopApp({ sessions, people: await peopleOf(demoPeople), cookieName, trials: here, inspect })
  const cookieNameAt = (path: string) => (path.startsWith(`${HERE}/`) ? HERE_COOKIE : cookieName)
  const answer = getRequestListener(traced((request, env) => app.fetch(request, env), cookieNameAt))
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/try/')) withOldCookie(request)
    if (request.url?.startsWith(`${RIVAL}/`)) rival(request, response)
    else answer(request, response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(unheard(error, host, port)))
    server.listen(port, host, resolve)
  })
  const { port: heard } = server.address() as AddressInfo
  const shown = host === '127.0.0.1' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  console.log(`Hook & Hanger is open: http://${shown}:${heard}`)
  console.log(`Sessions are kept in ${file}: stop the shop as you like, carts will be there when it opens again.`)
  if (isNew)
    console.log(`A secret was made and is kept in ${secretFile}, readable by you only. Without it all tickets are worthless.`)
  else if (!secrets) console.log(`The secret is the one in ${secretFile}, so tickets given out before still count.`)
  console.log(`Sign in as ${demoPeople.map(({ id, password }) => `${id} ("${password}")`).join(' or ')}. Ctrl+C closes the shop.`)

  const prune = () => sessions.prune().catch((error) => console.error(error))
  setInterval(prune, PRUNE_EVERY).unref()

  let closing = false
  const close = () => {
    if (closing) process.exit(1)
    closing = true
    console.log('Closing.')
    server.close(async () => {
      await store.close()
      process.exit(0)
    })
    setTimeout(() => server.closeAllConnections(), LAST_ORDERS).unref()
  }
  process.on('SIGINT', close)
  process.on('SIGTERM', close)
}

/** What goes wrong with the file or its directory is told as a `CannotOpen`. */
async function inFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CannotOpen) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new CannotOpen(
      `The sessions cannot be kept in ${file}.\n${reason}\nGive the shop a file it may write: SHOP_FILE=/tmp/shop.sqlite npm start`,
    )
  }
}

function unheard(error: Error, host: string, port: number): Error {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new CannotOpen(
        `Port ${port} is taken by another program. Stop that, or choose another port: PORT=${port === 3001 ? 3002 : 3001} npm start`,
      )
    case 'EACCES':
      return new CannotOpen(`Port ${port} is not yours to use. Choose one from 1024 up: PORT=3000 npm start`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CannotOpen(
        `SHOP_HOST is "${host}", which is no address of this machine. Leave it out, or use 0.0.0.0 for all of them.`,
      )
    default:
      return error
  }
}
