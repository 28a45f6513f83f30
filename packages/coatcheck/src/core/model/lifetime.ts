import type { RefusalReason } from './events.ts'

/** When a session began and when it ends, in milliseconds since the epoch. */
export interface Lifetime {
  readonly createdAt: number
  /** The absolute end; fixed when the session begins. */
  readonly endsAt: number
  /** The idle end; moves with use, never past `endsAt`. */
  readonly expiresAt: number
}

/** In milliseconds. */
export interface Policy {
  readonly idle: number
  readonly absolute: number
  /** The site stated the absolute time, which then counts for sessions with a time of their own as well. */
  readonly fixed?: boolean
  /** Cookies end so long after they were given, and are given again by what moves the idle end. Else they say the absolute end, once. */
  readonly rolls?: number
  /** A use that changes nothing does not move the idle end, unless that was asked for. */
  readonly movesByChange?: boolean
  /** The idle end of no session is later, whenever it was seen; milliseconds since the epoch. */
  readonly until?: number
}

interface Rolling {
  readonly idle: number
  readonly absolute: number
  readonly fixed: boolean
  readonly rolls: number | undefined
}

/** The policy, from seconds. Cookies end `rolls` after they were last given; undefined: they state the absolute end, once. */
export function rollingPolicy({ idle, absolute, fixed, rolls }: Rolling): Policy {
  // With room for as long again: the end of a record is fixed, and who comes again before goes on with another (see `timed`).
  const room = fixed || rolls === undefined ? 1 : 2
  return { idle: idle * 1000, absolute: room * absolute * 1000, fixed, ...(rolls !== undefined && { rolls: rolls * 1000 }) }
}

/** Clocks of two servers may differ by this much, in milliseconds. */
export const SKEW = 60_000

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** Why a session with this life is refused at `now`, or undefined while it lives. Expired means `expiresAt <= now`. */
export function lifeFault(lifetime: Lifetime, now: number): RefusalReason | undefined {
  const { createdAt, endsAt, expiresAt } = lifetime
  if (!isTime(createdAt) || !isTime(endsAt) || !isTime(expiresAt) || expiresAt > endsAt) return 'corrupt'
  if (endsAt <= now) return 'absolute-expired'
  if (expiresAt <= now) return 'idle-expired'
  return createdAt > now + SKEW ? 'clock-skew' : undefined
}

/** Whether it ended by time. */
export function isOver(lifetime: Lifetime, now: number): boolean {
  return Math.min(lifetime.endsAt, lifetime.expiresAt) <= now
}

interface Lasting {
  readonly lasts?: number
  readonly since?: number
  /** `remembered`: its own time counts from the sign-in, and no visit moves its end. */
  readonly more?: { readonly remembered?: unknown }
}

/** The policy of one session: that of all, or the idle time that it was given for itself. */
export function policyOf({ lasts, more }: Lasting, all: Policy): Policy {
  if (lasts === undefined) return all
  const { until: _, ...policy } = all
  if (more?.remembered === true) return { ...policy, idle: lasts, absolute: lasts }
  return { ...policy, idle: lasts, absolute: policy.fixed ? policy.absolute : Math.max(2 * lasts, policy.absolute) }
}

/** Whether a session's cookie is given again by what moves its idle end. */
export function rolls(contents: Lasting, policy: Policy): boolean {
  return contents.lasts !== undefined || policy.rolls !== undefined
}

/** When the cookie of a session ends that is given at `now`. */
export function cookieEnd(
  { endsAt, expiresAt }: Lifetime,
  { lasts }: Lasting,
  { rolls, until = endsAt }: Policy,
  now: number,
): number {
  if (lasts !== undefined) return expiresAt
  return rolls === undefined ? endsAt : Math.min(now + rolls, until, endsAt)
}

export function newLifetime(policy: Policy, now: number): Lifetime {
  const endsAt = now + policy.absolute
  return { createdAt: now, endsAt, expiresAt: idleEnd(policy, now, endsAt) }
}

/** Where seeing a session at `now` puts its idle end. */
function idleEnd({ idle, until = Number.POSITIVE_INFINITY }: Policy, now: number, endsAt: number): number {
  return Math.min(now + idle, Math.max(until, now), endsAt)
}

/**
 * The life as today's policy has it: times that were made shorter count for sessions that began before, except for one with a time of its
 * own. How long a session had not been seen before that nobody knows: its idle end is cut once it is seen.
 */
export function lifeUnder(lifetime: Lifetime, contents: Lasting, policy: Policy): Lifetime {
  const { lasts, since = lifetime.createdAt, more } = contents
  if (lasts !== undefined && (!policy.fixed || more?.remembered === true)) return lifetime
  const endsAt = Math.min(lifetime.endsAt, since + policy.absolute)
  const until = lasts === undefined ? (policy.until ?? endsAt) : endsAt
  if (endsAt === lifetime.endsAt && until >= lifetime.expiresAt) return lifetime
  return { ...lifetime, endsAt, expiresAt: Math.min(lifetime.expiresAt, endsAt, until) }
}

/** The life as today's policy has it, and why a session with it is refused at `now`. */
export function lifeAt(
  stored: Lifetime,
  contents: Lasting,
  policy: Policy,
  now: number,
): { readonly lifetime: Lifetime; readonly refused?: RefusalReason | undefined } {
  const lifetime = lifeUnder(stored, contents, policy)
  return { lifetime, refused: lifeFault(stored, now) ?? (lifetime === stored ? undefined : lifeFault(lifetime, now)) }
}

/** Whether the cookie of a session that has changed is to be given again: it goes with the idle end, and that is to move. */
export function cookieIsDue(lifetime: Lifetime, before: Lasting, after: Lasting, policy: Policy, now: number): boolean {
  return rolls(after, policy) && slideIsDue(lifetime, policyOf(before, policy), now)
}

/** The same life, seen at `now`: the idle end never moves past the absolute end, and moves back only when the idle time was made shorter. */
export function extended(lifetime: Lifetime, policy: Policy, now: number): Lifetime {
  const end = idleEnd(policy, now, lifetime.endsAt)
  const isShorter = lifetime.expiresAt > end + SKEW && now >= lifetime.createdAt
  return { ...lifetime, expiresAt: isShorter ? end : Math.max(lifetime.expiresAt, end) }
}

/** Milliseconds: browsers keep no cookie longer (RFC 6265bis 5.5), so no ticket comes back after that. */
export const LONGEST_LIFE: number = 400 * 86_400_000

/** The same life after a write at `now` that made of the session what `contents` says: a time given anew counts from here. */
export function afterWrite(lifetime: Lifetime, contents: Lasting, before: Lasting, policy: Policy, now: number): Lifetime {
  if (contents.lasts === undefined || contents.lasts === before.lasts) return extended(lifetime, policyOf(contents, policy), now)
  return { ...lifetime, expiresAt: Math.min(now + contents.lasts, lifetime.endsAt) }
}

/**
 * Whether an application that commits with each request is to get its cookie again: a minute after the last one, or a sixtieth of the idle
 * time. A line with every answer would undo what a parallel sign-in has just sent.
 */
export function renewalIsDue(lifetime: Lifetime, policy: Policy, now: number): boolean {
  return extended(lifetime, policy, now).expiresAt - lifetime.expiresAt >= Math.min(60_000, policy.idle / 60)
}

/** Whether a request that changed nothing should still move the idle end: at most once in half the idle window. */
export function slideIsDue(lifetime: Lifetime, policy: Policy, now: number): boolean {
  const { expiresAt } = extended(lifetime, policy, now)
  // Counted from when the idle end was last set, so that the last stretch before the absolute end slides too.
  const lastSeen = lifetime.expiresAt - policy.idle
  return (
    expiresAt < lifetime.expiresAt ||
    (!policy.movesByChange && now - lastSeen >= policy.idle / 2 && expiresAt > lifetime.expiresAt)
  )
}
