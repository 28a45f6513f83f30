/** The format of @fastify/secure-session: the session's values in a secretbox of libsodium, and its nonce. */
import { bad, checkKinds } from '../../errors.ts'
import type { OldSession, SessionReader } from '../format.ts'
import { isObject, parseJson, valuesOf } from '../json.ts'
import { fromBase64, LONGEST, unescaped } from '../text.ts'

/** A key of 32 bytes, or its base64. */
export type SecureKey = string | Uint8Array

export interface SecureSessionOptions {
  /** As @fastify/secure-session was given it; of several any may open a cookie. */
  readonly key: SecureKey | readonly SecureKey[]
  /**
   * Opens a box (XSalsa20-Poly1305), which Node's own cryptography cannot: `nacl.secretbox.open` of tweetnacl, or a function over
   * `crypto_secretbox_open_easy` of sodium-native. null: not made with this key.
   */
  readonly open: (box: Uint8Array, nonce: Uint8Array, key: Uint8Array) => Uint8Array | null | undefined
  /** Default: the name of its session, `session`. */
  readonly cookieName?: string
  /** Seconds since a session was last changed after which it is over. Default 86401, as there. */
  readonly expiry?: number
}

const KEY_BYTES = 32
const NONCE_BYTES = 24
const MAC_BYTES = 16

/** The sessions of @fastify/secure-session 7 and 8, also where their cookie was signed besides. */
export function secureSession(options: SecureSessionOptions): SessionReader {
  checkKinds(options, { open: 'function', cookieName: 'text', expiry: 'number' })
  const { open, cookieName = 'session', expiry = 86_401 } = options
  if (!open) throw bad('open', 'is missing', 'Give `nacl.secretbox.open` of tweetnacl, or a function over sodium-native.')
  const keys = secureKeys(options.key)
  return {
    format: 'secure-session',
    cookieName,
    read(value, { now, mayTry }) {
      // After the last dot: a signature, of which the box needs none.
      const [box, nonce, ...rest] = (unescaped(value) ?? '').replace(/\.[^.]*$/, '').split(';')
      const [sealed, number] = [bytesOf(box), bytesOf(nonce)]
      if (!sealed || !number || rest.length > 0 || sealed.length < MAC_BYTES || number.length !== NONCE_BYTES) return undefined
      if (mayTry?.() === false) return undefined
      for (const key of keys) {
        const text = open(sealed, number, key)
        if (text) return sessionIn(new TextDecoder().decode(text), `${nonce}`, expiry, now)
      }
      return undefined
    },
  }
}

const bytesOf = (text = ''): Uint8Array | undefined => (text.length > LONGEST ? undefined : fromBase64(text))

function sessionIn(text: string, unique: string, expiry: number, now: number): OldSession | undefined {
  const record = parseJson(text)
  if (!isObject(record) || typeof record.__ts !== 'number') return undefined
  const { __ts, ...rest } = record
  const expiresAt = (__ts + expiry) * 1000
  const values = valuesOf(rest)
  return values && expiresAt > now ? { values, unique, expiresAt } : undefined
}

/** The keys as bytes, newest first. Throws in the words of @fastify/secure-session. */
export function secureKeys(key: SecureSessionOptions['key']): readonly Uint8Array[] {
  const all = typeof key === 'string' || key instanceof Uint8Array ? [key] : key
  if (!Array.isArray(all) || all.length === 0) throw new Error('key or secret must specified')
  return all.map((each: SecureKey) => {
    const bytes = typeof each === 'string' ? fromBase64(each.trim()) : each
    if (!(bytes instanceof Uint8Array)) throw new TypeError('Key must be string or buffer')
    if (bytes.length !== KEY_BYTES) throw new Error(`key must be ${KEY_BYTES} bytes`)
    return bytes
  })
}
