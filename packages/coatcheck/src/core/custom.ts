import { digest } from '../crypto/digest.ts'
import type { Keyring } from '../crypto/keyring.ts'
import { type Body, EMPTY, type Flash } from './body.ts'
import { apply } from './changes.ts'
import { Entry } from './codec.ts'
import { type Engine, type Held, type Keeper, ownedBy, type Refused, type Saved, type Taken, withSecrets } from './engine.ts'
import { born, type Life, lifeFault } from './expiry.ts'
import type { Plan } from './plan.ts'

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
    const [id, createdAt, endsAt] = JSON.parse(new TextDecoder().decode(verified.bytes)) as [string, number, number]
    const life: Life = { createdAt, endsAt, expiresAt: endsAt }
    const handle = await digest('custom', id)
    const refused = lifeFault(life, engine.now())
    if (refused) return { refused, handle }
    const data = await storage.read(id)
    return data ? { id, handle, life, body: bodyOf(data), stale: verified.stale } : { refused: 'unknown', handle }
  }

  async function commit(plan: Plan, held: CustomHeld | undefined, taken: Taken): Promise<Saved> {
    if (held && (plan === 'end' || plan === 'end+create')) await storage.delete(held.id)
    if (plan === 'end') return { held: undefined }
    const now = engine.now()
    const before = plan === 'end+create' ? undefined : held
    const fresh = before && (await storage.read(before.id))
    if (before && !fresh) return { held: undefined, dropped: 'ended' }
    const body = ownedBy(
      apply(fresh ? bodyOf(fresh) : EMPTY, taken.changes, now, () => {}),
      taken,
    )
    if (!before || plan === 'replace') {
      const life =
        before && taken.move?.kind !== 'signIn' ? before.life : born({ ...engine.policy, idle: engine.policy.absolute }, now)
      const id = await storage.create(dataOf(body), new Date(life.endsAt))
      if (before) await storage.delete(before.id)
      return give({ id, handle: await digest('custom', id), life, body, stale: false })
    }
    if (plan === 'update') await storage.update(before.id, dataOf(body), new Date(before.life.endsAt))
    return before.stale ? give({ ...before, body, stale: false }) : { held: { ...before, body } as Held }
  }

  async function give(held: CustomHeld): Promise<Saved> {
    const shown = JSON.stringify([held.id, held.life.createdAt, held.life.endsAt])
    return { held, ticket: await keyring.sign('custom', context, new TextEncoder().encode(shown)) }
  }

  return { kind: 'custom', find, commit }
}

function bodyOf(data: Record<string, unknown>): Body {
  const values = new Map<string, Entry>()
  const flash = new Map<string, Flash>()
  for (const [key, value] of Object.entries(data)) {
    const entry = Entry.of(value, key)
    const name = FLASH.exec(key)?.[1]
    if (name !== undefined) flash.set(name, { id: entry.text, entry })
    else if (key !== OWNER) values.set(key, entry)
  }
  const owner = data[OWNER]
  return { ...EMPTY, values, flash, owner: typeof owner === 'string' ? owner : undefined }
}

function dataOf({ values, flash, owner }: Body): Record<string, unknown> {
  return Object.fromEntries([
    ...Array.from(values, ([key, entry]) => [key, entry.take()]),
    ...Array.from(flash, ([key, { entry }]) => [`__flash_${key}__`, entry.take()]),
    ...(owner === undefined ? [] : [[OWNER, owner]]),
  ])
}
