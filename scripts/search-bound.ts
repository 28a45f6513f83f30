// Looks for orders in which device-bound sessions break a promise: `npm run search:bound -- --stories 5000 --orders 10 --seed 1`.
// First every pair of what may happen at once, in all orders in which one is made to wait (`--preemptions 1`), 2000 at `--most`; then stories drawn
// at random. `--story '{…}'` searches this one.
import { parseArgs } from 'node:util'
import { type Exploration, explore } from '../packages/coatcheck/src/testing/interleave.ts'
import { drawn, PAIRS } from '../packages/coatcheck/test/trials/bound-draw.ts'
import { type BoundStory, boundTrial } from '../packages/coatcheck/test/trials/bound-stories.ts'
import { keysAtOnce } from '../packages/coatcheck/test/trials/bound-world.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { stories: text, orders: text, seed: text, story: text, preemptions: text, most: text } })
const { stories = '5000', orders = '10', seed: first = '1', story, preemptions = '1', most = '2000' } = values

let [searched, runs, faults, bad, incomplete] = [0, 0, 0, 0, 0]

async function search(
  one: BoundStory,
  bounds: Pick<Exploration<unknown>, 'seed' | 'double' | 'maxRuns' | 'maxPreemptions'>,
): Promise<void> {
  const found = await explore({ ...boundTrial(one), ...bounds, maxFailures: 1 })
  searched++
  runs += found.runs
  if (one.dies !== undefined || one.fails || bounds.double) faults += found.runs
  if (bounds.seed === undefined && !found.complete) incomplete++
  for (const { error, schedule } of found.failures) {
    bad++
    console.log(`${JSON.stringify(one)}\n  ${(error as Error).message}\n  ${schedule.join(', ')}`)
  }
}

const restore = keysAtOnce()
if (story !== undefined) await search(JSON.parse(story), { maxPreemptions: Number(preemptions), maxRuns: Number(most) })
else {
  for (const pair of PAIRS) await search(pair, { maxPreemptions: Number(preemptions), maxRuns: Number(most) })
  console.log(`${searched} pairs, ${runs} orders, ${bad} bad; ${incomplete} were not searched to the end`)
  for (let seed = Number(first); seed < Number(first) + Number(stories); seed++)
    await search(drawn(seed), { seed, maxRuns: Number(orders), double: seed % 3 === 0 })
}
restore()
console.log(`${searched} stories, ${runs} orders, ${faults} of them with a fault, ${bad} bad`)
process.exitCode = bad > 0 ? 1 : 0
