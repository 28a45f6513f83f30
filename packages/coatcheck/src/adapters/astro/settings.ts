import { LONGEST_AGE } from '../../cookies/cookie.ts'
import {
  type AdapterOptions,
  checkedOptions,
  type DeviceBound,
  type Policy,
  rollingPolicy,
  type SessionsOptions,
} from '../../core/adapter.ts'
import { checkKinds, SessionError } from '../../errors.ts'
import type { Store } from '../../stores/store.ts'

/** The options of Astro's own `session.cookie`. */
export interface AstroCookie {
  readonly name?: string
  readonly domain?: string
  readonly path?: string
  readonly maxAge?: number
  readonly sameSite?: 'strict' | 'lax' | 'none' | boolean
  readonly secure?: boolean
  /** Astro's own configuration takes the word, and forgets it. */
  readonly partitioned?: boolean
}

/** The options that a build can hold. */
export interface PlainOptions extends Omit<SessionsOptions, keyof RuntimeSettings | 'cookie'> {
  /**
   * Names of the environment variables that hold the secrets, newest first; they are read when the server runs and never become part
   * of the build. Default: `COATCHECK_SECRET`, if it is set.
   */
  readonly secretNames?: string | readonly string[]
  /** The cookie, or its name. Default: Astro's `session.cookie`. `maxAge` is the default of `idleTimeout`. */
  readonly cookie?: string | AstroCookie
  /** Seconds after which a value ends, counted from the `set` that stored it. Default: Astro's `session.ttl`, else none of its own. */
  readonly ttl?: number
}

/** Settings for the module that runs in the server: plain values only. */
export interface Settings extends Omit<PlainOptions, 'cookie' | 'deviceBound'> {
  readonly cookie: AstroCookie
  /** The cookie of Astro's own sessions. */
  readonly formerCookie: string
  /** Not while developing: browsers keep secure cookies of http://localhost, except Safari. */
  readonly isProduction: boolean
}

/** Settings that cannot be part of a build: the default export of the module that the option `settings` names. */
export type RuntimeSettings = Pick<
  SessionsOptions,
  | ('secrets' | 'store' | 'revocations' | 'onEvent' | 'requestId' | 'telemetry' | 'migrateFrom' | 'migrateUntil' | 'now')
  | ('schema' | 'version' | 'migrations' | 'onInvalid' | 'codecs')
>

export interface Surroundings {
  /** An environment variable. */
  readonly secretOf: (name: string) => string | undefined
  /** Undefined: sessions are sealed in the cookie. */
  readonly store: Store | undefined
  readonly more: (RuntimeSettings & { readonly deviceBound?: DeviceBound }) | undefined
}

const DAY = 86_400

/** The options of Astro and of the integration as options of the engine. */
export function adapterOptionsOf(settings: Settings, { secretOf, store, more = {} }: Surroundings): AdapterOptions {
  checkKinds(settings, { cookie: 'object', ttl: 'number' })
  checkedOptions(settings)
  checkKinds(settings.cookie, { name: 'text', maxAge: 'number', sameSite: ['text', 'true or false'] }, 'cookie.')
  checkKinds(more, {}, 'settings.')
  const { cookie, formerCookie, isProduction, ttl, secretNames, ...options } = settings
  const { name = 'astro-session', domain, path, maxAge, partitioned, sameSite = 'lax', secure = isProduction } = cookie
  const secrets = more.secrets ?? secretsOf(secretNames, secretOf)
  if (!secrets && 'secrets' in more && isProduction) throw unsetSecrets()
  return {
    ...options,
    ...more,
    ...((more.store ?? store) && { store: more.store ?? store }),
    ...(secrets && { secrets }),
    secretRule: secrets ? 'refuse' : 'warn',
    ...timesOf(settings),
    cookie: {
      name,
      secure,
      sameSite: typeof sameSite === 'string' ? sameSite : sameSite ? 'strict' : 'lax',
      persistent: maxAge !== undefined,
      ...(domain !== undefined && { domain }),
      ...(path !== undefined && { path }),
      ...(partitioned !== undefined && { partitioned }),
    },
  } as AdapterOptions
}

/** Seconds. With a `maxAge` there is no end but what is stated: each `set` begins the session's time anew, as in Astro. */
function timesOf({ cookie: { maxAge }, ttl = 0, idleTimeout, absoluteTimeout }: Settings): {
  readonly idleTimeout: number
  readonly absoluteTimeout: number
} {
  const idle = idleTimeout ?? Math.min(maxAge ?? Math.max(7 * DAY, ttl), LONGEST_AGE)
  return {
    idleTimeout: idle,
    absoluteTimeout: absoluteTimeout ?? (maxAge === undefined ? Math.max(30 * DAY, idle) : LONGEST_AGE),
  }
}

/** Further options of the engine, where the cookie has a `maxAge`. */
export function policyOf(settings: Settings): { readonly policy?: Policy } {
  const { maxAge } = settings.cookie
  if (maxAge === undefined) return {}
  const { idleTimeout, absoluteTimeout } = timesOf(settings)
  const fixed = settings.absoluteTimeout !== undefined
  return { policy: rollingPolicy({ idle: idleTimeout, absolute: absoluteTimeout, fixed, rolls: maxAge }) }
}

const unsetSecrets = (): SessionError =>
  new SessionError(
    'BAD_OPTIONS',
    'The `secrets` of the settings of coatcheck() are undefined: the variable they come from is not set.',
    {
      fix: 'Set COATCHECK_SECRET, where the server runs, to what `openssl rand -base64 33` prints, and leave `secrets` out: it is read by itself.',
    },
  )

function secretsOf(names: Settings['secretNames'], secretOf: Surroundings['secretOf']): readonly string[] | undefined {
  if (names === undefined) {
    const secret = secretOf('COATCHECK_SECRET')
    return secret ? [secret] : undefined
  }
  return [names].flat().map((name) => {
    const secret = secretOf(name)
    if (secret) return secret
    throw new SessionError('BAD_OPTIONS', `The variable ${name}, which \`secretNames\` names, is not set.`, {
      fix: 'Set it to what `openssl rand -base64 33` prints, or take its name out of the option.',
    })
  })
}
