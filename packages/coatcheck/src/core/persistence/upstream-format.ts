import { digest } from '../../crypto/digest.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { randomText } from '../../crypto/random.ts'
import type { ForeignRequest, Wire } from '../../migrate/format.ts'
import { type Body, EMPTY } from '../model/contents.ts'
import { apply } from '../model/changes.ts'
import {
  type Engine,
  type Held,
  type Keeper,
  type MakeKeeper,
  ownedBy,
  type Refused,
  type Saved,
  startsAnew,
  type Taken,
} from '../engine.ts'
import { born, type Life, lifeFault, policyOf, written } from '../model/lifetime.ts'
import { lifeIn } from '../migration/old-session.ts'
import { bodyOf, plainOf, provenOwner, signedOwner } from './plain.ts'
import type { Plan } from '../model/plan.ts'
import { adopt, sealedKeeper } from './sealed.ts'

const MALFORMED: Refused = { refused: 'malformed' }

/**
 * Sessions that live in another library's cookie, byte for byte as that library writes it: it says what such a cookie can promise.
 * Where there are secrets, a sealed ticket of ours is read as well, for the time when instances of both kinds answer one visitor.
 */
export function wiredKeeper(wire: Wire): MakeKeeper {
  return (engine) => keeperOf(wire, engine)
}

function keeperOf(wire: Wire, engine: Engine): Keeper {
  const ours = engine.keyring && sealedKeeper(engine.keyring, engine)

  function find(ticket: string, request: ForeignRequest): Maybe<Held | Refused> {
    return andThen(wire.read(ticket, request), (session): Maybe<Held | Refused> => {
      if (!session) {
        const here = ours?.find(ticket, request, engine.now()) ?? MALFORMED
        return andThen(here, (held): Held | Refused => ('refused' in held ? held : { ...held, stale: true }))
      }
      return andThen(provenOwner(session.values, engine), (owner) => {
        const { body } = bodyOf(session.values, session.flash, {}, owner)
        return andThen(session.id ?? digest('wire', ticket), (handle): Held | Refused => {
          const life = lifeIn(session, engine)
          const refused = lifeFault(life, engine.now())
          const isUndated = session.expiresAt === undefined
          return refused ? { refused, handle } : { body, life, handle, stale: false, isUndated }
        })
      })
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
    const goesOn = before && !before.foreign && !startsAnew(taken.move)
    const life = goesOn ? written(before.life, body, before.body, engine.policy, now) : born(policy, now)
    return write(body, life, before && plan !== 'replace' ? before.handle : randomText(18), now)
  }

  function write(body: Body, life: Life, handle: string, now: number): Maybe<Saved> {
    const times = { createdAt: life.createdAt, expiresAt: life.expiresAt, now }
    return andThen(signedOwner(body, engine), (owner) => {
      const session = { ...plainOf(body, owner), id: handle, ...times }
      return andThen(wire.write(session), (ticket) => ({ held: { body, life, handle, stale: false }, ticket }))
    })
  }

  return {
    kind: 'sealed',
    resends: true,
    find: (ticket, request) => (request ? find(ticket, request) : { refused: 'malformed' }),
    adopt,
    commit,
  }
}
