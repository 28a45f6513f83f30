import { randomText } from '../crypto/random.ts'
import { factsOf } from './redis/about.ts'
import type { RedisClient, Wait } from './redis/client.ts'
import { notReplicated, redisFailed } from './redis/errors.ts'
import { listing } from './redis/listing.ts'
import { checkedRedisOptions, type RedisStoreOptions } from './redis/options.ts'
import type { RedisScript } from './redis/script.ts'
import {
  CREATE,
  DELETE,
  INDEX_ADD,
  INDEX_LIST,
  INDEX_REMOVE,
  POLICY,
  READ,
  TOUCH,
  UPDATE,
  UPDATE_TELLING,
} from './redis/scripts.ts'
import { checkName } from './shared/names.ts'
import { type Found, promising, type SessionRecord, type Store, type Version } from './store.ts'

export type { Ioredis, NodeRedis, RedisClient, UpstashRedis } from './redis/client.ts'
export type { RedisStoreOptions }

/** `watch` is there where the client can open a connection of its own kind. */
export type RedisStore = Store & Required<Pick<Store, 'touch' | 'listByOwner' | 'list'>>

const VERSION_BYTES = 9
/** An expired record is kept a minute longer, because the clocks of several servers differ. */
const MARGIN = 60_000

/**
 * Keeps sessions in Redis 6 or later, Valkey, or a cluster of either, through a client of `redis` or `ioredis` that is connected
 * already and stays the application's to close; or in Upstash, through the client of `@upstash/redis` or `@vercel/kv`.
 *
 * Redis removes by itself what has expired. Its memory must not be full: with any `maxmemory-policy` but `noeviction` it drops live
 * sessions, or an owner's index; then it declares `evicts` once the first `create` has asked. Throws `BAD_OPTIONS` for wrong options;
 * calls reject with `STORE_FAILED` and the client's error.
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisStore {
  const { connection, prefix, wait, now, onWarning } = checkedRedisOptions(client, options)
  /** Not of the keys' kind: clients put no prefix before a channel. */
  const channel = `${prefix}:ended`
  const { listen } = connection
  let isPolicyKnown = false
  let evicts = false

  const ttl = (time: number): string => `${Math.max(0, Math.ceil(time - now())) + MARGIN}`
  const place = (kind: 's' | 'o', name: string): string => {
    checkName('Redis', name)
    return `${prefix}:${kind}:${name}`
  }

  /** `said`: what the script's reply means. */
  function ask<T>(script: RedisScript, key: string, values: string[], said: (reply: unknown) => T): Promise<T> {
    try {
      return connection.run(script, key, values).then(said, failed)
    } catch (error) {
      return failed(error)
    }
  }

  function write<T>(script: RedisScript, key: string, values: string[], said: (reply: unknown) => T): Promise<T> {
    return wait ? writeAndWait(script, key, values, wait).then(said, failed) : ask(script, key, values, said)
  }

  async function writeAndWait(script: RedisScript, key: string, values: string[], wait: Wait): Promise<unknown> {
    const [reply, replicas] = await connection.runAndWait(script, key, values, wait)
    // A write that changed nothing answers 0 or an empty list: there is nothing to wait for.
    if (Number(reply) !== 0 && replicas < wait.replicas) throw notReplicated(wait, replicas)
    return reply
  }

  async function checkPolicy(key: string): Promise<void> {
    if (isPolicyKnown) return
    isPolicyKnown = true
    let policy = ''
    try {
      policy = String(await connection.run(POLICY, key, []))
    } catch {
      // Not everybody has the right to ask; then nothing is known, and nothing to warn of.
    }
    if (policy === '' || policy === 'noeviction') return
    evicts = true
    try {
      onWarning(
        `coatcheck: Redis drops live sessions and indexes once its memory is full (maxmemory-policy is ${policy}). Set it to noeviction, or keep sessions in a Redis of their own.`,
      )
    } catch (error) {
      console.error('coatcheck: onWarning threw; the request goes on.', error)
    }
  }

  return {
    /** Known once the first `create` has asked. */
    get evicts() {
      return evicts
    },

    read: promising((key: string) => ask(READ, place('s', key), [], foundIn)),

    async create(key, { data, owner, createdAt, endsAt, expiresAt }) {
      const at = place('s', key)
      const version = randomText(VERSION_BYTES)
      // Each create has an entry of its own, so that of two creates of one key the one that lost can take its entry back.
      const entry = `${key} ${version}`
      const index = owner === undefined ? undefined : place('o', owner)
      if (index !== undefined) await write(INDEX_ADD, index, [`${endsAt}`, entry, `${now() - MARGIN}`, ttl(endsAt)], isDone)
      const values = [version, data, `${createdAt}`, `${endsAt}`, `${expiresAt}`, ttl(expiresAt)]
      const done = await write(CREATE, at, owner === undefined ? values : [...values, owner], isDone)
      void checkPolicy(at)
      if (done) return version
      if (index !== undefined) await write(INDEX_REMOVE, index, [entry], isDone)
      return undefined
    },

    update: promising((key: string, { data, expiresAt, tells }: SessionRecord, version: Version, given?: Version) => {
      const next = given ?? randomText(VERSION_BYTES)
      const values = [version, next, data, `${expiresAt}`, ttl(expiresAt)]
      const said = (reply: unknown) => (isDone(reply) ? next : undefined)
      if (tells) return write(UPDATE_TELLING, place('s', key), [...values, channel, key], said)
      return write(UPDATE, place('s', key), values, said)
    }),

    async delete(key, version) {
      const there = await write(DELETE, place('s', key), [version, channel, key], textsOf)
      const [owner, created] = there
      if (owner) await write(INDEX_REMOVE, place('o', owner), [`${key} ${created}`], isDone)
      return there.length > 0
    },

    async touch(key, expiresAt, version) {
      return write(TOUCH, place('s', key), [version, `${expiresAt}`, ttl(expiresAt)], isDone)
    },

    async listByOwner(owner) {
      const entries = await ask(INDEX_LIST, place('o', owner), [], textsOf)
      return [...new Set(entries.map((entry) => entry.split(' ', 1)[0] ?? ''))]
    },

    async list(after, limit) {
      try {
        return await listing(connection, `${prefix}:s:`, after, limit)
      } catch (error) {
        throw redisFailed(error)
      }
    },

    async about() {
      try {
        return await factsOf(connection, place('s', 'about'))
      } catch (error) {
        throw redisFailed(error)
      }
    },

    ...(listen && {
      async watch(listener) {
        try {
          return await listen(channel, listener)
        } catch (error) {
          throw redisFailed(error)
        }
      },
    }),
  }
}

const failed = (error: unknown): never => {
  throw redisFailed(error)
}

const isDone = (reply: unknown): boolean => Number(reply) === 1

const textsOf = (reply: unknown): string[] => (reply as readonly unknown[]).map(String)

function foundIn(reply: unknown): Found | undefined {
  const row = reply as readonly unknown[]
  const [version, owner] = [row[0], row[2]]
  if (version === null || version === undefined) return undefined
  const times = { createdAt: Number(row[3]), endsAt: Number(row[4]), expiresAt: Number(row[5]) }
  const data = String(row[1])
  const record = owner === null || owner === undefined ? { data, ...times } : { data, owner: String(owner), ...times }
  return { record, version: String(version) }
}
