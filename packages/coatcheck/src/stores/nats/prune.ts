import { parseRecord } from '../shared/record-text.ts'
import { entryPlace, streamOf, subjectsOf } from './bucket.ts'
import type { NatsAccess, NatsMessage } from './client.ts'
import { purgeAt, removeAt } from './records.ts'

/** So many messages are looked at in one call, one after the other, or all until one is found that is over: 0 means that there is none. */
const MOST_LOOKS = 10_000

/** Removes what is over; each call of it goes on where the one before stopped. */
export function pruning(bucket: string): (access: NatsAccess, before: number, limit: number) => Promise<number> {
  const stream = streamOf(bucket)
  const filter = subjectsOf(bucket)
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let next = 1

  /** Whether this message was a record that is over, and is gone now. */
  async function isPruned(access: NatsAccess, { subject, seq, data }: NatsMessage, before: number): Promise<boolean> {
    const place = subject.slice(filter.length - 1)
    const text = decoder.decode(data)
    if (place.startsWith('o.')) {
      if (Number(text) <= before) await purgeAt(access, place)
      return false
    }
    if (text === '') {
      // A delete left this. A create over it finds nothing there, and creates.
      await purgeAt(access, place, seq)
      return false
    }
    const stored = parseRecord(text)
    if (!stored || stored.record.expiresAt > before || !(await removeAt(access, place, seq))) return false
    const { record, entry } = stored
    if (record.owner !== undefined) await purgeAt(access, entryPlace(record.owner, place.slice('s.'.length), entry))
    return true
  }

  return async (access, before, limit) => {
    const start = next
    let at = start
    let pruned = 0
    let isSecondRound = false
    for (let looks = 0; pruned < limit && (looks < MOST_LOOKS || pruned === 0); looks++) {
      const message = await access.streams.getMessage(stream, { seq: at, next_by_subj: filter })
      if (message === null) {
        at = 1
        if (isSecondRound || start === 1) break
        isSecondRound = true
        continue
      }
      if (isSecondRound && message.seq >= start) break
      at = message.seq + 1
      if (await isPruned(access, message, before)) pruned++
    }
    next = at
    return pruned
  }
}
