import { clockOf } from '../../clock.ts'
import { type CheckedOptions, checkedOptions } from './checked.ts'
import { bad, kind, refuseUnknown } from './checks.ts'
import { type CheckedCookie, cookieOf } from './cookie.ts'
import type { DeviceBound } from './device-bound.ts'
import { type RevocationOptions, revocationsOf } from './revocations.ts'
import { type SchemaSettings, schemaOf } from './schema.ts'
import { fallbackSecrets, missingSecret, type Secrets, secretsOf, unsetSecret } from './secrets.ts'
import { ADAPTER_OPTIONS, type AdapterOptions, OPTIONS } from './table.ts'
import { checkOnReplay, type TimeSettings, timesOf } from './times.ts'

export type { CookieOptions } from './cookie.ts'
export type { RevocationOptions } from './revocations.ts'
export type { AdapterOptions, GivenOptions, SessionsOptions, SharedOptions, StorageOptions } from './table.ts'

export interface Settings
  extends TimeSettings,
    Pick<
      CheckedOptions,
      'encryptRecords' | 'chunks' | 'acceptUnsigned' | 'onReplay' | 'whenStoreDown' | 'migrateFrom' | 'serialize'
    > {
  readonly now: () => number
  /** They are the same when the process starts again: what they do not open may be of another instance. */
  readonly secretsAreLasting: boolean
  /** undefined: none. */
  readonly secrets: Secrets | undefined
  readonly cookie: CheckedCookie | undefined
  /** Tickets may come in several cookies: those of a store never do. */
  readonly joins: boolean
  readonly header: string | undefined
  readonly binding: string
  /** Milliseconds since the epoch. */
  readonly migrateUntil: number
  readonly deviceBound?: DeviceBound
  /** `every` in milliseconds. */
  readonly revocations: Required<RevocationOptions> | undefined
  /** undefined: nothing is said of the values. */
  readonly values: SchemaSettings | undefined
}

/** Refuses what only adapters may say. */
export const checkSiteOptions = (options: object): void => refuseUnknown('', options, OPTIONS)

/** Checks every option, alone and together; what is wrong throws `BAD_OPTIONS` here and never at a visitor's request. */
export function settingsOf(given: AdapterOptions): Settings {
  refuseUnknown('', given, ADAPTER_OPTIONS)
  const options = checkedOptions(given)
  const { store, persistence, encryptRecords, migrateUntil } = options
  const warns = options.secretRule === 'warn'
  const needsSecrets = encryptRecords || persistence?.needsSecrets || !(store || persistence)
  const named = secretsOf(options.secrets, warns)
  if (!named && 'secrets' in given && !warns) throw unsetSecret()
  const isMissing = !named && needsSecrets
  if (isMissing && !warns) throw missingSecret()
  const secrets = isMissing ? fallbackSecrets() : named
  if (store && persistence) throw bad('persistence', 'is set beside a store', 'Give one of the two.')
  if (encryptRecords && !store)
    throw bad('encryptRecords', 'is set without a store', 'Leave it out: a session in the cookie is always sealed.')
  const cookie = options.cookie === false ? undefined : cookieOf(options.cookie, options.attributes)
  const header = headerOf(options.header, options.anyHeader)
  const binding = options.binding ?? cookie?.name ?? header
  if (binding === undefined)
    throw bad('cookie', 'is false, and no header is named', 'Name a `header` that carries the ticket, or leave `cookie` out.')
  checkOnReplay(options)
  const revocations = revocationsOf(options.revocations, persistence)
  if (store && revocations?.list)
    throw bad('revocations.list', 'is set beside a store, whose own lists count', 'Leave one of the two out.')
  if (options.maxPerOwner && typeof store?.listByOwner !== 'function' && !revocations?.list)
    throw bad(
      'maxPerOwner',
      'needs a store that lists the sessions of an owner',
      'Use one (docs/stores.md says which do), set `revocations: { store, list: true }` for sessions in the cookie, or leave it out.',
    )
  return {
    ...options,
    ...timesOf(options, given),
    secrets,
    secretsAreLasting: !isMissing || Boolean(globalThis.process?.env?.COATCHECK_SECRET),
    now: clockOf(options.now),
    cookie,
    joins: !store,
    header,
    binding,
    revocations,
    values: schemaOf(options, given),
    migrateUntil: migrateUntil === undefined ? Number.POSITIVE_INFINITY : +new Date(migrateUntil),
  }
}

/** Registered ones whose meaning a ticket would change. */
const TAKEN =
  /^(?:accept|access-control|cache|clear|content|cross|early|expect|if|max|permissions|proxy|retry|sec|set|strict|transfer|www)-/i

function headerOf(header: string | undefined, any: boolean): string | undefined {
  const isOwn = (name: string) =>
    any ? /^[\w!#$%&'*+.^`|~]+-[\w!#$%&'*+.^`|~-]+$/.test(name) && !TAKEN.test(name) : /^x-[\w-]+$/i.test(name)
  if (header === undefined || (typeof header === 'string' && (/^authorization$/i.test(header) || isOwn(header))))
    return header?.toLowerCase()
  throw bad(
    'header',
    `is ${kind(header)} that cannot name a header of its own`,
    'Name one such as `x-session` or `authorization`.',
  )
}
