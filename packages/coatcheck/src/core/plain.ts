import { SessionError } from '../errors.ts'
import { type Body, EMPTY, type Flash } from './body.ts'
import { Entry } from './codec.ts'
import { checkKey } from './values.ts'

/** The name under which a session's owner stands among values that are kept as a plain object. */
const OWNER = '__owner__'

/** A session as plain objects. */
export interface Plain {
  readonly values: Record<string, unknown>
  readonly flash: Record<string, unknown>
}

/** Plain objects as a body; `unreadable` is what no session could store. */
export function bodyOf(
  values: object,
  flash: object = {},
  ends: Readonly<Record<string, number>> = {},
): { readonly body: Body; readonly unreadable: Plain } {
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
  const owner = all.get(OWNER)?.take()
  all.delete(OWNER)
  const flashes = entries(flash, 'flash').map(([key, entry]): [string, Flash] => [key, { id: entry.text, entry }])
  return {
    body: { ...EMPTY, values: all, flash: new Map(flashes), owner: typeof owner === 'string' ? owner : undefined },
    unreadable,
  }
}

export function plainOf({ values, flash, owner }: Body): Plain {
  if (values.has(OWNER)) throw reserved(OWNER)
  return {
    values: Object.fromEntries([
      ...Array.from(values, ([key, entry]) => [key, entry.take()]),
      ...(owner === undefined ? [] : [[OWNER, owner]]),
    ]),
    flash: Object.fromEntries(Array.from(flash, ([key, { entry }]) => [key, entry.take()])),
  }
}

export function reserved(key: string): SessionError {
  return new SessionError('BAD_KEY', `The key ${JSON.stringify(key)} is one of the engine's own.`)
}
