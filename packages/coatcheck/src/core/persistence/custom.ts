import { digest } from '../../crypto/digest.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import type { IdFormat } from '../../migrate/format.ts'
import { EMPTY } from '../model/contents.ts'
import { apply } from '../model/changes.ts'
import {
  type Engine,
  type Foreign,
  type Held,
  type Keeper,
  type MakeKeeper,
  ownedBy,
  type Refused,
  type Saved,
  startsAnew,
  type Taken,
  withSecrets,
} from '../engine.ts'
import { born, type Life, lifeFault, lifeUnder, type Policy, policyOf } from '../model/lifetime.ts'
import type { Plain } from './plain.ts'
import type { Plan } from '../model/plan.ts'
import { Rows, rowBody, rowOf, rowWith, type Seen } from './rows.ts'
import { adopt as adoptAny } from './sealed.ts'
import { callStore } from './store-call.ts'

/** An application's own functions: its database picks the id and is given a plain object. Its last writer wins. */
export interface CustomStorage {
  create(data: Record<string, unknown>, expires: Date): Promise<string>
  read(id: string): Promise<Record<string, unknown> | null | undefined>
  update(id: string, data: Record<string, unknown>, expires: Date): Promise<unknown>
  delete(id: string): Promise<unknown>
}

interface Shown extends Pick<Held, 'life' | 'stale'> {
  readonly id: string
  readonly isUndated: boolean
}

interface CustomHeld extends Held {
  /** undefined while another library keeps it. */
  readonly id: string | undefined
  readonly seen?: Seen
  /** What of the row no session could store. */
  readonly unreadable?: Plain
}

/** Whose cookies show the ids of rows: with neither, ours alone, which say when the session began and ends. */
export interface IdFormats {
  /** Instead of ours. */
  readonly writes?: IdFormat
  /** Besides, until the next write. */
  readonly reads?: readonly IdFormat[]
}

/**
 * Sessions kept by an application's own functions. The ticket shows their id and both ends under a MAC, so that no visitor can ask
 * for a row by its number.
 */
export function customKeeper(storage: CustomStorage, formats: IdFormats = {}): MakeKeeper {
  const make = (engine: Engine) => keeperOf(storage, formats, engine) as Keeper
  return Object.assign(make, { needsSecrets: formats.writes === undefined })
}

function keeperOf(storage: CustomStorage, formats: IdFormats, engine: Engine): Keeper<CustomHeld> {
  const ours = formats.writes ? engine.keyring : withSecrets(engine)
  const context = [engine.binding]
  const rows = new Rows(engine.now)
  const foreign = [...(formats.writes ? [formats.writes] : []), ...(formats.reads ?? [])]

  async function find(ticket: string): Promise<CustomHeld | Refused> {
    const shown = await shownBy(ticket)
    if ('refused' in shown) return shown
    const { id, life, stale, isUndated } = shown
    const handle = await digest('custom', id)
    const refused = lifeFault(life, engine.now()) ?? lifeFault(lifeUnder(life, { lasts: 0 }, engine.policy), engine.now())
    if (refused) return { refused, handle }
    const seen = rows.seen(id)
    const row = await read(id)
    if (!row) return { refused: 'unknown', handle }
    const { body, unreadable } = rowBody(row)
    for (const key of Object.keys({ ...unreadable.values, ...unreadable.flash })) {
      engine.emit({ type: 'unreadable-value', key, handle })
    }
    return { id, handle, life, body, stale, isUndated, seen, unreadable }
  }

  async function shownBy(ticket: string): Promise<Shown | Refused> {
    const isOver = engine.now() >= engine.adoptsUntil
    for (const format of foreign) {
      if (isOver && format !== formats.writes) continue
      const id = await format.read(ticket)
      // Such a cookie says nothing of when the session began or ends: its row does.
      if (id === '') return { refused: 'malformed' }
      if (id !== undefined) return { id, life: lifeFromNow(), stale: format !== formats.writes, isUndated: true }
    }
    const verified = (await ours?.verify('custom', context, ticket)) ?? 'forged'
    if (typeof verified === 'string') return { refused: verified }
    const shown = shownIn(verified.bytes, engine.policy)
    return shown ? { ...shown, stale: verified.stale || formats.writes !== undefined, isUndated: false } : { refused: 'corrupt' }
  }

  /** The times of a row that was not written by us, or is to be: it ends with its cookie. */
  const lifeFromNow = (lasts = engine.policy.rolls === undefined ? engine.policy.absolute : undefined): Life =>
    born(policyOf(lasts === undefined ? {} : { lasts }, engine.policy), engine.now())

  /** Those of a session that goes on, counted from now. */
  const lifeAgain = ({ life, body }: Held, lasts?: number): Life =>
    lifeUnder({ ...lifeFromNow(lasts), createdAt: body.since ?? life.createdAt }, { lasts: 0 }, engine.policy)

  async function commit(plan: Plan, held: CustomHeld | undefined, taken: Taken): Promise<Saved> {
    const { id: old } = held ?? {}
    if (old !== undefined && (plan === 'end' || plan === 'end+create')) await remove(old)
    if (plan === 'end') return { held: undefined }
    const now = engine.now()
    const before = plan === 'end+create' ? undefined : held
    const fresh = await asItIs(before)
    if (!fresh) return { held: undefined, dropped: 'ended' }
    const body = ownedBy(
      apply(fresh.body, taken.changes, now, () => {}),
      taken,
    )
    const data = { ...rowWith(fresh.unreadable), ...rowOf(body) }
    const { lasts } = taken.changes
    if (before?.id === undefined || plan === 'replace') {
      const life =
        before && !startsAnew(taken.move)
          ? before.id === undefined || lasts !== undefined
            ? lifeAgain(before, lasts)
            : before.life
          : lifeFromNow(lasts)
      const id = await create(data, life)
      if (before?.id !== undefined) await remove(before.id)
      const { unreadable } = fresh
      return give({ id, handle: await digest('custom', id), life, body, stale: false, seen: rows.seen(id), unreadable })
    }
    const isNews = lasts !== undefined || (engine.policy.rolls !== undefined && (plan === 'touch' || taken.renews === true))
    const life = isNews ? lifeAgain(before, lasts) : before.life
    if (plan === 'update' || isNews) {
      rows.wrote(before.id)
      await callStore(engine, 'update', async () => storage.update(before.id as string, data, new Date(life.expiresAt)))
      rows.wrote(before.id) // who read it meanwhile may have read either
    }
    const next = { ...before, id: before.id, life, body, stale: false, seen: rows.seen(before.id), unreadable: fresh.unreadable }
    return before.stale || isNews ? give(next) : { held: next }
  }

  const adopt = (foreign: Foreign): Maybe<CustomHeld | Refused> =>
    andThen(adoptAny(foreign), (held) => ('refused' in held ? held : { ...held, id: undefined }))

  /** The row as it is now; undefined: it is gone. */
  async function asItIs(held: CustomHeld | undefined): Promise<ReturnType<typeof rowBody> | undefined> {
    const { id, seen, body = EMPTY, unreadable = { values: {}, flash: {} } } = held ?? {}
    if (id === undefined || (seen && rows.isAs(id, seen))) return { body, unreadable }
    const row = await read(id)
    return row ? rowBody(row) : undefined
  }

  const read = (id: string) => callStore(engine, 'read', async () => storage.read(id))
  const remove = (id: string) => {
    rows.wrote(id)
    return callStore(engine, 'delete', async () => storage.delete(id))
  }

  async function create(data: Record<string, unknown>, life: Life): Promise<string> {
    const id: unknown = await callStore(engine, 'create', async () => storage.create(data, new Date(life.expiresAt)))
    if (typeof id === 'string' && id !== '') return id
    throw new SessionError('STORE_FAILED', 'create() returned no id.', { fix: 'Let it return the id of the new row as a text.' })
  }

  async function give(held: CustomHeld & { readonly id: string }): Promise<Saved> {
    if (formats.writes) return { held, ticket: await formats.writes.write(held.id) }
    const shown = JSON.stringify([held.id, held.life.createdAt, held.life.expiresAt])
    return { held, ticket: await withSecrets(engine).sign('custom', context, new TextEncoder().encode(shown)) }
  }

  return { kind: 'custom', find, adopt, commit }
}

/** What a ticket shows: the id, when it began and when it ends. */
function shownIn(bytes: Uint8Array, { rolls, fixed, absolute }: Policy): { id: string; life: Life } | undefined {
  try {
    const [id, createdAt, expiresAt] = JSON.parse(new TextDecoder().decode(bytes))
    const lastEnd = fixed ? Math.max(expiresAt, createdAt + absolute) : expiresAt + absolute
    const endsAt = rolls === undefined ? expiresAt : lastEnd
    return typeof id === 'string' ? { id, life: { createdAt, endsAt, expiresAt } } : undefined
  } catch {
    return undefined
  }
}
