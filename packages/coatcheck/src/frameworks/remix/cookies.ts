import { SessionError } from '../../errors.ts'
import { type RemixValue, remixValue } from '../../foreign/remix.ts'
import { unescaped } from '../../foreign/text.ts'
import { readCookie } from '../../ticket/cookie.ts'
import { type CookieSerializeOptions, checkCookie, lineOf } from './line.ts'

export type { CookieSerializeOptions } from './line.ts'

/** Any value: what `createCookie` of Remix says of what a cookie holds. */
export type Anything = ReturnType<typeof JSON.parse>

export interface CookieParseOptions {
  readonly decode?: (value: string) => string
}

export interface CookieOptions extends CookieParseOptions, CookieSerializeOptions {
  /** The first signs, all are accepted. Without any, whoever holds the cookie can change it. */
  readonly secrets?: readonly string[] | undefined
}

export interface Cookie {
  readonly name: string
  readonly isSigned: boolean
  /** When a cookie that is made now would end. */
  readonly expires?: Date | undefined
  /** The value in a Cookie header; null when it is not there or not genuine. Never throws for what was sent. */
  parse(header: string | null | undefined, options?: CookieParseOptions): Promise<Anything>
  /** A Set-Cookie line. */
  serialize(value: Anything, options?: CookieSerializeOptions): Promise<string>
}

/** What a cookie of ours was made of, for storages. */
const MADE_OF = new WeakMap<object, CookieOptions>()

/** As Remix has it: a value of any kind as JSON, signed when there are `secrets`. */
export function createCookie(name: string, options: CookieOptions = {}): Cookie {
  checkCookie(options)
  checkCookie({ name })
  const { secrets = [], decode: _, encode, ...given } = options
  const attributes = { path: '/', sameSite: 'lax' as const, ...given }
  let codec: RemixValue | undefined
  const coded = (): RemixValue => (codec ??= remixValue(secrets))
  const cookie: Cookie = {
    name,
    isSigned: secrets.length > 0,
    get expires() {
      return attributes.maxAge === undefined ? attributes.expires : new Date(Date.now() + attributes.maxAge * 1000)
    },
    async parse(header, { decode = options.decode } = {}) {
      const found = readCookie(header, name)
      const [value] = found.values
      if (value === undefined) return found.present ? '' : null
      return coded().decode(decode ? decode(value) : (unescaped(value) ?? value))
    },
    async serialize(value, { encode: how = encode ?? encodeURIComponent, ...more } = {}) {
      return lineOf(name, how(await coded().encode(value)), { ...attributes, ...more })
    },
  }
  MADE_OF.set(cookie, { ...options, ...attributes })
  return cookie
}

export function isCookie(object: unknown): object is Cookie {
  const { name, isSigned, parse, serialize } = (object ?? {}) as Partial<Cookie>
  return (
    typeof name === 'string' && typeof isSigned === 'boolean' && typeof parse === 'function' && typeof serialize === 'function'
  )
}

/** What a storage knows of its cookie. */
export interface Made extends CookieOptions {
  readonly name: string
  readonly secrets: readonly string[]
}

/** The cookie of a storage, from one of ours or from options. */
export function cookieOf(given: Cookie | (CookieOptions & { readonly name?: string }) = {}): Made {
  const options = isCookie(given) ? MADE_OF.get(given) : given
  if (!options) {
    throw new SessionError('BAD_OPTIONS', 'The option `cookie` is a cookie that another library made.', {
      fix: 'Make it with createCookie of coatcheck/remix, or pass its options.',
    })
  }
  checkCookie(options)
  return { path: '/', sameSite: 'lax', ...options, name: given.name ?? '__session', secrets: options.secrets ?? [] }
}
