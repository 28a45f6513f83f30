import { concat, toUtf8 } from './bytes.ts'
import type { Bytes, Primitives } from './primitives.ts'

const SHA256 = 'SHA-256'

const subtle = () => globalThis.crypto.subtle

const key = (bytes: Bytes, algorithm: string | HmacImportParams, usage: KeyUsage) =>
  subtle().importKey('raw', bytes, algorithm, false, [usage])

const gcm = (iv: Bytes, additionalData: Bytes) => ({ name: 'AES-GCM', iv, additionalData, tagLength: 128 })

/** The asynchronous set, for every platform with WebCrypto. */
export const webPrimitives: Primitives = {
  async sha256(text) {
    const hash = new Uint8Array(await subtle().digest(SHA256, toUtf8(text)))
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
  },
  async hkdf(secret, info, length) {
    const params = { name: 'HKDF', hash: SHA256, salt: new Uint8Array(), info: toUtf8(info) }
    return new Uint8Array(await subtle().deriveBits(params, await key(toUtf8(secret), 'HKDF', 'deriveBits'), length * 8))
  },
  async hmac(bytes) {
    const handle = await key(bytes, { name: 'HMAC', hash: SHA256 }, 'sign')
    return async (head, body) => new Uint8Array(await subtle().sign('HMAC', handle, concat(head, body)))
  },
  async aes(bytes) {
    const handle = await key(bytes, 'AES-CTR', 'encrypt')
    // WebCrypto has no ECB, but counter mode over a block of zeros is AES of the counter itself.
    const block = (counter: Bytes) => subtle().encrypt({ name: 'AES-CTR', counter, length: 128 }, handle, new Uint8Array(16))
    return async (blocks) => {
      const [first, second] = await Promise.all([block(blocks.slice(0, 16)), block(blocks.slice(16))])
      return concat(new Uint8Array(first), new Uint8Array(second))
    }
  },
  async gcmSeal(bytes, nonce, aad, plaintext) {
    return [new Uint8Array(await subtle().encrypt(gcm(nonce, aad), await key(bytes, 'AES-GCM', 'encrypt'), plaintext))]
  },
  async gcmOpen(bytes, nonce, aad, sealed) {
    const handle = await key(bytes, 'AES-GCM', 'decrypt')
    try {
      return new Uint8Array(await subtle().decrypt(gcm(nonce, aad), handle, sealed))
    } catch {
      return undefined
    }
  },
  equal: (a, b) => a.reduce((difference, byte, i) => difference | (byte ^ (b[i] ?? 0)), a.length ^ b.length) === 0,
}
