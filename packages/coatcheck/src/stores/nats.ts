import { randomText } from '../crypto/random.ts'
import { SessionError } from '../errors.ts'
import { entryPlace, makeBucket, streamOf } from './nats/bucket.ts'
import type { NatsAccess, NatsKvm } from './nats/client.ts'
import { natsFailed } from './nats/errors.ts'
import { checkedNatsOptions, type NatsStoreOptions } from './nats/options.ts'
import { pruning } from './nats/prune.ts'
import { createAt, purgeAt, removeAt, unlessOther } from './nats/records.ts'
import { listenTo } from './nats/watch.ts'
import { checkName } from './shared/names.ts'
import { fixedOf, parseRecord, parseVersion, recordText, versionText } from './shared/record-text.ts'
import type { Store } from './store.ts'

export type { NatsKvm } from './nats/client.ts'
export type { NatsStoreOptions }

export type NatsStore = Store & Required<Pick<Store, 'maxBytes' | 'listByOwner' | 'prune' | 'migrate' | 'watch'>>

/** The largest message that a server takes by default. */
const MAX_PAYLOAD = 1_048_576
/** For what goes with the data in one message. */
const HEADROOM = 1_024
const ENTRY_BYTES = 9

/**
 * Keeps sessions in a bucket of JetStream KV, NATS 2.9 or later, through a `Kvm` of `@nats-io/kv` 3 on a connection that stays the
 * application's to close. Connect with `maxReconnectAttempts: -1`, or the client gives up after some seconds without its server.
 *
 * Make the bucket with `await store.migrate()`. What is read, the leader of the stream answers, also where replicas might. Throws
 * `BAD_OPTIONS` for wrong options; calls reject with `STORE_FAILED` and the client's error.
 */
export function natsStore(kvm: NatsKvm, options: NatsStoreOptions = {}): NatsStore {
  const checked = checkedNatsOptions(kvm, options)
  const { bucket: name } = checked
  const stream = streamOf(name)
  const prune = pruning(name)
  let opening: Promise<NatsAccess> | undefined

  async function open(): Promise<NatsAccess> {
    const [bucket, { streams }] = await Promise.all([kvm.open(name), kvm.js.jetstreamManager(false)])
    return { name, bucket, streams }
  }

  async function use<T>(act: (access: NatsAccess) => Promise<T>): Promise<T> {
    opening ??= open()
    const opened = opening
    try {
      return await act(await opened)
    } catch (error) {
      await opened.catch(() => {
        opening = undefined
      })
      throw natsFailed(error)
    }
  }

  const place = (key: string): string => {
    checkName('NATS', key)
    return `s.${key}`
  }

  return {
    maxBytes: (kvm.js.nc?.info?.max_payload ?? MAX_PAYLOAD) - HEADROOM,

    async read(key) {
      const at = place(key)
      const there = await use(({ bucket }) => bucket.get(at))
      const text = there?.string() ?? ''
      if (!there || text === '') return undefined
      const stored = parseRecord(text)
      if (!stored) throw new SessionError('DAMAGED_RECORD', 'What NATS has for this key is no session.')
      return { record: stored.record, version: versionText(there.revision, stored.fixed) }
    },

    async create(key, record) {
      const at = place(key)
      const { owner } = record
      if (owner !== undefined) checkName('NATS', owner)
      const entry = owner === undefined ? '' : randomText(ENTRY_BYTES)
      const fixed = fixedOf(record, entry)
      const index = owner === undefined ? undefined : entryPlace(owner, key, entry)
      return use(async (access) => {
        if (index !== undefined) await access.bucket.put(index, `${record.endsAt}`)
        const revision = await createAt(access, at, recordText(fixed, record))
        if (revision !== undefined) return versionText(revision, fixed)
        if (index !== undefined) await purgeAt(access, index)
        return undefined
      })
    },

    async update(key, record, version) {
      const at = place(key)
      const known = revisionOf(version)
      if (!known) return undefined
      const text = recordText(known.fixed, record)
      const revision = await use(({ bucket }) => unlessOther(bucket.put(at, text, { previousSeq: known.revision })))
      return revision === undefined ? undefined : versionText(revision, known.fixed)
    },

    async delete(key, version) {
      const at = place(key)
      const known = revisionOf(version)
      if (!known) return false
      const { revision, owner, entry } = known
      return use(async (access) => {
        const done = await removeAt(access, at, revision)
        if (done && owner !== '') await purgeAt(access, entryPlace(owner, key, entry))
        return done
      })
    },

    async listByOwner(owner) {
      checkName('NATS', owner)
      const all = `$KV.${name}.o.${owner}.`
      // The leader is asked for the names of what there is; a consumer might be told by a replica that is behind.
      const { state } = await use(({ streams }) => streams.info(stream, { subjects_filter: `${all}>` }))
      const keys = Object.keys(state.subjects ?? {}).map((subject) => subject.slice(all.length).split('.', 1)[0] ?? '')
      return [...new Set(keys)]
    },

    watch: (listener) => use(({ bucket }) => listenTo(bucket, kvm.js.nc, listener)),
    prune: (before, limit) => use((access) => prune(access, before, limit)),
    migrate: () => use(({ streams }) => makeBucket(streams, checked)),
  }
}

function revisionOf(version: string): { revision: number; fixed: string; owner: string; entry: string } | undefined {
  const known = parseVersion(version)
  const revision = Number(known?.own)
  // Without one to expect, the server would take anything.
  return known && Number.isSafeInteger(revision) && revision > 0 ? { ...known, revision } : undefined
}
