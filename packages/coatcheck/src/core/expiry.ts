import type { RefusalReason } from './events.ts'

/** When a session began and when it ends, in milliseconds since the epoch. */
export interface Life {
  readonly createdAt: number
  /** The absolute end; fixed when the session begins. */
  readonly endsAt: number
  /** The idle end; moves with use, never past `endsAt`. */
  readonly expiresAt: number
}

/** Both in milliseconds. */
export interface Policy {
  readonly idle: number
  readonly absolute: number
}

/** Clocks of two servers may differ by this much, in milliseconds. */
export const SKEW = 60_000

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** Why a session with this life is refused at `now`, or undefined while it lives. Expired means `expiresAt <= now`. */
export function lifeFault(life: Life, now: number): RefusalReason | undefined {
  const { createdAt, endsAt, expiresAt } = life
  if (!isTime(createdAt) || !isTime(endsAt) || !isTime(expiresAt) || expiresAt > endsAt) return 'corrupt'
  if (endsAt <= now) return 'absolute-expired'
  if (expiresAt <= now) return 'idle-expired'
  return createdAt > now + SKEW ? 'clock-skew' : undefined
}

/** Whether it ended by time. */
export function isOver(life: Life, now: number): boolean {
  return Math.min(life.endsAt, life.expiresAt) <= now
}

interface Lasting {
  readonly lasts?: number
}

/** The policy of one session: that of all, or the idle time that it was given for itself. */
export function policyOf({ lasts }: Lasting, policy: Policy): Policy {
  return lasts === undefined ? policy : { idle: lasts, absolute: Math.max(lasts, policy.absolute) }
}

export function born(policy: Policy, now: number): Life {
  return { createdAt: now, endsAt: now + policy.absolute, expiresAt: now + Math.min(policy.idle, policy.absolute) }
}

/** The same life, seen at `now`: the idle end never moves back, and never past the absolute end. */
export function seen(life: Life, policy: Policy, now: number): Life {
  return { ...life, expiresAt: Math.max(life.expiresAt, Math.min(now + policy.idle, life.endsAt)) }
}

/** The same life after a write at `now` that made of the session what `body` says: a time given anew counts from here. */
export function written(life: Life, body: Lasting, before: Lasting, policy: Policy, now: number): Life {
  if (body.lasts === undefined || body.lasts === before.lasts) return seen(life, policyOf(body, policy), now)
  return { ...life, expiresAt: Math.min(now + body.lasts, life.endsAt) }
}

/** Whether a request that changed nothing should still move the idle end: at most once in half the idle window. */
export function slideIsDue(life: Life, policy: Policy, now: number): boolean {
  // Counted from when the idle end was last set, so that the last stretch before the absolute end slides too.
  const lastSeen = life.expiresAt - policy.idle
  return now - lastSeen >= policy.idle / 2 && seen(life, policy, now).expiresAt > life.expiresAt
}
