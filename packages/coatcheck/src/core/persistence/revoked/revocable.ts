import { digest } from '../../../crypto/digest.ts'
import { randomText } from '../../../crypto/random.ts'
import type {
  ChangeSet,
  Circumstances,
  Engine,
  LoadedSession,
  MigratingSession,
  Persistence,
  Refused,
  Saved,
} from '../../engine.ts'
import { isEmpty } from '../../model/changes.ts'
import { LONGEST_LIFE } from '../../model/lifetime.ts'
import type { Plan } from '../../model/plan.ts'
import { actorOf } from '../../model/standing.ts'
import { adopt, ID_BYTES, type SealedPersistence } from '../sealed.ts'
import { ownerDigest } from '../stored/owner-digest.ts'
import { isFresh, overtaken, tooOld, unreadable } from '../stored/pending-commit.ts'
import type { VersionedRecord } from '../stored/records.ts'
import { ReplacedTickets } from '../stored/replaced.ts'
import { ListedSessions } from './listed-sessions.ts'
import { ended, type Held, keeping } from './outcomes.ts'
import { cameFrom, OwnerEnds, type Stamp } from './owner-ends.ts'
import type { Moved, Revocations } from './revocations.ts'

/**
 * Sealed sessions whose ends are final, and whose old tickets show nothing that came after: a small list in a store says which ids were ended or
 * given up. What is in a session stays in its ticket, so that two requests at once still cannot both be kept.
 */
export function revocablePersistence(
  sealed: SealedPersistence,
  revoked: Revocations,
  engine: Engine,
  isListed: boolean,
): Persistence<Held> {
  const owners = new OwnerEnds(revoked, engine)
  const listed = isListed ? new ListedSessions(revoked, owners, engine) : undefined
  const replaced = new ReplacedTickets(revoked, engine, {
    end: ({ request }, found) => revoked.endAnywhere(found?.key ?? '', undefined, request),
  })

  async function find(ticket: string, _: unknown, arrivedAt: number, onlyLooks?: boolean): Promise<Held | Refused> {
    const found = await sealed.open(ticket, true)
    return 'refused' in found ? found : judged(found, arrivedAt, onlyLooks)
  }

  async function judged(session: Held, arrivedAt: number, onlyLooks?: boolean): Promise<Held | Refused> {
    const { handle } = session
    const [known, standing] = await Promise.all([revoked.read(handle), owners.standing(session, false)])
    if (!known || !standing) return { refused: 'revoked', handle }
    if (known.fault) return { refused: known.fault, handle, blocked: unreadable(known) }
    if (!known.forwarding) return session
    const refused = await replaced.judge(known, known.forwarding, arrivedAt, onlyLooks)
    return refused ?? { ...session, isReplaced: true, leadsTo: known.forwarding.key }
  }

  /** Another library's ticket is known by an id of its own; one that has none by its text, which only its end makes use of. */
  async function adopted(source: MigratingSession, arrivedAt: number, onlyLooks?: boolean): Promise<Held | Refused> {
    const session = await adopt(source)
    if ('refused' in session) return session
    if (source.unique !== undefined) return judged(session, arrivedAt, onlyLooks)
    const from = await digest('foreign', source.presented)
    if (!(await revoked.read(from))) return { refused: 'revoked', handle: session.handle }
    return { ...session, contents: { ...session.contents, from } }
  }

  async function commit(
    plan: Plan,
    loaded: Held | undefined,
    changeSet: ChangeSet,
    request: Circumstances,
    over: readonly Held[],
  ): Promise<Saved> {
    if (plan === 'end' || plan === 'end+create') {
      for (const each of [...(loaded ? [loaded] : []), ...over]) await endSession(each, request)
    }
    if (plan === 'end') return { loaded: undefined }
    if (!loaded || plan === 'end+create') return begin(changeSet, request)
    if (plan === 'regenerate') return move(loaded, changeSet, request)
    if (loaded.overtaken) throw overtaken('Another request gave the session a new id')
    return goOn(plan, loaded, changeSet, request)
  }

  async function begin(changeSet: ChangeSet, request: Circumstances): Promise<Saved> {
    const { epochs } = await admitted(changeSet, request)
    const saved = await sealed.make('create', undefined, changeSet, { handle: randomText(ID_BYTES), epochs })
    if (!listed || !saved.loaded) return saved
    const putOnList = async (): Promise<Saved> => {
      await listed.put(saved.loaded, changeSet.move, request)
      return saved
    }
    return { ...saved, confirm: putOnList }
  }

  function admitted({ move }: ChangeSet, request: Circumstances): Promise<Stamp> {
    const { owner, mark } = move?.kind === 'signIn' ? move : {}
    return owners.admit(owner, mark, request)
  }

  async function endSession({ handle, ends, lifetime, contents }: Held, request: Circumstances): Promise<void> {
    if (contents.from !== undefined) await revoked.revoke(contents.from, engine.now() + LONGEST_LIFE)
    await revoked.endAnywhere(handle, ends ?? lifetime.endsAt, request)
    await listed?.drop(handle)
  }

  /** The same id goes on. Looked at again, since the answer of a request that was under way may put back what was ended since. */
  async function goOn(plan: Plan, loaded: Held, changeSet: ChangeSet, request: Circumstances): Promise<Saved> {
    const [known, stamp] = await Promise.all([revoked.read(loaded.handle, true), owners.standing(loaded, true)])
    if (known?.fault) throw unreadable(known)
    const isTouch = plan === 'touch'
    if (!known || !stamp) return isTouch ? { loaded, overtaken: true } : { loaded: undefined, dropped: 'ended' }
    // Its values cannot be put into a ticket that it does not have, and under the new id an old ticket would open the session for ever.
    if (known.forwarding && !isTouch) throw overtaken('Another request gave the session a new id')
    if (known.forwarding) return { loaded: { ...loaded, isReplaced: true } }
    const saved = await sealed.make(plan, loaded, changeSet, { handle: loaded.handle, ...stamp })
    await listed?.put(saved.loaded, undefined, request)
    return keeping(saved, loaded)
  }

  /** A new id: the way to it is written down before anybody is told of it. */
  async function move(loaded: Held, changeSet: ChangeSet, request: Circumstances): Promise<Saved> {
    const { move, attempts } = changeSet
    const owner = move?.kind === 'signIn' ? move.owner : actorOf(loaded.contents)
    const id = attempts.begun(owner, loaded.handle)?.id ?? randomText(ID_BYTES)
    attempts.began({ key: id, id, owner })
    const signsIn = move?.kind === 'signIn'
    const stamp = signsIn ? await admitted(changeSet, request) : await owners.standing(loaded, true)
    if (!stamp) return ended(false)
    const { epochs } = cameFrom(loaded.handle, stamp)
    const saved = await sealed.make('regenerate', loaded, changeSet, { handle: id, epochs })
    const { kind = 'regenerate', note } = move ?? {}
    const to: Moved = {
      kind,
      key: id,
      ...(saved.loaded && { ends: saved.loaded.lifetime.endsAt }),
      ...(signsIn && { as: await ownerDigest(move.owner) }),
      ...(note !== undefined && { note }),
      ...revoked.stamp(),
    }
    // Only once it is known that the new ticket can be sent.
    const confirm = async (): Promise<Saved> => {
      await listed?.put(saved.loaded, move, request, loaded)
      const there = await revoked.lead(loaded.handle, loaded.ends ?? loaded.lifetime.endsAt, to)
      if (there === true) await listed?.retire(loaded.handle)
      if (there === true) return saved
      const before: Moved | undefined = there?.forwarding
      // An earlier try of this commit was kept, or the client asked twice.
      if (before?.key === id) return sealed.make('regenerate', loaded, changeSet, { handle: id, epochs, ends: before.ends })
      await listed?.drop(id)
      return late(there, loaded, changeSet, request, { as: to.as, epochs })
    }
    return { ...saved, confirm }
  }

  /** Somebody else was first. Nobody is told the new id who has not proved to be who made it. */
  async function late(
    there: VersionedRecord | undefined,
    loaded: Held,
    changeSet: ChangeSet,
    request: Circumstances,
    { as, epochs }: Stamp & { readonly as: string | undefined },
  ): Promise<Saved> {
    const signsIn = changeSet.move?.kind === 'signIn'
    if (!there?.forwarding) return ended(signsIn)
    const to: Moved = there.forwarding
    if (!isFresh(request, engine)) throw tooOld(engine)
    if (!signsIn) {
      if (!isEmpty(changeSet.changes)) throw overtaken('Another request gave the session a new id')
      return { loaded: { ...loaded, isReplaced: true, overtaken: true } as Held }
    }
    const target = to.kind === 'signIn' && to.as === as ? await revoked.read(to.key, true) : there
    if (!target) return ended(signsIn)
    if (target.forwarding || target.fault) throw overtaken('Somebody else signed in, or the session was given a new id,')
    // A double click: the same person signs in twice from one session.
    return sealed.make('regenerate', loaded, changeSet, { handle: to.key, epochs, ends: to.ends })
  }

  const isCurrent = async (session: LoadedSession): Promise<boolean> => {
    const [known, standing] = await Promise.all([revoked.read(session.handle, true), owners.standing(session, true)])
    return known !== undefined && standing !== undefined && !known.forwarding && !known.fault
  }

  return {
    kind: 'sealed',
    owners: (listed ?? owners).offered,
    find,
    adopt: adopted,
    isCurrent,
    commit: commit as Persistence<Held>['commit'],
  }
}
