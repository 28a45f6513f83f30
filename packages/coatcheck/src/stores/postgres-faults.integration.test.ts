import { Client, Pool } from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startPostgres } from '../../../../scripts/engine-servers.ts'
import { counted } from '../../test/helpers/counted.ts'
import { freshName } from '../../test/helpers/engines.ts'
import { losesNothing, outlives, siteOver, whenBack } from '../../test/helpers/faults.ts'
import { startStandby } from '../../test/helpers/standby.ts'
import { wireTo } from '../../test/helpers/wire.ts'
import { type PostgresClient, postgresStore } from './postgres.ts'
import type { SessionRecord } from './store.ts'

/** What a client tells of a lost connection is expected here; without a listener it would end the process. */
const expected = (): void => {}

const now = Date.now()
const record: SessionRecord = { data: 'cart', createdAt: now, endsAt: now + 60_000, expiresAt: now + 60_000 }

const CLIENTS: Readonly<Record<string, (url: string) => { client: PostgresClient; close(): unknown }>> = {
  pg(url) {
    const client = new Pool({ connectionString: url })
    client.on('error', expected)
    return { client, close: () => client.end() }
  },
  postgres(url) {
    const client = postgres(url, { onnotice: expected })
    return { client, close: () => client.end({ timeout: 1 }) }
  },
}

describe.each(Object.entries(CLIENTS))('postgresStore over %s, when', (_, connect) => {
  let server: Running
  let connected: { client: PostgresClient; close(): unknown }
  beforeAll(async () => {
    server = await startPostgres()
    connected = connect(server.url)
    await postgresStore(connected.client).migrate()
  })
  afterAll(async () => {
    await connected.close()
    await server.stop()
  })
  it('fault: PostgreSQL | killed mid-request and started again | STORE_FAILED | all that was acknowledged is there', async () => {
    await outlives(postgresStore(connected.client), { strike: () => server.server.kill(), heal: () => server.server.start() })
  })

  it('fault: PostgreSQL | killed under load and started again | STORE_FAILED | all that was acknowledged is there, nothing twice', async () => {
    await losesNothing(postgresStore(connected.client), { strike: () => server.server.kill(), heal: () => server.server.start() })
  })

  it('its table is gone', async () => {
    const store = postgresStore(connected.client, { table: 'gone' })
    await expect(store.read('key')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('(42P01)'),
      fix: expect.stringContaining('migrate()'),
    })
  })

  it('fault: PostgreSQL | told to read only (default_transaction_read_only) | STORE_FAILED (25006) for writes | goes on where it was', async () => {
    const admin = new Pool({ connectionString: server.url })
    // A client that was not here before: the package `postgres` waits up to 20 seconds with the connections it lost in a crash.
    const { client, close } = connect(server.url)
    const store = postgresStore(client)
    const readOnly = async (setting: 'on' | 'off'): Promise<void> => {
      await admin.query(`ALTER SYSTEM SET default_transaction_read_only = ${setting}`)
      await admin.query('SELECT pg_reload_conf()')
      // Each connection hears of it in its own time.
      await whenBack(async () => {
        const writes = await Promise.allSettled([1, 2, 3, 4].map(() => store.create(freshName(), record)))
        if (writes.some(({ status }) => status !== (setting === 'on' ? 'rejected' : 'fulfilled'))) throw new Error('Not yet.')
      })
    }
    await outlives(store, {
      strike: () => readOnly('on'),
      heal: () => readOnly('off'),
      says: /\(25006\).*Connect it to the primary/,
    })
    await close()
    await admin.end()
  })

  it('fault: PostgreSQL | a failover leads the client to a standby before it is promoted | STORE_FAILED (25006) for writes | goes on where it was', async () => {
    const standby = await startStandby(server)
    const wire = await wireTo(server.url)
    const [primary, follower] = [new Pool({ connectionString: server.url }), new Pool({ connectionString: standby.url })]
    const { client, close } = connect(wire.url)
    const store = postgresStore(client)
    await outlives(store, {
      async strike() {
        const { rows } = await primary.query('SELECT pg_current_wal_insert_lsn() AS at')
        const replayed = 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS has'
        await whenBack(async () => {
          if (!(await follower.query(replayed, [rows[0].at])).rows[0].has) throw new Error('It is behind.')
        })
        wire.leadTo(standby.url)
        await whenBack(() => store.read('anything'))
      },
      heal: () => follower.query('SELECT pg_promote()'),
      says: /\(25006\).*Connect it to the primary/,
    })
    await close()
    await wire.close()
    await Promise.all([primary.end(), follower.end()])
    await standby.stop()
  })

  it('fault: PostgreSQL | an administrator ends every connection | STORE_FAILED, or its answer over a new one | goes on where it was', async () => {
    const store = postgresStore(connected.client)
    const ada = siteOver(store).person()
    await ada.does((session) => session.signIn('ada'))
    const admin = new Pool({ connectionString: server.url })
    const { rows } = await admin.query(
      'SELECT pg_terminate_backend(pid, 5000) AS ended FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL',
    )
    expect(rows).toContainEqual({ ended: true })
    await admin.end()
    const { ticket } = ada
    const answer = await ada
      .does((session) => session.owner)
      .catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'STORE_FAILED' })
        return 'ada'
      })
    expect(answer).toBe('ada')
    expect(ada.ticket).toBe(ticket)
    expect(await whenBack(() => ada.does((session) => session.owner))).toBe('ada')
  })
})

describe('postgresStore, when', () => {
  let server: Running
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  describe.each(['pg', 'postgres'])('and its client is %s', (name) => {
    it('fault: PostgreSQL | every connection of the pool is taken | STORE_FAILED, after 2 seconds | goes on where it was', async () => {
      const pool = new Pool({ connectionString: server.url, max: 1 })
      const sql = postgres(server.url, { max: 1, onnotice: expected })
      const store = postgresStore(name === 'pg' ? pool : sql)
      await store.migrate()
      let release = (): void => {}
      await outlives(store, {
        async strike() {
          const taken = await (name === 'pg' ? pool.connect() : sql.reserve())
          release = () => taken.release()
        },
        heal: () => release(),
        says: /did not answer .* within 2 seconds/,
      })
      await Promise.all([pool.end(), sql.end({ timeout: 1 })])
    })
  })

  it('fault: PostgreSQL | the server has no connection left (max_connections) | STORE_FAILED (53300) | goes on where it was', async () => {
    const small = await startPostgres(['max_connections=8'])
    const pool = new Pool({ connectionString: small.url })
    pool.on('error', expected)
    const store = postgresStore(pool)
    await store.migrate()
    const others: Client[] = []
    const takeAll = async (): Promise<void> => {
      for (;;) {
        const other = new Client({ connectionString: small.url })
        try {
          await other.connect()
        } catch (error) {
          expect(error).toMatchObject({ code: '53300' })
          return
        }
        others.push(other)
      }
    }
    await outlives(store, {
      async strike() {
        await takeAll()
        const [first] = others
        await first?.query(
          'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> ALL ($1) AND usename IS NOT NULL',
          [others.map((other) => Reflect.get(other, 'processID'))],
        )
        await takeAll()
      },
      heal: () => Promise.all(others.map((other) => other.end())),
      says: /\(53300\).*raise `max_connections`/,
    })
    await pool.end()
    await small.stop()
  })

  it('fault: PostgreSQL | somebody else holds the row | STORE_FAILED, after 2 seconds | goes on where it was', async () => {
    const pool = new Pool({ connectionString: server.url })
    const store = postgresStore(pool)
    await store.migrate()
    const holder = await pool.connect()
    await outlives(store, {
      strike: () => holder.query('BEGIN; SELECT * FROM coatcheck_sessions FOR UPDATE'),
      heal: () => holder.query('COMMIT'),
    })
    holder.release()
    await pool.end()
  })

  describe.each(['serializable', 'repeatable read'])('every transaction is %s', (isolation) => {
    const options = `-c default_transaction_isolation=${isolation.replace(' ', '\\ ')}`
    const waiting = 'SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = $1'

    it('fault: PostgreSQL | serialization failure (serializable, repeatable read) | its answer: the statement is sent again | nothing is counted twice', async () => {
      const pool = new Pool({ connectionString: server.url, options })
      const { client, trips } = counted(pool, 'query')
      const store = postgresStore(client)
      await store.migrate()
      const ada = siteOver(store).person()
      await ada.does((session) => session.set('n', 1))
      const theirs = await pool.connect()
      await theirs.query('BEGIN; UPDATE coatcheck_sessions SET expires_at = expires_at')
      trips()
      const counting = ada.does((session) => session.update('n', (n) => Number(n) + 1))
      while ((await pool.query(waiting, ['Lock'])).rows[0].n < 1) await new Promise((resolve) => setTimeout(resolve, 5))
      await theirs.query('COMMIT')
      await counting
      // It read, it wrote, PostgreSQL answered 40001, and it wrote again.
      expect(trips()).toBe(3)
      expect(await ada.does((session) => session.get('n'))).toBe(2)
      theirs.release()
      await pool.end()
    })

    it('whoever comes second has lost, and hears no error', async () => {
      const pool = new Pool({ connectionString: server.url, options })
      const store = postgresStore(pool)
      await store.migrate()
      const key = freshName()
      const version = (await store.create(key, record)) ?? ''
      const client = await pool.connect()
      await client.query(`BEGIN; UPDATE coatcheck_sessions SET version = 'theirs' WHERE key = '${key}'`)
      const late = [store.update(key, record, version), store.delete(key, version), store.touch(key, 1, version)]
      while ((await pool.query(waiting, ['Lock'])).rows[0].n < 3) await new Promise((resolve) => setTimeout(resolve, 5))
      await client.query('COMMIT')
      // PostgreSQL itself answers 40001, "could not serialize access due to concurrent update", to all three.
      expect(await Promise.all(late)).toEqual([undefined, false, false])
      client.release()
      await pool.end()
    })
  })

  it('a backup reads the whole table while it is pruned, and another prunes too', async () => {
    const pool = new Pool({ connectionString: server.url })
    const store = postgresStore(pool, { table: 'pruned' })
    await store.migrate()
    await Promise.all(Array.from({ length: 250 }, (_, nth) => store.create(`key-${nth}`, { ...record, expiresAt: 1 })))
    const renewed = await pool.connect()
    await renewed.query(`BEGIN; UPDATE pruned SET expires_at = ${now + 60_000}, version = 'renewed' WHERE key = 'key-7'`)
    // It waits for nobody: what is being renewed is left alone.
    const removed = await Promise.all([store.prune(now, 1000), store.prune(now, 1000)])
    expect(removed[0] + removed[1]).toBe(249)
    await renewed.query('COMMIT')
    expect(await store.prune(now, 1000)).toBe(0)
    expect((await store.read('key-7'))?.version).toBe('renewed')
    renewed.release()
    await pool.end()
  })
})
