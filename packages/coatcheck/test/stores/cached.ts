import { memoryStore } from '../../src/stores/memory.ts'
import { cached } from '../../src/stores/wrapping/cached.ts'
import { counted } from '../helpers/counted.ts'
import type { TriedStore } from './tried.ts'

/** Each handle has a cache of its own, as each process has. */
export const TRIED: readonly TriedStore[] = [
  {
    name: 'cached, over memory',
    async start() {
      let trips = (): number => 0
      return {
        trips: () => trips(),
        async open(tools) {
          // Each process has its own clock; what all use goes by none of them.
          const behind = counted(memoryStore({ now: () => 0 }), 'read', 'create', 'update', 'touch', 'delete', 'listByOwner')
          trips = behind.trips
          let waited = 0
          const handle = ({ now } = tools) => cached(behind.client, { seconds: 1, now: () => now() + waited })
          return {
            store: handle(),
            reopen: handle,
            settle() {
              waited += 1000
            },
          }
        },
        stop: async () => {},
      }
    },
  },
]
