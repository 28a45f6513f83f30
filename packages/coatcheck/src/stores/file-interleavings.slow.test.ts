import { describe, expect, it } from 'vitest'
import { bounded } from '../../test/helpers/depth.ts'
import { type Directory, Disk, filesOn, type Grain } from '../../test/helpers/disk.ts'
import { type Exploration, explore, type Outcome, type Scheduler } from '../testing/interleave.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type FileStore, fileStoreOn } from './file.ts'
import type { SessionRecord } from './store.ts'

// Every call of the system is a step. The disk is a model in memory, so that a search can run some hundred thousand of them.

const KEY = 'abcdef'
const OWNER = 'ada'
const START = 1_000_000
const END = 9_000_000

const record = (data: string, expiresAt = START): SessionRecord => ({ data, owner: OWNER, createdAt: 1, endsAt: END, expiresAt })

interface World {
  readonly disk: Disk
  /** Steps taken through this one do not wait. */
  readonly plain: FileStore
  readonly as: (process: string) => FileStore
  /** The version of the record that was there at the start. */
  readonly version: string
}

function worldOf(grain: Grain, { actors, data }: Scenario) {
  return async (scheduler: Scheduler): Promise<World> => {
    const disk = new Disk()
    const stores = new Map<string, FileStore>()
    for (const process of ['plain', ...Object.keys(actors)]) {
      const store = fileStoreOn(
        filesOn(disk, (call, act) => scheduler.step(process, call, act), grain),
        '/',
      )
      await store.migrate()
      stores.set(process, store)
    }
    const as = (process: string) => stores.get(process) as FileStore
    const plain = as('plain')
    const version = data === undefined ? '' : ((await plain.create(KEY, record(data))) ?? '')
    return { disk, plain, as, version }
  }
}

async function increment(store: FileStore): Promise<'counted' | 'gone'> {
  for (;;) {
    const found = await store.read(KEY)
    if (!found) return 'gone'
    const data = `${Number(found.record.data) + 1}`
    if (await store.update(KEY, { ...found.record, data }, found.version)) return 'counted'
  }
}

async function remove(store: FileStore): Promise<'removed' | 'gone'> {
  for (;;) {
    const found = await store.read(KEY)
    if (!found) return 'gone'
    if (await store.delete(KEY, found.version)) return 'removed'
  }
}

/** Whatever happened, the store works, shows one record or none, and keeps its promise about the owner's entry. */
async function usable({ plain }: World): Promise<string | undefined> {
  const found = await plain.read(KEY)
  if (found) {
    expect(await plain.listByOwner(OWNER)).toEqual([KEY])
    const version = (await plain.update(KEY, { ...found.record, data: 'still' }, found.version)) ?? ''
    expect((await plain.read(KEY))?.record.data).toBe('still')
    expect(await plain.delete(KEY, version)).toBe(true)
  }
  expect(await plain.read(KEY)).toBeUndefined()
  expect(await plain.create(KEY, record('new'))).toBeDefined()
  expect((await plain.read(KEY))?.record.data).toBe('new')
  return found?.record.data
}

/** Nothing but the record that `usable` made is left, because nobody died. */
function tidy({ disk }: World): void {
  const paths = (directory: Directory): string[] =>
    [...directory].flatMap(([name, entry]) =>
      typeof entry === 'string' ? [name] : paths(entry).map((path) => `${name}/${path}`),
    )
  const found = paths(disk.root).sort()
  expect(found).toHaveLength(2)
  expect(found[0]).toMatch(/^o\/ada\/abcdef\.9000000\.[\w-]{12}$/)
  expect(found[1]).toMatch(/^s\/ab\/abcdef\/(0\.1000000\.[\w-]{12})\/\1$/)
  expect(disk.directory('/t').size).toBe(0)
  expect([...disk.directory('/o').keys()]).toEqual([OWNER])
}

const count = ({ results }: Outcome, value: string): number => Object.values(results).filter((result) => result === value).length

interface Scenario extends Pick<Exploration<World>, 'actors' | 'check'> {
  /** What is there at the start. */
  readonly data?: string
  readonly kill?: false
  readonly maxPreemptions?: number
}

const scenarios: Record<string, Scenario> = {
  'two updates': {
    data: '0',
    actors: { one: ({ as }) => increment(as('one')), two: ({ as }) => increment(as('two')) },
    async check(world, outcome) {
      const counted = count(outcome, 'counted')
      const found = Number(await usable(world))
      // Whoever was killed may have counted without anybody knowing.
      expect(found - counted).toBeGreaterThanOrEqual(0)
      expect(found - counted).toBeLessThanOrEqual(outcome.killed ? 1 : 0)
      expect(count(outcome, 'gone')).toBe(0)
    },
  },

  'an update and a delete': {
    data: '0',
    actors: { writer: ({ as }) => increment(as('writer')), leaver: ({ as }) => remove(as('leaver')) },
    async check(world, { results, killed }) {
      const found = await usable(world)
      if (killed !== 'leaver') expect([results.leaver, found]).toEqual(['removed', undefined])
      else if (found !== undefined) expect([found, results.writer]).toEqual(['1', 'counted'])
    },
  },

  'a delete with a new record under the same key, and an update of the old one': {
    data: 'old',
    maxPreemptions: bounded(3, 2),
    actors: {
      writer: ({ as, version }) => as('writer').update(KEY, record('written'), version),
      maker: async ({ as }) => {
        await remove(as('maker'))
        return as('maker').create(KEY, record('new'))
      },
    },
    async check(world, { results, killed }) {
      const found = await usable(world)
      if (killed !== 'maker') expect([found, typeof results.maker]).toEqual(['new', 'string'])
      else expect(['old', 'written', 'new', undefined]).toContain(found)
    },
  },

  'a prune and an update that makes the session last': {
    data: 'old',
    actors: {
      writer: async ({ as, version }) => ((await as('writer').update(KEY, record('written', END), version)) ? 'kept' : 'gone'),
      sweeper: ({ as }) => as('sweeper').prune(START, 10),
    },
    async check(world, { results, killed }) {
      const found = await usable(world)
      if (results.writer === 'kept') expect(found).toBe('written')
      if (results.writer === 'gone') expect(found).toBeUndefined()
      if (!killed) expect(results.sweeper).toBe(found === undefined ? 1 : 0)
      if (found !== undefined && killed !== 'sweeper') expect(found).toBe('written')
    },
  },

  'two creates of one key': {
    actors: { one: ({ as }) => as('one').create(KEY, record('one')), two: ({ as }) => as('two').create(KEY, record('two')) },
    async check(world, { results, killed }) {
      const found = await usable(world)
      const made = Object.keys(results).filter((name) => results[name] !== undefined)
      if (made.length > 0) expect(made).toEqual([found])
      else expect(killed).toBeDefined()
    },
  },

  'two deletes': {
    data: 'old',
    actors: {
      one: ({ as, version }) => as('one').delete(KEY, version),
      two: ({ as, version }) => as('two').delete(KEY, version),
    },
    async check(world, { results, killed }) {
      const found = await usable(world)
      const said = Object.values(results)
      if (killed) expect(said.filter(Boolean).length).toBeLessThanOrEqual(1)
      else expect(said.sort()).toEqual([false, true])
      if (said.length > 0) expect(found).toBeUndefined()
    },
  },

  'a create for an owner, and a delete of the last session listed': {
    data: 'old',
    actors: {
      maker: ({ as }) => as('maker').create('other', record('new')),
      leaver: ({ as, version }) => as('leaver').delete(KEY, version),
    },
    async check(world, { results }) {
      const other = await world.plain.read('other')
      if (results.maker) expect(other?.version).toBe(results.maker)
      if (other) {
        expect(await world.plain.listByOwner(OWNER)).toContain('other')
        await world.plain.delete('other', other.version)
      }
      await usable(world)
    },
  },

  'a create, and a delete of what it makes': {
    actors: { maker: ({ as }) => as('maker').create(KEY, record('new')), leaver: ({ as }) => remove(as('leaver')) },
    async check(world, { results, killed }) {
      const found = await usable(world)
      if (results.leaver === 'removed') expect(found).toBeUndefined()
      if (results.leaver === 'gone' && killed !== 'maker') expect(found).toBe('new')
    },
  },

  'a reader among two updates': {
    data: '0',
    kill: false,
    maxPreemptions: 2,
    actors: {
      reader: async ({ as }) => (await as('reader').read(KEY))?.record.data ?? 'nothing',
      one: ({ as }) => increment(as('one')),
      two: ({ as }) => increment(as('two')),
    },
    async check(world, { results, killed }) {
      if (killed !== 'reader') expect(['0', '1', '2']).toContain(results.reader)
      await usable(world)
    },
  },
}

describe('the file store, in every order of system calls with up to 3 preemptions', () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    const { actors, check, kill = true, maxPreemptions = 3 } = scenario

    // Whoever only reads may die unnoticed; the search without deaths covers it.
    if (kill)
      it(`keeps its promises between ${name}, also when one dies at any call`, async () => {
        const { complete, failures } = await explore({
          actors,
          check,
          setup: worldOf('whole calls', scenario),
          maxPreemptions,
          kill,
        })
        expect(failures).toEqual([])
        expect(complete).toBe(true)
      })

    it(`keeps them, and leaves nothing behind, between ${name}, also when a call finds its directory early`, async () => {
      const checkAll = async (world: World, outcome: Outcome) => {
        await check(world, outcome)
        tidy(world)
      }
      const { complete, failures } = await explore({
        actors,
        check: checkAll,
        setup: worldOf('finding apart', scenario),
        maxPreemptions,
      })
      expect(failures).toEqual([])
      expect(complete).toBe(true)
    })
  }
})

describe('the file store, directed by the store suite', () => {
  // These go through whatever former rounds have left in the store, so that no two rounds are alike, which a search must have.
  const overall = /prune spares|list names a session that is there throughout while/
  storeSuite({
    records: 1_000,
    it: (name, test) => overall.test(name) || it(name, test),
    open({ step }) {
      const disk = new Disk()
      return {
        store: fileStoreOn(filesOn(disk, step), '/'),
        reopen: ({ step }) => fileStoreOn(filesOn(disk, step), '/'),
      }
    },
    expect: ['list', 'listByOwner', 'prune', 'migrate'],
  })
})
