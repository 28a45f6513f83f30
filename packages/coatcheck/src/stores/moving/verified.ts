import { can, type Found, type Store } from '../store.ts'
import type { Crossing } from './crossing.ts'
import { isPending, isReserved } from './marks.ts'

const PAGE = 500
const AT_ONCE = 16

/** How many records a store has, counted one by one. What only holds a key is none. */
export async function recordsIn(
  store: Store,
  hold: (key: string, found: Found) => Promise<void> = async () => {},
): Promise<number> {
  let count = 0
  for await (const keys of pages(store)) {
    const all = await readAll(store, keys)
    await inTurns(keys, AT_ONCE, async (key, nth) => {
      const found = all[nth]
      if (!found) return
      if (isPending(found) || isReserved(found)) return hold(key, found)
      count++
    })
  }
  return count
}

/** Goes through both stores and counts what is in them. What processes that were killed left in the new one is removed. */
export async function verified({ from, to }: Crossing): Promise<readonly [inFrom: number, inTo: number]> {
  const inFrom = await recordsIn(from)
  const inTo = await recordsIn(to, async (key, { version }) => {
    // As long as something is in the old store somebody may be at it.
    if (!(await from.read(key))) await to.delete(key, version)
  })
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
