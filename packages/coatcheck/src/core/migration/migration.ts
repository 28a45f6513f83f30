import { randomText } from '../../crypto/random.ts'
import type { Adoptions } from './adoptions.ts'
import type { Body } from '../model/contents.ts'
import type { Circumstances, Foreign, Held, Refused, Saved, Taken } from '../engine.ts'
import type { Plan } from '../model/plan.ts'

/** Another library keeps it, and nothing is stored here yet. */
export interface Elsewhere extends Held {
  readonly source: Foreign
}

/** A session that was begun here, its id and its ticket. */
export interface Begun<H extends Held> extends Saved {
  readonly id: string
  readonly held: H
}

/** Where sessions are kept, and what it does with those that were always kept there. */
export interface Home<H extends Held> {
  findById(id: string, stale: boolean, arrivedAt: number): Promise<H | Refused>
  /** The session of this id, wherever it is now, as a request saw it before it was kept here. */
  resume(id: string, body: Body): Promise<H | undefined>
  begin(from: Body, taken: Taken, createdAt?: number): Promise<Begun<H>>
  commit(plan: Plan, held: H | undefined, taken: Taken, request: Circumstances, over: readonly H[]): Promise<Saved>
}

interface Migrating<H extends Held> {
  adopt(source: Foreign, arrivedAt: number): Promise<H | Elsewhere | Refused>
  commit(
    plan: Plan,
    held: H | Elsewhere | undefined,
    taken: Taken,
    request: Circumstances,
    over: readonly (H | Elsewhere)[],
  ): Promise<Saved>
}

const NOTHING = { changes: { values: new Map(), flash: new Map(), flashRead: new Set<string>() }, move: undefined }

const isEnd = (plan: Plan): boolean => plan === 'end' || plan === 'end+create'

/** Takes sessions of other libraries home. An old ticket leads to what its session became, and opens nothing once that has ended. */
export function migrating<H extends Held>(home: Home<H>, adoptions: Adoptions): Migrating<H> {
  async function adopt(source: Foreign, arrivedAt: number): Promise<H | Elsewhere | Refused> {
    const { unique, presented, body, life, isGone } = source
    const id = await adoptions.follow(unique ?? presented)
    if (id) return home.findById(id, true, arrivedAt)
    const handle = await adoptions.keyOf(unique ?? randomText(18))
    if (id === '' || isGone) return { refused: 'unknown', handle }
    return { source, body, life, handle, stale: true, foreign: true }
  }

  async function commit(
    plan: Plan,
    held: H | Elsewhere | undefined,
    taken: Taken,
    request: Circumstances,
    over: readonly (H | Elsewhere)[],
  ): Promise<Saved> {
    const here = over.filter((each): each is H => !('source' in each))
    if (held && 'source' in held) return new Arrival(home, adoptions, taken, request, here).commit(plan, held)
    // First: whoever is told that this failed tries again, and finds the session still there.
    for (const { body } of isEnd(plan) && held ? [held, ...here] : []) if (body.from !== undefined) await adoptions.end(body.from)
    return home.commit(plan, held, taken, request, here)
  }

  return { adopt, commit }
}

/** One commit of a session that is not kept here yet. */
class Arrival<H extends Held> {
  readonly #home: Home<H>
  readonly #adoptions: Adoptions
  readonly #taken: Taken
  readonly #request: Circumstances
  readonly #over: readonly H[]

  constructor(home: Home<H>, adoptions: Adoptions, taken: Taken, request: Circumstances, over: readonly H[]) {
    this.#home = home
    this.#adoptions = adoptions
    this.#taken = taken
    this.#request = request
    this.#over = over
  }

  commit(plan: Plan, held: Elsewhere): Promise<Saved> {
    return held.source.unique === undefined ? this.#copy(plan, held) : this.#moveIn(plan, held, held.source.unique)
  }

  #there(plan: Plan, held: H | undefined, taken = this.#taken): Promise<Saved> {
    return this.#home.commit(plan, held, taken, this.#request, this.#over)
  }

  /** What was ended was never kept here. */
  #ended(plan: Plan): Promise<Saved> | Saved {
    return plan === 'end' ? { held: undefined } : this.#there('create', undefined)
  }

  /** What holds nothing but values: others may hold the same, so that it can lead nowhere. Only its end is remembered. */
  async #copy(plan: Plan, { source, body, life }: Elsewhere): Promise<Saved> {
    const from = await this.#adoptions.keyOf(source.presented)
    if (isEnd(plan)) {
      await this.#adoptions.end(from)
      return this.#ended(plan)
    }
    const begun = await this.#begin(plan, { ...body, from }, life.createdAt)
    if ((await this.#adoptions.follow(source.presented)) === undefined) return begun.done()
    await this.#there('end', begun.held, { ...this.#taken, ...NOTHING })
    return { held: undefined, dropped: 'ended' }
  }

  /** A new id is a second step: the old ticket leads to what there was, and must not open what a sign-in makes of it. */
  async #begin(plan: Plan, body: Body, createdAt: number) {
    const isMove = plan === 'replace'
    const begun = await this.#home.begin(body, isMove ? { ...this.#taken, ...NOTHING } : this.#taken, createdAt)
    return { ...begun, done: (): Promise<Saved> | Saved => (isMove ? this.#there(plan, begun.held) : begun) }
  }

  /** Kept here from now on, or ended; whoever comes second goes on with what the first one made. */
  async #moveIn(plan: Plan, held: Elsewhere, unique: string): Promise<Saved> {
    const adoptions = this.#adoptions
    if ((await adoptions.follow(unique)) === undefined) {
      if (isEnd(plan) && (await adoptions.point(unique, '', held.handle))) return this.#ended(plan)
      if (!isEnd(plan)) {
        const begun = await this.#begin(plan, held.body, held.life.createdAt)
        // A client that resends after a lost answer finds the way taken by itself.
        const isOurs =
          (await adoptions.point(unique, begun.id, begun.held.handle)) || (await adoptions.follow(unique)) === begun.id
        if (isOurs) return begun.done()
        await this.#there('end', begun.held, { ...this.#taken, ...NOTHING })
      }
    }
    const id = await adoptions.follow(unique)
    const there = id ? await this.#home.resume(id, held.body) : undefined
    if (there) return this.#there(plan, there)
    if (isEnd(plan)) return this.#ended(plan)
    return { held: undefined, dropped: 'ended' }
  }
}
