import type { EngineName } from '../../../../scripts/engines.ts'
import type { Store } from '../../src/stores/store.ts'
import type { StoreTools } from '../../src/testing/index.ts'
import type { TriedEngine, TriedStore } from '../stores/tried.ts'
import { freshName } from './engines.ts'

/** A client that is ready, and how it goes. */
export interface Connected<C> {
  readonly client: C
  close(): unknown
}

export interface Over<C> {
  readonly name: string
  readonly engine?: EngineName
  start(): Promise<{ readonly url: string; stop(): unknown }>
  connect(url: string): Connected<C> | Promise<Connected<C>>
  /** A store over this client whose records are kept under `place`, a name that nobody else uses. */
  store(client: C, place: string, tools: { now(): number }): Store
}

/** A store over a client that speaks to a server: each handle has a client of its own, as in another process. */
export function over<C>({ name, engine, start, connect, store }: Over<C>): TriedStore {
  return {
    name,
    ...(engine && { engine }),
    async start(): Promise<TriedEngine> {
      const running = await start()
      const open = new Set<Connected<C>>()
      const connected = async (url: string): Promise<Connected<C>> => {
        const one = await connect(url)
        open.add(one)
        return one
      }
      const closed = async (some: Iterable<Connected<C>>): Promise<void> => {
        for (const one of some) if (open.delete(one)) await one.close()
      }
      return {
        url: running.url,
        async open(tools, url = running.url) {
          const place = freshName()
          const one = await connected(url)
          const own = [one]
          const opened = store(one.client, place, tools)
          await opened.migrate?.()
          return {
            store: opened,
            async reopen(others: StoreTools) {
              const other = await connected(url)
              own.push(other)
              return store(other.client, place, others)
            },
            close: () => closed(own),
          }
        },
        async stop() {
          await closed([...open])
          await running.stop()
        },
      }
    },
  }
}
