import type { WebSignal } from '../../web.ts'
import type { Bound } from '../model/standing.ts'

/** The keys of `T` that can name a value. */
export type Key<T> = keyof T & string

/** A key with its own value. */
export type Entry<T, K extends Key<T> = Key<T>> = { [P in K]-?: [P, T[P]] }[K]

export interface SetOptions {
  /** Seconds, counted from this call, after which this key alone is gone. Default: it lives as long as the session. */
  readonly ttl?: number
}

export interface NewIdOptions {
  /**
   * What the event `replayed` is to say when the old ticket is used after its time, such as the device or a number of your log. It is stored
   * beside the old record. At most 256 bytes, as JSON. Default: nothing. Throws `BAD_VALUE`.
   */
  readonly note?: string
}

export interface SignInOptions<Data> extends NewIdOptions {
  /**
   * What `await sessions.mark(owner)` returned before the credentials were checked: the commit fails with `CONFLICT` if the owner's sessions were
   * ended since. Default: since the request arrived, which is right as far as the clocks of the servers agree.
   */
  readonly mark?: string
  /** How surely this sign-in proved who the person is: `aal1`, `aal2`, `aal3` (NIST SP 800-63B), or a name of your own. Default: not said. */
  readonly level?: Level
  /**
   * How long this sign-in lasts, used or not: so many seconds, or with true the option `rememberFor`. Its cookie lasts as long, also with
   * `cookie.persistent: false`. False: as the site's other sessions. Default: as before; false for a guest.
   */
  readonly remember?: boolean | number
  /**
   * Puts a guest's values together with those of that other session of the owner that was written last; returns the values to set. Run when
   * the session is stored, and again when a parallel request wrote in between, so it must be synchronous and pure. It is not run where there
   * is no other session, nor for who is signed in already. Needs a store with `listByOwner`: `BAD_OPTIONS`, when the session is stored.
   */
  readonly merge?: (guest: Partial<Data>, existing: Partial<Data>) => Partial<Data>
}

/** How surely somebody proved who they are: a level of NIST SP 800-63B, which are in order, or a name of your own, which only equals itself. */
export type Level = 'aal1' | 'aal2' | 'aal3' | (string & {})

export interface FreshOptions {
  /** Throws as well if the session is not of this level, or of a higher one of `aal1`, `aal2` and `aal3`. Default: any. */
  readonly level?: Level
}

export interface ElevateOptions extends NewIdOptions {
  /** Seconds, counted from this call, after which the level is what it was before. Default: the option `freshFor`. */
  readonly for?: number
}

export type OnceOptions<Value = unknown> =
  | {
      /** Seconds from when it was stored in which a result counts; 0: for those only who wait for it. By each server's own clock. */
      readonly for: number
      readonly while?: undefined
    }
  | {
      /** Whether the stored value still counts, also one that was `set`: `(tokens) => tokens.until > Date.now() + 30_000`. Synchronous and pure. */
      readonly while: (value: Value) => boolean
      /** Besides, as above. Default 0. */
      readonly for?: number
    }

/** What the function of `once` is told besides the value. */
export interface OnceCall {
  /** 1, and one more for each call since the last result that failed, or whose process died. */
  readonly attempt: number
  /** Aborted when the session has ended, another's result is stored, or the call takes longer than `maxRequestTime`. */
  readonly signal: WebSignal
}

export interface SignOutOptions<Data> {
  /** Values that the anonymous visitor keeps, such as a language. Default: none. */
  readonly keep?: readonly Key<Data>[]
}

/**
 * What one request knows of a visitor. Reading and writing are synchronous; what changed, nested changes included, is stored by
 * one commit before the response headers leave. Methods may be passed on detached from the object.
 */
export interface Session<Data extends object = Record<string, unknown>, Flash extends object = Record<string, unknown>> {
  /** The value of a key, or undefined. A change made inside it is stored by the commit. */
  get<K extends Key<Data>>(key: K): Data[K] | undefined
  /**
   * Stores a value: what JSON holds, and `undefined`, Date, Map, Set, URL, BigInt, RegExp, typed arrays, repeated and cyclic references.
   * Of parallel requests that set one key the last wins; see `update`. Throws `BAD_VALUE` naming the path of what cannot be stored.
   */
  set<K extends Key<Data>>(key: K, value: Data[K], options?: SetOptions): void
  has(key: Key<Data>): boolean
  /** Removes a value; whether it was there. */
  delete(key: Key<Data>): boolean
  /**
   * Changes a value by what it was, and returns the new one: `update('count', (n = 0) => n + 1)`. When another request changed the
   * key meanwhile, `change` is run again on the fresh value, so that no update is lost; it must be synchronous and pure.
   */
  update<K extends Key<Data>>(key: K, change: (value: Data[K] | undefined) => Data[K]): Data[K]
  /**
   * The value of a key that one request makes for all, such as a refreshed OAuth token: of parallel requests, in all processes, one calls
   * `fn`, with the value that is stored, and the others get its result. The result is stored at once, whatever the response will be. Needs
   * a strong store (`BAD_OPTIONS`). Rejects with what `fn` threw (`ONCE_FAILED` in other processes), `SESSION_ENDED` for everybody when the session
   * has ended, and before `fn` is called with `RECORD_TOO_LARGE` when there is no room, or `CONFLICT` after a change of this request.
   */
  once<K extends Key<Data>>(
    key: K,
    fn: (current: Data[K] | undefined, call: OnceCall) => Data[K] | Promise<Data[K]>,
    options: OnceOptions<Data[K]>,
  ): Promise<Data[K]>
  /** Reads a flash value, which removes it. Two requests in flight may both show it, a later one never. */
  flash<K extends Key<Flash>>(key: K): Flash[K] | undefined
  /** Leaves a value for the next read, in this request or a later one. */
  flash<K extends Key<Flash>>(key: K, value: Flash[K]): void
  keys<K extends Key<Data> = Key<Data>>(): K[]
  entries<K extends Key<Data> = Key<Data>>(): Entry<Data, K>[]
  /** The values as an object: reading, assigning and deleting its properties is `get`, `set` and `delete`. */
  readonly data: Partial<Data>
  /**
   * Makes this the session of `owner` (a user's id), under a new id; the old one shows nothing that comes after. A guest's values are kept;
   * those of another owner are not. Call it after checking the password, and for each step-up. OWASP ASVS 7.2.4.
   */
  signIn(owner: string, options?: SignInOptions<Data>): void
  /**
   * Ends the session for good and goes on as an anonymous visitor, with nothing but what `keep` names. The commit fails with `CONFLICT` where
   * it cannot be sure that the session has ended; no answer says "signed out" then.
   */
  signOut(options?: SignOutOptions<Data>): void
  /** Gives the same session a new id; the old one shows nothing that comes after. For a change of privileges; `signIn` does it by itself. */
  regenerateId(options?: NewIdOptions): void
  /**
   * Throws `NOT_FRESH` if the person proved who they are more than so many seconds ago (default: the option `freshFor`), or not as surely as
   * asked for. Time is this server's: one whose clock is behind is no reason to throw. OWASP ASVS 7.5.1 and 7.5.3.
   */
  requireFresh(seconds?: number, options?: FreshOptions): void
  /** Throws `NOT_BOUND` unless `bound` is `bound`: for the pages that matter. */
  requireBound(): void
  /**
   * Notes that the person proved who they are once more, and more surely: a new id as by `regenerateId`, and `level` for a while. The session
   * itself lasts as long as before. Throws `BAD_VALUE` where nobody is signed in.
   */
  elevate(level: Level, options?: ElevateOptions): void
  /**
   * Acts as another person, such as a customer whom support helps, under a new id. The session is that person's, without values; the own
   * ones wait beside it. It ends when the own session would, and with it: lists show it among those of the impersonator. Writes of requests
   * under way are not kept (event `dropped`). Check that they may before you call it. Throws `BAD_VALUE` where nobody is signed in.
   */
  impersonate(owner: string, options?: NewIdOptions): void
  /** Goes back to the own session, whose values are as they were, under a new id; what was stored as the other person is gone. Nothing else to do: no effect. */
  endImpersonation(options?: NewIdOptions): void
  /** What was noted of the visitor's device; undefined if nothing was. */
  note(): Readonly<Record<string, unknown>> | undefined
  /**
   * Keeps a note beside the values, such as the device and the place, that a list of sessions can show; an empty object removes it. At most
   * 1024 bytes as JSON. Of parallel requests the last wins. Throws `BAD_VALUE`.
   */
  note(fields: Readonly<Record<string, unknown>>): void
  /**
   * Aborts when the session ends, wherever that happens: signed out, ended from a list, over by time, or signed in with, by which it becomes
   * another. A new id does not abort it. In well under a second where the store tells of ends (`watch`), and about as soon where it is read
   * again and again; while the store is down, nothing is known. Nothing aborts it before the session is stored. It is watched until it
   * ends: `coatcheck/websocket` stops with the socket. Throws `BAD_OPTIONS` without a store.
   */
  readonly signal: WebSignal
  /** Ends the session for good, for every request that holds its ticket. It cannot be written to afterwards. */
  destroy(): void
  /** The session's public name, safe in pages and logs, never usable as a ticket; undefined until it is stored. A new id has a new handle. */
  readonly handle: string | undefined
  /** Whether the visitor came without a session. */
  readonly isNew: boolean
  /**
   * Whether nothing can be written: the session that the visitor's ticket belongs to may live, and cannot be opened here, so this one has no
   * owner and no values. Either the store could not be read (`whenStoreDown: 'read-only'`), and every change throws `STORE_FAILED`. Or it is
   * the old ticket of a session with a new id, or of a secret or a release that this process does not know: then changes fail when they
   * are stored (`CONFLICT`, `KEY_UNKNOWN`, `STORE_FAILED`), and `signIn` begins a session of its own, which can be written from then on.
   */
  readonly readOnly: boolean
  readonly owner: string | undefined
  /** Who really acts, while the session is `owner`'s by `impersonate`; else undefined. */
  readonly impersonator: string | undefined
  /** When somebody last proved who they are, by `signIn` or `elevate`, in milliseconds since the epoch; undefined where nobody did. */
  readonly authenticatedAt: number | undefined
  /** How surely, as `signIn` or `elevate` said; undefined if none did. */
  readonly level: Level | undefined
  /**
   * Whether the session belongs to the device that signed in, with the option `deviceBound`. `none`: to none; `pending`: the device has a key,
   * and has not refreshed yet; `bound`: it has. `lapsed`: it has, and the device's cookie did not come, so this session is empty and read-only;
   * `signIn` and `signOut` work.
   */
  readonly bound: Bound
  /** Milliseconds since the epoch; undefined until the session is stored. */
  readonly createdAt: number | undefined
  /** When the session ends if it is not used again, in milliseconds since the epoch; undefined until it is stored. */
  readonly expiresAt: number | undefined
}
