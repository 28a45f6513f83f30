import { digest } from '../../crypto/digest.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { randomText } from '../../crypto/random.ts'
import type { ReaderRequest, UpstreamFormat } from '../../migrate/format.ts'
import type { ChangeSet, Engine, LoadedSession, MakePersistence, Persistence, Refused, Saved } from '../engine.ts'
import { lifeIn } from '../migration/old-session.ts'
import { type Contents, EMPTY } from '../model/contents.ts'
import { afterWrite, type Lifetime, lifeFault, newLifetime, policyOf } from '../model/lifetime.ts'
import { moved, startsAnew } from '../model/moves.ts'
import type { Plan } from '../model/plan.ts'
import { bodyOf, plainOf, provenOwner, signedOwner } from './plain.ts'
import { adopt, sealedPersistence } from './sealed.ts'

const MALFORMED: Refused = { refused: 'malformed' }

/**
 * Sessions that live in another library's cookie, byte for byte as that library writes it: it says what such a cookie can promise.
 * Where there are secrets, a sealed ticket of ours is read as well, for the time when instances of both kinds answer one visitor.
 */
export function upstreamPersistence(format: UpstreamFormat): MakePersistence {
  return (engine) => persistenceOf(format, engine)
}

function persistenceOf(format: UpstreamFormat, engine: Engine): Persistence {
  const ours = engine.keyring && sealedPersistence(engine.keyring, engine)

  function find(ticket: string, request: ReaderRequest): Maybe<LoadedSession | Refused> {
    return andThen(format.read(ticket, request), (session): Maybe<LoadedSession | Refused> => {
      if (!session) {
        const here = ours?.find(ticket, request, engine.now()) ?? MALFORMED
        return andThen(here, (loaded): LoadedSession | Refused => ('refused' in loaded ? loaded : { ...loaded, stale: true }))
      }
      return andThen(provenOwner(session.values, engine), (owner) => {
        const { contents } = bodyOf(session.values, session.flash, {}, owner)
        return andThen(session.id ?? digest('wire', ticket), (handle): LoadedSession | Refused => {
          const lifetime = lifeIn(session, engine)
          const refused = lifeFault(lifetime, engine.now())
          const isUndated = session.expiresAt === undefined
          return refused ? { refused, handle } : { contents, lifetime, handle, stale: false, isUndated }
        })
      })
    })
  }

  function commit(plan: Plan, loaded: LoadedSession | undefined, changeSet: ChangeSet): Maybe<Saved> {
    if (plan === 'end') return { loaded: undefined }
    const now = engine.now()
    const before = plan === 'end+create' ? undefined : loaded
    const contents = moved(before?.contents ?? EMPTY, changeSet, now)
    const policy = policyOf(contents, engine.policy)
    const goesOn = before && !before.migrates && !startsAnew(changeSet.move)
    const lifetime = goesOn
      ? afterWrite(before.lifetime, contents, before.contents, engine.policy, now)
      : newLifetime(policy, now)
    return write(contents, lifetime, before && plan !== 'regenerate' ? before.handle : randomText(18), now)
  }

  function write(contents: Contents, lifetime: Lifetime, handle: string, now: number): Maybe<Saved> {
    const times = { createdAt: lifetime.createdAt, expiresAt: lifetime.expiresAt, now }
    return andThen(signedOwner(contents, engine), (owner) => {
      const session = { ...plainOf(contents, owner), id: handle, ...times }
      return andThen(format.write(session), (ticket) => ({ loaded: { contents, lifetime, handle, stale: false }, ticket }))
    })
  }

  return {
    kind: 'sealed',
    resends: true,
    readsRequest: true,
    find: (ticket, request) => (request ? find(ticket, request) : { refused: 'malformed' }),
    adopt,
    commit,
  }
}
