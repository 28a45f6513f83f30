import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { memoryStore } from '../src/stores/memory.ts'
import { explored } from './helpers/explored.ts'
import { copies, engineOf, type Mutant } from './helpers/mutated.ts'
import { scene } from './helpers/persons.ts'
import { type Engine, SECRET, scenario } from './helpers/scenarios.ts'
import { countedOnce } from './helpers/told.ts'

// Deliberate faults of the engine, each made in a copy of its sources: the stories below must notice every one of them.

const folder = copies('.mutants')

interface Told extends Mutant {
  /** The pair that shows it, where all stories before that one would take long. */
  readonly letters?: string
}

const MUTANTS: readonly Told[] = [
  {
    fault: 'the idle end is ignored',
    file: 'core/model/lifetime.ts',
    from: "if (expiresAt <= now) return 'idle-expired'",
    to: '',
  },
  {
    fault: 'the absolute end is ignored',
    file: 'core/model/lifetime.ts',
    from: "  if (endsAt <= now) return 'absolute-expired'\n  if (expiresAt <= now) return 'idle-expired'",
    to: "  if (expiresAt <= now && endsAt > now) return 'idle-expired'",
  },
  {
    fault: 'the old record is deleted, and nothing leads from it',
    file: 'core/persistence/stored/records.ts',
    from: 'return (await this.replace(known, text, { expiresAt, keepUntil, tells: true }, undefined)) !== undefined',
    to: "return text !== '' && expiresAt > 0 && this.end(known)",
  },
  {
    fault: 'an end does not follow to where the session moved',
    letters: 'RD',
    file: 'core/persistence/stored/ends.ts',
    from: '        } else if (await this.#records.end(found)) {',
    to: '          return true\n        } else if (await this.#records.end(found)) {',
  },
  {
    fault: 'a write to an ended session begins it again',
    file: 'core/persistence/stored/stored.ts',
    from: "if ('dropped' in outcome) return { loaded: undefined, dropped: outcome.dropped }",
    to: "if ('dropped' in outcome) return begin(EMPTY, changeSet)",
  },
  {
    fault: 'every renewal makes an id of its own',
    file: 'core/persistence/stored/id-rotation.ts',
    from: '    if (found?.forwarding) return { forwarding: found.forwarding, at: found.key }\n    return found ?',
    to: "    if (found?.forwarding) return { kept: await this.#fresh.begin(this.#after(found.contents, changeSet), found.record, changeSet, commit.request), id: 'x' }\n    return found ?",
  },
  {
    fault: 'a renewal is told the id that another made',
    file: 'core/persistence/stored/id-rotation.ts',
    from: "    if (!isThere || !isEmpty(changes)) throw overtaken('Another request gave the session a new id')\n    return { overtaken: true }",
    to: '    return { commit: update, target, id: (await this.#ids.open(sealed, at)) as string }',
  },
  {
    fault: 'whoever follows is told the new id',
    file: 'core/persistence/stored/id-rotation.ts',
    from: "if (commit.kind !== 'move') return isOthers ? { dropped: 'ended' } : { commit, target }",
    to: "if (commit.kind !== 'move') return { commit, target, id: (await this.#ids.open(sealed, at)) as string }",
  },
  {
    fault: 'own writes are not recognised',
    file: 'core/model/attempts.ts',
    from: "if (found === 'not kept') continue",
    to: "if (found !== 'unknown') continue",
  },
  {
    fault: 'a write that the store has told of is looked for among those of others',
    file: 'core/model/writes.ts',
    from: "  if (id === TOLD) return 'not kept'\n",
    to: '',
  },
  {
    fault: 'an update is not run again on the fresh value',
    letters: 'WW',
    file: 'core/model/changes.ts',
    from: 'same(stored, change.base) ? change.entry : replay(key, stored, change.steps, changes.shape)',
    to: 'change.entry',
  },
  {
    fault: 'what others wrote while the id changed is not taken along',
    file: 'core/persistence/stored/id-rotation.ts',
    from: '? await this.#fresh.rewrite(made, contents, changeSet)',
    to: '? made',
  },
  {
    fault: 'an old ticket shows what came after',
    file: 'core/persistence/stored/stored.ts',
    from: '((refused) => refused ?? loaded)',
    to: '(async (refused) => refused ?? { ...loaded, contents: (await records.read(forwarding.key))?.contents ?? loaded.contents })',
  },
  {
    fault: 'an old ticket opens for ever',
    file: 'core/persistence/stored/replaced.ts',
    from: 'if (arrivedAt <= this.#records.graceEnd(forwarding))',
    to: 'if (arrivedAt > 0)',
  },
  {
    fault: "one person's values come along when another signs in",
    letters: 'SB',
    file: 'core/session/sure.ts',
    from: 'if (isOthers || ',
    to: 'if (',
  },
  {
    fault: 'writes of requests under way come along when somebody else is acted as',
    file: 'core/persistence/stored/id-rotation.ts',
    from: "kind === 'switch' && commit.kind === 'update' &&",
    to: 'false &&',
  },
  {
    fault: 'what was kept before somebody else was acted as is said to be dropped',
    file: 'core/persistence/stored/id-rotation.ts',
    from: ' && !isEmpty(attempts.left(changes, target.contents.writes))',
    to: '',
  },
  {
    fault: 'whoever acts as another person joins somebody who acts as a third one',
    file: 'core/model/moves.ts',
    from: "if (move.kind === 'switch') return contents.owner === move.owner && isImpersonated === move.impersonates",
    to: "if (move.kind === 'switch') return isImpersonated === move.impersonates",
  },
  {
    fault: 'a level that another new id came before is said to be there',
    file: 'core/model/moves.ts',
    from: 'if (move.auth?.up && move.auth.up.level !== auth?.up?.level) return false',
    to: '',
  },
  {
    fault: 'the own values do not wait while somebody else is acted as',
    file: 'core/model/standing.ts',
    from: 'session: encode({ ...EMPTY, values, flash }, {})',
    to: 'session: encode({ ...EMPTY, flash }, {})',
  },
  {
    fault: 'values come along when somebody else is acted as',
    file: 'core/model/standing.ts',
    from: 'return beside({ ...own, values: EMPTY.values, flash: EMPTY.flash, owner }, { impersonator })',
    to: 'return beside({ ...own, flash: EMPTY.flash, owner }, { impersonator })',
  },
  {
    fault: 'a sign-in keeps what the person did as somebody else',
    file: 'core/session/sure.ts',
    from: ' || (contents && impersonatorOf(contents) !== undefined)) inside',
    to: ') inside',
  },
]

type Story = (engine: Engine) => Promise<string | undefined>

const STORIES: readonly Story[] = [
  endsAreKept,
  twoAreCounted,
  ...['IW', 'ij', 'eR'].map((letters) => playedBy(letters)),
  ...['OW', 'BW'].map((letters) => playedBy(letters, true)),
  ...['WW', 'WD', 'RW', 'SW', 'RD', 'SD', 'SB', 'RR', 'RS'].map((letters) => searched(letters)),
]

/** What goes wrong with this engine, told by the first story that notices. */
async function noticed(engine: Engine, stories = STORIES): Promise<string | undefined> {
  for (const story of stories) {
    const bad = await story(engine)
    if (bad !== undefined) return bad
  }
  return undefined
}

function searched(letters: string) {
  return async (engine: Engine) => {
    for (const owner of [{ owner: 'alice' }, {}]) {
      const { bad } = await explored(scenario({ letters, engine, store: () => memoryStore(), ...owner }), {
        kill: true,
        double: true,
        maxPreemptions: 2,
      })
      if (bad[0] !== undefined) return bad[0]
    }
    return undefined
  }
}

/** Of one person who acts as others. */
function playedBy(letters: string, asBob = false) {
  return async (engine: Engine) => {
    const { bad } = await explored(scene({ letters, engine, asBob, store: () => memoryStore() }), { kill: true, double: true })
    return bad[0]
  }
}

/** Of two engines on one store that says for sure what became of each write. */
async function twoAreCounted(engine: Engine): Promise<string | undefined> {
  const visits = [0, 1].map((at) => ({ kind: 'counts', at }) as const)
  return (await countedOnce(engine, visits)).bad
}

/** Both timeouts, for a session that is used all the time and for one that is not used. */
async function endsAreKept({ sessionsOf, adapterOf }: Engine): Promise<string | undefined> {
  let now = 4_000_000_000_000
  const adapter = adapterOf(
    sessionsOf({
      secrets: SECRET,
      store: memoryStore(),
      header: 'x-ticket',
      cookie: false,
      now: () => now,
      idleTimeout: 100,
      absoluteTimeout: 1000,
    }),
  )
  const visit = async (ticket: string, write: boolean) => {
    const requestSession = adapter.detached({ get: (name) => (name === 'x-ticket' ? ticket : null) })
    const session = await requestSession.open()
    if (write) session.set('seen', now)
    return { ticket: (await requestSession.commit()).ticket ?? ticket, found: !session.isNew }
  }
  const { ticket } = await visit('', true)
  now += 99_000
  if (!(await visit(ticket, true)).found) return 'a session ended before its idle end'
  now += 100_000
  if ((await visit(ticket, false)).found) return 'a session outlived its idle end'
  const busy = await visit('', true)
  for (let at = 0; at < 11; at++) {
    now += 90_000
    if (!(await visit(busy.ticket, true)).found) return 'a session that was used ended before its absolute end'
  }
  now += 10_000
  return (await visit(busy.ticket, false)).found ? 'a session outlived its absolute end' : undefined
}

beforeAll(() => rm(folder, { recursive: true, force: true }))
afterAll(() => rm(folder, { recursive: true, force: true }))

// The searches of interleavings play all stories of the engine itself.
it('nothing is wrong with the engine as it is, read from a copy', async () => {
  const stories = [endsAreKept, playedBy('IW'), searched('WW'), searched('WD')]
  expect(await noticed(await engineOf(undefined, join(folder, 'control')), stories)).toBeUndefined()
})

for (const [at, mutant] of MUTANTS.entries()) {
  it(`is noticed: ${mutant.fault}`, async () => {
    const stories = mutant.letters === undefined ? STORIES : [searched(mutant.letters)]
    expect(await noticed(await engineOf(mutant, join(folder, `mutant-${at}`)), stories)).toEqual(expect.any(String))
  })
}
