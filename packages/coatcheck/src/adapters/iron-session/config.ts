import { CookieTooLong, cookieFault, LONGEST_AGE, pairOf, writeCookie } from '../../cookies/cookie.ts'
import {
  type AdapterSessions,
  adapterOf,
  refuseDeviceBound,
  rollingPolicy,
  sessionsFor,
  sessionsOf,
  sharedOptions,
  upstreamPersistence,
} from '../../core/adapter.ts'
import { bad, checkKinds } from '../../errors.ts'
import { ironSession, ironSessionChunks } from '../../migrate/iron-session.ts'
import type { CookieOptions, Password, SessionOptions } from './interface.ts'

const FORTNIGHT = 14 * 86_400

const OTHERS =
  'Make the sessions with createSessions(): in Next use nextSessions() and `proxy` of coatcheck/next, on Node withSession() of coatcheck/node.'

/** Options that were checked, with their defaults. */
export interface Config {
  readonly name: string
  readonly passwords: Readonly<Record<string, string>>
  readonly sessions: AdapterSessions
  /** Seconds that a session lasts which is saved. */
  readonly lasts: number
  readonly cookie: CookieOptions
  readonly onUnsealError: SessionOptions['onUnsealError']
}

/** Throws `BAD_OPTIONS`. */
export function configOf(options: SessionOptions): Config {
  checkKinds(options, { cookieName: 'text', ttl: 'number', cookieOptions: 'object', chunk: 'true or false' })
  checkKinds(options, { onUnsealError: 'function', encryptRecords: 'true or false' })
  refuseDeviceBound(options, OTHERS)
  const { cookieName, password, cookieOptions = {}, onUnsealError } = options
  if (!cookieName) throw bad('cookieName', 'is missing', 'Name the cookie.')
  const passwords = passwordsOf(password)
  // As iron-session: a cookie without an end is that of a session without an end.
  const ttl = 'maxAge' in cookieOptions && cookieOptions.maxAge === undefined ? 0 : (options.ttl ?? FORTNIGHT)
  const cookie = { httpOnly: true, secure: true, sameSite: 'lax', path: '/', maxAge: browserAge(ttl), ...cookieOptions } as const
  const { sameSite, maxAge: _, expires: __, priority: ___, ...looks } = defined(cookie)
  const fault = cookieFault(cookieName, { ...looks, ...(sameSite && { sameSite: sameSite === true ? 'strict' : sameSite }) })
  if (fault)
    throw bad(fault.option.replace('cookie.name', 'cookieName').replace('cookie.', 'cookieOptions.'), fault.what, fault.fix)
  const lasts = ttl > 0 ? Math.min(ttl, LONGEST_AGE) : LONGEST_AGE
  return { name: cookieName, passwords, sessions: sessionsWith(options, passwords, ttl), lasts, cookie, onUnsealError }
}

/** The attributes that say something. */
type Said = { [Name in keyof CookieOptions]: Exclude<CookieOptions[Name], undefined> }

/** An attribute that is undefined is one that is left out. */
export const defined = (options: CookieOptions): Said =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

/** By their numbers; a password alone has the number 1. Throws `BAD_OPTIONS`. */
export function passwordsOf(password: Password | undefined): Readonly<Record<string, string>> {
  if (!password) throw bad('password', 'is missing', 'Give a secret of at least 32 random characters.')
  const passwords = typeof password === 'string' ? { 1: password } : { ...password }
  const all = Object.entries(passwords)
  if (all.length === 0 || all.some(([id]) => !Number.isInteger(Number(id))))
    throw bad('password', 'holds no passwords by their numbers', "Give them as { 1: '…', 2: '…' }.")
  if (all.some(([, each]) => typeof each !== 'string' || each.length < 32))
    throw bad('password', 'is shorter than 32 characters', 'Give at least 32 random characters.')
  return passwords
}

/** The number of the password that seals. */
export const newestOf = (passwords: Readonly<Record<string, string>>): string =>
  String(Math.max(...Object.keys(passwords).map(Number)))

/** As iron-session: the cookie goes a minute before the session does. */
function browserAge(ttl: number): number {
  if (ttl === 0) return LONGEST_AGE
  return ttl > 60 ? ttl - 60 : ttl
}

/** What a session's cookie is checked with, whose name may have a prefix; the line itself says what `cookieOptions` says. */
const ATTRIBUTES = { path: '/', httpOnly: true, secure: true } as const

function sessionsWith(options: SessionOptions, password: Readonly<Record<string, string>>, ttl: number): AdapterSessions {
  const { cookieName, store, encryptRecords, chunk = false, format } = options
  if (format && store) throw bad('store', 'is set beside `format`', 'A cookie of iron-session holds the whole session.')
  const given = {
    ...sharedOptions(options),
    cookieName,
    password,
    chunk,
    ...(store && { store }),
    ...(encryptRecords !== undefined && { encryptRecords }),
    ...(format && { format, ttl }),
  }
  return adapterOf(sessionsFor('iron-session', given, made))
}

interface Given extends Pick<SessionOptions, 'cookieName' | 'store' | 'encryptRecords' | 'format' | 'migrateFrom' | 'ttl'> {
  readonly password: Readonly<Record<string, string>>
  readonly chunk: boolean
}

function made({ cookieName, password, chunk, format, ttl, migrateFrom = [], ...engine }: Given) {
  const old = { cookieName, password, ...(ttl !== undefined && { ttl }) }
  const time = LONGEST_AGE
  return sessionsOf(
    {
      ...engine,
      secrets: Object.entries(password)
        .sort(([a], [b]) => Number(b) - Number(a))
        .map(([, each]) => each),
      secretRule: 'warn',
      cookie: { name: cookieName, persistent: false },
      attributes: ATTRIBUTES,
      chunks: true, // of reading: `chunk` says what is written
      // The adapter writes the line: it depends on the options of each call.
      serialize: (name, value) => (format ? upstreamPairs : pairs)(name, value, chunk),
      migrateFrom: [...(format ? [] : [ironSession(old)]), ironSessionChunks(old), ...migrateFrom],
      ...(format && { persistence: upstreamPersistence(ironSession(old)) }),
      idleTimeout: time,
      absoluteTimeout: time,
    },
    // Each save says how long the session lasts.
    { policy: rollingPolicy({ idle: time, absolute: time, fixed: false, rolls: undefined }) },
  )
}

/** `name=value`, and those of the pieces. */
function pairs(name: string, value: string, chunks: boolean): string[] {
  return value === '' ? [`${name}=`] : writeCookie(name, value, ATTRIBUTES, { chunks }).map(pairOf)
}

/** Of a cookie, with its name and some attributes. */
const ROOM = 3900
const MOST = 4

/** The same as iron-session 9 has them: `name.0` to `name.3`. */
function upstreamPairs(name: string, value: string, chunks: boolean): string[] {
  if (name.length + value.length <= ROOM) return [`${name}=${value}`]
  const room = ROOM - name.length - 2
  const parts = value.match(new RegExp(`.{1,${room}}`, 'g')) ?? []
  if (!chunks || parts.length > MOST) throw new CookieTooLong(name.length + value.length)
  return parts.map((part, at) => `${name}.${at}=${part}`)
}
