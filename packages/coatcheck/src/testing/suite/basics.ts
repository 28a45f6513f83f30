// The four verbs one after the other: what each does, and what it leaves alone.

import { type Case, DAY, MINUTE, needing, newKey, newRecord, newSession, same, sameRecord, sure } from './trial.ts'

const MADE_UP = '7-made-up-version'

export const basics: readonly Case[] = [
  {
    name: 'answers with absence for a key that was never created',
    guarantee: 'exact',
    async test(trial) {
      const { store } = trial
      const key = newKey()
      same(await store.read(key), undefined, 'read gave')
      same(await store.update(key, newRecord(trial), MADE_UP), undefined, 'update gave')
      same(await store.delete(key, MADE_UP), false, 'delete gave')
      same(await store.read(key), undefined, 'an update created a record: read gave')
    },
  },
  {
    name: 'create stores a record, and read gives it back with its version',
    guarantee: 'exact',
    async test(trial) {
      const { key, record, version } = await newSession(trial, { owner: newKey() })
      sure(typeof version === 'string' && version !== '', 'create gave a version that is no text.')
      sameRecord(await trial.store.read(key), record, 'after create', version)
    },
  },
  {
    name: 'create never overwrites',
    guarantee: 'refused',
    async test(trial) {
      const { key, record, version } = await newSession(trial)
      same(await trial.store.create(key, newRecord(trial, { data: 'intruder' })), undefined, 'create of a taken key gave')
      sameRecord(await trial.store.read(key), record, 'after a second create', version)
    },
  },
  {
    name: 'update replaces data and expiresAt, and returns the new version',
    guarantee: 'exact',
    async test(trial) {
      const { key, record, version } = await newSession(trial, { owner: newKey() })
      const changed = { ...record, data: 'changed', expiresAt: record.expiresAt + DAY }
      const next = await trial.store.update(key, changed, version)
      sure(typeof next === 'string' && next !== '', 'update of the current version did nothing.')
      sure(next !== version, 'update gave the version it replaced.')
      sameRecord(await trial.store.read(key), changed, 'after update', next)
    },
  },
  {
    name: 'update may shorten a life',
    guarantee: 'exact',
    async test(trial) {
      const { key, record, version } = await newSession(trial)
      const changed = { ...record, expiresAt: trial.now() + MINUTE }
      await trial.store.update(key, changed, version)
      sameRecord(await trial.store.read(key), changed, 'after update')
    },
  },
  {
    name: 'update of another version changes nothing',
    guarantee: 'refused',
    async test(trial) {
      const { key, record, version } = await newSession(trial)
      const late = { ...record, data: 'late', expiresAt: record.expiresAt + DAY }
      same(await trial.store.update(key, late, MADE_UP), undefined, 'update of a made-up version gave')
      sameRecord(await trial.store.read(key), record, 'after an update of a made-up version', version)
      const changed = { ...record, data: 'changed' }
      const next = await trial.store.update(key, changed, version)
      same(await trial.store.update(key, late, version), undefined, 'update of a replaced version gave')
      sameRecord(await trial.store.read(key), changed, 'after an update of a replaced version', next)
    },
  },
  {
    name: 'update never brings back what was deleted',
    guarantee: 'ended',
    async test(trial) {
      const { key, record, version } = await newSession(trial)
      await trial.store.delete(key, version)
      same(await trial.store.update(key, record, version), undefined, 'update of a deleted record gave')
      same(await trial.store.read(key), undefined, 'after delete and update, read gave')
    },
  },
  {
    name: 'update leaves owner, createdAt and endsAt as they were created',
    guarantee: 'exact',
    async test(trial) {
      for (const owner of [newKey(), undefined]) {
        const { key, record, version } = await newSession(trial, owner === undefined ? {} : { owner })
        const changed = { data: 'changed', expiresAt: record.expiresAt - DAY }
        await trial.store.update(key, { ...changed, owner: newKey(), createdAt: 1, endsAt: record.endsAt + DAY }, version)
        sameRecord(await trial.store.read(key), { ...record, ...changed }, 'after an update with other fixed fields')
      }
    },
  },
  {
    name: 'delete removes the version it names and no other',
    guarantee: 'refused',
    async test(trial) {
      const { store } = trial
      const { key, record, version } = await newSession(trial)
      same(await store.delete(key, MADE_UP), false, 'delete of a made-up version gave')
      const changed = { ...record, data: 'changed' }
      const next = await store.update(key, changed, version)
      same(await store.delete(key, version), false, 'delete of a replaced version gave')
      sameRecord(await store.read(key), changed, 'after a delete of a replaced version', next)
      same(await store.delete(key, next ?? ''), true, 'delete of the current version gave')
      same(await store.read(key), undefined, 'after delete, read gave')
      same(await store.delete(key, next ?? ''), false, 'a second delete gave')
    },
  },
  {
    name: 'a key can be used again after delete',
    guarantee: 'exact',
    async test(trial) {
      const { key, version } = await newSession(trial)
      await trial.store.delete(key, version)
      const again = newRecord(trial, { data: 'again', owner: newKey() })
      const next = await trial.store.create(key, again)
      sameRecord(await trial.store.read(key), again, 'after delete and create', next)
    },
  },
  {
    name: 'what is done to one key leaves every other alone',
    guarantee: 'exact',
    async test(trial) {
      const { store } = trial
      const kept = await Promise.all([1, 2, 3].map((n) => newSession(trial, { data: `kept ${n}` })))
      const { key, record, version } = await newSession(trial)
      const next = await store.update(key, { ...record, data: 'changed' }, version)
      await store.delete(key, next ?? '')
      for (const other of kept) sameRecord(await store.read(other.key), other.record, 'an untouched record', other.version)
    },
  },
  {
    name: 'another handle on the same data sees every write at once',
    guarantee: 'fresh',
    async test(trial) {
      const { store, second } = trial
      const { key, record, version } = await newSession(trial)
      sameRecord(await second.read(key), record, 'created by the first, read by the second', version)
      const changed = { ...record, data: 'changed' }
      const next = await second.update(key, changed, version)
      sameRecord(await store.read(key), changed, 'updated by the second, read by the first', next)
      same(await second.create(key, record), undefined, 'create of what the first handle created gave')
      same(await store.delete(key, next ?? ''), true, 'delete of what the second handle updated gave')
      same(await second.read(key), undefined, 'deleted by the first, read by the second')
    },
  },
  needing('migrate', 'exact', 'migrate may be run again and keeps every record', async (trial) => {
    const { key, record, version } = await newSession(trial, { owner: newKey() })
    await trial.store.migrate()
    sameRecord(await trial.second.read(key), record, 'after migrate', version)
  }),
]
