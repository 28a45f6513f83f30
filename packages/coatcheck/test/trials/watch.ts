import type { Session } from '../../src/core/session/types.ts'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Listener, Store } from '../../src/stores/store.ts'
import type { Exploration, Outcome, Scheduler } from '../../src/testing/interleave.ts'
import type { Engine } from '../helpers/scenarios.ts'

/**
 * Processes around one session. L: opens it and asks for its signal; P: does so in the process of the first L. D ends it, R gives it a new id, S signs in with it, W writes a value. C:
 * every channel is cut, and what is on its way is lost. No timer ever fires: what is not told, or read again because a channel
 * was lost, is missed.
 */
export interface WatchTrial {
  readonly letters: string
  readonly engine?: Engine
  /** A fault of the store: it tells before it writes. */
  readonly tellsFirst?: boolean
  /** A fault of the store: a new id is not told. */
  readonly tellsDeletesOnly?: boolean
}

interface World {
  readonly actors: Record<string, () => Promise<string>>
  readonly signals: Map<string, AbortSignal>
  /** What the session is for who opened it with the first ticket. */
  final(): Promise<'alive' | 'over'>
}

const SECRET = 'kY8!vQ2m#Zr7@pLx4^Tn9&Wc6*Hd3$Bf1'
const START = 4_000_000_000_000

export function watchTrial(trial: WatchTrial): Exploration<World> {
  const names = [...trial.letters].map((letter, at) => `${letter}${at + 1}`)
  const processes = Object.fromEntries(names.map((name) => [name, processOf(name, names)]))
  return {
    processes,
    actors: Object.fromEntries(names.map((name) => [name, (world) => world.actors[name]?.()])),
    setup: (turns) => worldOf(names, turns, trial),
    check,
  }
}

const processOf = (name: string, names: readonly string[]): string =>
  name.startsWith('P') ? (names.find((each) => each.startsWith('L')) ?? name) : name

interface Wire {
  readonly listener: Listener
  isCut: boolean
}

/** A store on a server, whose notices are steps of their own. */
function server(turns: Scheduler, { tellsFirst = false, tellsDeletesOnly = false }: WatchTrial) {
  const { watch: _, ...memory } = memoryStore({ now: () => START })
  const wires = new Set<Wire>()
  const tell = (key: string): void => {
    for (const wire of wires) if (!wire.isCut) void turns.step('wire', 'tell', () => wire.isCut || wire.listener.told(key))
  }
  const storeOf = (process: string): Store => {
    const ask = <T>(call: string, act: () => Promise<T>) => turns.step(process, call, act)
    const writing = async <T>(call: string, key: string, tells: boolean, act: () => Promise<T>): Promise<T> => {
      if (tells && tellsFirst) tell(key)
      const answer = await ask(call, act)
      if (tells && !tellsFirst) tell(key)
      return answer
    }
    return {
      async read(key) {
        const found = await ask('read', () => memory.read(key))
        await ask('receive', async () => {}) // others write before the answer is there
        return found
      },
      create: (key, record) => ask('create', () => memory.create(key, record)),
      update: (key, record, version) =>
        writing('update', key, record.tells === true && !tellsDeletesOnly, () => memory.update(key, record, version)),
      delete: (key, version) => writing('delete', key, true, () => memory.delete(key, version)),
      watch: (listener) =>
        ask('watch', async () => {
          const wire = { listener, isCut: false }
          wires.add(wire)
          return { ping: async () => {}, stop: async () => void wires.delete(wire) }
        }),
    }
  }
  const cut = async (name: string): Promise<string> => {
    const cutNow = await turns.step(name, 'cut', () => {
      const open = [...wires].filter(({ isCut }) => !isCut)
      for (const wire of open) wire.isCut = true
      return open
    })
    for (const { listener } of cutNow) void turns.step('wire', 'lost', () => listener.lost())
    return 'done'
  }
  return { memory, storeOf, cut }
}

async function worldOf(names: readonly string[], turns: Scheduler, trial: WatchTrial): Promise<World> {
  const { engine = { sessionsOf, adapterOf } } = trial
  const { memory, storeOf, cut } = server(turns, trial)
  const never = () => new Promise<never>(() => {})
  const make = (store: Store) => {
    const options = { secrets: SECRET, store, header: 'x-ticket', cookie: false, now: () => START } as const
    const surroundings = {
      sleep: async () => {},
      nap: never,
      random: () => 0.5,
      storeTimeout: Infinity,
      conflictTimeout: Infinity,
    }
    return engine.adapterOf(engine.sessionsOf<Record<string, unknown>, object>(options, surroundings))
  }
  const presenting = (ticket: string) => ({ get: (name: string) => (name === 'x-ticket' ? ticket : null) })
  const begin = make(memory).detached(presenting(''))
  const session = await begin.open()
  session.set('page', 1)
  const { ticket = '' } = await begin.commit()
  const { handle = '' } = session
  // What is loaded when it is first asked for is there before the search begins.
  const other = make(memoryStore()).detached(presenting(''))
  const warm = await other.open()
  warm.set('n', 1)
  await other.commit()
  const ended = new Promise((resolve) => warm.signal.addEventListener('abort', resolve))
  await new Promise((resolve) => setImmediate(resolve))
  warm.signOut()
  await other.commit()
  await ended

  const signals = new Map<string, AbortSignal>()
  const adapters = new Map<string, ReturnType<typeof make>>()
  const acts: Readonly<Record<string, (session: Session, name: string) => unknown>> = {
    L: ({ signal }, name) => signals.set(name, signal),
    P: ({ signal }, name) => signals.set(name, signal),
    D: (opened) => opened.signOut(),
    R: (opened) => opened.regenerateId(),
    S: (opened) => opened.signIn('ada'),
    W: (opened) => opened.set('other', 1),
  }
  const act = (name: string) => async (): Promise<string> => {
    if (name.startsWith('C')) return cut(name)
    const process = processOf(name, names)
    const at = adapters.get(process) ?? make(storeOf(process))
    adapters.set(process, at)
    const requestSession = at.detached(presenting(ticket))
    try {
      const opened = (await requestSession.open()) as unknown as Session
      if (opened.isNew) return 'gone'
      acts[name[0] as string]?.(opened, name)
      await requestSession.commit()
      return 'done'
    } catch (error) {
      return String((error as { readonly code?: string }).code ?? error)
    }
  }
  const final: World['final'] = async () => {
    for (let key = handle; ; ) {
      const { data } = (await memory.read(key))?.record ?? {}
      const { to, ended } = JSON.parse(data ?? '{"ended":true}') as { ended?: true; to?: { key: string; kind: string } }
      if (ended || (to && to.kind !== 'regenerate')) return 'over'
      if (!to) return 'alive'
      key = to.key
    }
  }
  return { actors: Object.fromEntries(names.map((name) => [name, act(name)])), signals, final }
}

async function check({ signals, final }: World, { results }: Outcome): Promise<void> {
  const state = await final()
  for (const result of Object.values(results))
    if (!/^(done|gone|CONFLICT)$/.test(String(result))) throw new Error(`somebody got ${result}`)
  for (const [name, { aborted }] of signals) {
    if (state === 'over' && !aborted) throw new Error(`${name} missed the end`)
    if (state === 'alive' && aborted) throw new Error(`${name} was told of an end, and the session lives`)
  }
}
