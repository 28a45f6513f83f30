// Keys and owners: each for itself only, whatever it means to a language, a pattern or an operating system.

import { can, type SessionRecord, type Store } from '../../stores/store.ts'
import { type Case, newKey, newRecord, newSession, same, sameKeys, sameRecord, sure, type Trial } from './trial.ts'

/** Names that match the grammar and still mean something to a language, an operating system or a pattern. */
const ODD_NAMES = '0 - _ -a a- 00 1e3 __proto__ constructor valueof con nul null true a_b axb'.split(' ')

/** Endings outside the grammar, each of which makes a name easily taken for another. */
const SIGNS = ['A', ' ', '\t', '\n', '%', '*', '?', ':', '/', '/../a', '\\', "'", '"', '`', ';--', '\0', '{a}', '[a]', '$1', ',']
const LETTERS = ['ä', 'a\u0308', 'ａ', '😀', '\ud800']
const LONG = 65_536

/** Names outside the grammar beside those they resemble. */
function oldNames(): string[] {
  const name = newKey().slice(0, 40)
  const long = name.padEnd(LONG, 'x')
  const ended = ['', 'a', 'A', ...[...SIGNS, ...LETTERS].map((sign) => `a${sign}`)].map((end) => name + end)
  return [
    ...ended,
    ` ${name}`,
    `{${name}}`,
    name.padEnd(128, 'x'),
    name.padEnd(129, 'x'),
    long,
    `${long}a`,
    `${long}b`,
    '',
    '.',
    '..',
  ]
}

/** Names that a pattern, a path or a statement would make into `name`. */
function meaning(name: string): string[] {
  const part = name.slice(0, 8)
  const around = [`../${name}`, `/${name}`, `{${name}}`, `${name}' OR '1'='1`, `${name}" --`, `x'; DELETE FROM sessions; --`]
  const ended = SIGNS.map((sign) => name + sign)
  const patterns = ['*', '%', '?', `${part}*`, `${part}%`, `[${name[0]}]${name.slice(1)}`, name.replace(/.$/, '?'), `${name}|.*`]
  return [...around, ...ended, ...patterns, name.toUpperCase(), name.padEnd(LONG, ' '), `${name}\0${'x'.repeat(LONG)}`]
}

export const names: readonly Case[] = [
  {
    name: 'takes every key and owner of the grammar for itself only',
    guarantee: 'names',
    async test(trial) {
      const long = () => newKey().padEnd(trial.longestName, '-').slice(-trial.longestName)
      const all = [...ODD_NAMES, long(), long()]
      const taken = await takeNames(trial, all, (name) => ({ key: name, owner: name }))
      const refused = all.filter((name) => !taken.has(name))
      sameKeys(refused, [], 'refused are')
    },
  },
  {
    name: 'refuses keys outside the grammar, or takes them for themselves only',
    guarantee: 'names',
    async test(trial) {
      await takeNames(trial, oldNames(), (key) => ({ key }))
    },
  },
  {
    name: 'refuses owners outside the grammar, or takes them for themselves only',
    guarantee: 'names',
    async test(trial) {
      await takeNames(trial, oldNames(), (owner) => ({ key: newKey(), owner }))
    },
  },
  {
    name: 'finds, changes and ends nothing under a name that means another to a pattern, a path or a statement',
    guarantee: 'names',
    async test(trial) {
      const { store } = trial
      const { key, record, version } = await newSession(trial, { owner: newKey() })
      const other = { ...record, data: 'other', expiresAt: record.expiresAt + 1 }
      for (const name of meaning(key)) {
        const asked = `under ${show(name)}`
        same(await unlessRefused(() => store.read(name)), undefined, `${asked}, read gave`)
        same(await unlessRefused(() => store.update(name, other, version)), undefined, `${asked}, update gave`)
        sure(!(await unlessRefused(() => store.delete(name, version))), `${asked}, delete removed a record.`)
        sure(!(await unlessRefused(async () => store.touch?.(name, other.expiresAt, version))), `${asked}, touch moved a record.`)
      }
      for (const name of meaning(record.owner ?? '')) {
        const listed = await unlessRefused(async () => store.listByOwner?.(name))
        sameKeys(listed ?? [], [], `the sessions of the owner ${show(name)} are`)
      }
      sameRecord(await store.read(key), record, 'after all that', version)
      if (can(store, 'listByOwner'))
        sameKeys(await store.listByOwner(record.owner ?? ''), [key], 'after all that, the sessions are')
    },
  },
]

const show = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 60)}…` : name)

const unlessRefused = async <T>(call: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await call()
  } catch {
    return undefined
  }
}

interface Named {
  readonly key: string
  readonly owner?: string
}

interface Taken extends Named {
  readonly version: string
  readonly record: SessionRecord
}

/** Stores a session under each name that is not refused, makes sure that none is taken for another, and tells what was stored. */
async function takeNames(
  trial: Trial,
  all: readonly string[],
  named: (name: string) => Named,
): Promise<ReadonlyMap<string, Taken>> {
  const { store } = trial
  const taken = new Map<string, Taken>()
  for (const [nth, name] of all.entries()) {
    const { key, ...owner } = named(name)
    const record = newRecord(trial, { data: `record ${nth}`, ...owner })
    const answer = await unlessRefused(async () => ({ version: await store.create(key, record) }))
    if (!answer) same(await unlessRefused(() => store.read(key)), undefined, `after a refused create of ${show(name)}, read gave`)
    else if (answer.version !== undefined) taken.set(name, { key, ...owner, record, version: answer.version })
    else throw new Error(`create took the key ${show(name)} for another.`)
  }
  for (const name of all) if (!taken.has(name)) await noneUnder(store, named(name), name)
  for (const [name, { key, owner, record, version }] of taken) {
    sameRecord(await store.read(key), record, `under ${show(name)}`, version)
    if (owner !== undefined && can(store, 'listByOwner'))
      sameKeys(await store.listByOwner(owner), [key], `the sessions of the owner ${show(name)} are`)
  }
  for (const [name, { key, version }] of taken) sure(await store.delete(key, version), `delete of ${show(name)} did nothing.`)
  return taken
}

/** A refused record is not mistaken for one that was stored since. */
async function noneUnder(store: Store, { key, owner }: Named, name: string): Promise<void> {
  same(await unlessRefused(() => store.read(key)), undefined, `read of the refused key ${show(name)} gave`)
  const listed = owner === undefined ? [] : await unlessRefused(async () => store.listByOwner?.(owner))
  sameKeys(listed ?? [], [], `the sessions of the refused owner ${show(name)} are`)
}
