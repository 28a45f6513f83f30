import { afterAll, beforeAll } from 'vitest'
import type { EngineName } from '../../../../scripts/engines.ts'
import { givenUrl } from '../../../../scripts/engines.ts'

/** A server for the tests of this file: the one that the environment names, or one of ours that is stopped after them. */
export function serving(name: EngineName, start: () => Promise<{ readonly url: string; stop(): Promise<void> }>): () => string {
  let url = givenUrl(name)
  let stop: (() => Promise<void>) | undefined
  beforeAll(async () => {
    if (url !== undefined) return
    const running = await start()
    url = running.url
    stop = () => running.stop()
  })
  afterAll(() => stop?.())
  return () => url ?? ''
}

let names = 0
/** A name nobody else uses, in this run or another, for the data of one test. */
export const freshName = (): string => `t${process.pid}_${Date.now().toString(36)}_${names++}`
