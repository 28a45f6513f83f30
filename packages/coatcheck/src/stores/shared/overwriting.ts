import { randomText } from '../../crypto/random.ts'
import { SessionError } from '../../errors.ts'
import type { Found, SessionRecord, Store, Version } from '../store.ts'
import { inTurn } from './in-turn.ts'
import { checkName } from './names.ts'

/** A store of another library: it writes whatever it is given over what is there. */
export interface Overwriting {
  /** Its library, for what is said to people. */
  readonly library: string
  /** What stands for the store: its writes are made one after the other in this process. */
  readonly backend: object
  get(key: string): Promise<unknown>
  /** `kept` is the content; how long it lasts is in its record. */
  set(key: string, kept: { readonly coatcheck: Found }): Promise<unknown>
  remove(key: string): Promise<unknown>
}

export type OverwritingStore = Store & { readonly consistency: 'last-write-wins' }

/** Keeps sessions in a store that cannot compare before it writes. */
export function overwritingStore({ library, backend, get, set, remove }: Overwriting): OverwritingStore {
  const alone = inTurn(backend)

  async function look(key: string): Promise<Found | undefined> {
    checkName(library, key)
    const kept = (await get(key)) as { readonly coatcheck?: Found } | null | undefined
    if (kept === undefined || kept === null || typeof kept === 'boolean') return undefined
    if (isSound(kept.coatcheck)) return kept.coatcheck
    throw new SessionError('DAMAGED_RECORD', `What the store of ${library} has under a key of ours is no session of ours.`)
  }

  async function put(key: string, { data, owner, createdAt, endsAt, expiresAt }: SessionRecord): Promise<Version> {
    const version = randomText(9)
    const record = { data, ...(owner !== undefined && { owner }), createdAt, endsAt, expiresAt }
    await set(key, { coatcheck: { version, record } })
    return version
  }

  return {
    consistency: 'last-write-wins',
    read: look,
    create: (key, record) => alone(key, async () => ((await look(key)) ? undefined : put(key, record))),
    update: (key, { data, expiresAt }, version) =>
      alone(key, async () => {
        const found = await look(key)
        return found?.version === version ? put(key, { ...found.record, data, expiresAt }) : undefined
      }),
    delete: (key, version) =>
      alone(key, async () => {
        if ((await look(key))?.version !== version) return false
        await remove(key)
        return true
      }),
  }
}

function isSound(found: Found | undefined): found is Found {
  const { data, owner, createdAt, endsAt, expiresAt } = found?.record ?? {}
  return (
    typeof found?.version === 'string' &&
    typeof data === 'string' &&
    (owner === undefined || typeof owner === 'string') &&
    [createdAt, endsAt, expiresAt].every(Number.isFinite)
  )
}
