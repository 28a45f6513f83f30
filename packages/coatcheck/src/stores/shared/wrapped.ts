import type { Listening, Store, StoreFacts } from '../store.ts'

/** The methods of a wrapper around `S`: those of `S` that are in the contract. */
export type Offered<S extends Store> = Pick<S, keyof Store & keyof S>

/** The methods that a store need not have. */
type Optional = 'touch' | 'listByOwner' | 'list' | 'prune' | 'readMany' | 'watch' | 'about' | 'migrate' | 'close'

/** The `methods` that `store` offers too: a wrapper must not pretend to a capability. */
export function offered<S extends Store>(store: S, methods: Pick<Store, Optional>): Pick<Store, Optional> {
  const names = Object.keys(methods) as Optional[]
  return Object.fromEntries(names.filter((name) => store[name]).map((name) => [name, methods[name]]))
}

/** What a wrapper of a store without `watch` would give: it is not offered, so nobody gets it. */
export const DEAF: Listening = { ping: async () => {}, stop: async () => {} }

/** The same for `about`. */
export const NO_FACTS: StoreFacts = { server: '', time: 0 }
