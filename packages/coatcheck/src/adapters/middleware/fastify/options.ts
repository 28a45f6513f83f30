import { clockOf } from '../../../clock.ts'
import { type AdapterSessions, adapterOf, rollingPolicy, sessionsOf, sharedOptions } from '../../../core/adapter.ts'
import { bad, checkKinds } from '../../../errors.ts'
import { fastifySession } from '../../../migrate/fastify.ts'
import { memoryStore } from '../../../stores/memory.ts'
import type { Store } from '../../../stores/store.ts'
import { expressStore } from '../../../stores/wrapping/express-session.ts'
import { SessionStore } from '../express-session/session-store.ts'
import { engineCookie } from '../koa/line.ts'
import type { CookieSetup } from './cookie.ts'
import type { SessionOptions } from './interface.ts'

const DAY = 86_400
export const LONGEST: number = 400 * DAY
const WEEK = 7 * DAY

/** What the plugin needs to know. */
export interface Setup extends CookieSetup {
  readonly sessionName: string
  readonly cookieName: string
  readonly saveUninitialized: boolean
  readonly rolling: boolean
  readonly sessionStore: SessionStore
  /** With the secrets as they are now. */
  adapter(): AdapterSessions
}

const FLAG = 'true or false'

export const isOurs = (store: object): store is Store => 'create' in store && 'update' in store

export function setupOf(options: SessionOptions): Setup {
  const { cookie = {}, cookieName = 'sessionId', store, secret } = options
  checkKinds(options, {
    ...{ sessionName: 'text', cookieName: 'text', cookiePrefix: 'text', algorithm: 'text' },
    ...{ saveUninitialized: FLAG, rolling: FLAG, idGenerator: 'function', cookie: 'object', store: ['object', 'function'] },
  })
  const { maxAge } = cookie
  if (typeof maxAge === 'number' && !(maxAge >= 0 && maxAge <= LONGEST * 1000))
    throw bad('cookie.maxAge', 'is no time that a session can last', 'Give milliseconds up to 400 days, or leave it out.')
  const secrets = secretsOf(options)
  const now = clockOf(options.now)
  const records = store ? (isOurs(store) ? store : expressStore(store, { now })) : memoryStore()
  const sessionStore = new SessionStore(records)
  let adapter: AdapterSessions | undefined
  let madeWith = ''
  const made = (): AdapterSessions => {
    const newest = secrets()
    const key = JSON.stringify(newest)
    if (adapter && key === madeWith) return adapter
    madeWith = key
    const old = store && !isOurs(store) && secret ? [fastifySession({ secret, store, ...named(options) })] : []
    adapter = adapterWith({ ...options, cookieName, store: records }, newest, old)
    sessionStore.serve(adapter)
    return adapter
  }
  made()
  return {
    sessionName: options.sessionName ?? 'session',
    cookieName,
    cookie: { ...cookie, secure: cookie.secure === undefined ? true : cookie.secure },
    saveUninitialized: options.saveUninitialized ?? true,
    rolling: options.rolling ?? true,
    idle: (options.idleTimeout ?? WEEK) * 1000,
    now,
    sessionStore,
    adapter: made,
  }
}

const named = ({ cookieName, cookiePrefix }: SessionOptions): { cookieName?: string; cookiePrefix?: string } => ({
  ...(cookieName !== undefined && { cookieName }),
  ...(cookiePrefix !== undefined && { cookiePrefix }),
})

/** The secrets as they are now, newest first; checked as @fastify/session does, in its words. */
function secretsOf({ secret, secrets, algorithm = 'sha256', ...others }: SessionOptions): () => readonly string[] {
  for (const name of ['key', 'salt', 'expiry'])
    if (name in others)
      throw bad(name, 'is one of @fastify/secure-session', 'Register `fastifySecureSession` of coatcheck/fastify.')
  if (algorithm !== 'sha256') {
    const fix =
      'Leave it out: ours are not signed with it. To read old cookies, give `migrateFrom: [fastifySession({ secret: signer, store })]`.'
    throw bad('algorithm', 'is not sha256', fix)
  }
  if (secrets !== undefined) return () => [secrets].flat()
  if (typeof secret === 'string') {
    if (secret.length < 32) throw new Error('the secret must have length 32 or greater')
    return () => [secret]
  }
  if (Array.isArray(secret)) {
    if (secret.length === 0) throw new Error('at least one secret is required')
    return () => secret
  }
  if (secret) throw bad('secret', 'is a signer, which does not tell its secrets', 'Give the option `secrets` too, newest first.')
  throw new Error(
    'the secret option is required, and must be a String, Array of Strings, or a signer object with .sign and .unsign methods',
  )
}

type Sited = SessionOptions & { readonly cookieName: string; readonly store: Store }

function adapterWith(
  options: Sited,
  secrets: readonly string[],
  old: readonly ReturnType<typeof fastifySession>[],
): AdapterSessions {
  const { cookie, cookieName, store, encryptRecords, idleTimeout = WEEK, absoluteTimeout = LONGEST, migrateFrom = [] } = options
  const rolls = cookie?.maxAge ? Math.ceil(cookie.maxAge / 1000) : undefined
  const idle = Math.min(rolls ?? idleTimeout, absoluteTimeout)
  const fixed = options.absoluteTimeout !== undefined
  const sessions = sessionsOf(
    {
      ...sharedOptions(options),
      secrets: [...secrets],
      secretRule: 'warn',
      store,
      ...engineCookie(cookieName, options, cookie),
      // The adapter writes the line: it depends on the session's own cookie.
      migrateFrom: [...old, ...migrateFrom],
      idleTimeout: idle,
      absoluteTimeout,
      ...(encryptRecords !== undefined && { encryptRecords }),
    },
    // Without `rolling` the time counts from the last change, as in the cookie.
    {
      policy: {
        ...rollingPolicy({ idle, absolute: absoluteTimeout, fixed, rolls }),
        movesByChange: options.rolling === false && rolls !== undefined,
      },
    },
  )
  return adapterOf(sessions)
}
