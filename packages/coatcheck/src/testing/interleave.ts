import { type Choice, quiet, type Rules, type Scheduler, Turns } from './scheduler.ts'

export { type Scheduler, type Step, stepped } from './scheduler.ts'

export interface Exploration<World> {
  /** Makes what one run works on, afresh for each run. Steps taken here, and in `check`, do not wait. */
  setup(scheduler: Scheduler): World | Promise<World>
  /** Actors that run at once, by name. An actor that rejects is a failure: catch what is allowed to happen. */
  readonly actors: Readonly<Record<string, (world: World) => unknown>>
  /** Throws when a promise is broken. Called when every actor has finished or died and no step waits. */
  check(world: World, outcome: Outcome): void | Promise<void>
  /** The process an actor runs in, by its name, when that is not its own name: its steps carry that name, and it dies with it. */
  readonly processes?: Readonly<Record<string, string>>
  /** Names all on which the rest of a run depends, besides the steps that wait. What follows one name is run once. Default: each run ends by itself. */
  readonly state?: (world: World) => string
  /** How often a process that could go on is made to wait for another. Default: no limit. */
  readonly maxPreemptions?: number
  /** Most runs. Default 1 000 000; with `seed` 1 000. */
  readonly maxRuns?: number
  /** Failures after which the search stops. Default 10. */
  readonly maxFailures?: number
  /** Also lets one process die, before or after any of its steps: it never goes on. Default false. */
  readonly kill?: boolean
  /** Also lets one call be carried out twice, the first answer being lost, as by a client that resends. Default false. */
  readonly double?: boolean
  /** Draws `maxRuns` schedules at random instead of searching them all; the same seed draws the same ones. */
  readonly seed?: number
}

export interface Outcome {
  /** The steps that ran, one entry each. */
  readonly schedule: readonly string[]
  /** The process that died in this run. */
  readonly killed?: string
  /** The results of the actors that finished, by name: a name is there only if its work was done and acknowledged. */
  readonly results: Readonly<Record<string, unknown>>
}

export interface Failure {
  /** Give it to `replaySchedule` to see it again. */
  readonly schedule: readonly string[]
  readonly error: unknown
}

export interface Explored {
  readonly runs: number
  /** Whether every schedule within `maxPreemptions` was run. */
  readonly complete: boolean
  readonly failures: readonly Failure[]
}

/** Which of the labels happens at this depth. */
type Pick = (labels: readonly string[], depth: number) => number
/** Whether a run was in this state before. */
type IsKnown = (state: () => string, depth: number) => boolean

/**
 * Runs the actors in every order their steps can take, depth first, and checks each outcome.
 *
 * A step is a call of a `stepped` store, or anything else handed to `scheduler.step`. Between two steps an actor may await
 * promises, other actors' too, but nothing from outside: no timer and no I/O. When nobody can go on and somebody has
 * not finished, that is a failure. Rejects when two runs with the same schedule differ.
 */
export async function explore<World>(exploration: Exploration<World>): Promise<Explored> {
  const { seed, maxFailures = 10, maxRuns = seed === undefined ? 1_000_000 : 1_000 } = exploration
  const path: Decision[] = []
  const random = seed === undefined ? undefined : randomFrom(seed)
  const met = new Set<string>()
  const isKnown: IsKnown = (state, depth) => depth === path.length && met.size === met.add(state()).size
  const pick: Pick = (labels, depth) => {
    if (random) return Math.floor(random() * labels.length)
    const known = path[depth]
    if (!known) path.push({ labels, index: 0 })
    else if (known.labels[known.index] !== labels[known.index] || known.labels.length !== labels.length) {
      throw diverged(depth, known.labels, labels)
    }
    return known?.index ?? 0
  }
  const failures: Failure[] = []
  for (let runs = 1; ; runs++) {
    const { schedule, error } = await play(exploration, pick, random ? undefined : isKnown)
    if (error) failures.push({ schedule, error: error.value })
    const missed = random ? undefined : path[schedule.length]
    if (missed) throw diverged(schedule.length, missed.labels, [])
    const complete = !random && !advance(path)
    if (complete || runs >= maxRuns || failures.length >= maxFailures) return { runs, complete, failures }
  }
}

/** Runs one schedule again, as found in a failure, and throws what it threw then. */
export async function replaySchedule<World>(exploration: Exploration<World>, schedule: readonly string[]): Promise<void> {
  const { error } = await play({ ...exploration, maxPreemptions: Number.POSITIVE_INFINITY }, (labels, depth) => {
    const label = schedule[depth]
    const index = label === undefined ? 0 : labels.indexOf(label)
    if (index < 0) throw new Error(`This schedule does not fit: step ${depth} is ${label}, and only ${either(labels)} can go on.`)
    return index
  })
  if (error) throw error.value
}

/** Turns the path to the next one in order; false when this was the last. */
function advance(path: Decision[]): boolean {
  for (let last = path.at(-1); last; last = path.at(-1)) {
    if (++last.index < last.labels.length) return true
    path.pop()
  }
  return false
}

/** Numbers from 0 up to 1 (xorshift32, Marsaglia 2003), the same ones for the same seed. */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

const either = (labels: readonly string[]): string => labels.join(' or ') || 'nothing'

function diverged(depth: number, before: readonly string[], now: readonly string[]): Error {
  return new Error(
    `Two runs of one schedule differ: after ${depth} steps the first could go on with ${either(before)}, the second with ${either(now)}. ` +
      'Let a run depend on nothing but its schedule: make everything anew in setup, and use no timer and no I/O between steps.',
  )
}

function stuck(names: readonly string[]): Error {
  return new Error(
    `Nobody can go on, and ${names.join(' and ')} has not finished: it waits for something that is no step (a lock that nobody gives back, a timer, or I/O).`,
  )
}

interface Decision {
  readonly labels: readonly string[]
  index: number
}

interface Played {
  readonly schedule: string[]
  readonly error?: { readonly value: unknown }
}

async function play<World>(exploration: Exploration<World>, pick: Pick, isKnown?: IsKnown): Promise<Played> {
  const {
    setup,
    actors,
    check,
    state,
    processes = {},
    kill = false,
    double = false,
    maxPreemptions = Number.POSITIVE_INFINITY,
  } = exploration
  const turns = new Turns({ kill, double, maxPreemptions } satisfies Rules)
  const world = await setup(turns)
  const schedule: string[] = []
  const results: Record<string, unknown> = {}
  const unfinished = new Set(Object.keys(actors))
  let failed: { value: unknown } | undefined
  turns.hold()
  const start = async (name: string, act: (world: World) => unknown): Promise<void> => {
    try {
      results[name] = await act(world)
    } catch (value) {
      failed ??= { value }
    }
    unfinished.delete(name)
  }
  // Not awaited: an actor that dies never finishes.
  for (const [name, act] of Object.entries(actors)) void start(name, act)
  await quiet()
  for (let depth = 0; !failed; depth++) {
    if (state && isKnown?.(() => JSON.stringify([turns.state(), [...unfinished], state(world)]), depth)) return { schedule }
    const choices = turns.choices()
    if (choices.length === 0) break
    const choice = choices[
      pick(
        choices.map(({ label }) => label),
        depth,
      )
    ] as Choice
    schedule.push(choice.label)
    await turns.take(choice)
    await quiet()
  }
  turns.release()
  if (failed) return { schedule, error: failed }
  const waiting = [...unfinished].filter((name) => (processes[name] ?? name) !== turns.killed)
  if (waiting.length > 0) return { schedule, error: { value: stuck(waiting) } }
  try {
    await check(world, { schedule, results, ...(turns.killed === undefined ? {} : { killed: turns.killed }) })
    return { schedule }
  } catch (value) {
    return { schedule, error: { value } }
  }
}
