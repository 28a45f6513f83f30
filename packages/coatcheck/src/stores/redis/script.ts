export interface RedisScript {
  readonly text: string
  /** The name for EVALSHA: the SHA-1 of its text in hexadecimal. */
  readonly sha: () => Promise<string>
  /** The same, as soon as it is known. */
  name: string | undefined
}

export function script(text: string): RedisScript {
  let sha: Promise<string> | undefined
  const named = async (): Promise<string> => (made.name = await sha1(text))
  const made: RedisScript = { text, sha: () => (sha ??= named()), name: undefined }
  return made
}

async function sha1(text: string): Promise<string> {
  const digest = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-1', new TextEncoder().encode(text)))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
