import { SessionError } from '../../errors.ts'
import { type Cookie, secretsOf } from './cookie.ts'
import { originOf, Session } from './session.ts'
import { linkSecrets, type SessionStorage } from './storages.ts'

/** The part of the context of Remix 3's router that is used here. */
export interface RequestContext {
  readonly request: Request
  get?(key: never): unknown
  set?(key: never, value: never): unknown
}

/**
 * Opens the session of each request and saves it after the handler: `context.session`, and `context.get(Session)`. A handler that throws
 * or answers 500 and above changes nothing, except that a session it destroyed stays destroyed.
 */
export function session(cookie: Cookie, storage: SessionStorage) {
  if (!cookie.signed) {
    throw new SessionError('BAD_OPTIONS', 'Session cookie must be signed.', { fix: 'Give createCookie `secrets`.' })
  }
  linkSecrets(storage, secretsOf(cookie))
  return async (context: RequestContext, next: () => Promise<Response>): Promise<Response> => {
    const held = context as RequestContext & { session?: unknown }
    if (held.session !== undefined) throw new SessionError('BAD_OPTIONS', 'Existing session found, refusing to overwrite.')
    const value = await cookie.parse(context.request.headers.get('cookie'))
    const opened = await storage.read(value === '' ? null : value)
    held.session = opened
    context.set?.(Session as never, opened as never)
    let response: Response
    try {
      response = await next()
    } catch (error) {
      if (opened.destroyed) await storage.save(opened)
      throw error
    }
    if (held.session !== opened) {
      throw new SessionError('BAD_OPTIONS', 'Cannot save session that was initialized by another middleware/handler.')
    }
    if (response.status >= 500 && !opened.destroyed) return kept(response, undefined, opened)
    const saved = await storage.save(opened)
    const line = saved === null ? undefined : await lineFor(cookie, saved)
    return kept(response, line, opened)
  }
}

/** With an end in the past for a session that is gone: the browser drops the cookie. */
const lineFor = (cookie: Cookie, value: string): Promise<string> =>
  value === ''
    ? cookie.serialize('', { httpOnly: true, maxAge: 0, expires: new Date(0) })
    : cookie.serialize(value, { httpOnly: cookie.httpOnly ?? true })

/** The response with the cookie, and kept out of shared caches; on a copy, since its headers may be fixed. */
function kept(response: Response, line: string | undefined, opened: Session): Response {
  if (line === undefined && (originOf(opened)?.live.isNew ?? true)) return response
  const copy = new Response(response.body, response)
  if (line !== undefined) copy.headers.append('set-cookie', line)
  copy.headers.set('cache-control', line === undefined ? 'private, no-cache' : 'no-store')
  copy.headers.append('vary', 'Cookie')
  return copy
}
