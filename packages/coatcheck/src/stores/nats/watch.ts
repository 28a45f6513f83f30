import type { Listener, Listening } from '../store.ts'
import type { NatsBucket, NatsJetStream } from './client.ts'

/** Beginning of the places where records are. */
const SESSIONS = 's.'

/**
 * Tells of every write of a record, by the messages of the stream itself, which come once they are stored: without their data, so that
 * nobody knows which of them are ends.
 */
export async function listenTo(bucket: NatsBucket, nc: NatsJetStream['nc'], { told, lost }: Listener): Promise<Listening> {
  if (!bucket.watch) throw new Error('This client does not watch buckets.')
  const entries = await bucket.watch({ key: `${SESSIONS}>`, headers_only: true, include: 'updates' })
  const states = nc?.status?.()
  let isOver = false
  const end = (): void => {
    if (!isOver) lost()
    isOver = true
  }
  const pass = async (): Promise<void> => {
    for await (const { key } of entries) if (!isOver) told(key.slice(SESSIONS.length))
  }
  const follow = async (): Promise<void> => {
    for await (const { type } of states ?? []) if (type === 'disconnect' || type === 'close') return
  }
  pass().then(end, end)
  if (states) follow().then(end, end)
  return {
    ping: async () => nc?.flush?.(),
    async stop() {
      isOver = true
      entries.stop()
      states?.stop?.()
    },
  }
}
