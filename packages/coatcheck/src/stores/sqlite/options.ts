import { SessionError } from '../../errors.ts'
import { checkedOptions } from '../shared/options.ts'
import { checkedTable } from '../shared/sql.ts'
import type { Durability, SqliteDatabase } from './database.ts'

export interface SqliteStoreOptions {
  /** The file, opened with the first call and made if it is not there; or `:memory:`. */
  readonly path?: string
  /**
   * A database that is open already, instead of `path`. The store leaves its settings alone and `close` leaves it open.
   * Open it in WAL mode and without a busy timeout, so that a lock that another process holds does not stop this one.
   */
  readonly database?: SqliteDatabase
  /** Default `coatcheck_sessions`. Beside it there is `<table>_schema`, with the version of its form. */
  readonly table?: string
  /**
   * The commits that a loss of power may cost; the death of a process costs none. Default `normal`: perhaps the last commits,
   * logouts among them. `full`: nothing, and every commit waits for the disk. Only with `path`.
   */
  readonly durability?: Durability
  /** Milliseconds that a call waits in all for a lock of another connection. The process goes on meanwhile. Default 1500. */
  readonly busyTimeout?: number
}

export interface SqliteOptions {
  /** A path to open, or an open database. */
  readonly source: string | SqliteDatabase
  readonly table: string
  readonly durability: Durability
  readonly busyTimeout: number
}

const DEFAULT_TABLE = 'coatcheck_sessions'
/** The engine gives a store two seconds for a call; the store's own error, which says what is wrong, is to come first. */
const DEFAULT_BUSY_TIMEOUT = 1500

const KNOWN = ['path', 'database', 'table', 'durability', 'busyTimeout'] as const

export function checkedSqliteOptions(options: SqliteStoreOptions): SqliteOptions {
  const {
    path,
    database,
    table = DEFAULT_TABLE,
    durability,
    busyTimeout = DEFAULT_BUSY_TIMEOUT,
  } = checkedOptions('sqliteStore', options, KNOWN)
  const source = path ?? database
  if (source === undefined || (path !== undefined && database !== undefined)) throw wrong('give either `path` or `database`')
  if (path !== undefined && (typeof path !== 'string' || path === '' || path.includes('\0') || path.startsWith('file:'))) {
    throw wrong('`path` must be the path of a file, or ":memory:"')
  }
  if (database !== undefined && (typeof database.prepare !== 'function' || typeof database.exec !== 'function')) {
    throw wrong('`database` must be an open database of node:sqlite, bun:sqlite or better-sqlite3')
  }
  if (durability !== undefined && durability !== 'normal' && durability !== 'full')
    throw wrong('`durability` must be "normal" or "full"')
  if (durability !== undefined && database !== undefined)
    throw wrong('`durability` goes with `path`; on a `database` of yours set PRAGMA synchronous')
  if (typeof busyTimeout !== 'number' || !(busyTimeout >= 0 && busyTimeout < Infinity)) {
    throw wrong('`busyTimeout` must be a number of milliseconds, 0 or more')
  }
  return { source, table: checkedTable('sqliteStore', table), durability: durability ?? 'normal', busyTimeout }
}

const wrong = (what: string): SessionError => new SessionError('BAD_OPTIONS', `sqliteStore: ${what}.`)
