// Tries what nobody thought of, by the million: `npm run fuzz`. The corpus first, then inputs in the order that --seed gives.
// --target cookie,ticket: these. --inputs 1000000: for each. --resume: goes on where the last run with this seed was.
// Progress lies in .cache/fuzz. What is found is printed as small as it gets, and is added to the corpus, where `npm test` tries it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Found, keep, search } from '../packages/coatcheck/test/fuzz/search.ts'
import type { Target } from '../packages/coatcheck/test/fuzz/target.ts'
import { TARGETS } from '../packages/coatcheck/test/fuzz/targets.ts'

const names = TARGETS.map(({ name }) => name)
const { values } = parseArgs({
  options: {
    target: { type: 'string', default: names.join() },
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    resume: { type: 'boolean', default: false },
  },
})
const asked = values.target.split(',')
const [inputs, seed] = [values.inputs, values.seed].map(Number) as [number, number]
const unknown = asked.find((name) => !names.includes(name))
if (unknown !== undefined) throw new Error(`There is no target "${unknown}". There are ${names.join(', ')}.`)
if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed))
  throw new Error('Give whole numbers as --inputs and --seed.')

interface Progress {
  readonly drawn: number
  readonly found: readonly Found[]
}

const folder = fileURLToPath(new URL('../.cache/fuzz/', import.meta.url))
mkdirSync(folder, { recursive: true })
const fileOf = (name: string) => `${folder}${name}-${seed}.json`
const before = (name: string): Progress =>
  values.resume && existsSync(fileOf(name)) ? JSON.parse(readFileSync(fileOf(name), 'utf8')) : { drawn: 0, found: [] }

let isBroken = false
for (const target of TARGETS.filter(({ name }) => asked.includes(name))) await run(target)
process.exitCode = isBroken ? 1 : 0

async function run(target: Target): Promise<void> {
  const { name } = target
  const { drawn: from, found: earlier } = before(name)
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  const save = (progress: Progress) => writeFileSync(fileOf(name), JSON.stringify(progress))
  const result = await search(target, {
    inputs,
    seed,
    from,
    thorough: true,
    progress: (drawn, found) => save({ drawn, found: [...earlier, ...found] }),
  })
  const found = [...earlier, ...result.found]
  save({ drawn: Math.max(from, inputs), found })
  const { user, system } = process.cpuUsage(cpu)
  const time = `${((performance.now() - start) / 1000).toFixed(0)} s, ${((user + system) / 1e6).toFixed(0)} s of CPU`
  const fresh = found.filter(({ known }) => known === undefined)
  console.log(
    `${name}: ${result.kept} of the corpus and ${inputs} drawn (${time}); ${fresh.length} found, ${found.length - fresh.length} known`,
  )
  const ends = Object.entries(result.ends)
  console.log(`  ${ends.map(([end, times]) => `${end} ${times}`).join(', ')}`)
  for (const { why, from: place, smallest, known } of found) {
    console.log(`  ${known === undefined ? 'FOUND' : `known (${known})`}: ${place}: ${why}`)
    console.log(`    ${JSON.stringify(smallest).slice(0, 2000)}`)
  }
  const kept = fresh.flatMap(({ smallest }) => (smallest === null ? [] : [smallest]))
  if (kept.length > 0) keep(name, kept)
  isBroken ||= fresh.length > 0
}
