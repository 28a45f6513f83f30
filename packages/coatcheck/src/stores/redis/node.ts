import { byName, type NodeRedis, type RedisConnection, type RedisNode, sortedByName } from './client.ts'

/** Further methods of its clients, used where they exist. */
interface Whole extends NodeRedis {
  scan?(cursor: string, options: { MATCH: string; COUNT: number }): Promise<{ cursor: unknown; keys: readonly unknown[] }>
  readonly masters?: readonly { readonly address?: string }[]
  nodeClient?(node: { readonly address?: string }): Promise<Whole>
  multi(routing?: string): Multi
  readonly _keyPrefix?: unknown
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
      const options = { keys: [key], arguments: [...values] }
      return byName(script, (named, text) => (named ? client.evalSha(text, options) : client.eval(text, options)))
    },

    async runAndWait(script, key, values, { replicas, timeout }) {
      const options = { keys: [key], arguments: [...values] }
      const wait = ['WAIT', `${replicas}`, `${timeout}`]
      const [reply, had] = await byName(script, (named, text) => {
        // One batch on one connection: WAIT speaks of the writes of its own.
        const multi = whole.multi(isCluster ? key : undefined)
        const written = named ? multi.evalSha(text, options) : multi.eval(text, options)
        return (isCluster ? written.addCommand(key, false, wait) : written.addCommand(wait)).execAsPipeline()
      })
      return [reply, Number(had)]
    },

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

function node(name: string, open: () => Promise<Whole>): RedisNode {
  return {
    name,
    async scan(from, pattern, count) {
      const found = await (await open()).scan?.(from, { MATCH: pattern, COUNT: count })
      return { cursor: String(found?.cursor ?? '0'), keys: (found?.keys ?? []).map(String) }
    },
  }
}
