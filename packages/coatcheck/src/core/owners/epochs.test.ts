import { describe, expect, test } from 'vitest'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { nothingBad } from '../../../test/helpers/explored.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { type Scheduler, stepped } from '../../testing/interleave.ts'
import type { Engine } from '../engine.ts'
import { ownerDigest } from '../persistence/stored/owner-digest.ts'
import { Epochs } from './epochs.ts'
import { Marks } from './marks.ts'

const clock = clockFrom()
const engineOf = (now = clock.now, binding = 'cookie') =>
  ({ now, binding, storeTimeout: Number.POSITIVE_INFINITY, maxRequestTime: 300_000 }) as Engine
const epochsOf = (store: Store, now = clock.now, binding = 'cookie') => new Epochs(store, engineOf(now, binding))

describe('an epoch', () => {
  test('is 0 until it is raised, and then at least the clock and more than before', async () => {
    const epochs = epochsOf(memoryStore())
    expect(await epochs.read('ada')).toBe(0)
    const first = await epochs.raise('ada')
    expect(first).toBe(clock.now())
    expect(await epochs.raise('ada')).toBe(first + 1)
    clock.advance(60)
    expect(await epochs.raise('ada')).toBe(clock.now())
    expect(await epochs.read('ada')).toBe(clock.now())
  })

  test('goes forward where clocks go back', async () => {
    const store = memoryStore()
    const first = await epochsOf(store, () => clock.now() + 60_000).raise('ada')
    expect(await epochsOf(store, () => clock.now() - 60_000).raise('ada')).toBe(first + 1)
  })

  test('is one of its owner, of everything, and of its cookie name', async () => {
    const store = memoryStore()
    const epochs = epochsOf(store)
    await epochs.raise('ada')
    expect(await epochs.read('bob')).toBe(0)
    expect(await epochs.read(undefined)).toBe(0)
    await epochs.raise(undefined)
    expect(await epochs.read('bob')).toBe(0)
    expect(await epochs.read(undefined)).toBeGreaterThan(0)
    expect(await epochsOf(store, clock.now, 'other').read('ada')).toBe(0)
  })

  test('stays for as long as a request may be under way, counted from the last time it was raised, and then goes', async () => {
    const store = memoryStore()
    const epochs = epochsOf(store)
    await epochs.raise('ada')
    clock.advance(600)
    const raised = await epochs.raise('ada')
    clock.advance(300 + 120)
    expect(await store.prune(clock.now(), 10)).toBe(0)
    expect(await epochs.read('ada')).toBe(raised)
    clock.advance(3600)
    expect(await store.prune(clock.now(), 10)).toBe(1)
    expect(await epochs.read('ada')).toBe(0)
  })

  test('is a record of no owner', async () => {
    const store = memoryStore()
    await epochsOf(store).raise('ada')
    expect(await store.listByOwner('ada')).toEqual([])
    expect(await store.listByOwner(await ownerDigest('ada'))).toEqual([])
    expect((await store.list(undefined, 10)).keys).toHaveLength(1)
  })

  test('that cannot be read is an error, never "nothing was ended"', async () => {
    const store = memoryStore()
    const epochs = epochsOf(store)
    await epochs.raise('ada')
    const [key = ''] = (await store.list(undefined, 1)).keys
    for (const data of ['', 'null', '{"epoch":-1}', '{"epoch":"1"}', '{"epoch":1e300}']) {
      const found = await store.read(key)
      await store.update(key, { ...(found as NonNullable<typeof found>).record, data }, found?.version ?? '')
      await expect(epochs.read('ada')).rejects.toMatchObject({ code: 'STORE_FAILED' })
    }
  })

  test('is raised all the same when the answer to the write is lost, and the client sends it again', async () => {
    const inner = memoryStore()
    const store: Store = { ...inner }
    for (const name of ['create', 'update'] as const) {
      const send = inner[name] as (...args: unknown[]) => Promise<string | undefined>
      store[name] = async (...args: unknown[]) => {
        await send(...args)
        return send(...args)
      }
    }
    const epochs = epochsOf(store)
    const first = await epochs.raise('ada')
    expect(await epochs.read('ada')).toBe(first)
    expect(await epochs.raise('ada')).toBe(await epochs.read('ada'))
    expect(await epochs.read('ada')).toBeGreaterThan(first)
  })

  test('whoever raises it finds it higher than before, in every order, with a death and with a call carried out twice', async () => {
    interface World {
      readonly store: Store
      readonly raise: (name: string) => Promise<{ before: number; after: number }>
    }
    const scenario = (begun: boolean) => ({
      actors: { a: (world: World) => world.raise('a'), b: (world: World) => world.raise('b') },
      async setup(scheduler: Scheduler): Promise<World> {
        const store = memoryStore()
        if (begun) await epochsOf(store).raise('ada')
        const raise = async (name: string) => {
          const epochs = epochsOf(stepped(store, scheduler, name))
          const before = await epochs.read('ada')
          return { before, after: await epochs.raise('ada') }
        }
        return { store, raise }
      },
      async check(world: World, { results }: { readonly results: Readonly<Record<string, unknown>> }) {
        const last = await epochsOf(world.store).read('ada')
        for (const { before, after } of Object.values(results) as { before: number; after: number }[])
          if (!(after > before && last >= after)) throw new Error(`from ${before} to ${after}, and at last ${last}`)
      },
    })
    let runs = 0
    for (const begun of [false, true])
      for (const bounds of [{}, { kill: true }, { double: true }]) runs += await nothingBad(scenario(begun), bounds)
    expect(runs).toBeGreaterThan(300)
  })
})

describe('a mark', () => {
  const marksOf = (store: Store, now = clock.now) => new Marks(epochsOf(store, now), engineOf(now))

  test('counts until the sessions of its owner, or all, are ended', async () => {
    for (const ended of [await ownerDigest('ada'), undefined]) {
      const store = memoryStore()
      const marks = marksOf(store)
      const mark = await marks.make('ada')
      await marks.check('ada', mark, 0)
      await epochsOf(store).raise(ended)
      await expect(marks.check('ada', mark, clock.now())).rejects.toMatchObject({ code: 'CONFLICT' })
      await marks.check('ada', await marks.make('ada'), 0)
    }
  })

  test('counts whatever the clocks say: 60 seconds apart, either way', async () => {
    const store = memoryStore()
    const [fast, slow] = [() => clock.now() + 60_000, () => clock.now() - 60_000]
    for (const [marker, ender] of [
      [fast, slow],
      [slow, fast],
    ] as const) {
      const before = await marksOf(store, marker).make('ada')
      await epochsOf(store, ender).raise(await ownerDigest('ada'))
      await expect(marksOf(store, marker).check('ada', before, marker())).rejects.toMatchObject({ code: 'CONFLICT' })
      const after = await marksOf(store, marker).make('ada')
      await marksOf(store, marker).check('ada', after, marker())
    }
  })

  test('is refused for another owner, for what is none, and when it is too old to tell', async () => {
    const marks = marksOf(memoryStore())
    const mark = await marks.make('ada')
    for (const wrong of ['', 'x', `${mark}0`, `0${mark}`.repeat(1000), mark.replace(/-/g, ' ')])
      await expect(marks.check('ada', wrong, clock.now())).rejects.toMatchObject({ code: 'BAD_VALUE' })
    await expect(marks.check('bob', mark, clock.now())).rejects.toMatchObject({ code: 'BAD_VALUE' })
    clock.advance(301)
    await expect(marks.check('ada', mark, clock.now())).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('without one the request counts from when it arrived', async () => {
    const store = memoryStore()
    const marks = marksOf(store)
    await marks.check('ada', undefined, clock.now())
    await epochsOf(store).raise(await ownerDigest('ada'))
    await expect(marks.check('ada', undefined, clock.now())).rejects.toMatchObject({ code: 'CONFLICT' })
    await marks.check('ada', undefined, clock.now() + 1)
    await marks.check('bob', undefined, clock.now())
  })
})
