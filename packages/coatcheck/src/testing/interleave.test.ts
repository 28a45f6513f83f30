import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../stores/memory.ts'
import type { SessionRecord, Store } from '../stores/store.ts'
import { type Exploration, explore, replaySchedule, type Scheduler, stepped } from './interleave.ts'

const record = (data: string): SessionRecord => ({ data, createdAt: 1, endsAt: 9e15, expiresAt: 9e15 })

interface World {
  readonly plain: Store
  readonly as: (name: string) => Store
}

/** A store with one session whose data counts from 0, seen by each actor through its own steps. */
async function counter(scheduler: Scheduler): Promise<World> {
  const plain = memoryStore()
  await plain.create('k', record('0'))
  return { plain, as: (name) => stepped<Store>(plain, scheduler, name) }
}

async function addOne(store: Store): Promise<void> {
  for (;;) {
    const found = await store.read('k')
    if (!found) return
    if (await store.update('k', record(String(Number(found.record.data) + 1)), found.version)) return
  }
}

const count = async ({ plain }: World): Promise<number> => Number((await plain.read('k'))?.record.data)

/** Each actor writes its own letter as often as it says, a step each. */
function letters(
  actors: Record<string, number>,
): Exploration<{ seen: string[]; scheduler: Scheduler }> & { readonly orders: string[] } {
  const orders: string[] = []
  const write =
    (name: string, times: number) =>
    async ({ seen, scheduler }: { seen: string[]; scheduler: Scheduler }) => {
      for (let n = 0; n < times; n++) await scheduler.step(name, 'write', () => void seen.push(name))
    }
  return {
    orders,
    setup: (scheduler) => ({ seen: [], scheduler }),
    actors: Object.fromEntries(Object.entries(actors).map(([name, times]) => [name, write(name, times)])),
    check: ({ seen }) => void orders.push(seen.join('')),
  }
}

describe('explore', () => {
  it('runs every order of the steps exactly once', async () => {
    const scenario = letters({ a: 4, b: 4 })
    expect(await explore(scenario)).toEqual({ runs: 70, complete: true, failures: [] })
    expect(new Set(scenario.orders).size).toBe(70)
    expect(await explore(letters({ a: 2, b: 2, c: 2 }))).toMatchObject({ runs: 90, complete: true })
  })

  it('makes nobody wait who could go on, beyond the number of preemptions', async () => {
    const none = letters({ a: 2, b: 2 })
    expect(await explore({ ...none, maxPreemptions: 0 })).toMatchObject({ complete: true })
    expect(none.orders.toSorted()).toEqual(['aabb', 'bbaa'])
    const one = letters({ a: 2, b: 2 })
    await explore({ ...one, maxPreemptions: 1 })
    expect(one.orders.toSorted()).toEqual(['aabb', 'abba', 'baab', 'bbaa'])
  })

  it('finds the order in which an update is lost, and shows it again', async () => {
    const lossy: Exploration<World> = {
      setup: counter,
      actors: {
        one: ({ as }) => overwrite(as('one')),
        two: ({ as }) => overwrite(as('two')),
      },
      check: async (world) => expect(await count(world)).toBe(2),
    }
    async function overwrite(store: Store): Promise<void> {
      const data = Number((await store.read('k'))?.record.data)
      const now = await store.read('k')
      await store.update('k', record(String(data + 1)), now?.version ?? '')
    }
    const { failures, complete } = await explore(lossy)
    expect(complete).toBe(false)
    expect(failures.length).toBe(10)
    const [first] = failures
    await expect(replaySchedule(lossy, first?.schedule ?? [])).rejects.toThrow(/expected 1 to be 2/)
    await replaySchedule(lossy, ['one.read', 'one.read', 'one.update', 'two.read', 'two.read', 'two.update'])
    await expect(replaySchedule(lossy, ['two.update'])).rejects.toThrow(
      'step 0 is two.update, and only one.read or two.read can go on',
    )
  })

  it('finds nothing where nothing is wrong', async () => {
    const done = await explore<World>({
      setup: counter,
      actors: { one: ({ as }) => addOne(as('one')), two: ({ as }) => addOne(as('two')), three: ({ as }) => addOne(as('three')) },
      check: async (world) => expect(await count(world)).toBe(3),
    })
    expect(done).toEqual({ runs: 498, complete: true, failures: [] })
  })

  it('goes on once from what two orders come to, and misses no end', async () => {
    const scenario = letters({ a: 3, b: 3 })
    const state = ({ seen }: { seen: readonly string[] }) => `${seen.toSorted()}`
    expect(await explore({ ...scenario, state })).toMatchObject({ complete: true, failures: [] })
    expect(scenario.orders.map((order) => [...order].sort().join(''))).toEqual(['aaabbb'])
    const bad = await explore({ ...scenario, state, check: () => expect.unreachable() })
    expect(bad.failures).toHaveLength(1)
  })

  it('stops at its limits and says that it did', async () => {
    expect(await explore({ ...letters({ a: 4, b: 4 }), maxRuns: 7 })).toMatchObject({ runs: 7, complete: false })
    const failing = { ...letters({ a: 1, b: 1 }), check: () => expect.unreachable() }
    expect(await explore({ ...failing, maxFailures: 1 })).toMatchObject({
      runs: 1,
      complete: false,
      failures: [{ schedule: ['a.write', 'b.write'] }],
    })
    expect((await explore(failing)).failures.length).toBe(2)
  })

  it('draws the same schedules for the same seed', async () => {
    const draw = async (seed: number): Promise<string[]> => {
      const scenario = letters({ a: 6, b: 6, c: 6 })
      expect(await explore({ ...scenario, seed, maxRuns: 20 })).toMatchObject({ runs: 20, complete: false })
      return scenario.orders
    }
    const drawn = await draw(1)
    expect(await draw(1)).toEqual(drawn)
    expect(await draw(2)).not.toEqual(drawn)
    expect(new Set(drawn).size).toBeGreaterThan(15)
  })
})

describe('a killed process', () => {
  it('dies before or after each of its steps and never goes on', async () => {
    const scenario = letters({ a: 2 })
    const ends: unknown[] = []
    await explore({
      ...scenario,
      kill: true,
      check: ({ seen }, { killed, results }) => void ends.push([seen.join(''), killed ?? 'lives', 'a' in results]),
    })
    expect(ends).toHaveLength(5)
    expect(ends).toEqual(
      expect.arrayContaining([
        ['aa', 'lives', true],
        ['aa', 'a', false],
        ['a', 'a', false],
        ['', 'a', false],
      ]),
    )
  })

  it('takes with it everything that runs in it, and nothing else', async () => {
    const ends: unknown[] = []
    await explore<World>({
      setup: counter,
      processes: { first: 'server', second: 'server' },
      actors: {
        first: ({ as }) => addOne(as('server')),
        second: ({ as }) => addOne(as('server')),
        other: ({ as }) => addOne(as('other')),
      },
      kill: true,
      check: async (world, { killed, results }) => {
        if (killed !== 'other') expect(results).toHaveProperty('other')
        expect(await count(world)).toBeGreaterThanOrEqual(Object.keys(results).length)
        if (killed === 'server') ends.push(Object.keys(results).length)
      },
      maxPreemptions: 1,
    }).then(({ failures, complete }) => expect([failures, complete]).toEqual([[], true]))
    expect(new Set(ends)).toEqual(new Set([1, 2]))
  })
})

describe('a call carried out twice', () => {
  it('shows only its second answer, after whatever happened in between', async () => {
    const answers: string[] = []
    const { complete, failures } = await explore<World>({
      setup: async (scheduler) => {
        const plain = memoryStore()
        return { plain, as: (name) => stepped<Store>(plain, scheduler, name) }
      },
      actors: {
        creator: async ({ as }) => ((await as('creator').create('k', record('mine'))) ? 'made' : 'taken'),
        remover: async ({ as }) => {
          const found = await as('remover').read('k')
          if (found) await as('remover').delete('k', found.version)
        },
      },
      double: true,
      check: (_, { results, schedule }) => void answers.push(`${results.creator}: ${schedule.join(' ')}`),
    })
    expect([complete, failures]).toEqual([true, []])
    expect(answers).toContain('made: creator.create remover.read remover.delete')
    expect(answers).toContain('taken: creator.create, resent creator.create again remover.read remover.delete')
    expect(answers).toContain('made: creator.create, resent remover.read remover.delete creator.create again')
  })

  it('is not tried for reads, which change nothing', async () => {
    const done = await explore<World>({
      setup: counter,
      actors: { reader: ({ as }) => as('reader').read('k') },
      double: true,
      check: () => {},
    })
    expect(done).toMatchObject({ runs: 1, complete: true })
  })
})

describe('actors that depend on one another', () => {
  it('go on when another actor’s step lets them', async () => {
    // As in a group commit: the second waits for what the first is writing, and writes nothing itself.
    const done = await explore<World & { written?: Promise<unknown> }>({
      setup: counter,
      actors: {
        first: (world) => {
          world.written ??= addOne(world.as('server'))
          return world.written
        },
        second: async (world) => {
          for (let n = 0; n < 100; n++) await undefined
          await world.written
          await addOne(world.as('server'))
        },
        third: ({ as }) => addOne(as('other')),
      },
      check: async (world) => expect(await count(world)).toBe(3),
    })
    expect(done).toMatchObject({ complete: true, failures: [] })
    expect(done.runs).toBeGreaterThan(20)
  })

  it('are reported when they wait for one another for ever', async () => {
    const done = await explore<{ scheduler: Scheduler; locks: Set<string>; waiting: Map<string, () => void> }>({
      setup: (scheduler) => ({ scheduler, locks: new Set(), waiting: new Map() }),
      actors: { ab: takeBoth('ab', 'left', 'right'), ba: takeBoth('ba', 'right', 'left') },
      check: () => {},
    })
    type Locks = { scheduler: Scheduler; locks: Set<string>; waiting: Map<string, () => void> }
    function takeBoth(name: string, ...wanted: string[]): (world: Locks) => Promise<void> {
      return async ({ scheduler, locks, waiting }) => {
        for (const lock of wanted) {
          await scheduler.step(name, lock, () => {})
          if (locks.has(lock)) await new Promise<void>((resolve) => waiting.set(lock, resolve))
          locks.add(lock)
        }
        for (const lock of wanted) {
          locks.delete(lock)
          waiting.get(lock)?.()
        }
      }
    }
    expect(done).toMatchObject({ runs: 6, complete: true })
    expect(done.failures.length).toBe(4)
    for (const { error, schedule } of done.failures) {
      expect(String(error)).toContain('Nobody can go on, and ab and ba has not finished')
      expect(schedule.slice(0, 2).toSorted()).toEqual(['ab.left', 'ba.right'])
    }
  })

  it('are waited for even when an actor does not wait for its own call', async () => {
    const done = await explore<World>({
      setup: counter,
      actors: { hasty: ({ as }) => void addOne(as('hasty')), patient: ({ as }) => addOne(as('patient')) },
      check: async (world) => expect(await count(world)).toBe(2),
    })
    expect(done).toMatchObject({ complete: true, failures: [] })
  })

  it('are told apart when several calls of one process wait', async () => {
    const { failures } = await explore<World>({
      setup: counter,
      actors: { both: ({ as }) => Promise.all([addOne(as('both')), addOne(as('both'))]) },
      check: (_, { schedule }) => expect(schedule).not.toContain('both.read #2'),
    })
    expect(failures[0]?.schedule).toContain('both.read #2')
  })
})

describe('a run', () => {
  it('fails when an actor rejects', async () => {
    const broken = new Error('the disk is gone')
    const done = await explore<World>({
      setup: counter,
      actors: {
        reader: ({ as }) => as('reader').read('k'),
        writer: () => Promise.reject(broken),
      },
      check: () => {},
    })
    expect(done.failures[0]?.error).toBe(broken)
  })

  it('passes a step’s own error to the actor that took it', async () => {
    const done = await explore<{ scheduler: Scheduler }>({
      setup: (scheduler) => ({ scheduler }),
      actors: {
        careful: ({ scheduler }) =>
          scheduler.step('careful', 'fail', () => Promise.reject('no')).catch((error) => `caught ${error}`),
      },
      check: (_, { results }) => expect(results.careful).toBe('caught no'),
    })
    expect(done).toEqual({ runs: 1, complete: true, failures: [] })
  })

  it('must depend on nothing but its schedule', async () => {
    let runs = 0
    const moody = explore<World>({
      setup: counter,
      actors: {
        one: async ({ as }) => (runs++ === 2 ? as('one').list?.(undefined, 1) : addOne(as('one'))),
        two: ({ as }) => addOne(as('two')),
      },
      check: () => {},
    })
    await expect(moody).rejects.toThrow(/Two runs of one schedule differ: after \d steps the first could go on with one.read/)
  })

  it('waits for steps that do real input and output', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'coatcheck-interleave-'))
    let files = 0
    const append =
      (name: string) =>
      async ({ file, scheduler }: { file: string; scheduler: Scheduler }) => {
        const text = await scheduler.step(name, 'readFile', () => readFile(file, 'utf8'))
        await scheduler.step(name, 'writeFile', () => writeFile(file, text + name))
      }
    const texts: string[] = []
    const done = await explore<{ file: string; scheduler: Scheduler }>({
      setup: async (scheduler) => {
        const file = join(folder, `${files++}`)
        await writeFile(file, '')
        return { file, scheduler }
      },
      actors: { a: append('a'), b: append('b') },
      check: async ({ file }) => void texts.push(await readFile(file, 'utf8')),
    })
    await rm(folder, { recursive: true })
    expect(done).toEqual({ runs: 6, complete: true, failures: [] })
    expect(texts.toSorted()).toEqual(['a', 'a', 'ab', 'b', 'b', 'ba'])
  })

  it('counts what happens inside a step as part of it', async () => {
    const done = await explore<World & { scheduler: Scheduler }>({
      setup: async (scheduler) => ({ ...(await counter(scheduler)), scheduler }),
      actors: { outer: ({ as, scheduler }) => scheduler.step('outer', 'all at once', () => addOne(as('outer'))) },
      check: async (world, { schedule }) => {
        expect(schedule).toEqual(['outer.all at once'])
        expect(await count(world)).toBe(1)
      },
    })
    expect(done).toEqual({ runs: 1, complete: true, failures: [] })
  })
})
