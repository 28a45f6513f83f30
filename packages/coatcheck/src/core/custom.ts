import { digest } from '../crypto/digest.ts'
import type { Keyring } from '../crypto/keyring.ts'
import { SessionError } from '../errors.ts'
import { type Body, EMPTY, type Flash } from './body.ts'
import { apply } from './changes.ts'
import { Entry } from './codec.ts'
import { type Engine, type Held, type Keeper, ownedBy, type Refused, type Saved, type Taken, withSecrets } from './engine.ts'
import { born, type Life, lifeFault } from './expiry.ts'
import type { Plan } from './plan.ts'
import { callStore } from './store-call.ts'

/** An application's own functions: its database picks the id and is given a plain object. Its last writer wins. */
export interface CustomStorage {
  create(data: Record<string, unknown>, expires: Date): Promise<string>
  read(id: string): Promise<Record<string, unknown> | null | undefined>
  update(id: string, data: Record<string, unknown>, expires: Date): Promise<void>
  delete(id: string): Promise<void>
}

interface CustomHeld extends Held {
  readonly id: string
}

/** The names under which owner and flash values stand in the plain object. */
const OWNER = '__owner__'
const FLASH = /^__flash_(.*)__$/s

/**
 * Sessions kept by an application's own functions. The ticket shows their id and both ends under a MAC, so that no visitor can ask
 * for a row by its number.
 */
export function customKeeper(storage: CustomStorage): (engine: Engine) => Keeper {
  return (engine) => keeperOf(storage, withSecrets(engine), engine) as Keeper
}

function keeperOf(storage: CustomStorage, keyring: Keyring, engine: Engine): Keeper<CustomHeld> {
  const context = [engine.binding]

  async function find(ticket: string): Promise<CustomHeld | Refused> {
    const verified = await keyring.verify('custom', context, ticket)
    if (typeof verified === 'string') return { refused: verified }
    const shown = shownBy(verified.bytes)
    if (!shown) return { refused: 'corrupt' }
    const { id, life } = shown
    const handle = await digest('custom', id)
    const refused = lifeFault(life, engine.now())
    if (refused) return { refused, handle }
    const data = await read(id)
    if (!data) return { refused: 'unknown', handle }
    const { body, unreadable } = bodyOf(data)
    for (const key of Object.keys(unreadable)) engine.emit({ type: 'unreadable-value', key, handle })
    return { id, handle, life, body, stale: verified.stale }
  }

  async function commit(plan: Plan, held: CustomHeld | undefined, taken: Taken): Promise<Saved> {
    if (held && (plan === 'end' || plan === 'end+create')) await remove(held.id)
    if (plan === 'end') return { held: undefined }
    const now = engine.now()
    const before = plan === 'end+create' ? undefined : held
    const row = before && (await read(before.id))
    if (before && !row) return { held: undefined, dropped: 'ended' }
    const fresh = bodyOf(row ?? {})
    const body = ownedBy(
      apply(fresh.body, taken.changes, now, () => {}),
      taken,
    )
    const data = { ...fresh.unreadable, ...dataOf(body) }
    if (!before || plan === 'replace') {
      const life =
        before && taken.move?.kind !== 'signIn' ? before.life : born({ ...engine.policy, idle: engine.policy.absolute }, now)
      const id = await create(data, life)
      if (before) await remove(before.id)
      return give({ id, handle: await digest('custom', id), life, body, stale: false })
    }
    if (plan === 'update') {
      await callStore(engine, 'update', async () => storage.update(before.id, data, new Date(before.life.endsAt)))
    }
    return before.stale ? give({ ...before, body, stale: false }) : { held: { ...before, body } as Held }
  }

  const read = (id: string) => callStore(engine, 'read', async () => storage.read(id))
  const remove = (id: string) => callStore(engine, 'delete', async () => storage.delete(id))

  async function create(data: Record<string, unknown>, life: Life): Promise<string> {
    const id: unknown = await callStore(engine, 'create', async () => storage.create(data, new Date(life.endsAt)))
    if (typeof id === 'string' && id !== '') return id
    throw new SessionError('STORE_FAILED', 'create() returned no id.', { fix: 'Let it return the id of the new row as a text.' })
  }

  async function give(held: CustomHeld): Promise<Saved> {
    const shown = JSON.stringify([held.id, held.life.createdAt, held.life.endsAt])
    return { held, ticket: await keyring.sign('custom', context, new TextEncoder().encode(shown)) }
  }

  return { kind: 'custom', find, commit }
}

/** What a ticket shows: the id, when it began and when it ends. */
function shownBy(bytes: Uint8Array): { id: string; life: Life } | undefined {
  try {
    const [id, createdAt, endsAt] = JSON.parse(new TextDecoder().decode(bytes))
    return typeof id === 'string' ? { id, life: { createdAt, endsAt, expiresAt: endsAt } } : undefined
  } catch {
    return undefined
  }
}

/** A row as a body; what no session could store is left in the row as it is. */
function bodyOf(data: Record<string, unknown>): { readonly body: Body; readonly unreadable: Record<string, unknown> } {
  const values = new Map<string, Entry>()
  const flash = new Map<string, Flash>()
  const unreadable: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(data)) {
    const name = FLASH.exec(key)?.[1]
    try {
      const entry = Entry.of(value, key)
      if (name !== undefined) flash.set(name, { id: entry.text, entry })
      else if (key !== OWNER) values.set(key, entry)
    } catch {
      unreadable[key] = value
    }
  }
  const owner = data[OWNER]
  return { body: { ...EMPTY, values, flash, owner: typeof owner === 'string' ? owner : undefined }, unreadable }
}

function dataOf({ values, flash, owner }: Body): Record<string, unknown> {
  for (const key of values.keys()) {
    if (key === OWNER || FLASH.test(key))
      throw new SessionError('BAD_KEY', `The key ${JSON.stringify(key)} is one of the engine's own.`)
  }
  return Object.fromEntries([
    ...Array.from(values, ([key, entry]) => [key, entry.take()]),
    ...Array.from(flash, ([key, { entry }]) => [`__flash_${key}__`, entry.take()]),
    ...(owner === undefined ? [] : [[OWNER, owner]]),
  ])
}
