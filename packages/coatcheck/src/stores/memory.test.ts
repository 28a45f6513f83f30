import { describe, expect, it } from 'vitest'
import { storeSuite } from '../testing/store-suite.ts'
import { type MemoryStore, type MemoryStoreOptions, memoryStore } from './memory.ts'
import type { SessionRecord } from './store.ts'

describe('the memory store', () => {
  storeSuite({
    it,
    open: ({ now }) => ({ store: memoryStore({ now }) }),
    expect: ['touch', 'list', 'listByOwner', 'prune'],
  })
})

const START = 4_000_000_000_000

/** A store whose clock stands still until it is moved, and what it evicted. */
function small(options: MemoryStoreOptions = {}) {
  let time = START
  const evicted: string[] = []
  const store = memoryStore({ maxSessions: 3, now: () => time, onEvict: (key) => evicted.push(key), ...options })
  const record = (owner?: string, seconds = 60): SessionRecord => ({
    data: 'data',
    ...(owner === undefined ? {} : { owner }),
    createdAt: time,
    endsAt: time + 3_600_000,
    expiresAt: time + seconds * 1_000,
  })
  const pass = (seconds: number): void => {
    time += seconds * 1_000
  }
  return { store, evicted, record, pass }
}

async function there(store: MemoryStore): Promise<string[]> {
  return [...(await store.list(undefined, 1_000)).keys].sort()
}

describe('a full memory store', () => {
  it('drops the guest who was away longest, and tells', async () => {
    const { store, evicted, record } = small()
    for (const key of ['a', 'b', 'c']) await store.create(key, record())
    await store.read('a')
    await store.create('d', record())
    expect(await there(store)).toEqual(['a', 'c', 'd'])
    const c = await store.read('c')
    await store.update('c', record(), c?.version ?? '')
    await store.create('e', record('owner'))
    await store.create('f', record('owner'))
    expect(await there(store)).toEqual(['c', 'e', 'f'])
    expect(evicted).toEqual(['b', 'a', 'd'])
  })

  it('keeps who is signed in, rather than a guest', async () => {
    const { store, evicted, record } = small()
    await store.create('signed in', record('owner'))
    await store.create('guest', record())
    await store.create('signed in too', record('owner'))
    await store.create('new', record())
    expect(await there(store)).toEqual(['new', 'signed in', 'signed in too'])
    expect(evicted).toEqual(['guest'])
  })

  it('refuses a new session when everybody is signed in, and loses nobody', async () => {
    const { store, evicted, record } = small()
    for (const key of ['a', 'b', 'c']) await store.create(key, record('owner'))
    await expect(store.create('d', record())).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('The memory store is full: 3 sessions, all alive and signed in.'),
      fix: expect.stringContaining('maxSessions'),
    })
    expect(await there(store)).toEqual(['a', 'b', 'c'])
    expect(evicted).toEqual([])
    expect((await store.listByOwner('owner')).length).toBe(3)
  })

  it('drops whoever has expired first, signed in or not, and tells nobody', async () => {
    const { store, evicted, record, pass } = small()
    await store.create('guest', record())
    await store.create('short', record('owner', 10))
    await store.create('long', record('owner'))
    pass(10)
    await store.create('new', record())
    expect(await there(store)).toEqual(['guest', 'long', 'new'])
    expect(evicted).toEqual([])
    expect(await store.listByOwner('owner')).toEqual(['long'])
  })

  it('knows when a longer life was shortened, and a short one prolonged', async () => {
    const { store, evicted, record, pass } = small()
    const shortened = await store.create('shortened', record('owner', 600))
    const prolonged = await store.create('prolonged', record('owner', 10))
    await store.create('guest', record())
    await store.update('shortened', record('owner', 5), shortened ?? '')
    await store.touch('prolonged', START + 60_000, prolonged ?? '')
    pass(10)
    await store.create('new', record())
    expect(await there(store)).toEqual(['guest', 'new', 'prolonged'])
    expect(evicted).toEqual([])
  })

  it('lets guests go in the order they came, however many there are', async () => {
    const { store, evicted, record } = small({ maxSessions: 2_000 })
    for (let n = 0; n < 6_000; n++) await store.create(`${n}`, record())
    expect(evicted).toEqual(Array.from({ length: 4_000 }, (_, n) => `${n}`))
  })
})

describe('a memory store that is not full', () => {
  it('loses what has expired, a few records with each new one', async () => {
    const { store, evicted, record, pass } = small({ maxSessions: 1_000 })
    for (let n = 0; n < 100; n++) await store.create(`old ${n}`, record(n % 2 ? 'owner' : undefined))
    await store.create('stays', record('owner', 3_600))
    pass(60)
    for (let n = 0; n < 40; n++) await store.create(`new ${n}`, record())
    expect((await there(store)).filter((key) => !key.startsWith('new'))).toEqual(['stays'])
    expect(await store.listByOwner('owner')).toEqual(['stays'])
    expect(evicted).toEqual([])
  })

  it('holds no more than asked when sessions come and go', async () => {
    const { store, record, pass } = small({ maxSessions: 50 })
    for (let n = 0; n < 500; n++) {
      pass(1)
      await store.create(`${n}`, record(n % 3 ? `owner ${n % 7}` : undefined, 30))
      expect((await there(store)).length).toBeLessThanOrEqual(50)
    }
  })
})

describe('memoryStore', () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses to hold %s sessions', (maxSessions) => {
    expect(() => memoryStore({ maxSessions })).toThrow(`maxSessions must be a whole number of at least 1, not ${maxSessions}`)
  })

  it('reads no clock until it is used', async () => {
    let read = 0
    const store = memoryStore({ now: () => ++read })
    expect(read).toBe(0)
    await store.create('a', { data: '', createdAt: 0, endsAt: 9, expiresAt: 9 })
    expect(read).toBe(1)
  })
})
