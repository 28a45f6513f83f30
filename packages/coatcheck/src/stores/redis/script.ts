export interface RedisScript {
  readonly text: string
  /** The name for EVALSHA: the SHA-1 of its text in hexadecimal. */
  readonly sha: () => Promise<string>
}

export function script(text: string): RedisScript {
  let sha: Promise<string> | undefined
  return { text, sha: () => (sha ??= sha1(text)) }
}

async function sha1(text: string): Promise<string> {
  const digest = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-1', new TextEncoder().encode(text)))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
