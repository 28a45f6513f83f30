// The promises of a store that cannot compare before it writes, or whose reads may be stale.

import type { Found, SessionRecord, Store } from '../../stores/store.ts'
import { type Case, HOUR, newKey, newRecord, newSession, same, sameRecord, sure, type Trial } from './trial.ts'

const WRITERS = 20

/** A record of which every field tells which one it is. */
const recordOf = (trial: Trial, key: string, nth: number): SessionRecord =>
  newRecord(trial, { data: `${key} ${nth} ${'é'.repeat(nth * 200)}`, expiresAt: trial.now() + HOUR + nth })

/** Asserts that the found record was written so, in all its parts, under this key. */
function oneOf(found: Found, written: readonly SessionRecord[], versions: readonly (string | undefined)[], what: string): void {
  const nth = written.findIndex(({ expiresAt }) => expiresAt === found.record.expiresAt)
  const record = written[nth]
  sure(record !== undefined, `${what} gave a record that nobody wrote.`)
  sameRecord(found, record, `${what}, which gave write number ${nth}`)
  const version = versions[nth]
  sure(version === undefined || version === found.version, `${what} gave write number ${nth} with the version of another.`)
}

/** Of writes at the same moment whichever wins, it is one of them and whole. */
export const overtaken: readonly Case[] = [
  {
    name: 'of updates at the same moment one is there afterwards, whole',
    guarantee: 'exact',
    async test(trial) {
      for (let round = 0; round < 5; round++) {
        const { key, record, version } = await newSession(trial, recordOf(trial, 'first', WRITERS))
        const written = [...Array.from({ length: WRITERS }, (_, nth) => ({ ...record, ...recordOf(trial, key, nth) })), record]
        const versions = await Promise.all(
          written
            .slice(0, WRITERS)
            .map((next, nth) =>
              (nth % 2 ? trial.second : trial.store).update(
                key,
                { ...record, data: next.data, expiresAt: next.expiresAt },
                version,
              ),
            ),
        )
        for (const handle of [trial.store, trial.second]) {
          const found = await handle.read(key)
          sure(found !== undefined, 'after updates at the same moment, nothing is there.')
          oneOf(found, written, [...versions, version], 'after updates at the same moment, read')
        }
      }
    },
  },
]

/** Several sessions, written again and again by both handles, of which now and then something arrives. */
async function written(trial: Trial): Promise<readonly Log[]> {
  const logs: Log[] = []
  for (let n = 0; n < 6; n++) {
    const key = newKey()
    const first = recordOf(trial, key, 0)
    const log: Log = { key, records: [first], versions: [await trial.store.create(key, first)] }
    logs.push(log)
    for (let nth = 1; nth < 8; nth++) {
      const record = { ...first, ...recordOf(trial, key, nth) }
      const handle = nth % 3 === 2 ? trial.second : trial.store
      const last = log.versions.findLast((version) => version !== undefined) ?? ''
      log.records.push(record)
      log.versions.push(await handle.update(key, record, last))
      if (nth % 3 === 1) await trial.settle()
      for (const each of logs) await look(trial, each)
    }
    if (n % 3 === 2) await trial.store.delete(key, log.versions.findLast((version) => version !== undefined) ?? '')
    await look(trial, log)
  }
  return logs
}

interface Log {
  readonly key: string
  readonly records: SessionRecord[]
  readonly versions: (string | undefined)[]
}

async function look({ store, second }: Trial, { key, records, versions }: Log): Promise<void> {
  for (const handle of [store, second]) {
    const found = await handle.read(key)
    if (found) oneOf(found, records, versions, 'before anything has arrived for sure, read')
  }
}

/** Asks only for results that no delay can excuse. */
export const stale: readonly Case[] = [
  {
    name: 'what is read, however late, was written under that key at some time, whole',
    guarantee: 'exact',
    async test(trial) {
      await written(trial)
    },
  },
  {
    name: 'when everything has arrived, all handles have the same',
    guarantee: 'fresh',
    async test(trial) {
      const logs = await written(trial)
      await trial.settle()
      for (const log of logs) {
        const [one, other] = await Promise.all([trial.store.read(log.key), trial.second.read(log.key)])
        same(other?.version, one?.version, 'when everything has arrived, the version by the other handle is')
        await look(trial, log)
      }
    },
  },
]

/** The case with a store that waits after each write until it has arrived: then nothing is stale. */
export function settling(one: Case): Case {
  return {
    ...one,
    test: (trial) => one.test({ ...trial, store: settled(trial, trial.store), second: settled(trial, trial.second) }),
  }
}

const handles = new WeakMap<Store, Store>()

function settled({ settle }: Trial, store: Store): Store {
  const known = handles.get(store)
  if (known) return known
  const and =
    <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        return await call(...args)
      } finally {
        await settle()
      }
    }
  const { touch, prune } = store
  const waiting: Store = {
    ...store,
    create: and((key, record) => store.create(key, record)),
    update: and((key, record, version) => store.update(key, record, version)),
    delete: and((key, version) => store.delete(key, version)),
    ...(touch && { touch: and((key, expiresAt, version) => touch.call(store, key, expiresAt, version)) }),
    ...(prune && { prune: and((before, limit) => prune.call(store, before, limit)) }),
  }
  handles.set(store, waiting)
  return waiting
}
