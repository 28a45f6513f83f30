import { memoryStore } from '../../src/stores/memory.ts'
import { inside } from '../helpers/inside.ts'
import type { TriedStore } from './tried.ts'

export const TRIED: readonly TriedStore[] = [
  inside('memory', () => {
    let only: ReturnType<typeof memoryStore> | undefined
    return {
      handle(tools) {
        only ??= memoryStore({ now: tools.now })
        return only
      },
    }
  }),
]
