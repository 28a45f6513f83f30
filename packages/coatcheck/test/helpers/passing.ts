import { settled } from './gate.ts'

/** Time that a test lets pass: whoever sleeps wakes in order, and between two of them all that can go on goes on. */
export interface Passing {
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** Milliseconds. */
  pass(ms: number): Promise<void>
  /** Lets time pass until this has settled. */
  until<T>(promise: Promise<T>): Promise<T>
}

export function passing(start: number = Date.parse('2096-11-21T08:00:00Z')): Passing {
  let time = start
  const sleepers: { readonly at: number; readonly wake: () => void }[] = []
  const wakeNext = async (latest: number): Promise<boolean> => {
    await settled()
    const next = sleepers.sort((a, b) => a.at - b.at)[0]
    if (!next || next.at > latest) return false
    sleepers.shift()
    time = Math.max(time, next.at)
    next.wake()
    return true
  }
  return {
    now: () => time,
    sleep: (ms) => new Promise((wake) => sleepers.push({ at: time + ms, wake })),
    async pass(ms) {
      const end = time + ms
      while (await wakeNext(end));
      time = end
      await settled()
    },
    async until(promise) {
      let isOver = false
      const over = () => {
        isOver = true
      }
      promise.then(over, over)
      await settled()
      for (let most = 10_000; !isOver && most > 0; most--) {
        if (!(await wakeNext(Number.POSITIVE_INFINITY)) && !isOver) break
        await settled()
      }
      if (!isOver) throw new Error('It waits for something else than time.')
      return promise
    },
  }
}
