import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Kept } from '../../test/children/worker-stores.ts'
import { records } from '../../test/helpers/depth.ts'
import { freshName } from '../../test/helpers/engines.ts'
import { losesNothing, outlives } from '../../test/helpers/faults.ts'
import { startWorkerd, storeIn, type Workerd } from '../../test/helpers/workerd.ts'
import { TRIED } from '../../test/stores/durable-object.ts'
import type { TriedEngine } from '../../test/stores/tried.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { durableObjectStore, type ObjectNamespace } from './durable-object.ts'
import type { SessionRecord, Store } from './store.ts'

describe.each(TRIED.map((one) => [one.name, one] as const))('%s in workerd', (_, { start, asked }) => {
  let engine: TriedEngine
  beforeAll(async () => {
    engine = await start()
  })
  afterAll(() => engine.stop())
  storeSuite({ it, records, open: (tools) => engine.open(tools), expect: ['touch', 'listByOwner'], ...asked })
})

const MINUTE = 60_000

describe('durableObjectStore', () => {
  let workerd: Workerd
  let store: Store
  beforeAll(async () => {
    workerd = await startWorkerd()
    store = await storeIn(workerd, { store: 'objects', place: '' }, Date.now)
  })
  afterAll(() => workerd.stop())

  let owner: string
  let key: string
  let record: SessionRecord
  beforeEach(() => {
    const now = Date.now()
    ;[owner, key] = [freshName(), freshName()]
    record = { data: 'cart', owner, createdAt: now, endsAt: now + 20 * MINUTE, expiresAt: now + 10 * MINUTE }
  })

  /** What the object keeps when its alarm has rung that much later. */
  async function later(object: string, milliseconds: number): Promise<Kept> {
    const body = JSON.stringify({ object, milliseconds })
    return (await (await fetch(new URL('/later', await workerd.url()), { method: 'POST', body })).json()) as Kept
  }

  it('has nothing left in its objects once a session is over, a minute later', async () => {
    await store.create(key, record)
    const { alarm, names } = await later(`s:${key}`, 10 * MINUTE)
    expect(names).toEqual(['record'])
    expect(alarm).toBeGreaterThanOrEqual(record.expiresAt + MINUTE)
    expect(await store.read(key)).toBeDefined()
    expect(await later(`s:${key}`, 11 * MINUTE + 1000)).toEqual({ alarm: null, names: [] })
    expect(await store.read(key)).toBeUndefined()
    // What is in the list of an owner stays until the session could not have lived any longer.
    expect((await later(`o:${owner}`, 20 * MINUTE)).names).toHaveLength(1)
    expect(await later(`o:${owner}`, 21 * MINUTE + 1000)).toEqual({ alarm: null, names: [] })
    expect(await store.listByOwner?.(owner)).toEqual([])
  })

  it('lets a session that was used live on, and one that was shortened go sooner', async () => {
    const version = (await store.create(key, record)) ?? ''
    await store.touch?.(key, record.expiresAt + 5 * MINUTE, version)
    const { alarm, names } = await later(`s:${key}`, 11 * MINUTE + 1000)
    expect(names).toEqual(['record'])
    expect(alarm).toBeGreaterThanOrEqual(record.expiresAt + 6 * MINUTE)
    await store.update(key, { ...record, expiresAt: record.createdAt + MINUTE }, version)
    expect(await later(`s:${key}`, 2 * MINUTE + 1000)).toEqual({ alarm: null, names: [] })
  })

  it('keeps the others in the list of an owner when one has ended', async () => {
    const other = freshName()
    const version = (await store.create(key, record)) ?? ''
    await store.create(other, { ...record, endsAt: record.endsAt + 10 * MINUTE })
    expect((await later(`o:${owner}`, 21 * MINUTE + 1000)).names).toEqual([expect.stringContaining(other)])
    expect(await store.delete(key, version)).toBe(true)
    expect(await store.listByOwner?.(owner)).toEqual([other])
  })

  it('leaves nothing behind of a session that was ended', async () => {
    const version = (await store.create(key, record)) ?? ''
    await store.delete(key, version)
    for (const object of [`s:${key}`, `o:${owner}`]) expect(await later(object, 0)).toEqual({ alarm: null, names: [] })
  })

  it('says so when its class was declared without SQLite', async () => {
    const old = await storeIn(workerd, { store: 'old', place: '' }, Date.now)
    await expect(old.read(key)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      fix: expect.stringContaining('new_sqlite_classes'),
    })
  })

  it('refuses what is no namespace', () => {
    for (const namespace of [undefined, {}, { get: () => {} }])
      expect(() => durableObjectStore(namespace as unknown as ObjectNamespace)).toThrow(/env\.SESSIONS/)
  })

  it('fault: durable objects | they throw | STORE_FAILED with what they threw | all that was acknowledged is there', async () => {
    const sound = (await workerd.runtime.getDurableObjectNamespace('SESSIONS')) as unknown as ObjectNamespace
    const broken = (await workerd.runtime.getDurableObjectNamespace('FAULTY')) as unknown as ObjectNamespace
    let isStruck = false
    const namespace: ObjectNamespace = {
      idFromName: (name) => ({ name }),
      get(id) {
        const { name } = id as { name: string }
        const there = isStruck ? broken : sound
        return there.get(there.idFromName(name))
      },
    }
    await outlives(durableObjectStore(namespace), {
      strike() {
        isStruck = true
      },
      heal() {
        isStruck = false
      },
      says: /A durable object could not be used.*this object is broken/s,
    })
  })

  it('fault: durable objects | the runtime ends under load and is started again | STORE_FAILED | all that was acknowledged is there, nothing twice', async () => {
    await losesNothing(store, { strike: () => workerd.restart(), heal() {} })
  })
})
