import { shuffled } from './statistics.ts'

export interface Effort {
  readonly rounds: number
  /** Milliseconds that each row runs in each round. */
  readonly turn: number
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
  { rounds, turn }: Effort,
  disturbed: () => number = timesDisturbed,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const calls = new Map<string, number>()
  for (const [name, run] of rows) calls.set(name, await warmUp(run, turn))
  const times = new Map([...rows.keys()].map((name): [string, number[]] => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of shuffled([...rows])) times.get(name)?.push(await timeAlone(run, calls.get(name) ?? 1, disturbed))
  return times
}

/** How many calls fill a turn. */
async function warmUp(run: Run, turn: number): Promise<number> {
  let calls = 0
  for (const end = performance.now() + 3 * turn; performance.now() < end; calls++) await run()
  return Math.max(1, Math.round(calls / 3))
}

async function timeAlone(run: Run, calls: number, disturbed: () => number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let n = 0; n <= REPEATS; n++) {
    const before = disturbed()
    const micros = await time(run, calls)
    if (disturbed() === before) return micros
    least = Math.min(least, micros)
  }
  return least
}

async function time(run: Run, calls: number): Promise<number> {
  const start = performance.now()
  for (let call = 0; call < calls; call++) await run()
  return ((performance.now() - start) * 1000) / calls
}
