import { cookieNameOf } from '../../cookies/cookie.ts'
import { type AdapterSessions, type RequestHeaders, unlessOwn } from '../../core/adapter.ts'
import type { WebRequest, WebResponse } from '../../web.ts'

/** What a request presents, with the tickets in the place of the signed cookie of this name: so the engine knows it. */
export function unsigned(headers: RequestHeaders, name: string, tickets: readonly string[]): RequestHeaders {
  const parts = (headers.get('cookie') ?? '').split(';').map((part) => part.trim())
  const others = parts.filter((part) => part !== '' && !part.startsWith(`${name}=`))
  const line = [...others, ...tickets.map((ticket) => `${name}=${ticket}`)].join('; ')
  return { get: (asked) => (asked === 'cookie' ? line || null : headers.get(asked)) }
}

/** Answers what browsers ask for device-bound sessions, and leaves the rest to `go`. `signed`: the line of the cookie with this ticket. */
export function unlessAsked(
  adapter: AdapterSessions,
  { method, url }: WebRequest,
  presented: RequestHeaders,
  name: string,
  signed: (ticket: string) => Promise<string>,
  go: () => Promise<WebResponse>,
): Promise<WebResponse> {
  return unlessOwn(adapter, { method, url, headers: presented }, go, async (own) => {
    const lines = own.headers.getSetCookie()
    own.headers.delete('set-cookie')
    for (const line of lines)
      own.headers.append('set-cookie', cookieNameOf(line) === name ? await signed(line.slice(name.length + 1)) : line)
    return own
  })
}
