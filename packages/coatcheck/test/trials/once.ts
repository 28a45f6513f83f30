import type { Session } from '../../src/core/session/types.ts'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { type Exploration, type Outcome, type Scheduler, stepped } from '../../src/testing/interleave.ts'
import { Provider, type Tokens } from '../helpers/provider.ts'
import type { Engine } from '../helpers/scenarios.ts'

/**
 * Requests of one session at once. O: refreshes its tokens, each in a process of its own; P: in the process of the first. D signs out, R asks
 * for a new id, W writes another key, S signs in a step up. Time passes as somebody wakes: then it is as late as that.
 */
export interface OnceTrial {
  readonly letters: string
  readonly engine?: Engine
}

const SECRET = 'kY8!vQ2m#Zr7@pLx4^Tn9&Wc6*Hd3$Bf1'
const START = 4_000_000_000_000
const LEASE = 5000

/** A lease as it was stored. */
interface Leased {
  readonly state: string
  readonly by: string
  readonly at: number
}

interface Call {
  readonly process: string
  readonly token: string
  readonly attempt: number
  /** How long the lease before this one was not renewed, if somebody else had one. */
  readonly waited: number | undefined
}

interface World {
  readonly provider: Provider
  readonly calls: Call[]
  /** Access tokens that were ever in the store. */
  readonly stored: Set<string>
  readonly actors: Record<string, () => Promise<string>>
  /** What is stored in the end; undefined: the session has ended. */
  final(): Promise<Tokens | undefined>
}

export function onceTrial({ letters, engine = { sessionsOf, adapterOf } }: OnceTrial): Exploration<World> {
  const names = [...letters].map((letter, at) => `${letter}${at + 1}`)
  const first = names.find((name) => name.startsWith('O')) ?? ''
  const processOf = (name: string): string => (name.startsWith('P') ? first : name)
  return {
    processes: Object.fromEntries(names.map((name) => [name, processOf(name)])),
    actors: Object.fromEntries(names.map((name) => [name, (world) => world.actors[name]?.()])),
    setup: (turns) => worldOf(names, processOf, turns, engine),
    check: (world, outcome) => check(world, outcome, letters),
  }
}

async function worldOf(
  names: readonly string[],
  processOf: (name: string) => string,
  turns: Scheduler,
  engine: Engine,
): Promise<World> {
  let time = START
  const memory = memoryStore()
  const stored = new Set<string>()
  const leases: Leased[] = []
  const watched: Store = {
    ...memory,
    async update(key, record, version) {
      const written = await memory.update(key, record, version)
      if (written === undefined) return written
      for (const [token] of record.data.matchAll(/access-\d+/g)) stored.add(token)
      const [state, by] = /"by":"([^"]+)","nth":\d+,"beat":\d+/.exec(record.data) ?? []
      // What others write beside a lease does not renew it.
      if (state && by && !leases.some((lease) => lease.state === state)) leases.push({ state, by, at: time })
      return written
    },
  }
  const make = (store: Store, process?: string) => {
    const options = { secrets: SECRET, store, header: 'x-ticket', cookie: false, now: () => time } as const
    const sleep = async (ms: number): Promise<void> => {
      if (process === undefined) return
      const until = time + ms
      await turns.step(process, 'sleep', () => {
        time = Math.max(time, until)
      })
    }
    const surroundings = { sleep, random: () => 0.5, storeTimeout: Infinity, conflictTimeout: Infinity, maxRequestTime: 1e9 }
    return engine.adapterOf(engine.sessionsOf<Record<string, unknown>, object>(options, surroundings))
  }
  const presenting = (ticket: string) => ({ get: (name: string) => (name === 'x-ticket' ? ticket : null) })
  const provider = new Provider({ leeway: true })
  const begin = make(watched).detached(presenting(''))
  const session = await begin.open()
  session.signIn('ada')
  session.set('tokens', provider.newest)
  const { ticket = '' } = await begin.commit()
  const { handle = '' } = session
  // What is loaded when it is first called is there before the search begins.
  const warm = await make(memoryStore()).detached(presenting('')).open()
  await warm.once('warm', () => 1, { for: 1 })

  const calls: Call[] = []
  const adapters = new Map<string, ReturnType<typeof make>>()
  for (const name of names) {
    const process = processOf(name)
    if (!adapters.has(process)) adapters.set(process, make(stepped(watched, turns, process), process))
  }
  const refresh =
    (process: string) =>
    async (current: unknown, { attempt }: { readonly attempt: number }) => {
      const { refresh: token } = current as Tokens
      const mine = leases.at(-1)
      const other = leases.findLast(({ by }) => by !== mine?.by)
      calls.push({ process, token, attempt, waited: other && (mine?.at ?? 0) - other.at })
      const tokens = await turns.step(process, 'refresh', () => provider.refresh(token))
      await turns.step(process, 'receive', () => {})
      return tokens
    }
  const acts: Readonly<Record<string, (session: Session, process: string) => unknown>> = {
    D: (session) => session.signOut(),
    R: (session) => session.regenerateId(),
    S: (session) => session.signIn('ada'),
    W: (session) => session.set('other', 1),
    O: (session, process) => session.once('tokens', refresh(process), { for: 1e8 }),
    P: (session, process) => session.once('tokens', refresh(process), { for: 1e8 }),
  }
  const act = (name: string) => async (): Promise<string> => {
    const process = processOf(name)
    const requestSession = (adapters.get(process) as ReturnType<typeof make>).detached(presenting(ticket))
    try {
      const session = (await requestSession.open()) as unknown as Session
      if (session.isNew) return 'gone'
      const came = await acts[name[0] as string]?.(session, process)
      await requestSession.commit()
      return (came as Tokens | undefined)?.access ?? 'done'
    } catch (error) {
      return String((error as { readonly code?: string }).code ?? error)
    }
  }
  const final = async (): Promise<Tokens | undefined> => {
    for (let key = handle; ; ) {
      const { data = '{}' } = (await memory.read(key))?.record ?? {}
      const parsed = JSON.parse(data) as { to?: { key: string }; data?: { tokens?: { v: Tokens } } }
      if (!parsed.to) return parsed.data?.tokens?.v
      key = parsed.to.key
    }
  }
  return { provider, calls, stored, final, actors: Object.fromEntries(names.map((name) => [name, act(name)])) }
}

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what)
}

async function check({ provider, calls, stored, final }: World, { results, killed }: Outcome, letters: string): Promise<void> {
  const ends = letters.includes('D')
  const moves = /[RS]/.test(letters)
  const came = Object.entries(results).map(([name, result]) => ({ letter: name[0] ?? '', result: String(result) }))
  const refreshed = came.filter(({ letter }) => letter === 'O' || letter === 'P')
  for (const { result } of refreshed) {
    const isToken = result.startsWith('access-')
    const isAllowed = isToken || (ends && /^(SESSION_ENDED|gone)$/.test(result)) || (moves && /^(CONFLICT|gone)$/.test(result))
    must(isAllowed, `somebody got ${result}`)
    must(!isToken || stored.has(result), 'somebody got tokens that were never stored')
    must(!isToken || result === 'access-1', `somebody got ${result}`)
  }
  // One call for each attempt, and a further attempt only once nobody had renewed the lease for its time.
  const attempts = calls.map(({ token, attempt }) => `${token} ${attempt}`)
  must(new Set(attempts).size === attempts.length, `asked twice: ${attempts}`)
  for (const { attempt, waited } of calls) must(attempt === 1 || (waited ?? 0) >= LEASE, `a lease was taken after ${waited} ms`)
  for (const { token } of calls) must(token === 'refresh-0', `asked with ${token}`)
  must(!provider.isRevoked, 'the tokens were revoked')
  const isDone = refreshed.some(({ result }) => result.startsWith('access-'))
  const left = await final()
  if (!ends) must(left !== undefined, 'the session is lost')
  if (left && isDone && killed === undefined) must(left.access === provider.newest.access, `${left.access} is stored in the end`)
  if (came.some(({ letter, result }) => letter === 'D' && result === 'done')) must(left === undefined, 'it outlived a sign-out')
}
