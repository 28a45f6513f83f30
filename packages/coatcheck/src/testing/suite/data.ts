// Data comes back as it was stored: every character, every millisecond.

import { type Case, newKey, newRecord, newSession, same, sameRecord } from './trial.ts'

export const bytes = (text: string): number => new TextEncoder().encode(text).length

const TEXTS = [
  '',
  ' \t outer space \n ',
  'a\r\nb\rc\nd',
  '\u00e9 and e\u0301, \u212b and \u00c5',
  '👩‍👩‍👧‍👦 שלום עליכם 漢字 𠜎',
  '\ufeffmark',
  '\u0001\u001b\u007f\u0085\u2028\u2029\ufffd\ufffe\uffff',
  `'"\`\\ %_*? $1 :name @p -- /* */ ; {{}} <&> \\u0041`,
  'null',
  '1e400',
  '0123',
  '[1,2]',
  '{"owner":"somebody else","expiresAt":0}',
  'x'.repeat(70_000),
  `x${'😀'.repeat(20_000)}`,
]

export const fidelity: readonly Case[] = [
  {
    name: 'gives every text back exactly, also 70 000 characters of it',
    guarantee: 'exact',
    async test(trial) {
      const { maxBytes = Number.POSITIVE_INFINITY } = trial.store
      const { key, version } = await newSession(trial, { data: '' })
      let last = version
      for (const data of TEXTS.filter((text) => bytes(text) <= maxBytes)) {
        const created = await newSession(trial, { data })
        sameRecord(await trial.second.read(created.key), created.record, 'after create', created.version)
        const changed = newRecord(trial, { data })
        last = (await trial.store.update(key, changed, last)) ?? ''
        same((await trial.store.read(key))?.record.data, data, 'after update, data is')
      }
    },
  },
  {
    name: 'keeps times to the millisecond, and a record without owner stays without',
    guarantee: 'exact',
    async test(trial) {
      const now = trial.now()
      for (const [nth, owner] of [{}, { owner: newKey() }].entries()) {
        const times = { createdAt: now - nth, endsAt: now + 34_560_000_000 + nth, expiresAt: now + 34_559_000_000 + nth }
        const { key, record, version } = await newSession(trial, { ...times, ...owner })
        sameRecord(await trial.second.read(key), record, 'after create', version)
      }
    },
  },
  {
    name: 'shares nothing by reference',
    guarantee: 'exact',
    async test(trial) {
      const key = newKey()
      const given = newRecord(trial, { data: 'before', owner: newKey() })
      const before = { ...given }
      const version = await trial.store.create(key, given)
      Reflect.set(given, 'data', 'changed by the caller')
      sameRecord(await trial.store.read(key), before, 'the caller changed the object given to create')
      const found = await trial.store.read(key)
      // A frozen answer refuses, which is as good as a copy.
      if (found) Reflect.set(found.record, 'data', 'changed by the reader')
      if (found) Reflect.set(found, 'version', 'changed by the reader')
      sameRecord(await trial.store.read(key), before, 'a reader changed what read gave', version)
      const next = { ...before }
      await trial.store.update(key, next, version ?? '')
      Reflect.set(next, 'data', 'changed by the caller')
      sameRecord(await trial.store.read(key), before, 'the caller changed the object given to update')
    },
  },
]
