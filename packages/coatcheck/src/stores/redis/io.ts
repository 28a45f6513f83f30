import type { Listener, Listening } from '../store.ts'
import { byName, errorCode, type Ioredis, type RedisConnection, type RedisNode, sortedByName } from './client.ts'
import { READ } from './scripts.ts'

/** Further methods of its clients, used where they exist. */
interface Whole extends Ioredis {
  scan?(cursor: string, match: 'MATCH', pattern: string, count: 'COUNT', limit: number): Promise<[string, string[]]>
  nodes?(role: 'master'): readonly Whole[]
  pipeline(): Pipeline
  readonly options?: { readonly keyPrefix?: string; readonly host?: string; readonly port?: number }
  duplicate?(...overrides: readonly object[]): Subscriber
}

/** A client that is used for one channel. */
interface Subscriber {
  readonly stream?: { unref?(): unknown }
  on(event: string, listener: (...args: string[]) => unknown): unknown
  connect(): Promise<unknown>
  subscribe(channel: string): Promise<unknown>
  ping(): Promise<unknown>
  disconnect(): unknown
}

interface Pipeline {
  evalsha(sha: string, numberOfKeys: number, ...values: string[]): Pipeline
  eval(script: string, numberOfKeys: number, ...values: string[]): Pipeline
  call(command: string, ...values: string[]): Pipeline
  exec(): Promise<readonly (readonly [error: Error | null, reply: unknown])[] | null>
}

const MOST_MOVES = 3

/** The package `ioredis`. */
export function overIoredis(client: Ioredis): RedisConnection {
  const whole = client as Whole
  const connection: RedisConnection = {
    keyPrefix: whole.options?.keyPrefix ?? '',

    run: (script, key, values) =>
      byName(script, (named, text) => (named ? client.evalsha(text, 1, key, ...values) : client.eval(text, 1, key, ...values))),

    async runAndWait(script, key, values, { replicas, timeout }) {
      for (let moves = 0; ; moves++) {
        try {
          return await byName(script, async (named, text) => {
            // One batch on one connection: WAIT speaks of the writes of its own.
            const batch = named
              ? whole.pipeline().evalsha(text, 1, key, ...values)
              : whole.pipeline().eval(text, 1, key, ...values)
            const [written, waited] = (await batch.call('WAIT', `${replicas}`, `${timeout}`).exec()) ?? []
            const error = written?.[0] ?? waited?.[0]
            if (error) throw error
            return [written?.[1], Number(waited?.[1])]
          })
        } catch (error) {
          if (moves === MOST_MOVES || !['MOVED', 'ASK'].includes(errorCode(error) ?? '')) throw error
          // A batch with a write in it does not follow; a command by itself does, and then the client knows the new place.
          await connection.run(READ, key, [])
        }
      }
    },

    ...(typeof whole.duplicate === 'function' && { listen: (channel, listener) => listening(whole, channel, listener) }),

    async nodes() {
      if (typeof whole.nodes !== 'function') return [node('', whole)]
      return sortedByName(whole.nodes('master').map((each) => node(`${each.options?.host}:${each.options?.port}`, each)))
    },
  }
  return connection
}

/** One that is lost stays lost: what was said meanwhile is not said again, and whoever listens has to know. */
const ONCE = { lazyConnect: true, retryStrategy: null, autoResubscribe: false, maxRetriesPerRequest: 0, keyPrefix: '' }

async function listening(client: Whole, channel: string, listener: Listener): Promise<Listening> {
  // Masters of a cluster pass on to each other what is said.
  const masters = typeof client.nodes === 'function' ? client.nodes('master') : [client]
  const one = masters[Math.floor(Math.random() * masters.length)]?.duplicate?.(ONCE)
  if (!one) throw new Error('There is no server to listen to.')
  try {
    one.on('error', () => {}) // told by `close` as well
    one.on('message', (_, key = '') => listener.told(key))
    await one.connect()
    one.stream?.unref?.()
    await one.subscribe(channel)
    one.on('close', () => listener.lost())
  } catch (error) {
    one.disconnect()
    throw error
  }
  return { ping: () => one.ping(), stop: async () => void one.disconnect() }
}

function node(name: string, client: Whole): RedisNode {
  return {
    name,
    async scan(from, pattern, count) {
      const [cursor, keys] = (await client.scan?.(from, 'MATCH', pattern, 'COUNT', count)) ?? ['0', []]
      return { cursor, keys }
    },
  }
}
