import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createClient } from '@libsql/client'
import { Redis } from 'ioredis'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import type { Store } from '../packages/coatcheck/src/index.ts'
import { fileStore } from '../packages/coatcheck/src/stores/file.ts'
import { libsqlStore } from '../packages/coatcheck/src/stores/libsql.ts'
import { memoryStore } from '../packages/coatcheck/src/stores/memory.ts'
import { mysqlStore } from '../packages/coatcheck/src/stores/mysql.ts'
import { postgresStore } from '../packages/coatcheck/src/stores/postgres.ts'
import { redisStore } from '../packages/coatcheck/src/stores/redis.ts'
import { sqliteStore } from '../packages/coatcheck/src/stores/sqlite.ts'
import { startMariadb, startPostgres, startRedis } from '../scripts/engine-servers.ts'
import { COLUMNS, keyOf, parts, recordOf, rowOf } from './scale-sessions.ts'

/** A store with so many sessions, beside others of other sizes in the same engine. */
export interface Filled {
  readonly store: Store
  /** Puts sessions with the numbers from `from` on into the store, in the form that it reads. */
  add(from: number, count: number, expiresAt?: number): Promise<void>
  /** What the sessions take, indexes included. */
  bytes(): Promise<number>
}

export interface Place {
  readonly name: string
  /** More sessions than this are never tried, and why. */
  readonly most: number
  readonly why?: string
  /** What stands in the way of ten million, if anything does at this moment. */
  hindrance?(): string | undefined
  open(): Promise<{ namespace(size: number): Promise<Filled>; close(): Promise<unknown> }>
}

const through = (store: Store, together: number) =>
  async function add(from: number, count: number, expiresAt?: number): Promise<void> {
    for (const part of parts(from, count, together))
      await Promise.all(part.map((n) => store.create(keyOf(n), recordOf(n, expiresAt))))
  }

function temporary(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-scale-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

const memory: Place = {
  name: 'memory',
  most: 1_000_000,
  why: 'the heap of Node',
  async open() {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const used = (): number => {
      collect()
      return process.memoryUsage().heapUsed
    }
    return {
      async namespace(size) {
        const before = used()
        const store = memoryStore({ maxSessions: size + 1_000_000 })
        return { store, add: through(store, 1000), bytes: async () => used() - before }
      },
      close: async () => {},
    }
  },
}

const GIGABYTE = 1e9
const freeOnDisk = (): number => {
  const { bavail, bsize } = statfsSync(tmpdir())
  return bavail * bsize
}

/** Stores in a file of SQLite, which is filled through a connection of its own. */
const inFile = (name: string, storeOn: (path: string) => Promise<{ store: Store; close(): unknown }>): Place => ({
  name,
  most: 10_000_000,
  hindrance: () => (freeOnDisk() > 30 * GIGABYTE ? undefined : 'there were no 30 GB free on the disk'),
  async open() {
    const { folder, remove } = temporary()
    const open: { close(): unknown }[] = []
    return {
      async namespace(size) {
        const path = join(folder, `${size}.db`)
        const opened = await storeOn(path)
        const database = new DatabaseSync(path)
        // Only this connection, which fills it.
        database.exec('PRAGMA synchronous = off')
        database.exec('PRAGMA cache_size = -2000000')
        open.push(opened, database)
        const insert = database.prepare(`INSERT INTO coatcheck_sessions (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`)
        return {
          store: opened.store,
          async add(from, count, expiresAt) {
            for (const part of parts(from, count, 50_000)) {
              database.exec('BEGIN IMMEDIATE')
              for (const n of part) insert.run(...rowOf(n, expiresAt))
              database.exec('COMMIT')
            }
          },
          async bytes() {
            database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
            return statSync(path).size
          },
        }
      },
      async close() {
        for (const each of open) await each.close()
        remove()
      },
    }
  },
})

const sqlite = inFile('SQLite', async (path) => {
  const store = sqliteStore({ path })
  await store.migrate()
  return { store, close: () => store.close() }
})

const libsql: Place = {
  ...inFile('libsql', async (path) => {
    const client = createClient({ url: `file:${path}` })
    await client.execute('PRAGMA journal_mode = WAL')
    const store = libsqlStore(client)
    await store.migrate()
    return { store, close: () => client.close() }
  }),
  most: 1_000_000,
  why: 'it is SQLite',
}

const file: Place = {
  name: 'file',
  most: 100_000,
  why: 'a file each, and each is synced',
  async open() {
    const { folder, remove } = temporary()
    return {
      async namespace(size) {
        const directory = join(folder, `${size}`)
        const store = fileStore({ directory })
        await store.migrate()
        const sizeOf = (path: string): number => {
          const { blocks } = statSync(path)
          return 512 * blocks
        }
        return {
          store,
          add: through(store, 32),
          bytes: async () =>
            readdirSync(directory, { recursive: true, encoding: 'utf8' }).reduce(
              (sum, name) => sum + sizeOf(join(directory, name)),
              0,
            ),
        }
      },
      close: async () => remove(),
    }
  },
}

const END = 'that was all'

/** What redisStore keeps of a session; quicker than its own script. */
function commandsFor(prefix: string, n: number, expiresAt?: number): string[][] {
  const [key, version, data, owner, ...times] = rowOf(n, expiresAt)
  const [created, ends, expires] = times.map(String)
  const [at, index] = [`${prefix}:s:${key}`, `${prefix}:o:${owner}`]
  const fields = ['v', version, 'i', version, 'd', data, 'c', `${created}`, 'e', `${ends}`, 'x', `${expires}`, 'o', owner]
  return [
    ['HSET', at, ...fields],
    ['PEXPIREAT', at, `${Number(expires) + MARGIN}`],
    ['ZADD', index, `${ends}`, `${key} ${version}`],
    ['PEXPIREAT', index, `${Number(ends) + MARGIN}`],
  ]
}

const MARGIN = 60_000

const redis: Place = {
  name: 'Redis',
  most: 10_000_000,
  hindrance: () => (freemem() > 18 * GIGABYTE ? undefined : 'there were no 18 GB of memory free'),
  async open() {
    const server = await startRedis()
    const client = new Redis(server.url)
    const socket = connect({ host: '127.0.0.1', port: server.port, noDelay: true })
    /** Sends all of it at once, and waits until Redis has come to its end. */
    async function say(commands: readonly (readonly string[])[]): Promise<void> {
      const words = (each: readonly string[]): string => each.map((word) => `$${word.length}\r\n${word}\r\n`).join('')
      socket.write([...commands, ['ECHO', END]].map((each) => `*${each.length}\r\n${words(each)}`).join(''))
      for (let heard = ''; !heard.includes(END); ) {
        const [chunk] = await once(socket, 'data')
        heard = `${heard.slice(-END.length)}${chunk}`
        if (/^-/m.test(heard)) throw new Error(`Redis did not take a session: ${heard.slice(0, 200)}`)
      }
    }
    const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
    return {
      async namespace(size) {
        const before = await used()
        const prefix = `n${size}`
        const store = redisStore(client, { prefix })
        async function add(from: number, count: number, expiresAt?: number): Promise<void> {
          for (const part of parts(from, count, 5000)) await say(part.flatMap((n) => commandsFor(prefix, n, expiresAt)))
        }
        return { store, add, bytes: async () => (await used()) - before }
      },
      async close() {
        socket.destroy()
        client.disconnect()
        await server.stop()
      },
    }
  },
}

const postgres: Place = {
  name: 'PostgreSQL',
  most: 1_000_000,
  why: 'the time that it takes to fill',
  async open() {
    const server = await startPostgres(['shared_buffers=2GB', 'max_wal_size=8GB', 'checkpoint_timeout=1h'])
    const pool = new Pool({ connectionString: server.url, max: 2 })
    return {
      async namespace(size) {
        const table = `n${size}`
        const store = postgresStore(pool, { table })
        await store.migrate()
        const types = COLUMNS.map((name, n) => `$${n + 1}::${name.endsWith('_at') ? 'bigint' : 'text'}[]`)
        return {
          store,
          async add(from, count, expiresAt) {
            for (const part of parts(from, count, 5000)) {
              const rows = part.map((n) => rowOf(n, expiresAt))
              const columns = COLUMNS.map((_, n) => rows.map((row) => row[n]))
              await pool.query(`INSERT INTO ${table} (${COLUMNS}) SELECT * FROM unnest(${types})`, columns)
            }
            if (count > 10_000) await pool.query(`VACUUM ANALYZE ${table}`)
          },
          bytes: async () => Number((await pool.query('SELECT pg_total_relation_size($1) AS n', [table])).rows[0].n),
        }
      },
      async close() {
        await pool.end()
        await server.stop()
      },
    }
  },
}

const mariadb: Place = {
  name: 'MariaDB',
  most: 1_000_000,
  why: 'the time that it takes to fill',
  async open() {
    const server = await startMariadb(['innodb-buffer-pool-size=2G', 'innodb-log-file-size=1G', 'skip-log-bin'])
    const admin = createPool(server.url)
    await admin.query('CREATE DATABASE app')
    await admin.end()
    const pool = createPool({ uri: `${server.url}app`, connectionLimit: 2 })
    const columns = COLUMNS.map((name) => `\`${name}\``)
    return {
      async namespace(size) {
        const table = `n${size}`
        const store = mysqlStore(pool, { table })
        await store.migrate()
        return {
          store,
          async add(from, count, expiresAt) {
            for (const part of parts(from, count, 5000))
              await pool.query(`INSERT INTO ${table} (${columns}) VALUES ?`, [part.map((n) => rowOf(n, expiresAt))])
          },
          async bytes() {
            const size = 'SELECT FILE_SIZE AS n FROM information_schema.INNODB_SYS_TABLESPACES WHERE NAME = ?'
            return Number(((await pool.query(size, [`app/${table}`]))[0] as { n: number }[])[0]?.n)
          },
        }
      },
      async close() {
        await pool.end()
        await server.stop()
      },
    }
  },
}

export const PLACES: readonly Place[] = [memory, sqlite, libsql, redis, postgres, mariadb, file]
