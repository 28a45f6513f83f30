import { clockOf } from '../clock.ts'
import { randomText } from '../crypto/random.ts'
import { SessionError } from '../errors.ts'
import type { ObjectNamespace, Order, Removed } from './durable-object/client.ts'
import { checkName } from './shared/names.ts'
import { checkedOptions } from './shared/options.ts'
import type { Found, Store } from './store.ts'

export { SessionObject } from './durable-object/class.ts'
export type { ObjectNamespace, ObjectState, ObjectStorage, ObjectValues } from './durable-object/client.ts'

export interface DurableObjectStoreOptions {
  /** Milliseconds since the epoch: objects are told how long from now a record is kept, and a minute more. Default `Date.now`. */
  readonly now?: () => number
}

export type DurableObjectStore = Store & Required<Pick<Store, 'touch' | 'listByOwner'>> & { readonly maxBytes: number }

const VERSION_BYTES = 9
const MARGIN = 60_000
/** A value and its name have 2 MB (developers.cloudflare.com/durable-objects/platform/limits); this leaves room for the rest of a record. */
const MAX_BYTES = 1_990_000

/**
 * Keeps each session in a durable object of its own, and a list of each owner's sessions in another, through the binding of a Worker
 * that exports `SessionObject`. Strong wherever the Worker runs; objects live where they were first asked for.
 *
 * Throws `BAD_OPTIONS` for what is no namespace; calls reject with `STORE_FAILED` and the error of the object.
 */
export function durableObjectStore(namespace: ObjectNamespace, options: DurableObjectStoreOptions = {}): DurableObjectStore {
  const now = clockOf(checkedOptions('durableObjectStore', options, ['now']).now)
  if (typeof namespace?.idFromName !== 'function' || typeof namespace.get !== 'function')
    throw new SessionError(
      'BAD_OPTIONS',
      'durableObjectStore: the first argument must be the binding of a durable object, as in `durableObjectStore(env.SESSIONS)`.',
    )

  const keepFor = (time: number): number => Math.max(0, time - now()) + MARGIN
  const ofSession = (key: string, order: Order): Promise<unknown> => ask('s', key, order)
  const ofOwner = (owner: string, order: Order): Promise<unknown> => ask('o', owner, order)

  async function ask(kind: 's' | 'o', name: string, order: Order): Promise<unknown> {
    checkName('durable object', name)
    try {
      // A stub that has failed once may go on failing; one is had for nothing.
      const object = namespace.get(namespace.idFromName(`${kind}:${name}`))
      const response = await object.fetch('https://session.invalid/', { method: 'POST', body: JSON.stringify(order) })
      const body: unknown = response.ok ? await response.json() : undefined
      // Another binding of this name must not look as if there were no session.
      if (body instanceof Object && 'answer' in body) return body.answer
      throw new Error('What answered is no SessionObject, or has failed.')
    } catch (error) {
      throw failed(error)
    }
  }

  return {
    maxBytes: MAX_BYTES,

    async read(key) {
      return ((await ofSession(key, { verb: 'read' })) as Found | null) ?? undefined
    },

    async create(key, { data, owner, createdAt, endsAt, expiresAt }) {
      checkName('durable object', key)
      const version = randomText(VERSION_BYTES)
      // Each create has an entry of its own, so that of two creates of one key the one that lost can take its entry back.
      const entry = `${key} ${version}`
      if (owner !== undefined) await ofOwner(owner, { verb: 'add', entry, keepFor: keepFor(endsAt) })
      const record = { data, ...(owner !== undefined && { owner }), createdAt, endsAt, expiresAt }
      if (await ofSession(key, { verb: 'create', version, record, keepFor: keepFor(expiresAt) })) return version
      if (owner !== undefined) await ofOwner(owner, { verb: 'remove', entry })
      return undefined
    },

    async update(key, { data, expiresAt }, version, next = randomText(VERSION_BYTES)) {
      const order: Order = { verb: 'update', version, next, data, expiresAt, keepFor: keepFor(expiresAt) }
      return (await ofSession(key, order)) ? next : undefined
    },

    async delete(key, version) {
      const removed = (await ofSession(key, { verb: 'delete', version })) as Removed | false
      if (!removed) return false
      const { owner, created } = removed
      if (owner !== undefined) await ofOwner(owner, { verb: 'remove', entry: `${key} ${created}` })
      return true
    },

    async touch(key, expiresAt, version) {
      return (await ofSession(key, { verb: 'touch', version, expiresAt, keepFor: keepFor(expiresAt) })) === true
    },

    async listByOwner(owner) {
      const entries = (await ofOwner(owner, { verb: 'list' })) as readonly string[]
      return [...new Set(entries.map((entry) => entry.split(' ', 1)[0] ?? ''))]
    },
  }
}

function failed(error: unknown): SessionError {
  const { overloaded } = Object(error) as { overloaded?: unknown }
  const fix = overloaded === true ? OVERLOADED : /SQLite-backed/.test(String(error)) ? NO_SQLITE : undefined
  return new SessionError('STORE_FAILED', 'A durable object could not be used.', {
    cause: error,
    ...(fix !== undefined && { fix }),
  })
}

const OVERLOADED = 'One session, or one owner, has more requests at once than its object can answer. Let the visitor try again.'
const NO_SQLITE = 'Name the class under `new_sqlite_classes` of the migrations; `new_classes` gives it another storage.'
