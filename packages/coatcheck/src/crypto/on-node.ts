import type { Primitives } from './primitives.ts'

type NodeCrypto = NonNullable<ReturnType<typeof builtin>>

const NEEDED = [
  'createCipheriv',
  'createDecipheriv',
  'createHmac',
  'createSecretKey',
  'hash',
  'hkdfSync',
  'timingSafeEqual',
] as const

const builtin = () => globalThis.process?.getBuiltinModule?.('node:crypto')

/** The synchronous set, or `undefined` where `node:crypto` is missing or half there. */
export function nodePrimitives(): Primitives | undefined {
  const crypto = builtin()
  return crypto && NEEDED.every((name) => typeof crypto[name] === 'function') ? build(crypto) : undefined
}

function build(crypto: NodeCrypto): Primitives {
  const bytes = (part: ArrayBuffer) => new Uint8Array(part)
  return {
    sha256: (text) => crypto.hash('sha256', text),
    hkdf: (secret, info, length) => bytes(crypto.hkdfSync('sha256', secret, '', info, length)),
    hmac(key) {
      const handle = crypto.createSecretKey(key)
      return (head, body) => crypto.createHmac('sha256', handle).update(head).update(body).digest()
    },
    aes(key) {
      // One handle for every call: ECB keeps nothing between whole blocks, and opening a cipher costs more than using it.
      const cipher = crypto.createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
      return (blocks) => cipher.update(blocks)
    },
    gcmSeal(key, nonce, aad, plaintext) {
      const cipher = crypto.createCipheriv('aes-256-gcm', crypto.createSecretKey(key), nonce, { authTagLength: 16 }).setAAD(aad)
      return [cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]
    },
    gcmOpen(key, nonce, aad, sealed) {
      const end = sealed.length - 16
      const decipher = crypto.createDecipheriv('aes-256-gcm', crypto.createSecretKey(key), nonce, { authTagLength: 16 })
      decipher.setAAD(aad).setAuthTag(sealed.subarray(end))
      const plaintext = decipher.update(sealed.subarray(0, end))
      try {
        decipher.final()
        return plaintext
      } catch {
        return undefined
      }
    },
    equal: (a, b) => crypto.timingSafeEqual(a, b),
  }
}
