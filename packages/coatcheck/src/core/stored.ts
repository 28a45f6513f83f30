import { decode as decodeText, encode } from '../crypto/base64url.ts'
import { digest } from '../crypto/digest.ts'
import { randomBytes } from '../crypto/random.ts'
import type { Store } from '../stores/store.ts'
import { Adoptions } from './adoptions.ts'
import { type Body, EMPTY } from './body.ts'
import { apply } from './changes.ts'
import { type Engine, type Held, type Keeper, ownedBy, type Refused, type Saved, type Taken } from './engine.ts'
import { born, lifeFault, policyOf, seen, slideIsDue } from './expiry.ts'
import type { Outcome } from './job.ts'
import { Lines } from './line.ts'
import { type Begun, type Elsewhere, migrating } from './migration.ts'
import type { Ids, Made } from './moves.ts'
import type { Plan } from './plan.ts'
import { type Known, Records } from './records.ts'

const ID_BYTES = 24

interface StoredHeld extends Held {
  readonly known: Known
  /** The session's id: the secret. */
  readonly id: string
}

/** Sessions in a store: the ticket is a random id, with a MAC when there are secrets; the record's key is the id's digest. */
export function storedKeeper(store: Store, engine: Engine): Keeper<StoredHeld | Elsewhere> {
  const { keyring } = engine
  // Without secrets nothing else would keep two cookie names on one store apart.
  const keyOf = (id: string) => digest(`session ${engine.binding}`, id)
  const ids: Ids = {
    async make() {
      const id = encode(randomBytes(ID_BYTES))
      return { id, key: await keyOf(id) }
    },
    seal: async (id, key) => keyring?.seal('pointer', [key], id),
    async open(sealed, key) {
      const opened = sealed === undefined ? undefined : await keyring?.open('pointer', [key], sealed)
      return typeof opened === 'object' ? opened.text : undefined
    },
  }
  const records = new Records(store, engine)
  const lines = new Lines(records, engine, ids)

  const ticketOf = async (id: string) =>
    keyring ? keyring.sign('ticket', [engine.binding], decodeText(id) ?? new Uint8Array()) : id

  /** The id that a ticket shows, checked before anything is asked of the store. */
  async function idOf(ticket: string): Promise<{ id: string; stale: boolean } | Refused> {
    const unsigned = decodeText(ticket)?.length === ID_BYTES
    if (!keyring) return unsigned ? { id: ticket, stale: false } : { refused: 'malformed' }
    if (unsigned) return engine.acceptUnsigned ? { id: ticket, stale: true } : { refused: 'forged' }
    const verified = await keyring.verify('ticket', [engine.binding], ticket)
    if (typeof verified === 'string') return { refused: verified }
    return verified.bytes.length === ID_BYTES ? { id: encode(verified.bytes), stale: verified.stale } : { refused: 'malformed' }
  }

  const heldOf = (known: Known, id: string, stale: boolean): StoredHeld => ({
    handle: known.key,
    body: known.body,
    life: known.record,
    known,
    id,
    stale,
  })

  async function find(ticket: string): Promise<StoredHeld | Refused> {
    const shown = await idOf(ticket)
    return 'refused' in shown ? shown : findById(shown.id, shown.stale)
  }

  async function findById(id: string, stale: boolean): Promise<StoredHeld | Refused> {
    const key = await keyOf(id)
    const known = await records.read(key)
    if (!known) return { refused: 'unknown', handle: key }
    const held = heldOf(known, id, stale)
    const refused = known.fault ?? lifeFault(known.record, engine.now())
    if (refused) return { refused, handle: key, ...(known.error && { error: known.error }) }
    // The old id is dead at once; but ending the session with it ends what it became.
    return known.pointer ? { refused: 'replaced', handle: key, ends: held } : held
  }

  async function commit(plan: Plan, held: StoredHeld | undefined, taken: Taken): Promise<Saved> {
    if (!held || plan === 'create') return begin(EMPTY, taken)
    if (plan === 'touch') return touch(held)
    const outcome = await new Promise<Outcome>((resolve, reject) => {
      const kind = plan === 'update' || plan === 'replace' ? plan : 'end'
      lines.add({ kind, taken, since: engine.now(), resolve, reject }, held.known)
    })
    if (plan === 'end+create') return begin(EMPTY, taken)
    if (plan === 'end') return { held: undefined }
    if ('dropped' in outcome) return { held: undefined, dropped: outcome.dropped }
    const { kept, id = held.id } = outcome
    const goesOn = kept.body.lasts !== undefined && slideIsDue(held.life, policyOf(held.body, engine.policy), engine.now())
    const isTold = goesOn || taken.changes.lasts !== undefined || held.stale || id !== held.id
    // Whoever followed to another key without being told its id goes on seeing what it saw, never what is there now.
    if (kept.key !== held.known.key && outcome.id === undefined) {
      return { held: { ...held, body: apply(held.body, taken.changes, engine.now(), () => {}) } as Held }
    }
    return { held: heldOf(kept, id, false), ...(isTold && { ticket: await ticketOf(id) }) }
  }

  async function begin(from: Body, taken: Taken, createdAt?: number): Promise<Begun<StoredHeld>> {
    const made = await make(from, taken, createdAt)
    return { id: made.id, held: heldOf(made, made.id, false), ticket: await ticketOf(made.id) }
  }

  async function make(from: Body, taken: Taken, createdAt = engine.now()): Promise<Made> {
    // An earlier try may have been kept although its answer was lost: nobody knows its id, so it would only lie about.
    if (taken.trace.begun !== undefined) await lines.moves.end(await records.read(taken.trace.begun))
    const body = ownedBy(
      apply(from, taken.changes, engine.now(), () => {}),
      taken,
    )
    return lines.moves.begin(body, { ...born(policyOf(body, engine.policy), engine.now()), createdAt }, taken)
  }

  async function touch(held: StoredHeld): Promise<Saved> {
    if (held.known.pointer) return { held }
    const life = seen(held.life, policyOf(held.body, engine.policy), engine.now())
    // The cookie of a session with a time of its own ends with it, and goes on with it: unless somebody was faster.
    if (held.body.lasts !== undefined) {
      const written = await records.update(held.known, held.body, life)
      return written ? { held: heldOf(written, held.id, false), ticket: await ticketOf(held.id) } : { held }
    }
    const known = await records.touch(held.known, life)
    return { held: heldOf(known, held.id, false), ...(held.stale && { ticket: await ticketOf(held.id) }) }
  }

  return { kind: 'stored', find, ...migrating({ findById, begin, commit }, new Adoptions(records, engine)) }
}
