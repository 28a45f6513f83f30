import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tableIn, tableOf } from '../../../scripts/doc-table.ts'
import { storeGuarantees } from '../src/testing/index.ts'
import { isWhole } from './helpers/depth.ts'
import { isLeftOut } from './helpers/engines.ts'
import { findGuarantees, headOf, listOf, offeredGuarantees, rowOf } from './helpers/guarantees.ts'
import { PEERS } from './helpers/peers.ts'
import { EVERY } from './stores/every.ts'
import type { TriedStore } from './stores/tried.ts'

const shown = tableIn('docs/stores.md', 'guarantees').split('\n')
const rows = shown.filter((line) => line.startsWith('| '))
/** The tests of each store ask for thousands (`npm run test:whole` for all 10 000), and for the largest of its records. */
const quick = (store: TriedStore): TriedStore => ({
  ...store,
  asked: { biggest: 1_048_576, ...store.asked, records: 100 },
})

const here = (stores: readonly TriedStore[]) =>
  stores.filter(({ engine }) => engine === undefined || !isLeftOut(engine)).map((store) => [store.name, store] as const)

describe('what every store guarantees', () => {
  it('docs/stores.md has the list of guarantees, and a row for every store and for what people use today', async () => {
    const all = await storeGuarantees({ open: () => Promise.reject(new Error('not asked')) })
    const guarantees = all.map(({ guarantee }) => guarantee)
    expect(shown.join('\n')).toContain(listOf(guarantees))
    const head = (declares: string) => tableOf(headOf(declares, guarantees), []).split('\n')[0]
    const nameOf = (row: string) => row.split(' | ')[0]?.slice(2)
    const names = [
      head('declares'),
      '| ---',
      ...EVERY.map(({ name }) => name),
      head(''),
      '| ---',
      ...PEERS.map(({ name }) => name),
    ]
    expect(rows.map((row, nth) => (names[nth]?.startsWith('| ') ? row.slice(0, names[nth]?.length) : nameOf(row)))).toEqual(names)
  })

  it.each(here(EVERY))('%s: as docs/stores.md says, and as it declares', async (_, store) => {
    const offered = await offeredGuarantees(store)
    // The own test of each strong store plays the whole suite. `npm run test:whole` plays it here once more, as `npm run guarantees` does.
    const isPlayed = offered.consistency === 'strong' && (store.playedBy !== undefined || !isWhole)
    const { name, consistency, found } = isPlayed ? offered : await findGuarantees(quick(store))
    if (consistency === 'strong') expect(found.filter(({ outcome }) => outcome === 'broken')).toEqual([])
    expect(rows).toContain(tableOf(rowOf(name, consistency, found), []).split('\n')[0])
  })
})

it.each([...new Set(EVERY.flatMap(({ playedBy }) => playedBy ?? []))])(
  '%s: its own test plays the whole suite on all that is tried',
  (playedBy) => {
    const text = readFileSync(join(import.meta.dirname, `../src/stores/${playedBy}.integration.test.ts`), 'utf8')
    expect(text).toMatch(/^describe\.each\(TRIED\.map\(/m)
    expect(text).toMatch(/^ {2}storeSuite\(\{[^}]*\bit,[^}]*engine\.open\(tools\)/m)
    expect(text).not.toMatch(/consistency:/)
  },
)

describe('what is used today', () => {
  it.each(here(PEERS))('%s: as docs/stores.md says', async (_, store) => {
    const { name, found } = await findGuarantees(quick(store))
    expect(rows).toContain(tableOf(rowOf(name, '', found), []).split('\n')[0])
  })
})
