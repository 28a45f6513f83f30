import type { NatsManager, NatsStreamInfo } from './client.ts'
import { codeOf } from './errors.ts'
import type { NatsOptions } from './options.ts'

type Streams = NatsManager['streams']

const STREAM_NOT_FOUND = 10059
const NAME_IN_USE = 10058
const NANOSECONDS = 1_000_000_000

export const streamOf = (bucket: string): string => `KV_${bucket}`
export const subjectsOf = (bucket: string): string => `$KV.${bucket}.>`
/** Each create of a key has an entry of its own in the owner's index, so that nobody else's is removed with it. */
export const entryPlace = (owner: string, key: string, entry: string): string => `o.${owner}.${key}.${entry}`
/** The subject of a bucket's stream until it is ready: nobody writes there. */
const unready = (bucket: string): string => `$KV.${bucket}.new`

/** Makes the bucket if it is not there, also while others do, and warns of one that loses sessions. */
export async function makeBucket(streams: Streams, options: NatsOptions): Promise<void> {
  const { bucket } = options
  const info = (await find(streams, bucket)) ?? (await add(streams, options))
  if (info.config.subjects.includes(unready(bucket))) {
    // Revisions must not begin again where a bucket before this one began, for versions never repeat: they count on from the
    // milliseconds at which the stream was made. Whoever does this at the same time has the same number, and removes nothing.
    await streams.purge(streamOf(bucket), { seq: Date.parse(info.created) })
    await streams.update(streamOf(bucket), { subjects: [subjectsOf(bucket)] })
  }
  warnOf(info, options)
}

async function find(streams: Streams, bucket: string): Promise<NatsStreamInfo | undefined> {
  try {
    return await streams.info(streamOf(bucket))
  } catch (error) {
    if (codeOf(error) === STREAM_NOT_FOUND) return undefined
    throw error
  }
}

async function add(streams: Streams, { bucket, replicas, maxAge }: NatsOptions): Promise<NatsStreamInfo> {
  try {
    return await streams.add({
      name: streamOf(bucket),
      subjects: [unready(bucket)],
      retention: 'limits',
      storage: 'file',
      discard: 'new',
      max_msgs_per_subject: 1,
      num_replicas: replicas,
      max_age: (maxAge ?? 0) * NANOSECONDS,
      allow_rollup_hdrs: true,
      // A replica may be behind.
      allow_direct: false,
    })
  } catch (error) {
    const made = codeOf(error) === NAME_IN_USE ? await find(streams, bucket) : undefined
    if (made) return made
    throw error
  }
}

function warnOf({ config }: NatsStreamInfo, { bucket, maxAge, onWarning }: NatsOptions): void {
  const kept = config.max_age / NANOSECONDS
  const faults = [
    // 2.9 lets the bucket grow a little over its limit and then drops the oldest, also where its discard policy is new.
    (config.max_bytes > 0 || config.max_msgs > 0) &&
      'has a limit (`max_bytes`, `max_msgs`), at which it may drop live sessions: lift it',
    config.storage === 'memory' && 'is kept in memory and is gone when the server restarts: make it with file storage',
    kept > 0 && maxAge !== undefined && kept < maxAge && `drops what is ${kept} seconds old: raise its \`max_age\` to ${maxAge}`,
  ]
  for (const fault of faults) if (fault) onWarning(`coatcheck: the bucket ${bucket} of NATS ${fault}.`)
}
