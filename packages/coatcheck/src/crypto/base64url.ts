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
  if (globalThis.Buffer) {
    const bytes = Buffer.from(text, 'base64url')
    return isCanonical(text, bytes.length) ? bytes : undefined
  }
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
    // The decoder forgives a lot; what it forgave does not come back the same.
    return encode(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

/** Letters that set no bit which one byte, or two, at the end leave unused. */
const LAST = ['', '', 'AQgw', 'AEIMQUYcgkosw048']

/** Whether `Buffer`, which forgives as much, forgave nothing: to write all of it again would cost as much as reading it. */
function isCanonical(text: string, bytes: number): boolean {
  const over = text.length % 4
  // What is none of the alphabet is passed over, so that there are fewer bytes.
  if (over === 1 || bytes !== Math.floor((text.length * 3) / 4)) return false
  // Letters of the other alphabet, and those that have the low bits of one, are read as if they were right.
  if (text.includes('+') || text.includes('/') || Buffer.byteLength(text) !== text.length) return false
  return over === 0 || (LAST[over] ?? '').includes(text.charAt(text.length - 1))
}
