// As much as a store says it takes, and never a part of it.

import { bytes } from './data.ts'
import { type Case, newKey, newRecord, newSession, same, sameRecord, type Trial } from './trial.ts'

const SIGNS = ['x', 'é', '漢', '😀']

export const big: readonly Case[] = [
  {
    name: 'keeps as much as maxBytes says, and never cuts what is longer',
    guarantee: 'big',
    async test(trial) {
      const { store, second, biggest } = trial
      for (const sign of SIGNS) {
        const data = sign.repeat(Math.floor(biggest / bytes(sign))) + 'x'.repeat(biggest % bytes(sign))
        const { key, record, version } = await newSession(trial, { data, owner: newKey() })
        sameRecord(await second.read(key), record, `with ${biggest} bytes, after create`, version)
        const next = await store.update(key, record, version)
        sameRecord(await store.read(key), record, `with ${biggest} bytes, after update`, next)
        await store.delete(key, next ?? '')
      }
      if (biggest === store.maxBytes) await neverCut(trial, 'x'.repeat(biggest + 1))
    },
  },
  {
    name: 'a record may grow from nothing to the largest, and shrink again',
    guarantee: 'big',
    async test(trial) {
      const { key, record, version } = await newSession(trial, { data: '' })
      let last = version
      for (const length of [1, trial.biggest, 1, trial.biggest - 1, 0]) {
        const changed = { ...record, data: 'x'.repeat(length) }
        last = (await trial.store.update(key, changed, last)) ?? ''
        sameRecord(await trial.store.read(key), changed, `after an update to ${length} bytes`, last)
      }
    },
  },
]

async function neverCut(trial: Trial, data: string): Promise<void> {
  const key = newKey()
  const record = newRecord(trial, { data })
  const refused = await trial.store.create(key, record).then(
    () => false,
    () => true,
  )
  const found = await trial.store.read(key)
  if (refused) same(found, undefined, 'create refused more than maxBytes, and read gave')
  else sameRecord(found, record, 'with one byte more than maxBytes')
}
