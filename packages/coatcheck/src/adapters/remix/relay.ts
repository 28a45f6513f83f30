import { pairOf } from '../../cookies/cookie.ts'
import { SessionError } from '../../errors.ts'
import { namedValues, remixFlash, withFlash, withoutNames } from '../../migrate/flash-keys.ts'
import type { IdFormat, UpstreamFormat } from '../../migrate/format.ts'
import { parseJson } from '../../migrate/json.ts'
import { rowId, textOfId } from '../../migrate/remix.ts'
import { unescaped } from '../../migrate/text.ts'
import type { Cookie, CookieParseOptions } from './cookies.ts'
import type { CookieSerializeOptions } from './line.ts'

const LONGEST = 4096

/** A cookie that another library made, or wrapped: it alone knows its secrets and attributes, so it reads and writes. */
export interface Relay {
  /** The part of a Cookie header that the engine sees. */
  take(header: string | null | undefined, options?: CookieParseOptions): Promise<string | null>
  /** The cookie's own line for a line of the engine's. */
  give(line: string, options: CookieSerializeOptions): Promise<string>
}

const quoted = (value: unknown): string => encodeURIComponent(JSON.stringify(value))
const unquoted = (text: string): unknown => parseJson(unescaped(text) ?? '')

/** `isTicket`: its value is a ticket of ours; else the session itself, or the id of a row, as with the framework. */
export function relayOf(cookie: Cookie, isTicket: boolean): Relay {
  const { name } = cookie
  return {
    async take(header, options) {
      const value: unknown = header ? await cookie.parse(header, options) : null
      if (isTicket) return typeof value === 'string' && /^[\w.~-]+$/.test(value) ? `${name}=${value}` : null
      return value === null || value === undefined || value === '' ? null : `${name}=${quoted(value)}`
    },
    async give(line, options) {
      const text = pairOf(line).slice(name.length + 1)
      if (text === '') return cookie.serialize('', { ...options, maxAge: undefined, expires: new Date(0) })
      const given = await cookie.serialize(isTicket ? text : unquoted(text), options)
      if (given.length > LONGEST)
        throw new SessionError('COOKIE_TOO_LARGE', `The cookie ${name} would have ${given.length} characters.`)
      return given
    },
  }
}

/** Sessions as the values of such a cookie. */
export const relayedSession: UpstreamFormat = {
  format: 'relayed',
  read(text) {
    const values = namedValues(unquoted(text))
    return values && remixFlash(values)
  },
  write: ({ values, flash }) => quoted(withoutNames(withFlash(values, flash))),
}

/** Ids as the values of such a cookie. */
export const relayedId: IdFormat = {
  format: 'relayed',
  write: (id) => quoted(rowId(id)),
  read(text) {
    const id = unquoted(text)
    return typeof id === 'number' || (typeof id === 'string' && id !== '') ? textOfId(id) : undefined
  },
}
