import pg from 'pg'
import { createClient } from 'redis'
import { afterEach, describe, expect, it } from 'vitest'
import { startRedis } from '../../../scripts/engine-servers.ts'
import { redisStore } from '../src/stores/redis.ts'
import { isLeftOut } from './helpers/engines.ts'
import { openPlace } from './helpers/places.ts'
import { connect, elsewhere, KINDS, leaveAll, site } from './helpers/socket-places.ts'

// Somebody signs out in one process, and the sockets of that session, which are in another, close. On real engines.

const SOCKETS = 40

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
/** Cut the connections by which the other process listens. */
const CUTS: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  redis: killSubscribers,
  ioredis: killSubscribers,
  postgres: killListeners,
  'postgres.js': killListeners,
}

afterEach(leaveAll)

const all = <T>(count: number, act: (nth: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, nth) => act(nth)))

const present = Object.entries(KINDS).filter(([, { engine }]) => !engine || !isLeftOut(engine))

describe.each(present)('signing out closes the sockets of another process, over %s', (kind, { start }) => {
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
      const cutting = CUTS[kind]?.(engine.url)
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
