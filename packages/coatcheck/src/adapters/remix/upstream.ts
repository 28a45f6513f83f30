import { type CookieAttributes, CookieTooLong } from '../../cookies/cookie.ts'
import { SessionError } from '../../errors.ts'
import type { CookieParseOptions, Made } from './cookies.ts'
import { type CookieSerializeOptions, lineOf } from './line.ts'

/** The longest line that React Router sends, attributes included. */
const LONGEST = 4096

/**
 * A line as React Router writes it: `how` goes before what the cookie says, and that of an ended session has its end in the past. Throws
 * `CookieTooLong`.
 */
export function upstreamLine(name: string, value: string, how: CookieSerializeOptions, cookie: Made): string {
  const options = { ...cookie, ...how }
  const line = lineOf(name, value, value === '' ? { ...options, maxAge: undefined, expires: new Date(0) } : options)
  if (line.length > LONGEST) throw new CookieTooLong(line.length)
  return line
}

/** What a call says of its line, for `upstreamLine`; an option that is there and undefined counts as well. */
export function upstreamAttributes(options: CookieSerializeOptions, { maxAge, expires }: Made): CookieAttributes {
  refuseCoding(options)
  return { maxAge, expires, ...options } as CookieAttributes
}

/** Values in the framework's own cookies have one encoding: another would be read by nobody. */
export function refuseCoding(options: CookieSerializeOptions & CookieParseOptions): void {
  for (const option of ['encode', 'decode'] as const) {
    if (options[option] === undefined) continue
    throw new SessionError('BAD_OPTIONS', `The option \`${option}\` cannot be set with \`format: 'upstream'\`.`, {
      fix: 'Leave it out.',
    })
  }
}
