import { SessionError } from '../../errors.ts'
import { type Remix3Value, remix3Value } from '../../foreign/remix3.ts'
import { type CookieAttributes, cookieFault, readCookie } from '../../ticket/cookie.ts'

export interface CookieOptions {
  /** The first signs, all are accepted. */
  readonly secrets?: readonly string[]
  readonly decode?: (value: string) => string
  readonly encode?: (value: string) => string
  readonly domain?: string
  readonly expires?: Date
  /** Default true for the cookie of a session. */
  readonly httpOnly?: boolean
  /** Seconds. */
  readonly maxAge?: number
  readonly partitioned?: boolean
  /** Default `/`. */
  readonly path?: string
  /** Default `Lax`. */
  readonly sameSite?: 'Lax' | 'Strict' | 'None'
  readonly secure?: boolean
}

/** A cookie as Remix 3 has it: a text goes in, a text comes out. */
export interface Cookie extends CookieOptions {
  readonly name: string
  readonly signed: boolean
  /** Null when it is not there or not genuine. */
  parse(header: string | null): Promise<string | null>
  serialize(value: string, options?: CookieOptions): Promise<string>
}

const SECRETS = new WeakMap<object, readonly string[]>()

export const secretsOf = (cookie: object): readonly string[] => SECRETS.get(cookie) ?? []

/** Browsers drop a longer one whole (RFC 6265bis 5.6). */
const LONGEST = 4096

export function createCookie(name: string, options: CookieOptions = {}): Cookie {
  const { secrets = [], decode, encode, ...given } = options
  const attributes = { path: '/', sameSite: 'Lax' as const, ...given, ...(given.partitioned && { secure: true }) }
  let codec: Remix3Value | undefined
  const coded = (): Remix3Value => {
    codec ??= remix3Value(secrets)
    return codec
  }
  const cookie: Cookie = {
    ...attributes,
    name,
    signed: secrets.length > 0,
    async parse(header) {
      const found = readCookie(header, name)
      const [value] = found.values
      if (value === undefined) return found.present ? '' : null
      const text = await coded().decode(value)
      return text === null || !decode ? text : decode(text)
    },
    async serialize(value, more = {}) {
      const text = await coded().encode(encode ? encode(value) : value)
      return lineOf(name, text, { ...attributes, ...more })
    },
  }
  SECRETS.set(cookie, secrets)
  return cookie
}

function lineOf(name: string, value: string, options: CookieOptions): string {
  const { domain, expires, httpOnly, maxAge, partitioned, path, sameSite, secure } = options
  const checked: CookieAttributes = {
    ...(path !== undefined && { path }),
    ...(domain !== undefined && { domain }),
    ...(sameSite && { sameSite: sameSite.toLowerCase() as 'lax' | 'strict' | 'none' }),
    ...(expires && { expires }),
    secure: secure ?? false,
    partitioned: partitioned ?? false,
  }
  const fault = cookieFault(name, checked)
  if (fault) throw new SessionError('BAD_OPTIONS', `The option \`${fault.option}\` ${fault.what}.`, { fix: fault.fix })
  if (name.length + value.length > LONGEST) {
    throw new SessionError('COOKIE_TOO_LARGE', `The cookie ${name} would have ${name.length + value.length} bytes.`)
  }
  const parts: [string, string | number | boolean | undefined][] = [
    ['Domain', domain],
    ['Expires', expires?.toUTCString()],
    ['HttpOnly', httpOnly],
    ['Max-Age', maxAge],
    ['Partitioned', partitioned],
    ['Path', path],
    ['SameSite', sameSite],
    ['Secure', secure],
  ]
  const written = parts.flatMap(([key, content]) =>
    content === undefined || content === false ? [] : [content === true ? key : `${key}=${content}`],
  )
  return [`${name}=${value}`, ...written].join('; ')
}
