import { randomText } from '../crypto/random.ts'
import type { Adoptions } from './adoptions.ts'
import type { Body } from './body.ts'
import type { Foreign, Held, Refused, Saved, Taken } from './engine.ts'
import type { Plan } from './plan.ts'

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
  findById(id: string, stale: boolean): Promise<H | Refused>
  begin(from: Body, taken: Taken, createdAt?: number): Promise<Begun<H>>
  commit(plan: Plan, held: H | undefined, taken: Taken): Promise<Saved>
}

interface Migrating<H extends Held> {
  adopt(source: Foreign): Promise<H | Elsewhere | Refused>
  commit(plan: Plan, held: H | Elsewhere | undefined, taken: Taken): Promise<Saved>
}

const NOTHING = { changes: { values: new Map(), flash: new Map(), flashRead: new Set<string>() }, move: undefined }

/** Takes sessions of other libraries home. An old ticket leads to what its session became, and opens nothing once that has ended. */
export function migrating<H extends Held>(home: Home<H>, adoptions: Adoptions): Migrating<H> {
  async function adopt(source: Foreign): Promise<H | Elsewhere | Refused> {
    const { unique, presented, body, life, isGone } = source
    const id = await adoptions.follow(unique ?? presented)
    if (id) return home.findById(id, true)
    const handle = await adoptions.keyOf(unique ?? randomText(18))
    if (id === '' || isGone) return { refused: 'unknown', handle }
    return { source, body, life, handle, stale: true, foreign: true }
  }

  async function commit(plan: Plan, held: H | Elsewhere | undefined, taken: Taken): Promise<Saved> {
    const ends = plan === 'end' || plan === 'end+create'
    if (held && 'source' in held) return held.source.unique === undefined ? copy(plan, held, taken) : moveIn(plan, held, taken)
    // First: whoever is told that this failed tries again, and finds the session still there.
    if (ends && held?.body.from !== undefined) await adoptions.end(held.body.from)
    return home.commit(plan, held, taken)
  }

  const ended = (plan: Plan, taken: Taken): Promise<Saved> | Saved =>
    plan === 'end' ? { held: undefined } : home.commit('create', undefined, taken)

  /** What holds nothing but values: others may hold the same, so that it can lead nowhere. Only its end is remembered. */
  async function copy(plan: Plan, { source, body, life }: Elsewhere, taken: Taken): Promise<Saved> {
    const from = await adoptions.keyOf(source.presented)
    if (plan === 'end' || plan === 'end+create') {
      await adoptions.end(from)
      return ended(plan, taken)
    }
    const saved = await begun(plan, { ...body, from }, life.createdAt, taken)
    if ((await adoptions.follow(source.presented)) === undefined) return saved.done()
    await home.commit('end', saved.held, { ...taken, ...NOTHING })
    return { held: undefined, dropped: 'ended' }
  }

  /** A new id is a second step: the old ticket leads to what there was, and must not open what a sign-in makes of it. */
  async function begun(plan: Plan, body: Body, createdAt: number, taken: Taken) {
    const moves = plan === 'replace'
    const made = await home.begin(body, moves ? { ...taken, ...NOTHING } : taken, createdAt)
    return { ...made, done: (): Promise<Saved> | Saved => (moves ? home.commit(plan, made.held, taken) : made) }
  }

  /** Kept here from now on, or ended; whoever comes second goes on with what the first one made. */
  async function moveIn(plan: Plan, held: Elsewhere, taken: Taken): Promise<Saved> {
    const { unique = '' } = held.source
    const ends = plan === 'end' || plan === 'end+create'
    if ((await adoptions.follow(unique)) === undefined) {
      if (ends && (await adoptions.point(unique, '', held.handle))) return ended(plan, taken)
      if (!ends) {
        const made = await begun(plan, held.body, held.life.createdAt, taken)
        // A client that resends after a lost answer finds the way taken by itself.
        const isOurs = (await adoptions.point(unique, made.id, made.held.handle)) || (await adoptions.follow(unique)) === made.id
        if (isOurs) return made.done()
        await home.commit('end', made.held, { ...taken, ...NOTHING })
      }
    }
    const id = await adoptions.follow(unique)
    const found: H | Refused = id ? await home.findById(id, true) : { refused: 'unknown' }
    // Whoever comes to where it moved on from goes on with what it saw.
    const movedOn = 'refused' in found && found.ends ? { ...(found.ends as H), body: held.body, life: held.life } : undefined
    const there = 'refused' in found ? movedOn : found
    if (there) return home.commit(plan, there, taken)
    if (plan === 'end+create') return ended(plan, taken)
    return { held: undefined, ...(plan !== 'end' && { dropped: 'ended' }) }
  }

  return { adopt, commit }
}
