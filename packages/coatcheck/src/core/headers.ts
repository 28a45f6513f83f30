import { cookieNameOf } from '../ticket/cookie.ts'
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
  for (const scope of scopes) {
    if (!scope.asked) continue
    const { lines, core } = scope
    const cookies = lines.flatMap(([name, value]) => (name === 'set-cookie' ? [value] : []))
    if (cookies.length > 0) {
      const others = headers.getSetCookie().filter((line) => !core.transport.owns(cookieNameOf(line)))
      headers.delete('set-cookie')
      for (const line of [...others, ...cookies]) headers.append('set-cookie', line)
    }
    for (const [name, value] of lines) if (name !== 'set-cookie') headers.set(name, value)
    vary(headers, core.transport.vary)
    const was = headers.get('cache-control') ?? ''
    const shared = /(?:^|[\s,])(?:public|s-maxage)\b/i.test(was)
    headers.set('cache-control', lines.length > 0 ? 'no-store' : privately(was))
    for (const name of OVERRULING) headers.delete(name)
    if (shared) core.engine.emit({ type: 'cache-conflict', was })
  }
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

/** `answer` for a whole response: itself where its headers can be changed, else a copy; streams and upgrades are kept as they are. */
export function answered(response: Response, scopes: readonly Scope[]): Response {
  if (!scopes.some((scope) => scope.asked)) return response
  try {
    answer(response.headers, scopes)
    return response
  } catch (error) {
    // Response.redirect() and fetched responses have immutable headers. One without a constructible status cannot be copied.
    if (!(error instanceof TypeError) || response.status < 200) throw error
    const copy = new Response(response.body, response)
    answer(copy.headers, scopes)
    return copy
  }
}
