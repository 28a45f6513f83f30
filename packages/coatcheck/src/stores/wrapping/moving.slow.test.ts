import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { explored } from '../../../test/helpers/explored.ts'
import { copies, copyOfSources, replaced } from '../../../test/helpers/mutated.ts'
import { type Actor, type Deed, movings, type Start } from '../../../test/trials/moving.ts'
import { FAULTS } from '../../../test/trials/moving-faults.ts'
import { Crossing } from '../moving/crossing.ts'
import { moveStore, movingStore } from './moving.ts'

const STARTS: readonly Start[] = ['nowhere', 'from', 'to', 'claimed', 'arriving', 'arrived']
const DEEDS: readonly Deed[] = ['writes', 'rewrites', 'ends', 'creates', 'begins', 'reads', 'lists']
const ACTORS: readonly Actor[] = [...DEEDS.flatMap((deed): Actor[] => [`prepare ${deed}`, `move ${deed}`]), 'mover']

// Triples, deaths and random orders: `npm run search:moves`.
describe('two at one record, wherever it is: every order has an explanation', () => {
  it.each(STARTS)('%s', async (start) => {
    let runs = 0
    for (const [nth, one] of ACTORS.entries())
      for (const other of ACTORS.slice(nth)) {
        const found = await explored(movings({ movingStore, moveStore, Crossing }, { start, actors: [one, other] }), {
          maxPreemptions: 1,
        })
        expect(found.bad).toEqual([])
        runs += found.runs
      }
    expect(runs).toBeGreaterThan(500)
  })
})

describe('the search finds this fault', () => {
  const copy = copies('copies-with-a-fault-of-the-move')
  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  it.each(FAULTS.map((fault, nth) => [fault.fault, nth] as const))('%s', async (_, nth) => {
    const { file, from, to, search, kill = false } = FAULTS[nth] as (typeof FAULTS)[number]
    const folder = join(copy, `${nth}`)
    await copyOfSources(folder)
    await replaced(folder, file, from, to)
    const { movingStore: wrong, moveStore: mover } = await import(join(folder, 'stores/wrapping/moving.ts'))
    const { Crossing: crossing } = await import(join(folder, 'stores/moving/crossing.ts'))
    const tried = { movingStore: wrong, moveStore: mover, Crossing: crossing }
    expect((await explored(movings(tried, search), { maxPreemptions: 3, kill, maxRuns: 5000 })).bad).not.toEqual([])
  })
})
