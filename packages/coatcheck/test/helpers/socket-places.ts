import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { makeFolder, removeFolder } from '../../../../scripts/engine-process.ts'
import { startNats, startPostgres, startRedis } from '../../../../scripts/engine-servers.ts'
import type { EngineName } from '../../../../scripts/engines.ts'
import { withSession } from '../../src/adapters/fetch.ts'
import { createSessions } from '../../src/index.ts'
import type { Store } from '../../src/stores/store.ts'
import { startDatabase } from '../stores/mysql.ts'

// Sessions in this process, and the sockets of their visitors in another, over a real engine.

const CHILD = fileURLToPath(new URL('../children/sockets.ts', import.meta.url))
const SECRET = 'jH4-kLpQ9_wErTyU2iOpAs7DfGhJ0zXcVbNm'

export interface Engine {
  readonly url: string
  stop(): unknown
}

export interface Kind {
  /** What has to be installed. */
  readonly engine?: EngineName
  start(): Promise<Engine>
}

const inFolder = async (): Promise<Engine> => {
  const folder = makeFolder('sockets')
  return { url: `${folder}/sessions.sqlite`, stop: () => removeFolder(folder) }
}

export const KINDS: Readonly<Record<'redis' | 'ioredis' | 'postgres' | 'postgres.js' | 'nats' | 'mysql' | 'sqlite', Kind>> = {
  redis: { engine: 'redis', start: startRedis },
  ioredis: { engine: 'redis', start: startRedis },
  postgres: { engine: 'postgres', start: startPostgres },
  'postgres.js': { engine: 'postgres', start: startPostgres },
  nats: { engine: 'nats', start: startNats },
  mysql: { engine: 'mariadb', start: startDatabase },
  sqlite: { start: inFolder },
}

const children: ChildProcess[] = []
const open: WebSocket[] = []
/** Ends the sockets and the other processes. Before the engine stops: one waits for its clients to go. */
export function leaveAll(): void {
  for (const socket of open.splice(0)) socket.terminate()
  for (const child of children.splice(0)) child.kill('SIGKILL')
}

/** A server of sockets in a process of its own; its port. */
export async function elsewhere(kind: string, url: string): Promise<string> {
  const child = spawn(process.execPath, [CHILD, kind, url, SECRET], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  return String(value)
}

/** Opens a socket there, with this cookie; resolves once it is open. `closed`: with which code it was closed. */
export async function connect(port: string, cookie: string): Promise<{ readonly closed: Promise<number> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { cookie } })
  open.push(socket)
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise((resolve, reject) => socket.on('message', resolve).on('error', reject))
  return { closed }
}

/** Visits `/login`, `/renew` or `/logout` of a site on this store, and gives the visitor's cookie from then on. */
export function site(store: Store): (path: string, cookie?: string) => Promise<string> {
  const sessions = createSessions({ secrets: SECRET, store })
  const serve = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    if (request.url.endsWith('/login')) session.signIn('ada')
    if (request.url.endsWith('/renew')) session.regenerateId()
    if (request.url.endsWith('/logout')) session.signOut()
    return new Response()
  })
  return async (path, cookie = '') => {
    const response = await serve(new Request(`https://app.test${path}`, { headers: { cookie } }))
    if (response.status !== 200) throw new Error(`${path} was answered ${response.status}.`)
    return response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
  }
}
