import { SessionError } from '../errors.ts'
import { cookieNameOf, pairOf } from '../ticket/cookie.ts'
import type { Core } from './recognise.ts'
import type { Scope } from './scope.ts'

/** Response headers on their way out: what `Headers` offers of it. Absent is null; each Set-Cookie is a line of its own. */
export interface HeadersOut {
  get(name: string): string | null
  set(name: string, value: string): void
  append(name: string, value: string): void
  delete(name: string): void
  getSetCookie(): string[]
}

/** Headers that overrule Cache-Control in the shared caches that know them (RFC 9213, and those of vendors). */
const OVERRULING = [
  ...['', 'cloudflare-', 'vercel-', 'netlify-'].map((vendor) => `${vendor}cdn-cache-control`),
  ...['akamai-cache-control', 'fastly-cache-control', 'edge-control', 'surrogate-control', 'x-accel-expires'],
]

/**
 * Puts on a response what its sessions ask for: at most one cookie each, other cookies kept, `Vary`, and what keeps the response
 * out of shared caches (RFC 9111, RFC 9213). A session that nobody asked for leaves no trace.
 */
export function answer(headers: HeadersOut, scopes: Iterable<Scope>): void {
  const asked = [...scopes].filter((scope) => scope.asked)
  // Of several scopes of the same sessions (a loader that was not given the cookie) the last that has something to say counts.
  const speaking = new Map(asked.filter(({ lines }) => lines.length > 0).map((scope) => [scope.core, scope]))
  const silent = new Map(asked.filter(({ core }) => !speaking.has(core)).map((scope) => [scope.core, scope]))
  for (const { lines, core } of [...silent.values(), ...speaking.values()]) {
    const cookies = lines.flatMap(([name, value]) => (name === 'set-cookie' ? [value] : []))
    // What was put there before may be a ticket that has ended since, or the empty text that a storage gives for nothing.
    const all = headers.getSetCookie()
    const others = all.filter((line) => line !== '' && !core.transport.owns(cookieNameOf(line)))
    if (cookies.length > 0 || others.length < all.length) {
      headers.delete('set-cookie')
      for (const line of [...others, ...cookies]) headers.append('set-cookie', line)
    }
    for (const [name, value] of lines) if (name !== 'set-cookie') headers.set(name, value)
    keepOut(headers, core, lines.length > 0)
  }
}

/** Keeps a response that depends on a session of `core`, or gives one, out of shared caches. */
function keepOut(headers: HeadersOut, core: Core, gives: boolean): void {
  vary(headers, core.transport.vary)
  const was = headers.get('cache-control') ?? ''
  const shared = /(?:^|[\s,])(?:public|s-maxage)\b/i.test(was)
  headers.set('cache-control', gives ? 'no-store' : privately(was))
  for (const name of OVERRULING) headers.delete(name)
  if (shared) core.engine.emit({ type: 'cache-conflict', was })
}

/**
 * `answer` where the application itself puts on the response what a commit returned. A line that none of `scopes` gave is of a session
 * which the application began beside them: when it comes last it is the answer, as in a browser. Leaves no session in a shared cache.
 */
export function answerByCall(headers: HeadersOut, core: Core, scopes: Iterable<Scope>): void {
  const asked = [...scopes].filter((scope) => scope.core === core && scope.asked)
  const isOurs = (line: string): boolean => core.transport.owns(cookieNameOf(line))
  const ours = headers.getSetCookie().filter(isOurs)
  const beside = ours.filter((line) => !asked.some(({ gave }) => gave.has(pairOf(line))))
  const wins = beside.length > 0 && beside.at(-1) === ours.at(-1)
  answer(headers, asked)
  const lines = headers.getSetCookie().filter((line) => line !== '' && !(wins && isOurs(line)))
  headers.delete('set-cookie')
  const newest = new Map(beside.map((line) => [cookieNameOf(line), line])).values()
  for (const line of [...lines, ...(wins ? newest : [])]) headers.append('set-cookie', line)
  keepOut(headers, core, wins)
}

function privately(was: string): string {
  const directives = was
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^(?:public|s-maxage)\b/i.test(part))
  if (directives.some((part) => /^(?:private|no-store)$/i.test(part))) return directives.join(', ')
  return ['private', ...(directives.length > 0 ? directives : ['no-cache'])].join(', ')
}

function vary(headers: HeadersOut, names: readonly string[]): void {
  const was = headers.get('vary') ?? ''
  const listed = was
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  const missing = listed.includes('*') ? [] : names.filter((name) => !listed.includes(name.toLowerCase()))
  if (missing.length > 0) headers.set('vary', [...(was === '' ? [] : [was]), ...missing].join(', '))
}

/**
 * `answer` for a whole response, on a copy: a handler may give one response object to many requests, and what is put on it would
 * hand one visitor's ticket to the next. Streams are passed on as they are; an upgrade (101) cannot be copied and is answered in place.
 */
export function answered(response: Response, scopes: readonly Scope[]): Response {
  if (!scopes.some((scope) => scope.asked)) return response
  if (response.status >= 200) {
    const copy = new Response(response.body, response)
    answer(copy.headers, scopes)
    return copy
  }
  try {
    answer(response.headers, scopes)
  } catch (cause) {
    if (scopes.some(({ lines }) => lines.length > 0)) {
      throw new SessionError('TOO_LATE', `A response of status ${response.status} cannot carry a cookie.`, { cause })
    }
  }
  return response
}

/** `answered` by `answerByCall`. */
export function answeredByCall(response: Response, scope: Scope): Response {
  if (!scope.asked || response.status < 200) return answered(response, [scope])
  const copy = new Response(response.body, response)
  answerByCall(copy.headers, scope.core, [scope])
  return copy
}

/** Headers that describe a body. Cookies, CORS and security headers do not. */
export const ABOUT_BODY: RegExp =
  /^(content-(?!security)|etag$|last-modified$|expires$|location$|refresh$|accept-ranges$|transfer-encoding$|trailer$)/

/** What is left of a response that must not be sent after all, for a failure to be answered instead. */
export function takenBack(response: Response): Response {
  const headers = new Headers(response.headers)
  for (const name of [...headers.keys()]) if (ABOUT_BODY.test(name)) headers.delete(name)
  headers.set('cache-control', 'no-store')
  return new Response(null, { status: 500, headers })
}
