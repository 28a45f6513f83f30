import { clockOf } from '../../clock.ts'
import { SessionError } from '../../errors.ts'
import { IRON, ironSeal, ironUnseal } from '../../migrate/iron.ts'
import { parseJson, toJson } from '../../migrate/json.ts'
import { configOf, newestOf, passwordsOf } from './config.ts'
import type { Password, SessionOptions } from './interface.ts'
import { ITERATIONS, ironReason, passwordsFor, tell, VERSION } from './reason.ts'

const FORTNIGHT = 14 * 86_400

const now = clockOf(undefined)

export interface UnsealOptions extends Partial<Omit<SessionOptions, 'password'>> {
  password: Password
}

/**
 * A text that holds `data`, which is JSON, and ends after `ttl` seconds (default fourteen days; 0: never), in the format of iron-session 8 and
 * 9: either opens what the other sealed. For a link in a mail, or for another service. Rejects with `BAD_VALUE` for what JSON cannot hold.
 */
export async function sealData(
  data: unknown,
  { password, ttl = FORTNIGHT }: { password: Password; ttl?: number },
): Promise<string> {
  const passwords = passwordsOf(password)
  const id = newestOf(passwords)
  if (data === undefined) throw new SessionError('BAD_VALUE', 'sealData() was given undefined.')
  const endsAt = ttl === 0 ? undefined : now() + Math.round(ttl * 1000)
  return (await ironSeal(toJson(data), { id, secret: passwords[id] ?? '' }, ITERATIONS, endsAt)) + VERSION
}

/**
 * What a text of `sealData` holds, of ours or of iron-session's; an empty object for one that opens nothing. With all options of the sessions it
 * also opens the value of their cookie.
 */
export async function unsealData<T>(seal: string, { password, onUnsealError, ...options }: UnsealOptions): Promise<T> {
  const passwords = passwordsOf(password)
  const { cookieName } = options
  if (cookieName && !seal.startsWith(IRON)) {
    const { sessions } = configOf({ ...options, cookieName, password })
    const session = await sessions.fromTicket(seal).open()
    if (!session.isNew) return Object.fromEntries(session.entries()) as T
  }
  const [bare = ''] = seal.split('~', 1)
  const opened = await ironUnseal(bare, passwordsFor(passwords), [ITERATIONS], { now: now() })
  if (opened) return (parseJson(opened.text) ?? {}) as T
  if (onUnsealError) tell(onUnsealError, await ironReason(bare, passwords))
  return {} as T
}
