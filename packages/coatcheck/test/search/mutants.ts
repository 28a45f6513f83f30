import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { engineOf as mutated, type Mutant as OneLine } from '../helpers/mutated.ts'
import type { DrawOptions } from './draw.ts'
import type { Searched } from './sites.ts'

/** A deliberate fault of the engine, made in a copy of its sources, and the kinds of violation that it must show as. */
export interface Mutant extends OneLine {
  readonly shows: RegExp
  /** What schedules it is looked for in; default all. */
  readonly drawing?: DrawOptions
}

export const MUTANTS: readonly Mutant[] = [
  {
    fault: 'V1: own writes are not recognised',
    file: 'core/model/attempts.ts',
    from: "if (found === 'not kept') continue",
    to: "if (found !== 'unknown') continue",
    shows: /^1 doubled/,
    drawing: { fault: 'twice' },
  },
  {
    fault: 'V1: writes are dropped from the log before their maker has the answer',
    file: 'core/model/writes.ts',
    from: 'else if (write.id !== answered) recent.push(write)',
    to: 'else if (answered === write.id && !answered) recent.push(write)',
    shows: /^1 doubled/,
    drawing: { fault: 'twice' },
  },
  {
    fault: 'V1: an update is not run again on the fresh value',
    file: 'core/model/changes.ts',
    from: 'same(stored, change.base) ? change.entry : replay(key, stored, change.steps, changes.shape)',
    to: 'change.entry',
    shows: /^1 lost/,
  },
  {
    fault: 'V1: what others wrote while the id changed is not taken along',
    file: 'core/persistence/stored/id-rotation.ts',
    from: '? await this.#fresh.rewrite(made, contents, changeSet)',
    to: '? made',
    shows: /^1 lost/,
  },
  {
    fault: 'V1: a write that was overtaken is not tried again',
    file: 'core/persistence/stored/commit-queue.ts',
    from: '    if (!saved) return undefined\n',
    to: '    saved ??= found\n    if (!saved) return undefined\n',
    shows: /^1 lost/,
  },
  {
    fault: 'V2: an end does not follow to where the session moved',
    file: 'core/persistence/stored/ends.ts',
    from: '        } else if (await this.#records.end(found)) {',
    to: '          return true\n        } else if (await this.#records.end(found)) {',
    shows: /^2/,
  },
  {
    fault: 'V3: that there is nothing proves an end, however old the request is',
    file: 'core/persistence/stored/ends.ts',
    from: 'if (!isFresh(request, this.#engine)) throw tooOld(this.#engine)\n    if (this.#records',
    to: 'if (this.#records',
    shows: /^[12]/,
    drawing: { only: 'RSWDO', lingers: true },
  },
  {
    fault: 'V4: the grace never ends',
    file: 'core/persistence/stored/replaced.ts',
    from: 'if (arrivedAt <= this.#records.graceEnd(forwarding))',
    to: 'if (arrivedAt > 0)',
    shows: /^6/,
  },
  {
    fault: 'V4: an old ticket shows what came after',
    file: 'core/persistence/stored/stored.ts',
    from: '((refused) => refused ?? loaded)',
    to: '(async (refused) => refused ?? { ...loaded, contents: (await records.read(forwarding.key))?.contents ?? loaded.contents })',
    shows: /^[36]/,
  },
  {
    fault: 'V4: whoever follows is told the new id',
    file: 'core/persistence/stored/id-rotation.ts',
    from: "if (commit.kind !== 'move') return isOthers ? { dropped: 'ended' } : { commit, target }",
    to: "if (commit.kind !== 'move') return { commit, target, id: (await this.#ids.open(sealed, at)) as string }",
    shows: /^3/,
  },
  {
    fault: 'V5: the old record is deleted, and nothing leads from it',
    file: 'core/persistence/stored/records.ts',
    from: 'return (await this.replace(known, text, { expiresAt, keepUntil, tells: true }, undefined)) !== undefined',
    to: "return text !== '' && expiresAt > 0 && this.end(known)",
    shows: /^[12]/,
  },
  {
    fault: 'V6: a renewal is told the id that another made',
    file: 'core/persistence/stored/id-rotation.ts',
    from: 'return { overtaken: true }',
    to: 'return { commit: update, target, id: (await this.#ids.open(sealed, at)) as string }',
    shows: /^3/,
  },
  {
    fault: 'V6: what a renewal stores goes to where another moved the session',
    file: 'core/persistence/stored/id-rotation.ts',
    from: "    if (!isThere || !isEmpty(changes)) throw overtaken('Another request gave the session a new id')\n    return { overtaken: true }",
    to: '    return { commit: update, target }',
    shows: /^3/,
  },
  {
    fault: 'V6: a sign-in joins that of anybody',
    file: 'core/persistence/stored/id-rotation.ts',
    from: "if (kind !== 'signIn' || !isThere)",
    to: "if (kind !== 'signIn')",
    shows: /^[23]/,
  },
  {
    fault: 'V7: a ticket is sent although it was replaced meanwhile',
    file: 'core/persistence/stored/stored.ts',
    from: 'if (!isOwn && !(await ends',
    to: "if (loaded.id === '' && !(await ends",
    shows: /^4/,
    drawing: { only: 'WRS', rotates: true },
  },
  {
    fault: 'V8: the new record is removed although what leads to it may still land',
    file: 'core/persistence/stored/id-rotation.ts',
    from: '(await this.#records.update(found, found.contents, found.record))',
    to: 'there',
    shows: /^[127]/,
    drawing: { only: 'RSW', fault: 'late' },
  },
  {
    fault: 'V9: a sign-out with an old ticket says that it is done',
    file: 'core/persistence/stored/replaced.ts',
    from: 'return { ...refused, alarm, cannotEnd, ...(mayOverwrite && { blocked: cannotEnd }) }',
    to: 'return mayOverwrite ? { ...refused, alarm } : { ...refused, alarm, cannotEnd }',
    shows: /^[24]/,
    drawing: { only: 'SDO' },
  },
  {
    fault: 'V9: a write with a ticket that is blocked begins a session',
    file: 'core/request/commit.ts',
    from: ': ((move ? undefined : this.#blocked) ?? (ended',
    to: ': (undefined ?? (ended',
    shows: /^4/,
  },
  {
    fault: "V9: a ticket of an unknown secret is a stranger's at once",
    file: 'core/request/load.ts',
    from: '!unknownKeys?.mayBeNew(ticket, now())) return undefined',
    to: "!unknownKeys?.mayBeNew(ticket, now()) || ticket !== '') return undefined",
    shows: /^[24]/,
  },
  {
    fault: 'V10: a sign-out leaves what is over by this clock',
    file: 'core/request/load.ts',
    from: 'if (ends) this.#over.push(ends)',
    to: 'if (ends && error) this.#over.push(ends)',
    shows: /^2/,
    drawing: { only: 'WDO' },
  },
  {
    fault: 'V10: a session begins beside one that is over by this clock only',
    file: 'core/persistence/stored/stored.ts',
    from: "else if (plan === 'create') await ends.clearAway(each.known)",
    to: '',
    shows: /^[45]/,
    drawing: { only: 'WS' },
  },
  {
    fault: 'V11: what is young ends without a marker',
    file: 'core/persistence/stored/records.ts',
    from: 'if (now >= young) return',
    to: 'if (young > 0) return',
    shows: /^2/,
    drawing: { only: 'RSDO', fault: 'doubled' },
  },
  {
    fault: 'V12: everybody who finds an old ticket used reports it',
    file: 'core/persistence/stored/records.ts',
    from: 'return await this.forward(known, { ...to, replayed: mark })',
    to: 'return [await this.forward(known, { ...to, replayed: mark })].length > 0',
    shows: /^6 replayed/,
    drawing: { only: 'RSN' },
  },
  {
    fault: 'V12: the old ticket of a guest ends the session of who signed in',
    file: 'core/persistence/stored/replaced.ts',
    from: "if (onReplay === 'report' || owner === undefined || owner !== target.record.owner) return { alarm }",
    to: "if (onReplay === 'report') return { alarm }",
    shows: /^[17]/,
    drawing: { only: 'RSN' },
  },
  {
    fault: 'the idle end is ignored',
    file: 'core/model/lifetime.ts',
    from: "if (expiresAt <= now) return 'idle-expired'",
    to: '',
    shows: /^5/,
  },
  {
    fault: 'C7: a touch revives what has ended by time',
    file: 'core/persistence/stored/stored.ts',
    from: 'if (loaded.isReplaced || isOver(loaded.lifetime, engine.now())) return { loaded }',
    to: 'if (loaded.isReplaced) return { loaded }',
    shows: /^5/,
  },
  {
    fault: 'C7: a write revives what has ended by time',
    file: 'core/persistence/stored/commit-batches.ts',
    from: 'isLive = found !== undefined && !found.forwarding && !isOver(found.record, now())',
    to: 'isLive = found !== undefined && !found.forwarding',
    shows: /^5/,
  },
  {
    fault: 'V10: a session that another went on with is over by what was read before',
    file: 'core/persistence/stored/commit-batches.ts',
    from: 'let found = unlessOver(from, now())\n    let isLive = found !== undefined && !found.forwarding\n',
    to: 'let found = from\n    let isLive = found !== undefined && !found.forwarding && !isOver(found.record, now())\n',
    shows: /^1 dropped/,
    drawing: { only: 'W', lingers: true },
  },
  {
    fault: 'C8: a flash value that was read stays',
    file: 'core/model/changes.ts',
    from: 'if (changes.flashRead.has(id)) flash.delete(key)',
    to: "if (changes.flashRead.has(id) && key === '') flash.delete(key)",
    shows: /^1 flash/,
  },
  {
    fault: 'a failed sign-out is told as done',
    file: 'core/persistence/stored/ends.ts',
    from: '} else if (await this.#records.end(found)) {',
    to: '} else if (await this.#records.end(found).catch(() => true)) {',
    shows: /^2/,
  },
  {
    fault: 'the owner is not told to the store',
    file: 'core/persistence/stored/records.ts',
    from: '{ ...lifetime, ...(owner !== undefined && { owner }) }',
    to: "{ ...lifetime, ...(owner === '' && { owner }) }",
    shows: /^9/,
  },
  {
    fault: 'an error of the store is passed on as it is',
    file: 'core/persistence/store-call.ts',
    from: 'cause instanceof SessionError ? cause :',
    to: 'cause instanceof Error ? (cause as SessionError) :',
    shows: /^8/,
  },
  {
    fault: 'what a commit was refused for is told to nobody',
    file: 'core/request/commit.ts',
    from: "      emit(\n        { type: 'dropped', reason: dropped,",
    to: "      if (String(dropped) === '') emit(\n        { type: 'dropped', reason: dropped,",
    shows: /^[17]/,
  },
  {
    fault: 'a cookie is sent for a session that was ended meanwhile',
    file: 'core/persistence/stored/stored.ts',
    from: "if ('dropped' in outcome) return { loaded: undefined, dropped: outcome.dropped }",
    to: "if ('dropped' in outcome) return begin(EMPTY, changeSet)",
    shows: /^[124]/,
  },
]

const here = dirname(fileURLToPath(import.meta.url))
/** Where the copies are. */
export const FOLDER: string = join(here, '../../.cache/search-mutants')

/** The engine of a copy, with its fault; without one, as it is. */
export const engineOf = (mutant: Mutant | undefined, name: string): Promise<Searched> => mutated(mutant, join(FOLDER, name))
