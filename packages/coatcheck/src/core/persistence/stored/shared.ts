import type { ChangeSet, Circumstances, Engine, SharedContents } from '../../engine.ts'
import { Attempts } from '../../model/attempts.ts'
import type { Edit } from '../../model/changes.ts'
import { isOver } from '../../model/lifetime.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { Ends } from './ends.ts'
import { isFresh, overtaken, type PendingCommit, readable, tooOld } from './pending-commit.ts'
import type { Records, VersionedRecord } from './records.ts'

interface Held {
  readonly known: VersionedRecord
  /** Another request gave the session a new id, which this one wanted to do. */
  readonly overtaken?: true
}

/** What the requests of one stored session share beside their commits: they follow it to a new id, and to nobody else's session. */
export function sharedContents(records: Records, queue: CommitQueue, ends: Ends, engine: Engine): SharedContents<Held> {
  const check = (held: Held, { contents }: Pick<VersionedRecord, 'contents'>): void => {
    if (held.overtaken || held.known.contents.owner !== contents.owner)
      throw overtaken('Somebody signed in, or gave the session a new id,')
  }
  const commitOf = (request: Circumstances, attempts: Attempts, edit?: Edit): PendingCommit => {
    const shape = engine.shaping?.shape
    const changes = { ...NO_CHANGES, ...(edit && { edit }), ...(shape && { shape }) }
    return { kind: 'update', changeSet: { ...CHANGE_SET, attempts, changes }, request, since: engine.now() }
  }
  return {
    async look(held, request) {
      let found = readable(await records.read(held.known.key))
      while (found?.forwarding) {
        if (!isFresh(request, engine)) throw tooOld(engine)
        found = readable(await records.read(found.forwarding.key))
      }
      if (!found || isOver(found.record, engine.now())) {
        ends.gone(commitOf(request, new Attempts())) // throws where that proves nothing
        return undefined
      }
      check(held, found)
      return found
    },
    async edit(held, request, edit, attempts) {
      const checked: Edit = (values, contents) => {
        check(held, { contents })
        edit(values, contents)
      }
      const outcome = await queue.commit(commitOf(request, attempts, checked), held.known)
      return 'kept' in outcome ? outcome.kept : undefined
    },
  }
}

const NO_CHANGES = { values: new Map(), flash: new Map(), flashRead: new Set<string>() }
const CHANGE_SET: Omit<ChangeSet, 'attempts' | 'changes'> = {
  move: undefined,
  ended: false,
  begins: false,
}
