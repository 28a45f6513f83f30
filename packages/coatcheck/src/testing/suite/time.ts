// Stores keep no clock: they may drop what has expired, never what has not.

import type { Found } from '../../stores/store.ts'
import { type Case, DAY, MINUTE, needing, newKey, newRecord, newSession, same, sameKeys, sameRecord, sure } from './trial.ts'

/** Whether a store gives it back is its own affair. */
function withoutKeep(found: Found | undefined): Found | undefined {
  if (!found) return undefined
  const { keepUntil: _, ...record } = found.record
  return { ...found, record }
}

export const times: readonly Case[] = [
  {
    name: 'keeps a record up to the millisecond before it expires, whatever else is stored',
    guarantee: 'alive',
    async test(trial) {
      const { store } = trial
      const { key, record, version } = await newSession(trial, { expiresAt: trial.now() + MINUTE })
      trial.advance(MINUTE - 1)
      for (let n = 0; n < 30; n++) await newSession(trial, { expiresAt: trial.now() + 1 })
      await store.prune?.(trial.now(), 1_000)
      sameRecord(await store.read(key), record, 'one millisecond before expiresAt', version)
    },
  },
  {
    name: 'has an expired record whole or not at all, and its key can be used again in the end',
    guarantee: 'alive',
    async test(trial) {
      const { store } = trial
      const { key, record, version } = await newSession(trial, { expiresAt: trial.now() + MINUTE })
      trial.advance(MINUTE + 1)
      const found = await store.read(key)
      if (found) sameRecord(found, record, 'after expiresAt', version)
      const renewed = newRecord(trial, { data: 'renewed', createdAt: record.createdAt, endsAt: record.endsAt })
      const next = (await store.update(key, renewed, version)) ?? (await store.create(key, renewed))
      sure(next !== undefined, 'an expired record could be neither updated nor created anew.')
      sameRecord(await store.read(key), renewed, 'after renewing an expired record', next)
    },
  },
  {
    name: 'a keepUntil, past or to come, changes nothing about what is read, nor when it expires',
    guarantee: 'alive',
    async test(trial) {
      const { store } = trial
      const expiresAt = trial.now() + MINUTE
      for (const keepUntil of [trial.now() - 1, trial.now() + 1, trial.now() + DAY]) {
        const key = newKey()
        const record = newRecord(trial, { owner: newKey() })
        const version = await store.create(key, { ...record, keepUntil })
        sure(version !== undefined, 'create with a keepUntil said that a fresh key is taken.')
        sameRecord(withoutKeep(await store.read(key)), record, 'after create with a keepUntil', version)
        const changed = { ...record, data: 'changed', expiresAt }
        const next = await store.update(key, { ...changed, keepUntil }, version)
        sure(next !== undefined && next !== version, 'update of the current version with a keepUntil did nothing.')
        sameRecord(withoutKeep(await store.read(key)), changed, 'after update with a keepUntil', next)
        await store.prune?.(expiresAt - 1, 1_000)
        sameRecord(withoutKeep(await store.read(key)), changed, 'one millisecond before expiresAt, with a keepUntil', next)
        const last = await store.update(key, changed, next)
        sameRecord(withoutKeep(await store.read(key)), changed, 'after an update without it', last)
        await store.update(key, { ...changed, keepUntil }, last ?? '')
        if (!store.prune) continue
        await store.prune(expiresAt, 1_000)
        same(await store.read(key), undefined, 'pruned at expiresAt, a record with a keepUntil is')
      }
    },
  },
  {
    name: 'update may keep a record past its absolute end, for itself and for nobody else',
    guarantee: 'alive',
    async test(trial) {
      const { store } = trial
      const owner = newKey()
      const endsAt = trial.now() + MINUTE
      const { key, record, version } = await newSession(trial, { owner, expiresAt: endsAt, endsAt })
      const other = await newSession(trial, { owner })
      const kept = { ...record, data: 'kept', expiresAt: endsAt + 10 * MINUTE }
      const next = await store.update(key, kept, version)
      sure(next !== undefined && next !== version, 'update with an expiresAt behind endsAt did nothing.')
      sameRecord(await store.read(key), kept, 'before its absolute end', next)
      trial.advance(2 * MINUTE)
      await store.prune?.(kept.expiresAt - 1, 100)
      sameRecord(await store.read(key), kept, 'past its absolute end, one millisecond before expiresAt', next)
      // Whether this one is still listed, now that it has ended, is the store's own affair.
      const rest = (await store.listByOwner?.(owner))?.filter((listed) => listed !== key)
      if (rest) sameKeys(rest, [other.key], 'past the absolute end of one session, the others of its owner are')
      if (store.prune) await store.prune(kept.expiresAt, 100)
      else same(await store.delete(key, next), true, 'past its absolute end, delete of the current version gave')
      same(await store.read(key), undefined, 'a record kept past its absolute end, and pruned at expiresAt or deleted, is')
      if (store.listByOwner) sameKeys(await store.listByOwner(owner), [other.key], 'after that, the sessions of its owner are')
    },
  },
  needing('touch', 'touch', 'touch moves expiresAt forward and keeps everything else, the version too', async (trial) => {
    const { store } = trial
    const { key, record, version } = await newSession(trial, { owner: newKey() })
    const expiresAt = record.expiresAt + DAY
    same(await store.touch(key, expiresAt, version), true, 'touch of the current version gave')
    sameRecord(await store.read(key), { ...record, expiresAt }, 'after touch', version)
    const changed = { ...record, data: 'changed' }
    const next = await store.update(key, changed, version)
    sure(next !== undefined, 'after touch, an update of the same version did nothing.')
    sameRecord(await store.read(key), changed, 'after touch and update', next)
  }),
  needing('touch', 'touch', 'touch never moves expiresAt back', async (trial) => {
    const { store } = trial
    const { key, record, version } = await newSession(trial)
    for (const expiresAt of [record.expiresAt, record.expiresAt - 1, trial.now(), 0]) {
      same(await store.touch(key, expiresAt, version), true, 'touch of the current version to an earlier time gave')
      sameRecord(await store.read(key), record, 'after a touch to an earlier time', version)
    }
  }),
  needing('touch', 'touch', 'touch of another version, or of nothing, does nothing', async (trial) => {
    const { store } = trial
    const { key, record, version } = await newSession(trial)
    const later = record.expiresAt + DAY
    const changed = { ...record, data: 'changed', expiresAt: record.expiresAt - DAY }
    const next = await store.update(key, changed, version)
    for (const other of [version, '7-made-up-version']) {
      same(await store.touch(key, later, other), false, 'touch of another version gave')
      sameRecord(await store.read(key), changed, 'after a touch of another version', next)
    }
    await store.delete(key, next ?? '')
    same(await store.touch(key, later, next ?? ''), false, 'touch of a deleted record gave')
    same(await store.read(key), undefined, 'touch brought a deleted record back: read gave')
  }),
  needing('prune', 'prune', 'prune removes what is expired at that time, and nothing else', async (trial) => {
    const { store } = trial
    const time = trial.now() + MINUTE
    const gone = [await newSession(trial, { expiresAt: time - 1 }), await newSession(trial, { expiresAt: time })]
    const kept = [await newSession(trial, { expiresAt: time + 1, owner: newKey() }), await newSession(trial)]
    trial.advance(MINUTE)
    const before = await Promise.all(gone.map(({ key }) => store.read(key)))
    same(await store.prune(time, 100), before.filter((found) => found).length, 'prune counted')
    for (const { key } of gone) same(await store.read(key), undefined, 'after prune, read of an expired key gave')
    for (const { key, record, version } of kept) sameRecord(await store.read(key), record, 'after prune', version)
    same(await store.prune(time, 100), 0, 'a second prune counted')
  }),
  needing('prune', 'prune', 'prune goes by expiresAt as it is now, after touch and update', async (trial) => {
    const { store } = trial
    const time = trial.now() + MINUTE
    const longer = await newSession(trial, { expiresAt: time })
    const shorter = await newSession(trial)
    const touched = await newSession(trial, { expiresAt: time })
    await store.update(longer.key, { ...longer.record, expiresAt: time + 1 }, longer.version)
    await store.update(shorter.key, { ...shorter.record, expiresAt: time }, shorter.version)
    if (store.touch) await store.touch(touched.key, time + 1, touched.version)
    else await store.update(touched.key, { ...touched.record, expiresAt: time + 1 }, touched.version)
    trial.advance(MINUTE)
    await store.prune(time, 100)
    same((await store.read(longer.key))?.record.expiresAt, time + 1, 'a record updated to a longer life: expiresAt is')
    same((await store.read(touched.key))?.record.expiresAt, time + 1, 'a touched record: expiresAt is')
    same(await store.read(shorter.key), undefined, 'a record updated to a shorter life: read gave')
  }),
  needing('prune', 'prune', 'prune stops at its limit, and goes on when called again', async (trial) => {
    const { store } = trial
    const time = trial.now() + MINUTE
    const keys: string[] = []
    for (let n = 0; n < 7; n++) keys.push((await newSession(trial, { expiresAt: time })).key)
    trial.advance(MINUTE)
    const left = async (): Promise<number> =>
      (await Promise.all(keys.map((key) => store.read(key)))).filter((found) => found).length
    for (let there = await left(); there > 0; there = await left()) {
      same(await store.prune(time, 3), Math.min(there, 3), `with ${there} expired records and a limit of 3, prune counted`)
      same(await left(), there - Math.min(there, 3), 'after that, there are as many records as')
    }
  }),
]
