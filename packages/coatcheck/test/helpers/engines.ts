import { connect } from 'node:net'
import { afterAll, beforeAll } from 'vitest'
import { ENGINES, type EngineName, givenUrl } from '../../../../scripts/engines.ts'

/** A server for the tests of this file: the one that the environment names, or one of ours that is stopped after them. */
export function serving(name: EngineName, start: () => Promise<{ readonly url: string; stop(): Promise<void> }>): () => string {
  let url = givenUrl(name)
  let stop: (() => Promise<void>) | undefined
  beforeAll(async () => {
    if (url !== undefined) return reach(name, url)
    const running = await start()
    url = running.url
    stop = () => running.stop()
  })
  afterAll(() => stop?.())
  return () => url ?? ''
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
