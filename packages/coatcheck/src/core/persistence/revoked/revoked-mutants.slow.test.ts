import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { explored } from '../../../../test/helpers/explored.ts'
import { copyOfSources, replaced } from '../../../../test/helpers/mutated.ts'
import { revokedScenario } from '../../../../test/helpers/revoked-scenarios.ts'
import type { Engine } from '../../../../test/helpers/scenarios.ts'
import { memoryStore } from '../../../stores/memory.ts'

// Deliberate faults of revocations, each made in a copy of the sources: the search must notice every one of them.

const source = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const folder = join(source, '../.mutants-revoked')

const MUTANTS: readonly { readonly fault: string; readonly file: string; readonly from: string; readonly to: string }[] = [
  {
    fault: 'no entry leads from an old id to the new one',
    file: 'revocable.ts',
    from: 'return { ...saved, confirm }',
    to: 'return saved',
  },
  {
    fault: 'the cookie does not wait for its entry',
    file: 'revocable.ts',
    from: 'return { ...saved, confirm }',
    to: 'void confirm().catch(() => {}); return saved',
  },
  {
    fault: 'an end does not follow the session',
    file: 'revocations.ts',
    from: 'if (!to) return true',
    to: 'return true',
  },
  {
    fault: 'requests join a look-up that is under way',
    file: 'look-ups.ts',
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
    file: 'look-ups.ts',
    from: 'this.#kept.delete(key)\n  }\n\n  #keep',
    to: '}\n\n  #keep',
  },
  {
    fault: 'a write with an old ticket is sealed under the new id',
    file: 'revocable.ts',
    from: "if (known.forwarding && !isTouch) throw overtaken('Another request gave the session a new id')",
    to: 'if (known.forwarding) return sealed.make(plan, loaded, changeSet, { handle: known.forwarding.key, ...stamp })',
  },
  {
    fault: 'whoever is told that the key is taken goes on all the same',
    file: 'revocable.ts',
    from: 'if (there === true) return saved',
    to: 'return saved',
  },
  {
    fault: 'ends of an owner are compared with the time that a session began',
    file: 'owner-ends.ts',
    from: 'const [ofOwner, ofAll, from] = givenIn(contents)',
    to: 'const [, , from] = givenIn(contents), ofOwner = arguments[0].lifetime.createdAt, ofAll = ofOwner',
  },
]

async function engineOf(at: number): Promise<Engine> {
  const copy = join(folder, `mutant${at}`)
  await copyOfSources(copy)
  const mutant = MUTANTS[at]
  if (mutant) await replaced(copy, join('core/persistence/revoked', mutant.file), mutant.from, mutant.to)
  return (await import(join(copy, 'core/sessions.ts'))) as Engine
}

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
  expect(await noticed(await engineOf(-1))).toBeUndefined()
})

test.each(MUTANTS.map(({ fault }, at) => ({ fault, at })))('is noticed: $fault', async ({ at }) => {
  expect(await noticed(await engineOf(at))).toEqual(expect.any(String))
})
