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

/** The same, for long texts: writing all of it again would cost more than reading it. */
export function decodeLong(text: string): Bytes | undefined {
  if (!globalThis.Buffer) return decode(text)
  const bytes = Buffer.from(text, 'base64url')
  // What is none of the alphabet is passed over, so that there are fewer bytes; letters of the other alphabet, and those that have the low
  // bits of one, are read as if they were right; stray bits are in the last few letters.
  const isWhole = text.length % 4 !== 1 && bytes.length === Math.floor((text.length * 3) / 4)
  const isOurs = isWhole && !text.includes('+') && !text.includes('/') && Buffer.byteLength(text) === text.length
  return isOurs && text.endsWith(encode(bytes.subarray(bytes.length - (bytes.length % 3)))) ? bytes : undefined
}
