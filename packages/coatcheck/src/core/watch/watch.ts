import { mayAwaitOthers } from '../../crypto/workers.ts'
import type { Store } from '../../stores/store.ts'
import type { LoadedSession } from '../engine.ts'
import type { Watchable } from './watchable.ts'
import { Watcher } from './watcher.ts'

/** One for each store, whatever is watched in it: so a process has one channel. */
const watchers = new WeakMap<Store, Watcher>()

/** Calls `end` once this session has ended, or is another's; not after the function was called that is returned. */
export function watch(live: Watchable, { handle, lifetime }: LoadedSession, end: () => void): () => void {
  const { store, engine } = live
  // On Workers one request may not wait for the I/O of another.
  const watcher = (mayAwaitOthers && watchers.get(store)) || new Watcher(store, engine)
  if (mayAwaitOthers) watchers.set(store, watcher)
  const one = { live, key: handle, until: lifetime.expiresAt, end }
  watcher.add(one)
  return () => watcher.remove(one)
}
