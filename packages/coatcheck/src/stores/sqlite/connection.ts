import type { Maybe } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import { configure, makeTables, openFile, type SqliteDatabase } from './database.ts'
import { failed, isBusy } from './errors.ts'
import type { SqliteOptions } from './options.ts'
import { prepareAll, type Statements } from './statements.ts'

interface Open {
  readonly database: SqliteDatabase
  readonly sql: Statements
}

const LONGEST_PAUSE = 16

/** One connection, opened when it is first used. Locks of others are waited for here, in timers, and never in SQLite. */
export class Connection {
  readonly #options: SqliteOptions
  readonly #name: string
  #opening: Promise<Open> | undefined
  #open: Open | undefined
  #closed = false

  constructor(options: SqliteOptions) {
    this.#options = options
    this.#name = typeof options.source === 'string' ? `"${options.source}"` : 'that was given'
  }

  /** At once where the database is open and nobody is in the way. */
  run<T>(work: (sql: Statements) => T): Maybe<T> {
    const open = this.#open
    try {
      if (open && !isInTransaction(open.database)) return work(open.sql)
    } catch (error) {
      if (!isBusy(error)) throw failed(error, this.#name)
    }
    return this.#later(work)
  }

  async #later<T>(work: (sql: Statements) => T): Promise<T> {
    if (this.#closed)
      throw new SessionError('STORE_FAILED', 'This SQLite store has been closed.', { fix: 'Close it after the last request.' })
    try {
      this.#opening ??= this.#start().catch((error: unknown) => {
        this.#opening = undefined
        throw error
      })
      const { database, sql } = await this.#opening
      if (!this.#closed) this.#open = { database, sql }
      return await this.#patiently(database, () => work(sql))
    } catch (error) {
      throw failed(error, this.#name)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#open = undefined
    const open = await this.#opening?.catch(() => undefined)
    this.#opening = undefined
    if (typeof this.#options.source === 'string') open?.database.close()
  }

  async #start(): Promise<Open> {
    const { source, table, durability } = this.#options
    const database = typeof source === 'string' ? await openFile(source) : source
    try {
      if (typeof source === 'string') await this.#patiently(database, () => configure(database, durability))
      await this.#patiently(database, () => makeTables(database, table))
      return { database, sql: prepareAll(database, table) }
    } catch (error) {
      if (typeof source === 'string') database.close()
      throw error
    }
  }

  /** Tries until nobody is in the way: no other connection, and no transaction of the application's own on this one. */
  async #patiently<T>(database: SqliteDatabase, attempt: () => T): Promise<T> {
    const { busyTimeout } = this.#options
    let waited = 0
    for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      let cause: unknown
      if (!isInTransaction(database)) {
        try {
          return attempt()
        } catch (error) {
          if (!isBusy(error)) throw error
          cause = error
        }
      }
      if (waited >= busyTimeout) throw this.#locked(cause)
      const time = Math.min(Math.ceil(pause * (1 + Math.random())), busyTimeout - waited)
      await new Promise((resolve) => setTimeout(resolve, time))
      waited += time
    }
  }

  #locked(cause: unknown): SessionError {
    const by = cause === undefined ? 'a transaction on the same connection' : 'another connection'
    return new SessionError(
      'STORE_FAILED',
      `The SQLite database ${this.#name} was locked by ${by} for ${this.#options.busyTimeout} ms.`,
      {
        fix: 'Find what holds a transaction open for so long, a backup or a shell perhaps, and keep transactions short.',
        ...(cause !== undefined && { cause }),
      },
    )
  }
}

/** Inside it we would see old records, and its rollback would undo what we acknowledged. */
const isInTransaction = ({ isTransaction, inTransaction }: SqliteDatabase): boolean => Boolean(isTransaction || inTransaction)
