import { type FaceOptions, type SessionsOptions, sessionsOf, warnOfPlainHttp, watchRequests } from '../../core/face.ts'
import type { ForeignReader } from '../../foreign/format.ts'
import type { Cookie, CookieOptions, Made } from './cookies.ts'
import { type SessionStorage, storageWith } from './interface.ts'
import { lifeOf } from './life.ts'
import { attributesOf, type CookieSerializeOptions } from './line.ts'
import { refuseCoding, upstreamLine } from './upstream.ts'

/** What the engine can do besides. */
export type EngineOptions = Pick<
  SessionsOptions,
  | 'onEvent'
  | 'now'
  | 'idleTimeout'
  | 'absoluteTimeout'
  | 'encryptRecords'
  | 'chunks'
  | 'foreignUntil'
  | 'storeTimeout'
  | 'maxRequestTime'
  | 'grace'
  | 'onReplay'
  | 'whenStoreDown'
>

export interface StorageOptions extends EngineOptions {
  /** A cookie made by `createCookie` of this package, or the options of one; its name is `__session` unless given. */
  readonly cookie?: Cookie | (CookieOptions & { readonly name?: string }) | undefined
  /** Formats of other libraries whose sessions are taken over. Default: the framework's own, with the same secrets; `[]`: none. */
  readonly foreign?: readonly ForeignReader[]
  /** `upstream`: the framework's own cookies are written, byte for byte. Default: ours, and the framework's are read. */
  readonly wire?: 'upstream' | undefined
}

/** A storage on the engine; `more` says where sessions are kept. */
export function storageOf<Data, Flash>(
  options: StorageOptions,
  cookie: Made,
  more: Partial<FaceOptions>,
): SessionStorage<Data, Flash> {
  const { wire, cookie: _, ...engine } = options
  const { maxAge, expires, secrets } = cookie
  const { policy, ...life } = lifeOf(cookie, engine)
  if (wire) refuseCoding(cookie)
  const sessions = sessionsOf(
    {
      secretRule: 'warn',
      ...(secrets.length > 0 && { secrets }),
      // The framework's own line says what its options say, and not how long this session has left.
      cookie: { name: cookie.name, persistent: !wire && (maxAge !== undefined || expires !== undefined) },
      attributes: { ...attributesOf(cookie), ...(wire ? {} : { httpOnly: true }) },
      ...(wire && {
        serialize: (name: string, value: string, how: CookieSerializeOptions) => upstreamLine(name, value, how, cookie),
      }),
      ...engine,
      ...life,
      ...more,
    },
    { policy },
  )
  warnOfPlainHttp(cookie.name, cookie.secure)
  watchRequests()
  return storageWith(sessions, wire && cookie)
}
