import { fromUtf8, toUtf8 } from '../../crypto/bytes.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import type { Engine } from '../engine.ts'
import { Entry } from '../model/codec.ts'
import { type Contents, EMPTY, type Flash } from '../model/contents.ts'
import { checkKey } from '../session/values.ts'

/** The name under which a session's owner stands among values that are kept as a plain object. */
const OWNER = '__owner__'

/** A session as plain objects. */
export interface Plain {
  readonly values: Record<string, unknown>
  readonly flash: Record<string, unknown>
}

/** Plain objects as contents; `unreadable` is what no session could store. Whose it is says the caller, never a value of that name. */
export function bodyOf(
  values: object,
  flash: object = {},
  ends: Readonly<Record<string, number>> = {},
  owner?: string,
): { readonly contents: Contents; readonly unreadable: Plain } {
  const unreadable: Plain = { values: {}, flash: {} }
  const entries = (of: object, kind: keyof Plain) =>
    Object.entries(of).flatMap(([key, value]): [string, Entry][] => {
      try {
        checkKey(key)
        return [[key, Entry.of(value, key, kind === 'values' && Object.hasOwn(ends, key) ? ends[key] : undefined)]]
      } catch {
        unreadable[kind][key] = value
        return []
      }
    })
  const all = new Map(entries(values, 'values'))
  if (all.delete(OWNER) && owner === undefined) unreadable.values[OWNER] = (values as Plain['values'])[OWNER]
  const flashes = entries(flash, 'flash').map(([key, entry]): [string, Flash] => [
    key,
    // Two with one value are two.
    { id: `${key}\n${entry.text}`, entry },
  ])
  return {
    contents: { ...EMPTY, values: all, flash: new Map(flashes), owner },
    unreadable,
  }
}

/** `owner`: how it is written whose the session is. */
export function plainOf({ values, flash }: Contents, owner: string | undefined): Plain {
  if (values.has(OWNER)) throw reserved(OWNER)
  return {
    values: Object.fromEntries([
      ...Array.from(values, ([key, entry]) => [key, entry.take()]),
      ...(owner === undefined ? [] : [[OWNER, owner]]),
    ]),
    flash: Object.fromEntries(Array.from(flash, ([key, { entry }]) => [key, entry.take()])),
  }
}

/** The owner that the values of an application's own row name. */
export function ownerIn(values: object): string | undefined {
  const owner: unknown = Object.hasOwn(values, OWNER) ? (values as Plain['values'])[OWNER] : undefined
  return typeof owner === 'string' ? owner : undefined
}

/** An owner for another library's cookie, where any value may be one that a visitor chose: under a MAC of ours, or not at all. */
export function signedOwner({ owner }: Contents, { keyring, binding }: Engine): Maybe<string | undefined> {
  return owner === undefined ? undefined : keyring?.sign('owner', [binding], toUtf8(owner))
}

/** The owner that we ourselves wrote into another library's cookie. */
export function provenOwner(values: object, { keyring, binding }: Engine): Maybe<string | undefined> {
  const owner = keyring && ownerIn(values)
  if (owner === undefined) return undefined
  return andThen(keyring?.verify('owner', [binding], owner), (found) =>
    typeof found === 'object' ? fromUtf8(new Uint8Array(found.bytes)) : undefined,
  )
}

export function reserved(key: string): SessionError {
  return new SessionError('BAD_KEY', `The key ${JSON.stringify(key)} is one of the engine's own.`)
}
