// What goes in comes out: every character of the data, every millisecond, every key and owner.

import { can } from '../stores/store.ts'
import { type Case, newKey, newRecord, newSession, same, sameKeys, sameRecord, sure, type Trial } from './suite-trial.ts'

const bytes = (text: string): number => new TextEncoder().encode(text).length

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

/** Names that match the grammar and still mean something to a language, an operating system or a pattern. */
const ODD_NAMES = [
  '0',
  '-',
  '_',
  '-a',
  'a-',
  '00',
  '1e3',
  '__proto__',
  'constructor',
  'valueof',
  'con',
  'nul',
  'null',
  'true',
  'a_b',
  'axb',
]

/** Names outside the grammar, each easily taken for another. */
function foreignNames(): string[] {
  const name = newKey().slice(0, 40)
  const signs = [
    '',
    'A',
    'a',
    'a ',
    'a\t',
    'a%',
    'a_',
    'a*',
    'a:',
    'a/',
    'a/../a',
    'a\\',
    "a'",
    'a"',
    'a;--',
    'a\0',
    'ä',
    'a\u0308',
    'ａ',
  ]
  return [...signs.map((sign) => name + sign), ` ${name}`, name.padEnd(128, 'x'), name.padEnd(129, 'x'), '', '.', '..']
}

export const fidelity: readonly Case[] = [
  {
    name: 'gives every text back exactly, also 70 000 characters of it',
    async test(trial) {
      const { maxBytes = Number.POSITIVE_INFINITY } = trial.store
      const { key, version } = await newSession(trial, { data: '' })
      let last = version
      for (const data of TEXTS.filter((text) => bytes(text) <= maxBytes)) {
        const created = await newSession(trial, { data })
        sameRecord(await trial.second.read(created.key), created.record, 'after create', created.version)
        const changed = newRecord(trial, { data })
        last = (await trial.store.update(key, changed, last)) ?? ''
        same((await trial.second.read(key))?.record.data, data, 'after update, data is')
      }
    },
  },
  {
    name: 'keeps as much as maxBytes says, and never cuts what is longer',
    async test(trial) {
      const { store } = trial
      if (store.maxBytes === undefined) return
      const most = Math.min(store.maxBytes, 4_000_000)
      for (const sign of ['x', 'é', '漢', '😀']) {
        const data = sign.repeat(Math.floor(most / bytes(sign))) + 'x'.repeat(most % bytes(sign))
        const { key, record, version } = await newSession(trial, { data })
        sameRecord(await store.read(key), record, `with ${bytes(data)} bytes, after create`)
        const next = await store.update(key, record, version)
        sameRecord(await store.read(key), record, `with ${bytes(data)} bytes, after update`, next)
      }
      if (most === store.maxBytes) await neverCut(trial, 'x'.repeat(most + 1))
    },
  },
  {
    name: 'keeps times to the millisecond, and a record without owner stays without',
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
  {
    name: 'takes every key and owner of the grammar for itself only',
    async test(trial) {
      const names = [...ODD_NAMES, newKey().padEnd(128, '-'), newKey().padEnd(128, '-')]
      const refused = await takeNames(trial, names)
      sameKeys(refused, [], 'refused are')
    },
  },
  {
    name: 'refuses keys and owners outside the grammar, or takes them for themselves only',
    async test(trial) {
      await takeNames(trial, foreignNames())
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

/** Stores a session under each name as key and as owner, makes sure that none is taken for another, and tells which were refused. */
async function takeNames(trial: Trial, names: readonly string[]): Promise<string[]> {
  const { store } = trial
  const versions = new Map<string, string>()
  const refused: string[] = []
  for (const name of names) {
    const create = store.create(name, newRecord(trial, { data: name, owner: name }))
    const answer = await create.then(
      (version) => ({ version }),
      () => 'refused' as const,
    )
    if (answer === 'refused') refused.push(name)
    else if (answer.version !== undefined) versions.set(name, answer.version)
    else throw new Error(`create took the key ${JSON.stringify(name)} for another.`)
  }
  for (const name of refused) {
    const found = await store.read(name).catch(() => undefined)
    same(found?.record.data, undefined, `read of the refused key ${JSON.stringify(name)} gave`)
  }
  for (const [name, version] of versions) {
    const found = await store.read(name)
    same(found?.record.data, name, `read of ${JSON.stringify(name)} gave`)
    same(found?.version, version, `read of ${JSON.stringify(name)} gave the version`)
    if (can(store, 'listByOwner'))
      sameKeys(await store.listByOwner(name), [name], `the sessions of owner ${JSON.stringify(name)} are`)
    sure(await store.delete(name, version), `delete of ${JSON.stringify(name)} did nothing.`)
  }
  return refused
}
