import { connect } from 'node:net'
import { afterAll, beforeAll } from 'vitest'
import { ENGINES, type EngineName, givenUrl } from '../../../../scripts/engines.ts'

export interface Reachable {
  readonly url: string
  stop(): Promise<void>
}

/** The server that the environment names, which is left running, or one of ours. */
export async function startOrTake(name: EngineName, start: () => Promise<Reachable>): Promise<Reachable> {
  const url = givenUrl(name)
  if (url === undefined) return start()
  await reach(name, url)
  return { url, stop: async () => {} }
}

/** The same for the tests of this file. */
export function serving(name: EngineName, start: () => Promise<Reachable>): () => string {
  return whileTested(() => startOrTake(name, start))
}

/** What is started before the tests of this file, and stopped after them. Tells its address. */
export function whileTested(start: () => Promise<Reachable>): () => string {
  let running: Reachable | undefined
  beforeAll(async () => {
    running = await start()
  })
  afterAll(() => running?.stop())
  return () => running?.url ?? ''
}

async function reach(name: EngineName, url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  try {
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  } catch (cause) {
    const { title, variable } = ENGINES[name]
    throw new Error(
      `${variable} names a ${title} that cannot be reached. Start it, correct the address, or unset the variable.`,
      { cause },
    )
  } finally {
    socket.destroy()
  }
}

let names = 0
/** A name nobody else uses, in this run or another, for the data of one test. */
export const freshName = (): string => `t${process.pid}_${Date.now().toString(36)}_${names++}`

/** Whether this run was told to go without this engine (`npm test -- --without redis`), and says so in its last line. */
export const isLeftOut = (name: EngineName): boolean => (process.env.COATCHECK_TEST_WITHOUT ?? '').split(',').includes(name)
