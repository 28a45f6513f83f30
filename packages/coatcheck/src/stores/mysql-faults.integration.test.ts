import { createPool, type Pool } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startMariadb } from '../../../../scripts/engine-servers.ts'
import { losesNothing, outlives } from '../../test/helpers/faults.ts'
import { mysqlStore } from './mysql.ts'
import type { SessionRecord } from './store.ts'

const now = Date.now()
const record: SessionRecord = { data: 'cart', createdAt: now, endsAt: now + 60_000, expiresAt: now + 60_000 }

describe('mysqlStore, when', () => {
  let server: Running
  let pool: Pool
  beforeAll(async () => {
    server = await startMariadb(['innodb-flush-log-at-trx-commit=1'])
    const admin = createPool(server.url)
    await admin.query('CREATE DATABASE app')
    await admin.end()
    pool = createPool({ uri: `${server.url}app` })
    await mysqlStore(pool).migrate()
  })
  afterAll(async () => {
    await pool.end()
    await server.stop()
  })

  it('MariaDB is killed and started again', async () => {
    await outlives(mysqlStore(pool), { strike: () => server.server.kill(), heal: () => server.server.start() })
  })

  it('MariaDB is killed under load and started again', async () => {
    await losesNothing(mysqlStore(pool), { strike: () => server.server.kill(), heal: () => server.server.start() })
  })

  it('MariaDB stops answering and goes on', async () => {
    await outlives(mysqlStore(pool), { strike: () => server.server.pause(), heal: () => server.server.resume() })
  })

  it('every connection of the pool is taken', async () => {
    const small = createPool({ uri: `${server.url}app`, connectionLimit: 1 })
    let release = (): void => {}
    await outlives(mysqlStore(small), {
      async strike() {
        const connection = await small.getConnection()
        release = () => connection.release()
      },
      heal: () => release(),
    })
    await small.end()
  })

  it('its table is gone', async () => {
    await expect(mysqlStore(pool, { table: 'gone' }).read('key')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('(ER_NO_SUCH_TABLE)'),
      fix: expect.stringContaining('migrate()'),
    })
  })

  it('a transaction of the application and ours are in each other’s way: ours is sent again', async () => {
    const store = mysqlStore(pool, { table: 'contended' })
    await store.migrate()
    const versions = await Promise.all(['a', 'b'].map((key) => store.create(key, { ...record, expiresAt: 1 })))
    const theirs = await pool.getConnection()
    // Theirs has written more, so that of the two MariaDB undoes ours.
    await theirs.query('CREATE TABLE orders (id int PRIMARY KEY)')
    await theirs.query('BEGIN')
    await theirs.query(`INSERT INTO orders VALUES ${Array.from({ length: 50 }, (_, n) => `(${n})`).join(', ')}`)
    await theirs.query("UPDATE contended SET version = 'theirs' WHERE `key` = 'b'")
    const pruned = store.prune(now, 10)
    const waits = 'SELECT count(*) AS n FROM information_schema.innodb_lock_waits'
    const waiting = async (): Promise<number> => Number(((await pool.query(waits))[0] as { n: number }[])[0]?.n)
    // MariaDB shows the same again to whoever looks more than ten times a second.
    while ((await waiting()) === 0) await new Promise((resolve) => setTimeout(resolve, 150))
    await theirs.query("UPDATE contended SET version = 'theirs' WHERE `key` = 'a'")
    await theirs.query('COMMIT')
    expect(await pruned).toBe(2)
    expect(await store.delete('a', versions[0] ?? '')).toBe(false)
    const status = ((await pool.query("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'"))[0] as { Value: string }[])[0]
    expect(Number(status?.Value)).toBe(1)
    theirs.release()
  })

  it('many prune at once, while sessions come and go', async () => {
    const store = mysqlStore(pool, { table: 'pruned' })
    await store.migrate()
    const came = Array.from({ length: 1000 }, async (_, nth) =>
      store.create(`key-${nth}`, { ...record, expiresAt: nth % 2 ? 1 : record.expiresAt }),
    )
    const counts = [0, 1, 2, 3].map(async () => {
      let removed = 0
      for (let round = 0; round < 10; round++) removed += await store.prune(now, 100)
      return removed
    })
    await Promise.all(came)
    const removed = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
    expect(removed + (await store.prune(now, 1000))).toBe(500)
    expect((await store.list(undefined, 1000)).keys).toHaveLength(500)
  })
})
