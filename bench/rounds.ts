import { shuffled } from './statistics.ts'

export interface Effort {
  readonly rounds: number
  /** Milliseconds that each row runs in each round. */
  readonly turn: number
  /** Milliseconds after which no further round begins, however few there were: a busy machine would need hours. Default: no end. */
  readonly patience?: number
}

/** No figure of it says anything: it shows that everything runs. */
export const QUICK: Effort = { rounds: 2, turn: 1 }

export type Run = () => unknown

/** How often a turn that was disturbed is repeated. */
const REPEATS = 4

/** How often the system has taken the processor from this process, which only happens when others want it. */
const timesDisturbed = (): number => process.resourceUsage().involuntaryContextSwitches

/**
 * Microseconds a call, of each row in each round. Rows take turns in an order of chance, so that a busy machine slows all alike. A turn
 * in which another process had the processor is repeated; when that does not help, the shortest counts.
 */
export async function measureRounds(
  rows: ReadonlyMap<string, Run>,
  { rounds, turn, patience = Number.POSITIVE_INFINITY }: Effort,
  disturbed: () => number = timesDisturbed,
): Promise<ReadonlyMap<string, readonly number[]>> {
  // Until the compiler has done its part.
  for (const run of rows.values()) await runFor(3 * turn, run)
  const times = new Map([...rows.keys()].map((name): [string, number[]] => [name, []]))
  const end = performance.now() + patience
  for (let round = 0; round < rounds && (round === 0 || performance.now() < end); round++)
    for (const [name, run] of shuffled([...rows])) times.get(name)?.push(await timeAlone(run, turn, disturbed))
  return times
}

async function runFor(millis: number, run: Run): Promise<void> {
  for (const end = performance.now() + millis; performance.now() < end; ) await run()
}

async function timeAlone(run: Run, turn: number, disturbed: () => number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let n = 0; n <= REPEATS; n++) {
    // What the row before has left in the processor's caches is not this row's.
    await runFor(turn / 6, run)
    const before = disturbed()
    const micros = await time(run, turn)
    if (disturbed() === before) return micros
    least = Math.min(least, micros)
  }
  return least
}

/** Calls until the turn is over: one at least. */
async function time(run: Run, turn: number): Promise<number> {
  const start = performance.now()
  let calls = 0
  let elapsed = 0
  do {
    await run()
    calls++
    elapsed = performance.now() - start
  } while (elapsed < turn)
  return (elapsed * 1000) / calls
}
