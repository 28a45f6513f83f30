import type { Filled, Place } from './scale-places.ts'
import { keyOf, newData, ownerOf, PER_OWNER } from './scale-sessions.ts'

export const CALLS = ['read', 'update', 'listByOwner', 'prune(1000)'] as const
export type Call = (typeof CALLS)[number]

export interface Effort {
  readonly rounds: number
  /** Calls of each kind, size and round; a prune comes every few rounds. */
  readonly calls: number
  /** Milliseconds that filling one size may take; then it is given up. */
  readonly patience: number
}

export interface Figures {
  readonly name: string
  /** Of each size: median microseconds of each call that the store has, and bytes a session. */
  readonly sizes: ReadonlyMap<number, { readonly micros: Readonly<Partial<Record<Call, number>>>; readonly bytes: number }>
}

/** More are measured where nothing hinders. */
const LARGE = 1_000_000
/** Sessions that each prune finds. */
const PRUNED = 1000
/** Rounds from one prune to the next. */
const PRUNE_EVERY = 6
const HOUR = 3_600_000

/** All sizes stand beside each other in one engine and are asked by turns, so that a busy machine slows all alike. */
export async function measureScale(place: Place, sizes: readonly number[], effort: Effort): Promise<Figures> {
  const opened = await place.open()
  try {
    const filled = new Map<number, Filled>()
    const bytes = new Map<number, number>()
    for (const size of sizes) {
      if (size > place.most || (size > LARGE && place.hindrance?.() !== undefined)) continue
      const one = await opened.namespace(size)
      const empty = await one.bytes()
      if (await fill(one, size, effort.patience)) {
        filled.set(size, one)
        bytes.set(size, ((await one.bytes()) - empty) / size)
      }
    }
    const times = new Map([...filled.keys()].map((size) => [size, new Map<Call, number[]>(CALLS.map((call) => [call, []]))]))
    for (let round = -1; round < effort.rounds; round++) {
      for (const [size, one] of shuffled([...filled])) {
        const measured = await turn(one, size, effort.calls, round)
        // The first round warms up.
        if (round >= 0)
          for (const [call, values] of measured)
            times
              .get(size)
              ?.get(call)
              ?.push(...values)
      }
    }
    const figures = [...times].map(([size, calls]) => {
      const micros = [...calls].flatMap(([call, values]) => (values.length > 0 ? [[call, median(values)] as const] : []))
      return [size, { micros: Object.fromEntries(micros), bytes: bytes.get(size) ?? Number.NaN }] as const
    })
    return { name: place.name, sizes: new Map(figures) }
  } finally {
    await opened.close()
  }
}

async function fill({ add }: Filled, size: number, patience: number): Promise<boolean> {
  const end = performance.now() + patience
  const step = Math.min(size, 50_000)
  for (let at = 0; at < size; at += step) {
    await add(at, Math.min(step, size - at))
    if (performance.now() > end) return at + step >= size
  }
  return true
}

async function turn({ store, add }: Filled, size: number, calls: number, round: number): Promise<Map<Call, number[]>> {
  const measured = new Map<Call, number[]>()
  const time = async <T>(call: Call, work: () => Promise<T>): Promise<T> => {
    const start = performance.now()
    const result = await work()
    measured.set(call, [...(measured.get(call) ?? []), (performance.now() - start) * 1000])
    return result
  }
  for (let call = 0; call < calls; call++) {
    const n = Math.floor(Math.random() * size)
    const key = keyOf(n)
    const found = await time('read', () => store.read(key))
    if (!found) throw new Error(`Session ${n} of ${size} is not there.`)
    const changed = { ...found.record, data: newData() }
    if (!(await time('update', () => store.update(key, changed, found.version)))) throw new Error(`Session ${n} was not updated.`)
  }
  const { listByOwner, prune } = store
  for (let call = 0; listByOwner && call < calls; call++) {
    const owner = ownerOf(Math.floor(Math.random() * size))
    const keys = await time('listByOwner', () => listByOwner.call(store, owner))
    if (keys.length !== Math.min(PER_OWNER, size)) throw new Error(`An owner of ${size} has ${keys.length} sessions.`)
  }
  if (prune && round % PRUNE_EVERY === 0) {
    // What is over already, the store in memory would have dropped with the next create.
    await add(size + round * PRUNED, PRUNED, Date.now() + HOUR)
    const removed = await time('prune(1000)', () => prune.call(store, Date.now() + 2 * HOUR, PRUNED))
    if (removed !== PRUNED) throw new Error(`${removed} sessions were pruned, not ${PRUNED}.`)
  }
  return measured
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN
}
