import { checkKinds, SessionError } from '../../errors.ts'
import { signer } from '../../migrate/signed.ts'
import { textFromBase64, textToBase64 } from '../../migrate/text.ts'
import type { CookieOptions } from './cookie-options.ts'

/** How a text stands in a cookie. */
export interface TextCodec {
  encode(text: string): Promise<string>
  /** Null for what is not genuine or cannot be read. */
  decode(value: string): Promise<string | null>
}

/** No value of a cookie has this character (RFC 6265bis 4.1.1), so that nothing that is signed as Remix 3 does looks like it. */
const END = '\0'

/** A value ends in its MAC, which is written in one way only. */
const OURS = /\.[A-Za-z\d+/]{43}$/

/**
 * The MAC covers what the value is for and the cookie's name, so that what a visitor chose for one cookie is nothing in another. Remix 3's
 * covers the value alone.
 */
export function textCodec(name: string, options: CookieOptions): TextCodec {
  checkKinds(options, { secrets: 'list of texts', encode: 'function', decode: 'function' }, 'cookie.')
  const { secrets = [], encode = textToBase64, decode = fromText, format } = options
  const purpose = format || secrets.length === 0 ? '' : `coatcheck/remix3 cookie${END}${name}${END}`
  const { sign, unsign } = signer(secrets)
  return {
    async encode(text) {
      const payload: unknown = encode(text)
      if (typeof payload === 'string') return (await sign(purpose + payload)).slice(purpose.length)
      throw new SessionError('BAD_OPTIONS', 'The option `encode` of createCookie gave no text.')
    },
    async decode(value) {
      const isOurs = purpose !== '' && OURS.test(value)
      const ours = isOurs ? (await unsign(purpose + value))?.slice(purpose.length) : undefined
      // Remix 3 puts quotes around some values.
      const payload = ours ?? (await unsign(/^"(.*)"$/s.exec(value)?.[1] ?? value))
      try {
        return payload === undefined ? null : decode(payload)
      } catch {
        return null
      }
    },
  }
}

export function fromText(value: string): string {
  const text = textFromBase64(value)
  if (text === undefined) throw new TypeError('no base64 of a text')
  return text
}
