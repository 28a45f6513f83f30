import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { createClient } from 'redis'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { makeFolder, removeFolder } from '../../../scripts/engine-process.ts'
import { startNats, startPostgres, startRedis } from '../../../scripts/engine-servers.ts'
import type { EngineName } from '../../../scripts/engines.ts'
import { withSession } from '../src/adapters/fetch.ts'
import { createSessions } from '../src/index.ts'
import { redisStore } from '../src/stores/redis.ts'
import type { Store } from '../src/stores/store.ts'
import { isLeftOut } from './helpers/engines.ts'
import { openPlace } from './helpers/places.ts'
import { startDatabase } from './stores/mysql.ts'

// Somebody signs out in one process, and the sockets of that session, which are in another, close. On real engines.

const CHILD = fileURLToPath(new URL('./children/sockets.ts', import.meta.url))
const SECRET = 'jH4-kLpQ9_wErTyU2iOpAs7DfGhJ0zXcVbNm'
const SOCKETS = 40

interface Engine {
  readonly url: string
  stop(): unknown
}

interface Kind {
  readonly engine?: EngineName
  start(): Promise<Engine>
  /** Cuts the connections by which the other process listens. */
  cut?(url: string): Promise<unknown>
}

const killSubscribers = async (url: string): Promise<void> => {
  const client = await createClient({ url }).connect()
  await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
  await client.close()
}
const killListeners = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen%' AND pid <> pg_backend_pid()`,
  )
  await client.end()
}
const inFolder = async (): Promise<Engine> => {
  const folder = makeFolder('sockets')
  return { url: `${folder}/sessions.sqlite`, stop: () => removeFolder(folder) }
}

const KINDS: Readonly<Record<string, Kind>> = {
  redis: { engine: 'redis', start: startRedis, cut: killSubscribers },
  ioredis: { engine: 'redis', start: startRedis, cut: killSubscribers },
  postgres: { engine: 'postgres', start: startPostgres, cut: killListeners },
  'postgres.js': { engine: 'postgres', start: startPostgres, cut: killListeners },
  nats: { engine: 'nats', start: startNats },
  mysql: { engine: 'mariadb', start: startDatabase },
  sqlite: { start: inFolder },
}

const children: ChildProcess[] = []
const open: WebSocket[] = []
/** Before the engine stops: one waits for its clients to go. */
function leaveAll(): void {
  for (const socket of open.splice(0)) socket.terminate()
  for (const child of children.splice(0)) child.kill('SIGKILL')
}
afterEach(leaveAll)

/** A server of sockets in a process of its own; its port. */
async function elsewhere(kind: string, url: string): Promise<string> {
  const child = spawn(process.execPath, [CHILD, kind, url, SECRET], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  return String(value)
}

/** Opens a socket there, with this cookie; resolves once it is open. */
async function connect(port: string, cookie: string): Promise<{ closed: Promise<number> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { cookie } })
  open.push(socket)
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise((resolve, reject) => {
    socket.on('message', resolve)
    socket.on('error', reject)
  })
  return { closed }
}

function site(store: Store) {
  const sessions = createSessions({ secrets: SECRET, store })
  const serve = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    if (request.url.endsWith('/login')) session.signIn('ada')
    if (request.url.endsWith('/renew')) session.regenerateId()
    if (request.url.endsWith('/logout')) session.signOut()
    return new Response(session.owner ?? 'nobody')
  })
  return async (path: string, cookie = ''): Promise<string> => {
    const response = await serve(new Request(`https://app.test${path}`, { headers: { cookie } }))
    expect(response.status).toBe(200)
    return response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
  }
}

const all = <T>(count: number, act: (nth: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, nth) => act(nth)))

const present = Object.entries(KINDS).filter(([, { engine }]) => !engine || !isLeftOut(engine))

describe.each(present)('signing out closes the sockets of another process, over %s', (kind, { start, cut }) => {
  it('those of who signs out, also after new ids, and also while the connection that listens is cut', async () => {
    const engine = await start()
    const { store, close } = await openPlace(kind, engine.url)
    try {
      await store.migrate?.()
      const visit = site(store)
      const port = await elsewhere(kind, engine.url)
      const cookies = await all(SOCKETS, () => visit('/login'))
      const stays = await visit('/login')
      const staying = await connect(port, stays)
      let isClosed = false
      void staying.closed.then(() => (isClosed = true))
      const sockets = await all(SOCKETS, (nth) => connect(port, cookies[nth] ?? ''))
      // A third is given a new id first, and a third ends while nobody is listening.
      const leave = async (from: number, to: number): Promise<number[]> => {
        const leaving = cookies.slice(from, to)
        const tickets = from === 0 ? await Promise.all(leaving.map((cookie) => visit('/renew', cookie))) : leaving
        await Promise.all(tickets.map((cookie) => visit('/logout', cookie)))
        return Promise.all(sockets.slice(from, to).map(({ closed }) => closed))
      }
      const third = Math.floor(SOCKETS / 3)
      expect(new Set(await leave(0, third))).toEqual(new Set([4401]))
      const cutting = cut?.(engine.url)
      expect(new Set(await leave(third, 2 * third))).toEqual(new Set([4401]))
      await cutting
      expect(new Set(await leave(2 * third, SOCKETS))).toEqual(new Set([4401]))
      expect(isClosed).toBe(false)
    } finally {
      leaveAll()
      await close()
      await engine.stop()
    }
  })
})

describe.each(isLeftOut('redis') ? [] : ['Redis'])('%s', () => {
  it('a user without the right to channels ends sessions all the same, and they are found by reading', async () => {
    const engine = await startRedis()
    const admin = await createClient({ url: engine.url }).connect()
    await admin.sendCommand(['ACL', 'SETUSER', 'shop', 'on', '>word', '~coatcheck:*', 'resetchannels', '+@all'])
    const mine = await createClient({ url: engine.url, username: 'shop', password: 'word' }).connect()
    try {
      await expect(mine.publish('coatcheck:ended', 'x')).rejects.toThrow(/NOPERM/)
      const visit = site(redisStore(mine))
      const cookie = await visit('/login')
      const port = await elsewhere('redis', engine.url)
      const { closed } = await connect(port, cookie)
      // The writer may not tell, and the session is over. Who listens finds it at the next reading of everything.
      await visit('/logout', cookie)
      expect((await admin.keys('coatcheck:s:*')).length).toBeLessThanOrEqual(1)
      // Who may not listen reads twice a second.
      const url = new URL(engine.url)
      url.username = 'shop'
      url.password = 'word'
      const deaf = await elsewhere('redis', url.href)
      const other = await visit('/login')
      const there = await connect(deaf, other)
      await visit('/logout', other)
      expect(await there.closed).toBe(4401)
      expect(await closed).toBe(4401)
    } finally {
      leaveAll()
      await mine.close()
      await admin.close()
      await engine.stop()
    }
  })

  it('one channel for all sockets of a process', async () => {
    const engine = await startRedis()
    const client = await createClient({ url: engine.url }).connect()
    try {
      const visit = site(redisStore(client))
      const port = await elsewhere('redis', engine.url)
      const cookies = await all(30, () => visit('/login'))
      for (const cookie of cookies) await connect(port, cookie)
      expect(await client.pubSubNumSub(['coatcheck:ended'])).toEqual({ 'coatcheck:ended': 1 })
      const list = String(await client.sendCommand(['CLIENT', 'LIST', 'TYPE', 'pubsub'])).trim()
      expect(list.split('\n')).toHaveLength(1)
      expect(list).toMatch(/ sub=1 psub=0 ssub=0 /)
    } finally {
      leaveAll()
      await client.close()
      await engine.stop()
    }
  })
})
