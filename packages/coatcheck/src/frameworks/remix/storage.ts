import {
  type AnySessions,
  ambient,
  type Commit,
  type FaceOptions,
  type FaceSessions,
  faceOf,
  lastWord,
  presentedBy,
  type Scope,
  type SessionsOptions,
  sessionsOf,
  watchRequests,
  within,
} from '../../core/face.ts'
import { SessionError } from '../../errors.ts'
import { type Cookie, type CookieOptions, type CookieParseOptions, isCookie, optionsOf } from './cookies.ts'
import { attributesOf, type CookieSerializeOptions, lineOf } from './line.ts'
import { copyInto, type Session, scopeOf, viewOf } from './session.ts'

export interface SessionStorage<Data = Record<string, unknown>, Flash = Data> {
  /** The session of a Cookie header. Within one request of Node or Deno, and inside `withSession`, asking again gives the same one. */
  getSession(header?: string | null, options?: CookieParseOptions): Promise<Session<Data, Flash>>
  /** Stores what changed; the Set-Cookie line, empty when there is nothing to tell the visitor. */
  commitSession(session: Session<Data, Flash>, options?: CookieSerializeOptions): Promise<string>
  /** Ends the session for good; the line that removes the cookie. */
  destroySession(session: Session<Data, Flash>, options?: CookieSerializeOptions): Promise<string>
  /** For platforms that do not tell requests apart (Bun, Workers): within `handler` all that belongs to one request shares a session. */
  withSession<Args extends unknown[], R>(handler: (request: Request, ...args: Args) => R): (request: Request, ...args: Args) => R
}

/** What the engine can do besides. */
export type EngineOptions = Pick<
  SessionsOptions,
  'onEvent' | 'now' | 'idleTimeout' | 'absoluteTimeout' | 'encryptRecords' | 'chunks' | 'foreign' | 'storeTimeout'
>

export interface StorageOptions extends EngineOptions {
  /** A cookie made by `createCookie` of this package, or the options of one; its name is `__session` unless given. */
  readonly cookie?: Cookie | (CookieOptions & { readonly name?: string }) | undefined
  /** `upstream`: the framework's own cookies are written, byte for byte. Default: ours, and the framework's are read. */
  readonly wire?: 'upstream' | undefined
}

/** What a storage knows of its cookie. */
export interface Made extends CookieOptions {
  readonly name: string
  readonly secrets: readonly string[]
}

export function cookieOf(given: StorageOptions['cookie'] = {}): Made {
  const options = isCookie(given) ? optionsOf(given) : given
  if (!options) {
    throw new SessionError('BAD_OPTIONS', 'The option `cookie` is a cookie that another library made.', {
      fix: 'Make it with createCookie of coatcheck/remix, or pass its options.',
    })
  }
  return { path: '/', sameSite: 'lax', ...options, name: given.name ?? '__session', secrets: options.secrets ?? [] }
}

const DAY = 86_400
const LONGEST = 400 * DAY

/** A storage on the engine; `more` says where sessions are kept. */
export function storageOf<Data, Flash>(
  options: StorageOptions,
  cookie: Made,
  more: Partial<FaceOptions>,
): SessionStorage<Data, Flash> {
  const { wire, cookie: _, ...engine } = options
  const { maxAge, expires, secrets } = cookie
  const absoluteTimeout = Math.min(engine.absoluteTimeout ?? Math.ceil(maxAge || 30 * DAY), LONGEST)
  const sessions: AnySessions = sessionsOf({
    secretRule: 'warn',
    ...(secrets.length > 0 && { secrets }),
    cookie: { name: cookie.name, persistent: maxAge !== undefined || expires !== undefined },
    attributes: { ...attributesOf(cookie), ...(wire ? {} : { httpOnly: true }) },
    ...(wire && {
      serialize: (name: string, value: string, how: CookieSerializeOptions) => upstreamLine(name, value, how, cookie),
    }),
    ...engine,
    absoluteTimeout,
    idleTimeout: engine.idleTimeout ?? absoluteTimeout,
    ...more,
  })
  watchRequests()
  return interfaceOf(faceOf(sessions))
}

/** As Remix writes it: the date of an ended session's cookie is in the past, and nothing says how old it may get. */
function upstreamLine(name: string, value: string, { maxAge, ...how }: CookieSerializeOptions, { expires }: Made): string {
  if (value === '') return lineOf(name, '', { ...how, expires: new Date(0) })
  return lineOf(name, value, { ...how, ...(maxAge === undefined ? expires && { expires } : { maxAge }) })
}

function interfaceOf<Data, Flash>(face: FaceSessions): SessionStorage<Data, Flash> {
  const line = async (scope: Scope, options: CookieSerializeOptions = {}): Promise<string> => {
    const { maxAge, expires, ...attributes } = options
    const how: Commit = {
      ...(maxAge !== undefined && { maxAge }),
      ...(expires && { expires }),
      ...(Object.keys(attributes).length > 0 && { attributes: attributesOf(attributes) }),
    }
    const { current } = await scope.commit(how)
    return current[0]?.[1] ?? ''
  }
  const scopeFor = async (session: object): Promise<Scope> => {
    const known = scopeOf(session)
    if (known) return known
    const scope = face.fromTicket(null)
    copyInto(await scope.open(), session as Session)
    return scope
  }
  return {
    async getSession(header) {
      const here = ambient()
      const presented = presentedBy(header)
      const scope = here ? face.scope(here.identity, presented) : face.detached(presented)
      if (here?.res) lastWord(here.res, scope)
      await scope.open()
      return viewOf(scope) as unknown as Session<Data, Flash>
    },
    commitSession: async (session, options) => line(await scopeFor(session), options),
    async destroySession(session, { maxAge: _, expires: __, ...options } = {}) {
      const scope = await scopeFor(session)
      scope.afresh()
      return line(scope, options)
    },
    withSession:
      (handler) =>
      (request, ...args) =>
        within(request, () => handler(request, ...args)),
  }
}
