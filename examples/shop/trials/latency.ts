import { setTimeout } from 'node:timers/promises'

const [LEAST, MOST] = [5, 20]

/** What the way to a database takes. Both stores of the trials wait for it before each call. */
export async function latency(): Promise<void> {
  await setTimeout(LEAST + Math.random() * (MOST - LEAST))
}
