import { randomText } from '../crypto/random.ts'
import { SessionError } from '../errors.ts'
import { collectionsOf, type MongodbDatabase, type MongodbDocument } from './mongodb/client.ts'
import { isTaken, mongodbFailed } from './mongodb/errors.ts'
import { checkName, pageOf } from './shared/names.ts'
import { checkedOptions } from './shared/options.ts'
import { checkSchema, PRUNE_BATCH } from './shared/sql-store.ts'
import type { Store } from './store.ts'

export type { MongodbCollection, MongodbDatabase, MongodbDocument } from './mongodb/client.ts'

export interface MongodbStoreOptions {
  /** Default `coatcheck_sessions`. Beside it there is `<collection>_schema`, with the version of its form. */
  readonly collection?: string
  /**
   * How a session is read, always from the primary. Default `local`: what the primary knows. `linearizable`: it asks a majority first
   * whether it is the primary still, so that one that was cut off shows nothing old in the seconds until it notices; not on a standalone
   * server, and as slow as a write.
   */
  readonly readConcern?: 'local' | 'linearizable'
}

export type MongodbStore = Store &
  Required<Omit<Store, 'about' | 'schema' | 'consistency' | 'close' | 'evicts' | 'readMany' | 'watch'>>

const SCHEMA = 1
const VERSION_BYTES = 9
/** A document has 16 MiB; everything besides the data takes less than 1 KiB. */
const MAX_BYTES = 16 * 1024 * 1024 - 1024
/** Seconds that an expired document is kept, because the clocks of several servers differ. */
const MARGIN = 60
/** The last moment that JavaScript has a Date for (ECMA-262, time values). */
const LAST_DATE = 8.64e15
const KEY_ONLY = { projection: { _id: 1 } }

/**
 * Keeps sessions in a collection of MongoDB, through a `Db` of the package `mongodb`, whose client stays the application's to close. Each
 * call is one command on one document outside of every transaction: read from the primary, and written to a majority.
 *
 * Make the indexes with `await store.migrate()`; MongoDB then removes what has expired. Throws `BAD_OPTIONS` for wrong options; calls
 * reject with `STORE_FAILED` and the client's error. `data` may have 16 776 192 bytes.
 */
export function mongodbStore(database: MongodbDatabase, options: MongodbStoreOptions = {}): MongodbStore {
  const { collection: name = 'coatcheck_sessions', readConcern = 'local' } = checkedOptions('mongodbStore', options, [
    'collection',
    'readConcern',
  ])
  if (readConcern !== 'local' && readConcern !== 'linearizable')
    throw new SessionError('BAD_OPTIONS', 'mongodbStore: `readConcern` must be "local" or "linearizable".')
  const { sessions, schema } = collectionsOf(database, name, 'local')
  const whole = { readConcern: { level: readConcern } }

  const checked = (key: string): string => {
    checkName('MongoDB', key)
    return key
  }

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw mongodbFailed(error)
    }
  }

  async function isNew(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (isTaken(error)) return false
      throw error
    }
  }

  const keys = async (filter: MongodbDocument, more: object = {}): Promise<string[]> =>
    (await sessions.find(filter, { ...KEY_ONLY, ...more }).toArray()).map(({ _id }) => String(_id))

  return {
    maxBytes: MAX_BYTES,

    async read(key) {
      const found = await ask(() => sessions.findOne({ _id: checked(key) }, whole))
      if (!found) return undefined
      const { version, data, owner, createdAt, endsAt, expiresAt } = found
      const times = { createdAt: Number(createdAt), endsAt: Number(endsAt), expiresAt: Number(expiresAt) }
      const record = { data: String(data), ...(owner !== undefined && { owner: String(owner) }), ...times }
      return { record, version: String(version) }
    },

    async create(key, { data, owner, createdAt, endsAt, expiresAt }) {
      const version = randomText(VERSION_BYTES)
      const own = owner === undefined ? {} : { owner: checked(owner) }
      const document = { _id: checked(key), version, data, ...own, createdAt, endsAt, expiresAt, ttl: ttl(expiresAt) }
      return (await ask(() => isNew(() => sessions.insertOne(document)))) ? version : undefined
    },

    async update(key, { data, expiresAt }, version, next = randomText(VERSION_BYTES)) {
      const set = { version: next, data, expiresAt, ttl: ttl(expiresAt) }
      const { matchedCount } = await ask(() => sessions.updateOne({ _id: checked(key), version }, { $set: set }))
      return matchedCount === 1 ? next : undefined
    },

    delete: async (key, version) => (await ask(() => sessions.deleteOne({ _id: checked(key), version }))).deletedCount === 1,

    async touch(key, expiresAt, version) {
      const later = { $max: { expiresAt, ttl: ttl(expiresAt) } }
      return (await ask(() => sessions.updateOne({ _id: checked(key), version }, later))).matchedCount === 1
    },

    listByOwner: (owner) => ask(() => keys({ owner: checked(owner) })),

    async list(after, limit) {
      const next = after === undefined ? {} : { _id: { $gt: after } }
      const found = await ask(() => keys(next, { sort: { _id: 1 }, limit: limit + 1 }))
      return pageOf(found, limit)
    },

    async prune(before, limit) {
      const isOver = { ttl: { $lte: ttl(before) } }
      for (let removed = 0; ; ) {
        const batch = Math.min(PRUNE_BATCH, limit - removed)
        const over = await ask(() => keys(isOver, { sort: { ttl: 1 }, limit: batch }))
        // Looks again at what another may have renewed.
        const { deletedCount } = await ask(() => sessions.deleteMany({ _id: { $in: over }, ...isOver }))
        removed += deletedCount
        if (over.length < batch || removed >= limit) return removed
      }
    },

    async migrate() {
      await ask(async () => {
        await sessions.createIndex({ owner: 1 }, { sparse: true })
        await sessions.createIndex({ ttl: 1 }, { expireAfterSeconds: MARGIN })
        await isNew(() => schema.insertOne({ _id: 'schema', version: SCHEMA }))
        const found = await schema.findOne({ _id: 'schema' })
        checkSchema('MongoDB', name, found?.version, SCHEMA)
      })
    },
  }
}

const ttl = (time: number): Date => new Date(Math.min(time, LAST_DATE))
