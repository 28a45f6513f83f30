import {
  customKeeper,
  type FaceOptions,
  type FaceSessions,
  faceOf,
  remembered,
  type SessionsOptions,
  sessionsOf,
  wiredKeeper,
} from '../../core/face.ts'
import { SessionError } from '../../errors.ts'
import { remix3Files, storedForeign } from '../../foreign/remix3.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { lazyFileStore } from '../remix/lazy.ts'
import { plainId, plainSession } from './formats.ts'
import { originOf, Session } from './session.ts'

export interface SessionStorage {
  /** The session that a cookie's value opens; a new one for null and for whatever opens none. */
  read(cookieValue: string | null): Promise<Session>
  /**
   * Stores what changed. The cookie's new value, `''` when the cookie is to be removed, null when there is nothing to send. Rejects with
   * `BAD_OPTIONS` for a session of another storage.
   */
  save(session: Session): Promise<string | null>
}

export interface StorageOptions
  extends Pick<
    SessionsOptions,
    'onEvent' | 'now' | 'idleTimeout' | 'absoluteTimeout' | 'encryptRecords' | 'foreign' | 'foreignUntil' | 'whenStoreDown'
  > {
  /** `upstream`: values as Remix 3 writes them. Default: ours, and Remix 3's are read. */
  readonly wire?: 'upstream'
}

export interface CookieStorageOptions extends StorageOptions {
  /** What seals the session. Default: those of the cookie that the middleware is given, else `COATCHECK_SECRET`. */
  readonly secrets?: readonly string[]
}

/** Storages whose secrets may come from a cookie, by what makes them. */
const LINKS = new WeakMap<SessionStorage, (secrets: readonly string[]) => void>()

/** Lets a storage seal with the secrets of its cookie, if it has none of its own. */
export const linkSecrets = (storage: SessionStorage, secrets: readonly string[]): void => LINKS.get(storage)?.(secrets)

/** The whole session in the cookie's value, sealed. */
export function createCookieSessionStorage(options: CookieStorageOptions = {}): SessionStorage {
  const { wire, foreign = [plainSession], ...rest } = options
  let { secrets } = options
  let face: FaceSessions | undefined
  const make = (): FaceSessions => {
    const where = wire ? { keeper: wiredKeeper(plainSession) } : { foreign }
    face ??= faceWith({ ...rest, ...(secrets && { secrets }), ...where })
    return face
  }
  const storage = storageOn(make)
  LINKS.set(storage, (linked) => {
    secrets ??= linked
  })
  return storage
}

/** In this process's memory, and while developing also across reloads of the module. `useUnknownIds` is not followed: no id is taken from a client. */
export function createMemorySessionStorage(options: StorageOptions & { readonly useUnknownIds?: boolean } = {}): SessionStorage {
  const { useUnknownIds: _, wire: __, ...rest } = options
  return onStore(
    rest,
    remembered('remix3', () => memoryStore()),
  )
}

/** In files below `directory`, for any number of processes of one machine. Sessions that Remix 3 left there are taken over. */
export function createFsSessionStorage(
  directory: string,
  options: StorageOptions & { readonly useUnknownIds?: boolean } = {},
): SessionStorage {
  const { useUnknownIds: _, wire, foreign, ...rest } = options
  const files = remix3Files(directory)
  if (wire) {
    const face = faceWith({ ...rest, keeper: customKeeper(files, { writes: plainId }) })
    return storageOn(() => face)
  }
  const old = storedForeign(plainId, files.read, files.delete)
  return onStore({ ...rest, foreign: foreign ?? [old] }, lazyFileStore(`${directory}/coatcheck`))
}

/** On any store of Coatcheck's: no write is lost, and an end is final. */
export function createSessionStorage(options: Omit<StorageOptions, 'wire'> & { readonly store: Store }): SessionStorage {
  const { store, ...rest } = options
  return onStore(rest, store)
}

/** A storage on a store. */
export function onStore(options: Omit<StorageOptions, 'wire'>, store: Store): SessionStorage {
  const face = faceWith({ ...options, store })
  return storageOn(() => face)
}

const faceWith = (options: FaceOptions): FaceSessions => {
  const absoluteTimeout = options.absoluteTimeout ?? 30 * 86_400
  const idleTimeout = options.idleTimeout ?? absoluteTimeout
  return faceOf(sessionsOf({ secretRule: 'warn', cookie: false, binding: 'remix3', ...options, absoluteTimeout, idleTimeout }))
}

function storageOn(face: () => FaceSessions): SessionStorage {
  return {
    async read(cookieValue) {
      const scope = face().fromTicket(cookieValue)
      const live = await scope.open()
      const shown = Object.fromEntries(live.flashKeys().map((key) => [key, live.flash(key)]))
      return new Session(live.handle, [{}, shown], { scope, live })
    },
    async save(session) {
      const known = originOf(session)
      if (known && known.scope.core !== face().core) {
        throw new SessionError('BAD_OPTIONS', 'The session was made by read() of another storage.', {
          fix: 'Save it with that storage; to copy its values into this one, save createSession(undefined, session.data).',
        })
      }
      const scope = known?.scope ?? face().fromTicket(null)
      const live = known?.live ?? (await scope.open())
      const [values, flash] = session.data
      if (session.destroyed) live.restart()
      else {
        if (!known) live.replace(Object.fromEntries(there(values)))
        if (session.moves) live.regenerateId()
        for (const [key, value] of there(flash)) live.flash(key, value)
      }
      const { ticket } = await scope.commit()
      return session.destroyed ? '' : (ticket ?? null)
    },
  }
}

/** What is left of values as JSON, which Remix 3 stores, has them: nothing is undefined. */
const there = (values: object): [string, unknown][] => Object.entries(values).filter(([, value]) => value !== undefined)
