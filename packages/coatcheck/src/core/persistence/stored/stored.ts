import type { Store } from '../../../stores/store.ts'
import { Adoptions } from '../../migration/adoptions.ts'
import { type Body, EMPTY } from '../../model/contents.ts'
import { apply } from '../../model/changes.ts'
import { CommitQueue } from './commit-queue.ts'
import { Ends } from './ends.ts'
import {
  type Circumstances,
  type Engine,
  type Held,
  type Keeper,
  ownedBy,
  type Refused,
  type Saved,
  type Taken,
} from '../../engine.ts'
import { born, isOver, lifeFault, lifeUnder, policyOf, rolls, seen, slideIsDue } from '../../model/lifetime.ts'
import { type Begun, type Elsewhere, migrating } from '../../migration/migration.ts'
import { type Made, Moves } from './id-rotation.ts'
import { overtaken, perhapsEvicted, unreadable } from './pending-commit.ts'
import type { Plan } from '../../model/plan.ts'
import { Records, type VersionedRecord } from './records.ts'
import { ReplacedTickets } from './replaced.ts'
import { StoredTickets } from './stored-tickets.ts'
import { Turns } from './turns.ts'

interface StoredHeld extends Held {
  readonly known: VersionedRecord
  /** The session's id: the secret. */
  readonly id: string
  /** Another request gave the session a new id, which this one wanted to do: nothing more of it may be stored. */
  readonly overtaken?: true
}

/** Sessions in a store: the ticket is a random id, with a MAC when there are secrets; the record's key is the id's digest. */
export function storedKeeper(store: Store, engine: Engine): Keeper<StoredHeld | Elsewhere> {
  const tickets = new StoredTickets(engine)
  const records = new Records(store, engine)
  const turns = new Turns(records, engine)
  const ends = new Ends(records, engine, turns)
  const moves = new Moves(records, engine, tickets, ends, turns)
  const queue = new CommitQueue(records, engine, moves, ends, turns)
  const replaced = new ReplacedTickets(records, engine, ends)

  const heldOf = (known: VersionedRecord, id: string, stale: boolean): StoredHeld => ({
    handle: known.key,
    body: known.body,
    life: known.forwarding || known.fault ? known.record : lifeUnder(known.record, known.body, engine.policy),
    known,
    id,
    stale,
    ...(known.forwarding && { isReplaced: true, leadsTo: known.forwarding.key }),
  })

  async function find(ticket: string, _: unknown, arrivedAt: number): Promise<StoredHeld | Refused> {
    const shown = await tickets.idOf(ticket)
    return 'refused' in shown ? shown : findById(shown.id, shown.stale, arrivedAt)
  }

  async function findById(id: string, stale: boolean, arrivedAt: number): Promise<StoredHeld | Refused> {
    const handle = await tickets.keyOf(id)
    const known = await records.read(handle)
    if (!known) return { refused: 'unknown', handle, ...(store.evicts && { cannotEnd: perhapsEvicted() }) }
    const held = heldOf(known, id, stale)
    const { fault, error, record } = known
    if (fault) {
      const blocks =
        fault === 'unknown-version' || (fault === 'unknown-key' && engine.unknownKeys?.mayBeNew(record.data, arrivedAt))
      return { refused: fault, handle, ...(error && { error }), ...(blocks && { blocked: unreadable(known) }) }
    }
    if (known.forwarding) return (await replaced.judge(known, known.forwarding, arrivedAt)) ?? held
    const refused = lifeFault(record, engine.now()) ?? lifeFault(held.life, engine.now())
    return refused ? { refused, handle, ...(isOver(held.life, engine.now()) && { ends: held }) } : held
  }

  /** The session of this id, wherever it is now, as a request saw it before it was kept here. */
  async function resume(id: string, body: Body): Promise<StoredHeld | undefined> {
    const known = await records.read(await tickets.keyOf(id))
    return known && { ...heldOf(known, id, true), body }
  }

  async function commit(
    plan: Plan,
    held: StoredHeld | undefined,
    taken: Taken,
    request: Circumstances,
    over: readonly StoredHeld[],
  ): Promise<Saved> {
    const isEnd = plan === 'end' || plan === 'end+create'
    for (const each of over) {
      if (isEnd) await ends.end({ request }, each.known)
      else if (plan === 'create') await ends.clearAway(each.known)
    }
    if (!held) return plan === 'end' ? { held: undefined } : begin(EMPTY, taken)
    if (plan === 'touch') return touch(held, taken, request)
    if (held.overtaken && plan === 'update') throw overtaken('Another request gave the session a new id')
    const kind = plan === 'update' ? 'update' : plan === 'replace' ? 'move' : 'end'
    const outcome = await queue.commit({ kind, taken, request, since: engine.now() }, held.known)
    if (isEnd) return plan === 'end' ? { held: undefined } : begin(EMPTY, taken)
    if ('overtaken' in outcome) return { held: { ...held, isReplaced: true, overtaken: true } as StoredHeld }
    if ('dropped' in outcome) return { held: undefined, dropped: outcome.dropped }
    const { kept, id, isOwn = false } = outcome
    // Whoever followed to another key without being told its id goes on seeing what it saw, never what is there now.
    if (kept.key !== held.known.key && id === undefined) {
      return { held: { ...held, isReplaced: true, body: apply(held.body, taken.changes, engine.now(), () => {}) } }
    }
    if (id !== undefined) return give(heldOf(kept, id, false), isOwn)
    // The id that it joined was given up: it is told none in a later commit either.
    if (held.isReplaced) return { held: { ...heldOf(kept, held.id, held.stale), isReplaced: true } }
    const asked = taken.changes.lasts !== undefined || taken.renews === true
    const isDue = rolls(kept.body, engine.policy) && slideIsDue(held.life, policyOf(held.body, engine.policy), engine.now())
    return asked || (request.mayResend && (held.stale || isDue))
      ? { ...(await give(heldOf(kept, held.id, false), asked)), repeats: !asked }
      : { held: heldOf(kept, held.id, held.stale) }
  }

  /** Sends the ticket, unless the session has moved on meanwhile: the visitor may hold the newer one already. */
  async function give(held: StoredHeld, isOwn: boolean): Promise<Saved> {
    if (!isOwn && !(await ends.isCurrent(await tickets.keyOf(held.id), true))) return { held: { ...held, isReplaced: true } }
    return { held, ticket: await tickets.ticketOf(held.id) }
  }

  async function begin(from: Body, taken: Taken, createdAt?: number): Promise<Begun<StoredHeld>> {
    const made = await make(from, taken, createdAt)
    return { id: made.id, held: heldOf(made, made.id, false), ticket: await tickets.ticketOf(made.id) }
  }

  async function make(from: Body, taken: Taken, createdAt = engine.now()): Promise<Made> {
    const body = ownedBy(
      apply(from, taken.changes, engine.now(), () => {}),
      taken,
    )
    return moves.begin(body, { ...born(policyOf(body, engine.policy), engine.now()), createdAt }, taken)
  }

  async function touch(held: StoredHeld, taken: Taken, request: Circumstances): Promise<Saved> {
    // What has ended while the request was under way does not come back.
    if (held.isReplaced || isOver(held.life, engine.now())) return { held }
    const life = seen(held.life, policyOf(held.body, engine.policy), engine.now())
    // A cookie that ends with the idle end goes on with it.
    const isRolling = rolls(held.body, engine.policy)
    const moved = await (isRolling ? records.update(held.known, held.body, life) : records.touch(held.known, life))
    // Whoever was faster has said to the visitor what there is to say.
    if (!moved) return { held, overtaken: true }
    const resends = (request.mayResend || taken.renews) && (isRolling || held.stale)
    return resends
      ? { ...(await give(heldOf(moved, held.id, false), false)), repeats: true }
      : { held: heldOf(moved, held.id, held.stale) }
  }

  // What the visitor has already is not sent again where it may undo a sign-in.
  const isCurrent = (held: StoredHeld | Elsewhere) => ends.isCurrent(held.handle, false)

  return { kind: 'stored', find, isCurrent, ...migrating({ findById, resume, begin, commit }, new Adoptions(records, engine)) }
}
