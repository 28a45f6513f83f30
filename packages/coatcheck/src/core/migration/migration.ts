import type { Maybe } from '../../crypto/maybe.ts'
import { randomText } from '../../crypto/random.ts'
import type { ChangeSet, Circumstances, LoadedSession, MigratingSession, Refused, Saved } from '../engine.ts'
import type { Contents } from '../model/contents.ts'
import type { Plan } from '../model/plan.ts'
import type { Adoptions } from './adoptions.ts'

/** Another library keeps it, and nothing is stored here yet. */
export interface Elsewhere extends LoadedSession {
  readonly source: MigratingSession
}

/** A session that was begun here, its id and its ticket. */
export interface Begun<H extends LoadedSession> extends Saved {
  readonly id: string
  readonly loaded: H
}

/** Where sessions are kept, and what it does with those that were always kept there. */
export interface Home<H extends LoadedSession> {
  findById(id: string, stale: boolean, arrivedAt: number): Maybe<H | Refused>
  /** The session of this id, wherever it is now, as a request saw it before it was kept here. */
  resume(id: string, contents: Contents): Promise<H | undefined>
  begin(from: Contents, changeSet: ChangeSet, request: Circumstances, createdAt?: number): Promise<Begun<H>>
  commit(plan: Plan, loaded: H | undefined, changeSet: ChangeSet, request: Circumstances, over: readonly H[]): Maybe<Saved>
}

interface Migrating<H extends LoadedSession> {
  adopt(source: MigratingSession, arrivedAt: number): Promise<H | Elsewhere | Refused>
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

/** Takes sessions of other libraries home. An old ticket leads to what its session became, and opens nothing once that has ended. */
export function migrating<H extends LoadedSession>(home: Home<H>, adoptions: Adoptions): Migrating<H> {
  async function adopt(source: MigratingSession, arrivedAt: number): Promise<H | Elsewhere | Refused> {
    const { unique, presented, contents, lifetime, isGone } = source
    const id = await adoptions.follow(unique ?? presented)
    if (id) return home.findById(id, true, arrivedAt)
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

  /** First: whoever is told that this failed tries again, and finds the session still there. */
  async function endedFor(sessions: readonly H[]): Promise<void> {
    for (const { contents } of sessions) if (contents.from !== undefined) await adoptions.end(contents.from)
  }

  return { adopt, commit }
}

/** One commit of a session that is not kept here yet. */
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

  /** What was ended was never kept here. */
  #ended(plan: Plan): Maybe<Saved> {
    return plan === 'end' ? { loaded: undefined } : this.#there('create', undefined)
  }

  /** What holds nothing but values: others may hold the same, so that it can lead nowhere. Only its end is remembered. */
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

  /** A new id is a second step: the old ticket leads to what there was, and must not open what a sign-in makes of it. */
  async #begin(plan: Plan, contents: Contents, createdAt: number) {
    const isMove = plan === 'regenerate'
    const changeSet = isMove ? { ...this.#changeSet, ...NOTHING } : this.#changeSet
    const begun = await this.#home.begin(contents, changeSet, this.#request, createdAt)
    return { ...begun, done: (): Maybe<Saved> => (isMove ? this.#there(plan, begun.loaded) : begun) }
  }

  /** Kept here from now on, or ended; whoever comes second goes on with what the first one made. */
  async #moveIn(plan: Plan, loaded: Elsewhere, unique: string): Promise<Saved> {
    const adoptions = this.#adoptions
    if ((await adoptions.follow(unique)) === undefined) {
      if (isEnd(plan) && (await adoptions.point(unique, '', loaded.handle))) return this.#ended(plan)
      if (!isEnd(plan)) {
        const begun = await this.#begin(plan, loaded.contents, loaded.lifetime.createdAt)
        // A client that resends after a lost answer finds the way taken by itself.
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
