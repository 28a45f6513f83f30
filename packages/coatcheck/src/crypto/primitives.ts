import type { Maybe } from './maybe.ts'

export type Bytes = Uint8Array<ArrayBuffer>

/** What this room needs of a platform. Two sets with the same bytes: `node:crypto` (synchronous) and WebCrypto. */
export interface Primitives {
  /** SHA-256 of the text in UTF-8, as lower-case hex. */
  sha256(text: string): Maybe<string>
  /** HKDF-SHA256 without a salt (RFC 5869). */
  hkdf(secret: string, info: string, length: number): Maybe<Bytes>
  /** HMAC-SHA256 of `head` followed by `body`. */
  hmac(key: Bytes): Maybe<(head: Bytes, body: Bytes) => Maybe<Bytes>>
  /** AES-256 of two 16-byte blocks, each on its own. They are read before the call returns. */
  aes(key: Bytes): Maybe<(blocks: Bytes) => Maybe<Bytes>>
  /** AES-256-GCM: the ciphertext followed by its 16-byte tag, in one piece or several. */
  gcmSeal(key: Bytes, nonce: Bytes, aad: Bytes, plaintext: Bytes): Maybe<readonly Bytes[]>
  /** The plaintext, or `undefined` when ciphertext, tag, nonce or additional data are not what was sealed. */
  gcmOpen(key: Bytes, nonce: Bytes, aad: Bytes, sealed: Bytes): Maybe<Bytes | undefined>
  /** Whether two byte strings of one length are equal, in a time that does not tell where they differ. */
  equal(a: Bytes, b: Bytes): boolean
}
