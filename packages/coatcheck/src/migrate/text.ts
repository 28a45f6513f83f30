import { decode, encode } from '../crypto/base64url.ts'
import { fromUtf8, toUtf8 } from '../crypto/bytes.ts'
import type { Bytes } from '../crypto/primitives.ts'

/** Longer values are not looked at: servers take no Cookie header of that length. */
export const LONGEST = 65_536

/** A cookie's value without quotes around it and percent signs in it; undefined when it is too long, or wrongly encoded. */
export function unescaped(value: string): string | undefined {
  if (value.length > LONGEST) return undefined
  const text = /^"(.*)"$/s.exec(value)?.[1] ?? value
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const urlSafe = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')

/** Base64 of the standard alphabet (RFC 4648 section 4) without padding. */
export function toBase64(bytes: Uint8Array): string {
  return encode(bytes).replaceAll('-', '+').replaceAll('_', '/')
}

/** Base64 of the text in UTF-8, of the standard alphabet and padded. */
export function textToBase64(text: string): string {
  const base64 = toBase64(toUtf8(text))
  return base64 + '='.repeat(-base64.length & 3)
}

/** The bytes, padded or not; undefined for what no encoder writes. */
export function fromBase64(text: string): Bytes | undefined {
  return decode(urlSafe(text.replace(/={1,2}$/, '')))
}

/** Whether this may be the base64 of a JSON text: the first six bits are those of a bracket, a quote, a digit, a word or white space. */
export const mayHoldJson = (base64: string): boolean => /^[CDILMNOWZbde]/.test(base64)

/** The text, or undefined for bytes that are no UTF-8. */
export function textFromBase64(text: string): string | undefined {
  const bytes = fromBase64(text)
  return bytes && fromUtf8(bytes)
}
