import { type Connection, createConnection, createPool, type Pool } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startMariadb } from '../../../../scripts/engine-servers.ts'
import { losesNothing, outlives, whenBack } from '../../test/helpers/faults.ts'
import { silent } from '../../test/helpers/silent.ts'
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

  /** A user without the right to write to a server that is read-only, or to the connection that is kept for administrators. */
  async function asApplication(): Promise<{ app: Pool; admin: Connection; close(): Promise<void> }> {
    const admin = await createConnection(`${server.url}app`)
    await admin.query("CREATE USER IF NOT EXISTS app@'%'")
    await admin.query("GRANT SELECT, INSERT, UPDATE, DELETE ON app.* TO app@'%'")
    const app = createPool({ uri: `${server.url}app`, user: 'app' })
    const close = async (): Promise<void> => {
      await app.end()
      await admin.end()
    }
    return { app, admin, close }
  }

  it('fault: MariaDB | killed mid-request and started again | STORE_FAILED | all that was acknowledged is there', async () => {
    await outlives(mysqlStore(pool), { strike: () => server.server.kill(), heal: () => server.server.start() })
  })

  it('fault: MariaDB | killed under load and started again | STORE_FAILED | all that was acknowledged is there, nothing twice', async () => {
    await losesNothing(mysqlStore(pool), { strike: () => server.server.kill(), heal: () => server.server.start() })
  })

  it('fault: MariaDB | stops answering (SIGSTOP) | STORE_FAILED, after 2 seconds | goes on where it was', async () => {
    await outlives(mysqlStore(pool), {
      async strike() {
        server.server.pause()
        await silent(server.url, '')
      },
      heal: () => server.server.resume(),
      says: /did not answer .* within 2 seconds/,
    })
  })

  it('fault: MariaDB | every connection of the pool is taken | STORE_FAILED, after 2 seconds | goes on where it was', async () => {
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

  it('fault: MariaDB | read_only, as a replica is | STORE_FAILED (ER_OPTION_PREVENTS_STATEMENT) for writes | goes on where it was', async () => {
    const { app, admin, close } = await asApplication()
    await outlives(mysqlStore(app), {
      strike: () => admin.query('SET GLOBAL read_only = ON'),
      heal: () => admin.query('SET GLOBAL read_only = OFF'),
      says: /\(ER_OPTION_PREVENTS_STATEMENT\).*Connect it to the primary/,
    })
    await close()
  })

  it('fault: MariaDB | the server has no connection left (max_connections) | STORE_FAILED (ER_CON_COUNT_ERROR) | goes on where it was', async () => {
    const { app, admin, close } = await asApplication()
    const others: Connection[] = []
    await outlives(mysqlStore(app), {
      async strike() {
        await admin.query('SET GLOBAL max_connections = 10')
        const [rows] = await admin.query("SELECT id FROM information_schema.processlist WHERE user = 'app'")
        // Theirs take the places of ours.
        for (const { id } of rows as { id: number }[]) await admin.query(`KILL ${id}`)
        while (others.length < 20) {
          try {
            others.push(await createConnection({ uri: `${server.url}app`, user: 'app' }))
          } catch (error) {
            expect(error).toMatchObject({ code: 'ER_CON_COUNT_ERROR' })
            break
          }
        }
        // The pool finds out one by one that its connections are gone.
        await whenBack(async () => {
          for (const error of await Promise.all([1, 2, 3].map(() => app.query('DO 1').catch(({ code }) => code))))
            if (error !== 'ER_CON_COUNT_ERROR') throw new Error('Not yet.')
        })
      },
      async heal() {
        await Promise.all(others.map((other) => other.end()))
        await admin.query('SET GLOBAL max_connections = 151')
      },
      says: /\(ER_CON_COUNT_ERROR\).*raise `max_connections`/,
    })
    await close()
  })

  it('fault: MariaDB | somebody else holds the row | STORE_FAILED, after 2 seconds | goes on where it was', async () => {
    const theirs = await pool.getConnection()
    await outlives(mysqlStore(pool), {
      async strike() {
        await theirs.query('BEGIN')
        await theirs.query('SELECT * FROM coatcheck_sessions FOR UPDATE')
      },
      heal: () => theirs.query('COMMIT'),
    })
    theirs.release()
  })

  it('fault: MariaDB | a deadlock with a transaction of the application | its answer: the statement is sent again | all is done once', async () => {
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
