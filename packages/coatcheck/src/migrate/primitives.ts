/** The primitives that only the formats of other libraries need. */
import { builtin } from '../builtin.ts'
import { encode } from '../crypto/base64url.ts'
import { toUtf8 } from '../crypto/bytes.ts'
import type { Maybe } from '../crypto/maybe.ts'
import type { Bytes } from '../crypto/primitives.ts'

export interface OldPrimitives {
  /** 32 bytes of PBKDF2 with HMAC-SHA1 (RFC 8018 section 5.2). */
  pbkdf2(password: string, salt: string, iterations: number): Maybe<Bytes>
  /** AES-256-CBC with PKCS #7 padding. */
  encrypt(key: Bytes, iv: Bytes, text: string): Maybe<Bytes>
  /** undefined when the padding is wrong. */
  decrypt(key: Bytes, iv: Bytes, ciphertext: Bytes): Maybe<Bytes | undefined>
  /** HMAC-SHA1 (RFC 2104). */
  sha1Mac(key: string, text: string): Maybe<Bytes>
  /** HMAC-SHA256 of a text, which takes no memory for its bytes. */
  sha256Mac(key: Bytes, text: string): Maybe<Bytes>
}

/** So many iterations cost no more than a MAC. What takes longer is derived by other threads, and nobody else has to wait for it. */
export const QUICK = 16

let chosen: OldPrimitives | undefined

/** The synchronous set of `node:crypto` where that is there and works, else that of WebCrypto. */
export function oldPrimitives(): OldPrimitives {
  chosen ??= onNode() ?? onWeb
  return chosen
}

function onNode(): OldPrimitives | undefined {
  const crypto = builtin((node) => node.getBuiltinModule('node:crypto'))
  const primitives = crypto && build(crypto)
  if (!primitives || !works(primitives)) return undefined
  const { pbkdf2 } = primitives
  return { ...primitives, pbkdf2: (...all) => (all[2] > QUICK ? onWeb : { pbkdf2 }).pbkdf2(...all) }
}

type NodeCrypto = ReturnType<typeof process.getBuiltinModule<'node:crypto'>>

function build(crypto: NodeCrypto) {
  const whole = (head: Buffer, tail: Buffer): Bytes => Buffer.concat([head, tail])
  return {
    pbkdf2: (password, salt, iterations) => new Uint8Array(crypto.pbkdf2Sync(password, salt, iterations, 32, 'sha1')),
    encrypt(key, iv, text) {
      const cipher = crypto.createCipheriv('aes-256-cbc', key, iv)
      return whole(cipher.update(toUtf8(text)), cipher.final())
    },
    decrypt(key, iv, ciphertext) {
      const decipher = crypto.createDecipheriv('aes-256-cbc', key, iv)
      try {
        return whole(decipher.update(ciphertext), decipher.final())
      } catch {
        return undefined
      }
    },
    sha1Mac: (key, text) => crypto.createHmac('sha1', key).update(text).digest(),
    sha256Mac: (key, text) => crypto.createHmac('sha256', key).update(text).digest(),
  } satisfies OldPrimitives
}

/** All five in one chain, tried once: edge platforms have modules of this name whose functions throw, or answer otherwise. */
function works(tried: ReturnType<typeof build>): boolean {
  try {
    const key = tried.pbkdf2('a', 'b', 2)
    const iv = tried.sha1Mac('c', 'd').subarray(4)
    const sealed = tried.encrypt(key, iv, 'text')
    const mac = encode(tried.sha256Mac(key, encode(sealed)))
    return mac === 'GsP5cTUjzdnn8fmGylPIsRIdojhjXGJw7qSYhlclc-c' && tried.decrypt(key, iv, sealed)?.length === 4
  } catch {
    return false
  }
}

const subtle = () => globalThis.crypto.subtle

const onWeb: OldPrimitives = {
  async pbkdf2(password, salt, iterations) {
    const key = await subtle().importKey('raw', toUtf8(password), 'PBKDF2', false, ['deriveBits'])
    return new Uint8Array(await subtle().deriveBits({ name: 'PBKDF2', hash: 'SHA-1', salt: toUtf8(salt), iterations }, key, 256))
  },
  async encrypt(bytes, iv, text) {
    const key = await subtle().importKey('raw', bytes, 'AES-CBC', false, ['encrypt'])
    return new Uint8Array(await subtle().encrypt({ name: 'AES-CBC', iv }, key, toUtf8(text)))
  },
  async decrypt(bytes, iv, ciphertext) {
    const key = await subtle().importKey('raw', bytes, 'AES-CBC', false, ['decrypt'])
    try {
      return new Uint8Array(await subtle().decrypt({ name: 'AES-CBC', iv }, key, ciphertext))
    } catch {
      return undefined
    }
  },
  async sha1Mac(secret, text) {
    const key = await subtle().importKey('raw', toUtf8(secret), { name: 'HMAC', hash: 'SHA-1' }, false, ['sign'])
    return new Uint8Array(await subtle().sign('HMAC', key, toUtf8(text)))
  },
  async sha256Mac(bytes, text) {
    const key = await subtle().importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    return new Uint8Array(await subtle().sign('HMAC', key, toUtf8(text)))
  },
}
