import { clockOf } from '../../../clock.ts'
import { type AnySessions, rollingPolicy, sessionsOf, sharedOptions } from '../../../core/adapter.ts'
import { bad, checkKinds, type Kinds, SessionError } from '../../../errors.ts'
import { type KoaSessionOptions, koaSession } from '../../../migrate/koa-session.ts'
import { koaStore } from '../../../stores/shared/koa-session.ts'
import type { Store } from '../../../stores/store.ts'
import type { KoaApp, KoaContext } from './http.ts'
import type { SessionOptions } from './interface.ts'
import { engineCookie } from './line.ts'

const DAY = 86_400
const LONGEST = 400 * DAY
const WEEK = 7 * DAY

/** What the middleware needs to know. */
export interface Setup {
  readonly key: string
  /** Those of each request, which may change them. */
  readonly options: SessionOptions
  readonly isStored: boolean
  /** The time of a session that has none of its own. */
  readonly maxAge: number | 'session'
  /** Milliseconds that a session of this `maxAge` lasts. */
  lastsOf(maxAge: SessionOptions['maxAge']): number
  now(): number
}

export const DEFAULT_MAX_AGE: number = DAY * 1000

const DEFAULTS = {
  key: 'koa.sess',
  autoCommit: true,
  overwrite: true,
  httpOnly: true,
  signed: true,
  rolling: false,
  renew: false,
}

export function setupOf(given: SessionOptions & { maxage?: SessionOptions['maxAge'] }): Setup {
  const { maxage, ...rest } = given
  const set: SessionOptions = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined && value !== null),
  )
  checkKinds(set, KINDS)
  const { store, externalKey, ContextStore } = set
  const isFunction = (of: object | undefined, name: string, method: string): void => {
    if (of && typeof (of as Record<string, unknown>)[method] !== 'function')
      throw new TypeError(`${name}.${method} must be function`)
  }
  if (!isOurs(store)) for (const method of ['get', 'set', 'destroy']) isFunction(store, 'store', method)
  for (const method of ['get', 'set']) isFunction(externalKey, 'externalKey', method)
  if (ContextStore !== undefined && typeof ContextStore !== 'function') throw new TypeError('ContextStore must be a class')
  for (const method of ['get', 'set', 'destroy']) isFunction(ContextStore?.prototype, 'ContextStore.prototype', method)
  const options: SessionOptions = { ...DEFAULTS, ...(maxage !== undefined && { maxAge: maxage }), ...set }
  if (options.deviceBound && externalKey)
    throw bad('deviceBound', 'is set beside `externalKey`', 'Leave one of them out: a browser refreshes a cookie only.')
  const { maxAge } = options
  const isTime = maxAge === undefined || maxAge === 'session' || (maxAge >= 0 && maxAge <= LONGEST * 1000)
  if (!isTime) {
    throw new SessionError('BAD_OPTIONS', 'The option `maxAge` is no time that a session can last.', {
      fix: "Give milliseconds up to 400 days, or 'session', or leave it out.",
    })
  }
  const idle = (options.idleTimeout ?? WEEK) * 1000
  return {
    key: options.key as string,
    options,
    isStored: store !== undefined || ContextStore !== undefined,
    maxAge: maxAge || DEFAULT_MAX_AGE,
    lastsOf: (age) => (age === 'session' ? idle : age || DEFAULT_MAX_AGE),
    now: clockOf(options.now),
  }
}

const FLAG = 'true or false'
const KINDS: Kinds = {
  ...{ key: 'text', prefix: 'text' },
  ...{ autoCommit: FLAG, overwrite: FLAG, httpOnly: FLAG, signed: FLAG, rolling: FLAG, renew: FLAG },
  ...{ encode: 'function', decode: 'function', genid: 'function', valid: 'function', beforeSave: 'function' },
  ...{ store: ['object', 'function'], externalKey: ['object', 'function'] },
}

const isOurs = (store: object | undefined): store is Store => store !== undefined && 'create' in store && 'update' in store

/** The secrets of an application, newest first. */
export function secretsOf({ options }: Setup, { keys }: KoaApp): readonly string[] {
  if (options.secrets !== undefined) return [options.secrets].flat()
  if (Array.isArray(keys) && keys.length > 0) return keys as string[]
  if (!keys || Array.isArray(keys)) throw new Error('.keys required for signed cookies')
  throw new SessionError('BAD_OPTIONS', 'app.keys is a Keygrip, which does not tell its keys.', {
    fix: 'Give the option `secrets`, newest first, or set app.keys to the list of keys.',
  })
}

/** Kinds of applications whose store says once how little it promises. */
const TOLD = new WeakSet<object>()

/** The sessions of a site whose secrets are these; with `ContextStore`, those of one request. */
export function sessionsWith(setup: Setup, secrets: readonly string[], ctx: KoaContext): AnySessions {
  const { key, options, now, maxAge, lastsOf } = setup
  const {
    encryptRecords,
    absoluteTimeout = LONGEST,
    migrateFrom = [],
    ContextStore,
    rolling = false,
    prefix,
    signed,
    decode,
  } = options
  const upstream = ContextStore ? new ContextStore(ctx as never) : isOurs(options.store) ? undefined : options.store
  const about = { now, rolling, ...(prefix !== undefined && { prefix }), ...(ContextStore && { backend: ContextStore, ctx }) }
  const store = upstream ? koaStore(upstream, about) : (options.store as Store | undefined)
  const idle = Math.min(Math.ceil(lastsOf(maxAge) / 1000), absoluteTimeout)
  const { keys = secrets } = ctx.app as { keys?: KoaSessionOptions['keys'] }
  const old = { key, keys, ...(upstream && { store: upstream }), ...(decode && { decode }), ...(signed === false && { signed }) }
  const { onEvent, ...shared } = sharedOptions(options)
  return sessionsOf(
    {
      ...shared,
      ...(onEvent && {
        onEvent(event) {
          if (ContextStore && event.type === 'weaker-store') {
            if (TOLD.has(setup)) return
            TOLD.add(setup)
          }
          onEvent(event)
        },
      }),
      secrets,
      secretRule: 'warn',
      ...(store && { store }),
      ...engineCookie(key, options, options, typeof options.maxAge === 'number'),
      // The adapter writes the line: it depends on `ctx.sessionOptions`.
      migrateFrom: [koaSession(old), ...migrateFrom],
      idleTimeout: idle,
      absoluteTimeout,
      ...(encryptRecords !== undefined && { encryptRecords }),
    },
    {
      policy: {
        ...rollingPolicy({ idle, absolute: absoluteTimeout, fixed: options.absoluteTimeout !== undefined, rolls: idle }),
        movesByChange: true,
      },
    },
  )
}
