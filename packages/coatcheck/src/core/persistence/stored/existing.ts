import type { ChangeSet, Engine } from '../../engine.ts'
import { isOver } from '../../model/lifetime.ts'
import { impersonatorOf } from '../../model/standing.ts'
import { callStore } from '../store-call.ts'
import { ownerDigest } from './owner-digest.ts'
import type { Records, VersionedRecord } from './records.ts'

/** So many sessions of an owner are looked at. */
const MOST = 100

/** Whether a guest's values are to be put together with those of another session, which nobody has looked for yet. */
export function mergesUnseen({ move }: ChangeSet): boolean {
  return move?.kind === 'signIn' && move.merge !== undefined && move.existing === undefined
}

/** The change set, with that session of who signs in that was written last. Where the store lists none it stays as it is. */
export async function withExisting(changeSet: ChangeSet, records: Records, engine: Engine): Promise<ChangeSet> {
  const { move } = changeSet
  const { store } = records
  if (move?.kind !== 'signIn' || !store.listByOwner) return changeSet
  const digest = await ownerDigest(move.owner)
  const keys = await callStore(engine, 'read the sessions of an owner', async () => (await store.listByOwner?.(digest)) ?? [])
  const found = await Promise.all(keys.slice(0, MOST).map(async (key) => records.read(key)))
  const isTheirs = (each: VersionedRecord | undefined): each is VersionedRecord =>
    each !== undefined &&
    !(each.fault || each.forwarding || isOver(each.record, engine.now())) &&
    each.contents.owner === move.owner &&
    impersonatorOf(each.contents) === undefined
  const newest = found
    .filter(isTheirs)
    .reduce<VersionedRecord | null>((a, b) => (a && writtenAt(a) >= writtenAt(b) ? a : b), null)
  return { ...changeSet, move: { ...move, existing: newest?.contents ?? null } }
}

/** Milliseconds since the epoch, by the clock of the process that wrote last. */
const writtenAt = ({ contents, record }: VersionedRecord): number => contents.writes.recent.at(-1)?.at ?? record.createdAt
