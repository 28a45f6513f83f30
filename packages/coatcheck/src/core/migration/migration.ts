import type { Maybe } from '../../crypto/maybe.ts'
import { randomText } from '../../crypto/random.ts'
import type { ChangeSet, Circumstances, LoadedSession, MigratingSession, Refused, Saved } from '../engine.ts'
import type { Contents } from '../model/contents.ts'
import type { Plan } from '../model/plan.ts'
import type { Adoptions } from './adoptions.ts'

/** A session that another library keeps, before this one stores anything of it. */
export interface Elsewhere extends LoadedSession {
  readonly source: MigratingSession
}

/** A session that this library began, with its id and its ticket. */
export interface Begun<H extends LoadedSession> extends Saved {
  readonly id: string
  readonly loaded: H
}

/** The persistence, as it treats sessions that this library began. */
export interface Home<H extends LoadedSession> {
  findById(id: string, stale: boolean, arrivedAt: number, onlyLooks?: boolean): Maybe<H | Refused>
  /** Finds the session of this id, also after a new id, with the contents that the request saw in the old cookie. */
  resume(id: string, contents: Contents): Promise<H | undefined>
  begin(from: Contents, changeSet: ChangeSet, request: Circumstances, createdAt?: number): Promise<Begun<H>>
  commit(plan: Plan, loaded: H | undefined, changeSet: ChangeSet, request: Circumstances, over: readonly H[]): Maybe<Saved>
}

interface Migrating<H extends LoadedSession> {
  adopt(source: MigratingSession, arrivedAt: number, onlyLooks?: boolean): Promise<H | Elsewhere | Refused>
  commit(
    plan: Plan,
    loaded: H | Elsewhere | undefined,
    changeSet: ChangeSet,
    request: Circumstances,
    over: readonly (H | Elsewhere)[],
  ): Maybe<Saved>
}

const NOTHING = { changes: { values: new Map(), flash: new Map(), flashRead: new Set<string>() }, move: undefined }

const isEnd = (plan: Plan): boolean => plan === 'end' || plan === 'end+create'

/** Adopts sessions of other libraries. An old ticket leads to the adopted session, and opens nothing after that session ended. */
export function migrating<H extends LoadedSession>(home: Home<H>, adoptions: Adoptions): Migrating<H> {
  async function adopt(source: MigratingSession, arrivedAt: number, onlyLooks?: boolean): Promise<H | Elsewhere | Refused> {
    const { unique, presented, contents, lifetime, isGone } = source
    const id = await adoptions.follow(unique ?? presented)
    if (id) return home.findById(id, true, arrivedAt, onlyLooks)
    const handle = await adoptions.keyOf(unique ?? randomText(18))
    if (id === '' || isGone) return { refused: 'unknown', handle }
    return { source, contents, lifetime, handle, stale: true, migrates: true }
  }

  function commit(
    plan: Plan,
    loaded: H | Elsewhere | undefined,
    changeSet: ChangeSet,
    request: Circumstances,
    over: readonly (H | Elsewhere)[],
  ): Maybe<Saved> {
    const here = over.filter((each): each is H => !('source' in each))
    if (loaded && 'source' in loaded) return new IncomingTickets(home, adoptions, changeSet, request, here).commit(plan, loaded)
    const done = () => home.commit(plan, loaded, changeSet, request, here)
    return isEnd(plan) && loaded ? endedFor([loaded, ...here]).then(done) : done()
  }

  /** Comes first: if it fails, the visitor is told, tries again, and still finds the session. */
  async function endedFor(sessions: readonly H[]): Promise<void> {
    for (const { contents } of sessions) if (contents.from !== undefined) await adoptions.end(contents.from)
  }

  return { adopt, commit }
}

/** Carries out one commit of a session that another library still keeps. */
class IncomingTickets<H extends LoadedSession> {
  readonly #home: Home<H>
  readonly #adoptions: Adoptions
  readonly #changeSet: ChangeSet
  readonly #request: Circumstances
  readonly #over: readonly H[]

  constructor(home: Home<H>, adoptions: Adoptions, changeSet: ChangeSet, request: Circumstances, over: readonly H[]) {
    this.#home = home
    this.#adoptions = adoptions
    this.#changeSet = changeSet
    this.#request = request
    this.#over = over
  }

  commit(plan: Plan, loaded: Elsewhere): Promise<Saved> {
    return loaded.source.unique === undefined ? this.#copy(plan, loaded) : this.#moveIn(plan, loaded, loaded.source.unique)
  }

  #there(plan: Plan, loaded: H | undefined, changeSet = this.#changeSet): Maybe<Saved> {
    return this.#home.commit(plan, loaded, changeSet, this.#request, this.#over)
  }

  /** Ends a session that this library never stored. */
  #ended(plan: Plan): Maybe<Saved> {
    return plan === 'end' ? { loaded: undefined } : this.#there('create', undefined)
  }

  /** An old cookie without an id holds values only, and other visitors may hold the same. So it leads nowhere: only its end is stored. */
  async #copy(plan: Plan, { source, contents, lifetime }: Elsewhere): Promise<Saved> {
    const from = await this.#adoptions.keyOf(source.presented)
    if (isEnd(plan)) {
      await this.#adoptions.end(from)
      return this.#ended(plan)
    }
    const begun = await this.#begin(plan, { ...contents, from }, lifetime.createdAt)
    if ((await this.#adoptions.follow(source.presented)) === undefined) return begun.done()
    await this.#there('end', begun.loaded, { ...this.#changeSet, ...NOTHING })
    return { loaded: undefined, dropped: 'ended' }
  }

  /** A new id is a second step. The old ticket leads to the session before the sign-in, and must not open the session after it. */
  async #begin(plan: Plan, contents: Contents, createdAt: number) {
    const isMove = plan === 'regenerate'
    const changeSet = isMove ? { ...this.#changeSet, ...NOTHING } : this.#changeSet
    const begun = await this.#home.begin(contents, changeSet, this.#request, createdAt)
    return { ...begun, done: (): Maybe<Saved> => (isMove ? this.#there(plan, begun.loaded) : begun) }
  }

  /** Stores the session here, or ends it. A second request with the same ticket continues with the session of the first. */
  async #moveIn(plan: Plan, loaded: Elsewhere, unique: string): Promise<Saved> {
    const adoptions = this.#adoptions
    if ((await adoptions.follow(unique)) === undefined) {
      if (isEnd(plan) && (await adoptions.point(unique, '', loaded.handle))) return this.#ended(plan)
      if (!isEnd(plan)) {
        const begun = await this.#begin(plan, loaded.contents, loaded.lifetime.createdAt)
        // The client of the store may send a call twice after a lost answer; the second call then finds the key taken by the first.
        const isOurs =
          (await adoptions.point(unique, begun.id, begun.loaded.handle)) || (await adoptions.follow(unique)) === begun.id
        if (isOurs) return begun.done()
        await this.#there('end', begun.loaded, { ...this.#changeSet, ...NOTHING })
      }
    }
    const id = await adoptions.follow(unique)
    const there = id ? await this.#home.resume(id, loaded.contents) : undefined
    if (there) return this.#there(plan, there)
    if (isEnd(plan)) return this.#ended(plan)
    return { loaded: undefined, dropped: 'ended' }
  }
}
