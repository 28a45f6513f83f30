import { StorageType } from '@nats-io/jetstream'
import type { Kvm } from '@nats-io/kv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNats } from '../../../../scripts/engine-servers.ts'
import { records } from '../../test/helpers/depth.ts'
import { freshName, serving } from '../../test/helpers/engines.ts'
import { connectNats, TRIED } from '../../test/stores/nats.ts'
import type { TriedEngine } from '../../test/stores/tried.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { natsStore } from './nats.ts'
import type { SessionRecord } from './store.ts'

describe.each(TRIED.map((tried) => [tried.name, tried] as const))('%s', (_, { start }) => {
  let engine: TriedEngine
  beforeAll(async () => {
    engine = await start()
  })
  afterAll(() => engine.stop())

  storeSuite({ it, records, open: (tools) => engine.open(tools), expect: ['listByOwner', 'prune', 'watch', 'migrate'] })
})

const record = (changes: Partial<SessionRecord> = {}): SessionRecord => {
  const now = Date.now()
  return { data: 'cart', createdAt: now, endsAt: now + 20_000, expiresAt: now + 10_000, ...changes }
}

describe('natsStore', () => {
  const url = serving('nats', startNats)
  let client: Kvm
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ client, close } = await connectNats(url()))
  })
  afterAll(() => close())

  const manager = () => client.js.jetstreamManager(false)
  const messages = async (bucket: string): Promise<number> =>
    (await (await manager()).streams.info(`KV_${bucket}`)).state.messages

  async function made(warnings: string[] = []) {
    const bucket = freshName()
    const store = natsStore(client, { bucket, onWarning: (warning) => warnings.push(warning) })
    await store.migrate()
    return { bucket, store }
  }

  it('makes a bucket without a limit, on the disk, that keeps one revision and is read at its leader', async () => {
    const bucket = freshName()
    await natsStore(client, { bucket, maxAge: 3_600 }).migrate()
    const { config } = await (await manager()).streams.info(`KV_${bucket}`)
    expect(config).toMatchObject({
      subjects: [`$KV.${bucket}.>`],
      max_msgs_per_subject: 1,
      storage: 'file',
      max_bytes: -1,
      max_msgs: -1,
      allow_direct: false,
      num_replicas: 1,
      max_age: 3_600_000_000_000,
    })
  })

  it('asks the leader also where a bucket, as others make it, lets replicas answer', async () => {
    const bucket = freshName()
    await client.create(bucket)
    const store = natsStore(client, { bucket })
    await store.migrate()
    const asked: string[] = []
    const sub = client.js.nc.subscribe('$JS.API.DIRECT.GET.>', { callback: (_, { subject }) => void asked.push(subject) })
    const version = await store.create('key', record({ owner: 'ada' }))
    expect((await store.read('key'))?.version).toBe(version)
    expect(await store.listByOwner('ada')).toEqual(['key'])
    // The subscription does hear what is asked directly.
    const direct = await client.open(bucket, { allow_direct: true })
    await direct.get('s.key')
    await client.js.nc.flush()
    expect(asked).toHaveLength(1)
    sub.unsubscribe()
  })

  it('may be migrated by several at the same time, while somebody signs in', async () => {
    const bucket = freshName()
    const stores = Array.from({ length: 8 }, () => natsStore(client, { bucket }))
    await Promise.all(
      stores.map(async (store, nth) => {
        await store.migrate()
        expect(await store.create(`key-${nth}`, record())).toBeDefined()
      }),
    )
    for (const nth of stores.keys()) expect(await stores[0]?.read(`key-${nth}`)).toBeDefined()
  })

  it('goes on with a migration that somebody began and did not end', async () => {
    const { streams } = await manager()
    const bucket = freshName()
    const begun = { name: `KV_${bucket}`, subjects: [`$KV.${bucket}.new`], max_msgs_per_subject: 1 }
    await streams.add(begun)
    const store = natsStore(client, { bucket })
    await expect(store.create('key', record())).rejects.toMatchObject({ fix: expect.stringContaining('store.migrate()') })
    await store.migrate()
    expect(await store.create('key', record())).toBeDefined()
  })

  it('never gives a version again, also after the bucket was lost and made anew', async () => {
    const { bucket, store } = await made()
    const old = (await store.create('key', record({ owner: 'ada' }))) ?? ''
    await (await manager()).streams.delete(`KV_${bucket}`)
    await store.migrate()
    const version = (await store.create('key', record({ owner: 'bob', data: 'new' }))) ?? ''
    expect(Number.parseInt(version, 10)).toBeGreaterThan(Number.parseInt(old, 10))
    expect(await store.update('key', record(), old)).toBeUndefined()
    expect(await store.delete('key', old)).toBe(false)
    expect((await store.read('key'))?.record).toMatchObject({ owner: 'bob', data: 'new' })
  })

  it.each([
    ['may drop live sessions', { max_bytes: 1_000_000 }],
    ['may drop live sessions', { max_msgs: 1_000 }],
    ['is gone when the server restarts', { storage: StorageType.Memory }],
    ['drops what is 180 seconds old', { max_age: 180_000_000_000 }],
  ])('warns of a bucket that %s', async (what, config) => {
    const bucket = freshName()
    const { streams } = await manager()
    await streams.add({ name: `KV_${bucket}`, subjects: [`$KV.${bucket}.>`], ...config })
    const warnings: string[] = []
    await natsStore(client, { bucket, maxAge: 3_600, onWarning: (warning) => warnings.push(warning) }).migrate()
    expect(warnings).toEqual([expect.stringContaining(what)])
  })

  it('leaves nothing behind: prune removes what deletes and crashes left', async () => {
    const { bucket, store } = await made()
    const now = Date.now()
    const versions = await Promise.all([1, 2, 3].map((n) => store.create(`gone-${n}`, record({ owner: 'ada' }))))
    for (const [nth, version] of versions.entries()) await store.delete(`gone-${nth + 1}`, version ?? '')
    // What somebody leaves who dies between the entry and the record.
    await (await client.open(bucket)).put('o.ada.never.entry', `${now + 1_000}`)
    await store.create('live', record({ owner: 'ada' }))
    expect(await store.prune(now, 100)).toBe(0)
    expect(await messages(bucket)).toBe(3)
    expect((await store.listByOwner('ada')).toSorted()).toEqual(['live', 'never'])
    expect(await store.prune(now + 1_000, 100)).toBe(0)
    expect(await store.listByOwner('ada')).toEqual(['live'])
    expect(await store.prune(now + 60_000, 100)).toBe(1)
    expect(await messages(bucket)).toBe(0)
  })

  it('creates over what a delete left, while prune removes that', async () => {
    const { store } = await made()
    for (let round = 0; round < 50; round++) {
      const version = (await store.create('key', record())) ?? ''
      expect(await store.delete('key', version)).toBe(true)
      const [created] = await Promise.all([store.create('key', record()), store.prune(Date.now(), 100)])
      expect(await store.delete('key', created ?? '')).toBe(true)
    }
  })

  it('goes on in the next prune where it stopped, and begins again at the end', async () => {
    const { store } = await made()
    const now = Date.now()
    for (let n = 0; n < 6; n++) await store.create(`key-${n}`, record({ expiresAt: n % 2 ? now + 5_000 : now }))
    expect(await store.prune(now, 2)).toBe(2)
    expect(await store.prune(now, 2)).toBe(1)
    expect(await store.prune(now + 5_000, 10)).toBe(3)
  })

  it('says what to do when there is no bucket, or no room in it', async () => {
    const missing = natsStore(client, { bucket: freshName() })
    for (const call of [
      () => missing.read('key'),
      () => missing.create('key', record()),
      () => missing.update('key', record(), '5/1/1//'),
      () => missing.delete('key', '5/1/1//'),
      () => missing.listByOwner('ada'),
      () => missing.prune(1, 1),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'STORE_FAILED', fix: expect.stringContaining('store.migrate()') })
  })

  it('says what is not its own', async () => {
    const { bucket, store } = await made()
    await (await client.open(bucket)).put('s.key', 'somebody else’s')
    await expect(store.read('key')).rejects.toMatchObject({ code: 'DAMAGED_RECORD' })
    expect(await store.prune(Number.MAX_SAFE_INTEGER, 10)).toBe(0)
  })

  it('keeps as much in a session as its server takes in a message', async () => {
    expect(natsStore(client).maxBytes).toBe(1_048_576 - 1_024)
    const small = await startNats(['max_payload: 9000'])
    const over = await connectNats(small.url)
    const store = natsStore(over.client)
    expect(store.maxBytes).toBe(9_000 - 1_024)
    await store.migrate()
    const names = { owner: 'o'.repeat(128), data: 'x'.repeat(9_000 - 1_024) }
    expect(await store.create('k'.repeat(128), record(names))).toBeDefined()
    await over.close()
    await small.stop()
  })
})
