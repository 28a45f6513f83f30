import { SessionError } from '../../errors.ts'
import { type Entry, encoded } from '../model/codec.ts'
import type { Contents } from '../model/contents.ts'
import type { Shape } from '../model/shape.ts'
import { checkKey } from './values.ts'

type Values = Record<string, unknown>

/** How an application puts a guest's values together with those that the owner has. */
export type Merge = (guest: Values, existing: Values) => Values

/** The same in the engine's terms: the values of a guest's session with those that `merge` names in their places. */
export function mergeOf(
  merge: Merge,
  shape?: Shape,
): (guest: Contents, existing: Contents, now: number) => ReadonlyMap<string, Entry> {
  if (typeof merge !== 'function') throw wrong('`merge` that is no function')
  const values = (guest: Contents, existing: Contents, now: number) => {
    const merged: unknown = merge(plain(guest, now, shape), plain(existing, now, shape))
    if (typeof merged !== 'object' || merged === null || 'then' in merged)
      throw wrong('`merge` that returned no object of values')
    const all = new Map(guest.values)
    for (const [key, value] of Object.entries(merged))
      if (value !== undefined) {
        const admitted = shape ? shape.admit(checkKey(key), value) : value
        all.set(checkKey(key), encoded(shape, admitted, key, all.get(key)?.until))
      }
    return all
  }
  if (!shape) return values
  return (guest, existing, now) =>
    shape.through(guest, true, (seen) => ({ ...seen, values: values(seen, shape.see(existing), now) })).values
}

/** The values that can be read, as an object of their own. */
function plain({ values }: Contents, now: number, shape?: Shape): Values {
  const entries = Array.from(values).flatMap(([key, entry]): [string, unknown][] => {
    try {
      return entry.live(now) && !entry.isOpaque ? [[key, shape ? shape.read(entry, key) : entry.take()]] : []
    } catch {
      return []
    }
  })
  return Object.fromEntries(entries)
}

function wrong(what: string): SessionError {
  return new SessionError('BAD_VALUE', `signIn() was given a ${what}.`, {
    fix: 'Pass a synchronous function of two objects of values that returns those to be set.',
  })
}
