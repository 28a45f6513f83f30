import { isOver, lifeUnder } from '../model/lifetime.ts'
import type { VersionedRecord, Watching } from './watchable.ts'

/** What is known of a session at one key: it is over for who had it there, it went on at `next`, or it lasts until then if nobody uses it. */
export type Standing = 'over' | { readonly next: string } | { readonly until: number }

export function standingOf(found: VersionedRecord | undefined, { policy, now }: Pick<Watching, 'policy' | 'now'>): Standing {
  if (!found) return 'over'
  const { fault, forwarding, record, contents } = found
  // Another process may have the secret, or the release, that this one does not: nothing is said of the session.
  if (fault === 'unknown-key' || fault === 'unknown-version') return { until: Number.POSITIVE_INFINITY }
  if (fault) return 'over'
  // From here on it is somebody's who signed in, or another person's.
  if (forwarding) return forwarding.kind === 'regenerate' ? { next: forwarding.key } : 'over'
  const life = lifeUnder(record, contents, policy)
  return isOver(life, now()) ? 'over' : { until: Math.min(life.expiresAt, life.endsAt) }
}
