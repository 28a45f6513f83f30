import type { SameSite } from '../../cookies/cookie.ts'
import {
  type AdapterOptions,
  refuseDeviceBound,
  type SessionsOptions,
  type StorageOptions,
  upstreamPersistence,
  warnOfPlainHttp,
} from '../../core/adapter.ts'
import type { Kinds } from '../../errors.ts'
import { remixCookie } from '../../migrate/remix.ts'
import { WRAP } from './config.ts'

export interface AppSessionOptions extends StorageOptions, Pick<SessionsOptions, 'store'> {
  /** Of the cookie. Default `session`. */
  readonly name?: string
  /** Default `/`. */
  readonly path?: string
  readonly domain?: string
  /** Only over HTTPS. Default false, as in Hydrogen's template. */
  readonly secure?: boolean
  /** Default `lax`. */
  readonly sameSite?: SameSite
  /** Writes the signed cookie of Hydrogen's template, for old and new instances side by side. */
  readonly format?: 'upstream'
}

/** Of the cookie. */
export const NAME = 'session'

export const KINDS: Kinds = {
  name: 'text',
  path: 'text',
  domain: 'text',
  sameSite: 'text',
  format: 'text',
  secure: 'true or false',
  secrets: 'list of texts',
}

const MONTH = 30 * 86_400

/** As the engine takes them. */
export function optionsOf({ secrets, ...options }: AppSessionOptions & { readonly secrets: readonly string[] }): AdapterOptions {
  const { name = NAME, path = '/', domain, secure = false, sameSite = 'lax', format, migrateFrom, ...rest } = options
  refuseDeviceBound(options, WRAP)
  warnOfPlainHttp(name, options.secure)
  const { absoluteTimeout = MONTH, idleTimeout = absoluteTimeout } = rest
  const theirs = remixCookie(secrets)
  return {
    ...rest,
    secrets,
    secretRule: 'warn',
    cookie: { name, persistent: false },
    attributes: { path, httpOnly: true, secure, sameSite, ...(domain !== undefined && { domain }) },
    absoluteTimeout,
    idleTimeout,
    migrateFrom: migrateFrom ?? (format ? [] : [theirs]),
    ...(format && { persistence: upstreamPersistence(theirs) }),
  }
}
