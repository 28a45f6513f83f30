import { expect } from 'vitest'
import type { Found, Listener, SessionRecord, Store } from '../../src/stores/store.ts'
import { storeGuarantees } from '../../src/testing/store-guarantees.ts'
import { type StoreSuiteOptions, storeSuite } from '../../src/testing/store-suite.ts'
import { CASES } from '../../src/testing/suite/cases.ts'
import { GUARANTEES } from '../../src/testing/suite/guarantees.ts'
import type { StoreTools, StoreUnderTest } from '../../src/testing/suite/run.ts'

const MINUTE = 60_000
export const OFFERED = ['touch', 'list', 'listByOwner', 'prune', 'watch', 'readMany'] as const
export type Whole = Store & Required<Pick<Store, (typeof OFFERED)[number]>>

/** A backend of two tables that knows no transactions: what is done to it in one step is all that happens at once. */
export interface Tables {
  readonly records: Map<string, Found>
  readonly entries: Map<string, Set<string>>
  readonly listeners: Set<Listener>
  version: number
}

export const newTables = (): Tables => ({ records: new Map(), entries: new Map(), listeners: new Set(), version: 0 })

export const copied = (found: Found | undefined): Found | undefined =>
  found && { version: found.version, record: { ...found.record } }

/** What happens to the tables at once. */
export interface Operations {
  find(key: string): Found | undefined
  put(key: string, record: SessionRecord, version?: string): string
  insert(key: string, record: SessionRecord): string | undefined
  replace(key: string, record: SessionRecord, version: string): string | undefined
  prolong(key: string, expiresAt: number, version: string): boolean
  remove(key: string, version: string): boolean
  expired(before: number): string[]
  keys(): string[]
  entries(owner: string): string[]
  enter(owner: string, key: string): void
  leave(owner: string, key: string): void
  readonly listeners: Set<Listener>
  tell(key: string): void
}

function operations(tables: Tables): Operations {
  const { records, entries, listeners } = tables
  const holds = (key: string, version: string) => records.get(key)?.version === version
  return {
    find: (key: string) => copied(records.get(key)),
    put(key: string, record: SessionRecord, version = `v${++tables.version}`): string {
      records.set(key, { record: { ...record }, version })
      return version
    },
    insert(key: string, record: SessionRecord): string | undefined {
      return records.has(key) ? undefined : this.put(key, record)
    },
    replace(key: string, { data, expiresAt }: SessionRecord, version: string): string | undefined {
      const found = records.get(key)
      return found && holds(key, version) ? this.put(key, { ...found.record, data, expiresAt }) : undefined
    },
    prolong(key: string, expiresAt: number, version: string): boolean {
      const found = records.get(key)
      if (!found || !holds(key, version)) return false
      this.put(key, { ...found.record, expiresAt: Math.max(expiresAt, found.record.expiresAt) }, version)
      return true
    },
    remove: (key: string, version: string) => holds(key, version) && records.delete(key),
    expired: (before: number) => [...records].filter(([, { record }]) => record.expiresAt <= before).map(([key]) => key),
    keys: () => [...records.keys()].sort(),
    entries: (owner: string) => [...(entries.get(owner) ?? [])],
    enter: (owner: string, key: string) => void entries.set(owner, (entries.get(owner) ?? new Set()).add(key)),
    leave: (owner: string, key: string) => void entries.get(owner)?.delete(key),
    listeners,
    tell(key: string): void {
      for (const { told } of listeners) told(key)
    },
  }
}

/** One handle: a correct store, each of whose operations on the tables is a step. */
export function handle(tables: Tables, step: StoreTools['step']): { store: Whole; at: Operations; step: StoreTools['step'] } {
  const at = operations(tables)
  const leave = async (key: string, owner: string | undefined): Promise<void> => {
    if (owner !== undefined) await step('leave', () => at.leave(owner, key))
  }
  const store: Whole = {
    read: (key) => step('find', () => at.find(key)),
    async create(key, record) {
      const { owner } = record
      if (owner !== undefined) await step('enter', () => at.enter(owner, key))
      const version = await step('insert', () => at.insert(key, record))
      if (version !== undefined) return version
      const found = await step('find', () => at.find(key))
      if (found?.record.owner !== owner) await leave(key, owner)
      return undefined
    },
    readMany: (keys) => step('find', () => keys.map((key) => at.find(key))),
    update: (key, record, version) =>
      step('replace', () => {
        const next = at.replace(key, record, version)
        if (next !== undefined && record.tells) at.tell(key)
        return next
      }),
    async delete(key, version) {
      const found = await step('find', () => at.find(key))
      const removed = await step('remove', () => {
        const is = at.remove(key, version)
        if (is) at.tell(key)
        return is
      })
      if (removed) await leave(key, found?.record.owner)
      return removed
    },
    touch: (key, expiresAt, version) => step('prolong', () => at.prolong(key, expiresAt, version)),
    listByOwner: (owner) => step('entries', () => at.entries(owner)),
    async list(after = '', limit) {
      const keys = (await step('keys', () => at.keys())).filter((key) => key > after)
      const page = keys.slice(0, limit)
      const next = page.at(-1)
      return keys.length > limit && next !== undefined ? { keys: page, next } : { keys: page }
    },
    async prune(before, limit) {
      let pruned = 0
      for (const key of (await step('expired', () => at.expired(before))).slice(0, limit)) {
        const removed = await step('remove', () => {
          const found = at.find(key)
          return found && found.record.expiresAt <= before && at.remove(key, found.version) ? found : undefined
        })
        if (removed) await leave(key, removed.record.owner)
        if (removed) pruned++
      }
      return pruned
    },
    async watch(listener) {
      const own = { ...listener }
      at.listeners.add(own)
      return { ping: async () => {}, stop: async () => at.listeners.delete(own) }
    },
  }
  return { store, at, step }
}

export type Fault = (correct: Whole, at: Operations, step: StoreTools['step'], now: () => number) => Partial<Whole>

export function open(fault: Fault, speed: 'directed' | 'real' = 'directed'): (tools: StoreTools) => StoreUnderTest {
  return (tools) => {
    const tables = newTables()
    const opened = ({ step, now }: StoreTools): Store => {
      const soon: StoreTools['step'] = async (_, act) => {
        await undefined
        return act()
      }
      const { store, at } = handle(tables, speed === 'real' ? soon : step)
      return { ...store, ...fault(store, at, speed === 'real' ? soon : step, now) }
    }
    return { store: opened(tools), reopen: opened }
  }
}

/** The names of the cases that a store fails, and what they say. */
export async function failing(options: Omit<StoreSuiteOptions, 'it'>): Promise<Map<string, string>> {
  const tests = cases(options)
  const failed = new Map<string, string>()
  for (const [name, test] of tests) await test().catch((error: Error) => failed.set(name, error.message))
  return failed
}

export function cases(options: Omit<StoreSuiteOptions, 'it'>): Map<string, () => Promise<void>> {
  const tests = new Map<string, () => Promise<void>>()
  storeSuite({
    records: 300,
    biggest: 2_000,
    longestWait: 50,
    ...options,
    it: (name, test) => tests.set(name.replace('store: ', ''), test),
  })
  return tests
}

let pruning = 0

/** When the backend removes a record by itself: written at every create and update, asked at every read. */
const removal = new Map<string, number>()

function removing(
  correct: Whole,
  at: Operations,
  step: StoreTools['step'],
  when: (record: SessionRecord) => number,
): Partial<Whole> {
  const marked = (key: string, record: SessionRecord, version: string | undefined): string | undefined => {
    if (version !== undefined) removal.set(key, when(record))
    return version
  }
  return {
    create: async (key, record) => marked(key, record, await correct.create(key, record)),
    update: async (key, record, version) => marked(key, record, await correct.update(key, record, version)),
    async read(key) {
      if ((removal.get(key) ?? 0) <= Date.now()) await step('remove', () => at.remove(key, at.find(key)?.version ?? ''))
      return correct.read(key)
    },
  }
}

/** One way to get a store wrong, and the case that must notice. */
export interface Mutant {
  readonly fault: Fault
  readonly caught: string
}

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'update revives': {
    fault: (correct) => ({
      update: async (key, record, version) => (await correct.update(key, record, version)) ?? correct.create(key, record),
    }),
    caught: 'update never brings back what was deleted',
  },
  'create overwrites': {
    fault: (_, at, step) => ({ create: (key, record) => step('put', () => at.put(key, record)) }),
    caught: 'create never overwrites',
  },
  'create answers with a version that is not the record’s': {
    fault: (correct) => ({ create: async (...args) => (await correct.create(...args)) && 'fresh' }),
    caught: 'create stores a record, and read gives it back with its version',
  },
  'create looks first and writes then': {
    fault: (_, at, step) => ({
      create: async (key, record) =>
        (await step('find', () => at.find(key))) ? undefined : step('put', () => at.put(key, record)),
    }),
    caught: 'of 50 creates of one key at once, one wins',
  },
  'the version is not checked': {
    fault: (_, at, step) => ({
      update: (key, record) => step('replace', () => at.replace(key, record, at.find(key)?.version ?? '')),
    }),
    caught: 'update of another version changes nothing',
  },
  'the version is checked before the write': {
    fault: (_, at, step) => ({
      update: async (key, record, version) =>
        (await step('find', () => at.find(key)?.version)) === version ? step('put', () => at.put(key, record)) : undefined,
    }),
    caught: 'of 50 updates of one version at once, one wins, round after round',
  },
  'versions are counted from 1 for each record': {
    fault: (_, at, step) => ({
      create: (key, record) => step('insert', () => (at.find(key) ? undefined : at.put(key, record, '1'))),
      update: (key, { data, expiresAt }, version) =>
        step('replace', () => {
          const found = at.find(key)
          return found?.version === version
            ? at.put(key, { ...found.record, data, expiresAt }, `${Number(version) + 1}`)
            : undefined
        }),
    }),
    caught: 'a version never comes twice for one key, even after delete and create',
  },
  'the version is a hash of the content': {
    fault: (_, at, step) => ({
      create: (key, record) => step('insert', () => (at.find(key) ? undefined : at.put(key, record, JSON.stringify(record)))),
      update: (key, record, version) =>
        step('replace', () => (at.find(key)?.version === version ? at.put(key, record, JSON.stringify(record)) : undefined)),
    }),
    caught: 'update with the same content is a new version too',
  },
  'update returns a version read afterwards': {
    fault: (correct, at, step) => ({
      update: async (...args) => ((await correct.update(...args)) ? step('find', () => at.find(args[0])?.version) : undefined),
    }),
    caught: 'update returns the version it wrote, not one that another wrote after it',
  },
  'update ignores a shorter life': {
    fault: (correct, at) => ({
      update: (key, record, version) =>
        correct.update(key, { ...record, expiresAt: Math.max(record.expiresAt, at.find(key)?.record.expiresAt ?? 0) }, version),
    }),
    caught: 'update may shorten a life',
  },
  'update keeps expiresAt': {
    fault: (correct, at) => ({
      update: (key, record, version) => correct.update(key, { ...record, ...at.find(key)?.record, data: record.data }, version),
    }),
    caught: 'update replaces data and expiresAt, and returns the new version',
  },
  'update writes owner and ends as well': {
    fault: (_, at, step) => ({
      update: (key, record, version) =>
        step('replace', () => (at.find(key)?.version === version ? at.put(key, record) : undefined)),
    }),
    caught: 'update leaves owner, createdAt and endsAt as they were created',
  },
  'update moves a session to the index of another owner': {
    fault: (correct, at, step) => ({
      async update(key, record, version) {
        const { owner } = record
        if (owner !== undefined) await step('enter', () => at.enter(owner, key))
        return correct.update(key, record, version)
      },
    }),
    caught: 'update does not move a session to another owner',
  },
  'delete ignores the version': {
    fault: (correct, at) => ({ delete: (key) => correct.delete(key, at.find(key)?.version ?? '') }),
    caught: 'delete removes the version it names and no other',
  },
  'delete looks first and removes then': {
    fault: (correct, at, step) => ({
      delete: async (key, version) =>
        (await step('find', () => at.find(key)?.version)) === version && correct.delete(key, at.find(key)?.version ?? ''),
    }),
    caught: 'of 25 updates and 25 deletes of one version at once, one wins',
  },
  'delete says yes to everybody': {
    fault: (correct) => ({
      async delete(...args) {
        const there = (await correct.read(args[0])) !== undefined
        return (await correct.delete(...args)) || there
      },
    }),
    caught: 'of 50 deletes of one version at once, one wins',
  },
  'delete leaves a mark, so that the key stays taken': {
    fault: (correct) => {
      const used = new Set<string>()
      return {
        async create(key, record) {
          if (used.has(key)) return undefined
          used.add(key)
          return correct.create(key, record)
        },
      }
    },
    caught: 'a key can be used again after delete',
  },
  'touch goes backwards': {
    fault: (_, at, step) => ({
      touch: (key, expiresAt, version) =>
        step('put', () => {
          const found = at.find(key)
          return found?.version === version && at.put(key, { ...found.record, expiresAt }, version) === version
        }),
    }),
    caught: 'touch never moves expiresAt back',
  },
  'touch ignores the version': {
    fault: (correct, at) => ({ touch: (key, expiresAt) => correct.touch(key, expiresAt, at.find(key)?.version ?? '') }),
    caught: 'touch of another version, or of nothing, does nothing',
  },
  'touch gives a new version': {
    fault: (_, at, step) => ({
      touch: (key, expiresAt, version) =>
        step('put', () => {
          const found = at.find(key)
          if (found?.version !== version) return false
          return at.put(key, { ...found.record, expiresAt: Math.max(expiresAt, found.record.expiresAt) }) !== ''
        }),
    }),
    caught: 'touch moves expiresAt forward and keeps everything else, the version too',
  },
  'touch reads, and writes back what it read': {
    fault: (_, at, step) => ({
      async touch(key, expiresAt, version) {
        const found = await step('find', () => at.find(key))
        if (found?.version !== version) return false
        const later = Math.max(expiresAt, found.record.expiresAt)
        return step('put', () => at.put(key, { ...found.record, expiresAt: later }, version) === version)
      },
    }),
    caught: 'touch and delete at the same time: the record is gone',
  },
  'touch compares first and moves then': {
    fault: (_, at, step) => ({
      async touch(key, expiresAt, version) {
        const found = await step('find', () => at.find(key))
        if (found?.version !== version || found.record.expiresAt >= expiresAt) return found?.version === version
        return step('put', () => {
          const now = at.find(key)
          return now?.version === version && at.put(key, { ...now.record, expiresAt }, version) === version
        })
      },
    }),
    caught: 'two touches at the same time: the later time stays',
  },
  'prune is not conditional': {
    fault: (_, at, step) => ({
      async prune(before, limit) {
        const keys = (await step('expired', () => at.expired(before))).slice(0, limit)
        for (const key of keys) await step('remove', () => at.remove(key, at.find(key)?.version ?? ''))
        return keys.length
      },
    }),
    caught: 'prune spares what was renewed while it ran',
  },
  'prune removes the version it found expired, though touch keeps the version': {
    fault: (_, at, step) => ({
      async prune(before, limit) {
        const found = await step('expired', () => at.expired(before).map((key) => [key, at.find(key)?.version ?? ''] as const))
        for (const [key, version] of found.slice(0, limit)) await step('remove', () => at.remove(key, version))
        return Math.min(found.length, limit)
      },
    }),
    caught: 'prune spares what was touched while it ran',
  },
  'prune spares what expires at that very time': {
    fault: (correct) => ({ prune: (before, limit) => correct.prune(before - 1, limit) }),
    caught: 'prune removes what is expired at that time, and nothing else',
  },
  'prune goes by the life a record was created with': {
    fault: (correct, at, step) => {
      const ends = new Map<string, number>()
      return {
        create(key, record) {
          ends.set(key, record.expiresAt)
          return correct.create(key, record)
        },
        async prune(before) {
          const keys = await step('expired', () => at.keys().filter((key) => (ends.get(key) ?? 0) <= before))
          for (const key of keys) await correct.delete(key, at.find(key)?.version ?? '')
          return keys.length
        },
      }
    },
    caught: 'prune goes by expiresAt as it is now, after touch and update',
  },
  'prune knows no limit': {
    fault: (correct) => ({ prune: (before) => correct.prune(before, 1_000) }),
    caught: 'prune stops at its limit, and goes on when called again',
  },
  'prune forgets the index': {
    fault: (_, at, step) => ({
      prune: (before, limit) =>
        step('remove', () => {
          const keys = at.expired(before).slice(0, limit)
          for (const key of keys) at.remove(key, at.find(key)?.version ?? '')
          return keys.length
        }),
    }),
    caught: 'prune takes pruned sessions off the index, and only those',
  },
  'records go a second too early': {
    fault: (correct, _, step) => ({
      prune: (before, limit) => correct.prune(before + 999, limit),
      read: (key) => step('find', () => correct.read(key)),
    }),
    caught: 'keeps a record up to the millisecond before it expires, whatever else is stored',
  },
  'keepUntil is taken for the end of a record': {
    fault: (correct) => ({
      create: (key, { keepUntil, ...record }) => correct.create(key, { ...record, expiresAt: keepUntil ?? record.expiresAt }),
      update: (key, { keepUntil, ...record }, version) =>
        correct.update(key, { ...record, expiresAt: keepUntil ?? record.expiresAt }, version),
    }),
    caught: 'a keepUntil, past or to come, changes nothing about what is read, nor when it expires',
  },
  'no life is longer than the absolute end': {
    fault: (correct) => ({
      update: (key, record, version) =>
        correct.update(key, { ...record, expiresAt: Math.min(record.expiresAt, record.endsAt) }, version),
    }),
    caught: 'update may keep a record past its absolute end, for itself and for nobody else',
  },
  'prune goes by the absolute end': {
    fault: (correct, at, step) => ({
      async prune(before, limit) {
        for (const key of await step('expired', () => at.keys().filter((each) => (at.find(each)?.record.endsAt ?? 0) <= before)))
          await correct.delete(key, at.find(key)?.version ?? '')
        return correct.prune(before, limit)
      },
    }),
    caught: 'update may keep a record past its absolute end, for itself and for nobody else',
  },
  'the absolute end of one session takes the index of its owner': {
    fault: (correct, at, step, now) => ({
      async listByOwner(owner) {
        const keys = await correct.listByOwner(owner)
        return (await step('find', () => keys.some((key) => (at.find(key)?.record.endsAt ?? Infinity) <= now()))) ? [] : keys
      },
    }),
    caught: 'update may keep a record past its absolute end, for itself and for nobody else',
  },
  'prune spares what has a keepUntil': {
    fault: (correct, at) => {
      const kept = new Set<string>()
      return {
        update(key, record, version) {
          if (record.keepUntil === undefined) kept.delete(key)
          else kept.add(key)
          return correct.update(key, record, version)
        },
        async prune(before, limit) {
          return at.expired(before).some((key) => kept.has(key)) ? 0 : correct.prune(before, limit)
        },
      }
    },
    caught: 'a keepUntil, past or to come, changes nothing about what is read, nor when it expires',
  },
  'an expired record can be neither updated nor created anew': {
    fault: (correct, _, __, now) => ({
      async update(key, record, version) {
        const found = await correct.read(key)
        return found && found.record.expiresAt <= now() ? undefined : correct.update(key, record, version)
      },
    }),
    caught: 'has an expired record whole or not at all, and its key can be used again in the end',
  },
  'the index is written after the record': {
    fault: (_, at, step) => ({
      async create(key, record) {
        const { owner } = record
        const version = await step('insert', () => at.insert(key, record))
        if (version !== undefined && owner !== undefined) await step('enter', () => at.enter(owner, key))
        return version
      },
    }),
    caught: 'a session can be listed as soon as it can be read',
  },
  'the index entry is removed before the record': {
    fault: (correct, at, step) => ({
      async delete(key, version) {
        const found = await step('find', () => at.find(key))
        const { owner } = found?.record ?? {}
        if (found?.version === version && owner !== undefined) await step('leave', () => at.leave(owner, key))
        return correct.delete(key, version)
      },
    }),
    caught: 'a session is listed as long as it can be read',
  },
  'the index is healed by dropping entries whose record is missing': {
    fault: (correct, at, step) => ({
      async listByOwner(owner) {
        const keys = await correct.listByOwner(owner)
        const missing = await step('find', () => keys.filter((key) => at.find(key) === undefined))
        for (const key of missing) await step('leave', () => at.leave(owner, key))
        return keys.filter((key) => !missing.includes(key))
      },
    }),
    caught: 'listing an owner harms no session that is being created',
  },
  'the index is one list, read and written back': {
    fault: (correct, at, step) => ({
      async create(key, record) {
        const { owner = '' } = record
        const keys = await step('entries', () => at.entries(owner))
        await step('write', () => {
          for (const other of at.entries(owner)) at.leave(owner, other)
          for (const other of [...keys, key]) at.enter(owner, other)
        })
        return correct.create(key, record)
      },
    }),
    caught: 'sessions of one owner that come and go at the same time are listed right',
  },
  'delete leaves the index entry': {
    fault: (_, at, step) => ({ delete: (key, version) => step('remove', () => at.remove(key, version)) }),
    caught: 'a session is listed until it is deleted, and no longer',
  },
  'a create that finds the key taken takes the entry away again': {
    fault: (correct, at, step) => ({
      async create(key, record) {
        const { owner } = record
        const version = await correct.create(key, record)
        if (version === undefined && owner !== undefined) await step('leave', () => at.leave(owner, key))
        return version
      },
    }),
    caught: 'two equal creates of one key leave it listed',
  },
  'a create that finds the key taken leaves its entry': {
    fault: (_, at, step) => ({
      async create(key, record) {
        const { owner } = record
        if (owner !== undefined) await step('enter', () => at.enter(owner, key))
        return step('insert', () => at.insert(key, record))
      },
    }),
    caught: 'of two creates of one key, the one that lost leaves nothing listed',
  },
  'owners are found by how they begin': {
    fault: (_, at, step) => ({
      listByOwner: (owner) => step('keys', () => at.keys().filter((key) => at.find(key)?.record.owner?.startsWith(owner))),
    }),
    caught: 'listByOwner names the sessions of this owner and no others',
  },
  'list goes by position': {
    fault: (_, at, step) => ({
      async list(after = '0', limit) {
        const keys = await step('keys', () => at.keys())
        const end = Number(after) + limit
        return { keys: keys.slice(Number(after), end), ...(end < keys.length ? { next: `${end}` } : {}) }
      },
    }),
    caught: 'list names a session that is there throughout, whatever happens to the others',
  },
  'list ends where the last page’s key is gone': {
    fault: (_, at, step) => ({
      async list(after, limit) {
        const keys = await step('keys', () => at.keys())
        const from = after === undefined ? 0 : keys.includes(after) ? keys.indexOf(after) + 1 : keys.length
        const page = keys.slice(from, from + limit)
        const next = page.at(-1)
        return next !== undefined && from + limit < keys.length ? { keys: page, next } : { keys: page }
      },
    }),
    caught: 'list goes on behind a page whose keys are all gone',
  },
  'list leaves out the last page': {
    fault: (correct) => ({
      async list(after, limit) {
        const page = await correct.list(after, limit)
        return {
          keys: after !== undefined && page.next === undefined ? [] : page.keys,
          ...(page.next ? { next: page.next } : {}),
        }
      },
    }),
    caught: 'list names every session, a page at a time',
  },
  'list knows the keys that were deleted': {
    fault: (correct) => {
      const keys: string[] = []
      return {
        create(key, record) {
          keys.push(key)
          return correct.create(key, record)
        },
        list: async (after = '0', limit) => {
          const end = Number(after) + limit
          return { keys: keys.slice(Number(after), end), ...(end < keys.length ? { next: `${end}` } : {}) }
        },
      }
    },
    caught: 'list of a fresh store has one page, and it is empty',
  },
  'records are shared by reference': {
    fault: (correct) => {
      const given = new Map<string, SessionRecord>()
      return {
        create(key, record) {
          given.set(key, record)
          return correct.create(key, record)
        },
        async read(key) {
          const found = await correct.read(key)
          return found && { ...found, record: given.get(key) ?? found.record }
        },
      }
    },
    caught: 'shares nothing by reference',
  },
  'data is cut at 65 535 bytes': {
    fault: (correct) => ({ create: (key, record) => correct.create(key, { ...record, data: record.data.slice(0, 65_535) }) }),
    caught: 'gives every text back exactly, also 70 000 characters of it',
  },
  'data is normalised': {
    fault: (correct) => ({ create: (key, record) => correct.create(key, { ...record, data: record.data.normalize('NFC') }) }),
    caught: 'gives every text back exactly, also 70 000 characters of it',
  },
  'data is cut at maxBytes, counted in characters': {
    fault: (correct) => ({
      maxBytes: 100,
      create: (key, record) => correct.create(key, { ...record, data: record.data.slice(0, 100) }),
    }),
    caught: 'keeps as much as maxBytes says, and never cuts what is longer',
  },
  'times are kept in seconds': {
    fault: (correct) => ({
      create: (key, record) => correct.create(key, { ...record, endsAt: Math.floor(record.endsAt / 1_000) * 1_000 }),
    }),
    caught: 'keeps times to the millisecond, and a record without owner stays without',
  },
  'nobody comes back as an owner': {
    fault: (correct) => ({
      async read(key) {
        const found = await correct.read(key)
        return found && ({ ...found, record: { owner: undefined, ...found.record } } as Found)
      },
    }),
    caught: 'keeps times to the millisecond, and a record without owner stays without',
  },
  'keys are compared without case': {
    fault: (correct) => ({
      read: (key) => correct.read(key.toLowerCase()),
      create: (key, record) => correct.create(key.toLowerCase(), record),
      delete: (key, version) => correct.delete(key.toLowerCase(), version),
    }),
    caught: 'refuses keys outside the grammar, or takes them for themselves only',
  },
  'keys are cut at 255 characters': {
    fault: (correct) => ({
      read: (key) => correct.read(key.slice(0, 255)),
      create: (key, record) => correct.create(key.slice(0, 255), record),
      delete: (key, version) => correct.delete(key.slice(0, 255), version),
    }),
    caught: 'refuses keys outside the grammar, or takes them for themselves only',
  },
  'owners are cut at 255 characters': {
    fault: (correct) => ({
      create: (key, { owner, ...record }) =>
        correct.create(key, { ...record, ...(owner !== undefined && { owner: owner.slice(0, 255) }) }),
      listByOwner: (owner) => correct.listByOwner(owner.slice(0, 255)),
    }),
    caught: 'refuses owners outside the grammar, or takes them for themselves only',
  },
  'an owner is refused when its session is there already': {
    fault: (correct) => ({
      async create(key, record) {
        const version = await correct.create(key, record)
        if (record.owner !== undefined && record.owner.length > 128) throw new Error('bad owner')
        return version
      },
    }),
    caught: 'refuses owners outside the grammar, or takes them for themselves only',
  },
  'a star in a key stands for anything': {
    fault: (_, at, step) => ({
      delete: (key, version) =>
        step('remove', () => {
          const [begin = '', ...more] = key.split('*')
          const found = more.length > 0 ? at.keys().find((each) => each.startsWith(begin)) : key
          return found !== undefined && at.remove(found, version)
        }),
    }),
    caught: 'finds, changes and ends nothing under a name that means another to a pattern, a path or a statement',
  },
  'a shorter text leaves the end of the longer one': {
    fault: (correct, at) => ({
      update: (key, record, version) =>
        correct.update(
          key,
          { ...record, data: record.data + (at.find(key)?.record.data ?? '').slice(record.data.length) },
          version,
        ),
    }),
    caught: 'a record may grow from nothing to the largest, and shrink again',
  },
  'an update that comes too late still moves expiresAt': {
    fault: (correct, at, step) => ({
      update: async (key, record, version) =>
        (await correct.update(key, record, version)) ??
        (await step('prolong', () => {
          const found = at.find(key)
          return found && at.put(key, { ...found.record, expiresAt: record.expiresAt }, found.version)
        })),
    }),
    caught: 'of updates at the same moment one is there afterwards, whole',
  },
  'the backend removes by its own clock, with no minute of margin': {
    fault: (correct, at, step, now) => removing(correct, at, step, ({ expiresAt }) => Date.now() + (expiresAt - now())),
    caught: 'another clock a minute ahead: a session that lives by either is kept, until it is pruned',
  },
  'the backend removes at expiresAt, by its own clock': {
    fault: (correct, at, step) => removing(correct, at, step, ({ expiresAt }) => expiresAt + MINUTE),
    caught: 'another clock an hour behind: a session is kept for whom it lives, as long as nobody else is at it',
  },
  'a session from the future is taken for broken': {
    fault: (correct, _, __, now) => ({
      async read(key) {
        const found = await correct.read(key)
        return found && found.record.createdAt <= Math.min(now(), Date.now() + 1_000) ? found : undefined
      },
    }),
    caught: 'another clock a minute behind: a session that lives by both is kept',
  },
  'a session that began long ago is dropped': {
    fault: (correct, _, __, now) => ({
      async read(key) {
        const found = await correct.read(key)
        return found && found.record.endsAt > Math.max(now(), Date.now()) ? found : undefined
      },
    }),
    caught: 'another clock a minute behind: a session is kept for whom it lives, as long as nobody else is at it',
  },
  'prune goes by a clock of its own': {
    fault: (correct, _, __, now) => ({ prune: (__, limit) => correct.prune(now(), limit) }),
    caught: 'another clock an hour behind: prune goes by the time it is given',
  },
  'prune counts what it found, not what it removed': {
    fault: (correct, at, step) => ({
      async prune(before, limit) {
        const found = (await step('expired', () => at.expired(before))).slice(0, limit)
        await correct.prune(before, limit)
        return found.length
      },
    }),
    caught: 'several prunes at once count each session once',
  },
  'prune counts only the first of its batches': {
    fault: (correct) => ({ prune: async (before, limit) => Math.min(await correct.prune(before, limit), 10) }),
    caught: 'several prunes at once count each session once',
  },
  'a listing ends after 100 keys': {
    fault: (correct) => ({
      async list(after = '', limit) {
        const [place, count = '0'] = after.split(' ')
        const { keys, next } = await correct.list(place || undefined, limit)
        const all = Number(count) + keys.length
        return { keys, ...(next !== undefined && all < 100 && { next: `${next} ${all}` }) }
      },
    }),
    caught: 'thousands of sessions are created, found, listed by page and by owner, and pruned while requests go on',
  },
  'an owner is looked for among the first 100 keys': {
    fault: (_, at, step) => ({
      listByOwner: (owner) =>
        step('keys', () =>
          at
            .keys()
            .slice(0, 100)
            .filter((key) => at.find(key)?.record.owner === owner),
        ),
    }),
    caught: 'thousands of sessions are created, found, listed by page and by owner, and pruned while requests go on',
  },
  'the oldest goes when there are more than 200': {
    fault: (correct, at, step) => {
      const keys: string[] = []
      return {
        async create(key, record) {
          const version = await correct.create(key, record)
          keys.push(key)
          const oldest = keys.length > 200 ? keys.shift() : undefined
          if (oldest !== undefined) await step('remove', () => at.remove(oldest, at.find(oldest)?.version ?? ''))
          return version
        },
      }
    },
    caught: 'thousands of sessions are created, found, listed by page and by owner, and pruned while requests go on',
  },
  'nothing can be written while prune runs': {
    fault: (correct) => ({
      async prune(before, limit) {
        pruning++
        try {
          return await correct.prune(before, limit)
        } finally {
          pruning--
        }
      },
      update: async (key, record, version) => (pruning > 0 ? undefined : correct.update(key, record, version)),
    }),
    caught: 'thousands of sessions are created, found, listed by page and by owner, and pruned while requests go on',
  },
  'keys of the grammar are refused': {
    fault: (correct) => ({
      create: async (key, record) => {
        if (key.startsWith('__')) throw new Error('bad key')
        return correct.create(key, record)
      },
    }),
    caught: 'takes every key and owner of the grammar for itself only',
  },
  'delete empties the whole store': {
    fault: (correct, at, step) => ({
      async delete(key, version) {
        const deleted = await correct.delete(key, version)
        if (deleted) await step('remove', () => at.keys().map((other) => at.remove(other, at.find(other)?.version ?? '')))
        return deleted
      },
    }),
    caught: 'what is done to one key leaves every other alone',
  },
  'each handle reads from its own cache': {
    fault: (correct) => {
      const cache = new Map<string, Found>()
      return {
        async read(key) {
          const found = cache.get(key) ?? (await correct.read(key))
          if (found) cache.set(key, found)
          return found
        },
      }
    },
    caught: 'another handle on the same data sees every write at once',
  },
  'migrate starts afresh': {
    fault: (_, at) => ({
      async migrate() {
        for (const key of at.keys()) at.remove(key, at.find(key)?.version ?? '')
      },
    }),
    caught: 'migrate may be run again and keeps every record',
  },
  'an update that ends a session is told to nobody': {
    fault: (correct) => ({ update: (key, { tells: _, ...record }, version) => correct.update(key, record, version) }),
    caught: 'watch tells of a delete and of an update that tells, once the write can be read',
  },
  'a delete is told to nobody': {
    fault: (_, at, step) => ({ delete: (key, version) => step('remove', () => at.remove(key, version)) }),
    caught: 'watch tells of a delete and of an update that tells, once the write can be read',
  },
  'only who listened last is told': {
    fault: (correct, at) => ({
      watch: (listener) => {
        at.listeners.clear()
        return correct.watch(listener)
      },
    }),
    caught: 'watch tells every one of many ends at once, to all who listen, by either handle',
  },
  'watch answers before anybody listens': {
    fault: (correct) => ({
      async watch(listener) {
        const later = new Promise((resolve) => setTimeout(resolve, 5)).then(() => correct.watch(listener))
        return { ping: async () => (await later).ping(), stop: async () => (await later).stop() }
      },
    }),
    caught: 'who listens tells of what ends right after watch resolved, each time',
  },
  'who stopped is told all the same': {
    fault: (correct) => ({ watch: async (listener) => ({ ...(await correct.watch(listener)), stop: async () => {} }) }),
    caught: 'who stopped is told nothing more, and others are',
  },
  'many records come in an order of their own': {
    fault: (correct) => ({ readMany: (keys) => correct.readMany([...keys].sort()) }),
    caught: 'readMany gives what read gives, in the order of the keys',
  },
  'absence is null': {
    fault: (correct) => ({ read: async (key) => (await correct.read(key)) ?? (null as unknown as undefined) }),
    caught: 'answers with absence for a key that was never created',
  },
}

const verdicts = new Map<string, Promise<Map<string, string>>>()

/** The cases that this mutant fails, found out once. */
export function verdict(name: string): Promise<Map<string, string>> {
  const known = verdicts.get(name) ?? failing({ open: open(MUTANTS[name]?.fault ?? none), expect: OFFERED })
  verdicts.set(name, known)
  return known
}

export const none: Fault = () => ({})

/** Every tenth mutant is tried by the unit tests. */
export const sample: readonly string[] = Object.keys(MUTANTS).filter((_, nth) => nth % 10 === 0)
export const others: readonly string[] = Object.keys(MUTANTS).filter((_, nth) => nth % 10 !== 0)

/** The suite notices what is wrong with this mutant. */
export async function catches(name: string): Promise<void> {
  const { caught = '' } = MUTANTS[name] ?? {}
  const failed = await verdict(name)
  expect([...failed.keys()]).toContain(caught)
}

/** What a store guarantees that is wrong in this way. */
export const guaranteesOf = (fault: Fault, more: Partial<StoreUnderTest> = {}): ReturnType<typeof storeGuarantees> =>
  storeGuarantees({ open: (tools) => ({ ...open(fault)(tools), ...more }), records: 300, biggest: 2_000, longestWait: 50 })

/** The guarantee that this mutant breaks is told to be broken, and why. */
export async function breaks(name: string): Promise<void> {
  const { fault = none, caught } = MUTANTS[name] ?? {}
  const guarantee = CASES.strong.find((each) => each.name === caught)?.guarantee
  expect((await guaranteesOf(fault)).find((each) => each.guarantee === GUARANTEES[guarantee ?? 'exact'])).toEqual({
    guarantee: GUARANTEES[guarantee ?? 'exact'],
    outcome: 'broken',
    why: expect.stringMatching(/\w: .+/),
  })
}
