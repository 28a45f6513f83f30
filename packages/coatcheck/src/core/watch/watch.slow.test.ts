import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bounded } from '../../../test/helpers/depth.ts'
import { explored, nothingBad } from '../../../test/helpers/explored.ts'
import { copyOfSources, replaced } from '../../../test/helpers/mutated.ts'
import type { Engine } from '../../../test/helpers/scenarios.ts'
import { watchTrial } from '../../../test/trials/watch.ts'

const ORDERS = bounded(600, 250)

describe('no end is missed, and none is told that was none', () => {
  it.each(['LD', 'LS', 'LCW'])('%s, in every order', async (letters) => {
    expect(await nothingBad(watchTrial({ letters }), { maxPreemptions: 3 })).toBeGreaterThan(10)
  })
  it.each(['LR', 'LCD', 'LRD', 'LCR', 'LPD', 'LCRD', 'LCCD', 'LRRD', 'LCS', 'LRS', 'LCRRD', 'LPCRD'])(
    `%s, ${ORDERS} orders drawn at random`,
    async (letters) => {
      await nothingBad(watchTrial({ letters }), { seed: 1, maxRuns: ORDERS })
    },
  )
})

interface Mutant {
  readonly fault: string
  /** What shows it. */
  readonly letters: string
  readonly file: string
  readonly edits: readonly (readonly [from: string, to: string])[]
}

const MUTANTS: readonly Mutant[] = [
  {
    fault: 'everything is read before the channel is there, and not again',
    letters: 'LD',
    file: 'watcher.ts',
    edits: [
      [
        '        channel = await this.#open()\n',
        '        await this.#read(this.#watched.keys())\n        channel = await this.#open()\n',
      ],
      ['        readAt = Number.NEGATIVE_INFINITY\n', '        readAt = now()\n'],
    ],
  },
  {
    fault: 'nothing is read after an interruption',
    letters: 'LCD',
    file: 'watcher.ts',
    edits: [['        readAt = Number.NEGATIVE_INFINITY\n', '']],
  },
  {
    fault: 'a lost channel is taken for one that works',
    letters: 'LCD',
    file: 'watcher.ts',
    edits: [['          this.#wake()\n', '']],
  },
  {
    fault: 'who comes while the channel works is not read',
    letters: 'LPD',
    file: 'watcher.ts',
    edits: [['    else if (this.#hears) void this.#read([one.key])\n', '']],
  },
  {
    fault: 'what is told while it is being read is not read again',
    letters: 'LWD',
    file: 'watcher.ts',
    edits: [['if (isOld && this.#watched.has(key)) void this.#read([key])', 'void isOld']],
  },
  {
    fault: 'a new id is not followed',
    letters: 'LRD',
    file: 'standing.ts',
    edits: [["{ next: forwarding.key } : 'over'", "{ until: Number.POSITIVE_INFINITY } : 'over'"]],
  },
  {
    fault: 'a new id counts as an end',
    letters: 'LR',
    file: 'standing.ts',
    edits: [["forwarding.kind === 'regenerate' ?", "forwarding.kind === 'switch' ?"]],
  },
  {
    fault: 'a sign-in is followed like a new id',
    letters: 'LS',
    file: 'standing.ts',
    edits: [["return forwarding.kind === 'regenerate' ? { next: forwarding.key } : 'over'", 'return { next: forwarding.key }']],
  },
  {
    fault: 'the new record is watched, and not read',
    letters: 'LRD',
    file: 'watcher.ts',
    edits: [['        this.#put(one)\n        void this.#read([one.key])\n', '        this.#put(one)\n']],
  },
  {
    fault: 'the new record is read, and then watched',
    letters: 'LRD',
    file: 'watcher.ts',
    edits: [
      [
        '        this.#put(one)\n        void this.#read([one.key])\n',
        '        void Promise.resolve(one.live.read(one.key)).then((there) => {\n          this.#put(one)\n          this.#judge(one.key, there)\n        })\n',
      ],
    ],
  },
]

const folder = join(import.meta.dirname, '../../../.mutants-watch')
beforeAll(() => rm(folder, { recursive: true, force: true }))
afterAll(() => rm(folder, { recursive: true, force: true }))

async function engineOf(mutant: Mutant | undefined, name: string): Promise<Engine> {
  const copy = join(folder, name)
  await copyOfSources(copy)
  if (mutant) for (const [from, to] of mutant.edits) await replaced(copy, join('core/watch', mutant.file), from, to)
  return (await import(join(copy, 'core/sessions.ts'))) as Engine
}

async function noticed(engine: Engine, letters: string, maxRuns = 1500): Promise<string | undefined> {
  const { bad } = await explored(watchTrial({ letters, engine }), { seed: 5, maxRuns })
  return bad[0]
}

describe('deliberate faults', () => {
  it('nothing is wrong with what there is, read from a copy', async () => {
    const engine = await engineOf(undefined, 'control')
    for (const letters of new Set(MUTANTS.map((each) => each.letters)))
      expect(await noticed(engine, letters, 200)).toBeUndefined()
  })
  it.each(MUTANTS.map((mutant, at) => ({ ...mutant, at })))('is noticed: $fault', async ({ at, ...mutant }) => {
    expect(await noticed(await engineOf(mutant, `mutant-${at}`), mutant.letters)).toMatch(
      /missed the end|the session lives|has not finished/,
    )
  })
})
