// Looks for orders of store calls that break a record while it is moved: `npm run search:moves -- --actors 3 --preemptions 1`.
// `--kill`: with a death at every step; `--kinds old,prepare`: these releases, without the mover unless it is named (`--kinds prepare,move,mover`).
import { parseArgs } from 'node:util'
import { Crossing } from '../packages/coatcheck/src/stores/moving/crossing.ts'
import { moveStore, movingStore } from '../packages/coatcheck/src/stores/wrapping/moving.ts'
import { explore } from '../packages/coatcheck/src/testing/interleave.ts'
import { type Actor, type Deed, type Kind, movings, type Start } from '../packages/coatcheck/test/trials/moving.ts'

const DEEDS: readonly Deed[] = ['writes', 'rewrites', 'ends', 'creates', 'begins', 'reads', 'lists']
const STARTS: readonly Start[] = ['nowhere', 'from', 'to', 'claimed', 'arriving', 'arrived']

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: { actors: text, preemptions: text, kinds: text, starts: text, kill: { type: 'boolean' } },
})
const { actors: size = '2', preemptions = '1', kinds = 'prepare,move,mover', kill = false } = values
const starts = values.starts?.split(',') ?? STARTS
const all = kinds
  .split(',')
  .flatMap((kind): Actor[] => (kind === 'mover' ? ['mover'] : DEEDS.map((deed): Actor => `${kind as Kind} ${deed}`)))

let [scenarios, runs, bad, incomplete] = [0, 0, 0, 0]

async function search(actors: readonly Actor[], next: number): Promise<void> {
  if (actors.length < Number(size)) {
    for (let nth = next; nth < all.length; nth++) await search([...actors, all[nth] as Actor], nth)
    return
  }
  for (const start of starts) {
    const exploration = movings({ movingStore, moveStore, Crossing }, { start: start as Start, actors })
    const found = await explore({ ...exploration, maxPreemptions: Number(preemptions), maxRuns: 20_000, kill, maxFailures: 1 })
    scenarios++
    runs += found.runs
    if (!found.complete) incomplete++
    for (const { error, schedule } of found.failures) {
      bad++
      console.log(`${start}: ${actors.join(', ')}\n  ${(error as Error).message}\n  ${schedule.join(', ')}`)
    }
  }
}

await search([], 0)
console.log(`${scenarios} scenarios, ${runs} orders, ${bad} bad; ${incomplete} scenarios were not searched to the end`)
process.exitCode = bad > 0 ? 1 : 0
