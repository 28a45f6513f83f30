import { memoryStore } from '../../src/stores/memory.ts'
import { namespaced } from '../../src/stores/wrapping/namespaced.ts'
import { counted } from '../helpers/counted.ts'
import { inside } from '../helpers/inside.ts'
import type { TriedStore } from './tried.ts'

let trips = (): number => 0

export const TRIED: readonly TriedStore[] = [
  {
    // The prefix and its underscore.
    asked: { longestName: 128 - 'shop_'.length },
    ...inside(
      'namespaced, over memory',
      () => {
        let behind: ReturnType<typeof memoryStore> | undefined
        return {
          handle() {
            // It sweeps by its clock, and the handles may have different ones.
            behind ??= memoryStore({ now: () => 0 })
            const { client, trips: calls } = counted(behind, 'read', 'create', 'update', 'touch', 'delete', 'listByOwner')
            trips = calls
            return namespaced(client, 'shop')
          },
        }
      },
      () => trips(),
    ),
  },
]
