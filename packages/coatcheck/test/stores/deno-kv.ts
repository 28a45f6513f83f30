import { join } from 'node:path'
import { makeFolder, removeFolder } from '../../../../scripts/engine-process.ts'
import { type DenoProcess, startDeno } from '../helpers/deno.ts'
import { freshName } from '../helpers/engines.ts'
import type { TriedStore } from './tried.ts'

/** Over so many processes of Deno: what is reopened, is opened in the last of them. */
function tried(
  name: string,
  start: () => Promise<{ processes: readonly [DenoProcess, ...DenoProcess[]]; end?(): void }>,
): TriedStore {
  return {
    name,
    async start() {
      const { processes, end } = await start()
      const [first] = processes
      const last = processes.at(-1) ?? first
      return {
        async open(tools) {
          const prefix = freshName()
          return { store: first.store(prefix, 'one', tools), reopen: (others) => last.store(prefix, 'other', others) }
        },
        trips: () => first.trips(),
        async stop() {
          for (const each of processes) await each.stop()
          end?.()
        },
      }
    },
  }
}

export const TRIED: readonly TriedStore[] = [
  tried('deno-kv, in memory', async () => ({ processes: [await startDeno(':memory:')] })),
  tried('deno-kv, a file of two processes', async () => {
    const folder = makeFolder('deno-kv')
    const path = join(folder, 'kv.sqlite')
    return { processes: [await startDeno(path), await startDeno(path)], end: () => removeFolder(folder) }
  }),
]
