// What sessions in memory take, and whether a process grows that serves for long: `npm run bench:memory`, in some minutes. It ends with 1 when
// the heap has grown. --quick: a few sessions and requests, whose figures say nothing.
import { createSessions } from 'coatcheck'
import { memoryStore } from 'coatcheck/stores/memory'
import { tableOf } from '../scripts/doc-table.ts'
import { inTurn, visitorsOf } from './browser.ts'
import { collector } from './counts.ts'
import { fetchVisit } from './own/ours.ts'
import { counting, DATA, filling, type Page, SECRET } from './session.ts'
import { median } from './statistics.ts'

const isQuick = process.argv.includes('--quick')
const LIVE = isQuick ? 100 : 100_000
const SERVED = isQuick ? 100 : 1000
const REQUESTS = isQuick ? 1000 : 1_000_000
const CHECKPOINTS = 10
/** What the heap of a process that serves may differ from one look to another. */
const ALLOWED = 2_000_000

const collect = collector()

/** Bytes that are in use, those outside of the heap included. */
function used(): number {
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Bytes for each of what `make` leaves behind. */
async function bytesEach(make: () => unknown): Promise<number> {
  const before = used()
  const made = await make()
  const bytes = (used() - before) / LIVE
  if (!made) throw new Error('Nothing was made.')
  return bytes
}

/** The same data as text under an id of 22 characters. */
function plainMap(): Map<string, string> {
  const map = new Map<string, string>()
  for (let n = 0; n < LIVE; n++) map.set(`${n}`.padStart(22, 'k'), Buffer.from(JSON.stringify(DATA)).toString())
  return map
}

function site(size: number) {
  const store = memoryStore({ maxSessions: 2 * size })
  const sessions = createSessions<Record<string, unknown>>({ secrets: SECRET, store })
  const opened = { visit: (page: Page) => fetchVisit(sessions, page) }
  return { store, opened }
}

async function ours(): Promise<unknown> {
  const { store, opened } = site(LIVE)
  const visit = await opened.visit(filling)
  // Their cookies are the browsers': nobody keeps them here.
  for (let n = 0; n < LIVE; n++) await visit()
  return store
}

/** The heap at every tenth of a million requests. */
async function serve(): Promise<readonly number[]> {
  const { opened } = site(SERVED)
  const visitNext = inTurn(await opened.visit(counting), await visitorsOf(opened, SERVED))
  const heaps: number[] = []
  for (let checkpoint = 0; checkpoint < CHECKPOINTS; checkpoint++) {
    for (let n = 0; n < REQUESTS / CHECKPOINTS; n++) await visitNext()
    heaps.push(used())
  }
  return heaps
}

const [map, store] = [await bytesEach(plainMap), await bytesEach(ours)]
console.log(
  tableOf(
    [`${LIVE.toLocaleString('en-GB')} live sessions of 306 bytes of JSON`, 'bytes each', 'of the Map'],
    [
      ['a plain Map of texts', map.toFixed(0), '1.0 ×'],
      ['memoryStore()', store.toFixed(0), `${(store / map).toFixed(1)} ×`],
    ],
  ),
)
const heaps = await serve()
const megabytes = heaps.map((bytes) => (bytes / 1e6).toFixed(1)).join(', ')
console.log(
  `\n${REQUESTS.toLocaleString('en-GB')} requests to ${SERVED} sessions; megabytes in use at every tenth: ${megabytes}.`,
)
// The first looks are those of a process that still compiles.
const growth = median(heaps.slice(-3)) - median(heaps.slice(2, 5))
const hasGrown = !isQuick && growth > ALLOWED
console.log(`From the third to the last three: ${(growth / 1e6).toFixed(2)} MB${hasGrown ? ', which is growth' : ''}.`)
process.exit(hasGrown ? 1 : 0)
