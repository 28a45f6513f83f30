import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import { digest } from '../../src/crypto/digest.ts'
import type { Store } from '../../src/stores/store.ts'
import type { Exploration, Outcome } from '../../src/testing/interleave.ts'
import { type Engine, SECRET } from './scenarios.ts'
import { Trace } from './traced.ts'

/**
 * What may happen at once to one sealed session whose ends are written down, and what must be true afterwards. R renews the id, S signs in (as
 * alice), B signs in as bob, W writes, D ends the session, N only reads; X ends it and then, once that is acknowledged, comes again with the old
 * ticket to the process of the N; O ends all sessions of alice.
 */
export type RevokedLetter = 'R' | 'S' | 'B' | 'W' | 'D' | 'N' | 'X' | 'O'

export interface RevokedScenario {
  readonly letters: string
  readonly store: () => Store | Promise<Store>
  /** Whose the session is before. Default nobody's. */
  readonly owner?: string
  /** All requests are served by one process. Default: each by its own. */
  readonly together?: boolean
  /** Seconds for which a process goes by what it looked up. Default 0. */
  readonly every?: number
  readonly engine?: Engine
}

interface Answer {
  readonly letter: RevokedLetter
  readonly isNew: boolean
  readonly ticket: string | undefined
  readonly sawOwner: string | undefined
  readonly sawSecret: boolean
  /** What X found when it came again. */
  readonly cameBack?: boolean
}

interface Looked {
  readonly found: boolean
  readonly keys: readonly string[]
  readonly owner: string | undefined
}

interface World {
  readonly state: () => string
  readonly first: string
  readonly actors: Record<string, () => Promise<Answer | undefined>>
  /** Opens a session by its ticket, undisturbed, by a process that knows nothing, when the time is over in which old tickets show something. */
  look(ticket: string): Promise<Looked>
  /** The same by this actor's process, at once. */
  lookBy(name: string, ticket: string): Promise<Looked>
}

export const REVOKED_PAIRS = [
  'WW',
  'RW',
  'RD',
  'SW',
  'SD',
  'BD',
  'RR',
  'SS',
  'RS',
  'SB',
  'WD',
  'RN',
  'SN',
  'DN',
  'DD',
  'XN',
  'XW',
  'RO',
  'SO',
  'WO',
  'NO',
] as const

export const REVOKED_SETTINGS: readonly Partial<RevokedScenario>[] = [
  {},
  { owner: 'alice' },
  { together: true },
  { owner: 'alice', together: true },
  { every: 60 },
  { owner: 'alice', together: true, every: 60 },
]

const NOW = 4_000_000_000_000

export function revokedScenario(told: RevokedScenario): Exploration<World> {
  const { letters, store: makeStore, owner, together, every = 0, engine = { sessionsOf, adapterOf } } = told
  const names = [...letters].map((letter, at) => `${letter}${at + 1}`)
  const processOf = (name: string) => (together ? 'p' : name)
  return {
    processes: Object.fromEntries(names.map((name) => [name, processOf(name)])),
    actors: Object.fromEntries(names.map((name) => [name, (world) => world.actors[name]?.()])),
    async setup(turns) {
      const store = await makeStore()
      const make = (through: Store, now = () => NOW) => {
        const options = {
          secrets: [SECRET],
          revocations: { store: through, every },
          header: 'x-ticket',
          cookie: false,
          now,
        } as const
        const sessions = engine.sessionsOf(options, { storeTimeout: Infinity, sleep: async () => {} })
        return { sessions, detached: engine.adapterOf(sessions).detached }
      }
      const presenting = (ticket: string) => ({ get: (name: string) => (name === 'x-ticket' ? ticket : null) })
      const begin = make(store).detached(presenting(''))
      const session = await begin.open()
      session.set('guest', true)
      if (owner !== undefined) session.signIn(owner)
      const { ticket: first = '' } = await begin.commit()
      const trace = new Trace(`ended-${(await digest('revoked x-ticket', session.handle ?? '')).slice(6)}`)
      const answered: string[] = []
      const adapters = new Map<string, ReturnType<typeof make>>()
      for (const name of names) {
        const process = processOf(name)
        if (adapters.has(process)) continue
        const traced = trace.of(store, turns, process)
        // An answer is under way for a while: meanwhile the store may change.
        const read: Store['read'] = async (key) => {
          if (key.startsWith('epoch-') && !letters.includes('O')) return store.read(key) // nobody writes there
          const found = await traced.read(key)
          if (letters.includes('X')) await turns.step(process, 'answer', () => void answered.push(process))
          return found
        }
        const through: Store = {
          ...store,
          read,
          create: (...given) => traced.create(...given),
          update: (...given) => traced.update(...given),
        }
        // Whose clock is behind: what it ends began later, by another's.
        adapters.set(process, make(through, name.startsWith('O') && !together ? () => NOW - 60_000 : undefined))
      }
      const of = (name: string) => adapters.get(processOf(name)) as ReturnType<typeof make>
      const act = (name: string) => async (): Promise<Answer | undefined> => {
        const letter = name[0] as RevokedLetter
        if (letter === 'O') {
          await of(name).sessions.endAll('alice')
          return { letter, isNew: false, ticket: undefined, sawOwner: undefined, sawSecret: false }
        }
        // Before the password is checked: with clocks that differ nothing else tells.
        const mark = letter === 'S' && letters.includes('O') ? await of(name).sessions.mark('alice') : undefined
        const requestSession = of(name).detached(presenting(first))
        const session = await requestSession.open()
        const { isNew } = session
        if (letter === 'R') session.regenerateId()
        if (letter === 'S') session.signIn('alice', mark === undefined ? {} : { mark })
        if (letter === 'B') session.signIn('bob')
        if (letter === 'S' || letter === 'B') session.set('secret', letter)
        if (letter === 'D' || letter === 'X') session.destroy()
        else if (letter !== 'N') session.set(name, true)
        try {
          const { ticket } = await requestSession.commit()
          const said = { letter, isNew, ticket, sawOwner: session.owner, sawSecret: session.get('secret') !== undefined }
          if (letter !== 'X') return said
          const other = names.find((each) => each !== name) ?? name
          const again = await of(other).detached(presenting(first)).open()
          return { ...said, cameBack: again.handle !== undefined }
        } catch (error) {
          const { code } = error as { code?: string }
          if (code === 'CONFLICT' || (letter === 'X' && code === 'ENDED')) return undefined // told so: not acknowledged
          throw error
        }
      }
      const lookBy = async (adapter: ReturnType<typeof make>, shown: string): Promise<Looked> => {
        const session = await adapter.detached(presenting(shown)).open()
        return { found: session.handle !== undefined, keys: session.keys(), owner: session.owner }
      }
      return {
        state: () => `${trace} ${[...answered].sort()}`,
        first,
        actors: Object.fromEntries(names.map((name) => [name, act(name)])),
        look: (ticket) =>
          lookBy(
            make(store, () => NOW + 200_000),
            ticket,
          ),
        lookBy: (name, ticket) => lookBy(of(name), ticket),
      }
    },
    check: (world, outcome) => check(world, outcome, told),
    state: (world) => world.state(),
  }
}

const must = (holds: boolean, what: string) => {
  if (!holds) throw new Error(what)
}

async function check(
  world: World,
  { results, killed }: Outcome,
  { owner: before, together, every }: RevokedScenario,
): Promise<void> {
  const answers = Object.entries(results).flatMap(([name, answer]) => (answer ? [{ ...(answer as Answer), name }] : []))
  const ours = answers.filter(({ isNew }) => !isNew)
  // Bob's session is a new one, where alice was signed in: hers ends.
  // Also where nobody was told of it: it may have been carried out.
  const endsAlices = Object.keys(world.actors).some((name) => name.startsWith('O'))
  const isBobs = ({ letter }: Answer) => letter === 'B' && before === 'alice'
  const ends = (letter: string) => letter === 'D' || letter === 'X' || (before === 'alice' && (letter === 'B' || letter === 'O'))
  const mayEnd = Object.keys(world.actors).some((name) => ends(name.charAt(0)))
  const moved = ours.filter((each) => 'RSB'.includes(each.letter) && !isBobs(each) && each.ticket !== undefined)
  const ended = ours.filter(({ letter }) => ends(letter))
  const old = await world.look(world.first)

  if (moved.length + ended.length > 0) must(!old.found, 'the old ticket still opens the session')
  // Another process may go by what it looked up before, for as long as it was told.
  for (const { name, cameBack } of every && !together ? [] : ours)
    must(cameBack !== true, `${name} ended the session, came again and was let in`)
  for (const each of ours) {
    const { name, letter, ticket, sawOwner, sawSecret } = each
    const looked = await world.look(ticket ?? '')
    if (isBobs(each)) must(!looked.keys.includes('guest'), `${name} was given the values of another person`)
    if (ended.length > 0 && !isBobs(each)) must(!looked.found, `the ticket of ${name} is alive after an acknowledged end`)
    if (letter === 'S' || letter === 'B' || letter === 'O') continue
    must(!sawSecret && (sawOwner === before || sawOwner === undefined), `${name} saw the signed-in session`)
    must(
      !looked.keys.includes('secret') && (!looked.found || looked.owner === before),
      `${name} holds the signed-in session's ticket`,
    )
    // Who held the old ticket holds nothing that outlives it: it may be a thief.
    if (letter !== 'R' && moved.length > 0) must(!looked.found, `the ticket of ${name} outlives the old id`)
  }
  if (together && killed === undefined && ended.length > 0)
    for (const { ticket } of ours.filter((each) => !isBobs(each)))
      must(!(await world.lookBy(ours[0]?.name ?? '', ticket ?? world.first)).found, 'the process that ended it still opens it')
  if (mayEnd) return
  // A sign-in that was begun before an end that nobody waited for may have counted or not.
  for (const { name, letter, ticket } of moved)
    if ((letter !== 'R' || moved.length === 1) && !endsAlices)
      must((await world.look(ticket ?? '')).found, `the ticket of ${name} is dead`)
  if (moved.length === 0 && !Object.keys(world.actors).some((name) => 'RSB'.includes(name.charAt(0)))) {
    must(old.found, 'the session is lost')
    for (const { name, ticket } of ours)
      if (ticket !== undefined) must((await world.look(ticket)).found, `the ticket of ${name} is dead`)
  }
}
