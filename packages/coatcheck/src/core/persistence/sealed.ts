import { digest } from '../../crypto/digest.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { randomText } from '../../crypto/random.ts'
import {
  type ChangeSet,
  type Engine,
  type LoadedSession,
  type MigratingSession,
  ownedBy,
  type Persistence,
  type Refused,
  type Saved,
  startsAnew,
} from '../engine.ts'
import { apply } from '../model/changes.ts'
import { type Contents, decode, EMPTY, encode } from '../model/contents.ts'
import { afterWrite, type Lifetime, lifeFault, lifeUnder, newLifetime, policyOf } from '../model/lifetime.ts'
import type { Plan } from '../model/plan.ts'
import { newerRelease } from './stored/pending-commit.ts'

const PURPOSE = 'session'

/** What another library kept, for persistence that keeps nothing of it but what they give out. */
export function adopt({ unique = randomText(18), contents, lifetime, isGone }: MigratingSession): Maybe<LoadedSession | Refused> {
  if (isGone) return { refused: 'unknown' }
  return andThen(digest('foreign', unique), (handle) => ({ contents, lifetime, handle, stale: true, migrates: true }))
}

/** Sessions that live in the ticket: sealed, bound to the cookie's name, with both ends inside. */
export function sealedPersistence(keyring: Keyring, engine: Engine): Persistence {
  const context = [engine.binding]

  function find(ticket: string): Maybe<LoadedSession | Refused> {
    return andThen(keyring.open(PURPOSE, context, ticket), (opened): LoadedSession | Refused => {
      if (typeof opened === 'string') return { refused: opened }
      const decoded = decode(opened.text)
      if (decoded === 'unknown-version') return { refused: decoded, blocked: newerRelease() }
      if (typeof decoded === 'string') return { refused: decoded }
      const { contents, frame, to, ended } = decoded
      const [createdAt, endsAt, expiresAt] = Array.isArray(frame.life) ? frame.life : []
      if (to || ended || typeof frame.id !== 'string') return { refused: 'corrupt' }
      const made = { createdAt, endsAt, expiresAt } as Lifetime // lifeFault checks that these are times
      const lifetime = lifeUnder(made, contents, engine.policy)
      const refused = lifeFault(made, engine.now()) ?? lifeFault(lifetime, engine.now())
      return refused ? { refused, handle: frame.id } : { contents, lifetime, handle: frame.id, stale: opened.stale }
    })
  }

  function commit(plan: Plan, loaded: LoadedSession | undefined, changeSet: ChangeSet): Maybe<Saved> {
    if (plan === 'end') return { loaded: undefined }
    const now = engine.now()
    const before = plan === 'end+create' ? undefined : loaded
    const contents = ownedBy(
      apply(before?.contents ?? EMPTY, changeSet.changes, now, () => {}),
      changeSet,
    )
    const policy = policyOf(contents, engine.policy)
    const goesOn = before && !startsAnew(changeSet.move)
    const lifetime = goesOn
      ? afterWrite(before.lifetime, contents, before.contents, engine.policy, now)
      : newLifetime(policy, now)
    return write(contents, lifetime, before && plan !== 'replace' ? before.handle : randomText(18))
  }

  function write(contents: Contents, lifetime: Lifetime, handle: string): Maybe<Saved> {
    const text = encode(contents, { id: handle, life: [lifetime.createdAt, lifetime.endsAt, lifetime.expiresAt] })
    return andThen(keyring.seal(PURPOSE, context, text), (ticket) => ({
      loaded: { contents, lifetime, handle, stale: false },
      ticket,
    }))
  }

  return { kind: 'sealed', find, adopt, commit }
}
