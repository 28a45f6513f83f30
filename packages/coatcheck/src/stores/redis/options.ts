import { clockOf } from '../../clock.ts'
import { SessionError } from '../../errors.ts'
import { checkedPrefix } from '../shared/names.ts'
import { checkedOptions } from '../shared/options.ts'
import type { RedisClient, RedisConnection, Wait } from './client.ts'
import { overIoredis } from './io.ts'
import { overNodeRedis } from './node.ts'
import { isUpstash, overUpstash } from './upstash.ts'

export interface RedisStoreOptions {
  /** Keys begin with it and a colon: letters, digits, `_`, `-`, `.` and colons between them. Default `coatcheck`. */
  readonly prefix?: string
  /**
   * How many replicas must have a write before it counts; a write that fewer have within half a second is `STORE_FAILED`. Default 0: a
   * failover may undo the last writes, signing out among them. It makes each write as slow as the slowest of so many replicas,
   * and holds up what the same connection is to send next. Upstash has no such thing.
   */
  readonly wait?: number
  /** Milliseconds since the epoch: the server is told how long from now a record is kept, and a minute more. Default `Date.now`. */
  readonly now?: () => number
  /**
   * Told once, after the first `create`, when the server may drop live sessions once its memory is full (`maxmemory-policy` is not
   * `noeviction`). Default: `console.warn`.
   */
  readonly onWarning?: (warning: string) => void
}

export interface RedisOptions {
  readonly connection: RedisConnection
  readonly prefix: string
  readonly wait: Wait | undefined
  readonly now: () => number
  readonly onWarning: (warning: string) => void
}

/** A quarter of what the engine gives a call, which for an owned session waits twice. */
const WAIT_TIMEOUT = 500

export function checkedRedisOptions(client: RedisClient, options: RedisStoreOptions): RedisOptions {
  const given = checkedOptions('redisStore', options, ['prefix', 'wait', 'now', 'onWarning'])
  const { prefix = 'coatcheck', wait = 0, onWarning = console.warn } = given
  const now = clockOf(given.now)
  // Braces would put every key of a cluster into one slot, and stars would be read as a pattern.
  checkedPrefix('redisStore', prefix)
  if (!Number.isSafeInteger(wait) || wait < 0) throw wrong('`wait` must be a number of replicas')
  const connection = connect(client)
  if (wait > 0 && isUpstash(client)) throw wrong('Upstash waits for no replicas; leave `wait` out')
  return { connection, prefix, wait: wait > 0 ? { replicas: wait, timeout: WAIT_TIMEOUT } : undefined, now, onWarning }
}

function connect(client: RedisClient): RedisConnection {
  // ioredis has commands in small letters, `redis` as one would write them.
  if (typeof client === 'object' && client !== null && typeof client.eval === 'function') {
    if (isUpstash(client)) return overUpstash(client)
    if ('evalSha' in client && typeof client.evalSha === 'function') return overNodeRedis(client)
    if ('evalsha' in client && typeof client.evalsha === 'function') return overIoredis(client)
  }
  throw wrong('the first argument must be a client of `redis` or `ioredis`, or one of `@upstash/redis`')
}

const wrong = (what: string): SessionError => new SessionError('BAD_OPTIONS', `redisStore: ${what}.`)
