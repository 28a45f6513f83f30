import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { memoryStore } from '../src/stores/memory.ts'
import { explored } from './helpers/explored.ts'
import { type Engine, SECRET, scenario } from './helpers/scenarios.ts'

// Deliberate faults of the engine, each made in a copy of its sources: the stories below must notice every one of them.

const here = dirname(fileURLToPath(import.meta.url))
const folder = join(here, '..', '.mutants')

interface Mutant {
  readonly fault: string
  readonly file: string
  readonly from: string
  readonly to: string
}

const MUTANTS: readonly Mutant[] = [
  {
    fault: 'the idle end is ignored',
    file: 'core/expiry.ts',
    from: "if (expiresAt <= now) return 'idle-expired'",
    to: '',
  },
  {
    fault: 'the absolute end is ignored',
    file: 'core/expiry.ts',
    from: "if (endsAt <= now) return 'absolute-expired'",
    to: 'expiresAt = now + 1',
  },
  {
    fault: 'the pointer is written before the new record',
    file: 'core/records.ts',
    from: "const version = await callStore(this.#engine, 'create', () => this.store.create(key, record, from))",
    to: 'const version = await this.#later(key, record)',
  },
  {
    fault: 'the old record is deleted, and no pointer is left',
    file: 'core/records.ts',
    from: 'return this.#replace({ key: known.key, record, body: EMPTY, pointer, stale: false }, known)',
    to: 'return record && (await this.delete(known)) ? { ...known, pointer } : undefined',
  },
  {
    fault: 'an end does not follow a pointer',
    file: 'core/moves.ts',
    from: 'known = await this.#records.read(known.pointer?.key ?? known.key)',
    to: 'if (known.pointer) return\n      known = await this.#records.read(known.key)',
  },
  {
    fault: 'a write to an ended session begins it again',
    file: 'core/line.ts',
    from: 'if (!known) {',
    to: 'if (!known && jobs[0]) known = await this.#records.create(key, { ...EMPTY_BODY, writes: [] }, BORN)\n      if (!known) {',
  },
  {
    fault: 'every regeneration makes a successor of its own',
    file: 'core/moves.ts',
    from: "if (job.kind === 'replace' && (isDone || pointer.kind === 'signIn')) {",
    to: 'if (job.kind === "never") {',
  },
  {
    fault: 'a guest is told the id of the session that was signed in',
    file: 'core/moves.ts',
    from: 'job.id = isDone ? await this.#ids.open(pointer.sealed, at) : undefined',
    to: 'job.id = await this.#ids.open(pointer.sealed, at)',
  },
  {
    fault: 'own writes are not recognised',
    file: 'core/line.ts',
    from: 'known.body.writes.includes(write)',
    to: 'false',
  },
  {
    fault: 'an update is not run again on the fresh value',
    file: 'core/changes.ts',
    from: 'same(stored, change.base) ? change.entry : replay(key, stored, change.steps)',
    to: 'change.entry',
  },
  {
    fault: 'what others wrote while the id changed is not taken along',
    file: 'core/moves.ts',
    from: 'if (made) made = await this.#rewrite(made, bodyOf(known), taken)',
    to: 'if (made) made = { ...made }',
  },
  {
    fault: 'the old id goes on opening the session',
    file: 'core/stored.ts',
    from: "return known.pointer ? { refused: 'replaced', handle: key, ends: held } : held",
    to: 'if (known.pointer) { const at = await records.read(known.pointer.key); return at ? heldOf(at, shown.id, false) : { refused: "unknown" } }\n    return held',
  },
  {
    fault: "one person's values come along when another signs in",
    file: 'core/session.ts',
    from: 'if (this.owner !== undefined && this.owner !== owner) this.restart()',
    to: '',
  },
]

/** Lines that a mutant needs besides. */
const HELP: Record<string, (text: string) => string> = {
  'core/expiry.ts': (text) =>
    text.replace('const { createdAt, endsAt, expiresAt } = life', 'let { createdAt, endsAt, expiresAt } = life'),
  'core/line.ts': (text) =>
    `${text}\nconst BORN = { createdAt: 4_000_000_000_000, endsAt: 4_100_000_000_000, expiresAt: 4_100_000_000_000 }\nconst EMPTY_BODY = { values: new Map(), flash: new Map(), owner: undefined, writes: [] }\n`,
  'core/records.ts': (text) =>
    text
      .replace('  delete(known: Known)', LATER)
      .replace(
        "const version = await callStore(this.#engine, 'update', () => this.store.update(next.key, next.record, known.version))",
        `${"const version = await callStore(this.#engine, 'update', () => this.store.update(next.key, next.record, known.version))"}\n    for (const [key, record] of this.delayed.splice(0)) await callStore(this.#engine, 'create', () => this.store.create(key, record))`,
      ),
}
/** Keeps a new record back until the next update, which is the pointer to it. */
const LATER = `  delayed: [string, SessionRecord][] = []
  async #later(key: string, record: SessionRecord): Promise<string | undefined> {
    if ((await this.store.list?.(undefined, 1))?.keys.length === 0) return callStore(this.#engine, 'create', () => this.store.create(key, record))
    this.delayed.push([key, record])
    return 'not yet'
  }

  delete(known: Known)`

async function engineOf(mutant: Mutant | undefined, name: string): Promise<Engine> {
  const copy = join(folder, name)
  await mkdir(copy, { recursive: true })
  for (const room of ['core', 'crypto', 'stores', 'ticket', 'errors.ts']) {
    await cp(join(here, '../src', room), join(copy, room), { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
  }
  if (mutant) {
    const path = join(copy, mutant.file)
    const text = await readFile(path, 'utf8')
    expect(text.split(mutant.from)).toHaveLength(2) // the line is still there, once
    const changed = text.replace(mutant.from, mutant.to)
    await writeFile(path, HELP[mutant.file]?.(changed) ?? changed)
  }
  return (await import(join(copy, 'core/sessions.ts'))) as Engine
}

/** What goes wrong with this engine, told by the first story that notices. */
async function noticed(engine: Engine): Promise<string | undefined> {
  for (const story of [
    endsAreKept,
    ...['WW', 'WD', 'RW', 'SW', 'RD', 'SD', 'SB', 'RR', 'RS'].map((letters) => searched(letters)),
  ]) {
    const bad = await story(engine)
    if (bad !== undefined) return bad
  }
  return undefined
}

function searched(letters: string) {
  return async (engine: Engine) => {
    for (const owner of [{}, { owner: 'alice' }]) {
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

/** Both timeouts, for a session that is used all the time and for one that is not used. */
async function endsAreKept({ sessionsOf, faceOf }: Engine): Promise<string | undefined> {
  let now = 4_000_000_000_000
  const face = faceOf(
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
    const scope = face.detached({ get: (name) => (name === 'x-ticket' ? ticket : null) })
    const session = await scope.open()
    if (write) session.set('seen', now)
    return { ticket: (await scope.commit()).ticket ?? ticket, found: !session.isNew }
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

it('nothing is wrong with the engine as it is, read from a copy', async () => {
  expect(await noticed(await engineOf(undefined, 'control'))).toBeUndefined()
})

for (const [at, mutant] of MUTANTS.entries()) {
  it(`is noticed: ${mutant.fault}`, async () => {
    expect(await noticed(await engineOf(mutant, `mutant-${at}`))).toEqual(expect.any(String))
  })
}
