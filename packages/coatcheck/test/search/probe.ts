import type { Session } from '../../src/core/session/types.ts'
import type { Store } from '../../src/stores/store.ts'
import { lookOf } from './adapter.ts'
import { COOKIE } from './browser.ts'
import type { Fork } from './fork.ts'
import type { History, Look, Probe } from './history.ts'
import type { Sites } from './sites.ts'

/** Opens every ticket that was given out, on the true clock, knowing every secret; what that brings about is forgotten at once. */
export async function probed(
  { engine, sessions }: Sites,
  { store, reset }: Fork,
  history: History,
  isLast: boolean,
): Promise<Pick<Probe, 'looks'>> {
  const adapter = engine.adapterOf(sessions)
  const looks = new Map<string, Look>()
  for (const { given } of history.visits) {
    if (given === undefined || looks.has(given)) continue
    reset()
    const requestSession = adapter.detached({ get: (name) => (name === 'cookie' ? `${COOKIE}=${given}` : null) })
    looks.set(given, lookOf((await requestSession.open()) as unknown as Session))
  }
  reset()
  if (isLast) await compareIndex(store, history, looks)
  return { looks }
}

/** Every owned session that somebody can open is listed; what nobody can open any more is counted. */
async function compareIndex(store: Store, history: History, looks: ReadonlyMap<string, Look>): Promise<void> {
  const open = new Set<string>()
  const owners = new Set<string>()
  const listed = new Set<string>()
  for (const { isNew, owner, handle } of looks.values()) {
    if (isNew || owner === undefined || handle === undefined) continue
    const found = await store.read(handle)
    open.add(handle)
    if (found?.record.owner === undefined) continue
    if (!owners.has(found.record.owner)) for (const key of (await store.listByOwner?.(found.record.owner)) ?? []) listed.add(key)
    owners.add(found.record.owner)
  }
  if (!store.listByOwner) return
  history.unlisted.push(...[...open].filter((handle) => !listed.has(handle)))
  for (const key of listed) {
    const found = open.has(key) ? undefined : await store.read(key)
    // What leads on to a newer record is none.
    if (found && found.record.expiresAt > Date.now() && found.record.data.startsWith('{') && !found.record.data.includes('"to":'))
      history.orphans++
  }
}
