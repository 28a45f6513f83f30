// Notices of ends, and many records read at once.

import type { Listening, Store } from '../../stores/store.ts'
import { type Case, inTurns, needing, newKey, newSession, same, sameRecord, sure, type Trial } from './trial.ts'

/** Whoever listens to a store, and what was told so far. */
interface Ear extends Listening {
  /** Resolves once this key was told so many times, as all is that comes before. */
  heard(key: string, times?: number): Promise<void>
  readonly all: readonly string[]
}

async function listenTo(store: Store, { longestWait }: Pick<Trial, 'longestWait'>): Promise<Ear> {
  const all: string[] = []
  const waiting = new Set<() => void>()
  const settle = (): void => {
    for (const look of waiting) look()
  }
  let lost: { readonly error: unknown } | undefined
  const listening = await store.watch?.({
    told: (key) => {
      all.push(key)
      settle()
    },
    lost: (error) => {
      lost = { error }
      settle()
    },
  })
  sure(listening !== undefined, 'watch gave nothing to stop.')
  return {
    all,
    ping: () => listening.ping(),
    stop: () => listening.stop(),
    heard: (key, times = 1) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look)
          reject(new Error(`what happened to a key was told to nobody in ${longestWait} ms.`))
        }, longestWait)
        const look = (): void => {
          const isThere = all.filter((each) => each === key).length >= times
          if (!isThere && !lost) return
          clearTimeout(timer)
          waiting.delete(look)
          if (isThere) resolve()
          else reject(new Error(`lost was called while all was well: ${lost?.error}.`))
        }
        waiting.add(look)
        look()
      }),
  }
}

export const tellings: readonly Case[] = [
  needing('watch', 'told', 'watch tells of a delete and of an update that tells, once the write can be read', async (trial) => {
    const { store, second } = trial
    const ear = await listenTo(second, trial)
    try {
      const { key, record, version } = await newSession(trial, { owner: newKey() })
      const next = await store.update(key, { ...record, data: 'over', tells: true }, version)
      sure(next !== undefined, 'an update that tells did nothing.')
      await ear.heard(key)
      sameRecord(await second.read(key), { ...record, data: 'over' }, 'when an update was told', next)
      const before = ear.all.filter((each) => each === key).length
      sure(await store.delete(key, next), 'delete did nothing.')
      await ear.heard(key, before + 1)
      same(await second.read(key), undefined, 'when a delete was told, read gave')
    } finally {
      await ear.stop()
    }
  }),
  needing('watch', 'told', 'watch tells every one of many ends at once, to all who listen, by either handle', async (trial) => {
    const { store, second } = trial
    const ears = [await listenTo(store, trial), await listenTo(second, trial)]
    try {
      const sessions = await inTurns(40, () => newSession(trial))
      await inTurns(40, async (nth) => {
        const { key, record, version } = sessions[nth] as (typeof sessions)[number]
        const handle = nth % 2 ? store : second
        if (nth % 4 < 2) await handle.delete(key, version)
        else await handle.update(key, { ...record, tells: true }, version)
      })
      for (const ear of ears) for (const { key } of sessions) await ear.heard(key)
    } finally {
      for (const ear of ears) await ear.stop()
    }
  }),
  needing('watch', 'told', 'who listens tells of what ends right after watch resolved, each time', async (trial) => {
    for (let n = 0; n < 5; n++) {
      const { key, version } = await newSession(trial)
      const ear = await listenTo(trial.second, trial)
      await trial.store.delete(key, version)
      await ear.heard(key)
      await ear.stop()
    }
  }),
  needing('watch', 'told', 'who stopped is told nothing more, and others are', async (trial) => {
    const { store } = trial
    const [stopped, goes] = [await listenTo(store, trial), await listenTo(store, trial)]
    try {
      await stopped.ping()
      await stopped.stop()
      const { key, version } = await newSession(trial)
      await store.delete(key, version)
      await goes.heard(key)
      await goes.ping()
      same(stopped.all.length, 0, 'after stop, the number of notices is')
    } finally {
      await goes.stop()
    }
  }),
  needing('readMany', 'readMany', 'readMany gives what read gives, in the order of the keys', async (trial) => {
    const { second } = trial
    const sessions = await inTurns(120, (nth) =>
      newSession(trial, { data: `🥐\u0001${nth}`, ...(nth % 2 && { owner: newKey() }) }),
    )
    const missing = newKey()
    const keys = [missing, ...sessions.map(({ key }) => key).reverse(), newKey()]
    const all = await second.readMany(keys)
    same(all.length, keys.length, 'the number of answers is')
    same(all[0], undefined, 'for a key that nobody has, readMany gave')
    same(all.at(-1), undefined, 'for another, it gave')
    for (const [nth, { record, version }] of sessions.toReversed().entries())
      sameRecord(all[nth + 1], record, 'in readMany', version)
    const [first] = sessions
    if (!first) return
    const next = await trial.store.update(first.key, { ...first.record, data: 'changed' }, first.version)
    const [found, again] = await second.readMany([first.key, first.key])
    sameRecord(found, { ...first.record, data: 'changed' }, 'after an update, readMany gave', next)
    sameRecord(again, { ...first.record, data: 'changed' }, 'for the same key again', next)
    same((await second.readMany([])).length, 0, 'for no keys, the number of answers is')
  }),
]
