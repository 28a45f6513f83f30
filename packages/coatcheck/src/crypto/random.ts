import { encode } from './base64url.ts'
import type { Bytes } from './primitives.ts'

/** Fresh random bytes, one call of the system's generator each: nothing is pooled, so a snapshot or fork cannot repeat one. */
export function randomBytes(bytes: number): Bytes {
  return globalThis.crypto.getRandomValues(new Uint8Array(bytes))
}

/** `bytes` fresh random bytes as base64url without padding. */
export function randomText(bytes: number): string {
  return encode(randomBytes(bytes))
}
