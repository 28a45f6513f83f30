// Thousands of sessions: nothing is cut off at a thousand, nobody is forgotten, and requests go on while it is cleaned up.

import { can, type Found, type Store } from '../../stores/store.ts'
import { allPages } from './index.ts'
import { type Case, inTurns, MINUTE, newKey, newSession, same, sameKeys, sameRecord, sure, type Trial } from './trial.ts'

type Session = Found & { readonly key: string }

/** Every fourth has an owner, and every tenth of these the same one. Half of all, and of those of one owner, are over at `time`. */
async function fill(trial: Trial, time: number, owner: string): Promise<Session[]> {
  return inTurns(trial.records, (nth) =>
    newSession(nth % 2 ? { ...trial, store: trial.second } : trial, {
      data: `session ${nth}`,
      ...(nth % 4 === 0 && { owner: nth % 40 === 0 ? owner : newKey() }),
      ...(Math.floor(nth / 40) % 2 ? { expiresAt: time } : {}),
    }),
  )
}

/** Where all are listed, it is enough to read every tenth. */
const looks = (store: Store, sessions: readonly Session[]): readonly Session[] =>
  can(store, 'list') ? sessions.filter((_, nth) => nth % 10 === 0) : sessions

async function allThere(store: Store, sessions: readonly Session[], when: string): Promise<void> {
  const some = looks(store, sessions)
  await inTurns(some.length, async (nth) => {
    const session = some[nth]
    if (session) sameRecord(await store.read(session.key), session.record, `${when}, ${session.record.data}`, session.version)
  })
}

const keysOf = (sessions: readonly Session[]): string[] => sessions.map(({ key }) => key)

async function allListed(trial: Trial, sessions: readonly Session[], limit: number): Promise<void> {
  const { store } = trial
  if (!can(store, 'list')) return
  const listed = new Set(await allPages({ ...trial, store }, limit))
  const missing = keysOf(sessions).filter((key) => !listed.has(key)).length
  same(missing, 0, `of ${sessions.length} sessions, pages of ${limit} left out`)
}

/** Reads, changes, creates and ends sessions, as requests do, until `pruning` is over; the changed ones are given back. */
async function requests(trial: Trial, live: readonly Session[], pruning: Promise<unknown>): Promise<Session[]> {
  let over = false
  const done = pruning.finally(() => {
    over = true
  })
  const changed = [...live]
  const work = inTurns(
    Math.min(live.length, 200),
    async (nth) => {
      const session = live[nth]
      if (over || !session) return
      const record = { ...session.record, data: 'changed' }
      const version = await trial.store.update(session.key, record, session.version)
      sure(version !== undefined, 'while sessions were pruned, an update of one that lives did nothing.')
      changed[nth] = { ...session, record, version }
      const guest = await newSession({ ...trial, store: trial.second })
      sure(await trial.second.delete(guest.key, guest.version), 'while sessions were pruned, delete of a new one did nothing.')
    },
    8,
  )
  await Promise.all([done, work])
  return changed
}

async function pruneAll(trial: Trial, time: number, over: readonly Session[], live: readonly Session[]): Promise<void> {
  const { store } = trial
  if (!can(store, 'prune')) return
  const limit = Math.max(1, Math.ceil(trial.records / 10))
  let removed = 0
  const batches = async (): Promise<void> => {
    for (let batch = 0; batch <= 2 * 10; batch++) {
      const count = await store.prune(time, limit)
      sure(count <= limit, `with a limit of ${limit}, prune counted ${count}.`)
      removed += count
      if (count === 0) return
    }
    throw new Error('prune never comes to an end.')
  }
  const changed = await requests(trial, live, batches())
  sure(removed <= over.length, `of ${over.length} sessions that were over, prune removed ${removed}.`)
  await allThere(trial.second, changed, 'after prune')
  await allListed(trial, changed, limit)
  const gone = looks(store, over)
  await inTurns(gone.length, async (nth) => {
    same(await store.read(gone[nth]?.key ?? ''), undefined, 'after prune, read of an expired key gave')
  })
}

export const many: readonly Case[] = [
  {
    name: 'thousands of sessions are created, found, listed by page and by owner, and pruned while requests go on',
    guarantee: 'many',
    async test(trial) {
      const { store, second } = trial
      const owner = newKey()
      const time = trial.now() + 10 * MINUTE
      const sessions = await fill(trial, time, owner)
      await allThere(second, sessions, 'of thousands')
      await allListed(trial, sessions, Math.max(1, Math.ceil(trial.records / 10)))
      const owned = (some: readonly Session[]): string[] => keysOf(some.filter(({ record }) => record.owner === owner))
      if (can(store, 'listByOwner'))
        sameKeys(await store.listByOwner(owner), owned(sessions), 'of thousands, the sessions of one owner are')
      trial.advance(10 * MINUTE)
      const live = sessions.filter(({ record }) => record.expiresAt > time)
      const over = sessions.filter(({ record }) => record.expiresAt <= time)
      await pruneAll(trial, time, over, live)
      if (can(store, 'listByOwner') && can(store, 'prune'))
        sameKeys(await store.listByOwner(owner), owned(live), 'after prune, the sessions of one owner are')
    },
  },
]
