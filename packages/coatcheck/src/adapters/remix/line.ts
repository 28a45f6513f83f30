import { type CookieAttributes, cookieFault, LONGEST_AGE } from '../../cookies/cookie.ts'
import { checkKinds, type Kinds, SessionError } from '../../errors.ts'
import type { Anything } from '../../web.ts'

export interface CookieSerializeOptions {
  readonly encode?: ((value: string) => string) | undefined
  /** Accepted, and not used: values are JSON. */
  readonly stringify?: ((value: unknown) => string) | undefined
  /** Seconds; goes before `expires`. */
  readonly maxAge?: number | undefined
  readonly expires?: Date | undefined
  readonly domain?: string | undefined
  /** Default `/`. */
  readonly path?: string | undefined
  /** Default `lax`. `true` is `strict`. */
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none' | undefined
  readonly httpOnly?: boolean | undefined
  readonly secure?: boolean | undefined
  readonly partitioned?: boolean | undefined
  readonly priority?: 'low' | 'medium' | 'high' | undefined
}

/** As React Router's own: under `exactOptionalPropertyTypes` none is undefined. Ours take what is. */
export type ExactSerializeOptions = {
  readonly [Key in keyof CookieSerializeOptions]?: Exclude<CookieSerializeOptions[Key], undefined>
}

export type { Anything }

export interface CookieParseOptions {
  readonly decode?: (value: string) => string | undefined
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const KINDS: Kinds = {
  maxAge: 'number',
  expires: 'Date',
  domain: 'text',
  path: 'text',
  sameSite: ['text', 'true or false'],
  priority: 'text',
  encode: 'function',
  decode: 'function',
  name: 'text',
  secrets: 'list of texts',
}

/** Throws `BAD_OPTIONS` for what cannot be an option of a cookie. */
export const checkCookie = (options: object): void => checkKinds(options, KINDS, 'cookie.')

/** A Set-Cookie line with the attributes in the order that Remix writes them in. */
export function lineOf(name: string, value: string, options: CookieSerializeOptions): string {
  checkCookie(options)
  const { expires, sameSite, priority } = options
  const attributes = attributesOf(options)
  const maxAge = ageOf(options)
  const fault = cookieFault(name, { ...attributes, ...(expires && { expires }) })
  if (fault) throw new SessionError('BAD_OPTIONS', `The option \`${fault.option}\` ${fault.what}.`, { fix: fault.fix })
  const { path, domain, secure, httpOnly, partitioned } = attributes
  const site = sameSite === true ? 'strict' : sameSite
  const parts: readonly (readonly [name: string, value: string | number | boolean | undefined])[] = [
    ['Max-Age', maxAge],
    ['Domain', domain],
    ['Path', path],
    ['Expires', expires?.toUTCString()],
    ['HttpOnly', httpOnly],
    ['Secure', secure],
    ['Partitioned', partitioned],
    ['Priority', priority && capital(priority)],
    ['SameSite', site ? capital(site) : undefined],
  ]
  const written = parts.flatMap(([key, content]) =>
    content === undefined || content === false ? [] : [content === true ? key : `${key}=${content}`],
  )
  return [`${name}=${value}`, ...written].join('; ')
}

/** Whole seconds that a browser can count, none for a cookie that is over; `BAD_OPTIONS` for what is no number of them. */
export function ageOf({ maxAge }: CookieSerializeOptions): number | undefined {
  if (maxAge === undefined) return undefined
  if (Number.isFinite(maxAge)) return Math.max(0, Math.min(Math.floor(maxAge), LONGEST_AGE))
  throw new SessionError('BAD_OPTIONS', 'The option `cookie.maxAge` is no number of seconds.', {
    fix: 'Give seconds, or leave it out.',
  })
}

/** The attributes that browsers know, without what is undefined. */
export function attributesOf(options: CookieSerializeOptions): CookieAttributes {
  const { path, domain, sameSite, secure, httpOnly, partitioned } = options
  const site = sameSite === true ? 'strict' : sameSite
  return {
    ...(path !== undefined && { path }),
    ...(domain !== undefined && { domain }),
    ...(site && { sameSite: site }),
    ...(secure !== undefined && { secure }),
    ...(httpOnly !== undefined && { httpOnly }),
    ...(partitioned !== undefined && { partitioned }),
  }
}
