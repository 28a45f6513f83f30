import type { OwnerLimit } from '../../src/core/owners/types.ts'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { type Exploration, type Outcome, stepped } from '../../src/testing/interleave.ts'
import type { Engine } from '../helpers/scenarios.ts'

/**
 * What may happen at once to the sessions of ada, who has one already. S signs in from a guest's session, N from none, U once more from hers;
 * R renews hers, W writes to it, D signs it out, H ends it by its handle. E changes the password and ends all, X all but hers.
 */
export type Letter = 'S' | 'N' | 'U' | 'R' | 'W' | 'D' | 'H' | 'E' | 'X'

export interface Owners {
  readonly letters: string
  readonly limit?: OwnerLimit
  /** Default true: sign-ins take a mark before the password is checked. */
  readonly marks?: boolean
  /** Clocks that differ: each process is 60 seconds before or behind the next. Default true where there are marks. */
  readonly skew?: boolean
  /** Her sessions are in their cookies, with entries in the store. Default false. */
  readonly sealed?: boolean
  readonly engine?: Engine
}

interface World {
  readonly actors: Record<string, () => Promise<Answer | undefined>>
  /** Whether a ticket opens a session of ada, undisturbed. */
  opens(ticket: string): Promise<boolean>
  /** How many sessions ada has, and whether hers of before is among them. */
  listed(): Promise<{ readonly count: number; readonly hasFirst: boolean }>
  endAll(): Promise<number>
  /** Somebody signs in afterwards, by a clock that is behind all others; whether that opens a session of ada. */
  comesLast(): Promise<boolean>
  readonly first: string
}

interface Answer {
  readonly ticket?: string | undefined
  /** The password that was checked, or set: they are counted. */
  readonly password: number
}

const NOW = 4_000_000_000_000
const SECRET = 'kY8!vQ2m#Zr7@pLx4^Tn9&Wc6*Hd3$Bf1'
const own = { sessionsOf, adapterOf }

export function owners({ letters, limit, marks = true, skew = marks, sealed = false, engine = own }: Owners): Exploration<World> {
  const names = [...letters].map((letter, at) => `${letter}${at + 1}`)
  return {
    actors: Object.fromEntries(names.map((name) => [name, (world: World) => world.actors[name]?.()])),
    async setup(turns) {
      const store = memoryStore()
      const make = (through: Store, now: number, maxPerOwner = limit) => {
        const sessions = engine.sessionsOf<Record<string, unknown>, object>(
          {
            ...(sealed ? { revocations: { store: through, list: true } } : { store: through }),
            ...{ secrets: SECRET, header: 'x-ticket', cookie: false, now: () => now },
            ...(maxPerOwner && { maxPerOwner }),
          },
          { storeTimeout: Number.POSITIVE_INFINITY, sleep: async () => {} },
        )
        return { sessions, adapter: engine.adapterOf(sessions) }
      }
      const plain = make(store, NOW)
      const later = make(store, NOW + 200_000)
      const visit = ({ adapter }: typeof plain, ticket: string) =>
        adapter.detached({ get: (name) => (name === 'x-ticket' ? ticket : null) })
      const begin = async (owner?: string, site = plain) => {
        const request = visit(site, '')
        const session = await request.open()
        session.set('n', 0)
        if (owner !== undefined) session.signIn(owner)
        const { ticket = '' } = await request.commit()
        return { ticket, handle: session.handle ?? '' }
      }
      const [guest, first] = [await begin(), await begin('ada')]
      let password = 1
      const act = (name: string, at: number) => async (): Promise<Answer | undefined> => {
        const site = make(inARow(stepped(store, turns, name)), NOW + (skew ? (at % 2 === 0 ? 60_000 : 0) : 0))
        const letter = name[0] as Letter
        if (letter === 'E' || letter === 'X') {
          const set = await turns.step(name, 'password', async () => ++password)
          await site.sessions.endAll('ada', letter === 'X' ? { except: first.handle } : {})
          return { password: set }
        }
        if (letter === 'H') {
          await site.sessions.end(first.handle)
          return { password }
        }
        const request = visit(site, letter === 'S' ? guest.ticket : letter === 'N' ? '' : first.ticket)
        const session = await request.open()
        if (letter === 'U' && session.owner !== 'ada') return undefined
        let checked = 1
        const signsIn = letter === 'S' || letter === 'N' || letter === 'U'
        if (signsIn) {
          const mark = marks ? { mark: await site.sessions.mark('ada') } : {}
          checked = await turns.step(name, 'check', async () => password)
          session.signIn('ada', mark)
        } else if (session.owner !== 'ada') return undefined
        else if (letter === 'R') session.regenerateId()
        else if (letter === 'D') session.destroy()
        if (letter !== 'D') session.update('n', (n) => ((n as number | undefined) ?? 0) + 1)
        try {
          return { ticket: (await request.commit()).ticket, password: checked }
        } catch (error) {
          if (['CONFLICT', 'TOO_MANY_SESSIONS'].includes((error as { code: string }).code)) return undefined
          throw error
        }
      }
      return {
        actors: Object.fromEntries(names.map((name, at) => [name, act(name, at)])),
        opens: async (ticket) => (await visit(later, ticket).open()).owner === 'ada',
        async listed() {
          const { sessions } = await later.sessions.list('ada', { current: first.handle })
          return { count: sessions.length, hasFirst: sessions.some(({ isCurrent }) => isCurrent) }
        },
        endAll: () => plain.sessions.endAll('ada'),
        async comesLast() {
          const { ticket } = await begin('ada', make(store, NOW - 60_000))
          return (await visit(plain, ticket).open()).owner === 'ada'
        },
        first: first.ticket,
      }
    },
    check: (world, outcome) => check(world, outcome, limit),
  }
}

/** Calls of one process that are made at once go one after the other: in which order they are carried out changes nothing. */
function inARow<S extends object>(store: S): S {
  let last: Promise<unknown> = Promise.resolve()
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => {
        const answer = last.then(() => Reflect.apply(method, target, args))
        last = answer.catch(() => {})
        return answer
      }
    },
  })
}

const must = (holds: boolean, what: string) => {
  if (!holds) throw new Error(what)
}

async function check(world: World, { results, killed }: Outcome, limit: OwnerLimit | undefined): Promise<void> {
  const asked = Object.keys(world.actors)
  const done = (letters: string) => asked.filter((name) => letters.includes(name[0] as string) && name in results)
  const was = (letters: string) => asked.some((name) => letters.includes(name[0] as string))
  const answers = (letters: string) => done(letters).flatMap((name) => (results[name] as Answer | undefined) ?? [])
  /** Those for which a password was checked that was changed before everything was ended. */
  const tickets = (letters: string, before = Number.POSITIVE_INFINITY) =>
    answers(letters).flatMap(({ ticket, password }) => (ticket !== undefined && password < before ? ticket : []))
  const last = (letters: string) => Math.max(0, ...answers(letters).map(({ password }) => password))
  const alive = async (all: readonly string[]) => {
    const open = await Promise.all(all.map((ticket) => world.opens(ticket)))
    return open.filter(Boolean).length
  }
  const hers = [world.first, ...tickets('RUW')]
  const others = tickets('SN')
  if (done('X').length > 0) must((await alive(tickets('SN', last('X')))) === 0, 'a sign-in outlived the end of all others')
  // Whoever ends it, or signs in where there is room for one, may have ended hers.
  if (done('X').length > 0 && !was('EHD') && !limit) must((await world.listed()).hasFirst, 'her own session was ended')
  if (done('E').length > 0)
    must((await alive([world.first, ...tickets('RUWSN', last('E'))])) === 0, 'a session outlived the end of all')
  if (done('H').length > 0 || done('D').length > 0) must((await alive(hers)) === 0, 'a session outlived its own end')
  const { count: shown } = await world.listed()
  must(shown >= Math.min(1, await alive(hers)) + (await alive(others)), 'a session that lives is not listed')
  if (limit && killed === undefined) {
    const { count } = await world.listed()
    must(count <= limit.count, `${count} sessions, and ${limit.count} are allowed`)
    if (limit.evict === 'oldest' && !was('EXHD')) must(count === limit.count, `${count} sessions are left of ${limit.count}`)
    const live = await alive([...hers, ...others])
    if (!was('EXHD')) must(live >= 1, 'everybody was signed out')
    if (limit.evict === 'oldest' && !was('EX')) must(await world.comesLast(), 'who signed in last is not signed in')
  }
  if (limit && (done('SN').length > 0 || limit.evict === 'refuse'))
    must((await alive([...hers, ...others])) <= limit.count, 'more are signed in than are allowed')
  if (killed !== undefined && was('E')) {
    await world.endAll()
    must((await alive([...hers, ...others])) === 0, 'a session outlived the end of all that was asked for once more')
    must((await world.listed()).count === 0, 'a session is listed after the end of all')
  }
}
