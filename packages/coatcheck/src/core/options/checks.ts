import { bad, kind } from '../../errors.ts'

export { bad, kind } from '../../errors.ts'

/** In seconds. */
export const DAY = 86_400

export function seconds(option: string, value: number | undefined, ordinary: number, most: number): number {
  const given = value === undefined ? ordinary : value
  if (Number.isInteger(given) && given >= 1 && given <= most) return given
  throw bad(
    option,
    `is ${kind(given)}`,
    `Give whole seconds from 1 to ${most}${most === 400 * DAY ? ' (400 days: browsers keep no cookie longer)' : ''}.`,
  )
}

export function flag(option: string, value: boolean | undefined): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false
  throw bad(option, `is ${kind(value)}`, 'Give true or false.')
}

export function refuseUnknown(prefix: string, given: object, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null)
    throw bad(prefix.slice(0, -1) || 'options', `is ${kind(given)}`, 'Pass an object.')
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    if (prefix && /^httponly$/i.test(name))
      throw bad('cookie.httpOnly', 'cannot be set', 'Leave it out: no script may read a session cookie.')
    throw bad(prefix + name, 'does not exist', `Known are ${known.join(', ')}.`)
  }
}

/** Whether a text is one part over and over, the last time maybe cut short. */
export function repeats(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period++) if (text.startsWith(text.slice(period))) return true
  return false
}
