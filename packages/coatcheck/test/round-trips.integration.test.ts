import { describe, expect, it } from 'vitest'
import { tableIn, tableOf } from '../../../scripts/doc-table.ts'
import { isLeftOut } from './helpers/engines.ts'
import { countRoundTrips, HEAD, type RoundTrips, rowOf } from './helpers/round-trips.ts'
import { EVERY } from './stores/every.ts'

const shown = tableIn('docs/stores.md', 'round-trips').split('\n')
const tried = EVERY.filter(({ engine }) => engine === undefined || !isLeftOut(engine))

describe('round trips, counted', () => {
  it('docs/stores.md has a row for every store', () => {
    expect(shown.slice(0, 2)).toEqual(tableOf(HEAD, []).split('\n'))
    expect(shown.slice(2).map((row) => row.split(' | ')[0]?.slice(2))).toEqual(EVERY.map(({ name }) => name))
  })

  it.each(tried.map((store) => [store.name, store] as const))(
    '%s: as few as promised, and as docs/stores.md says',
    async (_, store) => {
      const counted = await countRoundTrips(store)
      expect(atMost(counted)).toEqual([])
      expect(shown).toContain(tableOf(HEAD, [rowOf(counted)]).split('\n')[2])
    },
  )
})

/** What takes more round trips than docs/stores.md promises. */
function atMost({ consistency, trips }: RoundTrips): string[] {
  // Without compare-and-set a store looks before it writes, and says so.
  const write = consistency === 'strong' ? 1 : 2
  const most: Partial<Record<keyof typeof trips, number>> = {
    read: 1,
    create: write,
    'create, owned': write + 1,
    update: write,
    touch: write,
    delete: write,
    'delete, owned': write + 1,
    reads: 1,
    writes: 1 + write,
    'changes nothing': 1,
    'asks for no session': 0,
  }
  return Object.entries(most).flatMap(([what, limit]) => {
    const count = trips[what as keyof typeof trips]
    return count !== undefined && count > limit ? [`${what}: ${count} round trips, at most ${limit}`] : []
  })
}
