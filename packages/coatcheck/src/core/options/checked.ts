import { bad } from '../../errors.ts'
import { checked } from './checks.ts'
import { ADAPTER_OPTIONS, type AdapterOptions, type Named, type SessionsOptions, SHARED, type SharedOptions } from './table.ts'

type Defaulted = Named<AdapterOptions, number | boolean> | 'migrateFrom' | 'onInvalid' | 'onReplay' | 'whenStoreDown'

/** Those that are left out have their default. */
export type CheckedOptions = AdapterOptions & Required<Pick<AdapterOptions, Defaulted>>

/** Each option by itself. Throws `BAD_OPTIONS`; names that the table does not have are left alone. */
export const checkedOptions = (given: { readonly [Name in keyof SessionsOptions]?: unknown }): CheckedOptions =>
  checked('', given, ADAPTER_OPTIONS) as CheckedOptions

/** Of the options that adapters pass on, those that are given. */
export function sharedOptions(given: SharedOptions): SharedOptions {
  const names = Object.keys(SHARED) as (keyof SharedOptions)[]
  return Object.fromEntries(names.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])))
}

/** For adapters that give no answers of their own, so that browsers would ask nobody. Throws `BAD_OPTIONS`. `fix`: the way that works. */
export function refuseDeviceBound(given: object, fix: string): void {
  if ('deviceBound' in given && given.deviceBound !== undefined)
    throw bad('deviceBound', 'needs an adapter that answers browsers', fix)
}
