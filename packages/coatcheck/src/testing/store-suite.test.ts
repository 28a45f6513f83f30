import { describe, expect, it } from 'vitest'
import {
  breaks,
  cases,
  catches,
  copied,
  type Fault,
  failing,
  guaranteesOf,
  handle,
  MUTANTS,
  newTables,
  none,
  OFFERED,
  open,
  sample,
  verdict,
  type Whole,
} from '../../test/trials/store-mutants.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Found, Store } from '../stores/store.ts'
import { storeGuarantees } from './store-guarantees.ts'
import type { StoreSuiteOptions } from './store-suite.ts'
import { CASES } from './suite/cases.ts'
import { GUARANTEES } from './suite/guarantees.ts'
import type { StoreTools, StoreUnderTest } from './suite/run.ts'

// 9 mutants of 82; `store-suite.slow.test.ts` has the others, and asks that each case is of use.

describe('the store suite', () => {
  it.each(['directed', 'real'] as const)('passes a correct store, its steps at %s speed', async (speed) => {
    expect(await failing({ open: open(none, speed), expect: OFFERED })).toEqual(new Map())
  })

  it('passes a correct store with one handle only, and without what it may leave out', async () => {
    const one = (tools: StoreTools): StoreUnderTest => ({ store: handle(newTables(), tools.step).store })
    expect(await failing({ open: one })).toEqual(new Map())
    const least = (tools: StoreTools): StoreUnderTest => {
      const { read, create, update, delete: remove } = handle(newTables(), tools.step).store
      return { store: { read, create, update, delete: remove, maxBytes: 80_003 } }
    }
    expect(await failing({ open: least })).toEqual(new Map())
  })

  it.each(sample)('catches a store in which %s', catches)

  it.each([
    'create looks first and writes then',
    'the version is checked before the write',
    'delete looks first and removes then',
    'touch reads, and writes back what it read',
    'prune is not conditional',
    'the index is one list, read and written back',
  ])('catches without directing its steps a store in which %s', async (name) => {
    const failed = await failing({ open: open(MUTANTS[name]?.fault ?? none, 'real'), expect: OFFERED })
    expect([...failed.keys()]).toContain(MUTANTS[name]?.caught)
  })

  it('tells the order of steps that broke a promise', async () => {
    const failed = await verdict('the index is written after the record')
    expect(failed.get('a session can be listed as soon as it can be read')).toBe(
      'a session that can be read already is not listed yet. In this order: store.insert, store.find, store.entries.',
    )
    expect(failed.get('a process that dies in create or delete leaves no session that is not listed')).toContain(
      'In this order: store.insert, store dies.',
    )
  })

  it('fails a store that lost a method it should have, or is less consistent than it should be', async () => {
    const lost = await failing({
      open: open(() => ({ touch: undefined as unknown as Whole['touch'] })),
      expect: OFFERED,
    })
    expect([...lost]).toEqual([['offers what it should', 'this store has no method touch, and it should.']])
    const weak = await failing({ open: () => ({ store: { ...memoryStore(), consistency: 'eventual' } }) })
    expect([...weak]).toEqual([['offers what it should', 'the consistency of this store is: "eventual" instead of "strong".']])
    const nonsense = await failing({ open: () => ({ store: { ...memoryStore(), maxBytes: 0.5 } }) })
    expect([...nonsense.keys()]).toContain('offers what it should')
  })

  it('asks for no longer names than it is told that there is room for', async () => {
    const prefixed: Fault = (correct) => ({
      create: async (key, record) => {
        if (key.length > 100 || (record.owner ?? '').length > 100) throw new Error('no room')
        return correct.create(key, record)
      },
    })
    expect([...(await failing({ open: open(prefixed) })).keys()]).toEqual([
      'takes every key and owner of the grammar for itself only',
    ])
    expect(await failing({ open: open(prefixed), longestName: 100 })).toEqual(new Map())
    expect((await failing({ open: open(prefixed), longestName: 101 })).size).toBe(1)
  })

  it('closes both handles, and then what was opened for them, when a case fails too', async () => {
    const closed: string[] = []
    const opened = (name: string): Store => ({
      ...memoryStore(),
      read: () => Promise.reject(new Error('broken')),
      close: async () => void closed.push(name),
    })
    const tests = cases({
      open: () => ({ store: opened('first'), reopen: () => opened('second'), close: () => void closed.push('folder') }),
    })
    await expect(tests.get('create never overwrites')?.()).rejects.toThrow('broken')
    expect(closed).toEqual(['first', 'second', 'folder'])
  })
})

/** What a handle has seen of the tables, which is all that it knows. */
type Seen = Map<string, Found>

/** Two handles that learn of each other's writes, and of their own, when `settle` is called. */
function lagging(fault: (correct: Whole, seen: Seen) => Partial<Whole> = () => ({}), settled: 'both' | 'first' = 'both') {
  return (tools: StoreTools): StoreUnderTest => {
    const tables = newTables()
    const handles: Seen[] = []
    const opened = ({ step }: StoreTools): Store => {
      const seen: Seen = new Map()
      handles.push(seen)
      const { store: fresh } = handle(tables, step)
      const stale: Whole = {
        ...fresh,
        read: async (key) => copied(seen.get(key)),
        update: async (key, record, version) =>
          seen.get(key)?.version === version ? fresh.update(key, record, version) : undefined,
        delete: async (key, version) => seen.get(key)?.version === version && fresh.delete(key, version),
      }
      return { ...stale, consistency: 'eventual', ...fault(stale, seen) }
    }
    return {
      store: opened(tools),
      reopen: opened,
      settle() {
        for (const seen of settled === 'both' ? handles : handles.slice(0, 1)) {
          seen.clear()
          for (const [key, found] of tables.records) seen.set(key, found)
        }
      },
    }
  }
}

/** A store that looks before it writes, because its backend cannot compare. */
const looking: Fault = (correct, at, step) => ({
  consistency: 'last-write-wins',
  async update(key, { data, expiresAt, tells }, version) {
    const found = await correct.read(key)
    if (found?.version !== version) return undefined
    const next = await step('put', () => at.put(key, { ...found.record, data, expiresAt }))
    if (tells) at.tell(key)
    return next
  },
})

describe('the store suite for stores whose last write wins', () => {
  it('passes one that looks before it writes, which the suite for strong stores does not', async () => {
    expect(await failing({ open: open(looking), consistency: 'last-write-wins' })).toEqual(new Map())
    const failed = await failing({ open: open(looking), consistency: 'strong' })
    expect([...failed.keys()]).toContain('of 50 updates of one version at once, one wins, round after round')
  })

  it('asks that a write of an old version is refused when one comes after the other', async () => {
    const blind: Fault = (correct, at, step) => ({
      ...looking(correct, at, step, Date.now),
      update: (key, record) => step('put', () => at.put(key, record)),
    })
    const failed = await failing({ open: open(blind), consistency: 'last-write-wins' })
    expect([...failed.keys()]).toContain('update of another version changes nothing')
  })

  it('asks that whatever wins is whole', async () => {
    const { fault = none } = MUTANTS['an update that comes too late still moves expiresAt'] ?? {}
    const mixing: Fault = (...args) => ({ ...looking(...args), ...fault(...args) })
    const failed = await failing({ open: open(mixing), consistency: 'last-write-wins' })
    expect([...failed.keys()]).toContain('of updates at the same moment one is there afterwards, whole')
  })

  it('asks nothing of a strong store that a weaker one need not hold', async () => {
    const weak = () => ({ consistency: 'last-write-wins' }) as const
    expect(await failing({ open: open(weak), consistency: 'last-write-wins' })).toEqual(new Map())
  })
})

describe('the store suite for eventual stores', () => {
  const eventual = (backend: StoreSuiteOptions['open']) => failing({ open: backend, consistency: 'eventual', records: 60 })

  it('passes one whose reads are stale until all has arrived, which the suites for others do not', async () => {
    expect(await eventual(lagging())).toEqual(new Map())
    const failed = await failing({ open: lagging(), consistency: 'last-write-wins', records: 60 })
    expect([...failed.keys()]).toContain('another handle on the same data sees every write at once')
  })

  it('passes one that is as good as a strong one', async () => {
    expect(await eventual(open(() => ({ consistency: 'eventual' })))).toEqual(new Map())
  })

  it.each<[string, Parameters<typeof lagging>, string]>([
    [
      'what is read mixes two writes',
      [
        (correct, seen) => {
          const before = new Map<string, Found>()
          return {
            async read(key) {
              const found = await correct.read(key)
              const mixed = found && {
                ...found,
                record: { ...found.record, data: before.get(key)?.record.data ?? found.record.data },
              }
              if (found) before.set(key, found)
              if (seen.size === 0) before.clear()
              return mixed
            },
          }
        },
      ],
      'what is read, however late, was written under that key at some time, whole',
    ],
    [
      'what is read was written under another key',
      [(_, seen) => ({ read: async (key) => copied(seen.get(key) ?? [...seen.values()].at(-1)) })],
      'what is read, however late, was written under that key at some time, whole',
    ],
    ['one handle never learns of anything', [undefined, 'first'], 'when everything has arrived, all handles have the same'],
    [
      'nothing is stored at all',
      [() => ({ read: async () => undefined })],
      'create stores a record, and read gives it back with its version',
    ],
    [
      'data is cut at 65 535 bytes',
      [(correct) => ({ create: (key, record) => correct.create(key, { ...record, data: record.data.slice(0, 65_535) }) })],
      'gives every text back exactly, also 70 000 characters of it',
    ],
  ])('catches a store in which %s', async (_, [fault, settled], caught) => {
    expect([...(await eventual(lagging(fault, settled))).keys()]).toContain(caught)
  })
})

describe('the guarantees of a store', () => {
  it('are held by a correct one, all of them, each told once and in words', async () => {
    const all = await guaranteesOf(none)
    expect(all.filter(({ outcome }) => outcome !== 'held')).toEqual([])
    expect(new Set(all.map(({ guarantee }) => guarantee)).size).toBe(all.length)
    expect(all.map(({ guarantee }) => guarantee)).toContain('A version never comes twice')
    expect(new Set(CASES.strong.map(({ guarantee }) => GUARANTEES[guarantee]))).toEqual(
      new Set(all.map(({ guarantee }) => guarantee)),
    )
  })

  it('are not offered where the method is not there', async () => {
    const { read, create, update, delete: remove } = memoryStore()
    const least = await storeGuarantees({ open: () => ({ store: { read, create, update, delete: remove } }), records: 300 })
    expect(least.filter(({ outcome }) => outcome === 'not offered').map(({ guarantee }) => guarantee)).toEqual([
      GUARANTEES.touch,
      GUARANTEES.owner,
      GUARANTEES.list,
      GUARANTEES.prune,
      GUARANTEES.told,
      GUARANTEES.readMany,
    ])
    expect(least.filter(({ outcome }) => outcome === 'broken')).toEqual([])
  })

  it.each(sample)('are broken by a store in which %s', breaks)

  it('are broken, all of them, by one that cannot be opened', async () => {
    const all = await storeGuarantees({ open: () => Promise.reject(new Error('no such server')) })
    expect(new Set(all.map(({ outcome }) => outcome))).toEqual(new Set(['broken']))
    expect(all[0]?.why).toContain('no such server')
  })
})
