// A version stands for one write, and for no other ever after.

import { type Case, newKey, newRecord, newSession, same, sameKeys, sure, type Trial } from './trial.ts'

export const versions: readonly Case[] = [
  {
    name: 'update with the same content is a new version too',
    guarantee: 'versions',
    async test(trial) {
      const { key, record, version } = await newSession(trial)
      const next = await trial.store.update(key, record, version)
      sure(next !== undefined && next !== version, 'an update that changes nothing must still give a new version.')
      same(await trial.store.update(key, record, version), undefined, 'update of the version before gave')
    },
  },
  {
    name: 'a version never comes twice for one key, even after delete and create',
    guarantee: 'versions',
    test: versionsNeverRepeat,
  },
]

async function versionsNeverRepeat(trial: Trial): Promise<void> {
  const { store } = trial
  const key = newKey()
  const record = newRecord(trial)
  const versions: string[] = []
  for (let life = 0; life < 5; life++) {
    let version = await store.create(key, record)
    for (let n = 0; version !== undefined && n < 3; n++) {
      versions.push(version)
      version = await store.update(key, { ...record, data: `${n}` }, version)
    }
    sure(version !== undefined, 'a create or an update of the current version did nothing.')
    versions.push(version)
    for (const old of versions.slice(0, -1)) {
      same(await store.update(key, record, old), undefined, 'update of a version from before gave')
      same(await store.delete(key, old), false, 'delete of a version from before gave')
    }
    sure(await store.delete(key, version), 'delete of the current version did nothing.')
  }
  sameKeys([...new Set(versions)], versions, 'the versions of one key repeat')
}
