import { decode } from '../../crypto/base64url.ts'
import { fromUtf8, toUtf8 } from '../../crypto/bytes.ts'
import type { Maybe } from '../../crypto/maybe.ts'
import { platform } from '../../crypto/platform.ts'
import type { Bytes } from '../../crypto/primitives.ts'
import { type PublicKey, type Verify, verifySignature } from '../../crypto/signatures.ts'

/** What a browser sends to prove that it has a key: a JWT, signed with it. */
export interface Proof {
  readonly key: PublicKey
  /** The challenge that it answers. */
  readonly jti: string
  /** What a registered key signs is checked against it, and what registers brings its key along. */
  readonly isGenuine: () => Maybe<boolean>
}

/** Longer than any proof with an RSA key of 4096 bits: refused before a character of it is decoded. */
const LONGEST = 4096
/** The longest challenge that is made here is shorter. */
const LONGEST_JTI = 512
const ALGORITHMS = { ES256: 'EC', RS256: 'RSA' } as const

/** A structured-field string (RFC 9651 3.3.3), or what Chromium sends: the same without its quotes. */
export const bareText = (header: string): string =>
  header.startsWith('"') && header.endsWith('"') && header.length > 1 ? header.slice(1, -1).replace(/\\(["\\])/g, '$1') : header

/**
 * Reads a proof. `known`: the registered key; undefined where the proof is to bring one along. undefined: it is no proof of this kind, whoever
 * signed it. Nothing but the algorithm of the key itself is ever used.
 */
export function readProof(header: string, known: PublicKey | undefined, verify: Verify = verifySignature): Proof | undefined {
  if (header.length > LONGEST) return undefined
  const parts = bareText(header).split('.')
  const [head = '', claims = '', signature = ''] = parts
  if (parts.length !== 3) return undefined
  const [{ alg, typ, jwk, ...others } = NONE, { jti } = NONE] = [jsonOf(head), jsonOf(claims)]
  const kty = typeof alg === 'string' && Object.hasOwn(ALGORITHMS, alg) ? ALGORITHMS[alg as keyof typeof ALGORITHMS] : undefined
  // What else a head may hold asks for another key, another reading, or an extension that has to be understood (RFC 7515 4.1).
  if (!kty || typ !== 'dbsc+jwt' || Object.keys(others).length > 0) return undefined
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI) return undefined
  if (known && jwk !== undefined) return undefined
  const key = known ?? publicKeyOf(jwk)
  const signed = decode(signature)
  if (key?.kty !== kty || !signed || signed.length !== lengthOf(key)) return undefined
  return { key, jti, isGenuine: () => verify(key, toUtf8(`${head}.${claims}`), signed) }
}

/** The challenge that a proof says it answers, whoever signed it, of a session whose key is not known. */
export function challengeIn(header: string): string | undefined {
  if (header.length > LONGEST) return undefined
  const jti = jsonOf(bareText(header).split('.')[1] ?? '')?.jti
  return typeof jti === 'string' ? jti : undefined
}

/** The thumbprint of a public key (RFC 7638), as hex. */
export function thumbprintOf(key: PublicKey): Maybe<string> {
  // The members in the order that the RFC asks for.
  const members = key.kty === 'EC' ? { crv: key.crv, kty: key.kty, x: key.x, y: key.y } : { e: key.e, kty: key.kty, n: key.n }
  return platform().sha256(JSON.stringify(members))
}

/** A public key that is exactly one of the two kinds; undefined for any other, for a private one, and for one that is too short or too long. */
export function publicKeyOf(jwk: unknown): PublicKey | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined
  const { kty, crv, x, y, n, e, ...others } = jwk as Record<string, unknown>
  if (Object.keys(others).length > 0) return undefined
  if (kty === 'EC') {
    if (n !== undefined || e !== undefined || crv !== 'P-256' || bytesIn(x) !== 32 || bytesIn(y) !== 32) return undefined
    return { kty, crv, x: x as string, y: y as string }
  }
  if (kty !== 'RSA' || crv !== undefined || x !== undefined || y !== undefined || e !== 'AQAB') return undefined
  const bytes = typeof n === 'string' && n.length <= MOST_RSA ? decode(n) : undefined
  const isLong = bytes && (bytes[0] ?? 0) >= 0x80 && bytes.length >= 256 && bytes.length <= 512
  return isLong ? { kty, n: n as string, e } : undefined
}

/** Characters of a modulus of 4096 bits. */
const MOST_RSA = 683
const NONE: Record<string, unknown> = {}

const bytesIn = (text: unknown): number | undefined =>
  typeof text === 'string' && text.length === 43 ? decode(text)?.length : undefined

const lengthOf = (key: PublicKey): number => (key.kty === 'EC' ? 64 : Math.floor((key.n.length * 3) / 4))

/** The object that a part of a JWT is. */
function jsonOf(part: string): Record<string, unknown> | undefined {
  const bytes: Bytes | undefined = decode(part)
  const text = bytes && fromUtf8(bytes)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
