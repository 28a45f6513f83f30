import type { Bytes } from './primitives.ts'

// A fatal decoder forgets a failed input; a byte order mark is part of the text.
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text in UTF-8; a lone surrogate becomes U+FFFD. */
export function toUtf8(text: string): Bytes {
  return globalThis.Buffer ? Buffer.from(text) : new TextEncoder().encode(text)
}

/** The text these bytes are in UTF-8, or `undefined`. */
export function fromUtf8(bytes: Bytes): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

export function concat(...parts: readonly Bytes[]): Bytes {
  return globalThis.Buffer ? Buffer.concat(parts) : Uint8Array.from(parts.flatMap((part) => [...part]))
}
