import { LONGEST_AGE } from '../../cookies/cookie.ts'
import { bad, kind } from '../../errors.ts'

export { bad, kind } from '../../errors.ts'

/** In seconds. */
export const DAY = 86_400

/** One option, by itself. */
export interface Row<Value = unknown> {
  /** The default. */
  readonly ordinary?: Value
  /** An option of this table, above, which is the default when it is less. */
  readonly within?: string
  /** What to give instead; undefined for a value that is right. */
  readonly check?: (value: unknown) => string | undefined
}

export const seconds = (ordinary: number, most: number, within?: string, least = 1): Row<number> => ({
  ordinary,
  ...(within && { within }),
  check: (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `Give whole seconds from ${least} to ${most}${most === LONGEST_AGE ? ' (400 days: browsers keep no cookie longer)' : ''}.`,
})

export const flag = (ordinary: boolean): Row<boolean> => ({
  ordinary,
  check: (value) => (typeof value === 'boolean' ? undefined : 'Give true or false.'),
})

export const words = <Word extends string>(...all: readonly [Word, ...Word[]]): Row<Word> => ({
  ordinary: all[0],
  check: (value) => (all.includes(value as Word) ? undefined : `Give \`${all.slice(0, -1).join('`, `')}\` or \`${all.at(-1)}\`.`),
})

/** An object with these methods. */
export const having = (fix: string, ...methods: readonly string[]): Row<never> => ({
  check: (value) => (methods.every((method) => typeof Object(value)[method] === 'function') ? undefined : fix),
})

export const FUNCTION: Row<never> = {
  check: (value) => (typeof value === 'function' ? undefined : 'Pass a function, or leave it out.'),
}

/** What `table` names, each option by its row. Throws `BAD_OPTIONS`. */
export function checked(prefix: string, given: object, table: object): object {
  const all: Record<string, unknown> = {}
  for (const [name, { check, ordinary, within }] of Object.entries<Row>(table as Record<string, Row>)) {
    const value: unknown = given[name as keyof typeof given]
    const fix = value !== undefined && check?.(value)
    if (fix) throw bad(prefix + name, `is ${kind(value)}`, fix)
    const ordinaryOrLess = within ? Math.min(ordinary as number, all[within] as number) : ordinary
    all[name] = value === undefined ? ordinaryOrLess : value
  }
  return all
}

/** Refuses names that the table `known` does not have. */
export function refuseUnknown(prefix: string, given: object, known: object): void {
  if (typeof given !== 'object' || given === null)
    throw bad(prefix.slice(0, -1) || 'options', `is ${kind(given)}`, 'Pass an object.')
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue
    if (prefix && /^httponly$/i.test(name))
      throw bad('cookie.httpOnly', 'cannot be set', 'Leave it out: no script may read a session cookie.')
    throw bad(prefix + name, 'does not exist', `Known are ${Object.keys(known).join(', ')}.`)
  }
}

export function checkStore(store: unknown, option = 'store'): undefined {
  if (
    ['read', 'create', 'update', 'delete'].every(
      (verb) => typeof (store as Record<string, unknown> | null)?.[verb] === 'function',
    )
  )
    return
  throw bad(
    option,
    `is ${kind(store)}, which is no store`,
    option === 'store'
      ? 'Pass for instance memoryStore() of coatcheck/stores/memory, or leave it out to seal sessions in the cookie.'
      : 'Pass for instance memoryStore() of coatcheck/stores/memory, or `{ store, every: 30 }`, or leave it out.',
  )
}

export function checkLimit(limit: unknown): string | undefined {
  const { count, evict, ...others } = Object(limit) as Record<string, unknown>
  const isCount = Number.isInteger(count) && (count as number) >= 1 && (count as number) <= 1000
  if (isCount && (evict === 'oldest' || evict === 'refuse') && Object.keys(others).length === 0) return undefined
  return 'Pass `{ count, evict }`: a whole number from 1 to 1000, and `oldest` or `refuse`.'
}

/** Whether a text is one part over and over, the last time maybe cut short. */
export function repeats(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period++) if (text.startsWith(text.slice(period))) return true
  return false
}
