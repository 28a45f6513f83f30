import { SessionError } from '../../errors.ts'
import { Entry } from '../model/codec.ts'
import type { Contents } from '../model/contents.ts'
import { checkKey } from './values.ts'

type Values = Record<string, unknown>

/** How an application puts a guest's values together with those that the owner has. */
export type Merge = (guest: Values, existing: Values) => Values

/** The same in the engine's terms: the values of a guest's session with those that `merge` names in their places. */
export function mergeOf(merge: Merge): (guest: Contents, existing: Contents, now: number) => ReadonlyMap<string, Entry> {
  if (typeof merge !== 'function') throw wrong('`merge` that is no function')
  return (guest, existing, now) => {
    const merged: unknown = merge(plain(guest, now), plain(existing, now))
    if (typeof merged !== 'object' || merged === null || 'then' in merged)
      throw wrong('`merge` that returned no object of values')
    const values = new Map(guest.values)
    for (const [key, value] of Object.entries(merged))
      if (value !== undefined) values.set(checkKey(key), Entry.of(value, key, values.get(key)?.until))
    return values
  }
}

/** The values that can be read, as an object of their own. */
function plain({ values }: Contents, now: number): Values {
  const entries = Array.from(values).flatMap(([key, entry]): [string, unknown][] => {
    try {
      return entry.live(now) && !entry.isOpaque ? [[key, entry.take()]] : []
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
