import { SessionError } from '../../errors.ts'

interface Cookies {
  getAll(): { readonly name: string; readonly value: string }[]
  set(name: string, value: string, attributes: object): unknown
  delete(name: string): unknown
}
interface Headers {
  get(name: string): string | null
  keys(): Iterable<string>
}

let loaded: { cookies(): Promise<Cookies>; headers(): Promise<Headers> } | undefined

/** The request that Next is answering. */
export interface Here {
  /** The same object from the action to the page that is rendered after it; that of the cookies is another one each time (F23). */
  readonly headers: Headers
  readonly cookies: Cookies
  /** The Cookie header: as it came, but for what the proxy or this request has changed in it since. */
  readonly cookie: string
}

/**
 * Does not settle, or throws an error of Next's own, where Next makes a page for everybody: that is how it learns that the page is not for
 * everybody, so nobody may catch it (F33). Rejects with `PRERENDERING` in a page that says of itself that it is.
 */
export async function here(): Promise<Here> {
  // With its ending: Node finds no other name in this package, which has no `exports`.
  loaded ??= await import('next/headers.js')
  const cookies = await loaded.cookies()
  const headers = await loaded.headers()
  // Every request has a Host: `force-static` shows an empty one.
  if ([...headers.keys()].length === 0)
    throw new SessionError('PRERENDERING', 'A page or route with `dynamic = "force-static"` asked for the session.', {
      fix: 'Remove that line from the page, the route or its layouts, or do not call getSession() in them.',
    })
  return { headers, cookies, cookie: cookieHeader(cookies, headers.get('cookie') ?? '') }
}

/**
 * Whether cookies may be set here: in an action, a route handler and a proxy. Elsewhere one function, which throws, stands for every change,
 * and nothing but trying would tell; in a page that is rendered ahead it is bound anew each time.
 */
export const areMutable = ({ set, delete: remove }: Cookies): boolean =>
  (set as unknown) !== remove && (set.name === '' || set.name !== remove.name)

/** Next shows values decoded; one that is as it came keeps the text that came, which formats of other libraries need. */
export function cookieHeader(cookies: Pick<Cookies, 'getAll'>, came: string): string {
  const shown = new Map(cookies.getAll().map(({ name, value }) => [name, value]))
  const parts = came.split(';').map((part) => part.trim())
  const nameOf = (part: string): string => part.slice(0, Math.max(0, part.indexOf('=')))
  const same = new Set(parts.filter((part) => decoded(part.slice(part.indexOf('=') + 1)) === shown.get(nameOf(part))).map(nameOf))
  const added = [...shown].filter(([name]) => !same.has(name)).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return [...parts.filter((part) => same.has(nameOf(part))), ...added].join('; ')
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
