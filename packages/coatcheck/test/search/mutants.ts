import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Searched } from './sites.ts'

/** A deliberate fault of the engine, made in a copy of its sources, and the kinds of violation that it must show as. */
export interface Mutant {
  readonly fault: string
  readonly file: string
  readonly from: string
  readonly to: string
  readonly shows: RegExp
}

export const MUTANTS: readonly Mutant[] = [
  {
    fault: 'the idle end is ignored',
    file: 'core/expiry.ts',
    from: "if (expiresAt <= now) return 'idle-expired'",
    to: '',
    shows: /^5/,
  },
  {
    fault: 'the old record is deleted, and nothing leads from it',
    file: 'core/records.ts',
    from: 'return this.#replace({ key: known.key, record, body: EMPTY, pointer, stale: false }, known)',
    to: 'return record && (await this.delete(known)) ? { ...known, pointer } : undefined',
    shows: /^[12]/,
  },
  {
    fault: 'an end does not follow to where the session moved',
    file: 'core/moves.ts',
    from: 'known = await this.#records.read(known.pointer?.key ?? known.key)',
    to: 'if (known.pointer) return\n      known = await this.#records.read(known.key)',
    shows: /^2/,
  },
  {
    fault: 'every regeneration makes a successor of its own',
    file: 'core/moves.ts',
    from: "if (job.kind === 'replace' && (isDone || pointer.kind === 'signIn')) {",
    to: 'if (job.kind === "never") {',
    shows: /^[134]/,
  },
  {
    fault: 'a guest is told the id of the session that was signed in',
    file: 'core/moves.ts',
    from: 'job.id = isDone ? await this.#ids.open(pointer.sealed, at) : undefined',
    to: 'job.id = await this.#ids.open(pointer.sealed, at)',
    shows: /^3/,
  },
  {
    fault: 'own writes are not recognised',
    file: 'core/line.ts',
    from: 'known.body.writes.includes(write)',
    to: 'false',
    shows: /^1 doubled/,
  },
  {
    fault: 'an update is not run again on the fresh value',
    file: 'core/changes.ts',
    from: 'same(stored, change.base) ? change.entry : replay(key, stored, change.steps)',
    to: 'change.entry',
    shows: /^1 lost/,
  },
  {
    fault: 'what others wrote while the id changed is not taken along',
    file: 'core/moves.ts',
    from: 'if (made) made = await this.#rewrite(made, bodyOf(known), taken)',
    to: 'if (made) made = { ...made }',
    shows: /^1 lost/,
  },
  {
    fault: 'the old id goes on opening the session',
    file: 'core/stored.ts',
    from: "return known.pointer ? { refused: 'replaced', handle: key, ends: held } : held",
    to: 'if (known.pointer) { const at = await records.read(known.pointer.key); return at ? heldOf(at, id, false) : { refused: "unknown" } }\n    return held',
    shows: /^[36]/,
  },
  {
    fault: 'a write that was overtaken is not tried again',
    file: 'core/line.ts',
    from: '      if (written) {\n        for (const at of overwritten)',
    to: '      written ??= known\n      if (written) {\n        for (const at of overwritten)',
    shows: /^1 lost/,
  },
  {
    fault: 'a failed sign-out is told as done',
    file: 'core/moves.ts',
    from: 'if (!known.pointer && (await this.#records.delete(known))) return',
    to: 'if (!known.pointer && (await this.#records.delete(known).catch(() => true))) return',
    shows: /^2/,
  },
  {
    fault: 'the owner is not told to the store',
    file: 'core/records.ts',
    from: '{ ...life, ...(owner !== undefined && { owner }) },',
    to: '{ ...life, ...(owner === "" && { owner }) },',
    shows: /^9/,
  },
  {
    fault: 'an error of the store is passed on as it is',
    file: 'core/store-call.ts',
    from: 'throw error instanceof SessionError\n      ? error',
    to: 'throw error instanceof Error\n      ? error',
    shows: /^8/,
  },
  {
    fault: 'what a commit was refused for is told to nobody',
    file: 'core/committer.ts',
    from: "emit({ type: 'dropped', reason: dropped,",
    to: "if (String(dropped) === '') emit({ type: 'dropped', reason: dropped,",
    shows: /^[17]/,
  },
  {
    fault: 'a cookie is sent for a session that was ended meanwhile',
    file: 'core/stored.ts',
    from: "if ('dropped' in outcome) return { held: undefined, dropped: outcome.dropped }",
    to: "if ('dropped' in outcome) return begin(taken)",
    shows: /^[124]/,
  },
]

const here = dirname(fileURLToPath(import.meta.url))
/** Where the copies are. */
export const FOLDER: string = join(here, '../../.cache/search-mutants')

/** The engine of a copy, with its fault; without one, as it is. */
export async function engineOf(mutant: Mutant | undefined, name: string): Promise<Searched> {
  const copy = join(FOLDER, name)
  await mkdir(copy, { recursive: true })
  for (const room of ['core', 'crypto', 'stores', 'ticket', 'foreign', 'errors.ts']) {
    await cp(join(here, '../../src', room), join(copy, room), { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
  }
  if (mutant) {
    const path = join(copy, mutant.file)
    const parts = (await readFile(path, 'utf8')).split(mutant.from)
    if (parts.length !== 2)
      throw new Error(`${mutant.file} has not one place for the fault "${mutant.fault}": ${parts.length - 1}`)
    await writeFile(path, parts.join(mutant.to))
  }
  return (await import(join(copy, 'core/sessions.ts'))) as Searched
}
