import type { Bytes } from './primitives.ts'

/** base64url without padding (RFC 4648 section 5). */
export function encode(bytes: Uint8Array): string {
  if (globalThis.Buffer) {
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    return buffer.toString('base64url')
  }
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The bytes, or `undefined` for anything but the one text that `encode` makes of them: no padding, no white space, no stray bits. */
export function decode(text: string): Bytes | undefined {
  try {
    const bytes = globalThis.Buffer
      ? Buffer.from(text, 'base64url')
      : Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
    // Both decoders forgive a lot; what they forgave does not come back the same.
    return encode(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}
