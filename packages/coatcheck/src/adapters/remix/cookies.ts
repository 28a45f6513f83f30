import { readCookie } from '../../cookies/cookie.ts'
import { type RemixValue, remixValue } from '../../migrate/remix.ts'
import { unescaped } from '../../migrate/text.ts'
import {
  type Anything,
  type CookieParseOptions,
  type CookieSerializeOptions,
  checkCookie,
  type ExactSerializeOptions,
  lineOf,
} from './line.ts'
import { behind, wasAsked } from './wrapped.ts'

export type { CookieParseOptions, CookieSerializeOptions } from './line.ts'

export interface CookieSignatureOptions {
  /** The first signs, all are accepted. Without any, whoever holds the cookie can change it. */
  secrets?: string[]
}

export type CookieOptions = CookieParseOptions & ExactSerializeOptions & CookieSignatureOptions

/** The same, as it may be given. */
export interface GivenCookie extends CookieParseOptions, CookieSerializeOptions {
  readonly name?: string | undefined
  /** The first signs, all are accepted. Without any, whoever holds the cookie can change it. What is undefined is refused. */
  readonly secrets?: readonly (string | undefined)[] | undefined
}

export interface Cookie {
  readonly name: string
  readonly isSigned: boolean
  /** When a cookie that is made now would end. */
  readonly expires?: Date
  /** The value in a Cookie header; null when it is not there or not genuine. Never throws for what was sent. */
  parse(header: string | null | undefined, options?: CookieParseOptions): Promise<Anything>
  /** A Set-Cookie line. */
  serialize(value: Anything, options?: CookieSerializeOptions): Promise<string>
}

/** The options of a cookie of ours, for storages. */
const MADE_OF = new WeakMap<object, GivenCookie>()

/** As Remix has it: a value of any kind as JSON, signed when there are `secrets`. */
export function createCookie(name: string, options: CookieOptions | Omit<GivenCookie, 'name'> = {}): Cookie {
  checkCookie(options)
  checkCookie({ name: name ?? null })
  const { decode: _, encode, stringify: __, ...given } = options
  const secrets = listed(options.secrets)
  delete (given as GivenCookie as { secrets?: unknown }).secrets
  const attributes = { path: '/', sameSite: 'lax' as const, ...given }
  let codec: RemixValue | undefined
  const coded = (): RemixValue => (codec ??= remixValue(secrets))
  const cookie: Cookie = {
    get name() {
      wasAsked(cookie)
      return name
    },
    isSigned: secrets.length > 0,
    get expires() {
      return attributes.maxAge === undefined ? attributes.expires : new Date(Date.now() + attributes.maxAge * 1000)
    },
    async parse(header, { decode = options.decode } = {}) {
      const found = readCookie(header, name)
      const [value] = found.values
      if (value === undefined) return found.present ? '' : null
      return coded().decode((decode ? decode(value) : unescaped(value)) ?? value)
    },
    async serialize(value, { encode: how = encode ?? encodeURIComponent, ...more } = {}) {
      return lineOf(name, how(await coded().encode(value)), { ...attributes, ...more })
    },
  } as Cookie
  MADE_OF.set(cookie, { ...options, ...attributes })
  return cookie
}

export function isCookie(object: unknown): object is Cookie {
  const { name, isSigned, parse, serialize } = (object ?? {}) as Partial<Cookie>
  return (
    typeof name === 'string' && typeof isSigned === 'boolean' && typeof parse === 'function' && typeof serialize === 'function'
  )
}

/** A storage's cookie. */
export interface Made extends Omit<GivenCookie, 'secrets' | 'name'> {
  readonly name: string
  readonly secrets: readonly string[]
  /** The codec of an application that reads and writes the cookie itself. */
  readonly relay?: Cookie
}

/** Those of a storage are checked by the engine, which refuses a variable of the environment that is not set. */
const listed = (secrets: GivenCookie['secrets']): readonly string[] => (secrets ?? []) as readonly string[]

/** The cookie of a storage, from options or from a cookie: of ours, of ours inside another object, or of another library. */
export function cookieOf(given: Cookie | GivenCookie = {}): Made {
  const attributes = { path: '/', sameSite: 'lax' as const }
  if (!isCookie(given)) checkCookie(given)
  if (!isCookie(given)) return { ...attributes, ...given, name: given.name || '__session', secrets: listed(given.secrets) }
  const ours = MADE_OF.get(given) ?? MADE_OF.get(behind(() => given.name) ?? given)
  if (ours) return { ...attributes, ...ours, name: given.name, secrets: listed(ours.secrets) }
  return { ...attributes, ...lifeIn(given), name: given.name, secrets: [], relay: given }
}

/** How long a cookie lasts of which nothing else is known: the end that moves with each look is counted from then. */
function lifeIn(cookie: Cookie): Pick<GivenCookie, 'maxAge' | 'expires'> {
  const { expires } = cookie
  if (!expires) return {}
  return cookie.expires === expires ? { expires } : { maxAge: Math.max(0, Math.round((+expires - Date.now()) / 1000)) }
}
