import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { explored } from '../../../../test/helpers/explored.ts'
import { copies, engineOf } from '../../../../test/helpers/mutated.ts'
import { revokedScenario } from '../../../../test/helpers/revoked-scenarios.ts'
import type { Engine } from '../../../../test/helpers/scenarios.ts'
import { memoryStore } from '../../../stores/memory.ts'

// Deliberate faults of revocations, each made in a copy of the sources: the search must notice every one of them.

const folder = copies('.mutants-revoked')

const MUTANTS: readonly { readonly fault: string; readonly file: string; readonly from: string; readonly to: string }[] = [
  {
    fault: 'no entry leads from an old id to the new one',
    file: 'core/persistence/revoked/revocable.ts',
    from: 'return { ...saved, confirm }',
    to: 'return saved',
  },
  {
    fault: 'the cookie does not wait for its entry',
    file: 'core/persistence/revoked/revocable.ts',
    from: 'return { ...saved, confirm }',
    to: 'void confirm().catch(() => {}); return saved',
  },
  {
    fault: 'an end does not follow the session',
    file: 'core/persistence/revoked/revocations.ts',
    from: 'if (!to) return true',
    to: 'return true',
  },
  {
    fault: 'requests join a look-up that is under way',
    file: 'core/persistence/revoked/look-ups.ts',
    from: 'if (this.#every === 0) return ask()',
    to: `if (this.#every === 0) {
      const joined = this.#kept.get(key) ?? { sentAt: 0, answer: ask() }
      this.#kept.set(key, joined)
      void joined.answer.finally(() => this.#kept.get(key) === joined && this.#kept.delete(key)).catch(() => {})
      return joined.answer as Promise<T>
    }`,
  },
  {
    fault: 'what this process ended still counts as looked up',
    file: 'core/persistence/revoked/look-ups.ts',
    from: 'this.#kept.delete(key)\n  }\n\n  #keep',
    to: '}\n\n  #keep',
  },
  {
    fault: 'a write with an old ticket is sealed under the new id',
    file: 'core/persistence/revoked/revocable.ts',
    from: "if (known.forwarding && !isTouch) throw overtaken('Another request gave the session a new id')",
    to: 'if (known.forwarding) return sealed.make(plan, loaded, changeSet, { handle: known.forwarding.key, ...stamp })',
  },
  {
    fault: 'whoever is told that the key is taken goes on all the same',
    file: 'core/persistence/revoked/revocable.ts',
    from: 'if (there === true) return saved',
    to: 'return saved',
  },
  {
    fault: 'ends of an owner are compared with the time that a session began',
    file: 'core/persistence/revoked/owner-ends.ts',
    from: 'const [ofOwner, ofAll, from] = givenIn(contents)',
    to: 'const [, , from] = givenIn(contents), ofOwner = arguments[0].lifetime.createdAt, ofAll = ofOwner',
  },
]

async function noticed(engine: Engine): Promise<string | undefined> {
  for (const letters of ['SD', 'RD', 'SB', 'RW', 'XN', 'WD', 'SN', 'NO', 'WO'])
    for (const setting of [{ owner: 'alice' }, {}, { together: true, every: 60 }]) {
      const { bad } = await explored(revokedScenario({ letters, engine, store: () => memoryStore(), ...setting }), {})
      if (bad[0] !== undefined) return bad[0]
    }
  return undefined
}

beforeAll(() => rm(folder, { recursive: true, force: true }))
afterAll(() => rm(folder, { recursive: true, force: true }))

test('nothing is wrong with it as it is, read from a copy', async () => {
  expect(await noticed(await engineOf(undefined, join(folder, 'control')))).toBeUndefined()
})

test.each(MUTANTS.map((mutant, at) => ({ ...mutant, at })))('is noticed: $fault', async ({ at, ...mutant }) => {
  expect(await noticed(await engineOf(mutant, join(folder, `mutant-${at}`)))).toEqual(expect.any(String))
})
