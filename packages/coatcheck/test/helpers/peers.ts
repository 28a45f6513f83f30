// What people use today, behind our contract, as well as theirs can be: everything that theirs offers is used, and nothing is added to
// what they keep. So a version is a hash of the content, since neither knows one, and a condition is a look before the write, since
// neither can compare. (Stamps of our own in the content would make another store of it: `coatcheck/stores/unstorage` is that.)
// Not offered: `touch`, for neither tells whether anything was there, nor gives back the time it was moved to; the engine updates.
import { createHash } from 'node:crypto'
import { RedisStore } from 'connect-redis'
import type { SessionData } from 'express-session'
import { createClient } from 'redis'
import { createStorage } from 'unstorage'
import redis from 'unstorage/drivers/redis'
import { startRedis } from '../../../../scripts/engine-servers.ts'
import type { Found, SessionRecord, Store } from '../../src/stores/store.ts'
import type { TriedStore } from '../stores/tried.ts'
import { startOrTake } from './engines.ts'
import { over } from './over.ts'

/** What both have in common: a value by its key. */
interface Values {
  get(key: string): Promise<SessionRecord | undefined>
  set(key: string, record: SessionRecord): Promise<void>
  remove(key: string): Promise<void>
}

const versionOf = (record: SessionRecord): string => createHash('sha256').update(JSON.stringify(record)).digest('base64url')

function storeOf({ get, set, remove }: Values): Store {
  const read = async (key: string): Promise<Found | undefined> => {
    const record = await get(key)
    return record && { record, version: versionOf(record) }
  }
  const put = async (key: string, { data, owner, createdAt, endsAt, expiresAt }: SessionRecord): Promise<string> => {
    const record = { data, ...(owner !== undefined && { owner }), createdAt, endsAt, expiresAt }
    await set(key, record)
    return versionOf(record)
  }
  return {
    read,
    create: async (key, record) => ((await read(key)) ? undefined : put(key, record)),
    async update(key, { data, expiresAt }, version) {
      const found = await read(key)
      return found?.version === version ? put(key, { ...found.record, data, expiresAt }) : undefined
    },
    async delete(key, version) {
      if ((await read(key))?.version !== version) return false
      await remove(key)
      return true
    },
  }
}

/** As express-session keeps it: the end is that of the cookie, from which connect-redis takes how long the record stays. */
interface Kept extends Partial<SessionData> {
  readonly kept: Omit<SessionRecord, 'expiresAt'>
}

/** The contract of express-session: `get`, `set`, `destroy`; and `ids`, which connect-redis has besides. */
function connectRedis(store: RedisStore): Store {
  const asked = <T>(ask: (done: (error: unknown, answer?: T) => void) => unknown): Promise<T | undefined> =>
    new Promise((resolve, reject) => ask((error, answer) => (error ? reject(error) : resolve(answer ?? undefined))))
  return {
    ...storeOf({
      async get(key) {
        const session = await asked<Kept>((done) => store.get(key, done))
        return session && { ...session.kept, expiresAt: Number(new Date(session.cookie?.expires ?? 0)) }
      },
      async set(key, { expiresAt, ...kept }) {
        const cookie = { originalMaxAge: expiresAt - kept.createdAt, expires: new Date(expiresAt) }
        await asked((done) => store.set(key, { cookie, kept } as unknown as SessionData, done))
      },
      remove: async (key) => void (await asked((done) => store.destroy(key, done))),
    }),
    async list(after = '', limit) {
      const keys = ((await asked<string[]>((done) => store.ids(done))) ?? []).filter((key) => key > after).sort()
      const page = keys.slice(0, limit)
      const next = page.at(-1)
      return keys.length > limit && next !== undefined ? { keys: page, next } : { keys: page }
    },
  }
}

type Driver = ReturnType<typeof redis>

/** What Astro does with the driver of its configuration: a storage over it, and of that `get`, `setItem` and `removeItem`. */
function astro(driver: Driver, place: string): Store {
  // As Astro makes it: what it does not use answers nothing.
  const storage = createStorage({ driver: { ...driver, hasItem: () => false, getKeys: () => [] } })
  return storeOf({
    get: async (key) => (await storage.get<SessionRecord>(`${place}:${key}`)) ?? undefined,
    set: (key, record) => storage.setItem(`${place}:${key}`, JSON.stringify(record)),
    remove: (key) => storage.removeItem(`${place}:${key}`),
  })
}

const start = () => startOrTake('redis', startRedis)

export const PEERS: readonly TriedStore[] = [
  over({
    name: 'connect-redis 10, behind express-session',
    engine: 'redis',
    start,
    async connect(url) {
      const client = await createClient({ url }).connect()
      return { client, close: () => client.close() }
    },
    store: (client, place, { now }) => {
      // As connect-redis counts by itself, except that it would not take the clock it is given here.
      const ttl = ({ cookie }: SessionData): number => Math.ceil((Number(cookie.expires) - now()) / 1000)
      return connectRedis(new RedisStore({ client, prefix: `${place}:`, ttl }))
    },
  }),
  over<Driver>({
    name: 'unstorage 1 with redis, behind Astro',
    engine: 'redis',
    start,
    connect(url) {
      const driver = redis({ url })
      return { client: driver, close: () => driver.dispose?.() }
    },
    store: astro,
  }),
]
