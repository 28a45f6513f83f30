// Looks for schedules that break a promise: `npm run search -- --minutes 30 --seed 1 --engine memory --only RSW`.
// `--count 1000` instead of minutes; `--adapter fetch`; `--kind '2 alive'` tells only the kinds that begin so; `--replay '<schedule>'` plays one.
import { parseArgs } from 'node:util'
import { adapterOf, sessionsOf } from '../packages/coatcheck/src/core/sessions.ts'
import { type Adapter, LETTERS } from '../packages/coatcheck/test/search/plan.ts'
import { readPlan, story, summary } from '../packages/coatcheck/test/search/print.ts'
import { searched, smallest, tried } from '../packages/coatcheck/test/search/search.ts'
import { STORES } from '../packages/coatcheck/test/search/stores.ts'

const ADAPTERS: readonly string[] = ['core', 'fetch', 'remix', 'h3']

if (import.meta.main) {
  const text = { type: 'string' } as const
  const options = { minutes: text, count: text, seed: text, engine: text, only: text, adapter: text, kind: text, replay: text }
  const { minutes = '1', count, seed = '1', engine = 'memory', only, adapter, kind, replay } = parseArgs({ options }).values
  const wrong = (what: string): never => {
    console.error(what)
    process.exit(2)
  }
  if (!Object.hasOwn(STORES, engine)) wrong(`--engine is one of ${Object.keys(STORES).join(', ')}`)
  if (adapter !== undefined && !ADAPTERS.includes(adapter)) wrong(`--adapter is one of ${ADAPTERS.join(', ')}`)
  if (only !== undefined && ![...only].every((letter) => LETTERS.includes(letter))) wrong(`--only takes letters of ${LETTERS}`)
  if (![minutes, seed, count ?? '1'].every((number) => Number(number) > 0))
    wrong('--minutes, --count and --seed are numbers over 0')
  const store = STORES[engine]
  const under = { engine: { sessionsOf, adapterOf }, ...(store && { store }) }
  if (replay !== undefined) {
    const { history, verdict } = await tried(readPlan(replay), under)
    console.log(story(history, verdict))
    process.exit(verdict.violations.length > 0 ? 1 : 0)
  }
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  const tally = await searched({
    under,
    seed: Number(seed),
    ...(only !== undefined && { only }),
    ...(adapter !== undefined && { adapters: [adapter as Adapter] }),
    goesOn: ({ schedules }) => (count === undefined ? seconds() < Number(minutes) * 60 : schedules < Number(count)),
    onFinding: (found) => console.error(`${Math.round(seconds())} s: ${found.kind} (seed ${found.plan.seed})`),
  })
  const took = seconds()
  for (const finding of tally.findings.values()) {
    if (kind !== undefined && !finding.kind.startsWith(kind)) continue
    const { history, verdict } = await tried(await smallest(finding.plan, finding.kind, under), under)
    console.log(
      `\n## ${finding.kind}: ${finding.count} schedules; seed ${finding.plan.seed}, made smaller\n\n${story(history, verdict)}`,
    )
  }
  console.log(`\n${summary(tally, took)}`)
  process.exitCode = tally.findings.size > 0 ? 1 : 0
}
