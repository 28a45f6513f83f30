import { type AdapterSessions, adapterOf, rollingPolicy, sessionsOf, sharedOptions } from '../../../core/adapter.ts'
import { bad, checkKinds } from '../../../errors.ts'
import { secureKeys } from '../../../migrate/fastify/secure-session.ts'
import { toBase64 } from '../../../migrate/text.ts'
import { expressStore } from '../../../stores/wrapping/express-session.ts'
import { engineCookie } from '../koa/line.ts'
import type { SecureSessionOptions } from './interface.ts'
import type { LineOptions } from './line.ts'
import { isOurs, LONGEST } from './options.ts'

/** What the plugin needs to know of one session. */
export interface SecureSetup {
  readonly sessionName: string
  readonly cookieName: string
  readonly cookie: LineOptions
  readonly adapter: AdapterSessions
}

export function secureSetupOf(options: SecureSessionOptions): SecureSetup {
  const { sessionName = 'session', cookieName = sessionName, expiry = 86_401, store } = options
  checkKinds(options, {
    ...{ sessionName: 'text', cookieName: 'text', expiry: 'number', cookie: 'object', cookieOptions: 'object' },
    store: ['object', 'function'],
  })
  if (!(expiry > 0 && expiry <= LONGEST))
    throw bad('expiry', 'is no time that a session can last', 'Give seconds up to 400 days.')
  const { absoluteTimeout = LONGEST, encryptRecords, migrateFrom = [] } = options
  const idle = Math.min(expiry, absoluteTimeout)
  const look = options.cookieOptions ?? options.cookie
  const policy = rollingPolicy({ idle, absolute: absoluteTimeout, fixed: options.absoluteTimeout !== undefined, rolls: idle })
  const sessions = sessionsOf(
    {
      ...sharedOptions(options),
      secrets: secretsOf(options),
      secretRule: 'warn',
      ...(store && { store: isOurs(store) ? store : expressStore(store, options.now && { now: options.now }) }),
      ...engineCookie(cookieName, options, look, look?.maxAge !== undefined),
      // The adapter writes the line: it depends on `request.session.options()`.
      migrateFrom,
      idleTimeout: idle,
      absoluteTimeout,
      ...(encryptRecords !== undefined && { encryptRecords }),
    },
    { policy: { ...policy, movesByChange: true } },
  )
  const { signed: _, ...cookie } = look ?? {}
  return {
    sessionName,
    cookieName,
    cookie: { sameSite: 'lax', ...cookie, httpOnly: cookie.httpOnly ?? true },
    adapter: adapterOf(sessions),
  }
}

/** Texts of the keys, newest first; what is wrong is said in the words of @fastify/secure-session. */
function secretsOf({ key, secret }: SecureSessionOptions): string[] {
  if (key !== undefined) return secureKeys(key).map((bytes) => toBase64(bytes))
  if (secret === undefined) throw new Error('key or secret must specified')
  const text = typeof secret === 'string' ? secret : toBase64(secret)
  const { length } = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  if (length < 32) throw new Error('secret must be at least 32 bytes')
  return [text]
}
