import { cookieFault } from '../../cookies/cookie.ts'
import type { SessionReader } from '../../migrate/format.ts'
import { bad, kind } from './checks.ts'

/** What sites say of other libraries' sessions. Throws `BAD_OPTIONS`. */
export function checkReaders(readers: unknown): undefined {
  const isReader = (reader: Partial<SessionReader> | undefined) =>
    typeof reader?.read === 'function' && typeof (reader.cookieName ?? '') === 'string'
  // A list may have holes, which `every` passes over.
  if (!Array.isArray(readers) || !Array.from(readers).every(isReader))
    throw bad('migrateFrom', 'is no list of formats', 'Pass for instance [remixCookie(secrets)] of coatcheck/migrate/remix.')
  for (const { accepts, attributes, cookieName = 'x' } of readers as Partial<SessionReader>[]) {
    if (accepts !== undefined && typeof accepts !== 'function')
      throw bad('migrateFrom', `has a reader whose \`accepts\` is ${kind(accepts)}`, 'Give a function of the values.')
    const fault = attributes && cookieFault(cookieName, { secure: true, httpOnly: true, ...attributes })
    if (fault)
      throw bad('migrateFrom', `has a reader whose \`attributes\` cannot be: \`${fault.option}\` ${fault.what}`, fault.fix)
  }
}

export function checkUntil(until: unknown): string | undefined {
  const isTime = until instanceof Date || typeof until === 'number' || typeof until === 'string'
  return isTime && Number.isFinite(+new Date(until)) ? undefined : 'Give a Date, its ISO text, or milliseconds since the epoch.'
}
