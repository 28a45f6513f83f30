import { describe, expect, it } from 'vitest'
import { explored, nothingBad } from '../../../test/helpers/explored.ts'
import { type Actor, movings, type Scenario, type Start, table } from '../../../test/trials/moving.ts'
import { memoryStore } from '../memory.ts'
import { Crossing } from '../moving/crossing.ts'
import type { SessionRecord, Store } from '../store.ts'
import { moveStore, movingIn, movingStore, recordsIn } from './moving.ts'

const OURS = { movingStore, moveStore, Crossing }
const NOW = Date.parse('2096-11-21T08:00:00Z')
const HOUR = 3_600_000
const now = (): number => NOW
const sleep = async (): Promise<void> => {}

const record = (data: string, more: Partial<SessionRecord> = {}): SessionRecord => ({
  data,
  createdAt: NOW,
  endsAt: NOW + 9 * HOUR,
  expiresAt: NOW + HOUR,
  ...more,
})

async function filled(store: Store, count: number): Promise<void> {
  for (let nth = 0; nth < count; nth++) await store.create(`k${nth}`, record(`{"nth":${nth}}`, { owner: `o${nth % 3}` }))
}

describe('every order of what two processes do to one record while it is moved has an explanation', () => {
  const search = (start: Start, ...actors: Actor[]): Promise<number> =>
    nothingBad(movings(OURS, { start, actors }), { maxPreemptions: 1 })

  it.each(['prepare', 'move'] as const)('beside the mover, with the step "%s"', async (step) => {
    let runs = 0
    for (const deed of ['writes', 'rewrites', 'ends', 'creates', 'begins', 'reads', 'lists'] as const)
      for (const start of ['from', 'claimed', 'arriving'] as const) runs += await search(start, 'mover', `${step} ${deed}`)
    expect(runs).toBeGreaterThan(150)
  })

  it('with both steps beside each other', async () => {
    for (const start of ['nowhere', 'from', 'to'] as const) {
      await search(start, 'prepare writes', 'move ends')
      await search(start, 'prepare begins', 'move begins')
      await search(start, 'prepare ends', 'move creates')
    }
  })

  it('and a process that dies at any step leaves nothing behind', async () => {
    for (const actors of [
      ['mover', 'move ends'],
      ['move creates', 'prepare creates'],
    ] as const)
      await nothingBad(movings(OURS, { start: 'from', actors }), { maxPreemptions: 1, kill: true })
  })
})

describe('releases beside each other', () => {
  const bounds = { maxPreemptions: 2, maxRuns: 5000 }

  it.each<Scenario>([
    { start: 'from', actors: ['old writes', 'prepare writes'] },
    { start: 'from', actors: ['old ends', 'prepare writes'] },
    { start: 'nowhere', actors: ['old begins', 'prepare begins'] },
    { start: 'to', actors: ['move writes', 'new writes'] },
    { start: 'to', actors: ['move ends', 'new writes'] },
    { start: 'nowhere', actors: ['move begins', 'new begins'] },
  ])('may run: $actors, the record being $start', async (scenario) => {
    await nothingBad(movings(OURS, scenario), bounds)
  })

  it.each<Scenario & { readonly why: string }>([
    { why: 'the old store alone beside "move"', start: 'from', actors: ['old reads', 'move writes'] },
    { why: 'the old store alone beside the mover', start: 'from', actors: ['old reads', 'mover'] },
    { why: 'the new store alone beside "prepare"', start: 'nowhere', actors: ['new reads', 'prepare begins'] },
    { why: 'the new store alone before all is moved', start: 'from', actors: ['new reads', 'move reads'] },
    { why: 'the old store alone beside the new one', start: 'from', actors: ['old writes', 'new begins'] },
  ])('may not run: $why', async (scenario) => {
    expect((await explored(movings(OURS, scenario), bounds)).bad).not.toEqual([])
  })
})

describe('a moving store', () => {
  const open = (step: 'prepare' | 'move') => {
    const [from, to] = [memoryStore({ now }), memoryStore({ now })]
    return { from, to, store: movingStore({ from, to, step }) }
  }

  it('keeps new records where they were, with the step "prepare", and puts them into the new store with "move"', async () => {
    for (const [step, counts] of [
      ['prepare', [1, 0]],
      ['move', [0, 1]],
    ] as const) {
      const { from, to, store } = open(step)
      await store.create('k', record('{}', { owner: 'o' }))
      expect([await recordsIn(from), await recordsIn(to)]).toEqual(counts)
      expect(await store.listByOwner?.('o')).toEqual(['k'])
    }
  })

  it('moves what is changed, with all that its record has, and leaves what is read', async () => {
    const { from, to, store } = open('move')
    await from.create('k', record('{"a":1}', { owner: 'o', createdAt: NOW - 5 }))
    const found = await store.read('k')
    expect(await recordsIn(from)).toBe(1)
    await store.update('k', { ...record('{"a":2}'), expiresAt: NOW + 2 * HOUR }, found?.version ?? '')
    expect(await from.read('k')).toBeUndefined()
    const whole = record('{"a":2}', { owner: 'o', createdAt: NOW - 5, expiresAt: NOW + 2 * HOUR })
    expect((await to.read('k'))?.record).toMatchObject(whole)
  })

  it('tells of an end in either store, and nothing after one of them is lost', async () => {
    const { from, to, store } = open('prepare')
    const told: string[] = []
    const listening = await store.watch?.({ told: (key) => told.push(key), lost: () => told.push('lost') })
    await to.create('in-new', record('{}'))
    await store.create('in-old', record('{}'))
    for (const key of ['in-new', 'in-old']) await store.delete(key, (await store.read(key))?.version ?? '')
    expect(new Set(told)).toEqual(new Set(['in-new', 'in-old']))
    await listening?.stop()
    told.length = 0
    await from.create('later', record('{}'))
    await from.delete('later', (await from.read('later'))?.version ?? '')
    expect(told).toEqual([])
  })

  it('offers no touch: one between a look at the record and its claim would be lost', () => {
    expect('touch' in open('move').store).toBe(false)
  })

  it('offers no list where one of the stores has none, and takes no longer records than both', () => {
    const { from } = open('move')
    const { list: _, listByOwner: __, ...blind } = table()
    const store = movingStore({ from, to: { ...blind, maxBytes: 1000 }, step: 'move' })
    expect([store.list, store.listByOwner, store.maxBytes]).toEqual([undefined, undefined, 1000])
    expect(movingStore({ from: { ...blind, maxBytes: 1000 }, to: from, step: 'move' }).maxBytes).toBeLessThan(1000)
  })

  it('tells the command which stores it has', () => {
    const { from, to, store } = open('move')
    expect(movingIn(store)).toEqual({ from, to, step: 'move' })
    expect(movingIn(from)).toBeUndefined()
  })

  it.each<[string, object]>([
    ['`step` must be', { step: 'later' }],
    ['`to` is eventual', { to: { ...table(), consistency: 'eventual' } }],
    ['`from` is last-write-wins', { from: { ...table(), consistency: 'last-write-wins' } }],
    ['`to` is no store', { to: {} }],
    ['`til` does not exist', { til: 5 }],
  ])('refuses wrong options: %s', (message, wrong) => {
    const options = { from: table(), to: table(), step: 'move' as const, ...wrong }
    expect(() => movingStore(options)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining(message) }),
    )
  })

  it('refuses to move a store into itself', () => {
    const store = table()
    expect(() => movingStore({ from: store, to: store, step: 'move' })).toThrow(/are one store/)
  })
})

describe('moveStore', () => {
  it('brings every record over, byte by byte, and counts what is in both stores', async () => {
    const [from, to] = [table(), table()]
    await filled(from, 1200)
    const before = new Map([...from.rows].map(([key, found]) => [key, found.record]))
    const seen: number[] = []
    const report = await moveStore({ from, to, now, sleep, onProgress: ({ total, done }) => seen.push(total, done) })
    expect(report).toEqual({ isDone: true, moved: 1200, gone: 0, expired: 0, tooLong: [], inFrom: 0, inTo: 1200 })
    for (const [key, { record: moved }] of to.rows) expect(moved).toMatchObject(before.get(key) ?? {})
    expect(seen).toContain(1200)
  })

  it('goes on where one was killed that was in the middle of everything', async () => {
    const [from, to] = [table(), table()]
    await filled(from, 40)
    // Each dies after so many writes, with 8 records on their way.
    for (let kill = 0; kill < 12; kill++) {
      let writes = 3 + kill
      const dying = (store: Store): Store => {
        const held =
          <A extends unknown[], T>(act: (...args: A) => Promise<T>) =>
          (...args: A): Promise<T> =>
            writes-- > 0 ? act(...args) : new Promise(() => {})
        return { ...store, create: held(store.create), update: held(store.update), delete: held(store.delete) }
      }
      void moveStore({ from: dying(from), to: dying(to), now, sleep, concurrency: 8 })
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(from.rows.size).toBeGreaterThan(0)
    const report = await moveStore({ from, to, now, sleep })
    expect(report).toMatchObject({ isDone: true, inFrom: 0, inTo: 40 })
    expect([...to.rows.values()].filter(({ record: { data } }) => data.includes('moving'))).toEqual([])
  })

  it('several at once do the work of one', async () => {
    const [from, to] = [table(), table()]
    await filled(from, 300)
    const reports = await Promise.all([1, 2, 3].map(() => moveStore({ from, to, now, sleep })))
    expect(reports.every(({ isDone }) => isDone)).toBe(true)
    expect(to.rows.size).toBe(300)
  })

  it('leaves what is too long for the new store, and says which; removes what is over', async () => {
    const [from, to] = [table(), { ...table(), maxBytes: 20 }]
    await from.create('short', record('{}'))
    await from.create('long', record('"äöüäöüäöüäöü"'))
    await from.create('over', record('{}', { expiresAt: NOW - 61_000 }))
    await from.create('just-over', record('{}', { expiresAt: NOW - 59_000 }))
    expect(await moveStore({ from, to, now, sleep })).toEqual({
      ...{ isDone: false, moved: 2, gone: 0, expired: 1 },
      ...{ tooLong: ['long'], inFrom: 1, inTo: 2 },
    })
  })

  it('stops when it is told to, and says that it is not done', async () => {
    const [from, to] = [table(), table()]
    await filled(from, 600)
    const stop = new AbortController()
    const { isDone, inFrom, inTo } = await moveStore({
      ...{ from, to, now, sleep, signal: stop.signal, concurrency: 1 },
      onProgress: () => stop.abort(),
    })
    expect(isDone).toBe(false)
    expect(inFrom + inTo).toBe(600)
  })

  it('goes through the store again while it finds something, with a pause', async () => {
    const [from, to] = [table(), table()]
    await filled(from, 10)
    const pauses: number[] = []
    let more = 3
    const report = await moveStore({
      ...{ from, to, now },
      sleep: async (milliseconds) => void pauses.push(milliseconds),
      onProgress: () => more-- > 0 && from.create(`more${more}`, record('{}')),
    })
    expect(report).toMatchObject({ isDone: true, moved: 13, inTo: 13 })
    expect(pauses.length).toBeGreaterThan(0)
  })

  it('refuses a store that cannot list, and a wrong concurrency', async () => {
    const { list: _, ...blind } = table()
    await expect(moveStore({ from: blind, to: table() })).rejects.toThrow(/cannot list/)
    await expect(moveStore({ from: table(), to: table(), concurrency: 0 })).rejects.toThrow(/concurrency/)
  })
})
