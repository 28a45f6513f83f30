import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStorage as createStorage1 } from 'unstorage'
import fsLite1 from 'unstorage/drivers/fs-lite'
import lruCache1 from 'unstorage/drivers/lru-cache'
import memory1 from 'unstorage/drivers/memory'
import { createStorage as createStorage2 } from 'unstorage-2'
import lruCache2 from 'unstorage-2/drivers/lru-cache'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSessions, type SessionRecord, type Store } from '../../index.ts'
import { storeSuite } from '../../testing/store-suite.ts'
import { type UnstorageLike, unstorageStore } from './unstorage.ts'

const START = 4_000_000_000_000
const KEY = 'a'.repeat(64)

const recordOf = (data: string, expiresAt = START + 60_000): SessionRecord => ({
  data,
  createdAt: START,
  endsAt: START + 3_600_000,
  expiresAt,
})

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'coatcheck-unstorage-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

// The other backends and drivers, on disks too: `unstorage.slow.test.ts`.
describe('the unstorage store over a storage of unstorage 1 in memory, within one process', () => {
  storeSuite({
    it,
    // What the suite asks of a strong store holds in one process; that the store does not call itself one is tested below.
    open: ({ now }) => {
      const backend = createStorage1()
      const strong = (): Store => ({ ...unstorageStore(backend, { now }), consistency: 'strong' })
      return { store: strong(), reopen: strong }
    },
    expect: ['list', 'prune'],
    records: 1_000,
  })
})

describe('what the unstorage store says of itself', () => {
  it('declares that the last write wins', () => {
    expect(unstorageStore(memory1()).consistency).toBe('last-write-wins')
  })

  it('offers no list, and so no prune, where the driver cannot list', () => {
    const { getItem, setItem, removeItem } = memory1()
    const store = unstorageStore({ getItem, setItem, removeItem } as UnstorageLike)
    expect(store.list).toBeUndefined()
    expect(store.prune).toBeUndefined()
  })

  it('refuses what cannot be written to, and prefixes that a backend would read differently', () => {
    const { getItem } = memory1() as UnstorageLike
    expect(() => unstorageStore({ getItem })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    for (const prefix of ['', ':', 'a:', 'a/b', '../a', 'a::b', 'a b'])
      expect(() => unstorageStore(memory1(), { prefix })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })

  it('keeps the sessions of two sites apart by their prefix', async () => {
    const backend = createStorage1()
    const [one, two] = [unstorageStore(backend, { prefix: 'one' }), unstorageStore(backend, { prefix: 'two:sessions' })]
    await one.create(KEY, recordOf('one'))
    expect(await two.read(KEY)).toBeUndefined()
    await two.create(KEY, recordOf('two'))
    expect((await one.read(KEY))?.record.data).toBe('one')
    expect(await backend.getKeys()).toEqual([`one:${KEY}`, `two:sessions:${KEY}`])
    expect((await two.list?.(undefined, 10))?.keys).toEqual([KEY])
  })
})

describe('backends that remove by themselves', () => {
  it('are told how many seconds a record may be of use, and a minute more', async () => {
    const told: unknown[] = []
    const backend = memory1() as UnstorageLike
    const watched: UnstorageLike = {
      ...backend,
      setItem(key, value, options) {
        told.push(options)
        return backend.setItem?.(key, value, options)
      },
    }
    const store = unstorageStore(watched, { now: () => START })
    const version = await store.create(KEY, recordOf('x', START + 90_500))
    await store.update(KEY, recordOf('x', START - 5_000), version ?? '')
    expect(told).toEqual([{ ttl: 151 }, { ttl: 60 }])
  })
})

describe('several processes on one directory', () => {
  /** Another driver on the same files, as another process has it: what is done at once is not ordered. */
  const another = (): Store => unstorageStore(fsLite1({ base: directory }), { now: () => START })
  const file = () => join(directory, 'coatcheck', KEY)

  it('see what the others wrote, and one after the other overwrite nothing', async () => {
    const [one, two] = [another(), another()]
    const first = await one.create(KEY, recordOf('first'))
    expect(await two.create(KEY, recordOf('second'))).toBeUndefined()
    const second = await two.update(KEY, recordOf('second'), first ?? '')
    expect(await one.update(KEY, recordOf('third'), first ?? '')).toBeUndefined()
    expect(await one.read(KEY)).toMatchObject({ version: second, record: { data: 'second' } })
    expect(await two.delete(KEY, second ?? '')).toBe(true)
    expect(await one.update(KEY, recordOf('late'), second ?? '')).toBeUndefined()
    expect(await one.read(KEY)).toBeUndefined()
  })

  it('B6: a record that is met half written is read again, and never removed', async () => {
    const whole = another()
    await whole.create(KEY, recordOf('whole'))
    const text = readFileSync(file(), 'utf8')
    const answers: unknown[] = ['', text.slice(0, 20), text]
    const store = unstorageStore({ getItem: () => answers.shift(), setItem() {}, removeItem() {} })
    expect((await store.read(KEY))?.record.data).toBe('whole')

    writeFileSync(file(), text.slice(0, 20))
    await expect(whole.read(KEY)).rejects.toMatchObject({ code: 'DAMAGED_RECORD' })
    await expect(whole.delete(KEY, 'any')).rejects.toMatchObject({ code: 'DAMAGED_RECORD' })
    expect(readdirSync(join(directory, 'coatcheck'))).toEqual([KEY])
  })

  it('prune the rest when one record is damaged', async () => {
    const store = another()
    await store.create(KEY, recordOf('torn'))
    await store.create('b'.repeat(64), recordOf('over'))
    writeFileSync(file(), '{')
    writeFileSync(join(directory, 'coatcheck', 'not a session'), 'mine')
    expect(await store.prune?.(START + 60_000, 10)).toBe(1)
    expect(readdirSync(join(directory, 'coatcheck')).sort()).toEqual([KEY, 'not a session'])
  })
})

describe('the unstorage store', () => {
  it('V3: says that a cache may drop live sessions, and of others what it is told', () => {
    const lru = (): UnstorageLike => lruCache1({ max: 5 })
    expect(unstorageStore(lru()).evicts).toBe(true)
    expect(unstorageStore(createStorage1({ driver: lruCache1({}) })).evicts).toBe(true)
    expect(unstorageStore(createStorage2({ driver: lruCache2({}) })).evicts).toBe(true)
    const mounted = createStorage1().mount('cache', lruCache1({}))
    expect(unstorageStore(mounted).evicts).toBe(false)
    expect(unstorageStore(mounted, { prefix: 'cache:sessions' }).evicts).toBe(true)
    expect(unstorageStore(lru(), { evicts: false }).evicts).toBe(false)
    expect(unstorageStore(memory1(), { evicts: true }).evicts).toBe(true)
    expect(unstorageStore(memory1()).evicts).toBe(false)
    expect(() => unstorageStore(memory1(), { evicts: 'yes' as unknown as boolean })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('evicts') }),
    )
  })
})

describe('sessions in unstorage', () => {
  it('B7: end by their own times, whether the backend removes records or not', async () => {
    let time = START
    const backend = createStorage1()
    const sessions = createSessions({
      store: unstorageStore(backend, { now: () => time }),
      idleTimeout: 60,
      absoluteTimeout: 600,
      now: () => time,
    })
    const { withSession } = await import('../../adapters/fetch.ts')
    const handler = withSession(sessions, async (request) => {
      const session = (await sessions.open(request)) as { update(key: string, change: (n?: number) => number): number }
      return new Response(String(session.update('visits', (n = 0) => n + 1)))
    })
    const first = await handler(new Request('https://shop.test/'))
    const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const visit = async () => (await handler(new Request('https://shop.test/', { headers: { cookie } }))).text()
    expect(await visit()).toBe('2')
    time += 90_000
    expect(await backend.getKeys()).toHaveLength(1)
    expect(await visit()).toBe('1')
    await sessions.prune()
    expect(await backend.getKeys()).toHaveLength(1) // the new one
  })

  it('B5: parallel requests of one process lose nothing', async () => {
    const sessions = createSessions<{ cart: string[] }>({ store: unstorageStore(createStorage2()) })
    const { withSession } = await import('../../adapters/fetch.ts')
    const handler = withSession(sessions, async (request) => {
      const item = new URL(request.url).searchParams.get('item')
      const session = await sessions.open(request)
      if (item) session.update('cart', (cart = []) => [...cart, item])
      return Response.json(session.get('cart') ?? [])
    })
    const first = await handler(new Request('https://shop.test/?item=first'))
    const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const ask = (query: string) => handler(new Request(`https://shop.test/${query}`, { headers: { cookie } }))
    await Promise.all(Array.from({ length: 16 }, (_, at) => ask(`?item=${at}`)))
    expect(await (await ask('')).json()).toHaveLength(17)
  })
})
