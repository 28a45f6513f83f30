import { type CookieAttributes, cookieFault } from '../../cookies/cookie.ts'
import { checkKinds, type Kinds, SessionError } from '../../errors.ts'
import type { CookieProperties } from './cookie-options.ts'

/** Browsers drop a longer one whole (RFC 6265bis 5.6). */
const LONGEST = 4096
/** `cookie-octet`s of RFC 6265bis 4.1.1. */
const VALUE = /^[!#-+\--:<-[\]-~]*$/

const KINDS: Kinds = {
  name: 'text',
  domain: 'text',
  expires: 'Date',
  maxAge: 'number',
  path: 'text',
  sameSite: 'text',
  httpOnly: 'true or false',
  secure: 'true or false',
  partitioned: 'true or false',
}

/** The attributes of a cookie with these options. A browser refuses a prefixed name without what the prefix says (RFC 6265bis 4.1.3). */
export function defaultsOf(name: string, given: CookieProperties): CookieProperties {
  checkKinds({ ...given, name: name ?? null }, KINDS, 'cookie.')
  const isSecure = given.partitioned || /^__(?:secure|host|http)-/i.test(name)
  return {
    ...given,
    path: given.path ?? '/',
    sameSite: given.sameSite ?? 'Lax',
    ...(isSecure && { secure: given.partitioned ? true : (given.secure ?? true) }),
    ...(/^__(?:host-)?http-/i.test(name) && { httpOnly: given.httpOnly ?? true }),
  }
}

/** The Set-Cookie line, its attributes in Remix 3's order. Throws `COOKIE_TOO_LARGE`, `BAD_OPTIONS`. */
export function lineOf(name: string, value: string, props: CookieProperties): string {
  checkKinds(props, KINDS, 'cookie.')
  const { domain, expires, httpOnly, maxAge, partitioned, path, sameSite, secure } = props
  const checked: CookieAttributes = {
    ...(path !== undefined && { path }),
    ...(domain !== undefined && { domain }),
    ...(sameSite && { sameSite: sameSite.toLowerCase() as 'lax' | 'strict' | 'none' }),
    ...(expires && { expires }),
    secure: secure ?? false,
    partitioned: partitioned ?? false,
    httpOnly: httpOnly ?? false,
  }
  const fault = cookieFault(name, checked)
  if (fault) throw new SessionError('BAD_OPTIONS', `The option \`${fault.option}\` ${fault.what}.`, { fix: fault.fix })
  if (!VALUE.test(value)) {
    throw new SessionError('BAD_OPTIONS', 'The option `encode` of createCookie gave characters that no cookie carries.', {
      fix: 'Let it end with encodeURIComponent, or leave it out.',
    })
  }
  const bytes = name.length + value.length
  if (bytes > LONGEST) throw new SessionError('COOKIE_TOO_LARGE', `The cookie ${name} would have ${bytes} bytes.`)
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
