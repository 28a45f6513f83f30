import { partsOf } from '../../cookies/response-cookie.ts'
import type { HeaderLine } from '../../core/adapter.ts'

/** What is used of `Astro.cookies`. */
export interface AstroCookies {
  set(name: string, value: string, options: object): void
  delete(name: string, options: object): void
}

/**
 * Hands our lines to `Astro.cookies`, where Astro's own session has its cookie: adapters that send what `app.setCookieHeaders()` gives
 * find them there, and of a page and the error page in its place the newer counts. Of one name it keeps one; others stay headers.
 */
export function handOver(headers: Headers, lines: readonly HeaderLine[], cookies: AstroCookies): void {
  if (lines.length === 0) return // the response may be one whose headers cannot be changed
  const all = headers.getSetCookie()
  const met = new Set<string>()
  headers.delete('set-cookie')
  for (const line of all) {
    const parts = lines.some(([, ours]) => ours === line) ? partsOf(line) : undefined
    if (!parts || met.has(parts.name)) headers.append('set-cookie', line)
    else if (parts.value === '') cookies.delete(parts.name, parts.attributes)
    else cookies.set(parts.name, parts.value, { ...parts.attributes, encode: (text: string) => text })
    if (parts) met.add(parts.name)
  }
}
