import { cookieNameOf, pairOf } from '../../cookies/cookie.ts'
import { isIdle } from '../../cookies/idle.ts'
import { SessionError } from '../../errors.ts'
import type { Happening } from '../model/events.ts'
import type { IncomingTickets } from './incoming.ts'
import type { Core } from './load.ts'
import type { HeaderLine } from './tickets.ts'

/** Response headers on their way out: what `Headers` offers of it. Absent is null; each Set-Cookie is a line of its own. */
export interface HeadersOut {
  get(name: string): string | null
  set(name: string, value: string): void
  append(name: string, value: string): void
  delete(name: string): void
  getSetCookie(): string[]
  /** The names of all that are there, whatever their case. */
  keys(): Iterable<string>
}

/** Headers that shared caches obey before Cache-Control: those of RFC 9213, whose names end alike (CDN-, X-LiteSpeed-Cache-Control …), and older ones. */
const OVERRULING = /-cache-control$|^(?:edge-control|surrogate-control)$/i
/** Turns nginx's cache off, also where it was told not to look at Cache-Control, Set-Cookie and Vary. */
const NGINX = ['x-accel-expires', '0'] as const

/** The headers that the sessions of one site need on a response. */
export interface Asking {
  readonly lines: readonly HeaderLine[]
  /** Whether the request presented what may be a ticket. */
  readonly presents: boolean
  readonly site: {
    readonly vary: readonly string[]
    /** Whether a cookie of this name is theirs. */
    owns(cookieName: string): boolean
  }
  /** What `Server-Timing` says of them: in development only. */
  readonly timing?: string | undefined
  readonly by: Teller
}

interface Teller {
  /** The application puts their lines there itself: none of their name is somebody else's. */
  readonly commitsByCall?: boolean
  /** Name and value of each cookie that they gave. */
  readonly gave?: ReadonlySet<string>
  emit(event: Happening): void
}

/** A request session, as its response needs it. */
export interface Answering {
  readonly core: Core
  readonly asked: boolean
  readonly lines: readonly HeaderLine[]
  readonly gave: ReadonlySet<string>
  readonly incoming: Pick<IncomingTickets, 'presents'>
  asking(presents?: boolean): Asking
}

/**
 * Puts on a response what its sessions ask for: at most one cookie each, other cookies kept, `Vary`, and what keeps the response
 * out of shared caches (RFC 9111, RFC 9213). A session that nobody asked for leaves no trace.
 */
export function answer(headers: HeadersOut, requestSessions: Iterable<Answering>): void {
  for (const asking of askingOf(requestSessions)) put(headers, asking)
}

function askingOf(requestSessions: Iterable<Answering>): Asking[] {
  const asked = [...requestSessions].filter((one) => one.asked)
  if (asked.length < 2) return asked.map((one) => one.asking())
  // Of several request sessions of the same sessions (a loader that was not given the cookie) the last that has something to say counts.
  const speaking = new Map(asked.filter(({ lines }) => lines.length > 0).map((one) => [one.core, one]))
  const silent = new Map(asked.filter(({ core }) => !speaking.has(core)).map((one) => [one.core, one]))
  return [...silent.values(), ...speaking.values()].map((one) =>
    one.asking(asked.some(({ core, incoming }) => core.transport === one.core.transport && incoming.presents)),
  )
}

/**
 * `answer` for what is no request session. What depends on nothing but that no ticket came is everybody's who has none: such a response stays
 * as public as the application made it, and only says what it depends on.
 */
export function put(headers: HeadersOut, { lines, presents, site, timing, by }: Asking): void {
  keepOut(headers, lines.length > 0, presents, site.vary, by)
  // A line put there before may hold a ticket that has ended since, or be the empty text that a storage gives for nothing.
  const all = headers.getSetCookie()
  const others = all.length === 0 ? all : all.filter((line) => line !== '' && !site.owns(cookieNameOf(line)))
  if (all.length > 0 && (lines.some(isCookie) || others.length < all.length)) {
    if (all.some((line) => !others.includes(line) && isOthers(line, by))) by.emit({ type: 'cookie-conflict' })
    headers.delete('set-cookie')
    for (const line of others) headers.append('set-cookie', line)
  }
  if (timing) headers.append('server-timing', timing)
  for (const line of lines) {
    if (isCookie(line)) headers.append(...line)
    else headers.set(...line)
  }
}

/** Whether somebody else gave this line of our name, and it says something. */
const isOthers = (line: string, { commitsByCall, gave }: Teller): boolean =>
  !commitsByCall && line !== '' && !isIdle(line) && !pairOf(line).endsWith('=') && !gave?.has(pairOf(line))

const isCookie = ([name]: HeaderLine): boolean => name === 'set-cookie'

/** Keeps a response that depends on a session, or gives one, out of shared caches. */
function keepOut(headers: HeadersOut, gives: boolean, presents: boolean, vary: readonly string[], by: Teller): void {
  const isShared = !presents && !gives
  // First of all: a `Headers` sorts its names anew after each change.
  for (const name of isShared ? [] : [...headers.keys()]) if (OVERRULING.test(name)) headers.delete(name)
  addVary(headers, vary)
  if (isShared) return
  const was = headers.get('cache-control') ?? ''
  const directives = was === '' ? [] : directivesOf(was)
  headers.set('cache-control', gives ? 'no-store' : was === '' ? 'private, no-cache' : privately(directives))
  headers.set(...NGINX)
  if (directives.some((directive) => SHARED.test(directive))) by.emit({ type: 'cache-conflict', was })
}

/**
 * `answer` where the application itself puts on the response what a commit returned. A line that none of `requestSessions` gave is of a session
 * which the application began beside them: when it comes last it is the answer, as in a browser. Leaves no session in a
 * shared cache. `shows`: it shows one beside them.
 */
export function answerByCall(headers: HeadersOut, core: Core, requestSessions: Iterable<Answering>, shows = false): void {
  const asked = [...requestSessions].filter((requestSession) => requestSession.core === core && requestSession.asked)
  const isOurs = (line: string): boolean => !isIdle(line) && core.transport.owns(cookieNameOf(line))
  const ours = headers.getSetCookie().filter(isOurs)
  const beside = ours.filter((line) => !asked.some(({ gave }) => gave.has(pairOf(line))))
  const wins = beside.length > 0 && beside.at(-1) === ours.at(-1)
  answer(headers, asked)
  const lines = headers.getSetCookie().filter((line) => line !== '' && !isIdle(line) && !(wins && isOurs(line)))
  headers.delete('set-cookie')
  const newest = new Map(beside.map((line) => [cookieNameOf(line), line])).values()
  for (const line of [...lines, ...(wins ? newest : [])]) headers.append('set-cookie', line)
  const presents = shows || asked.some(({ incoming }) => incoming.presents)
  keepOut(headers, wins, presents, core.transport.vary, core.engine)
}

const SHARED = /^(?:public|s-maxage)\b/i

/** The directives, parted where a comma is no part of a quoted text (RFC 9111 5.2). */
const directivesOf = (was: string): string[] =>
  (was.match(/(?:[^,"]|"(?:\\.|[^"\\])*"?)+/g) ?? []).map((part) => part.trim()).filter((part) => part !== '')

function privately(was: readonly string[]): string {
  const directives = was.filter((part) => !SHARED.test(part))
  if (directives.some((part) => /^(?:private|no-store)$/i.test(part))) return directives.join(', ')
  return ['private', ...(directives.length > 0 ? directives : ['no-cache'])].join(', ')
}

function addVary(headers: HeadersOut, names: readonly string[]): void {
  const was = headers.get('vary')
  const listed = was?.split(',').map((name) => name.trim().toLowerCase())
  const missing = listed ? names.filter((name) => !listed.includes('*') && !listed.includes(name.toLowerCase())) : names
  if (missing.length > 0) headers.set('vary', (was ? [was, ...missing] : missing).join(', '))
}

/**
 * `answer` for a whole response, on a copy: a handler may give one response object to many requests, and what is put on it would
 * hand one visitor's ticket to the next. Streams are passed on as they are; an upgrade (101) cannot be copied and is answered in place.
 */
export function answered(response: Response, requestSessions: readonly Answering[]): Response {
  return putOn(response, askingOf(requestSessions))
}

/** `put` for a whole response, as `answered`. */
export function putOn(response: Response, askings: readonly Asking[]): Response {
  if (askings.length === 0) return response
  if (response.status >= 200) {
    const copy = copyOf(response)
    for (const asking of askings) put(copy.headers, asking)
    return copy
  }
  try {
    for (const asking of askings) put(response.headers, asking)
  } catch (cause) {
    if (askings.some(({ lines }) => lines.length > 0)) {
      throw new SessionError('TOO_LATE', `A response of status ${response.status} cannot carry a cookie.`, { cause })
    }
  }
  return response
}

/**
 * A response of its own with the same status, headers and body. Streams are passed on as they are.
 *
 * `@hono/node-server` puts a light `Response` in the place of Node's, which holds status, body and headers in a field until somebody asks for
 * `body`. Then it makes Node's own of it, with a stream that it reads again to send it, which costs more than the session. So a body that is there
 * already is taken from that field.
 */
export function copyOf(response: Response): Response {
  const held = heldBy(response)
  return new Response(held ? held.body : response.body, response)
}

/** What a light response is to send; undefined for any other, and for a body that is a stream. */
function heldBy(response: object): { readonly body: string | Uint8Array<ArrayBuffer> | null } | undefined {
  const field = Object.getOwnPropertySymbols(response).find(({ description }) => description === 'cache')
  const held: unknown = field && Reflect.get(response, field)
  if (!Array.isArray(held) || held.length !== 3 || held[0] !== Reflect.get(response, 'status')) return undefined
  const body: unknown = held[1]
  return body === null || typeof body === 'string' || body instanceof Uint8Array ? { body: body as string | null } : undefined
}

/** `answered` by `answerByCall`. */
export function answeredByCall(response: Response, requestSession: Answering): Response {
  if (!requestSession.asked || response.status < 200) return answered(response, [requestSession])
  const copy = copyOf(response)
  answerByCall(copy.headers, requestSession.core, [requestSession])
  return copy
}
