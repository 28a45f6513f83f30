import { builtin } from '../builtin.ts'
import { encode } from './base64url.ts'
import { concat } from './bytes.ts'
import type { Bytes, Primitives } from './primitives.ts'

type NodeCrypto = ReturnType<typeof process.getBuiltinModule<'node:crypto'>>
type NodePrimitives = ReturnType<typeof build>

/** The synchronous set, or `undefined` where `node:crypto` is missing, half there or not what Node's is. */
export function nodePrimitives(): Primitives | undefined {
  const crypto = builtin((node) => node.getBuiltinModule('node:crypto'))
  const primitives = crypto && build(crypto)
  return primitives && works(primitives) ? primitives : undefined
}

function build(crypto: NodeCrypto) {
  // A message's key is used once. Bytes cost least, but Node 24 needs an exception (20 us) to see that they are no CryptoKey.
  const once = process.versions?.node?.startsWith('24.') ? crypto.createSecretKey : (key: Bytes) => key
  return {
    sha256: (text) => crypto.hash('sha256', text),
    hkdf: (secret, info, length) => new Uint8Array(crypto.hkdfSync('sha256', secret, '', info, length)),
    hmac(key) {
      const handle = crypto.createSecretKey(key)
      // As text first: bytes would come in memory of their own, which costs a sixth of all this.
      return (head: Bytes, body: Bytes) => {
        const mac = crypto.createHmac('sha256', handle).update(head).update(body)
        return globalThis.Buffer ? Buffer.from(mac.digest('hex'), 'hex') : mac.digest()
      }
    },
    aes(key) {
      // One handle for every call: ECB keeps nothing between whole blocks, and opening a cipher costs more than using it.
      const cipher = crypto.createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
      return (blocks: Bytes) => cipher.update(blocks)
    },
    gcmSeal(key, nonce, aad, plaintext) {
      const cipher = crypto.createCipheriv('aes-256-gcm', once(key), nonce, { authTagLength: 16 }).setAAD(aad)
      const ciphertext = cipher.update(plaintext)
      cipher.final()
      return [ciphertext, cipher.getAuthTag()]
    },
    gcmOpen(key, nonce, aad, sealed) {
      const end = sealed.length - 16
      const decipher = crypto.createDecipheriv('aes-256-gcm', once(key), nonce, { authTagLength: 16 })
      decipher.setAAD(aad).setAuthTag(sealed.subarray(end))
      // Of what is forged, the stack of an error that nobody sees would cost as much as all the rest.
      const limit = Error.stackTraceLimit
      Error.stackTraceLimit = 0
      try {
        const plaintext = decipher.update(sealed.subarray(0, end))
        decipher.final()
        return plaintext
      } catch {
        return undefined
      } finally {
        Error.stackTraceLimit = limit
      }
    },
    equal: (a, b) => crypto.timingSafeEqual(a, b),
  } satisfies Primitives
}

/** Edge platforms have modules of this name whose functions throw, or answer otherwise: all are tried once, in one chain. */
function works(tried: NodePrimitives): boolean {
  try {
    const key = tried.aes(tried.hkdf(tried.sha256(''), '', 32))(new Uint8Array(32))
    const mac = tried.hmac(key)(key, key)
    const nonce = mac.subarray(20)
    const sealed = concat(...tried.gcmSeal(key, nonce, mac, new Uint8Array()))
    return (
      tried.equal(mac, mac) && encode(sealed) === 'jKrCKiZuYLAdMKGy72NVDw' && tried.gcmOpen(key, nonce, mac, sealed)?.length === 0
    )
  } catch {
    return false
  }
}
