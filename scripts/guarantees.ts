// Finds out what every store guarantees on its real engine, and puts it into docs/stores.md: `npm run guarantees`.
// packages/coatcheck/test/guarantees.integration.test.ts fails when the page says something else than what is found.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { codeOf, findGuarantees, type Guarantees, headOf, listOf, rowOf } from '../packages/coatcheck/test/helpers/guarantees.ts'
import { PEERS } from '../packages/coatcheck/test/helpers/peers.ts'
import { EVERY } from '../packages/coatcheck/test/stores/every.ts'
import type { TriedStore } from '../packages/coatcheck/test/stores/tried.ts'
import { putTable, tableOf } from './doc-table.ts'
import { root } from './steps.ts'

// It takes none: what is mistyped must not start a run of minutes.
parseArgs({ options: {} })

async function findAll(stores: readonly TriedStore[]): Promise<Guarantees[]> {
  const all: Guarantees[] = []
  for (const tried of stores) {
    const began = performance.now()
    const one = await findGuarantees(tried)
    console.error(`${one.name}: ${((performance.now() - began) / 1000).toFixed(0)} s`)
    for (const { guarantee, why } of one.found) if (why) console.error(`  ${guarantee}: no. ${why}`)
    all.push(one)
  }
  return all
}

const ours = await findAll(EVERY)
const peers = await findAll(PEERS)
const guarantees = (ours[0]?.found ?? []).map(({ guarantee }) => guarantee)
const legend = `**no**: a test showed otherwise. –: the store has no method for it. What is declared counts, where it is less than what was
found: drivers and emulators in one process are more consistent than what they stand for.`
const rows = ours.map(({ name, consistency, found }) => rowOf(name, consistency, found))
const markdown = [
  listOf(guarantees),
  legend,
  tableOf(headOf('declares', guarantees), rows),
  'What people use today, by the same cases:',
  tableOf(
    headOf('', guarantees),
    peers.map(({ name, found }) => rowOf(name, '', found)),
  ),
].join('\n\n')
putTable('docs/stores.md', 'guarantees', markdown)
writeFileSync(join(root, 'packages/coatcheck/src/inspector/guarantees.ts'), codeOf(guarantees, rows))
console.log(markdown)
