import { SessionError } from '../errors.ts'
import { configOf } from './iron-session/config.ts'
import { nodeJar, webJar } from './iron-session/http.ts'
import type {
  AnyRequest,
  AnyResponse,
  CookieJar,
  CookieStore,
  IronSession,
  NextRequestCookies,
  NextResponseCookies,
  SessionOptions,
} from './iron-session/interface.ts'
import { type Place, placeOfJar, proxyJar, storeJar } from './iron-session/jars.ts'
import { behindOf, sessionFor } from './iron-session/session.ts'
import { visitFor } from './iron-session/visits.ts'

export type {
  CookieJar,
  CookieOptions,
  CookieStore,
  IronSession,
  SessionOptions,
  UnsealErrorReason,
} from './iron-session/interface.ts'
export { sealData, type UnsealOptions, unsealData } from './iron-session/seal.ts'

const USE = 'Use getIronSession(req, res, options) or getIronSession(await cookies(), options).'
const badUse = (what: string): SessionError =>
  new SessionError('BAD_OPTIONS', `getIronSession() was given ${what}.`, { fix: USE })

/**
 * The session of a request, by its cookies: the values as properties, and `save`, `destroy` and `updateConfig`. Nothing is stored but by these.
 * All calls with one request, or with one object of cookies, give the same values. Rejects with `BAD_OPTIONS`, and with `STORE_FAILED` where
 * there is a store; what a visitor sent never makes it reject.
 */
export function getIronSession<T extends object>(
  cookies: CookieStore | CookieJar,
  sessionOptions: SessionOptions,
): Promise<IronSession<T>>
export function getIronSession<T extends object>(
  req: AnyRequest,
  res: AnyResponse,
  sessionOptions: SessionOptions,
): Promise<IronSession<T>>
export async function getIronSession<T extends object>(
  first: CookieStore | CookieJar | AnyRequest,
  second: SessionOptions | AnyResponse,
  third?: SessionOptions,
): Promise<IronSession<T>> {
  if (!first || !second) throw badUse('too little')
  const place = third ? placeOfRequest(first as AnyRequest, second as AnyResponse) : placeOfCookies(first)
  const config = configOf(third ?? (second as SessionOptions))
  const visit = await visitFor(place, config)
  return sessionFor(place, visit, config) as IronSession<T>
}

function placeOfRequest(req: AnyRequest, res: AnyResponse): Place {
  // Not by `append`: the response of Express has it as well.
  const { getSetCookie } = ('headers' in res ? res.headers : res) as { getSetCookie?: unknown }
  return placeOfJar(typeof getSetCookie === 'function' ? webJar(req, res as never) : nodeJar(req, res as never))
}

function placeOfCookies(cookies: object): Place {
  const { read, write, get, set } = cookies as Partial<CookieJar & CookieStore>
  if (typeof read === 'function' && typeof write === 'function') return placeOfJar(cookies as CookieJar)
  if (typeof get === 'function' && typeof set === 'function') return placeOfJar(storeJar(cookies as CookieStore))
  throw badUse('no object of cookies')
}

/** The cookies of a request of node:http, Express or Connect. */
export const nodeCookies = (req: AnyRequest, res: AnyResponse): CookieJar => nodeJar(req, res as never)

/** The cookies of a `Request`, and a `Response`, or headers, that take them. */
export const webCookies = (request: AnyRequest, response: AnyResponse): CookieJar => webJar(request, response as never)

/** The cookies in `proxy.ts` of Next.js: what is written is also seen by the page behind it. */
export const nextProxyCookies = (
  request: { readonly cookies: NextRequestCookies },
  response: { readonly cookies: NextResponseCookies },
): CookieJar => proxyJar(request, response)

/**
 * Changes a value of a session by what it was, and gives the new one. Where there is a store, and another request has changed the value
 * since, `change` is run again on that when the session is saved: no update is lost. It must be synchronous and pure.
 */
export function update<S extends object, K extends keyof S & string>(
  session: S,
  key: K,
  change: (value: S[K]) => Exclude<S[K], undefined>,
): Exclude<S[K], undefined> {
  return behindOf(session).update(key, change as (value: unknown) => unknown) as Exclude<S[K], undefined>
}

/**
 * Gives the session a new id with the next `save()`; the old cookie shows nothing that comes after. Call it when somebody signs in and there is a
 * store: else who planted a cookie in a browser before is signed in with it. A session that is sealed in its cookie has no need of it.
 */
export function regenerateId(session: object): void {
  behindOf(session).regenerateId()
}
