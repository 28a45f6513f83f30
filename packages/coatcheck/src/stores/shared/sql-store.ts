import { randomText } from '../../crypto/random.ts'
import { SessionError } from '../../errors.ts'
import type { Found, Store } from '../store.ts'
import { checkName, pageOf } from './names.ts'

/**
 * The values of a row in the order of its columns: clients may be told to rename those, or to give rows as lists. Of a session they are
 * version, data, owner, created_at, ends_at and expires_at; large numbers come as text, as a number or as a BigInt.
 */
export type Row = readonly unknown[]

export const rowOf = (row: unknown): Row => Object.values(Object(row))

export type SqlValue = string | number | null

/** The statements that the store runs on a server, one round trip each; every write names the version it replaces. */
export interface SqlBackend {
  /** As people call it. */
  readonly title: string
  read(key: string): Promise<Row | undefined>
  /** Whether it was made; not when the key is taken. */
  /** Rows of those of these keys that are there, each with its key before its other columns. Left out: they are read one by one. */
  readMany?(keys: readonly string[]): Promise<readonly Row[]>
  create(
    key: string,
    version: string,
    data: string,
    owner: string | null,
    times: readonly [number, number, number],
  ): Promise<boolean>
  update(key: string, version: string, next: string, data: string, expiresAt: number): Promise<boolean>
  /** The same, and tells whoever listens. Left out: nobody can. */
  updateTelling?(key: string, version: string, next: string, data: string, expiresAt: number): Promise<boolean>
  watch?: Store['watch']
  delete(key: string, version: string): Promise<boolean>
  touch(key: string, version: string, expiresAt: number): Promise<boolean>
  listByOwner(owner: string): Promise<readonly string[]>
  list(after: string, limit: number): Promise<readonly string[]>
  /** At most so many of one batch; how many. */
  prune(before: number, limit: number): Promise<number>
  /** See `Store.about`. */
  about?: Store['about']
  /** What `migrate` runs, the version that it leads to, and the row with the version that is there; it throws where no table is. */
  readonly schema: { readonly table: string; readonly known: number; readonly sql: string; found(): Promise<Row | undefined> }
  /** Whether the error says that the table is not there. */
  isMissing(error: unknown): boolean
  migrate(): Promise<void>
  /** Whether the database undid the statement because others were in its way, so that it may be sent again. */
  isUndone(error: unknown): boolean
  /** The fix for an error of the database or of the way to it. */
  fixFor(error: unknown): string | undefined
}

export type SqlStore = Store & Required<Pick<Store, 'touch' | 'listByOwner' | 'list' | 'prune' | 'schema' | 'migrate'>>

const VERSION_BYTES = 9
/** Rows that one statement of a prune removes, so that others get their turn in between. */
export const PRUNE_BATCH = 100
const MOST_TRIES = 10
const LONGEST_PAUSE = 32

/** A store in a table that the servers of an application share. */
export function sqlStore(backend: SqlBackend): SqlStore {
  const checked = (name: string): string => {
    checkName(backend.title, name)
    return name
  }

  const { readMany, watch, about } = backend

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof SessionError) throw error
        // Of statements that were in each other's way the database undoes one; when that is sent again it sees what the other did.
        if (tries === MOST_TRIES || !backend.isUndone(error)) throw failed(backend, error)
        const pause = Math.random() * Math.min(2 ** tries, LONGEST_PAUSE)
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
  }

  return {
    async read(key) {
      const row = await ask(() => backend.read(checked(key)))
      return row && foundIn(row)
    },

    ...(readMany && {
      async readMany(keys) {
        if (keys.length === 0) return []
        const rows = await ask(() => readMany(keys.map(checked)))
        const found = new Map(rows.map(([key, ...row]) => [String(key), row]))
        return keys.map((key) => {
          const row = found.get(key)
          return row && foundIn(row)
        })
      },
    }),
    ...(watch && { watch: (listener) => ask(() => watch(listener)) }),
    ...(about && { about: () => ask(about) }),

    async create(key, { data, owner = null, createdAt, endsAt, expiresAt }) {
      const version = randomText(VERSION_BYTES)
      const times = [createdAt, endsAt, expiresAt] as const
      const isMade = await ask(() => backend.create(checked(key), version, data, owner === null ? null : checked(owner), times))
      return isMade ? version : undefined
    },

    async update(key, { data, expiresAt, tells }, version, next = randomText(VERSION_BYTES)) {
      const write = (tells && backend.updateTelling) || backend.update
      return (await ask(() => write(checked(key), version, next, data, expiresAt))) ? next : undefined
    },

    delete: (key, version) => ask(() => backend.delete(checked(key), version)),

    touch: (key, expiresAt, version) => ask(() => backend.touch(checked(key), version, expiresAt)),

    listByOwner: (owner) => ask(() => backend.listByOwner(checked(owner))),

    async list(after, limit) {
      const found = await ask(() => backend.list(after ?? '', limit + 1))
      return pageOf(found, limit)
    },

    async prune(before, limit) {
      for (let removed = 0; ; ) {
        const batch = Math.min(PRUNE_BATCH, limit - removed)
        const count = await ask(() => backend.prune(before, batch))
        removed += count
        if (count < batch || removed >= limit) return removed
      }
    },

    schema: () =>
      ask(async () => {
        const { found, ...schema } = backend.schema
        try {
          const [version] = (await found()) ?? []
          return { ...schema, found: version === undefined ? undefined : Number(version) }
        } catch (error) {
          if (backend.isMissing(error)) return { ...schema, found: undefined }
          throw error
        }
      }),

    async migrate() {
      await ask(() => backend.migrate())
      const { table, known, found } = backend.schema
      checkSchema(backend.title, table, (await ask(found))?.[0], known)
    },
  }
}

function foundIn([version, data, owner, createdAt, endsAt, expiresAt]: Row): Found {
  const times = { createdAt: Number(createdAt), endsAt: Number(endsAt), expiresAt: Number(expiresAt) }
  return { record: { data: String(data), ...(owner !== null && { owner: String(owner) }), ...times }, version: String(version) }
}

/** The code that a client gave its error; '' where there is none. */
export function codeOf(error: unknown): string {
  const { code } = Object(error) as { readonly code?: unknown }
  return typeof code === 'string' ? code : ''
}

function failed(backend: SqlBackend, error: unknown): SessionError {
  const fix = backend.fixFor(error)
  const code = codeOf(error)
  const reason = code === '' ? '' : ` (${code})`
  return new SessionError('STORE_FAILED', `${backend.title} could not be used${reason}.`, {
    cause: error,
    ...(fix !== undefined && { fix }),
  })
}

/** Refuses tables that a newer version of the library has made. */
export function checkSchema(title: string, table: string, found: unknown, known: number): void {
  const version = Number(found)
  if (version === known) return
  throw new SessionError(
    'STORE_FAILED',
    `${title}: the table "${table}" has version ${version}; this version of the library knows version ${known}.`,
    { fix: 'Update the library here too, or give the store another `table`.' },
  )
}
