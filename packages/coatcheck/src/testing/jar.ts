import type { WebURL } from '../web.ts'
import { attributeFault, parseSetCookie, type SetCookie } from './set-cookie.ts'

export interface JarOptions {
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /**
   * Whether `http:` on localhost, 127.0.0.0/8 and [::1] counts as secure, as in Chromium and Firefox. Default true; Safari
   * is `false`.
   */
  readonly secureLoopback?: boolean
}

/** Where a request comes from, which is what SameSite and Partitioned go by (RFC 6265bis 5.2). */
export interface RequestContext {
  /** Any address of the site that caused the request. Default `within`, else the very site it goes to. */
  readonly from?: string
  /** Any address of the page in the address bar, for a request made inside it. Left out: the request loads a new page. */
  readonly within?: string
  /** Default GET. */
  readonly method?: string
}

export interface JarCookie {
  readonly name: string
  readonly value: string
  readonly domain: string
  readonly hostOnly: boolean
  readonly path: string
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: 'lax' | 'strict' | 'none'
  /** The site in the address bar, for a Partitioned cookie. */
  readonly partition: string | undefined
  /** Milliseconds since the epoch; kept when the cookie is replaced. */
  readonly createdAt: number
  /** Milliseconds since the epoch; `undefined`: when the browser closes. */
  readonly expiresAt: number | undefined
}

export interface Jar {
  /** Takes a Set-Cookie line that `url` answered with. Returns why a browser drops it, or `undefined` when it was taken. */
  set(line: string, url: string | WebURL, context?: RequestContext): string | undefined
  /** The Cookie header of a request for `url`; empty when there is none. */
  header(url: string | WebURL, context?: RequestContext): string
  /** The `document.cookie` of scripts of the page at `url`: no HttpOnly cookie is seen, made or replaced. */
  document(url: string | WebURL, context?: RequestContext): { cookie: string }
  /** Every cookie that has not ended, oldest first. */
  all(): readonly JarCookie[]
  /** Another jar with the same cookies, clock and options. */
  copy(): Jar
  /** Closes the browser and opens it again: cookies without Max-Age and Expires are gone. */
  restart(): void
}

/**
 * The cookies of one browser, kept by the rules of RFC 6265bis 5 and, for `__Http-`, `__Host-Http-` and Partitioned, of
 * Chromium. Left out: the public suffix list (a name without a dot counts as a suffix, and a site is the last two labels of
 * a host), eviction (a browser keeps at least 50 cookies a domain, Chromium 180), the blocking of third-party cookies, and
 * the two minutes in which Chromium sends a new cookie without SameSite along with a form that another site posts.
 */
export function createJar(options: JarOptions = {}): Jar {
  return jarWith([], options)
}

function jarWith(kept: readonly JarCookie[], options: JarOptions): Jar {
  const { now = Date.now, secureLoopback = true } = options
  // In order of creation, which a replaced cookie keeps (RFC 6265bis 5.7).
  let cookies = kept
  const all = (): readonly JarCookie[] => cookies.filter(({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt > now())

  function set(line: string, url: WebURL, context: RequestContext, script: boolean): string | undefined {
    const time = now()
    const parsed = parseSetCookie(line, time)
    if (typeof parsed === 'string') return parsed
    const cookie = addressed(parsed, url, context, time)
    if (typeof cookie === 'string') return cookie
    if (script && cookie.httpOnly) return 'a script cannot set HttpOnly'
    const secureUrl = isSecure(url, secureLoopback)
    if (cookie.secure && !secureUrl) return 'Secure cannot be set over http'
    const fault = attributeFault(parsed, cookie.hostOnly)
    if (fault) return fault
    if (cookie.sameSite !== 'none' && !isSameSite(url, context) && (script || context.within !== undefined))
      return 'a page of another site cannot set it, except with SameSite=None'
    if (!secureUrl && !cookie.secure && all().some((other) => shadows(cookie, other)))
      return 'over http it cannot stand before a Secure cookie'
    const old = all().find((other) => isSame(cookie, other))
    if (script && old?.httpOnly) return 'a script cannot replace an HttpOnly cookie'
    const stored = { ...cookie, createdAt: old?.createdAt ?? time }
    cookies = old ? cookies.map((other) => (other === old ? stored : other)) : [...all(), stored]
    return undefined
  }

  function header(url: WebURL, context: RequestContext, script: boolean): string {
    const sameSite = isSameSite(url, context)
    const arriving = !script && context.within === undefined && /^(GET|HEAD|OPTIONS|TRACE)$/i.test(context.method ?? 'GET')
    return all()
      .filter((cookie) => (cookie.hostOnly ? url.hostname === cookie.domain : isWithin(url.hostname, cookie.domain)))
      .filter((cookie) => pathMatches(url.pathname, cookie.path))
      .filter((cookie) => !cookie.secure || isSecure(url, secureLoopback))
      .filter((cookie) => !(script && cookie.httpOnly))
      .filter((cookie) => sameSite || cookie.sameSite === 'none' || (cookie.sameSite === 'lax' && arriving))
      .filter(({ partition }) => partition === undefined || partition === siteOf(context.within ?? url))
      .toSorted((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => (name === '' ? value : `${name}=${value}`))
      .join('; ')
  }

  return {
    set: (line, url, context = {}) => set(bytes(line), new URL(url), context, false),
    header: (url, context = {}) => header(new URL(url), context, false),
    document: (url, context = {}) => ({
      get cookie() {
        return text(header(new URL(url), context, true))
      },
      set cookie(line) {
        set(utf8(line), new URL(url), context, true)
      },
    }),
    all,
    copy: () => jarWith(cookies, options),
    restart: () => {
      cookies = cookies.filter(({ expiresAt }) => expiresAt !== undefined)
    },
  }
}

/** The cookie with the host, path and partition it is kept under, or why the host may not set it. */
function addressed(parsed: SetCookie, url: WebURL, context: RequestContext, time: number): JarCookie | string {
  const { domain, partitioned, ...rest } = parsed
  // A public suffix may set a cookie for itself alone (RFC 6265bis 5.7), and an address has nothing below it.
  const hostOnly = domain === '' || (domain === url.hostname && (!domain.includes('.') || isAddress(domain)))
  if (!hostOnly && (!domain.includes('.') || !isWithin(url.hostname, domain)))
    return `${url.hostname} cannot set it for ${domain}`
  return {
    ...rest,
    domain: hostOnly ? url.hostname : domain,
    hostOnly,
    path: parsed.path ?? defaultPath(url.pathname),
    partition: partitioned ? siteOf(context.within ?? url) : undefined,
    createdAt: time,
  }
}

function isSame(a: JarCookie, b: JarCookie): boolean {
  const keys = ['name', 'domain', 'hostOnly', 'path', 'partition'] as const
  return keys.every((key) => a[key] === b[key])
}

/** "Leave Secure cookies alone" (RFC 6265bis 5.7); the paths are compared in one direction only. */
function shadows(cookie: JarCookie, other: JarCookie): boolean {
  const related = isWithin(cookie.domain, other.domain) || isWithin(other.domain, cookie.domain)
  return other.secure && other.name === cookie.name && related && pathMatches(cookie.path, other.path)
}

/** Domain-match (RFC 6265bis 5.1.3). */
function isWithin(host: string, domain: string): boolean {
  return host === domain || (host.endsWith(`.${domain}`) && !isAddress(host))
}

/** RFC 6265bis 5.1.4. */
function pathMatches(path: string, prefix: string): boolean {
  return path === prefix || (path.startsWith(prefix) && (prefix.endsWith('/') || path[prefix.length] === '/'))
}

function defaultPath(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')))
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host)
}

function isSecure({ protocol, hostname }: WebURL, secureLoopback: boolean): boolean {
  const loopback = /^(.+\.)?localhost$|^\[::1\]$/.test(hostname) || (isAddress(hostname) && hostname.startsWith('127.'))
  return protocol === 'https:' || protocol === 'wss:' || (secureLoopback && loopback)
}

function siteOf(url: string | WebURL): string {
  const { protocol, hostname } = new URL(url)
  return `${protocol}//${isAddress(hostname) ? hostname : hostname.split('.').slice(-2).join('.')}`
}

export function isSameSite(url: WebURL, { from, within }: RequestContext): boolean {
  return [from, within].every((other) => other === undefined || siteOf(other) === siteOf(url))
}

/** A line as it travels, one character a byte; a line that has other characters is taken as UTF-8. */
function bytes(line: string): string {
  return /[\u0100-\uffff]/.test(line) ? utf8(line) : line
}

function utf8(line: string): string {
  return Array.from(new TextEncoder().encode(line), (byte) => String.fromCharCode(byte)).join('')
}

function text(line: string): string {
  return new TextDecoder().decode(Uint8Array.from(line, (character) => character.charCodeAt(0)))
}
