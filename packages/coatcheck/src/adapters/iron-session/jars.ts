import { besides, type HeadersOut, headersOf, type RequestHeaders, type RequestSession } from '../../core/adapter.ts'
import type { Maybe } from '../../crypto/maybe.ts'
import { complete } from './answer.ts'
import { defined } from './config.ts'
import type { CookieJar, CookieStore, NextRequestCookies, NextResponseCookies } from './interface.ts'

/** Where the cookies of one request come from and go to. */
export interface Place {
  readonly jar: CookieJar
  /** Stands for the request. */
  readonly identity: object
  /** The request's headers, as they are now; `names` are the cookies that count. */
  presented(names: readonly string[]): RequestHeaders
  /** A session of the request was opened, or has something to say. `busy`: what the response has to wait for. */
  tell?(requestSession: RequestSession, busy: () => Maybe<void>): void
}

/** By jar, for those that are ours. */
const places = besides<Omit<Place, 'jar'>>()

export function known(jar: CookieJar, place: Omit<Place, 'jar'>): CookieJar {
  places.set(jar, place)
  return jar
}

/** A jar of the application's own stands for its request by itself. */
export function placeOfJar(jar: CookieJar): Place {
  return { jar, ...(places.get(jar) ?? { identity: jar, presented: inJar(jar) }) }
}

/** What a jar holds, as a header: of another value than ours the signs that would end it are written otherwise. */
const inJar =
  (jar: Pick<CookieJar, 'read'>) =>
  (names: readonly string[]): RequestHeaders =>
    headersOf(
      names
        .map((name) => [name, jar.read(name)] as const)
        .flatMap(([name, value]) => (value ? [`${name}=${encodeURIComponent(value)}`] : []))
        .join('; '),
    )

export function storeJar(store: CookieStore): CookieJar {
  const jar: CookieJar = {
    read: (name) => store.get(name)?.value,
    write: (name, value, options) => void store.set(name, value, defined(options)),
  }
  return known(jar, { identity: store, presented: inJar(jar) })
}

/** Next.js hands on to the page only what is written by `response.cookies` (F25), and to code of the same request what is in `request.cookies`. */
export function proxyJar(
  request: { readonly cookies: NextRequestCookies },
  response: { readonly cookies: NextResponseCookies; readonly headers?: HeadersOut },
): CookieJar {
  const jar: CookieJar = {
    read: (name) => request.cookies.get(name)?.value,
    write(name, value, options) {
      response.cookies.set(name, value, defined(options))
      request.cookies.set(name, value)
    },
  }
  const { headers } = response
  return known(jar, {
    identity: request,
    presented: inJar(jar),
    ...(headers && { tell: (requestSession: RequestSession) => complete(headers, requestSession) }),
  })
}
