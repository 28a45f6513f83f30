import { parseSetCookie } from 'cookie-es'
import type { CookieAttributes } from './attributes.ts'

/** A cookie for frameworks that set cookies by a call of their own. */
export interface ResponseCookie {
  readonly name: string
  /** As it goes over the wire: nothing is to be encoded. Empty in a cookie that clears. */
  readonly value: string
  readonly attributes: CookieAttributes
}

/** A `Set-Cookie` line, taken apart. undefined: it sets no cookie. */
export function partsOf(line: string): ResponseCookie | undefined {
  const { name, value, sameSite, ...others } = parseSetCookie(line, { decode: false }) ?? {}
  if (!name || value === undefined) return undefined
  return { name, value, attributes: typeof sameSite === 'string' ? { ...others, sameSite } : others }
}
