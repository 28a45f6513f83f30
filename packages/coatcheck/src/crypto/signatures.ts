import { builtin } from '../builtin.ts'
import { decode } from './base64url.ts'
import { toUtf8 } from './bytes.ts'
import type { Maybe } from './maybe.ts'
import type { Bytes } from './primitives.ts'

/** A public key of P-256, or of RSA, with these members and no others (RFC 7518 6.2.1, 6.3.1). */
export type PublicKey =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }

/** Whether this key signed these bytes: ES256 with a key of P-256, RS256 with one of RSA. A key that is none signed nothing. */
export type Verify = (key: PublicKey, signed: Bytes, signature: Bytes) => Maybe<boolean>

const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

/** For every platform with WebCrypto. */
export const verifyOnWeb: Verify = async (key, signed, signature) => {
  const { subtle } = globalThis.crypto
  const algorithm = key.kty === 'EC' ? CURVE : RSA
  try {
    const imported = await subtle.importKey('jwk', { ...key }, algorithm, false, ['verify'])
    return await subtle.verify(algorithm, imported, signature, signed)
  } catch {
    return false
  }
}

/** With `node:crypto`, at once. undefined where it is missing, or not what Node's is. */
export function nodeVerify(): Verify | undefined {
  const crypto = builtin((node) => node.getBuiltinModule('node:crypto'))
  if (!crypto) return undefined
  const verify = (key: PublicKey, signed: Bytes, signature: Bytes): boolean => {
    try {
      const made = crypto.createPublicKey({ key: { ...key }, format: 'jwk' })
      return crypto.verify('sha256', signed, key.kty === 'EC' ? { key: made, dsaEncoding: 'ieee-p1363' } : made, signature)
    } catch {
      return false
    }
  }
  return verify(KNOWN.key, toUtf8('a'), KNOWN.signature) && !verify(KNOWN.key, toUtf8('b'), KNOWN.signature) ? verify : undefined
}

let chosen: Verify | undefined

/** The best of this platform, looked for when it is first needed. */
export const verifySignature: Verify = (...given) => {
  chosen ??= nodeVerify() ?? verifyOnWeb
  return chosen(...given)
}

/** A signature of the text `a`. Edge platforms have modules of the name `node:crypto` whose functions throw, or answer otherwise. */
const KNOWN: { readonly key: PublicKey; readonly signature: Bytes } = {
  key: {
    kty: 'EC',
    crv: 'P-256',
    x: 'oPCao4DYqKOiXihkpjHB_hqZbIP0H6DwnYazWgLESX8',
    y: 'gzpzHQiLkHozkkRNhGpvxm0mrbDssl3yr006I40FFcw',
  },
  signature: decode('HPK3y6kLP_lC-mLfDUgGbYtX2qN9HKRQ2ooNh4W9JXM-OF_GLaj-IGfbwyVOSXpYdLksgpxs_8uv5rF1FBV5UQ') as Bytes,
}
