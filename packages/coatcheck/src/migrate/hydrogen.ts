/** The format of Hydrogen 1: JSON, percent-encoded. Nothing is signed: whatever is read here, the visitor may have made up. */
import { type RecordFiles, recordFiles } from './files.ts'
import type { IdFormat, UpstreamFormat } from './format.ts'
import { isObject, parseValues, toJson, valuesOf } from './json.ts'
import { unescaped } from './text.ts'

export type { RecordFiles } from './files.ts'
export { storedSessions } from './stored.ts'

/**
 * The sessions of `CookieSessionStorage`, in a cookie of the same name as ours; `{ ...hydrogenCookie(), cookieName: '__session'
 * }` for another. UNTRUSTED: any visitor can write such a cookie, so its values prove nothing, least of all who somebody is.
 * Flash values stand among the others, as Hydrogen has them.
 */
export function hydrogenCookie(): UpstreamFormat {
  return {
    format: 'hydrogen',
    read(value) {
      const values = valuesIn(value)
      return values && { values }
    },
    write: ({ values, flash }) => encodeURIComponent(toJson({ ...flash, ...values })),
  }
}

/** How the JSON of an object begins, whatever of it is percent-encoded: nothing else is decoded. */
const OBJECT = /^"?(?:\{|%7b)/i

const valuesIn = (value: string) => (OBJECT.test(value) ? parseValues(unescaped(value) ?? '') : undefined)

/** Other spellings of an id would name the same file on some systems. */
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/**
 * The ids of `MemorySessionStorage` and `FileSessionStorage`. UNTRUSTED: any visitor can name an id, though nobody can guess one.
 */
export function hydrogenId(): IdFormat {
  return {
    format: 'hydrogen',
    write: (id) => encodeURIComponent(JSON.stringify({ sid: id })),
    read(value) {
      const sid = valuesIn(value)?.sid
      return typeof sid === 'string' && ID.test(sid) ? sid : undefined
    },
  }
}

/**
 * The records of `FileSessionStorage(name, dir)`: `dir/abc/<rest of the id>` holds `{"data":{…},"expires":<milliseconds>}`. Only
 * a UUID names a file. `now`, in milliseconds, is the clock. Where there is no file system: `BAD_OPTIONS`.
 */
export function hydrogenFiles(dir: string, now?: () => number): RecordFiles {
  return recordFiles(
    dir,
    {
      draw: () => crypto.randomUUID(),
      place: (id) => (ID.test(id) ? [id.slice(0, 3), id.slice(3)] : undefined),
      encode: (data, expires) => toJson({ data, expires: expires?.getTime() }),
      decode(content) {
        if (!isObject(content)) return undefined
        const { expires: endsAt = Number.POSITIVE_INFINITY } = content
        const data = valuesOf(content.data)
        return data && typeof endsAt === 'number' ? { data, endsAt } : undefined
      },
    },
    now,
  )
}
