import { digest } from '../../crypto/digest.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import type { IdFormat } from '../../migrate/format.ts'
import {
  type ChangeSet,
  type Engine,
  type LoadedSession,
  type MakePersistence,
  type MigratingSession,
  type Persistence,
  type Refused,
  type Saved,
  withSecrets,
} from '../engine.ts'
import { EMPTY } from '../model/contents.ts'
import { type Lifetime, lifeFault, lifeUnder, newLifetime, type Policy, policyOf } from '../model/lifetime.ts'
import { moved, startsAnew } from '../model/moves.ts'
import type { Plan } from '../model/plan.ts'
import type { Plain } from './plain.ts'
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

interface Shown extends Pick<LoadedSession, 'lifetime' | 'stale'> {
  readonly id: string
  readonly isUndated: boolean
}

interface CustomHeld extends LoadedSession {
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
export function customPersistence(storage: CustomStorage, formats: IdFormats = {}): MakePersistence {
  const make = (engine: Engine) => persistenceOf(storage, formats, engine) as Persistence
  return Object.assign(make, { needsSecrets: formats.writes === undefined })
}

function persistenceOf(storage: CustomStorage, formats: IdFormats, engine: Engine): Persistence<CustomHeld> {
  const ours = formats.writes ? engine.keyring : withSecrets(engine)
  const context = [engine.binding]
  const rows = new Rows(engine.now)
  const migrates = [...(formats.writes ? [formats.writes] : []), ...(formats.reads ?? [])]

  async function find(ticket: string): Promise<CustomHeld | Refused> {
    const shown = await shownBy(ticket)
    if ('refused' in shown) return shown
    const { id, lifetime, stale, isUndated } = shown
    const handle = await digest('custom', id)
    const refused = lifeFault(lifetime, engine.now()) ?? lifeFault(lifeUnder(lifetime, { lasts: 0 }, engine.policy), engine.now())
    if (refused) return { refused, handle }
    const seen = rows.seen(id)
    const row = await read(id)
    if (!row) return { refused: 'unknown', handle }
    const { contents, unreadable } = rowBody(row)
    for (const key of Object.keys({ ...unreadable.values, ...unreadable.flash })) {
      engine.emit({ type: 'unreadable-value', key, handle })
    }
    return { id, handle, lifetime, contents, stale, isUndated, seen, unreadable }
  }

  async function shownBy(ticket: string): Promise<Shown | Refused> {
    const isOver = engine.now() >= engine.adoptsUntil
    for (const format of migrates) {
      if (isOver && format !== formats.writes) continue
      const id = await format.read(ticket)
      // Such a cookie says nothing of when the session began or ends: its row does.
      if (id === '') return { refused: 'malformed' }
      if (id !== undefined) return { id, lifetime: lifeFromNow(), stale: format !== formats.writes, isUndated: true }
    }
    const verified = (await ours?.verify('custom', context, ticket)) ?? 'forged'
    if (typeof verified === 'string') return { refused: verified }
    const shown = shownIn(verified.bytes, engine.policy)
    return shown ? { ...shown, stale: verified.stale || formats.writes !== undefined, isUndated: false } : { refused: 'corrupt' }
  }

  /** The times of a row that was not written by us, or is to be: it ends with its cookie. */
  const lifeFromNow = (lasts = engine.policy.rolls === undefined ? engine.policy.absolute : undefined): Lifetime =>
    newLifetime(policyOf(lasts === undefined ? {} : { lasts }, engine.policy), engine.now())

  /** Those of a session that goes on, counted from now. */
  const lifeAgain = ({ lifetime, contents }: LoadedSession, lasts?: number): Lifetime =>
    lifeUnder({ ...lifeFromNow(lasts), createdAt: contents.since ?? lifetime.createdAt }, { lasts: 0 }, engine.policy)

  async function commit(plan: Plan, loaded: CustomHeld | undefined, changeSet: ChangeSet): Promise<Saved> {
    const { id: old } = loaded ?? {}
    if (old !== undefined && (plan === 'end' || plan === 'end+create')) await remove(old)
    if (plan === 'end') return { loaded: undefined }
    const now = engine.now()
    const before = plan === 'end+create' ? undefined : loaded
    const fresh = await asItIs(before)
    if (!fresh) return { loaded: undefined, dropped: 'ended' }
    const contents = moved(fresh.contents, changeSet, now)
    const data = { ...rowWith(fresh.unreadable), ...rowOf(contents) }
    const { lasts } = changeSet.changes
    if (before?.id === undefined || plan === 'regenerate') {
      const lifetime =
        before && !startsAnew(changeSet.move)
          ? before.id === undefined || lasts !== undefined
            ? lifeAgain(before, lasts)
            : before.lifetime
          : lifeFromNow(lasts)
      const id = await create(data, lifetime)
      if (before?.id !== undefined) await remove(before.id)
      const { unreadable } = fresh
      return give({ id, handle: await digest('custom', id), lifetime, contents, stale: false, seen: rows.seen(id), unreadable })
    }
    const isNews = lasts !== undefined || (engine.policy.rolls !== undefined && (plan === 'touch' || changeSet.renews === true))
    const lifetime = isNews ? lifeAgain(before, lasts) : before.lifetime
    if (plan === 'update' || isNews) {
      rows.wrote(before.id)
      await callStore(engine, 'update', async () => storage.update(before.id as string, data, new Date(lifetime.expiresAt)))
      rows.wrote(before.id) // who read it meanwhile may have read either
    }
    const next = {
      ...before,
      id: before.id,
      lifetime,
      contents,
      stale: false,
      seen: rows.seen(before.id),
      unreadable: fresh.unreadable,
    }
    return before.stale || isNews ? give(next) : { loaded: next }
  }

  const adopt = (migrates: MigratingSession): Maybe<CustomHeld | Refused> =>
    andThen(adoptAny(migrates), (loaded) => ('refused' in loaded ? loaded : { ...loaded, id: undefined }))

  /** The row as it is now; undefined: it is gone. */
  async function asItIs(loaded: CustomHeld | undefined): Promise<ReturnType<typeof rowBody> | undefined> {
    const { id, seen, contents = EMPTY, unreadable = { values: {}, flash: {} } } = loaded ?? {}
    if (id === undefined || (seen && rows.isAs(id, seen))) return { contents, unreadable }
    const row = await read(id)
    return row ? rowBody(row) : undefined
  }

  const read = (id: string) => callStore(engine, 'read', async () => storage.read(id))
  const remove = (id: string) => {
    rows.wrote(id)
    return callStore(engine, 'delete', async () => storage.delete(id))
  }

  async function create(data: Record<string, unknown>, lifetime: Lifetime): Promise<string> {
    const id: unknown = await callStore(engine, 'create', async () => storage.create(data, new Date(lifetime.expiresAt)))
    if (typeof id === 'string' && id !== '') return id
    throw new SessionError('STORE_FAILED', 'create() returned no id.', { fix: 'Let it return the id of the new row as a text.' })
  }

  async function give(loaded: CustomHeld & { readonly id: string }): Promise<Saved> {
    if (formats.writes) return { loaded, ticket: await formats.writes.write(loaded.id) }
    const shown = JSON.stringify([loaded.id, loaded.lifetime.createdAt, loaded.lifetime.expiresAt])
    return { loaded, ticket: await withSecrets(engine).sign('custom', context, new TextEncoder().encode(shown)) }
  }

  return { kind: 'custom', find, adopt, commit }
}

/** What a ticket shows: the id, when it began and when it ends. */
function shownIn(bytes: Uint8Array, { rolls, fixed, absolute }: Policy): { id: string; lifetime: Lifetime } | undefined {
  try {
    const [id, createdAt, expiresAt] = JSON.parse(new TextDecoder().decode(bytes))
    const lastEnd = fixed ? Math.max(expiresAt, createdAt + absolute) : expiresAt + absolute
    const endsAt = rolls === undefined ? expiresAt : lastEnd
    return typeof id === 'string' ? { id, lifetime: { createdAt, endsAt, expiresAt } } : undefined
  } catch {
    return undefined
  }
}
