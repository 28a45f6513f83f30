import { encode } from './base64url.ts'
import type { Bytes } from './primitives.ts'

/** Fresh random bytes, one call of the system's generator each: nothing is pooled, so a snapshot or fork cannot repeat one. */
export function randomBytes(bytes: number): Bytes {
  return globalThis.crypto.getRandomValues(new Uint8Array(bytes))
}

/** Where the bytes of a text are drawn, each time anew: memory of their own would cost more than the bytes. */
const scratch: Bytes[] = []

/** `bytes` fresh random bytes as base64url without padding. */
export function randomText(bytes: number): string {
  scratch[bytes] ??= new Uint8Array(bytes)
  return encode(globalThis.crypto.getRandomValues(scratch[bytes]))
}
