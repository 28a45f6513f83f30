import { SessionError } from '../../errors.ts'

/** Until when a value counts that lives `ttl` seconds. */
export function untilOf(key: string, ttl: number, now: () => number): number {
  if (ttl > 0 && Number.isFinite(ttl)) return now() + Math.round(ttl * 1000)
  throw new SessionError('BAD_VALUE', `The ttl of ${JSON.stringify(key)} is not a positive number.`, {
    fix: 'Give it in seconds, or leave it out.',
  })
}
