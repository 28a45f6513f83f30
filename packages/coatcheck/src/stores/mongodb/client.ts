import { SessionError } from '../../errors.ts'

export type MongodbDocument = Readonly<Record<string, unknown>>

/** The part of a `Collection` of the package `mongodb` that is used here. */
export interface MongodbCollection {
  findOne(filter: MongodbDocument, options?: object): Promise<MongodbDocument | null>
  find(
    filter: MongodbDocument,
    options?: object,
  ): {
    toArray(): Promise<MongodbDocument[]>
  }
  insertOne(document: MongodbDocument, options?: object): Promise<unknown>
  updateOne(filter: MongodbDocument, update: MongodbDocument, options?: object): Promise<{ readonly matchedCount: number }>
  deleteOne(filter: MongodbDocument, options?: object): Promise<{ readonly deletedCount: number }>
  deleteMany(filter: MongodbDocument, options?: object): Promise<{ readonly deletedCount: number }>
  createIndex(keys: Readonly<Record<string, 1>>, options?: object): Promise<unknown>
}

/** The part of a `Db` of the package `mongodb` that is used here: what `client.db()` gives. */
export interface MongodbDatabase {
  collection(name: string, options?: object): MongodbCollection
}

/**
 * From the primary, which alone knows what was just written; what counts, a majority has, so that no election undoes it. Values come back as
 * they were written, whatever the client is told else.
 */
const SETTINGS = {
  readPreference: 'primary',
  writeConcern: { w: 'majority' },
  raw: false,
  promoteValues: true,
  promoteLongs: true,
  useBigInt64: false,
  ignoreUndefined: true,
}

export interface Collections {
  /** One document a session. */
  readonly sessions: MongodbCollection
  /** The version of their form. */
  readonly schema: MongodbCollection
}

/** Throws `BAD_OPTIONS` for what is no database, and for a name that no collection should have. */
export function collectionsOf(database: MongodbDatabase, name: unknown, level: string): Collections {
  const { collection, db } = Object(database) as { readonly collection?: unknown; readonly db?: unknown }
  // A client has `db` too, and so has a connection of mongoose, whose collections overlook the settings.
  if (typeof collection !== 'function' || db !== undefined)
    throw new SessionError('BAD_OPTIONS', 'mongodbStore: the first argument must be a `Db` of the package `mongodb`.', {
      fix: 'Give it `client.db()`; of mongoose `mongoose.connection.db`, once it is connected.',
    })
  if (typeof name !== 'string' || !/^(?!system\.)[a-z_][\w.-]{0,99}$/i.test(name))
    throw new SessionError(
      'BAD_OPTIONS',
      'mongodbStore: `collection` must be a plain name: a letter or "_", then at most 99 letters, digits, "_", "-" or ".", and it may not begin with "system.".',
    )
  const settings = { ...SETTINGS, readConcern: { level } }
  return { sessions: database.collection(name, settings), schema: database.collection(`${name}_schema`, settings) }
}
