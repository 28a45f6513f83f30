import { type CookieAttributes, LONGEST_AGE } from '../../cookies/cookie.ts'
import {
  type AdapterOptions,
  type AdapterSessions,
  adapterOf,
  type Policy,
  rollingPolicy,
  sessionsFor,
  sessionsOf,
  upstreamPersistence,
} from '../../core/adapter.ts'
import { checkKinds, type Kinds, SessionError } from '../../errors.ts'
import { h3Seal } from '../../migrate/h3.ts'
import { checkAnswered } from './bound.ts'
import type { SessionConfig, SessionCookieOptions } from './config.ts'
import { upstreamCookie } from './upstream.ts'

const DEFAULT = 30 * 86_400

export const nameOf = ({ name }: Partial<SessionConfig>): string => name || 'h3'

/** A configuration without what is of no use, and with the cookie as it will look. */
type Looked = Omit<SessionConfig, 'cookie' | 'seal' | 'crypto' | 'generateId' | 'issue'> & {
  readonly cookie: false | CookieAttributes
}

/** The sessions of a configuration. `version`: of h3, whose cookies are written with `format: 'upstream'`. */
export function sessionsWith({ seal, crypto, generateId, issue, ...config }: SessionConfig, version: 1 | 2): AdapterSessions {
  checkKinds(config, KINDS)
  checkAnswered(config)
  const upstream = config.format && version
  const cookie = config.cookie !== false && attributesOf(config.cookie, upstream)
  const make = (latest: Looked) => sessionsOf(optionsOf(latest, upstream), policyOf(latest))
  return adapterOf(sessionsFor(`h3 ${upstream}`, { ...config, cookie }, make))
}

const KINDS: Kinds = {
  name: 'text',
  maxAge: 'number',
  idleTimeout: 'number',
  absoluteTimeout: 'number',
  sessionHeader: ['text', 'true or false'],
  cookie: ['object', 'true or false'],
}

/** For `clearSession` without a password: opens nothing, and clears. */
export function clearingSessions({ name, sessionHeader, cookie }: Partial<SessionConfig>): AdapterSessions {
  const config = { name, sessionHeader, cookie: cookie !== false && attributesOf(cookie) }
  const persistence = upstreamPersistence({ format: 'none', read: () => undefined, write: () => '' })
  return adapterOf(sessionsFor('h3 clearing', config, (latest) => sessionsOf({ ...transportOf(latest), persistence })))
}

function optionsOf(config: Looked, upstream: 1 | 2 | undefined): AdapterOptions {
  const { name, cookie, sessionHeader, password, maxAge, idleTimeout, legacySealFallback, format, ...engine } = config
  if (format && engine.store)
    throw new SessionError(
      'BAD_OPTIONS',
      'The option `store` is set beside `format`, and a cookie of h3 holds the whole session.',
    )
  const seal = h3Seal({
    password,
    maxAge: maxAge || 0,
    idleTimeout: idleTimeout || 0,
    version: upstream ?? 2,
    reads: legacySealFallback === false ? [2] : [1, 2],
  })
  return {
    chunks: true,
    migrateFrom: format ? [] : [seal],
    ...engine,
    ...transportOf(config),
    ...timesOf(config),
    secrets: typeof password === 'object' ? Object.values(password) : password,
    secretRule: 'warn', // h3Seal has seen to it that they are long enough
    ...(upstream && { persistence: upstreamPersistence(seal), serialize: upstreamCookie(upstream, engine.now) }),
  }
}

/** Seconds. What `cookie.maxAge` says is how long a session lasts that nobody uses. */
function timesOf(config: Looked): Record<'absoluteTimeout' | 'idleTimeout', number> {
  const { maxAge, idleTimeout, absoluteTimeout } = config
  const rolls = rollsOf(config)
  const absolute = maxAge || absoluteTimeout || (rolls ? LONGEST_AGE : DEFAULT)
  const ends = Math.min(absolute, absoluteTimeout || LONGEST_AGE, LONGEST_AGE)
  return { absoluteTimeout: ends, idleTimeout: Math.min(idleTimeout || rolls || LONGEST_AGE, ends) }
}

/** Seconds after which a browser forgets a cookie of ours, where the cookie itself says so. */
const rollsOf = ({ cookie, format }: Pick<Looked, 'cookie' | 'format'>): number | undefined =>
  (!format && cookie && cookie.maxAge) || undefined

/** Further options of the engine, where the cookie has a `maxAge`: a change gives it again, as in h3. */
function policyOf(config: Looked): { readonly policy?: Policy } {
  const rolls = rollsOf(config)
  if (!rolls) return {}
  const { absoluteTimeout, idleTimeout } = timesOf(config)
  const fixed = Boolean(config.maxAge || config.absoluteTimeout)
  return { policy: rollingPolicy({ idle: idleTimeout, absolute: absoluteTimeout, fixed, rolls }) }
}

function transportOf({
  cookie,
  format,
  maxAge,
  idleTimeout,
  sessionHeader,
  ...config
}: Omit<Looked, 'password'>): AdapterOptions {
  const name = nameOf(config)
  const rolls = rollsOf({ cookie, format })
  const { maxAge: _, ...others } = cookie || {}
  const isLimited = cookie && (cookie.maxAge !== undefined || cookie.expires !== undefined)
  return {
    binding: name,
    // Options of the cookie itself win.
    cookie: cookie && { name, persistent: Boolean(rolls || (!isLimited && (maxAge || idleTimeout))) },
    ...(cookie && { attributes: rolls ? others : cookie }),
    ...(sessionHeader !== false && { header: sessionHeader || `x-${name}-session`, anyHeader: true }),
  }
}

/** The defaults of h3 2 (and of h3 1, but for SameSite) below the given options. Only in cookies of h3 itself can scripts see the session. */
function attributesOf(given: SessionCookieOptions = {}, upstream?: 1 | 2): CookieAttributes {
  checkKinds(given, { maxAge: 'number' }, 'cookie.')
  const { encode, priority, chunkMaxLength, sameSite = upstream !== 1 && 'lax', maxAge, ...rest } = given
  const attributes = {
    path: '/',
    secure: true,
    httpOnly: true,
    ...rest,
    sameSite: sameSite === true ? 'strict' : sameSite || undefined,
    maxAge: maxAge && Math.floor(maxAge),
    ...(!upstream && { httpOnly: true }),
  }
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
}
