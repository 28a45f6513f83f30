import type { Key } from '../../crypto/keyring.ts'
import { bad, kind } from './checks.ts'
import { checkUntil } from './migrate.ts'

/**
 * What a secret may do. `pending`: open tickets that other instances made with it. `active`: make them as well. `retired`: open them, and
 * the next answer that writes renews them. `revoked`: nothing.
 */
export type SecretState = 'pending' | 'active' | 'retired' | 'revoked'

/** A secret with a state, or with times. */
export interface StatedSecret {
  /** At least 32 random characters. */
  readonly secret: string
  /** Default `active`. */
  readonly state?: SecretState
  /** From when on it is active; before that it is pending. A Date, its ISO text with a time zone, or milliseconds since the epoch. Default: always. */
  readonly from?: Date | number | string
  /** From when on it is revoked, whatever its state. Default: never. */
  readonly until?: Date | number | string
}

/** One secret, or several, the newest first. Of those that are active the one with the latest `from` writes, of equal ones the first. */
export type SecretList = string | readonly (string | StatedSecret)[]

/** A secret that was checked. Times in milliseconds since the epoch. */
export interface CheckedSecret {
  readonly secret: string
  readonly state: SecretState
  readonly from: number
  readonly until: number
}

const STATES: readonly unknown[] = ['pending', 'active', 'retired', 'revoked'] satisfies SecretState[]
const FIELDS = ['secret', 'state', 'from', 'until'] satisfies (keyof StatedSecret)[]
/** In another time zone a text without one is another time. */
const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/
/** Of milliseconds this is 1973; of seconds the year 5138. */
const SECONDS = 100_000_000_000

/** A member of the list. Its secret is checked by the caller; no message tells what was given, which may be a secret in a wrong place. */
export function stated(given: string | StatedSecret, option: string): CheckedSecret {
  const { secret, state = 'active', from, until, ...more } = typeof given === 'string' ? { secret: given } : given
  const [name] = Object.keys(more)
  if (name !== undefined)
    throw bad(
      option,
      `has a field that no secret has${name.length > 12 ? '' : `, \`${name}\``}`,
      `Known are ${FIELDS.join(', ')}.`,
    )
  if (!STATES.includes(state)) throw bad(`${option}.state`, `is ${kind(state)}`, `Give one of ${STATES.join(', ')}.`)
  if (state === 'pending' && from !== undefined)
    throw bad(option, 'is pending and says from when', 'Leave `state` out: before `from` it is pending, and then active.')
  const times = {
    from: timeOf(from, `${option}.from`) ?? Number.NEGATIVE_INFINITY,
    until: timeOf(until, `${option}.until`) ?? Number.POSITIVE_INFINITY,
  }
  if (times.until <= times.from) throw bad(`${option}.until`, 'is not after its `from`', 'Give a later time, or leave it out.')
  return { secret, state, ...times }
}

function timeOf(given: StatedSecret['from'], option: string): number | undefined {
  if (given === undefined) return undefined
  const fix = checkUntil(given)
  if (fix) throw bad(option, `is ${kind(given)}`, fix)
  if (typeof given === 'string' && !ISO.test(given))
    throw bad(option, 'is a text without a time zone, or no ISO text', 'Write `2027-01-31T12:00Z`, or `2027-01-31`.')
  if (typeof given === 'number' && given < SECONDS)
    throw bad(option, 'is a number of seconds, or a time before 1973', 'Give milliseconds since the epoch.')
  return +new Date(given)
}

/** Refuses a list that never writes. */
export function checkWriter(list: readonly CheckedSecret[]): void {
  if (!list.some(({ state }) => state === 'active'))
    throw bad('secrets', 'has none that is active', 'Leave `state` out where a secret is to write.')
}

/** What each secret is used for at a time, and the stretch of time, `since` included, in which that stays so. */
export function keysAt(
  list: readonly CheckedSecret[],
  now: number,
): { readonly keys: readonly Key[]; readonly since: number; readonly until: number } {
  const isActive = ({ state, from, until }: CheckedSecret) => state === 'active' && from <= now && now < until
  const latest = Math.max(...list.filter(isActive).map(({ from }) => from))
  const writer = list.find((each) => isActive(each) && each.from === latest)
  const keys = list.map((each): Key => {
    const { secret, state, from, until } = each
    if (each === writer) return { secret, use: 'write' }
    if (state === 'revoked' || until <= now) return { secret, use: 'refuse' }
    return { secret, use: state === 'pending' || (state === 'active' && now < from) ? 'read' : 'renew' }
  })
  const times = list.flatMap(({ from, until }) => [from, until])
  return {
    keys,
    since: Math.max(...times.filter((time) => time <= now)),
    until: Math.min(...times.filter((time) => time > now)),
  }
}
