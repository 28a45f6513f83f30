import { expect } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Outcome } from '../../src/testing/interleave.ts'
import { explored } from '../helpers/explored.ts'
import { scenario } from '../helpers/scenarios.ts'

const bounds = { kill: true, double: true, maxPreemptions: 2 }
/** All ends, by what the processes and the store came to. */
async function ends(letters: string, together: boolean, isShort: boolean) {
  const { state, ...all } = scenario({ letters, store: memoryStore, together, owner: 'alice' })
  const reached = new Set<string>()
  const check = (world: Parameters<typeof all.check>[0], { killed, results }: Outcome) =>
    void reached.add(`${state?.(world)} ${killed} ${Object.keys(results).sort()}`)
  const { runs } = await explored({ ...all, check, ...(isShort && state && { state }) }, bounds)
  return { runs, reached: [...reached].sort() }
}

/** Runs what follows a state once, and then every time: both reach the same ends. */
export async function sameEnds(letters: string, together: boolean): Promise<void> {
  const [long, short] = [await ends(letters, together, false), await ends(letters, together, true)]
  expect(short.reached).toEqual(long.reached)
  if (!together) expect(short.runs).toBeLessThan(long.runs) // one process is answered in one order
}
