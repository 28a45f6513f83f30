import { describe, expect, it } from 'vitest'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { records } from '../../../test/helpers/depth.ts'
import { gate, settled } from '../../../test/helpers/gate.ts'
import { COOKIE, type Site, site } from '../../../test/helpers/site.ts'
import { watched } from '../../../test/helpers/watched.ts'
import { withSession } from '../../adapters/fetch.ts'
import { can, type Session, type SessionRecord, type Store } from '../../index.ts'
import { explore, type Scheduler } from '../../testing/interleave.ts'
import { storeSuite } from '../../testing/store-suite.ts'
import { type MemoryStore, memoryStore } from '../memory.ts'
import { type CachedOptions, cached } from './cached.ts'

const START = 1_800_000_000_000
const KEY = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)

const recordOf = (data: string, more: Partial<SessionRecord> = {}): SessionRecord => ({
  data,
  createdAt: START,
  endsAt: START + 3_600_000,
  expiresAt: START + 600_000,
  ...more,
})

// Over SQLite: `cached.slow.test.ts`.
describe('the cached store over memory, within one process', () => {
  storeSuite({
    it,
    records,
    // All writes go through one object here, so that it is as good as a strong store; that it does not call itself one is tested below.
    open: ({ now }) => ({ store: { ...cached(memoryStore({ now }), { seconds: 60, now }), consistency: 'strong' } as Store }),
    expect: ['touch', 'list', 'listByOwner', 'prune', 'watch'],
  })
})

describe('the cached store in two processes, each with a cache of its own', () => {
  storeSuite({
    it,
    records,
    open({ now }) {
      // The two have clocks of their own; what both use goes by neither.
      const backend = memoryStore({ now: () => 0 })
      let waited = 0
      const handle = (tools = { now }): Store => cached(backend, { seconds: 1, now: () => tools.now() + waited })
      return {
        store: handle(),
        reopen: handle,
        settle() {
          waited += 1000
        },
      }
    },
    consistency: 'eventual',
    expect: ['touch', 'list', 'listByOwner', 'prune', 'watch'],
  })
})

/** Two processes on one store: this one reads through a cache, the other one does not. */
function place(options: Partial<CachedOptions> = {}) {
  const clock = clockFrom(START)
  const elsewhere = memoryStore({ now: clock.now })
  const watch = watched(elsewhere)
  const store = cached(watch.store as MemoryStore, { seconds: 10, now: clock.now, ...options })
  return { clock, elsewhere, watch, store }
}

/** The same, with a record that was read once. */
async function known(options?: Partial<CachedOptions>) {
  const here = place(options)
  const version = (await here.elsewhere.create(KEY, recordOf('first'))) ?? ''
  await here.store.read(KEY)
  here.watch.forget()
  return { ...here, version, data: async () => (await here.store.read(KEY))?.record.data }
}

describe('reading through a cache', () => {
  it('asks the backend once in so many seconds, and then again', async () => {
    const { clock, watch, data } = await known()
    clock.advance(9.999)
    expect([await data(), watch.reads]).toEqual(['first', 0])
    clock.advance(0.001)
    expect([await data(), watch.reads]).toEqual(['first', 1])
    expect([await data(), watch.reads]).toEqual(['first', 1])
  })

  it('shows what another process did after so many seconds at the latest', async () => {
    const { clock, elsewhere, version, data } = await known()
    await elsewhere.delete(KEY, version)
    expect(await data()).toBe('first')
    clock.advance(10)
    expect(await data()).toBeUndefined()
  })

  it('counts from when the backend was asked, not from when it answered', async () => {
    const { clock, watch, store, elsewhere } = place()
    const version = (await elsewhere.create(KEY, recordOf('first'))) ?? ''
    const slow = gate()
    watch.after = () => slow.pass()
    const reading = store.read(KEY)
    await slow.reached
    clock.advance(9)
    await elsewhere.delete(KEY, version)
    slow.open()
    expect((await reading)?.record.data).toBe('first')
    clock.advance(1)
    expect(await store.read(KEY)).toBeUndefined()
  })

  it('asks again when a session seems to be over: another process may have moved its end', async () => {
    const { clock, elsewhere, version, watch, store } = await known({ seconds: 3600 })
    await elsewhere.touch(KEY, START + 900_000, version)
    clock.advance(600)
    expect((await store.read(KEY))?.record.expiresAt).toBe(START + 900_000)
    expect(watch.reads).toBe(1)
  })

  it('does not remember that nothing was there', async () => {
    const { elsewhere, store } = place()
    expect(await store.read(KEY)).toBeUndefined()
    await elsewhere.create(KEY, recordOf('new'))
    expect((await store.read(KEY))?.record.data).toBe('new')
  })

  it('lets parallel reads of one key join', async () => {
    const { watch, store, elsewhere } = place()
    await elsewhere.create(KEY, recordOf('one'))
    await elsewhere.create(OTHER, recordOf('other'))
    const answers = await Promise.all([KEY, KEY, OTHER, KEY].map((key) => store.read(key)))
    expect(answers.map((found) => found?.record.data)).toEqual(['one', 'one', 'other', 'one'])
    expect(watch.reads).toBe(2)
  })

  it('lets a read that fails fail for all who joined, and asks again for the next one', async () => {
    const { watch, store, elsewhere } = place()
    await elsewhere.create(KEY, recordOf('one'))
    watch.before = () => {
      throw new Error('down')
    }
    const answers = await Promise.allSettled([store.read(KEY), store.read(KEY)])
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    watch.before = () => {}
    expect((await store.read(KEY))?.record.data).toBe('one')
  })

  it('joins no read that takes over a second: a connection that never answers stops nobody who comes later', async () => {
    const { clock, watch, store, elsewhere } = place()
    await elsewhere.create(KEY, recordOf('one'))
    watch.before = () => new Promise(() => {})
    void store.read(KEY)
    watch.before = () => {}
    clock.advance(1)
    expect((await store.read(KEY))?.record.data).toBe('one')
    expect((await store.read(KEY))?.record.data).toBe('one')
    expect(watch.reads).toBe(2)
  })

  it('joins no read that began longer ago than it may remember', async () => {
    const { clock, watch, store, elsewhere } = place({ seconds: 0.1 })
    await elsewhere.create(KEY, recordOf('one'))
    watch.before = () => new Promise(() => {})
    void store.read(KEY)
    watch.before = () => {}
    clock.advance(0.1)
    expect((await store.read(KEY))?.record.data).toBe('one')
  })

  it('keeps so many records and no more; those go that were not used for the longest time', async () => {
    const { watch, store, elsewhere } = place({ maxEntries: 2 })
    for (const key of ['a', 'b', 'c']) await elsewhere.create(key, recordOf(key))
    for (const key of ['a', 'b', 'a', 'c', 'a']) await store.read(key)
    expect(watch.reads).toBe(3)
    await store.read('b')
    expect(watch.reads).toBe(4)
  })
})

describe('writing through a cache', () => {
  it('shows its own writes at once, without asking', async () => {
    const { watch, store, data, version } = await known()
    const next = await store.update(KEY, recordOf('second'), version)
    expect([await data(), (await store.read(KEY))?.version, watch.reads]).toEqual(['second', next, 0])
    expect(await store.delete(KEY, next ?? '')).toBe(true)
    expect(await data()).toBeUndefined()
    await store.create(KEY, recordOf('third'))
    watch.forget()
    expect([await data(), watch.reads]).toEqual(['third', 0])
  })

  it('keeps what is fixed in a record as it was, whatever an update says of it', async () => {
    const { store, elsewhere } = place()
    const version = await store.create(KEY, recordOf('first', { owner: OTHER }))
    await store.update(KEY, { data: 'second', createdAt: 1, endsAt: 2, expiresAt: START + 900_000 }, version ?? '')
    expect(await store.read(KEY)).toEqual(await elsewhere.read(KEY))
  })

  it.each(['update', 'delete', 'touch'] as const)('A25: drops what it knew when its %s is refused', async (verb) => {
    const { elsewhere, store, version, data } = await known()
    await elsewhere.update(KEY, recordOf('by another process'), version)
    const refused = {
      update: () => store.update(KEY, recordOf('mine'), version),
      delete: () => store.delete(KEY, version),
      touch: () => store.touch(KEY, START + 900_000, version),
    }
    expect((await refused[verb]()) || undefined).toBeUndefined()
    expect(await data()).toBe('by another process')
  })

  it.each(['update', 'delete', 'touch', 'create'] as const)('A25: drops what it knew when its %s fails', async (verb) => {
    const { elsewhere, watch, store, version, data } = await known()
    await elsewhere.update(KEY, recordOf('by another process'), version)
    watch.before = () => {
      throw new Error('down')
    }
    const calls = {
      update: () => store.update(KEY, recordOf('mine'), version),
      delete: () => store.delete(KEY, version),
      touch: () => store.touch(KEY, START + 900_000, version),
      create: () => store.create(KEY, recordOf('mine')),
    }
    await expect(calls[verb]()).rejects.toThrow('down')
    watch.before = () => {}
    expect(await data()).toBe('by another process')
  })

  it('drops what it knew already when a write is sent: its answer may never come', async () => {
    const { watch, store, version, data } = await known()
    watch.after = (call) => (call === 'update' ? new Promise(() => {}) : undefined)
    void store.update(KEY, recordOf('second'), version)
    await settled()
    expect(await data()).toBe('second')
  })

  it('forgets what prune may have removed', async () => {
    const { clock, store, elsewhere } = place()
    await store.create(KEY, recordOf('over'))
    clock.advance(5)
    expect(await store.prune(START + 600_000, 10)).toBe(1)
    expect(await store.read(KEY)).toBeUndefined()
    expect(await elsewhere.read(KEY)).toBeUndefined()
  })

  it('keeps nothing of a read that prune has overtaken', async () => {
    const { watch, store, elsewhere } = place()
    await elsewhere.create(KEY, recordOf('over'))
    const slow = gate()
    watch.after = (call) => (call === 'read' ? slow.pass() : undefined)
    const reading = store.read(KEY)
    await slow.reached
    await store.prune(START + 600_000, 10)
    slow.open()
    expect((await reading)?.record.data).toBe('over')
    expect(await store.read(KEY)).toBeUndefined()
  })
})

/** The memory store as a server has it: a call arrives, is carried out, and is answered, and others come in between. */
function farAway(store: Store, scheduler: Scheduler, process: string): Store {
  const far = async <T>(call: string, act: () => Promise<T>): Promise<T> => {
    const answer = await scheduler.step(process, call, act)
    return scheduler.step(process, `${call} answered`, () => answer)
  }
  return {
    read: (key) => far('read', () => store.read(key)),
    create: (key, record) => far('create', () => store.create(key, record)),
    update: (key, record, version) => far('update', () => store.update(key, record, version)),
    delete: (key, version) => far('delete', () => store.delete(key, version)),
  }
}

interface World {
  readonly clock: ReturnType<typeof clockFrom>
  readonly backend: Store
  /** This process. */
  readonly here: Store
  /** Another one. */
  readonly there: Store
  /** What each acknowledged write of this process left, in order. */
  readonly left: (string | undefined)[]
}

const worldOf = async (scheduler: Scheduler): Promise<World> => {
  const clock = clockFrom(START)
  const backend = memoryStore({ now: clock.now })
  await backend.create(KEY, recordOf('0'))
  const here = cached(farAway(backend, scheduler, 'here'), { seconds: 10, now: clock.now })
  return { clock, backend, here, there: farAway(backend, scheduler, 'there'), left: [] }
}

/** Adds a sign to what is there, as the engine does it: read, write, and again when somebody was faster. How often it read. */
async function append(store: Store, sign: string, told: (data: string) => void): Promise<number> {
  for (let reads = 1; ; reads++) {
    const found = await store.read(KEY)
    if (!found) return reads
    const data = found.record.data + sign
    if (await store.update(KEY, { ...found.record, data }, found.version)) {
      told(data)
      return reads
    }
  }
}

async function end(store: Store): Promise<void> {
  for (;;) {
    const found = await store.read(KEY)
    if (!found || (await store.delete(KEY, found.version))) return
  }
}

describe('whatever order calls come and are answered in', () => {
  const read = async ({ here, left }: World): Promise<void> => {
    const before = left.length
    const found = await here.read(KEY)
    // Every write that was acknowledged here when this read began is in what it found.
    const since = left.slice(0, before)
    for (const data of since) {
      if (data === undefined) expect(found).toBeUndefined()
      else if (found) for (const sign of data) expect(found.record.data).toContain(sign)
    }
  }
  const readTwice = async (world: World): Promise<void> => {
    await read(world)
    await read(world)
  }
  const appending = (sign: string) => (world: World) => append(world.here, sign, (data) => world.left.push(data))
  const ending = async ({ here, left }: World): Promise<void> => {
    await end(here)
    left.push(undefined)
  }
  const cases: Record<string, { actors: Record<string, (world: World) => unknown>; maxPreemptions?: number }> = {
    'two reads and a write': { actors: { one: readTwice, two: read, write: appending('a') } },
    'reads and two writes': { actors: { one: readTwice, write: appending('a'), again: appending('b') }, maxPreemptions: 5 },
    'reads and an end': { actors: { one: readTwice, two: read, end: ending } },
    'a write and an end': { actors: { one: readTwice, write: appending('a'), end: ending }, maxPreemptions: 5 },
  }

  it.each(Object.entries(cases))('no read puts back what a write has replaced: %s', async (_, { actors, maxPreemptions }) => {
    const { failures, complete, runs } = await explore<World>({
      setup: worldOf,
      actors,
      processes: Object.fromEntries(Object.keys(actors).map((name) => [name, 'here'])),
      ...(maxPreemptions !== undefined && { maxPreemptions }),
      check: async ({ backend, here }) => expect(await here.read(KEY)).toEqual(await backend.read(KEY)),
    })
    expect(failures).toEqual([])
    expect(complete).toBe(true)
    expect(runs).toBeGreaterThanOrEqual(6)
  })

  it('with another process writing, nothing is lost, and what is stale is met once and no more', async () => {
    const { failures, complete } = await explore<World>({
      setup: worldOf,
      actors: {
        reader: (world) => world.here.read(KEY),
        here: (world) => append(world.here, 'a', () => {}),
        there: (world) => append(world.there, 'b', () => {}),
      },
      processes: { reader: 'here' },
      maxPreemptions: 6,
      async check({ backend, here, clock }, { results }) {
        expect([...((await backend.read(KEY))?.record.data ?? '')].sort()).toEqual(['0', 'a', 'b'])
        // One write of the other process can refuse one of ours; the next read is fresh.
        expect(results.here).toBeLessThanOrEqual(2)
        clock.advance(10)
        expect(await here.read(KEY)).toEqual(await backend.read(KEY))
      },
    })
    expect(failures).toEqual([])
    expect(complete).toBe(true)
  })
})

describe('what the cached store says of itself', () => {
  it('declares that its reads may be stale, and what its backend declares besides', () => {
    expect(cached(memoryStore(), { seconds: 1 }).consistency).toBe('eventual')
    expect(cached({ ...memoryStore(), maxBytes: 1000 }, { seconds: 1 }).maxBytes).toBe(1000)
    expect('maxBytes' in cached(memoryStore(), { seconds: 1 })).toBe(false)
  })

  it('V3: passes on whether the backend evicts, also when it finds out later, and what must stay', async () => {
    let evicts = false
    const given: unknown[] = []
    const backend: Store = {
      ...memoryStore(),
      create: async (key, { keepUntil }, from) => `${given.push([key, keepUntil, from])}`,
      update: async (key, { keepUntil }) => `${given.push([key, keepUntil])}`,
    }
    const store = cached(Object.defineProperty(backend, 'evicts', { get: () => evicts }), { seconds: 1 })
    expect(store.evicts).toBe(false)
    evicts = true
    expect(store.evicts).toBe(true)
    await store.create('one', { ...recordOf('x'), keepUntil: 5 }, 'old')
    expect((await store.read('one'))?.record).toEqual(recordOf('x'))
    await store.update('one', { ...recordOf('x'), keepUntil: 6 }, '1')
    expect(given).toEqual([
      ['one', 5, 'old'],
      ['one', 6],
    ])
  })

  it('offers what its backend does, and no more', () => {
    const { read, create, update, delete: remove } = memoryStore()
    const few: Store = { read, create, update, delete: remove }
    for (const capability of ['touch', 'list', 'listByOwner', 'prune', 'migrate', 'close'] as const) {
      expect(can(cached(few, { seconds: 1 }), capability)).toBe(false)
      expect(can(cached({ ...few, [capability]: async () => 1 }, { seconds: 1 }), capability)).toBe(true)
    }
  })

  it.each([{ seconds: 0 }, { seconds: -1 }, { seconds: Number.NaN }, { seconds: Number.POSITIVE_INFINITY }])(
    'refuses %o',
    (options) => {
      expect(() => cached(memoryStore(), options)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    },
  )

  it.each([0, 1.5, -1])('refuses to keep %d records', (maxEntries) => {
    expect(() => cached(memoryStore(), { seconds: 1, maxEntries })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })
})

describe('sessions over a cached store', () => {
  /** One site in two processes, each with a cache of its own. */
  function twoProcesses() {
    const clock = clockFrom(START)
    const backend = memoryStore({ now: clock.now })
    const process = (): Site => site({ store: cached(backend, { seconds: 10, now: clock.now }), clock })
    const [one, two] = [process(), process()]
    const ada = one.person()
    return { clock, two, ada }
  }

  /** Somebody at this process with that ticket, request after request. */
  function atOf(where: Site, ticket: string | undefined) {
    return async <T>(act: (session: Session) => T): Promise<T> => {
      const answer = Promise.withResolvers<T>()
      const serve = withSession(where.sessions, async (request: Request) => {
        answer.resolve(act(await where.sessions.open(request)))
        return new Response('ok')
      })
      await serve(new Request('https://site.test/', { headers: { cookie: `${COOKIE}=${ticket}` } }))
      return answer.promise
    }
  }

  it('promise 1 holds: two processes that change one session lose nothing', async () => {
    const { ada, two, clock } = twoProcesses()
    const count = (session: Session) => session.update('n', (n) => Number(n ?? 0) + 1)
    await ada.does(count)
    const other = atOf(two, ada.ticket)
    await other(count)
    await ada.does(count)
    await other(count)
    clock.advance(10)
    expect(await ada.does((session) => session.get('n'))).toBe(4)
  })

  it('promise 2 is weakened: what another process ended can be read for so many seconds, and never written', async () => {
    const { ada, two, clock } = twoProcesses()
    await ada.does((session) => session.signIn('ada'))
    const other = atOf(two, ada.ticket)
    expect(await other((session) => session.owner)).toBe('ada')
    await ada.does((session) => session.signOut())
    expect(await other((session) => session.owner)).toBe('ada')
    await other((session) => session.set('n', 1))
    expect(two.events.at(-1)).toMatchObject({ type: 'dropped', reason: 'ended' })
    expect(await other((session) => session.owner)).toBeUndefined()
    clock.advance(10)
    expect(await other((session) => session.owner)).toBeUndefined()
  })
})
