// What a memory store does in a full house, and how that grows: `node bench/full.ts`. --quick: a hundred and a thousand records, whose
// figures say nothing.
import { memoryStore } from '../packages/coatcheck/src/stores/memory.ts'
import type { SessionRecord } from '../packages/coatcheck/src/stores/store.ts'
import { tableOf } from '../scripts/doc-table.ts'

const quick = process.argv.includes('--quick')
const SIZES = quick ? [100, 1000] : [1000, 100_000, 1_000_000]
const CALLS = quick ? 20 : 2000
/** Calls that are measured together: one alone is shorter than the clock can tell. */
const TOGETHER = 20
const PAGE = 100
const HOUR = 3_600_000
const now = 4_000_000_000_000

const recordOf = (n: number, owner?: string): SessionRecord => ({
  data: `session ${n}`,
  ...(owner !== undefined && { owner }),
  createdAt: now,
  endsAt: now + 24 * HOUR,
  expiresAt: now + HOUR + (n % 100_000),
})

type Store = ReturnType<typeof memoryStore>
interface Kind {
  readonly name: string
  readonly owner: (n: number, size: number) => string | undefined
  call(store: Store, n: number, size: number): Promise<unknown>
}

const guest = (): undefined => undefined
const creates = (name: string, owner: Kind['owner']): Kind => ({
  name,
  owner,
  call: (store, n, size) => store.create(`${n}`, recordOf(n, owner(n, size))),
})

const KINDS: readonly Kind[] = [
  creates('create, full of guests', guest),
  creates('create, full of one owner’s sessions', () => 'one'),
  creates('create, full of owners with two each', (n, size) => `${n % (size / 2)}`),
  {
    // The error with its stack is most of it.
    name: 'create that is refused, full of owners with one each',
    owner: (n) => `${n}`,
    call: (store, n) => store.create(`${n}`, recordOf(n)).catch((error) => error),
  },
  { name: 'prune with nothing to do', owner: guest, call: (store) => store.prune(now, 1000) },
  { name: `list, the last page of ${PAGE}`, owner: guest, call: (store) => store.list(`${PAGE}`, PAGE) },
]

async function measure({ owner, call }: Kind): Promise<number[]> {
  const stores = await Promise.all(
    SIZES.map(async (size) => {
      const store = memoryStore({ maxSessions: size, now: () => now })
      for (let n = 0; n < size; n++) await store.create(`${n}`, recordOf(n, owner(n, size)))
      return { size, store, next: size, times: [] as number[] }
    }),
  )
  // The first part warms up; sizes take turns, so that a busy machine slows all alike.
  for (let part = -CALLS / TOGETHER; part < CALLS / TOGETHER; part++) {
    for (const one of stores) {
      const start = performance.now()
      for (let n = 0; n < TOGETHER; n++) await call(one.store, one.next++, one.size)
      if (part >= 0) one.times.push(((performance.now() - start) * 1000) / TOGETHER)
    }
  }
  return stores.map(({ times }) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN)
}

const rows: string[][] = []
for (const kind of KINDS) {
  const micros = await measure(kind)
  const ratio = (micros.at(-1) ?? Number.NaN) / (micros[0] ?? Number.NaN)
  rows.push([kind.name, ...micros.map((each) => `${each.toFixed(2)} µs`), ratio.toFixed(2)])
}
const [least, most] = [SIZES[0], SIZES.at(-1)]
console.log(tableOf(['the memory store', ...SIZES.map((size) => `${size} records`), `${most} to ${least}`], rows))
