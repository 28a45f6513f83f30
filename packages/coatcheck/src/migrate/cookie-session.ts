/** The format of cookie-session: base64 of JSON in one cookie, and a MAC of it in another. */
import { encode } from '../crypto/base64url.ts'
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { checkKinds } from '../errors.ts'
import { remixFlash, withFlash } from './flash-keys.ts'
import type { OldSession, UpstreamFormat } from './format.ts'
import { parseValues, toJson } from './json.ts'
import { signatures } from './keygrip.ts'
import { textFromBase64, textToBase64 } from './text.ts'

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
  const { areGenuine, macOf } = signatures(name, options.keys)

  return {
    format: 'cookie-session',
    cookieName: name,
    read(value, request) {
      return andThen(areGenuine(value, request), (genuine): OldSession | undefined => {
        const values = genuine ? parseValues(textFromBase64(value) ?? '') : undefined
        return values && remixFlash(values)
      })
    },
    write: ({ values, flash }) => textToBase64(toJson(withFlash(values, flash))),
    companions: (value) => andThen(macOf(value), (mac) => [[`${name}.sig`, encode(mac)]]),
  }
}
