import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { explored } from './helpers/explored.ts'
import { copies, engineOf, type Mutant } from './helpers/mutated.ts'
import type { Engine } from './helpers/scenarios.ts'
import { type Owners, owners } from './trials/owners.ts'

// Deliberate faults of what ends the sessions of an owner, each made in a copy of the sources: the search must notice every one of them.

const folder = copies('.mutants-owners')

const MUTANTS: readonly Mutant[] = [
  {
    fault: 'nobody looks whether the sessions were ended meanwhile',
    file: 'core/owners/admission.ts',
    from: '        await this.#marks.check(owner, mark, arrivedAt)\n',
    to: '        mark satisfies unknown\n        arrivedAt satisfies unknown\n',
  },
  {
    fault: 'the epoch is read after the password was checked',
    file: 'core/owners/admission.ts',
    from: '      const made = await make(placed)\n',
    to: '      mark = await this.#marks.make(owner)\n      const made = await make(placed)\n',
  },
  {
    fault: 'the epoch is read before the record is in place',
    file: 'core/owners/admission.ts',
    from: '      const made = await make(placed)\n      try {\n        await this.#marks.check(owner, mark, arrivedAt)\n',
    to: '      await this.#marks.check(owner, mark, arrivedAt)\n      const made = await make(placed)\n      try {\n',
  },
  {
    fault: 'marks count by time, and clocks differ',
    file: 'core/owners/marks.ts',
    from: 'owners > Number(ofOwner) || all > Number(ofAll)',
    to: 'Math.max(owners, all) >= Number(at)',
  },
  {
    fault: 'an epoch is the time, and may go back',
    file: 'core/owners/epochs.ts',
    from: 'Math.max((found?.epoch ?? first?.epoch ?? 0) + 1, at, least)',
    to: 'at',
  },
  {
    fault: 'the sessions are listed before the epoch is raised',
    file: 'core/owners/owned.ts',
    from: '    await epochs.raise(digest)\n',
    to: '    const early = await owned.keys(digest)\n    owned.keys = async () => early\n    await epochs.raise(digest)\n',
  },
  {
    fault: 'the one that is spared is known by its handle',
    file: 'core/owners/owned.ts',
    from: '(found) => lineageOf(found) !== spared',
    to: '(found) => found.key !== except?.handle',
  },
  {
    fault: 'an end by handle does not follow to where the session went',
    file: 'core/owners/owner-records.ts',
    from: '      const found = await this.find(key)\n',
    to: '      const found = await this.#records.read(key)\n      if (found?.forwarding) return undefined\n',
  },
  {
    fault: 'sign-ins have no place but their time, and clocks differ',
    file: 'core/owners/admission.ts',
    from: 'Math.max(this.#engine.now(), ...lines.map(({ place }) => place + 1))',
    to: 'this.#engine.now() - lines.length',
  },
  {
    fault: 'whoever is refused room stays all the same',
    file: 'core/owners/admission.ts',
    from: "if (evict === 'refuse') return others.length < count",
    to: "if (evict === 'refuse') return others.length <= count",
  },
  {
    fault: 'nobody is evicted by a sign-in that others came after',
    file: 'core/owners/admission.ts',
    from: 'if (!newest.includes(own)) throw evictedAtOnce()',
    to: 'if (!newest.includes(own)) return true',
  },
  {
    fault: 'a session that is being given a new id is not counted',
    file: 'core/owners/owner-records.ts',
    from: '      const found = await this.find(key, isListed)\n',
    to: '      const found = await this.#records.read(key)\n',
  },
  {
    fault: 'a session and its new id count as two',
    file: 'core/owners/admission.ts',
    from: 'const limit = from?.record.owner === digest ? undefined : this.#limit',
    to: 'const limit = from ? this.#limit : this.#limit',
  },
]

const STORIES: readonly Owners[] = [
  ...['SE', 'RX', 'HR', 'NEE'].map((letters) => ({ letters })),
  ...['NN', 'NR', 'SU'].map((letters) => ({ letters, limit: { count: 1, evict: 'oldest' } }) as const),
  ...['N', 'SU'].map((letters) => ({ letters, limit: { count: 1, evict: 'refuse' } }) as const),
]

/** What goes wrong with this engine, told by the first story that notices. */
async function noticed(engine: Engine, stories = STORIES): Promise<string | undefined> {
  for (const story of stories) {
    const { bad } = await explored(owners({ ...story, engine }), { maxPreemptions: 2 })
    if (bad[0] !== undefined) return bad[0]
  }
  return undefined
}

beforeAll(() => rm(folder, { recursive: true, force: true }))
afterAll(() => rm(folder, { recursive: true, force: true }))

// The searches of interleavings play all stories of the engine itself.
it('nothing is wrong with the engine as it is, read from a copy', async () => {
  expect(await noticed(await engineOf(undefined, join(folder, 'control')), STORIES.slice(0, 2))).toBeUndefined()
})

for (const [at, mutant] of MUTANTS.entries()) {
  it(`is noticed: ${mutant.fault}`, async () => {
    expect(await noticed(await engineOf(mutant, join(folder, `mutant-${at}`)))).toEqual(expect.any(String))
  })
}
