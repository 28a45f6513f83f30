import { SessionError } from '../../errors.ts'
import { IRON, ironUnseal } from '../../migrate/iron.ts'
import type { Config } from './config.ts'
import type { CookieJar, SessionOptions, UnsealErrorReason } from './interface.ts'

type Told = NonNullable<SessionOptions['onUnsealError']>

/** The mark of its format after a seal of iron-session. */
export const VERSION = '~2'
/** Of PBKDF2, as iron-session has it. */
export const ITERATIONS = 1

type Passwords = Readonly<Record<string, string>>
export const passwordsFor =
  (passwords: Passwords) =>
  (id: string): string[] =>
    Object.hasOwn(passwords, id) ? [passwords[id] ?? ''] : []

/** Why a seal of iron-session opens nothing. A forged one is never `expired`. */
export async function ironReason(seal: string, passwords: Passwords): Promise<UnsealErrorReason> {
  const [prefix, id = ''] = seal.split('*', 2)
  if (prefix === IRON.slice(0, -1) && !Object.hasOwn(passwords, id)) return 'unknown-password'
  return (await ironUnseal(seal, passwordsFor(passwords), [ITERATIONS], { now: 0 })) ? 'expired' : 'invalid'
}

const WHAT: Readonly<Record<UnsealErrorReason, string>> = {
  expired: 'its time is over, or it was ended',
  invalid: 'it is none, or was changed',
  'unknown-password': 'its password is not among those that were given',
}

export function tell(onUnsealError: Told, reason: UnsealErrorReason): void {
  onUnsealError(reason, new SessionError('BAD_VALUE', `A sealed text opens nothing: ${WHAT[reason]}.`, { fix: FIX[reason] }))
}

const FIX: Readonly<Record<UnsealErrorReason, string>> = {
  expired: 'Treat its sender as a stranger.',
  invalid: 'Treat its sender as a stranger.',
  'unknown-password': 'Keep the old passwords in the list until what they sealed has ended.',
}

/** Tells why the cookie that came opened nothing, if one came. */
export async function reasonOf(jar: CookieJar, { name, sessions, passwords }: Config, onUnsealError: Told): Promise<void> {
  const value = jar.read(name) || jar.read(`${name}.0`)
  if (!value) return
  const reason = value.startsWith(IRON) ? await ironReason(value.split('~', 1)[0] ?? '', passwords) : await ownReason(value)
  tell(onUnsealError, reason)

  async function ownReason(ticket: string): Promise<UnsealErrorReason> {
    const { persistence, engine } = sessions.core
    const found = await persistence.find(ticket, undefined, engine.now())
    if (!('refused' in found)) return 'invalid' // two that contradict each other
    return REASONS[found.refused] ?? 'invalid'
  }
}

const REASONS: Readonly<Record<string, UnsealErrorReason>> = {
  'idle-expired': 'expired',
  'absolute-expired': 'expired',
  unknown: 'expired',
  'unknown-key': 'unknown-password',
  'revoked-key': 'unknown-password',
}
