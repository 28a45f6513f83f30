import { mayAwaitOthers } from '../../crypto/workers.ts'

/** Runs calls for one key one after the other. */
export type InTurn = <T>(key: string, act: () => Promise<T>) => Promise<T>

const queues = new WeakMap<object, Map<string, Promise<unknown>>>()

/** For a backend that cannot compare before it writes: the record that was compared is still there when the new one is written. */
export function inTurn(backend: object): InTurn {
  const queue = queues.get(backend) ?? new Map<string, Promise<unknown>>()
  queues.set(backend, queue)
  return async (key, act) => {
    const before = mayAwaitOthers ? queue.get(key) : undefined
    const turn = (async () => {
      await before?.catch(() => {})
      return act()
    })()
    queue.set(key, turn)
    try {
      return await turn
    } finally {
      if (queue.get(key) === turn) queue.delete(key)
    }
  }
}
