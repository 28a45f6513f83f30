import type { Store } from '../../src/stores/store.ts'
import type { TriedStore } from '../stores/tried.ts'

/** What holds the records of one test, in this process or on its disk. */
export interface Held {
  /** Another handle on the same records. */
  handle(tools: { now(): number }): Store
  close?(): void | Promise<void>
}

/** A store that needs no server. `trips` says how often its client was called, where it has one. */
export function inside(name: string, hold: () => Held | Promise<Held>, trips?: () => number): TriedStore {
  return {
    name,
    async start() {
      const open = new Set<Held>()
      const close = async (held: Held): Promise<void> => {
        if (open.delete(held)) await held.close?.()
      }
      return {
        ...(trips && { trips }),
        async open(tools) {
          const held = await hold()
          open.add(held)
          const store = held.handle(tools)
          await store.migrate?.()
          return { store, reopen: (others) => held.handle(others), close: () => close(held) }
        },
        async stop() {
          for (const held of [...open]) await close(held)
        },
      }
    },
  }
}
