import { decode, encode } from '../../../crypto/base64url.ts'
import { digest } from '../../../crypto/digest.ts'
import { andThen, type Maybe } from '../../../crypto/maybe.ts'
import { randomBytes } from '../../../crypto/random.ts'
import { Recent } from '../../../recent.ts'
import type { Store } from '../../../stores/store.ts'
import type {
  ChangeSet,
  Circumstances,
  Engine,
  LoadedSession,
  Persistence,
  Refused,
  Saved,
  SharedContents,
} from '../../engine.ts'
import { type Elsewhere, type Home, migrating } from '../../migration/migration.ts'
import { apply } from '../../model/changes.ts'
import { type Contents, EMPTY } from '../../model/contents.ts'
import {
  cookieIsDue,
  extended,
  isOver,
  type Lifetime,
  lifeAt,
  lifeUnder,
  newLifetime,
  policyOf,
  rolls,
} from '../../model/lifetime.ts'
import { moved } from '../../model/moves.ts'
import { ownersIn } from '../../owners/stored.ts'
import { CommitQueue } from './commit-queue.ts'
import { Ends } from './ends.ts'
import { mergesUnseen, withExisting } from './existing.ts'
import { IdRotation } from './id-rotation.ts'
import { NewRecords } from './new-records.ts'
import { absent, hasNewId, type Outcome, overtaken, readable, unreadable } from './pending-commit.ts'
import { Records, type VersionedRecord } from './records.ts'
import { ReplacedTickets } from './replaced.ts'
import { sharedContents } from './shared.ts'
import { Turns } from './turns.ts'

interface StoredHeld extends LoadedSession {
  readonly known: VersionedRecord
  /** The session's id: the secret. */
  readonly id: string
  /** Another request gave the session a new id, which this one wanted to do: nothing more of it may be stored. */
  readonly overtaken?: true
}

/** Sessions in a store: the ticket is a random id, with a MAC when there are secrets; the record's key is the id's digest. */
export function storedPersistence(store: Store, engine: Engine, given?: Records): Persistence<StoredHeld | Elsewhere> {
  const records = given ?? new Records(store, engine)
  const tickets = new StoredTickets(engine)
  const turns = new Turns(records, engine)
  const ends = new Ends(records, engine, turns)
  const { owners, admission, adoptions } = ownersIn(records, engine, ends)
  const fresh = new NewRecords(records, engine, tickets, admission)
  const rotation = new IdRotation(records, engine, tickets, ends, turns, fresh)
  const queue = new CommitQueue(records, engine, rotation, ends, turns)
  const replaced = new ReplacedTickets(records, engine, ends)

  const heldOf = (known: VersionedRecord, id: string, stale: boolean, lifetime?: Lifetime): StoredHeld => ({
    handle: known.key,
    contents: known.contents,
    lifetime:
      lifetime ?? (known.forwarding || known.fault ? known.record : lifeUnder(known.record, known.contents, engine.policy)),
    known,
    id,
    stale,
    ...(known.forwarding && { isReplaced: true, leadsTo: known.forwarding.key }),
  })

  function find(ticket: string, _: unknown, arrivedAt: number, onlyLooks?: boolean): Maybe<StoredHeld | Refused> {
    return andThen(tickets.shownBy(ticket), (shown) => ('refused' in shown ? shown : findAt(shown, arrivedAt, onlyLooks)))
  }

  function findAt(shown: Shown, arrivedAt: number, onlyLooks?: boolean): Maybe<StoredHeld | Refused> {
    return andThen(records.read(shown.key), (known) =>
      known ? judged(known, shown, arrivedAt, onlyLooks) : absent(shown.key, store),
    )
  }

  const findById = (id: string, stale: boolean, arrivedAt: number, onlyLooks?: boolean): Maybe<StoredHeld | Refused> =>
    andThen(tickets.keyOf(id), (key) => findAt({ id, key, stale }, arrivedAt, onlyLooks))

  function judged(
    known: VersionedRecord,
    { id, stale }: Shown,
    arrivedAt: number,
    onlyLooks?: boolean,
  ): Maybe<StoredHeld | Refused> {
    const { key: handle, fault, error, record, forwarding } = known
    if (fault) {
      const blocks =
        fault === 'unknown-version' || (fault === 'unknown-key' && engine.unknownKeys?.mayBeNew(record.data, arrivedAt))
      return { refused: fault, handle, ...(error && { error }), ...(blocks && { blocked: unreadable(known) }) }
    }
    if (forwarding) {
      const loaded = heldOf(known, id, stale)
      return replaced.judge(known, forwarding, arrivedAt, onlyLooks).then((refused) => refused ?? loaded)
    }
    const now = engine.now()
    const { lifetime, refused } = lifeAt(record, known.contents, engine.policy, now)
    const loaded = heldOf(known, id, stale, lifetime)
    return refused ? { refused, handle, ...(isOver(lifetime, now) && { ends: loaded }) } : loaded
  }

  async function again(loaded: StoredHeld): Promise<StoredHeld | undefined> {
    let found = readable(await records.read(loaded.known.key))
    while (found?.forwarding?.kind === 'regenerate') found = readable(await records.read(found.forwarding.key))
    if (!found || found.forwarding) return undefined
    const next = heldOf(found, loaded.id, loaded.stale)
    if (isOver(next.lifetime, engine.now())) return undefined
    if (found.key !== loaded.known.key) throw hasNewId()
    return next
  }

  /** The session of this id, wherever it is now, as a request saw it before it was kept here. */
  async function resume(id: string, contents: Contents): Promise<StoredHeld | undefined> {
    const known = await records.read(await tickets.keyOf(id))
    return known && { ...heldOf(known, id, true), contents }
  }

  const commit: Persistence<StoredHeld>['commit'] = (plan, loaded, changeSet, request, over) => {
    if (plan === 'touch' && loaded) return touch(loaded, changeSet, request)
    if (plan !== 'update' || !loaded) return endOrBegin(plan, loaded, changeSet, request, over)
    if (loaded.overtaken) throw overtaken('Another request gave the session a new id')
    return carryOut('update', loaded, changeSet, request)
  }

  const endOrBegin: Persistence<StoredHeld>['commit'] = async (plan, loaded, changeSet, request, over) => {
    const isEnd = plan === 'end' || plan === 'end+create'
    for (const each of over) {
      if (isEnd) await ends.end({ request, changeSet }, each.known)
      else if (plan === 'create') await ends.clearAway(each.known)
    }
    if (loaded && !isEnd) return carryOut('move', loaded, changeSet, request)
    if (loaded) await queue.commit({ kind: 'end', changeSet, request, since: engine.now() }, loaded.known)
    return plan === 'end' ? { loaded: undefined } : begin(EMPTY, changeSet, request)
  }

  function carryOut(kind: 'update' | 'move', loaded: StoredHeld, changeSet: ChangeSet, request: Circumstances): Maybe<Saved> {
    const now = engine.now()
    const outcome = queue.commit({ kind, changeSet, request, since: now }, loaded.known)
    return outcome instanceof Promise
      ? outcome.then((later) => saved(later, loaded, changeSet, request, engine.now()))
      : saved(outcome, loaded, changeSet, request, now)
  }

  function saved(outcome: Outcome, loaded: StoredHeld, changeSet: ChangeSet, request: Circumstances, now: number): Maybe<Saved> {
    if ('overtaken' in outcome) return { loaded: { ...loaded, isReplaced: true, overtaken: true } as StoredHeld }
    if ('dropped' in outcome) return { loaded: undefined, dropped: outcome.dropped }
    const { kept, id } = outcome
    // A request that wrote under a new id without being told it goes on with what it saw, never with the new record.
    if (kept.key !== loaded.known.key && id === undefined) {
      return {
        loaded: { ...loaded, isReplaced: true, contents: apply(loaded.contents, changeSet.changes, now, () => {}) },
      }
    }
    if (id !== undefined) return give(heldOf(kept, id, false), outcome.isOwn === true)
    // Another request replaced the id that this one joined: a later commit tells it no id either.
    if (loaded.isReplaced) return { loaded: { ...heldOf(kept, loaded.id, loaded.stale), isReplaced: true } }
    const asked = changeSet.changes.lasts !== undefined || changeSet.renews === true
    const isDue = loaded.stale || cookieIsDue(loaded.lifetime, loaded.contents, kept.contents, engine.policy, now)
    if (!asked && !(isDue && request.mayResend)) return { loaded: heldOf(kept, loaded.id, loaded.stale) }
    return give(heldOf(kept, loaded.id, false), asked).then((given) => ({ ...given, repeats: !asked }))
  }

  /** Sends the ticket, unless the session has a newer id: the visitor may hold that ticket already. */
  async function give(loaded: StoredHeld, isOwn: boolean): Promise<Saved> {
    if (!isOwn && !(await ends.isCurrent(await tickets.keyOf(loaded.id), true)))
      return { loaded: { ...loaded, isReplaced: true } }
    return { loaded, ticket: await tickets.ticketOf(loaded.id) }
  }

  const begin: Home<StoredHeld>['begin'] = async (from, changeSet, request, createdAt = engine.now()) => {
    const contents = moved(from, changeSet, engine.now())
    const lifetime = { ...newLifetime(policyOf(contents, engine.policy), engine.now()), createdAt }
    const made = await fresh.begin(contents, lifetime, changeSet, request)
    return { id: made.id, loaded: heldOf(made, made.id, false), ticket: await tickets.ticketOf(made.id) }
  }

  async function touch(loaded: StoredHeld, changeSet: ChangeSet, request: Circumstances): Promise<Saved> {
    // A session that ended while the request was under way does not come back.
    if (loaded.isReplaced || isOver(loaded.lifetime, engine.now())) return { loaded }
    const lifetime = extended(loaded.lifetime, policyOf(loaded.contents, engine.policy), engine.now())
    // A cookie that ends with the idle end is given again when that moves.
    const isRolling = rolls(loaded.contents, engine.policy)
    const moved = await (isRolling
      ? records.update(loaded.known, loaded.contents, lifetime)
      : records.touch(loaded.known, lifetime))
    // The faster request has given the visitor the ticket.
    if (!moved) return { loaded, overtaken: true }
    const resends = (request.mayResend || changeSet.renews) && (isRolling || loaded.stale)
    return resends
      ? { ...(await give(heldOf(moved, loaded.id, false), false)), repeats: true }
      : { loaded: heldOf(moved, loaded.id, loaded.stale) }
  }

  // A ticket that the visitor has already is not sent again if it could undo a sign-in.
  const isCurrent = (loaded: StoredHeld | Elsewhere) => ends.isCurrent(loaded.handle, false)

  const migration = migrating({ findById, resume, begin, commit }, adoptions)
  const shared: SharedContents<StoredHeld> = sharedContents(records, queue, ends, engine)
  const commitOther: typeof migration.commit = (plan, loaded, changeSet, request, over) =>
    mergesUnseen(changeSet)
      ? withExisting(changeSet, records, engine).then((seen) => migration.commit(plan, loaded, seen, request, over))
      : migration.commit(plan, loaded, changeSet, request, over)
  return {
    kind: 'stored',
    owners,
    find,
    reserve: () => andThen(tickets.make(), (made) => ({ ...made, owner: undefined })),
    isCurrent,
    ...((store.consistency ?? 'strong') === 'strong' && { shared }),
    live: {
      store,
      engine,
      read: (key) => records.read(key),
      ...(!given && { given: (key, found) => records.given(key, found) }),
    },
    again: async (loaded) => ('source' in loaded ? undefined : again(loaded)),
    adopt: migration.adopt,
    commit: (plan, loaded, changeSet, request, over) =>
      loaded && !('source' in loaded) && (plan === 'update' || plan === 'touch')
        ? commit(plan, loaded, changeSet, request, [])
        : commitOther(plan, loaded, changeSet, request, over),
  }
}

const ID_BYTES = 24
/** An id, in base64url. */
const UNSIGNED = 32
/** Version, key id, MAC and id, in base64url. */
const SIGNED = 60

interface Shown {
  readonly id: string
  readonly key: string
  readonly stale: boolean
}

/** The tickets of stored sessions: a random id, with a MAC when there are secrets. The record's key is the id's digest. */
class StoredTickets {
  readonly #engine: Engine
  readonly #keys = new Recent<string>(5000)

  constructor(engine: Engine) {
    this.#engine = engine
  }

  make(): Maybe<{ readonly id: string; readonly key: string }> {
    const id = encode(randomBytes(ID_BYTES))
    return andThen(this.keyOf(id), (key) => ({ id, key }))
  }

  /** Without secrets nothing but the cookie's name in it would keep two names on one store apart. */
  keyOf(id: string): Maybe<string> {
    return this.#keys.get(id) ?? andThen(digest(`session ${this.#engine.binding}`, id), (key) => this.#keys.set(id, key))
  }

  ticketOf(id: string): Maybe<string> {
    const { keyring, binding } = this.#engine
    return keyring ? keyring.sign('ticket', [binding], decode(id) ?? new Uint8Array()) : id
  }

  /** The id that a ticket shows, and the key of its record, checked before anything is asked of the store. */
  shownBy(ticket: string): Maybe<Shown | Refused> {
    return andThen(this.#idOf(ticket), (shown) =>
      'refused' in shown ? shown : andThen(this.keyOf(shown.id), (key) => ({ ...shown, key })),
    )
  }

  #idOf(ticket: string): Maybe<Omit<Shown, 'key'> | Refused> {
    const { keyring, binding, acceptUnsigned } = this.#engine
    const isUnsigned = ticket.length === UNSIGNED && decode(ticket) !== undefined
    if (!keyring) return isUnsigned ? { id: ticket, stale: false } : { refused: 'malformed' }
    if (isUnsigned) return acceptUnsigned ? { id: ticket, stale: true } : { refused: 'forged', detail: 'unsigned' }
    // What is longer is none of these, and is not decoded: its beginning says whose it may be.
    return andThen(keyring.verify('ticket', [binding], ticket.slice(0, SIGNED)), (verified) => {
      if (typeof verified === 'string') return { refused: verified }
      if (ticket.length > SIGNED) return { refused: 'forged' }
      return verified.bytes.length === ID_BYTES
        ? { id: ticket.slice(-UNSIGNED), stale: verified.stale }
        : { refused: 'malformed' }
    })
  }

  /** The id for the record that leads to it: so that a stolen store opens nothing. undefined without secrets. */
  async seal(id: string, key: string): Promise<string | undefined> {
    return this.#engine.keyring?.seal('pointer', [key], id)
  }

  async open(sealed: string | undefined, key: string): Promise<string | undefined> {
    const opened = sealed === undefined ? undefined : await this.#engine.keyring?.open('pointer', [key], sealed)
    return typeof opened === 'object' ? opened.text : undefined
  }
}
