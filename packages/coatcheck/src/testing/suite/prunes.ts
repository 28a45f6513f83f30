// Several prunes at once, as of several servers, while others write to what is over.

import { can, type Store } from '../../stores/store.ts'
import {
  type Case,
  DAY,
  MINUTE,
  needing,
  newKey,
  newSession,
  type Offering,
  same,
  sameRecord,
  sure,
  type Trial,
} from './trial.ts'

const ROUNDS = 6
const PRUNES = 5

type Pruning = Trial<Offering<'prune'>>

/** Sessions that are over now: at this time. */
async function expired(trial: Pruning, count: number) {
  const time = trial.now() + MINUTE
  const all = Array.from({ length: count }, (_, nth) =>
    newSession(trial, { expiresAt: time, ...(nth % 3 === 0 && { owner: newKey() }) }),
  )
  const sessions = await Promise.all(all)
  trial.advance(MINUTE)
  return { time, sessions }
}

/** How many each of several prunes counted. */
const prunes = ({ store, second }: Pruning, time: number, limit: number): Promise<number[]> =>
  Promise.all(Array.from({ length: PRUNES }, (_, nth) => (nth % 2 ? second : store).prune(time, limit)))

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0)

/** How many prune still finds, called by itself until it finds no more. */
async function rest({ store }: Pruning, time: number, most: number): Promise<number> {
  let removed = 0
  for (let count = -1; count !== 0; removed += count) {
    count = await store.prune(time, 100)
    sure(removed + count <= most, `of ${most} expired records, prune counted ${removed + count} and goes on.`)
  }
  return removed
}

interface Written {
  readonly key: string
  /** The record that must be there now; `undefined`: somebody else had removed it before. */
  readonly kept?: { readonly version: string; readonly expiresAt: number }
}

/** Renews the session in one of three ways, or leaves it. */
async function write(
  trial: Pruning,
  { key, record, version }: Awaited<ReturnType<typeof newSession>>,
  nth: number,
): Promise<Written> {
  const store: Store = nth % 2 ? trial.second : trial.store
  const expiresAt = trial.now() + DAY
  const keptAs = (next: string | undefined): Written => ({
    key,
    ...(next !== undefined && { kept: { version: next, expiresAt } }),
  })
  if (nth % 4 === 0) return keptAs(await store.update(key, { ...record, expiresAt }, version))
  if (nth % 4 === 1)
    return can(store, 'touch') ? keptAs((await store.touch(key, expiresAt, version)) ? version : undefined) : { key }
  if (nth % 4 === 2) return { key }
  await store.delete(key, version)
  const next = await store.create(key, { ...record, expiresAt })
  sure(next !== undefined, 'after delete, create of the same key did nothing.')
  return keptAs(next)
}

export const prunings: readonly Case[] = [
  needing('prune', 'prune', 'several prunes at once count each session once', async (trial) => {
    for (let round = 0; round < ROUNDS; round++) {
      const lives = await newSession(trial)
      const { time, sessions } = await expired(trial, 40)
      const there = (await Promise.all(sessions.map(({ key }) => trial.store.read(key)))).filter((found) => found).length
      const counts = await prunes(trial, time, 12)
      for (const count of counts) sure(count <= 12, `with a limit of 12, prune counted ${count}.`)
      same(sum(counts) + (await rest(trial, time, there)), there, 'all prunes together counted')
      for (const { key } of sessions) same(await trial.store.read(key), undefined, 'after prune, read of an expired key gave')
      sameRecord(await trial.store.read(lives.key), lives.record, 'after prune, a session that lives', lives.version)
    }
  }),
  needing(
    'prune',
    'prune',
    'several prunes at once spare what is updated, touched or created anew at that moment',
    async (trial) => {
      for (let round = 0; round < ROUNDS; round++) {
        const { time, sessions } = await expired(trial, 40)
        const [counts, written] = await Promise.all([
          prunes(trial, time, 12),
          Promise.all(sessions.map((session, nth) => write(trial, session, nth))),
        ])
        const over = written.filter(({ kept }) => !kept)
        const most = sessions.length
        const removed = sum(counts) + (await rest(trial, time, most))
        // A prune may have removed the new ones before.
        const mayBeRemoved = over.length + written.filter((_, nth) => nth % 4 === 3).length
        sure(removed <= mayBeRemoved, `of at most ${mayBeRemoved} sessions that were over, ${PRUNES} prunes removed ${removed}.`)
        for (const { key, kept } of written) {
          const found = await trial.second.read(key)
          same(found?.version, kept?.version, 'after prunes and a write, the version is')
          if (kept) same(found?.record.expiresAt, kept.expiresAt, 'after prunes and a successful write, expiresAt is')
        }
      }
    },
  ),
]
