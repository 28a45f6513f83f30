import { cookieNameOf, readCookie } from '../../cookies/cookie.ts'
import { type HeaderLine, putOn, type RequestHeaders } from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import type { WebRequest, WebResponse } from '../../web.ts'
import { unlessAsked, unsigned } from './bound.ts'
import { asUpstream, claimOf, type SessionCookie } from './cookie.ts'
import { type Inside, insideOf, type SessionStorage } from './inside.ts'
import { Session } from './session.ts'

/** The part of the context of Remix 3's router that is used here. */
export interface RequestContext {
  readonly request: WebRequest
  get?(key: never): unknown
  set?(key: never, value: never): unknown
}

/**
 * Opens the session of each request and saves it after the handler: `context.session`, and `context.get(Session)`. A handler that throws
 * or answers 500 and above changes nothing, except that a session it destroyed stays destroyed.
 */
export function session(cookie: SessionCookie, storage: SessionStorage) {
  if (!cookie.signed) {
    throw new SessionError('BAD_OPTIONS', 'Session cookie must be signed.', { fix: 'Give createCookie `secrets`.' })
  }
  const inside = insideOf(storage)
  inside?.link(cookie)
  const writer = inside?.format ? asUpstream(cookie) : cookie
  return async (context: RequestContext, next: () => Promise<WebResponse>): Promise<WebResponse> => {
    const held = context as RequestContext & { session?: unknown }
    if (held.session !== undefined) throw new SessionError('BAD_OPTIONS', 'Existing session found, refusing to overwrite.')
    const { request } = context
    const arrived = await arrivalOf(cookie, request, inside)
    const { bound } = inside ?? {}
    if (!bound) return through(context, held, arrived, request.headers, next)
    const presented = unsigned(request.headers, cookie.name, arrived.texts)
    const signed = (ticket: string) => lineFor(writer, ticket, request)
    const go = () => through(context, held, arrived, presented, next)
    return unlessAsked(bound, request, presented, cookie.name, signed, go)
  }

  async function through(
    context: RequestContext,
    held: RequestContext & { session?: unknown },
    arrived: Arrived,
    presented: RequestHeaders,
    next: () => Promise<WebResponse>,
  ): Promise<WebResponse> {
    const { request } = context
    const opened = inside ? await inside.open(arrived.texts, presented) : await storage.read(onlyOf(arrived.texts))
    held.session = opened
    context.set?.(Session as never, opened as never)
    const save = (): Promise<string | null> => (inside ? inside.save(opened, cookie) : storage.save(opened))

    let response: WebResponse
    try {
      response = await next()
    } catch (error) {
      if (opened.destroyed) await save()
      throw error
    }
    if (held.session !== opened) {
      throw new SessionError('BAD_OPTIONS', 'Cannot save session that was initialized by another middleware/handler.')
    }
    const saved = response.status >= 500 && !opened.destroyed ? null : await save()
    const line = saved === null ? undefined : await lineFor(writer, saved, request)
    const given = line === undefined || arrived.has(line) ? [] : [['set-cookie', line] as const]
    return answerOf(response, cookie, [...given, ...(inside?.besides(opened, cookie.name) ?? [])], arrived.present, inside)
  }
}

interface Arrived {
  /** The genuine values under the cookie's name. */
  readonly texts: readonly string[]
  readonly present: boolean
  /** Whether the browser has this line's cookie, and nothing of it is to be renewed. */
  has(line: string): boolean
}

async function arrivalOf(cookie: SessionCookie, { headers }: WebRequest, inside: Inside | undefined): Promise<Arrived> {
  const { values, present, refused } = readCookie(headers.get('cookie'), cookie.name)
  if (refused) inside?.refuse(refused)
  const texts = new Set<string>()
  for (const value of values) {
    const text = await cookie.parse(`${cookie.name}=${value}`)
    if (text === null) {
      // Another server may have the cookie's newer secret already, which signed both: the engine leaves such a ticket alone.
      const claim = inside && claimOf(cookie, value)
      if (claim && (await inside.isOfUnknownKey(claim))) texts.add(claim)
      else inside?.refuse('forged')
    } else if (text !== '') texts.add(text)
  }
  const lasts = cookie.maxAge !== undefined || cookie.expires !== undefined
  return {
    texts: [...texts],
    present,
    has: (line) => !lasts && values.some((value) => line.startsWith(`${cookie.name}=${value};`)),
  }
}

/** Of a storage that somebody else wrote nobody can say which of two opens a session. */
const onlyOf = ([first, second]: readonly string[]): string | null => (second === undefined ? (first ?? null) : null)

/** With an end in the past for a session that is gone: the browser drops the cookie. */
function lineFor(cookie: SessionCookie, value: string, { url }: WebRequest): Promise<string> {
  const isSecure = cookie.secure ?? (url.startsWith('https:') ? true : undefined)
  const props = { httpOnly: cookie.httpOnly ?? true, ...(isSecure !== undefined && { secure: isSecure }) }
  return cookie.serialize(value, value === '' ? { ...props, maxAge: 0, expires: new Date(0) } : props)
}

function answerOf(
  response: WebResponse,
  { name }: SessionCookie,
  lines: readonly HeaderLine[],
  present: boolean,
  inside: Inside | undefined,
): WebResponse {
  const isOurs = (set: string): boolean => cookieNameOf(set) === name
  return putOn(response, [
    {
      lines,
      // A handler may have set the cookie itself.
      presents: present || response.headers.getSetCookie().some(isOurs),
      site: { vary: ['Cookie'], owns: (other) => other === name && lines.some(([, line]) => isOurs(line)) },
      by: { commitsByCall: true, emit: (event) => inside?.emit(event) },
    },
  ])
}
