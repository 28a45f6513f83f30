import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { records } from '../../test/helpers/depth.ts'
import { freshName } from '../../test/helpers/engines.ts'
import { outlives } from '../../test/helpers/faults.ts'
import { startWorkerd, type Workerd } from '../../test/helpers/workerd.ts'
import { TRIED } from '../../test/stores/cloudflare-kv.ts'
import type { TriedEngine } from '../../test/stores/tried.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { cloudflareKvStore, type KvClient } from './cloudflare-kv.ts'
import type { SessionRecord } from './store.ts'

describe.each(TRIED.map((one) => [one.name, one] as const))('%s in workerd', (_, { start, asked }) => {
  let engine: TriedEngine
  beforeAll(async () => {
    engine = await start()
  })
  afterAll(() => engine.stop())

  // On one machine nothing is stale, so there is nothing to wait for.
  storeSuite({ it, records, open: (tools) => engine.open(tools), expect: ['list'], consistency: 'eventual', ...asked })
})

describe('cloudflareKvStore', () => {
  let workerd: Workerd
  let binding: KvClient
  let expiration: (prefix: string) => Promise<readonly (number | undefined)[]>
  beforeAll(async () => {
    workerd = await startWorkerd()
    binding = (await workerd.runtime.getKVNamespace('KV')) as unknown as KvClient
    expiration = async (prefix) => (await binding.list({ prefix })).keys.map((key) => (key as { expiration?: number }).expiration)
  })
  afterAll(() => workerd.stop())

  let prefix: string
  beforeEach(() => {
    prefix = freshName()
  })
  const now = Date.now()
  const record: SessionRecord = { data: 'cart', owner: 'ada', createdAt: now, endsAt: now + 120_000, expiresAt: now + 90_000 }

  it('lets KV remove a session a minute after its end', async () => {
    const store = cloudflareKvStore(binding, { prefix, now: () => now })
    const version = (await store.create('key', record)) ?? ''
    const [session = 0] = await expiration(`${prefix}:s:`)
    expect(session).toBeGreaterThanOrEqual(Math.floor(now / 1000) + 150)
    // It takes no shorter time than a minute.
    await store.update('key', { ...record, expiresAt: now - 1 }, version)
    const [over = 0] = await expiration(`${prefix}:s:`)
    expect(session - over).toBeGreaterThanOrEqual(89)
  })

  it('keeps the stores of two prefixes apart, also where one begins with the other', async () => {
    const one = cloudflareKvStore(binding, { prefix })
    const other = cloudflareKvStore(binding, { prefix: `${prefix}:s` })
    await one.create('key', record)
    await other.create('other', { ...record, data: 'other' })
    expect(await one.read('other')).toBeUndefined()
    expect((await one.list(undefined, 10)).keys).toEqual(['key'])
  })

  it('offers no list of an owner’s sessions, which could miss one that lives', () => {
    expect(cloudflareKvStore(binding, { prefix })).not.toHaveProperty('listByOwner')
  })

  it('tells of what it finds under its keys and did not write', async () => {
    const store = cloudflareKvStore(binding, { prefix })
    await binding.put(`${prefix}:s:key`, 'somebody else’s', { expirationTtl: 60 })
    for (const work of [
      store.read('key'),
      store.create('key', record),
      store.update('key', record, 'v'),
      store.delete('key', 'v'),
    ])
      await expect(work).rejects.toMatchObject({ code: 'DAMAGED_RECORD' })
  })

  it('refuses what is no binding, and prefixes that would not fit', () => {
    for (const client of [undefined, {}, { getWithMetadata() {} }])
      expect(() => cloudflareKvStore(client as unknown as KvClient)).toThrow(/env\.SESSIONS/)
    for (const wrong of ['', ':', 'a:', ':a', 'a::b', 'a b', 'a*', 'a/b', '{a}', 'ä', 'a\0', 'a'.repeat(101)])
      expect(() => cloudflareKvStore(binding, { prefix: wrong })).toThrow(/prefix/)
  })

  it('fault: Workers KV | it takes no writes: too many of one key | STORE_FAILED (429) | all that was acknowledged is there', async () => {
    let isStruck = false
    const put: KvClient['put'] = (...given) =>
      isStruck ? Promise.reject(new Error('KV PUT failed: 429 Too Many Requests')) : binding.put(...given)
    const client: KvClient = {
      getWithMetadata: (...given) => binding.getWithMetadata(...given),
      put,
      delete: (key) => binding.delete(key),
      list: (options) => binding.list(options),
    }
    await outlives(cloudflareKvStore(client, { prefix }), {
      strike() {
        isStruck = true
      },
      heal() {
        isStruck = false
      },
      says: /\(429\).*one write a second/,
    })
  })
})
