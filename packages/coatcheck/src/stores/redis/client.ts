import type { Listener, Listening } from '../store.ts'
import type { RedisScript } from './script.ts'

interface EvalOptions {
  keys: string[]
  arguments: string[]
}

/** The part of `createClient`, `createClientPool` and `createCluster` of the package `redis` that is used here. */
export interface NodeRedis {
  evalSha(sha: string, options: EvalOptions): Promise<unknown>
  eval(script: string, options: EvalOptions): Promise<unknown>
}

/** The part of `Redis` and `Cluster` of the package `ioredis` that is used here. */
export interface Ioredis {
  evalsha(sha: string, numberOfKeys: number, ...values: string[]): Promise<unknown>
  eval(script: string, numberOfKeys: number, ...values: string[]): Promise<unknown>
}

/** The part of `Redis` of the package `@upstash/redis`, and of `kv` of `@vercel/kv`, that is used here. */
export interface UpstashRedis {
  evalsha(sha: string, keys: string[], values: string[]): Promise<unknown>
  eval(script: string, keys: string[], values: string[]): Promise<unknown>
  readonly json: object
}

export type RedisClient = NodeRedis | Ioredis | UpstashRedis

/** How many replicas must have a write before it counts, and how many milliseconds they are given. */
export interface Wait {
  readonly replicas: number
  readonly timeout: number
}

/** One server that holds keys: the only one, or a master of a cluster. */
export interface RedisNode {
  readonly name: string
  scan(cursor: string, pattern: string, count: number): Promise<{ readonly cursor: string; readonly keys: readonly string[] }>
}

/** The client of either package, as the store uses it. */
export interface RedisConnection {
  /** The prefix that the client itself puts before each key. */
  readonly keyPrefix: string
  /** Runs a script on one key. */
  run(script: RedisScript, key: string, values: string[]): Promise<unknown>
  /** The same, and how many replicas had it in time. */
  runAndWait(script: RedisScript, key: string, values: string[], wait: Wait): Promise<readonly [reply: unknown, replicas: number]>
  /** In the order of their names. */
  nodes(): Promise<readonly RedisNode[]>
  /** Opens a connection for this channel, which is over when it is lost: that is told, and another may be opened. Left out: it cannot. */
  readonly listen?: (channel: string, listener: Listener) => Promise<Listening>
}

/** Runs by name, and by its whole text where the server has never seen it or has forgotten it in a restart. */
export function byName<T>(script: RedisScript, run: (byName: boolean, text: string) => Promise<T>): Promise<T> {
  const { name } = script
  if (name === undefined) return script.sha().then(() => byName(script, run))
  return Promise.resolve(run(true, name)).catch((error) => {
    if (errorCode(error) !== 'NOSCRIPT') throw error
    return run(false, script.text)
  })
}

/** The first word of an error of Redis, which is its code in capitals. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error ? /^[A-Z]+(?= |$)/.exec(error.message)?.[0] : undefined
}

export function sortedByName(nodes: readonly RedisNode[]): RedisNode[] {
  return nodes.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}
