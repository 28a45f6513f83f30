// Two processes whose clocks differ: by a minute, which is forgiven, and by an hour, which is not, but harms nobody else.

import { type Case, HOUR, MINUTE, needing, newKey, newSession, same, sameKeys, sameRecord, sure, type Trial } from './trial.ts'

const CLOCKS = [
  ['a minute ahead', MINUTE],
  ['a minute behind', -MINUTE],
  ['an hour ahead', HOUR],
  ['an hour behind', -HOUR],
] as const

/** The same trial with the handles, and their clocks, changed over. */
const swapped = (trial: Trial): Trial => ({
  ...trial,
  store: trial.second,
  second: trial.store,
  now: trial.secondNow,
  secondNow: trial.now,
})

/** Creates a session by either clock, changes it by the other one, and makes sure that both still have it, and its owner too. */
async function kept(trial: Trial, expiresAt: number, meanwhile: (trial: Trial) => Promise<unknown>): Promise<void> {
  const owner = newKey()
  for (const each of [trial, swapped(trial)]) {
    const { store, second } = each
    const { key, record, version } = await newSession(each, { owner, expiresAt, endsAt: expiresAt })
    sameRecord(await second.read(key), record, 'created by the other clock', version)
    const changed = { ...record, data: 'changed' }
    const next = await second.update(key, changed, version)
    sure(next !== undefined, 'update of a session that the other clock created did nothing.')
    if (store.touch) same(await store.touch(key, expiresAt, next), true, 'touch of the current version gave')
    const more = await newSession(swapped(each), { owner })
    await meanwhile(each)
    for (const handle of [store, second]) {
      sameRecord(await handle.read(key), changed, 'after update and touch by both clocks', next)
      if (handle.listByOwner) sameKeys(await handle.listByOwner(owner), [key, more.key], 'the sessions of the owner are')
      if (handle.list) sure((await handle.list(undefined, 100)).keys.includes(key), 'list left out a session that lives.')
    }
    await store.delete(key, next)
    await store.delete(more.key, more.version)
  }
}

/** With one handle only there is only one clock. */
const withTwo = (test: (trial: Trial) => Promise<void>): Case['test'] => {
  return async (trial) => (trial.second === trial.store ? undefined : test(trial))
}

const pruned = async ({ store, second, now, secondNow }: Trial): Promise<void> => {
  await store.prune?.(now(), 100)
  await second.prune?.(secondNow(), 100)
}

export const clocks: readonly Case[] = CLOCKS.flatMap(([ahead, skew]): readonly Case[] => [
  {
    name: `another clock ${ahead}: a session that lives by both is kept`,
    guarantee: 'clocks',
    skew,
    test: withTwo((trial) => kept(trial, Math.max(trial.now(), trial.secondNow()) + 1_000, pruned)),
  },
  {
    name: `another clock ${ahead}: a session is kept for whom it lives, as long as nobody else is at it`,
    guarantee: 'clocks',
    skew,
    test: withTwo(async (trial) => {
      for (const each of [trial, swapped(trial)]) {
        const { store } = each
        const owner = newKey()
        const { key, record, version } = await newSession(each, {
          owner,
          expiresAt: each.now() + MINUTE,
          endsAt: each.now() + MINUTE,
        })
        const changed = { ...record, data: 'changed' }
        const next = await store.update(key, changed, version)
        sameRecord(await store.read(key), changed, 'after create and update by one clock', next)
        if (store.listByOwner) sameKeys(await store.listByOwner(owner), [key], 'the sessions of the owner are')
      }
    }),
  },
  ...(Math.abs(skew) > MINUTE
    ? []
    : [
        {
          name: `another clock ${ahead}: a session that lives by either is kept, until it is pruned`,
          guarantee: 'clocks',
          skew,
          test: withTwo((trial) => kept(trial, Math.max(trial.now(), trial.secondNow()) - MINUTE / 2, async () => {})),
        } as const,
      ]),
  {
    ...needing('prune', 'clocks', `another clock ${ahead}: prune goes by the time it is given`, async (trial) => {
      const { second } = trial
      const time = trial.now() + MINUTE
      const over = await newSession(trial, { expiresAt: time })
      const lives = await newSession(trial, { expiresAt: time + 1 })
      trial.advance(MINUTE)
      const there = (await second.read(over.key)) ? 1 : 0
      same(await second.prune(time, 100), there, 'by another clock, prune counted')
      same(await second.read(over.key), undefined, 'after prune, read of an expired key gave')
      sameRecord(await second.read(lives.key), lives.record, 'after prune, a session that lives', lives.version)
    }),
    skew,
  },
])
