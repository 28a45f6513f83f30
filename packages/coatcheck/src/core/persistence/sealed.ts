import { digest } from '../../crypto/digest.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { randomText } from '../../crypto/random.ts'
import { type Body, decode, EMPTY, encodeBody } from '../model/contents.ts'
import { apply } from '../model/changes.ts'
import {
  type Engine,
  type Foreign,
  type Held,
  type Keeper,
  ownedBy,
  type Refused,
  type Saved,
  startsAnew,
  type Taken,
} from '../engine.ts'
import { born, type Life, lifeFault, lifeUnder, policyOf, written } from '../model/lifetime.ts'
import { newerRelease } from './stored/pending-commit.ts'
import type { Plan } from '../model/plan.ts'

const PURPOSE = 'session'

/** What another library kept, for keepers that keep nothing of it but what they give out. */
export function adopt({ unique = randomText(18), body, life, isGone }: Foreign): Maybe<Held | Refused> {
  if (isGone) return { refused: 'unknown' }
  return andThen(digest('foreign', unique), (handle) => ({ body, life, handle, stale: true, foreign: true }))
}

/** Sessions that live in the ticket: sealed, bound to the cookie's name, with both ends inside. */
export function sealedKeeper(keyring: Keyring, engine: Engine): Keeper {
  const context = [engine.binding]

  function find(ticket: string): Maybe<Held | Refused> {
    return andThen(keyring.open(PURPOSE, context, ticket), (opened): Held | Refused => {
      if (typeof opened === 'string') return { refused: opened }
      const decoded = decode(opened.text)
      if (decoded === 'unknown-version') return { refused: decoded, blocked: newerRelease() }
      if (typeof decoded === 'string') return { refused: decoded }
      const { body, frame, to, ended } = decoded
      const [createdAt, endsAt, expiresAt] = Array.isArray(frame.life) ? frame.life : []
      if (to || ended || typeof frame.id !== 'string') return { refused: 'corrupt' }
      const made = { createdAt, endsAt, expiresAt } as Life // lifeFault checks that these are times
      const life = lifeUnder(made, body, engine.policy)
      const refused = lifeFault(made, engine.now()) ?? lifeFault(life, engine.now())
      return refused ? { refused, handle: frame.id } : { body, life, handle: frame.id, stale: opened.stale }
    })
  }

  function commit(plan: Plan, held: Held | undefined, taken: Taken): Maybe<Saved> {
    if (plan === 'end') return { held: undefined }
    const now = engine.now()
    const before = plan === 'end+create' ? undefined : held
    const body = ownedBy(
      apply(before?.body ?? EMPTY, taken.changes, now, () => {}),
      taken,
    )
    const policy = policyOf(body, engine.policy)
    const goesOn = before && !startsAnew(taken.move)
    const life = goesOn ? written(before.life, body, before.body, engine.policy, now) : born(policy, now)
    return write(body, life, before && plan !== 'replace' ? before.handle : randomText(18))
  }

  function write(body: Body, life: Life, handle: string): Maybe<Saved> {
    const text = encodeBody(body, { id: handle, life: [life.createdAt, life.endsAt, life.expiresAt] })
    return andThen(keyring.seal(PURPOSE, context, text), (ticket) => ({ held: { body, life, handle, stale: false }, ticket }))
  }

  return { kind: 'sealed', find, adopt, commit }
}
