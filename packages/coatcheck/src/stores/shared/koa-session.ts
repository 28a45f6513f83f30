import { type OverwritingStore, overwritingStore } from './overwriting.ts'

/** A store that was written for koa-session, such as that of koa-redis. */
export interface KoaStoreLike {
  get(key: string, maxAge: never, options: never): unknown
  set(key: string, session: never, maxAge: never, options: never): unknown
  destroy(key: string, options: never): unknown
}

export interface KoaStoreOptions {
  /** What stands for the store in this process, where each request has a store object of its own. Default: the store. */
  readonly backend?: object
  /** Before each key. */
  readonly prefix?: string
  /** Handed to each call, as koa-session does. */
  readonly ctx?: object
  readonly rolling?: boolean
  /** Milliseconds since the epoch. */
  now(): number
}

/** As koa-session: the record lives a little longer than the session, and never too short. */
const ROOM = 10_000

/**
 * Keeps sessions in a store that was written for koa-session. Such a store cannot compare before it writes, so this one is declared
 * `last-write-wins`: within this process nothing is lost, but of two processes that change one session at the same moment the later wins.
 */
export function koaStore(store: KoaStoreLike, options: KoaStoreOptions): OverwritingStore {
  const { backend = store, prefix = '', ctx, rolling = false, now } = options
  return overwritingStore({
    library: 'koa-session',
    backend,
    get: async (key) => store.get(`${prefix}${key}`, undefined as never, { ctx, rolling } as never),
    async set(key, { coatcheck }) {
      const { expiresAt } = coatcheck.record
      const left = Math.max(0, expiresAt - now())
      const kept = { coatcheck, _expire: expiresAt, _maxAge: left }
      await store.set(`${prefix}${key}`, kept as never, (left + ROOM) as never, { changed: true, ctx, rolling } as never)
    },
    remove: async (key) => store.destroy(`${prefix}${key}`, { ctx } as never),
  })
}
