import { can, type Found, type Store } from '../store.ts'
import type { Crossing } from './crossing.ts'
import { isPending, isReserved } from './marks.ts'

const PAGE = 500
const AT_ONCE = 16

/** Goes through both stores and counts what is in them. What processes that were killed left in the new one is removed. */
export async function verified({ from, to }: Crossing): Promise<readonly [inFrom: number, inTo: number]> {
  let [inFrom, inTo] = [0, 0]
  for await (const keys of pages(from)) {
    for (const found of await readAll(from, keys)) if (found && !isReserved(found)) inFrom++
  }
  for await (const keys of pages(to)) {
    const all = await readAll(to, keys)
    await inTurns(keys, AT_ONCE, async (key, nth) => {
      const found = all[nth]
      if (found && !isPending(found)) inTo++
      // As long as something is in the old store somebody may be at it.
      else if (found && !(await from.read(key))) await to.delete(key, found.version)
    })
  }
  return [inFrom, inTo]
}

/** All keys. The next page is asked for when this one was dealt with, and its records may be gone. */
export async function* pages(store: Store): AsyncGenerator<readonly string[]> {
  for (let after: string | undefined, isLast = !store.list; !isLast; ) {
    const page = await store.list?.(after, PAGE)
    yield page?.keys ?? []
    after = page?.next
    isLast = after === undefined
  }
}

async function readAll(store: Store, keys: readonly string[]): Promise<readonly (Found | undefined)[]> {
  if (can(store, 'readMany')) return store.readMany(keys)
  const all: (Found | undefined)[] = []
  await inTurns(keys, AT_ONCE, async (key, nth) => {
    all[nth] = await store.read(key)
  })
  return all
}

export async function inTurns(
  keys: readonly string[],
  atOnce: number,
  act: (key: string, nth: number) => Promise<void>,
): Promise<void> {
  const left = keys.entries()
  const work = async (): Promise<void> => {
    for (const [nth, key] of left) await act(key, nth)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, keys.length) }, work))
}
