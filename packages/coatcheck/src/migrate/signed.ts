import { toUtf8 } from '../crypto/bytes.ts'
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { platform } from '../crypto/platform.ts'
import { SessionError } from '../errors.ts'
import type { ReaderRequest } from './format.ts'
import { fromBase64, LONGEST, toBase64 } from './text.ts'

/** What a MAC is made with: the bytes, or the UTF-8 bytes of a text. */
export type Secret = string | Uint8Array

export interface Signer {
  /** The text, a dot and its MAC by the first secret. */
  sign(text: string): Maybe<string>
  /** The text before the last dot, or undefined when no secret made the MAC after it. */
  unsign(signed: string, request?: Pick<ReaderRequest, 'mayTry'>): Maybe<string | undefined>
}

/**
 * `text.mac` as the cookie-signature package writes it: HMAC-SHA256 in base64 without padding. Without secrets: nothing is
 * signed.
 */
export function signer(secrets: readonly Secret[]): Signer {
  if (Array.isArray(secrets) && secrets.length === 0)
    return {
      sign: (text) => text,
      unsign: (text, { mayTry } = {}) => (text.length > LONGEST || mayTry?.() === false ? undefined : text),
    }
  const [newest = ''] = checked('secrets', secrets)

  function unsign(signed: string, request: Pick<ReaderRequest, 'mayTry'>, number = 0): Maybe<string | undefined> {
    const dot = signed.lastIndexOf('.')
    const secret = secrets[number]
    // A text longer than a MAC is not decoded.
    const given = signed.length > LONGEST || signed.length - dot > 46 ? undefined : fromBase64(signed.slice(dot + 1))
    if (secret === undefined || dot < 0 || given?.length !== 32) return undefined
    if (number === 0 && request.mayTry?.() === false) return undefined
    const text = signed.slice(0, dot)
    return andThen(macOf(text, secret), (mac) => (platform().equal(mac, given) ? text : unsign(signed, request, number + 1)))
  }

  return {
    sign: (text) => andThen(macOf(text, newest), (mac) => `${text}.${toBase64(mac)}`),
    unsign: (signed, request = {}) => unsign(signed, request),
  }
}

const macOf = (text: string, secret: Secret) =>
  andThen(platform().hmac(typeof secret === 'string' ? toUtf8(secret) : new Uint8Array(secret)), (mac) =>
    mac(toUtf8(text), new Uint8Array()),
  )

/** The secrets of another library, or `BAD_OPTIONS`; `least` is how many characters that library asks of each. */
export function checked<S extends Secret>(option: string, secrets: readonly S[], least = 1): readonly S[] {
  const isRight = (secret: unknown) => (typeof secret === 'string' || secret instanceof Uint8Array) && secret.length >= least
  // A copy has no holes, which `every` passes over.
  if (Array.isArray(secrets) && secrets.length > 0 && Array.from(secrets).every(isRight)) return secrets
  const what = least > 1 ? `texts of at least ${least} characters` : 'texts that are not empty'
  throw new SessionError('BAD_OPTIONS', `The option \`${option}\` must hold ${what}.`, {
    fix: 'Give the secrets that the other library was given, the newest first.',
  })
}
