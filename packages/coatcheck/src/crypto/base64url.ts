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
  const rest = text.length % 4
  if (rest === 1 || text.includes('+') || text.includes('/')) return undefined
  try {
    const length = Math.floor((text.length * 3) / 4)
    const bytes = globalThis.Buffer ? decodedByNode(text, length) : decodedByWeb(text)
    // Both decoders pass over what is none of the alphabet: then there are fewer bytes.
    if (bytes?.length !== length) return undefined
    return rest === 0 || encode(bytes.subarray(-(rest - 1))) === text.slice(-rest) ? bytes : undefined
  } catch {
    return undefined
  }
}

function decodedByNode(text: string, length: number): Bytes | undefined {
  // It takes a character beyond ASCII for the one with the same low bits.
  if (Buffer.byteLength(text) !== text.length) return undefined
  // Not `Buffer.from`, which costs twice as much where the text is long.
  const bytes = Buffer.allocUnsafe(length)
  return bytes.write(text, 'base64url') === length ? bytes : undefined
}

const decodedByWeb = (text: string): Bytes =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
