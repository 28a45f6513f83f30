/** The format of cookie-session: base64 of JSON in one cookie, and a MAC of it in another. */
import { encode } from '../crypto/base64url.ts'
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { platform } from '../crypto/platform.ts'
import type { Bytes } from '../crypto/primitives.ts'
import { checkKinds } from '../errors.ts'
import { remixFlash, withFlash } from './flash-keys.ts'
import type { OldSession, UpstreamFormat } from './format.ts'
import { parseValues, toJson } from './json.ts'
import { oldPrimitives } from './primitives.ts'
import { checked } from './signed.ts'
import { fromBase64, LONGEST, textFromBase64, textToBase64 } from './text.ts'

export interface CookieSessionOptions {
  /** As cookie-session was given them, or its `secret` alone: the first signs, all are accepted. */
  readonly keys: readonly string[]
  /** Default `session`. */
  readonly name?: string
}

/** The sessions of cookie-session. */
export interface CookieSession extends UpstreamFormat {
  /** The other cookies that belong to a value, by name: `<name>.sig` with the MAC, without which the value counts for nothing. */
  companions(value: string): Maybe<readonly (readonly [name: string, value: string])[]>
}

/** The sessions of cookie-session: `<name>`, and `<name>.sig` with an HMAC-SHA1 of `<name>=<value>`. */
export function cookieSession(options: CookieSessionOptions): CookieSession {
  checkKinds(options, { name: 'text', keys: 'list of texts' })
  const { name = 'session' } = options
  const keys = checked('keys', options.keys)
  const [newest = ''] = keys
  const macOf = (value: string, key: string) => oldPrimitives().sha1Mac(key, `${name}=${value}`)

  function isGenuine(value: string, mac: Bytes, number = 0): Maybe<boolean> {
    const key = keys[number]
    if (key === undefined) return false
    return andThen(macOf(value, key), (own) => platform().equal(own, mac) || isGenuine(value, mac, number + 1))
  }

  function isAnyGenuine(value: string, [mac, ...others]: readonly (Bytes | undefined)[]): Maybe<boolean> {
    if (!mac) return false
    return andThen(isGenuine(value, mac), (genuine) => genuine || isAnyGenuine(value, others))
  }

  return {
    format: 'cookie-session',
    cookieName: name,
    read(value, request) {
      // Of two such cookies on two paths each has a MAC of its own.
      const given = request.cookies?.(`${name}.sig`) ?? [request.cookie(`${name}.sig`) ?? '']
      const macs = value.length > LONGEST ? [] : given.map(fromBase64).filter((mac) => mac?.length === 20)
      if (macs.length === 0 || request.mayTry?.() === false) return undefined
      return andThen(isAnyGenuine(value, macs), (genuine): OldSession | undefined => {
        const values = genuine ? parseValues(textFromBase64(value) ?? '') : undefined
        return values && remixFlash(values)
      })
    },
    write: ({ values, flash }) => textToBase64(toJson(withFlash(values, flash))),
    companions: (value) => andThen(macOf(value, newest), (mac) => [[`${name}.sig`, encode(mac)]]),
  }
}
