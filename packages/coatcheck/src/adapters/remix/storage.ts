import {
  type AdapterOptions,
  type AnySessions,
  refuseDeviceBound,
  type SessionsOptions,
  type StorageOptions as Shared,
  sessionsOf,
  warnOfPlainHttp,
  watchRequests,
} from '../../core/adapter.ts'
import type { SessionReader } from '../../migrate/format.ts'
import type { Cookie, CookieOptions, GivenCookie, Made } from './cookies.ts'
import { storageWith } from './interface.ts'
import { lifeOf } from './life.ts'
import { attributesOf, type CookieSerializeOptions } from './line.ts'
import type { CoatcheckStorage } from './types.ts'
import { refuseCoding, upstreamLine } from './upstream.ts'
import { inItsWords } from './words.ts'

/** Further options of the engine. */
export type EngineOptions = Omit<Shared, 'migrateFrom'> & Pick<SessionsOptions, 'chunks'>

export interface StorageOptions extends EngineOptions {
  /** The options of a cookie, whose name is `__session` unless given; or a cookie: one of `createCookie`, or any with its methods. */
  readonly cookie?: Cookie | (CookieOptions & { name?: string }) | GivenCookie | undefined
  /** Formats of other libraries whose sessions are taken over. Default: the framework's own, with the same secrets; `[]`: none. */
  readonly migrateFrom?: readonly SessionReader[]
  /** `upstream`: the framework's own cookies are written, byte for byte. Default: ours, and the framework's are read. */
  readonly format?: 'upstream' | undefined
}

/** A storage on the engine; `more` says where sessions are kept. */
export function storageOf<Data, Flash>(
  options: StorageOptions,
  cookie: Made,
  more: Partial<AdapterOptions>,
): CoatcheckStorage<Data, Flash> {
  const isTicket = more.persistence === undefined || !cookie.relay?.isSigned
  const isDatabase = more.persistence?.needsSecrets !== undefined
  try {
    return storageWith(sessionsWith(options, cookie, more), {
      cookie,
      isUpstream: options.format !== undefined,
      isTicket,
      isDatabase,
    })
  } catch (error) {
    throw inItsWords(error, isDatabase)
  }
}

const OTHERS =
  'Make the sessions with createSessions({ deviceBound }) and give them to sessionMiddleware() of coatcheck/react-router; in Remix wrap the request handler with withSession(sessions, …) of coatcheck/fetch, and call `sessions.open(request)`.'

function sessionsWith(options: StorageOptions, cookie: Made, more: Partial<AdapterOptions>): AnySessions {
  const { format, cookie: _, ...engine } = options
  refuseDeviceBound(engine, OTHERS)
  const { maxAge, expires, secrets } = cookie
  const { policy, ...life } = lifeOf(cookie, engine)
  if (format) refuseCoding(cookie)
  const sessions = sessionsOf(
    {
      secretRule: 'warn',
      ...(secrets.length > 0 && { secrets }),
      // The framework's own line says what its options say, and not how long this session has left.
      cookie: { name: cookie.name, persistent: !format && (maxAge !== undefined || expires !== undefined) },
      attributes: { ...attributesOf(cookie), ...(format ? {} : { httpOnly: true }) },
      ...(format && {
        serialize: (name: string, value: string, how: CookieSerializeOptions) => upstreamLine(name, value, how, cookie),
      }),
      // Another library's cookie makes the line of what is given here.
      ...(cookie.relay && { serialize: (name: string, value: string) => `${name}=${value}` }),
      ...engine,
      ...life,
      ...more,
    },
    { policy },
  )
  if (!cookie.relay) warnOfPlainHttp(cookie.name, cookie.secure)
  watchRequests()
  return sessions
}
