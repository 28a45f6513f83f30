/** The signatures of the keygrip package: a MAC in a cookie of its own, `<name>.sig`. */
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { platform } from '../crypto/platform.ts'
import type { Bytes } from '../crypto/primitives.ts'
import { SessionError } from '../errors.ts'
import type { OldSession, ReaderRequest, SessionReader } from './format.ts'
import { parseValues } from './json.ts'
import { oldPrimitives } from './primitives.ts'
import { checked } from './signed.ts'
import { fromBase64, LONGEST, textFromBase64 } from './text.ts'

export interface Signatures {
  /** Whether one of the MACs that came along is that of `name=value`. */
  areGenuine(value: string, request: ReaderRequest): Maybe<boolean>
  /** By the first key. */
  macOf(value: string): Maybe<Bytes>
}

const SHA1_BYTES = 20

/** The signatures of the cookie `name`: HMAC-SHA1 of `name=value`, as keygrip makes them unless it is told otherwise. */
export function signatures(name: string, given: readonly string[]): Signatures {
  const keys = checked('keys', given)
  const [newest = ''] = keys
  const mac = (value: string, key: string) => oldPrimitives().sha1Mac(key, `${name}=${value}`)

  function isGenuine(value: string, given: Bytes, number = 0): Maybe<boolean> {
    const key = keys[number]
    if (key === undefined) return false
    return andThen(mac(value, key), (own) => platform().equal(own, given) || isGenuine(value, given, number + 1))
  }

  function isAnyGenuine(value: string, [first, ...others]: readonly (Bytes | undefined)[]): Maybe<boolean> {
    if (!first) return false
    return andThen(isGenuine(value, first), (genuine) => genuine || isAnyGenuine(value, others))
  }

  return {
    areGenuine(value, request) {
      // Of two such cookies on two paths each has a MAC of its own.
      const macs = value.length > LONGEST ? [] : signaturesIn(name, request).map(fromBase64)
      const right = macs.filter((each) => each?.length === SHA1_BYTES)
      if (right.length === 0 || request.mayTry?.() === false) return false
      return isAnyGenuine(value, right)
    },
    macOf: (value) => mac(value, newest),
  }
}

/** The signatures that came along, as they stand there. */
export const signaturesIn = (name: string, request: ReaderRequest): readonly string[] =>
  request.cookies?.(`${name}.sig`) ?? [request.cookie(`${name}.sig`) ?? '']

/** The needed part of a Keygrip. */
export interface Verifier {
  verify(data: string, digest: string): boolean
}

/** Whether the cookie `name` was signed by one of these keys, or by this Keygrip. */
export function verifierOf(name: string, keys: readonly string[] | Verifier | undefined): Signatures['areGenuine'] {
  if (keys && 'verify' in keys && typeof keys.verify === 'function')
    return (value, request) =>
      request.mayTry?.() !== false && signaturesIn(name, request).some((mac) => keys.verify(`${name}=${value}`, mac))
  if (Array.isArray(keys)) return signatures(name, keys).areGenuine
  throw new SessionError('BAD_OPTIONS', 'The option `keys` is missing.', {
    fix: 'Give the keys that signed the cookies, as a list or a Keygrip, or `signed: false` if nobody did.',
  })
}

/** Sessions that are base64 of JSON in the cookie, and nothing else. Without keys: the cookies were not signed. */
export function valuesInCookie(
  format: string,
  cookieName: string,
  keys: readonly string[] | Verifier | undefined,
): SessionReader {
  const areGenuine = keys ? verifierOf(cookieName, keys) : (_: string, request: ReaderRequest) => request.mayTry?.() !== false
  return {
    format,
    cookieName,
    read(value, request) {
      if (value === '' || value.length > LONGEST) return undefined
      return andThen(areGenuine(value, request), (is): OldSession | undefined => {
        const values = is ? parseValues(textFromBase64(value) ?? '') : undefined
        return values && { values }
      })
    },
  }
}
