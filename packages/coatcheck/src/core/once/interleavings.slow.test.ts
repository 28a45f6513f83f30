import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bounded } from '../../../test/helpers/depth.ts'
import { explored, nothingBad } from '../../../test/helpers/explored.ts'
import { copies, engineOf, type Mutant } from '../../../test/helpers/mutated.ts'
import type { Engine } from '../../../test/helpers/scenarios.ts'
import { onceTrial } from '../../../test/trials/once.ts'
import { heldUp, heldUpForLonger, longWork, straggler } from '../../../test/trials/once-stories.ts'
import { type Exploration, explore } from '../../testing/interleave.ts'

const ORDERS = bounded(800, 300)
const LETTERS = ['OO', 'OOO', 'OOP', 'OPP', 'OOD', 'OPD', 'OOR', 'OOS', 'OOW', 'OORD', 'OORR', 'OOPRD']

describe('one call, and everybody has its result, in orders drawn at random', () => {
  it.each(LETTERS)(`%s, ${ORDERS} orders with nothing that fails`, async (letters) => {
    await nothingBad(onceTrial({ letters }), { seed: 1, maxRuns: ORDERS })
  })
  it.each(LETTERS)(`%s, ${ORDERS} orders with one process dying or one call done twice`, async (letters) => {
    await nothingBad(onceTrial({ letters }), { kill: true, double: true, seed: 2, maxRuns: ORDERS })
  })
})

it('the process that has the lease dies at each of its steps', async () => {
  const places = new Set<string>()
  const trial = onceTrial({ letters: 'OO' })
  const check: Exploration<never>['check'] = (world, outcome) => {
    const death = outcome.schedule.findIndex((step) => step.endsWith(' dies'))
    if (death < 0) return trial.check(world, outcome)
    const before = outcome.schedule.slice(0, death + 1).filter((step) => step.startsWith(`${outcome.killed}.`))
    const last =
      before
        .at(-1)
        ?.replace(/^\w+\./, '')
        .replace(/, then.*/, ', answered to nobody') ?? 'nothing'
    const updates = before.filter((step) => step.includes('update')).length
    places.add(`${last}, after ${updates} writes`)
    return trial.check(world, outcome)
  }
  const { failures } = await explore({
    ...trial,
    check: check as typeof trial.check,
    kill: true,
    seed: 3,
    maxRuns: bounded(3_000, 1_500),
  })
  expect(failures).toEqual([])
  // Before the lease, with it, with the new tokens on the way, and once they are stored.
  for (const place of ['read, after 0', 'update, after 1', 'refresh, after 1', 'receive, after 1', 'update, after 2'])
    expect(
      [...places].filter((each) => each.startsWith(place.replace(/, after.*/, ''))),
      place,
    ).not.toEqual([])
})

const MUTANTS: readonly Mutant[] = [
  {
    fault: 'a lease is taken without a look whether it is still as it was',
    file: 'core/once/turn.ts',
    from: '      if (markOf(values, key) !== mark) return\n',
    to: '',
  },
  {
    fault: 'a lease counts as dead at once',
    file: 'core/once/turn.ts',
    from: 'return now - this.#since >= LEASE',
    to: 'return now >= this.#since',
  },
  {
    fault: 'a lease is not renewed',
    file: 'core/once/heart.ts',
    from: 'if (!this.#beats) return',
    to: 'return',
  },
  {
    fault: 'the result is not stored',
    file: 'core/once/turn.ts',
    from: 'values.set(key, came.entry)',
    to: '',
  },
  {
    fault: 'what was read when the request was opened is given to the work, and not what is stored',
    file: 'core/once/turn.ts',
    from: 'const given = valueIn(taken.values, key, engine.now())',
    to: 'const given = valueIn(this.#task.loaded.contents.values, key, engine.now())',
  },
  {
    fault: 'the result of one that was held up is kept whatever is stored by then',
    file: 'core/once/turn.ts',
    from: 'isKept = valueIn(values, key, now)?.text === given?.text',
    to: 'isKept = true',
  },
  {
    fault: 'the result of one that was held up is never kept',
    file: 'core/once/turn.ts',
    from: 'isKept = valueIn(values, key, now)?.text === given?.text',
    to: 'isKept = isMine',
  },
  {
    fault: 'a session that has ended gives its result all the same',
    file: 'core/once/turn.ts',
    from: "if ('error' in came || (error as Partial<SessionError>).code === 'SESSION_ENDED') throw error",
    to: "if ('error' in came) throw error\n      if ('entry' in came) return { ...this.#task.loaded.contents, values: new Map([[key, came.entry]]) }",
  },
  {
    fault: 'whoever waits calls again when it has the result',
    file: 'core/once/turn.ts',
    from: 'if (value && (isResult(state, fresh, now, this.#awaited) || holds?.(value.take()))) return contents',
    to: '',
  },
]

const folder = copies('.mutants-once')
beforeAll(() => rm(folder, { recursive: true, force: true }))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What goes wrong with this engine, told by the first story or search that notices. */
async function noticed(engine: Engine, pairs = ['OO', 'OOP', 'OOD', 'OOW', 'OOR']): Promise<string | undefined> {
  for (const story of [longWork, straggler, heldUp, heldUpForLonger]) {
    const bad = await story(engine).catch(String) // such as one that waits for ever
    if (bad !== undefined) return bad
  }
  for (const letters of pairs)
    for (const kill of [false, true]) {
      const { bad } = await explored(onceTrial({ letters, engine }), { kill, double: kill, seed: 5, maxRuns: 200 })
      if (bad.length > 0) return bad[0]
    }
  return undefined
}

describe('deliberate faults', () => {
  it('nothing is wrong with what there is, read from a copy', async () => {
    expect(await noticed(await engineOf(undefined, join(folder, 'control')), ['OO'])).toBeUndefined()
  })
  it.each(MUTANTS.map((mutant, at) => ({ ...mutant, at })))('is noticed: $fault', async ({ at, ...mutant }) => {
    expect(await noticed(await engineOf(mutant, join(folder, `mutant-${at}`)))).toEqual(expect.any(String))
  })
})
