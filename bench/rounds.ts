import { shuffled } from './statistics.ts'

export interface Effort {
  readonly rounds: number
  /** Milliseconds that each row runs in each round. */
  readonly turn: number
}

/** No figure of it says anything: it shows that everything runs. */
export const QUICK: Effort = { rounds: 2, turn: 1 }

export type Run = () => unknown

/** Microseconds a call, of each row in each round. Rows take turns in an order of chance, so that a busy machine slows all alike. */
export async function measureRounds(
  rows: ReadonlyMap<string, Run>,
  { rounds, turn }: Effort,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const calls = new Map<string, number>()
  for (const [name, run] of rows) calls.set(name, await warmUp(run, turn))
  const times = new Map([...rows.keys()].map((name): [string, number[]] => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of shuffled([...rows])) times.get(name)?.push(await time(run, calls.get(name) ?? 1))
  return times
}

/** How many calls fill a turn. */
async function warmUp(run: Run, turn: number): Promise<number> {
  let calls = 0
  for (const end = performance.now() + 3 * turn; performance.now() < end; calls++) await run()
  return Math.max(1, Math.round(calls / 3))
}

async function time(run: Run, calls: number): Promise<number> {
  const start = performance.now()
  for (let call = 0; call < calls; call++) await run()
  return ((performance.now() - start) * 1000) / calls
}
