// A store with a million sessions beside one with a thousand: `node bench/outside/large.ts` prints one line of JSON.
// In a process of its own, whose heap is full of sessions.
import { memoryStore } from 'coatcheck/stores/memory'
import { measureScale } from '../scale-measure.ts'
import { PLACES } from '../scale-places.ts'
import { keyOf, newData, parts, recordOf } from '../scale-sessions.ts'
import { median } from '../statistics.ts'

export interface LargeFigures {
  /** A read among the most sessions, as a multiple of one among the least. */
  readonly readRatio: { readonly memory: number; readonly SQLite: number }
  /** Milliseconds of CPU, of the memory store with the most sessions. */
  readonly worstCall: number
  readonly emptyPrune: number
}

const PRUNES = 20

async function readRatio(name: string, least: number, most: number, rounds: number): Promise<number> {
  const place = PLACES.find((each) => each.name === name)
  if (!place) throw new Error(`bench/scale-places.ts has no ${name}.`)
  const { sizes } = await measureScale(place, [least, most], { rounds, calls: 20, patience: 600_000 })
  const micros = (size: number): number => sizes.get(size)?.micros.read ?? Number.NaN
  return micros(most) / micros(least)
}

/** The longest of many calls, each timed alone: what one visitor may have to wait. And a prune that finds nothing. */
async function worstOfMemory(size: number, calls: number): Promise<Pick<LargeFigures, 'worstCall' | 'emptyPrune'>> {
  const store = memoryStore({ maxSessions: 2 * size })
  for (const part of parts(0, size, 1000)) await Promise.all(part.map((n) => store.create(keyOf(n), recordOf(n))))
  // CPU of this thread, the collector's part in it included: what else runs on the machine is no matter of the store.
  const timed = async (work: () => unknown): Promise<number> => {
    const before = process.threadCpuUsage()
    await work()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  }
  let worst = 0
  for (let call = 0; call < calls; call++) {
    const key = keyOf(Math.floor(Math.random() * size))
    const found = await store.read(key)
    if (!found) throw new Error('A session of the memory store is not there.')
    const changed = { ...found.record, data: newData() }
    const times = [
      await timed(() => store.read(key)),
      await timed(() => store.update(key, changed, found.version)),
      await timed(() => store.create(keyOf(size + call), recordOf(size + call))),
    ]
    worst = Math.max(worst, ...times)
  }
  const prunes: number[] = []
  for (let n = 0; n < PRUNES; n++) prunes.push(await timed(() => store.prune?.(Date.now(), 1000)))
  return { worstCall: worst, emptyPrune: median(prunes) }
}

const quick = process.argv.includes('--quick')
const [least, most, rounds] = quick ? [100, 1000, 1] : [1000, 1_000_000, 20]
const figures: LargeFigures = {
  ...(await worstOfMemory(most, quick ? 10 : 20_000)),
  readRatio: { memory: await readRatio('memory', least, most, rounds), SQLite: await readRatio('SQLite', least, most, rounds) },
}
console.log(JSON.stringify(figures))
process.exit()
