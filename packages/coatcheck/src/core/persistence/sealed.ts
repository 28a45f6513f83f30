import { digest } from '../../crypto/digest.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { randomText } from '../../crypto/random.ts'
import type { ChangeSet, Engine, LoadedSession, MigratingSession, Persistence, Refused, Saved } from '../engine.ts'
import { type Contents, EMPTY } from '../model/contents.ts'
import { afterWrite, isOver, type Lifetime, lifeAt, newLifetime, policyOf } from '../model/lifetime.ts'
import { moved, startsAnew } from '../model/moves.ts'
import type { Plan } from '../model/plan.ts'
import { decodeSealed, encodeSealed } from '../model/sealed-text.ts'
import { beside } from '../model/standing.ts'
import { newerRelease } from './stored/pending-commit.ts'

const PURPOSE = 'session'
/** Length of a sealed session's name in events and on pages. The name opens nothing; it only has to differ each time. */
export const ID_BYTES = 12

/** Adopts a session of another library where nothing is stored: the next ticket holds it. */
export function adopt({ unique = randomText(18), contents, lifetime, isGone }: MigratingSession): Maybe<LoadedSession | Refused> {
  if (isGone) return { refused: 'unknown' }
  return andThen(digest('foreign', unique), (handle) => ({ contents, lifetime, handle, stale: true, migrates: true }))
}

/** A session as its ticket states it. */
export interface SealedHeld extends LoadedSession {
  /** The end that the ticket states, whatever today's policy says. Milliseconds since the epoch. */
  readonly ends?: number
}

/** What a ticket is to hold besides. */
export interface SealedAs {
  readonly handle: string
  /** What is beside the values of every ticket of sessions that can be revoked, in place of what was there. */
  readonly epochs?: readonly unknown[] | undefined
  /** The absolute end is not to be later. Milliseconds since the epoch. */
  readonly ends?: number | undefined
}

export interface SealedPersistence extends Persistence<SealedHeld> {
  /** `expired`: with the session whose time is over. */
  open(ticket: string, expired: boolean): Maybe<SealedHeld | Refused>
  /** The ticket of what a commit makes of a session; it does no I/O. */
  make(plan: Plan, loaded: SealedHeld | undefined, changeSet: ChangeSet, as?: SealedAs): Maybe<Saved>
}

/** Sessions that live in the ticket: sealed, bound to the cookie's name, with both ends inside. */
export function sealedPersistence(keyring: Keyring, engine: Engine): SealedPersistence {
  const context = [engine.binding]

  function open(ticket: string, expired: boolean): Maybe<SealedHeld | Refused> {
    return andThen(keyring.open(PURPOSE, context, ticket), (opened): SealedHeld | Refused => {
      if (typeof opened === 'string') return { refused: opened }
      const sealed = decodeSealed(opened.text)
      if (sealed === 'unknown-version') return { refused: sealed, blocked: newerRelease() }
      if (typeof sealed === 'string') return { refused: sealed }
      const { id: handle, contents, lifetime: made } = sealed
      const now = engine.now()
      const { lifetime, refused } = lifeAt(made, contents, engine.policy, now)
      const session = { contents, lifetime, handle, stale: opened.stale, ends: made.endsAt }
      if (!refused) return session
      return { refused, handle, ...(expired && isOver(lifetime, now) && { ends: session }) }
    })
  }

  function make(plan: Plan, loaded: SealedHeld | undefined, changeSet: ChangeSet, as?: SealedAs): Maybe<Saved> {
    if (plan === 'end') return { loaded: undefined }
    const now = engine.now()
    const before = plan === 'end+create' ? undefined : loaded
    const contents = moved(before?.contents ?? EMPTY, changeSet, now)
    const goesOn = before && !(changeSet.move && startsAnew(changeSet.move))
    const lifetime = goesOn
      ? afterWrite(before.lifetime, contents, before.contents, engine.policy, now)
      : newLifetime(policyOf(contents, engine.policy), now)
    if (as) return write(beside(contents, { epochs: as.epochs }), until(lifetime, as.ends), as.handle)
    return write(contents, lifetime, before && plan !== 'regenerate' ? before.handle : randomText(ID_BYTES))
  }

  function write(contents: Contents, lifetime: Lifetime, handle: string): Maybe<Saved> {
    const text = encodeSealed({ id: handle, contents, lifetime })
    return andThen(keyring.seal(PURPOSE, context, text), (ticket) => ({
      loaded: { contents, lifetime, handle, stale: false },
      ticket,
    }))
  }

  return {
    kind: 'sealed',
    find: (ticket) => open(ticket, false),
    adopt,
    commit: (plan, loaded, changeSet) => make(plan, loaded, changeSet),
    open,
    make,
  }
}

const until = (lifetime: Lifetime, ends = lifetime.endsAt): Lifetime => ({
  ...lifetime,
  endsAt: Math.min(lifetime.endsAt, ends),
  expiresAt: Math.min(lifetime.expiresAt, ends),
})
