import { randomText } from '../../crypto/random.ts'
import { SessionError } from '../../errors.ts'
import type { Changes } from '../model/changes.ts'
import type { Contents } from '../model/contents.ts'
import type { Lifetime } from '../model/lifetime.ts'
import type { Auth } from '../model/standing.ts'
import { authOf, type Bound, boundIn, checkOwner, impersonated, impersonatorOf, levelAt, released } from '../model/standing.ts'
import type { Intents } from './intents.ts'
import { mergeOf } from './merge.ts'
import type { Surroundings } from './surroundings.ts'
import type { ElevateOptions, FreshOptions, NewIdOptions, SignInOptions } from './types.ts'

/** The parts of a session object that its rarer methods work on. */
export interface Inside {
  readonly around: Surroundings
  readonly next: Intents
  /** What the request sees. */
  readonly contents: Contents | undefined
  readonly lifetime: Lifetime | undefined
  readonly owner: string | undefined
  readonly lapsed: boolean
  /** Asked before each change; `inPlace`: it needs no new ticket. */
  readonly admit: (what: string, inPlace?: boolean) => void
  readonly session: {
    /** Ends what there was. */
    restart(): void
    /** Throws where the store could not be read. */
    writes(what: string): void
  }
  /** Shows other contents from here on, and returns what was changed before. */
  readonly turnTo: (contents: Contents) => Changes
}

/** When and how surely the person proved who they are, as this request sees it. */
export function authIn({ next, contents }: Pick<Inside, 'next' | 'contents'>): Partial<Auth> {
  let auth: Partial<Auth> = (contents && authOf(contents)) ?? {}
  for (const move of next.moves)
    if (move.kind === 'signIn') auth = move.auth
    else if (move.kind === 'regenerate') auth = { ...auth, ...move.auth }
  return auth
}

export function signIn(inside: Inside, owner: string, options: SignInOptions<Record<string, unknown>> = {}): void {
  const { around, next, contents } = inside
  inside.admit('signIn()')
  checkOwner(owner, 'signIn()')
  const { level, remember, merge } = options
  const move = {
    kind: 'signIn',
    owner,
    auth: { at: around.now(), ...(level !== undefined && { level: checkedLevel(level, 'signIn()') }) },
    ...(remember !== undefined && { remember: lastsFor(remember, around) }),
    ...(merge !== undefined && { merge: mergeOf(merge, around.core.engine.shaping?.shape) }),
    ...(around.core.engine.deviceBound && { bound: { sid: randomText(12) } }),
    ...noteIn(options),
    ...markIn(options),
  } as const
  // Another person's values do not come along, nor what one person did as another.
  const isOthers = inside.owner !== undefined && inside.owner !== owner
  if (isOthers || (contents && impersonatorOf(contents) !== undefined)) inside.session.restart()
  next.move = move
}

export function regenerateId({ admit, next }: Inside, options?: NewIdOptions): void {
  admit('regenerateId()')
  next.move ??= { kind: 'regenerate', ...noteIn(options) }
}

/** A new id, and the session's time begins again. */
export function renew({ admit, next }: Inside): void {
  admit('renew()')
  if (!next.move || next.move.kind === 'regenerate') next.move = { kind: 'regenerate', ...next.move, anew: true }
}

export function boundOf({ around, next, contents, lapsed }: Inside): Bound {
  if (!around.core.engine.deviceBound || next.moves.some((move) => 'bound' in move)) return 'none'
  return contents ? boundIn(contents) : lapsed && !next.ended ? 'lapsed' : 'none'
}

export function requireFresh({ around, session, ...inside }: Inside, seconds?: number, { level }: FreshOptions = {}): void {
  const most = seconds === undefined ? around.core.engine.freshFor : milliseconds(seconds, 'requireFresh()')
  const now = around.now()
  session.writes('requireFresh()') // of a store that is down nobody knows
  const { at, ...levels } = authIn(inside)
  const wants = level === undefined || isAtLeast(levelAt(levels, now), checkedLevel(level, 'requireFresh()'))
  // By a clock that is behind the one that wrote it, it has only just happened.
  if (at !== undefined && now - at <= most && wants) return
  const was =
    at === undefined ? 'nobody proved who they are' : `that was ${Math.max(0, Math.floor((now - at) / 1000))} seconds ago`
  const missing = wants ? `${was}, and at most ${most / 1000} are asked for` : 'it is not of the level that is asked for'
  throw new SessionError('NOT_FRESH', `The person has to prove again who they are: ${missing}.`)
}

export function elevate(inside: Inside, level: string, options: ElevateOptions = {}): void {
  const { around, next, owner } = inside
  inside.admit('elevate()')
  const lasts = options.for === undefined ? around.core.engine.freshFor : milliseconds(options.for, 'elevate()')
  const at = around.now()
  const auth = { at, up: { level: checkedLevel(level, 'elevate()'), until: at + lasts } }
  if (owner === undefined)
    throw refused('elevate() was called, and nobody is signed in.', 'Call signIn() with a `level` instead.')
  const { move } = next
  if (move?.kind === 'switch') throw refused('elevate() was called after a change of person.', 'Let the next request do it.')
  if (move?.kind === 'signIn') next.move = { ...move, auth: { ...move.auth, ...auth } }
  else next.move = { kind: 'regenerate', ...move, ...noteIn(options), auth }
}

export function impersonate(inside: Inside, owner: string, options?: NewIdOptions): void {
  const { next, contents } = inside
  inside.admit('impersonate()')
  checkOwner(owner, 'impersonate()')
  if (contents?.owner === undefined || isBusy(next))
    throw refused('impersonate() was called, and nobody was signed in before this request.', 'Let the next request do it.')
  if (impersonatorOf(contents) !== undefined)
    throw refused('impersonate() was called in a session that acts as somebody else.', 'Call endImpersonation() first.')
  const shows = impersonated(contents, owner)
  const before = inside.turnTo(shows)
  next.move = { kind: 'switch', owner, impersonates: true, shows, before, ...noteIn(options) }
}

export function endImpersonation(inside: Inside, options?: NewIdOptions): void {
  const { next, contents } = inside
  if (!contents || impersonatorOf(contents) === undefined) return
  inside.admit('endImpersonation()')
  if (isBusy(next)) throw refused('endImpersonation() was called after a change of person.', 'Let the next request do it.')
  const shows = released(contents)
  if (shows?.owner === undefined)
    throw new SessionError('STORE_FAILED', 'The own session, which waits beside that of somebody else, cannot be read.', {
      fix: 'Call signOut(), and let the visitor sign in again.',
    })
  inside.turnTo(shows)
  next.move = { kind: 'switch', owner: shows.owner, impersonates: false, shows, ...noteIn(options) }
}

/** Whether the session becomes another person's in this request already. */
const isBusy = (next: Intents): boolean => next.moves.some(({ kind }) => kind !== 'regenerate')

const LEVELS = ['aal1', 'aal2', 'aal3']

/** Those of NIST SP 800-63B are in order; any other is enough only for itself. */
function isAtLeast(level: string | undefined, least: string): boolean {
  const place = LEVELS.indexOf(least)
  return level === least || (place >= 0 && LEVELS.indexOf(level ?? '') > place)
}

/** So long may the name of a level be: it travels with the session. */
const LONGEST_LEVEL = 64

function checkedLevel(level: string, what: string): string {
  if (typeof level === 'string' && level !== '' && level.length <= LONGEST_LEVEL && level.isWellFormed()) return level
  throw refused(
    `${what} was given a level that is no name.`,
    `Give a text of at most ${LONGEST_LEVEL} characters, such as \`aal2\`.`,
  )
}

/** Bytes of a note, as JSON. */
const LONGEST_NOTE = 256

/** A copy: what is given may change until it is stored. */
function noteIn({ note }: NewIdOptions = {}): NewIdOptions {
  if (note === undefined) return {}
  const isText = typeof note === 'string' && note.isWellFormed()
  if (isText && new TextEncoder().encode(JSON.stringify(note)).length <= LONGEST_NOTE) return { note }
  throw new SessionError('BAD_VALUE', `The \`note\` of a new id is not a text of at most ${LONGEST_NOTE} bytes.`, {
    fix: 'Keep the rest elsewhere, and note under which number.',
  })
}

/** Whose it is, and whether it counts, is looked at when somebody signs in with it. */
function markIn({ mark }: { readonly mark?: string }): { readonly mark?: string } {
  if (mark === undefined) return {}
  if (typeof mark === 'string') return { mark }
  throw new SessionError('BAD_VALUE', 'The `mark` of a sign-in is not a text.', {
    fix: 'Pass what `await sessions.mark(owner)` returned.',
  })
}

/** In seconds: browsers keep no cookie longer (RFC 6265bis 5.5). */
const LONGEST = 400 * 86_400

function milliseconds(seconds: number, what: string): number {
  if (Number.isFinite(seconds) && seconds >= 0 && seconds <= LONGEST) return Math.round(seconds * 1000)
  throw refused(`${what} was given a time that is no number of seconds up to ${LONGEST}.`, 'Give seconds, or leave it out.')
}

function lastsFor(remember: boolean | number, { core }: Surroundings): number | false {
  if (typeof remember === 'boolean') return remember && core.engine.rememberFor
  if (remember > 0) return Math.max(1, milliseconds(remember, 'signIn()'))
  throw refused('signIn() was given a `remember` that is neither true, false nor a number of seconds.', 'Give one of them.')
}

const refused = (what: string, fix: string): SessionError => new SessionError('BAD_VALUE', what, { fix })
