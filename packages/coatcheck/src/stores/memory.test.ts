import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { records } from '../../test/helpers/depth.ts'
import { gate } from '../../test/helpers/gate.ts'
import { type Site, site } from '../../test/helpers/site.ts'
import { watched } from '../../test/helpers/watched.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type MemoryStore, type MemoryStoreOptions, memoryStore } from './memory.ts'
import type { SessionRecord, Store } from './store.ts'

describe('the memory store', () => {
  storeSuite({
    it,
    records,
    open: ({ now }) => ({ store: memoryStore({ now }) }),
    expect: ['touch', 'list', 'listByOwner', 'prune', 'watch'],
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

  it('refuses a new session when everybody is signed in once, and loses nobody', async () => {
    const { store, evicted, record } = small()
    for (const key of ['a', 'b', 'c']) await store.create(key, record(`owner of ${key}`))
    for (const newcomer of [record(), record('somebody new')])
      await expect(store.create('d', newcomer)).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining('The memory store is full: 3 sessions are alive and none may go'),
        fix: expect.stringContaining('maxSessions'),
      })
    expect(await there(store)).toEqual(['a', 'b', 'c'])
    expect(evicted).toEqual([])
    expect(await store.listByOwner('owner of a')).toEqual(['a'])
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

describe('a memory store full of people who are signed in', () => {
  it('S10: takes from whoever has most, what he used least recently; one account shuts nobody out', async () => {
    const { store, evicted, record } = small({ maxSessions: 6 })
    await store.create('bob', record('bob'))
    for (const key of ['eve 1', 'eve 2', 'eve 3', 'eve 4', 'eve 5']) await store.create(key, record('eve'))
    await store.read('eve 1')
    for (const name of ['ada', 'cyd', 'dan']) await store.create(name, record(name))
    expect(evicted).toEqual(['eve 2', 'eve 3', 'eve 4'])
    // Eve makes room for herself: bob has one session, and she has two.
    await store.create('eve 6', record('eve'))
    expect(evicted).toEqual(['eve 2', 'eve 3', 'eve 4', 'eve 5'])
    expect(await there(store)).toEqual(['ada', 'bob', 'cyd', 'dan', 'eve 1', 'eve 6'])
    expect([...(await store.listByOwner('eve'))].sort()).toEqual(['eve 1', 'eve 6'])
  })

  it('S10: who has as many as anybody else with the new one makes room himself', async () => {
    const { store, evicted, record } = small({ maxSessions: 4 })
    for (const key of ['ada 1', 'ada 2', 'bob 1', 'cyd 1']) await store.create(key, record(key.slice(0, 3)))
    await store.create('bob 2', record('bob'))
    expect(evicted).toEqual(['bob 1'])
  })

  it('S10: of several who have most, it takes from the one who was away longest', async () => {
    const { store, evicted, record } = small({ maxSessions: 4 })
    for (const key of ['ada 1', 'ada 2', 'bob 1', 'bob 2']) await store.create(key, record(key.slice(0, 3)))
    await store.read('ada 2')
    await store.create('cyd', record('cyd'))
    expect(evicted).toEqual(['bob 1'])
  })

  it('S10: nobody has more sessions than `maxSessionsPerOwner`, and guests as many as there is room for', async () => {
    const { store, evicted, record } = small({ maxSessions: 100, maxSessionsPerOwner: 2 })
    for (const key of ['ada 1', 'ada 2', 'guest 1', 'guest 2', 'guest 3']) {
      await store.create(key, record(key.startsWith('ada') ? 'ada' : undefined))
    }
    await store.read('ada 1')
    await store.create('ada 3', record('ada'))
    expect(evicted).toEqual(['ada 2'])
    // A new id: the old one is no session any more in a moment.
    await store.create('ada 4', record('ada'), 'ada 3')
    expect(evicted).toEqual(['ada 2'])
    const found = await store.read('ada 3')
    await store.update('ada 3', { ...record('ada'), keepUntil: START + 9_000 }, found?.version ?? '')
    expect([...(await store.listByOwner('ada'))].sort()).toEqual(['ada 1', 'ada 3', 'ada 4'])
    await store.create('ada 5', record('ada'))
    expect(evicted).toEqual(['ada 2', 'ada 1'])
  })
})

describe('a record with a `keepUntil`', () => {
  it('V3: is not evicted before, and nobody’s session; afterwards it goes first, and nobody is told', async () => {
    const { store, evicted, record, pass } = small()
    await store.create('from the start', { ...record(), keepUntil: START + 30_000 })
    const version = await store.create('later', record('ada'))
    await store.update('later', { ...record('ada'), keepUntil: START + 20_000 }, version ?? '')
    await store.create('guest', record())
    await store.create('ada', record('ada'))
    expect(evicted).toEqual(['guest'])
    await expect(store.create('no room', record())).rejects.toMatchObject({ code: 'STORE_FAILED' })
    pass(19.999)
    await expect(store.create('no room', record('ada'))).resolves.toBeDefined()
    expect(evicted).toEqual(['guest', 'ada'])
    pass(0.001)
    await store.create('new guest', record())
    expect(await there(store)).toEqual(['from the start', 'new guest', 'no room'])
    expect(evicted).toEqual(['guest', 'ada'])
    expect(await store.listByOwner('ada')).toEqual(['no room'])
  })

  it('V3: becomes a session again by an update without it', async () => {
    const { store, evicted, record } = small({ maxSessions: 2 })
    const version = await store.create('kept', { ...record(), keepUntil: START + 30_000 })
    await store.create('ada', record('ada'))
    await store.update('kept', record(), version ?? '')
    await store.create('bob', record('bob'))
    expect(evicted).toEqual(['kept'])
  })

  it('expires and is pruned like any other, and is touched without losing it', async () => {
    const { store, record, pass } = small({ maxSessions: 2 })
    const version = await store.create('kept', { ...record(undefined, 10), keepUntil: START + 30_000 })
    await store.touch('kept', START + 20_000, version ?? '')
    await store.create('ada', record('ada'))
    await expect(store.create('bob', record('bob'))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    pass(20)
    expect(await store.prune(START + 20_000, 10)).toBe(1)
    expect(await there(store)).toEqual(['ada'])
  })
})

describe('a session that moves to a new id', () => {
  it('C6: is not evicted for its own successor', async () => {
    const { store, evicted, record } = small({ maxSessions: 2 })
    await store.create('ada', record())
    await store.create('bob', record())
    await store.create('ada signed in', record('ada'), 'ada')
    expect(evicted).toEqual(['bob'])
  })

  it('C6: without anybody else who could go is refused a successor, and stays', async () => {
    for (const before of [undefined, 'ada']) {
      const { store, evicted, record } = small({ maxSessions: 2 })
      await store.create('bob', record('bob'))
      await store.create('ada', record(before))
      await expect(store.create('new', record('eve'), 'ada')).rejects.toMatchObject({ code: 'STORE_FAILED' })
      expect(evicted).toEqual([])
      expect(await there(store)).toEqual(['ada', 'bob'])
    }
  })

  it('C6: leaves an owner of two, who becomes somebody else, the other one', async () => {
    const { store, evicted, record } = small({ maxSessions: 2 })
    await store.create('other', record('ada'))
    await store.create('moving', record('ada'))
    await expect(store.create('new', record('bob'), 'moving')).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await store.create('renewed', record('ada'), 'moving')
    expect(evicted).toEqual(['other'])
  })

  const cart = async (s: Site) => {
    const guest = s.person()
    await guest.does((session) => session.set('cart', 'tea'))
    return guest
  }
  const seen = {
    does: (session: { owner: string | undefined; get(name: string): unknown }) => [session.owner, session.get('cart')],
  }

  it('C6: the only guest of a full store gets an error when he signs in, and stays a guest with his cart', async () => {
    const s = site({ store: memoryStore({ maxSessions: 1 }) })
    const ada = await cart(s)
    await expect(ada.does((session) => session.signIn('ada'))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(await ada.does(seen.does)).toEqual([undefined, 'tea'])
  })

  it('C6: so does the only guest among people who are signed in', async () => {
    const s = site({ store: memoryStore({ maxSessions: 2 }) })
    await s.person().does((session) => session.signIn('bob'))
    const ada = await cart(s)
    await expect(ada.does((session) => session.signIn('ada'))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(await ada.does(seen.does)).toEqual([undefined, 'tea'])
  })

  it('C6: a guest who signs in takes the place of another guest, also of one whose request came after his', async () => {
    const watch = watched(memoryStore({ maxSessions: 2 }))
    const s = site({ store: watch.store })
    const ada = await cart(s)
    const other = await cart(s)
    const barrier = gate()
    watch.before = (call) => (call === 'create' ? barrier.pass() : undefined)
    const signsIn = ada.does((session) => session.signIn('ada'))
    await barrier.reached
    await other.does((session) => session.get('cart'))
    barrier.open()
    await signsIn
    expect(await ada.does(seen.does)).toEqual(['ada', 'tea'])
    expect(await other.does(seen.does)).toEqual([undefined, undefined])
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

describe('what was removed', () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')

  const ways: Readonly<Record<string, (store: Store) => unknown>> = {
    pruned: (store) => store.prune?.(START + 60_000, 10_000),
    deleted: async (store) => {
      for (let n = 0; n < 3_000; n++) await store.delete(`${n}`, (await store.read(`${n}`))?.version ?? '')
    },
    evicted: async (store) => {
      for (let n = 3_000; n < 6_000; n++) await store.create(`${n}`, { data: '', createdAt: 0, endsAt: 1e15, expiresAt: 1e15 })
    },
  }
  it.each(Object.keys(ways))('C10: is let go at once, when it was %s', async (way) => {
    const { store, record } = small({ maxSessions: 3_000 })
    const records: WeakRef<SessionRecord>[] = []
    for (let n = 0; n < 3_000; n++) {
      const owner = way === 'evicted' || n % 2 ? undefined : `owner ${n % 7}`
      await store.create(`${n}`, { ...record(owner), ...(n % 5 === 0 && way !== 'evicted' && { keepUntil: START + 1 }) })
      const found = await store.read(`${n}`)
      if (found) records.push(new WeakRef(found.record))
    }
    await store.list(undefined, 10)
    await ways[way]?.(store)
    const left = () => records.filter((each) => each.deref()).length
    // More than once: V8 holds one or another while it compiles what was running.
    for (let turn = 0; turn === 0 || (left() > 0 && turn < 50); turn++) {
      await setImmediate()
      collect()
    }
    expect(left()).toBe(0)
    expect(records.length).toBe(3_000)
  })
})

it('S10: a record whose end is no number hides no other that has expired', async () => {
  const { store, record } = small({ maxSessions: 100 })
  for (let n = 0; n < 50; n++) {
    const broken = n % 3 === 0 ? [Number.NaN, 'tomorrow', undefined][n % 9 === 0 ? 0 : n % 9 === 3 ? 1 : 2] : START + n
    const version = await store.create(`${n}`, { ...record(), expiresAt: broken as number })
    if (n % 6 === 0) await store.update(`${n}`, { ...record(), expiresAt: 'never' as unknown as number }, version ?? '')
  }
  expect(await store.prune(START + 100, 1_000)).toBe(33)
  expect((await there(store)).length).toBe(17)
})

describe('memoryStore', () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses to hold %s sessions', (maxSessions) => {
    expect(() => memoryStore({ maxSessions })).toThrow(
      `\`maxSessions\` is the number ${maxSessions}. Give a whole number of at least 1.`,
    )
  })

  it('refuses limits per owner, clocks and listeners that are none, and options that it does not know', () => {
    const wrong = { maxSessionsPerOwner: 0, now: 5, onEvict: 'log', maxSession: 5 }
    for (const [name, value] of Object.entries(wrong))
      expect(() => memoryStore({ [name]: value })).toThrow(
        expect.objectContaining({
          code: 'BAD_OPTIONS',
          message: expect.stringMatching(new RegExp(`memoryStore: .*\\b${name}\\b`)),
        }),
      )
    expect(() => memoryStore(null as unknown as MemoryStoreOptions)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })

  it('goes on when `onEvict` throws, which may also use the store', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    const told: unknown[] = []
    const { store, record } = small({
      maxSessions: 1,
      onEvict(key) {
        told.push(
          key,
          store.create('too many', record()).catch(() => 'refused'),
        )
        throw new Error('mine')
      },
    })
    await store.create('a', record())
    expect(await store.create('ada', record('ada'))).toBeDefined()
    expect(await Promise.all(told)).toEqual(['a', 'refused'])
    expect(await there(store)).toEqual(['ada'])
    expect(print.mock.calls).toEqual([[expect.stringContaining('onEvict threw'), expect.objectContaining({ message: 'mine' })]])
    print.mockRestore()
  })

  it('reads no clock until it is used', async () => {
    let read = 0
    const store = memoryStore({ now: () => ++read })
    expect(read).toBe(0)
    await store.create('a', { data: '', createdAt: 0, endsAt: 9, expiresAt: 9 })
    expect(read).toBe(1)
  })
})
