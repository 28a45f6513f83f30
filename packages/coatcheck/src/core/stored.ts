import { randomText } from '../crypto/random.ts'
import type { Store } from '../stores/store.ts'
import { Adoptions } from './adoptions.ts'
import { type Body, EMPTY } from './body.ts'
import { apply } from './changes.ts'
import { CommitQueue } from './commit-queue.ts'
import { Ends } from './ends.ts'
import {
  type Circumstances,
  type Engine,
  type Foreign,
  type Held,
  type Keeper,
  ownedBy,
  type Refused,
  type Saved,
  type Taken,
} from './engine.ts'
import { born, isOver, lifeFault, lifeUnder, policyOf, rolls, seen, slideIsDue } from './expiry.ts'
import { type Made, Moves } from './moves.ts'
import { overtaken, perhapsEvicted, unreadable } from './pending.ts'
import type { Plan } from './plan.ts'
import { Records, type VersionedRecord } from './records.ts'
import { ReplacedTickets } from './replaced.ts'
import { StoredTickets } from './stored-tickets.ts'

interface StoredHeld extends Held {
  readonly known: VersionedRecord
  /** The session's id: the secret. */
  readonly id: string
  /** Another request gave the session a new id, which this one wanted to do: nothing more of it may be stored. */
  readonly overtaken?: true
}

/** Not in the store yet: another library keeps it. */
interface Elsewhere extends Held {
  /** What only its visitor can present, where there is something of that kind. */
  readonly unique: string | undefined
}

type AnyHeld = StoredHeld | Elsewhere

const NOTHING = { changes: { values: new Map(), flash: new Map(), flashRead: new Set<string>() }, move: undefined }

/** Sessions in a store: the ticket is a random id, with a MAC when there are secrets; the record's key is the id's digest. */
export function storedKeeper(store: Store, engine: Engine): Keeper<AnyHeld> {
  const tickets = new StoredTickets(engine)
  const records = new Records(store, engine)
  const ends = new Ends(records, engine)
  const moves = new Moves(records, engine, tickets, ends)
  const queue = new CommitQueue(records, engine, moves, ends)
  const replaced = new ReplacedTickets(records, engine, ends)
  const adoptions = new Adoptions(records, engine)

  const heldOf = (known: VersionedRecord, id: string, stale: boolean): StoredHeld => ({
    handle: known.key,
    body: known.body,
    life: known.forwarding || known.fault ? known.record : lifeUnder(known.record, known.body, engine.policy),
    known,
    id,
    stale,
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

  async function adopt({ unique, body, life, isGone }: Foreign): Promise<AnyHeld | Refused> {
    const handle = await adoptions.keyOf(unique ?? randomText(18))
    const id = unique === undefined ? undefined : await adoptions.follow(unique)
    if (id === undefined && isGone) return { refused: 'unknown', handle }
    if (id === undefined) return { unique, body, life, handle, stale: true, foreign: true }
    return id === '' ? { refused: 'unknown', handle } : findById(id, true, engine.now())
  }

  async function commit(
    plan: Plan,
    held: AnyHeld | undefined,
    taken: Taken,
    request: Circumstances,
    over: readonly AnyHeld[] = [],
  ): Promise<Saved> {
    const isEnd = plan === 'end' || plan === 'end+create'
    for (const each of over) {
      if (!('known' in each)) continue
      if (isEnd) await ends.end({ request }, each.known)
      else if (plan === 'create') await ends.clearAway(each.known)
    }
    if (!held) return plan === 'end' ? { held: undefined } : begin(taken)
    if ('unique' in held) return moveIn(plan, held, taken, request)
    if (plan === 'touch') return touch(held, taken, request)
    if (held.overtaken && plan === 'update') throw overtaken('Another request gave the session a new id')
    const kind = plan === 'update' ? 'update' : plan === 'replace' ? 'move' : 'end'
    const outcome = await queue.commit({ kind, taken, request, since: engine.now() }, held.known)
    if (isEnd) return plan === 'end' ? { held: undefined } : begin(taken)
    if ('overtaken' in outcome) return { held: { ...held, overtaken: true } as StoredHeld }
    if ('dropped' in outcome) return { held: undefined, dropped: outcome.dropped }
    const { kept, id, isOwn = false } = outcome
    // Whoever followed to another key without being told its id goes on seeing what it saw, never what is there now.
    if (kept.key !== held.known.key && id === undefined) {
      return { held: { ...held, body: apply(held.body, taken.changes, engine.now(), () => {}) } }
    }
    if (id !== undefined) return give(heldOf(kept, id, false), isOwn)
    const asked = taken.changes.lasts !== undefined || taken.renews === true
    const isDue = rolls(kept.body, engine.policy) && slideIsDue(held.life, policyOf(held.body, engine.policy), engine.now())
    return asked || (request.mayResend && (held.stale || isDue))
      ? give(heldOf(kept, held.id, false), asked)
      : { held: heldOf(kept, held.id, held.stale) }
  }

  /** Sends the ticket, unless the session has moved on meanwhile: the visitor may hold the newer one already. */
  async function give(held: StoredHeld, isOwn: boolean): Promise<Saved> {
    if (!isOwn && !(await ends.isCurrent(await tickets.keyOf(held.id)))) return { held }
    return { held, ticket: await tickets.ticketOf(held.id) }
  }

  async function begin(taken: Taken): Promise<Saved> {
    const made = await make(EMPTY, taken)
    return give(heldOf(made, made.id, false), true)
  }

  async function make(from: Body, taken: Taken, createdAt = engine.now()): Promise<Made> {
    const body = ownedBy(
      apply(from, taken.changes, engine.now(), () => {}),
      taken,
    )
    return moves.begin(body, { ...born(policyOf(body, engine.policy), engine.now()), createdAt }, taken)
  }

  /** What another library kept is kept here from now on, or ended; whoever comes second goes on with what the first one made. */
  async function moveIn(plan: Plan, held: Elsewhere, taken: Taken, request: Circumstances): Promise<Saved> {
    const { unique } = held
    const leadsTo = async (id: string, key: string) => unique === undefined || adoptions.point(unique, id, key)
    const isEnd = plan === 'end' || plan === 'end+create'
    if (unique === undefined || (await adoptions.follow(unique)) === undefined) {
      if (isEnd && (await leadsTo('', held.handle))) return plan === 'end' ? { held: undefined } : begin(taken)
      if (!isEnd) {
        // A new id is a second step: the old ticket leads to what there was, and must not open what a sign-in makes of it.
        const isMove = plan === 'replace'
        const made = await make(held.body, isMove ? { ...taken, ...NOTHING } : taken, held.life.createdAt)
        // A client that resends after a lost answer finds the way taken by itself.
        if ((await leadsTo(made.id, made.key)) || (await adoptions.follow(unique as string)) === made.id) {
          const there = heldOf(made, made.id, false)
          return isMove ? commit(plan, there, taken, request) : give(there, true)
        }
        await ends.end({ request }, made)
      }
    }
    const id = unique === undefined ? undefined : await adoptions.follow(unique)
    const known = id ? await records.read(await tickets.keyOf(id)) : undefined
    if (known && id) return commit(plan, { ...heldOf(known, id, true), body: held.body }, taken, request)
    if (plan === 'end+create') return begin(taken)
    return { held: undefined, ...(plan !== 'end' && { dropped: 'ended' }) }
  }

  async function touch(held: StoredHeld, taken: Taken, request: Circumstances): Promise<Saved> {
    if (held.known.forwarding) return { held }
    const life = seen(held.life, policyOf(held.body, engine.policy), engine.now())
    // A cookie that ends with the idle end goes on with it.
    const isRolling = rolls(held.body, engine.policy)
    const moved = await (isRolling ? records.update(held.known, held.body, life) : records.touch(held.known, life))
    // Whoever was faster has said to the visitor what there is to say.
    if (!moved) return { held }
    const resends = (request.mayResend || taken.renews) && (isRolling || held.stale)
    return resends ? give(heldOf(moved, held.id, false), false) : { held: heldOf(moved, held.id, held.stale) }
  }

  return { kind: 'stored', find, adopt, commit }
}
