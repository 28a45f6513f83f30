import { streamOf } from './bucket.ts'
import type { NatsAccess } from './client.ts'
import { hasNoRoom, isOtherRevision } from './errors.ts'

/** The answer, or `undefined` where another revision is there than expected. */
export async function unlessOther<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isOtherRevision(error)) return undefined
    throw error
  }
}

/** The revision it has now; `undefined`: there is one already. A key that was deleted is free, though a message still says that it was. */
export async function createAt({ bucket }: NatsAccess, place: string, text: string): Promise<number | undefined> {
  for (let previousSeq = 0; ; ) {
    const revision = await unlessOther(bucket.put(place, text, { previousSeq }))
    if (revision !== undefined) return revision
    const there = await bucket.get(place)
    if (there && there.string() !== '') return undefined
    previousSeq = there?.revision ?? 0
  }
}

/** Removes what is at `place` if it still has this revision. Whether it did. */
export async function removeAt({ name, bucket, streams }: NatsAccess, place: string, revision: number): Promise<boolean> {
  try {
    return (await unlessOther(bucket.delete(place, { previousSeq: revision }).then(() => true))) ?? false
  } catch (error) {
    // A delete is one more message. Where there is no room for it there is none for an update that could be under way either.
    if (!hasNoRoom(error)) throw error
    const { purged } = await streams.purge(streamOf(name), { filter: `$KV.${name}.${place}`, seq: revision + 1 })
    return purged > 0
  }
}

/** Removes an entry of an owner's index, or what a delete left; with `revision`, that one and none after it. */
export async function purgeAt({ name, streams }: NatsAccess, place: string, revision?: number): Promise<void> {
  const filter = `$KV.${name}.${place}`
  await streams.purge(streamOf(name), revision === undefined ? { filter } : { filter, seq: revision + 1 })
}
