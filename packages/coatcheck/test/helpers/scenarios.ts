import { decode } from '../../src/core/model/contents.ts'
import type { SessionEvent } from '../../src/core/model/events.ts'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import type { Store } from '../../src/stores/store.ts'
import type { Exploration, Outcome } from '../../src/testing/interleave.ts'
import { Trace } from './traced.ts'

/**
 * What may happen at once to one session, and what must be true afterwards. Letters as in a schedule's name: R renews the id,
 * S signs in (as alice), B signs in as bob, W writes, D ends the session, N is a new request with the old ticket.
 */
export type Letter = 'R' | 'S' | 'B' | 'W' | 'D' | 'N'

/** The parts of the engine under test; a mutant brings its own. */
export interface Engine {
  readonly sessionsOf: typeof sessionsOf
  readonly adapterOf: typeof adapterOf
}

export interface Scenario {
  readonly letters: string
  readonly store: () => Store | Promise<Store>
  /** Whose the session is before. Default nobody's. */
  readonly owner?: string
  /** All requests are served by one process, so that their commits are grouped. Default: each by its own. */
  readonly together?: boolean
  readonly secrets?: readonly string[]
  readonly engine?: Engine
}

/** What a request that was answered can tell. */
interface Answer {
  readonly letter: Letter
  readonly isNew: boolean
  readonly ticket: string | undefined
  readonly handle: string | undefined
  /** What it saw of the session after its commit. */
  readonly sawOwner: string | undefined
  readonly sawSecret: boolean
}

interface World {
  readonly trace: Trace
  readonly actors: Record<string, () => Promise<Answer | undefined>>
  /** Opens a session by its ticket, undisturbed. */
  look(ticket: string): Promise<Looked>
  /** Follows the pointers from the first ticket's record to where the session is now. */
  final(): Promise<{ keys: string[]; n: unknown; owner: string | undefined } | undefined>
  /** Handles of all records that are sessions, not pointers. */
  alive(): Promise<string[]>
  readonly first: { ticket: string; handle: string }
  readonly events: SessionEvent[]
}

interface Looked {
  readonly found: boolean
  readonly keys: string[]
  readonly n: unknown
  readonly owner: string | undefined
}

/** Every pair of requests. */
export const PAIRS = ['WW', 'RW', 'RD', 'SW', 'SD', 'RR', 'SS', 'RS', 'SB', 'WD', 'RN', 'SN', 'WN', 'DN', 'DD'] as const

/** Nobody's session or alice's, its requests served by two processes or by one. */
export const SETTINGS: readonly Partial<Scenario>[] = [
  {},
  { owner: 'alice' },
  { together: true },
  { owner: 'alice', together: true },
]

/** Each of both once. */
export const HALF_OF_SETTINGS: readonly Partial<Scenario>[] = [{}, { owner: 'alice', together: true }]

export const SECRET = 'kY8!vQ2m#Zr7@pLx4^Tn9&Wc6*Hd3$Bf1'

export function scenario({
  letters,
  store: makeStore,
  owner,
  together,
  secrets = [SECRET],
  engine = { sessionsOf, adapterOf },
}: Scenario): Exploration<World> {
  const names = [...letters].map((letter, at) => `${letter}${at + 1}`)
  const processOf = (name: string) => (together ? 'p' : name)
  return {
    processes: Object.fromEntries(names.map((name) => [name, processOf(name)])),
    actors: Object.fromEntries(names.map((name) => [name, (world) => world.actors[name]?.()])),
    async setup(turns) {
      const store = await makeStore()
      const events: SessionEvent[] = []
      const make = (through: Store, now = () => 4_000_000_000_000) => {
        const options = {
          ...(secrets.length > 0 && { secrets }),
          store: through,
          header: 'x-ticket',
          cookie: false,
          now,
          onEvent: (event: SessionEvent) => events.push(event),
        } as const
        return engine.adapterOf(engine.sessionsOf<Values, object>(options, { storeTimeout: Infinity, sleep: async () => {} }))
      }
      const plain = make(store)
      // When the time is over in which an old ticket may be presented anew.
      const later = make(store, () => 4_000_000_000_000 + 200_000)
      const presenting = (ticket: string) => ({ get: (name: string) => (name === 'x-ticket' ? ticket : null) })
      const begin = plain.detached(presenting(''))
      const session = await begin.open()
      session.set('n', 0)
      session.set('guest', true)
      if (owner !== undefined) session.signIn(owner)
      const { ticket = '' } = await begin.commit()
      const first = { ticket, handle: session.handle ?? '' }
      const trace = new Trace(first.handle)
      const adapters = new Map(names.map((name) => [processOf(name), undefined as ReturnType<typeof make> | undefined]))
      for (const process of adapters.keys()) adapters.set(process, make(trace.of(store, turns, process)))
      const act = (name: string) => async (): Promise<Answer | undefined> => {
        const letter = name[0] as Letter
        const requestSession = (adapters.get(processOf(name)) as ReturnType<typeof make>).detached(presenting(ticket))
        const session = await requestSession.open()
        const { isNew } = session
        if (letter === 'R') session.regenerateId()
        if (letter === 'S') session.signIn('alice')
        if (letter === 'B') session.signIn('bob')
        if (letter === 'S' || letter === 'B') session.set('secret', letter)
        if (letter === 'D') session.destroy()
        else {
          session.update('n', (n) => (n as number) + 1)
          session.set(name, true)
        }
        try {
          const committed = await requestSession.commit()
          const { handle } = session
          return {
            letter,
            isNew,
            ticket: committed.ticket,
            handle,
            sawOwner: session.owner,
            sawSecret: session.get('secret') !== undefined,
          }
        } catch (error) {
          if ((error as { code?: string }).code === 'CONFLICT') return undefined // told so: not acknowledged
          throw error
        }
      }
      const look = async (shown: string): Promise<Looked> => {
        const session = await later.detached(presenting(shown)).open()
        return { found: session.handle !== undefined, keys: session.keys(), n: session.get('n'), owner: session.owner }
      }
      const bodyAt = async (key: string) => {
        const found = await store.read(key)
        const decoded = found && decode(found.record.data)
        return typeof decoded === 'object' ? decoded : undefined
      }
      const final = async () => {
        let decoded = await bodyAt(first.handle)
        while (decoded?.to) decoded = await bodyAt(decoded.to.key)
        if (!decoded || decoded.ended) return undefined
        const { values, owner } = decoded.contents
        return { keys: [...values.keys()], n: values.get('n')?.take(), owner }
      }
      const alive = async () => {
        const { keys } = (await store.list?.(undefined, 100)) ?? { keys: [] }
        const isSession = (decoded: Awaited<ReturnType<typeof bodyAt>>) => decoded !== undefined && !decoded.to && !decoded.ended
        const bodies = await Promise.all(keys.map(async (key) => (isSession(await bodyAt(key)) ? key : undefined)))
        return bodies.filter((key) => key !== undefined)
      }
      const actors = Object.fromEntries(names.map((name) => [name, act(name)]))
      return { actors, look, final, alive, first, events, trace }
    },
    check: (world, outcome) => check(world, outcome, owner),
    state: ({ trace }) => `${trace}`,
  }
}

interface Values {
  n: number
  guest: boolean
}

const must = (holds: boolean, what: string) => {
  if (!holds) throw new Error(what)
}

/** Promises 1, 2 and 8, whatever happened to a session that was `before`'s. */
async function check(world: World, { results, killed }: Outcome, before: string | undefined): Promise<void> {
  const answers = Object.entries(results).flatMap(([name, answer]) => (answer ? [{ ...(answer as Answer), name }] : []))
  const ours = answers.filter(({ isNew }) => !isNew)
  // Somebody wanted to end the session, acknowledged or not; that another person signs in ends it too.
  const ends = Object.keys(world.actors).some((name) => name.startsWith('D') || (name.startsWith('B') && before === 'alice'))
  const signedIn = ours.filter(({ letter }) => letter === 'S' || letter === 'B')
  const renewed = ours.filter(({ letter }) => letter === 'R')

  // Promise 8: no old id opens anything once a new one was given out.
  const old = await world.look(world.first.ticket)
  if (signedIn.length + renewed.length > 0) must(!old.found, 'the old ticket still opens a session')
  for (const { name, letter, sawOwner, sawSecret, ticket } of ours) {
    if (letter === 'B' && before === 'alice' && ticket !== undefined) {
      must(!(await world.look(ticket)).keys.includes('guest'), `${name} was given the values of another person`)
    }
    if (letter === 'S' || letter === 'B') continue
    // What else was under way never shows what was signed in, and never lets anybody into it.
    must(!sawSecret && (sawOwner === before || sawOwner === undefined), `${name} saw the signed-in session`)
    if (ticket === undefined) continue
    const looked = await world.look(ticket)
    must(
      !looked.keys.includes('secret') && (!looked.found || looked.owner === before),
      `${name} walked off with the signed-in session's ticket`,
    )
  }

  const began = ({ letter }: Answer) => letter === 'B' && before === 'alice' // bob's session is a new one
  if (ours.some(({ letter }) => letter === 'D')) {
    // Promise 2: once a logout is acknowledged, nothing opens the session.
    must(!old.found, 'the ticket still opens the session after a logout')
    for (const { name, ticket } of ours.filter((answer) => !began(answer))) {
      if (ticket !== undefined)
        must(!(await world.look(ticket)).found, `the ticket of ${name} is alive after an acknowledged logout`)
    }
    if (killed === undefined) {
      const others = new Set(answers.filter((answer) => answer.isNew || began(answer)).map(({ handle }) => handle))
      const left = (await world.alive()).filter((key) => !others.has(key))
      must(left.length === 0, `${left.length} record(s) left in the store after an acknowledged logout`)
    }
  } else if (!ends) {
    // Promise 1: what was acknowledged is there, and every new ticket leads to it.
    const final = await world.final()
    must(final !== undefined, 'the session is lost')
    must(!world.events.some(({ type }) => type === 'dropped'), 'changes were dropped, and nobody ended the session')
    for (const { name } of ours) must(final?.keys.includes(name) === true, `what ${name} wrote is lost`)
    const n = Number(final?.n)
    // A process that dies may have kept what it did not live to acknowledge.
    const most = killed === undefined ? ours.length : Object.keys(world.actors).length
    must(n >= ours.length && n <= most, `counted ${n}, acknowledged ${ours.length}`)
    must(final?.keys.includes('guest') === true || final?.owner === 'bob', 'what was there before is lost')
    for (const { name, ticket } of signedIn) {
      const looked = await world.look(ticket ?? '')
      must(looked.found, `the ticket of ${name}, who signed in, is dead`)
    }
    if (signedIn.length === 0 && killed === undefined) {
      for (const { name, ticket } of renewed) must((await world.look(ticket ?? '')).found, `the new ticket of ${name} is dead`)
    }
  }
}
