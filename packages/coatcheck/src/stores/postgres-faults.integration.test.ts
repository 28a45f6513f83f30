import { Pool } from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startPostgres } from '../../../../scripts/engine-servers.ts'
import { losesNothing, outlives } from '../../test/helpers/faults.ts'
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
  it('PostgreSQL is killed and started again', async () => {
    await outlives(postgresStore(connected.client), { strike: () => server.server.kill(), heal: () => server.server.start() })
  })

  it('PostgreSQL is killed under load and started again', async () => {
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

  it('it is told to read only, as a standby is', async () => {
    const readOnly = connect(`${server.url}?options=-c%20default_transaction_read_only%3Don`)
    const store = postgresStore(readOnly.client)
    await expect(store.create('key', record)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      fix: expect.stringContaining('primary'),
    })
    await readOnly.close()
  })
})

describe('postgresStore, when', () => {
  let server: Running
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  it('every connection of the pool is taken', async () => {
    const pool = new Pool({ connectionString: server.url, max: 1 })
    const store = postgresStore(pool)
    await store.migrate()
    let release = (): void => {}
    await outlives(store, {
      async strike() {
        const client = await pool.connect()
        release = () => client.release()
      },
      heal: () => release(),
    })
    await pool.end()
  })

  it('somebody else holds the row', async () => {
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

  it('others are in the way of a serializable transaction', async () => {
    const pool = new Pool({ connectionString: server.url, options: '-c default_transaction_isolation=serializable' })
    const store = postgresStore(pool)
    await store.migrate()
    const version = (await store.create('contended', record)) ?? ''
    const client = await pool.connect()
    await client.query("BEGIN; UPDATE coatcheck_sessions SET version = 'theirs' WHERE key = 'contended'")
    const late = [
      store.update('contended', record, version),
      store.delete('contended', version),
      store.touch('contended', 1, version),
    ]
    const waiting = 'SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = $1'
    while ((await pool.query(waiting, ['Lock'])).rows[0].n < 3) await new Promise((resolve) => setTimeout(resolve, 5))
    await client.query('COMMIT')
    // PostgreSQL itself answers 40001, "could not serialize access due to concurrent update", to all three.
    expect(await Promise.all(late)).toEqual([undefined, false, false])
    client.release()
    await pool.end()
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
