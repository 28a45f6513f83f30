import { SessionError } from '../../errors.ts'
import { checkedOptions } from '../shared/options.ts'
import type { NatsKvm } from './client.ts'

export interface NatsStoreOptions {
  /** The bucket, in which nothing else is kept: letters, digits, `_` and `-`. Default `coatcheck`. */
  readonly bucket?: string
  /** On how many servers of a cluster `migrate` makes the bucket: 1 to 5. Default 1. */
  readonly replicas?: number
  /**
   * Seconds after which a bucket that `migrate` makes drops what was not written since. At least the absolute timeout of the sessions, or live
   * ones and the entries that find them go. Default: never, so `prune` must run.
   */
  readonly maxAge?: number
  /** Told by `migrate` when the bucket was there already and may lose sessions. Default: `console.warn`. */
  readonly onWarning?: (warning: string) => void
}

export interface NatsOptions {
  readonly bucket: string
  readonly replicas: number
  readonly maxAge: number | undefined
  readonly onWarning: (warning: string) => void
}

/** Nanoseconds of them are still exact enough, and it is 99 years. */
const LONGEST = 3_124_224_000

export function checkedNatsOptions(kvm: NatsKvm, options: NatsStoreOptions): NatsOptions {
  const {
    bucket = 'coatcheck',
    replicas = 1,
    maxAge,
    onWarning = console.warn,
  } = checkedOptions('natsStore', options, ['bucket', 'replicas', 'maxAge', 'onWarning'])
  if (typeof kvm?.open !== 'function' || typeof kvm.js?.jetstreamManager !== 'function')
    throw wrong('the first argument must be a `Kvm` of `@nats-io/kv`')
  if (typeof bucket !== 'string' || !/^[\w-]{1,100}$/.test(bucket))
    throw wrong('`bucket` may have at most 100 letters, digits, "_" and "-"')
  if (![1, 2, 3, 4, 5].includes(replicas)) throw wrong('`replicas` must be 1 to 5')
  if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge >= 120 && maxAge <= LONGEST))
    throw wrong('`maxAge` must be whole seconds, at least 120')
  return { bucket, replicas, maxAge, onWarning }
}

const wrong = (what: string): SessionError => new SessionError('BAD_OPTIONS', `natsStore: ${what}.`)
