import { decode } from '../../src/core/model/contents.ts'
import { authOf, impersonatorOf, released } from '../../src/core/model/standing.ts'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import type { Store } from '../../src/stores/store.ts'
import type { Exploration, Outcome } from '../../src/testing/interleave.ts'
import type { Engine } from './scenarios.ts'
import { Trace } from './traced.ts'

/**
 * What may happen at once to one session of eve: E elevates it, I acts as bob, J as carol, O goes back to the own session, S signs eve in
 * again, B signs bob in, R gives it a new id, W writes, D signs out. A small letter does so and stores nothing else.
 */
export type Letter = 'E' | 'I' | 'J' | 'O' | 'S' | 'B' | 'R' | 'W' | 'D'

interface Answer {
  readonly letter: Letter
  readonly stores: boolean
  readonly ticket: string | undefined
  /** The session was not there any more when it was to be stored. */
  readonly dropped: boolean
  readonly sawOwner: string | undefined
  readonly sawLevel: string | undefined
}

interface Looked {
  readonly found: boolean
  readonly keys: string[]
  readonly owner: string | undefined
  readonly impersonator: string | undefined
  readonly level: string | undefined
}

interface World {
  readonly trace: Trace
  readonly actors: Record<string, () => Promise<Answer | undefined>>
  look(ticket: string): Promise<Looked>
  /** Where the session is now, its own values and those of who is acted as. */
  final(): Promise<Final | undefined>
  alive(): Promise<string[]>
  readonly first: string
}

interface Final {
  readonly own: Record<string, unknown>
  readonly theirs: string[]
  readonly owner: string | undefined
  readonly impersonator: string | undefined
  readonly raisedTo: string | undefined
}

interface Scene {
  readonly letters: string
  readonly store: () => Store
  /** It acts as bob already. */
  readonly asBob?: boolean
  readonly together?: boolean
  /** A mutant brings its own. */
  readonly engine?: Engine
}

const SECRET = 'kY8!vQ2m#Zr7@pLx4^Tn9&Wc6*Hd3$Bf1'
const START = 4_000_000_000_000

export function scene({
  letters,
  store: makeStore,
  asBob = false,
  together = false,
  engine = { sessionsOf, adapterOf },
}: Scene): Exploration<World> {
  const names = [...letters].map((letter, at) => `${letter}${at + 1}`)
  const processOf = (name: string) => (together ? 'p' : name)
  return {
    processes: Object.fromEntries(names.map((name) => [name, processOf(name)])),
    actors: Object.fromEntries(names.map((name) => [name, (world) => world.actors[name]?.()])),
    async setup(turns) {
      const store = makeStore()
      const make = (through: Store, time = START) => {
        const options = { secrets: [SECRET], store: through, header: 'x-ticket', cookie: false, now: () => time } as const
        const surroundings = { storeTimeout: Infinity, sleep: async () => {} }
        return engine.adapterOf(engine.sessionsOf<Record<string, unknown>, object>(options, surroundings))
      }
      const [plain, later] = [make(store), make(store, START + 200_000)]
      const presenting = (ticket: string) => ({ get: (name: string) => (name === 'x-ticket' ? ticket : null) })
      const begin = plain.detached(presenting(''))
      const session = await begin.open()
      session.set('n', 0)
      session.signIn('eve')
      let { ticket: first = '' } = await begin.commit()
      if (asBob) {
        const next = plain.detached(presenting(first))
        ;(await next.open()).impersonate('bob')
        first = (await next.commit()).ticket ?? ''
      }
      const handle = (await plain.detached(presenting(first)).open()).handle ?? ''
      const trace = new Trace(handle)
      const adapters = new Map<string, ReturnType<typeof make>>()
      for (const name of names) {
        const process = processOf(name)
        if (!adapters.has(process)) adapters.set(process, make(trace.of(store, turns, process)))
      }
      const act = (name: string) => async (): Promise<Answer | undefined> => {
        const letter = name[0]?.toUpperCase() as Letter
        const stores = name.startsWith(letter)
        const requestSession = (adapters.get(processOf(name)) as ReturnType<typeof make>).detached(presenting(first))
        const session = await requestSession.open()
        if (session.handle === undefined) return undefined // it came too late
        try {
          if (letter === 'E') session.elevate('aal2')
          if (letter === 'I') session.impersonate('bob')
          if (letter === 'J') session.impersonate('carol')
          if (letter === 'O') session.endImpersonation()
          if (letter === 'S') session.signIn('eve')
          if (letter === 'B') session.signIn('bob')
          if (letter === 'R') session.regenerateId()
          if (letter === 'D') session.signOut()
          else if (stores) session.set(name, true)
          if (letter === 'W') session.update('n', (n) => ((n as number) ?? 0) + 1)
          const { ticket } = await requestSession.commit()
          const dropped = letter !== 'D' && session.handle === undefined
          return { letter, stores, ticket, dropped, sawOwner: session.owner, sawLevel: session.level }
        } catch (error) {
          if ((error as { code?: string }).code === 'CONFLICT') return undefined // told so: not acknowledged
          throw error
        }
      }
      const at = async (key: string) => {
        const found = await store.read(key)
        const decoded = found && decode(found.record.data)
        return typeof decoded === 'object' && !decoded.ended ? decoded : undefined
      }
      return {
        trace,
        first,
        actors: Object.fromEntries(names.map((name) => [name, act(name)])),
        async look(ticket) {
          const { handle, owner, impersonator, level, keys } = await later.detached(presenting(ticket)).open()
          return { found: handle !== undefined, keys: keys(), owner, impersonator, level }
        },
        async final() {
          let decoded = await at(handle)
          while (decoded?.to) decoded = await at(decoded.to.key)
          if (!decoded) return undefined
          const { contents } = decoded
          const impersonator = impersonatorOf(contents)
          const own = (impersonator === undefined ? contents : released(contents))?.values ?? new Map()
          return {
            own: Object.fromEntries(Array.from(own, ([key, entry]) => [key, entry.take()])),
            theirs: impersonator === undefined ? [] : [...contents.values.keys()],
            owner: contents.owner,
            impersonator,
            raisedTo: authOf(contents)?.up?.level,
          }
        },
        async alive() {
          const { keys } = (await store.list?.(undefined, 100)) ?? { keys: [] }
          const found = await Promise.all(keys.map(at))
          return keys.filter((_, place) => found[place] && !found[place].to)
        },
      }
    },
    check: (world, outcome) => check(world, outcome, asBob),
    state: ({ trace }) => `${trace}`,
  }
}

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what)
}

const MOVES: readonly Letter[] = ['E', 'I', 'J', 'O', 'S', 'B', 'R']

async function check(world: World, { results, killed }: Outcome, asBob: boolean): Promise<void> {
  const answers = Object.entries(results).flatMap(([name, answer]) => (answer ? [{ ...(answer as Answer), name }] : []))
  const kept = answers.filter(({ dropped }) => !dropped)
  const old = await world.look(world.first)
  // No old id opens anything once a new one was given out, or the session was ended.
  if (kept.some(({ letter, ticket }) => letter === 'D' || (MOVES.includes(letter) && ticket !== undefined)))
    must(!old.found, 'the old ticket still opens a session')

  for (const { name, letter, stores, ticket, sawOwner, sawLevel } of kept) {
    const mine = asBob ? 'bob' : 'eve'
    const whose = { I: 'bob', J: 'carol', O: 'eve', B: 'bob' }[letter as string] ?? mine
    // A request that asked for something else never comes to see another person's session, nor a higher level.
    // The second click of two goes on seeing what it saw.
    const isSecond = !stores && ticket === undefined && sawOwner === mine
    must(sawOwner === whose || sawOwner === undefined || letter === 'O' || isSecond, `${name} saw the session of ${sawOwner}`)
    if (letter !== 'E') must(sawLevel === undefined, `${name} saw the level of another request`)
    if (ticket === undefined) continue
    const looked = await world.look(ticket)
    if (!looked.found) continue
    must(looked.owner === whose, `${name} was given a ticket for ${looked.owner}`)
    must(letter === 'E' || looked.level === undefined, `${name} walked off with the level of another request`)
    must(letter !== 'E' || looked.level === 'aal2', `${name} was told of a level that is not there`)
    const isAs = letter === 'I' || letter === 'J' || (asBob && letter !== 'O' && letter !== 'B')
    must((looked.impersonator === 'eve') === isAs, `${name} is ${looked.impersonator} as ${looked.owner}`)
    // Nobody else writes into the session of who is acted as; what was written there is not in the own one.
    if (letter === 'I' || letter === 'J') must(looked.keys.join() === (stores ? name : ''), `${name} has ${looked.keys.join()}`)
    if (asBob && letter === 'O')
      must(
        looked.keys.every((key) => key === 'n' || key === name),
        `${name} has ${looked.keys}`,
      )
  }

  if (kept.some(({ letter }) => letter === 'D')) {
    for (const { name, ticket, letter } of kept)
      if (ticket !== undefined && letter !== 'B')
        must(!(await world.look(ticket)).found, `the ticket of ${name} is alive after an acknowledged logout`)
    const others = kept.filter(({ letter }) => letter === 'B').length
    if (killed === undefined) must((await world.alive()).length <= others, 'a record is left after an acknowledged logout')
    return
  }
  if (Object.keys(world.actors).some((name) => name.startsWith('D') || name.startsWith('B'))) return
  const final = await world.final()
  must(final !== undefined, 'the session is lost')
  if (killed === undefined) must((await world.alive()).length === 1, 'there is more than one session')
  // What was acknowledged is so.
  const names = Object.keys(world.actors).join()
  if (kept.some(({ letter }) => letter === 'E') && !names.includes('S'))
    must(final?.raisedTo === 'aal2', 'the level is not there')
  for (const { name, letter } of kept)
    if (letter === 'I' || letter === 'J')
      must(final?.owner === (letter === 'I' ? 'bob' : 'carol'), `${name} is not ${final?.owner}`)
  // What was stored in a session is there: in the own one, also while it waits.
  for (const { name, letter, stores } of kept) {
    if (!stores || (letter !== 'W' && letter !== 'R' && letter !== 'E')) continue
    const written = asBob ? final?.theirs : Object.keys(final?.own ?? {})
    const wentBack = asBob && final?.impersonator === undefined
    must(wentBack || written?.includes(name) === true, `what ${name} wrote is lost`)
  }
  if (!asBob) {
    const writers = kept.filter(({ letter }) => letter === 'W').length
    const n = Number(final?.own.n)
    const most = killed === undefined ? writers : Object.keys(world.actors).length
    must(n >= writers && n <= most, `counted ${n}, acknowledged ${writers}`)
  } else must(final?.own.n === 0, 'the own values are not as they were')
}
