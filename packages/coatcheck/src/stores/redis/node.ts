import type { Listener, Listening } from '../store.ts'
import { byName, type NodeRedis, type RedisConnection, type RedisNode, sortedByName } from './client.ts'

/** Further methods of its clients, used where they exist. */
interface Whole extends NodeRedis {
  scan?(cursor: string, options: { MATCH: string; COUNT: number }): Promise<{ cursor: unknown; keys: readonly unknown[] }>
  readonly masters?: readonly { readonly address?: string }[]
  nodeClient?(node: { readonly address?: string }): Promise<Whole>
  multi(routing?: string): Multi
  readonly _keyPrefix?: unknown
  readonly options?: { readonly socket?: object } | undefined
  duplicate?(overrides: object): Subscriber
  /** Of a pool. */
  execute?(use: (client: Whole) => Promise<Subscriber | undefined>): Promise<Subscriber | undefined>
}

/** A client that is used for one channel. */
interface Subscriber {
  on(event: string, listener: () => unknown): unknown
  connect(): Promise<unknown>
  subscribe(channel: string, told: (key: string) => void): Promise<unknown>
  ping(): Promise<unknown>
  unref(): void
  destroy(): void
}

interface Multi {
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Multi
  eval(script: string, options: { keys: string[]; arguments: string[] }): Multi
  addCommand(...command: readonly unknown[]): Multi
  execAsPipeline(): Promise<readonly unknown[]>
}

/** The package `redis`. */
export function overNodeRedis(client: NodeRedis): RedisConnection {
  const whole = client as Whole
  const isCluster = Array.isArray(whole.masters)
  return {
    keyPrefix: String(whole._keyPrefix ?? ''),

    run(script, key, values) {
      const options = { keys: [key], arguments: values }
      return byName(script, (named, text) => (named ? client.evalSha(text, options) : client.eval(text, options)))
    },

    async runAndWait(script, key, values, { replicas, timeout }) {
      const options = { keys: [key], arguments: values }
      const wait = ['WAIT', `${replicas}`, `${timeout}`]
      const [reply, had] = await byName(script, (named, text) => {
        // One batch on one connection: WAIT speaks of the writes of its own.
        const multi = whole.multi(isCluster ? key : undefined)
        const written = named ? multi.evalSha(text, options) : multi.eval(text, options)
        return (isCluster ? written.addCommand(key, false, wait) : written.addCommand(wait)).execAsPipeline()
      })
      return [reply, Number(had)]
    },

    ...([whole.duplicate, whole.execute, whole.nodeClient].some((method) => typeof method === 'function') && {
      listen: (channel, listener) => listening(() => subscriber(whole), channel, listener),
    }),

    async nodes() {
      if (!isCluster) return [node('', async () => whole)]
      return sortedByName(
        (whole.masters ?? []).map((master) =>
          node(master.address ?? '', async () => (await whole.nodeClient?.(master)) ?? whole),
        ),
      )
    },
  }
}

/** One that is lost stays lost: what was said meanwhile is not said again, and whoever listens has to know. */
async function subscriber(client: Whole): Promise<Subscriber | undefined> {
  const { masters } = client
  if (masters) {
    // Masters of a cluster pass on to each other what is said.
    const master = masters[Math.floor(Math.random() * masters.length)]
    return master && client.nodeClient?.(master).then(single)
  }
  return client.execute ? client.execute(async (one) => single(one)) : single(client)
}

const single = (client: Whole): Subscriber | undefined =>
  client.duplicate?.({ socket: { ...client.options?.socket, reconnectStrategy: false } })

async function listening(open: () => Promise<Subscriber | undefined>, channel: string, listener: Listener): Promise<Listening> {
  const one = await open()
  if (!one) throw new Error('There is no server to listen to.')
  const stop = () => {
    try {
      one.destroy()
    } catch {} // it is closed
  }
  try {
    let isOpen = false
    const lost = () => isOpen && listener.lost()
    one.on('error', lost)
    one.on('end', lost)
    await one.connect()
    one.unref()
    await one.subscribe(channel, (key) => listener.told(key))
    isOpen = true
  } catch (error) {
    stop()
    throw error
  }
  return { ping: () => one.ping(), stop: async () => stop() }
}

function node(name: string, open: () => Promise<Whole>): RedisNode {
  return {
    name,
    async scan(from, pattern, count) {
      const found = await (await open()).scan?.(from, { MATCH: pattern, COUNT: count })
      return { cursor: String(found?.cursor ?? '0'), keys: (found?.keys ?? []).map(String) }
    },
  }
}
