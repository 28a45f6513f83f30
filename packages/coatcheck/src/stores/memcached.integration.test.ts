import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startMemcached } from '../../../../scripts/engine-servers.ts'
import { records } from '../../test/helpers/depth.ts'
import { freshName, serving } from '../../test/helpers/engines.ts'
import { connectMemcached, TRIED } from '../../test/stores/memcached.ts'
import type { TriedEngine } from '../../test/stores/tried.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type MemcachedClient, memcachedClient, memcachedStore, type OwnMemcachedClient } from './memcached.ts'
import type { SessionRecord } from './store.ts'

describe.each(TRIED.map((tried) => [tried.name, tried] as const))('%s', (_, { start }) => {
  let engine: TriedEngine
  beforeAll(async () => {
    engine = await start()
  })
  afterAll(() => engine.stop())

  storeSuite({ it, records, open: (tools) => engine.open(tools) })
})

const record = (changes: Partial<SessionRecord> = {}): SessionRecord => {
  const now = Date.now()
  return { data: 'cart', createdAt: now, endsAt: now + 20_000, expiresAt: now + 10_000, ...changes }
}

describe('memcachedStore', () => {
  const url = serving('memcached', startMemcached)
  let client: OwnMemcachedClient
  beforeAll(() => {
    client = connectMemcached(url()).client
  })
  afterAll(() => client.close())

  /** Seconds that are left to a key; -1: for ever. */
  const left = async (place: string): Promise<number> => {
    const { flags } = await (await client.connection()).ask(`mg ${place} t`)
    return Number(flags.find((flag) => flag.startsWith('t'))?.slice(1))
  }

  it('never gives a version again, also after a restart, when memcached counts from the beginning', async () => {
    const own = await startMemcached()
    const over = connectMemcached(own.url)
    const store = memcachedStore(over.client)
    const count = (version: string): number => Number(version.split('/')[0]?.split('.').at(-1))
    const old = (await store.create('key', record({ data: 'old' }))) ?? ''
    await own.server.kill()
    await own.server.start()
    // Whoever comes first may find that the connection is gone.
    await store.read('key').catch(() => {})
    const version = (await store.create('key', record({ data: 'new' }))) ?? ''
    expect(count(version)).toBe(count(old))
    expect(version).not.toBe(old)
    expect(await store.update('key', record({ data: 'late' }), old)).toBeUndefined()
    expect(await store.delete('key', old)).toBe(false)
    expect((await store.read('key'))?.record.data).toBe('new')
    over.close()
    await own.stop()
  })

  it('knows a version of another process, and of the connection before', async () => {
    const [one, two] = [connectMemcached(url()), connectMemcached(url())]
    const prefix = freshName()
    const version = (await memcachedStore(one.client, { prefix }).create('key', record())) ?? ''
    one.close()
    expect(await memcachedStore(two.client, { prefix }).delete('key', version)).toBe(true)
    two.close()
  })

  it('leaves it to memcached to remove what is over, a minute after that', async () => {
    const prefix = freshName()
    const store = memcachedStore(client, { prefix })
    const near = (seconds: number, time: number): void => expect(Math.abs(seconds - time)).toBeLessThan(3)
    const now = Date.now()
    const version = (await store.create('key', record({ expiresAt: now + 10_000 }))) ?? ''
    near(await left(`${prefix}:key`), 70)
    await store.update('key', record({ expiresAt: now + 100_000 }), version)
    near(await left(`${prefix}:key`), 160)
    await store.create('over', record({ expiresAt: 1 }))
    near(await left(`${prefix}:over`), 60)
  })

  it('keeps what is to live longer than 30 days, which memcached takes for a date', async () => {
    const prefix = freshName()
    const store = memcachedStore(client, { prefix })
    const days = 86_400_000
    for (const [key, time, kept] of [
      ['month', 30 * days, 31 * 86_400],
      ['year', 365 * days, 366 * 86_400],
    ] as const) {
      await store.create(key, record({ endsAt: Date.now() + time, expiresAt: Date.now() + time }))
      expect(await store.read(key)).toBeDefined()
      expect(Math.abs((await left(`${prefix}:${key}`)) - kept)).toBeLessThan(3)
    }
    await store.create('ever', record({ expiresAt: Date.UTC(2100, 1) }))
    expect(await store.read('ever')).toBeDefined()
    expect(await left(`${prefix}:ever`)).toBe(-1)
  })

  it.each([3_600_000, -3_600_000])('counts by the application’s clock, however far it is off: %d', async (off) => {
    const now = Date.now() + off
    const store = memcachedStore(client, { prefix: freshName(), now: () => now })
    for (const time of [1, 31 * 86_400_000]) {
      await store.create(`${time}`, record({ expiresAt: now + time }))
      expect(await store.read(`${time}`)).toBeDefined()
    }
  })

  it('loses a session that is larger than the server takes, which `maxBytes` is there to prevent', async () => {
    const store = memcachedStore(client, { prefix: freshName().padEnd(100, 'p') })
    const key = 'k'.repeat(128)
    const owner = 'o'.repeat(128)
    const version = (await store.create(key, record({ owner, data: 'x'.repeat(store.maxBytes) }))) ?? ''
    expect((await store.read(key))?.version).toBe(version)
    await expect(store.update(key, record({ data: 'x'.repeat(store.maxBytes + 1_024) }), version)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      fix: expect.stringContaining('maxBytes'),
    })
    expect(await store.read(key)).toBeUndefined()
    expect(await store.create(key, record())).toBeDefined()
  })

  it('says what is not its own', async () => {
    const prefix = freshName()
    await (await client.connection()).ask(`ms ${prefix}:key 4`, Buffer.from('else'))
    await expect(memcachedStore(client, { prefix }).read('key')).rejects.toMatchObject({ code: 'DAMAGED_RECORD' })
  })

  it('keeps the answers of many calls apart, also of large ones', async () => {
    const store = memcachedStore(client, { prefix: freshName() })
    const texts = Array.from({ length: 200 }, (_, n) => `${n} `.repeat(n * 20))
    await Promise.all(texts.map((data, n) => store.create(`key-${n}`, record({ data }))))
    const found = await Promise.all(texts.map((_, n) => store.read(`key-${n}`)))
    expect(found.map((each) => each?.record.data)).toEqual(texts)
  })
})

describe('memcachedClient', () => {
  /** What answers as it is told, instead of memcached. */
  async function answering(answer: (heard: string, socket: Socket) => void, timeout = 2_000) {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('data', (chunk) => answer(String(chunk), socket))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const client = memcachedClient({ port: typeof address === 'object' && address ? address.port : 0, timeout })
    onTestFinished(() => {
      client.close()
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return { client, sockets }
  }

  /** Its first words, then `line` to everything. */
  const saying = (line: string) => (heard: string, socket: Socket) =>
    socket.write(heard.includes('coatcheck::run') ? 'HD\r\nVA 12\r\nabcdefghijkl\r\n' : line)

  it.each([
    ['ERROR\r\n', /answered "ERROR"/],
    ['SERVER_ERROR out of memory storing object\r\n', /out of memory/],
    [`${'x'.repeat(3_000)}`, /another protocol/],
    ['HTTP/1.1 400 Bad Request\r\n', /answered "HTTP/],
    ['ZZ\r\n', /answered "ZZ"/],
    ['HD\r\n', /gave no version/],
  ])('fails loudly on %j', async (line, words) => {
    const { client } = await answering(saying(line))
    await expect(memcachedStore(client).create('key', record())).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(words),
    })
  })

  it('connects again after it was answered what nobody asked', async () => {
    const { client, sockets } = await answering(saying('EN\r\nEN\r\n'))
    const first = await client.connection()
    expect(await first.ask('mg key v')).toMatchObject({ code: 'EN' })
    await expect(first.ask('mg key v')).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(await client.connection()).not.toBe(first)
    expect(sockets.size).toBe(2)
  })

  it('gives up a server that is silent, and fails all that waits', async () => {
    const { client } = await answering(saying(''), 50)
    const store = memcachedStore(client)
    const waiting = await Promise.allSettled([store.read('one'), store.read('two'), store.create('three', record())])
    for (const each of waiting) expect(each).toMatchObject({ reason: { message: expect.stringContaining('did not answer') } })
  })

  it('waits for no more than it can bear', async () => {
    const { client } = await answering(saying(''), 500)
    const connection = await client.connection()
    const asked = Array.from({ length: 10_001 }, () => connection.ask('mg key v'))
    await expect(asked.at(-1)).rejects.toMatchObject({ message: expect.stringContaining('too much to do') })
    await Promise.allSettled(asked)
  })

  it('is over when it is closed', async () => {
    const { client } = await answering(saying(''))
    const connection = await client.connection()
    const waiting = connection.ask('mg key v')
    client.close()
    await expect(waiting).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('closed') })
    await expect(client.connection()).rejects.toMatchObject({ message: expect.stringContaining('closed') })
  })

  it.each([{ host: '' }, { host: 7 }, { port: 0 }, { port: 70_000 }, { port: '11211' }, { timeout: 0 }, { timeout: Number.NaN }])(
    'takes no options that are none: %j',
    (options) => {
      expect(() => memcachedClient(options as object)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    },
  )

  it('passes on what another client reported', async () => {
    const lost = new Error('lost')
    const other: MemcachedClient = { connection: () => Promise.reject(lost) }
    await expect(memcachedStore(other).read('key')).rejects.toMatchObject({ code: 'STORE_FAILED', cause: lost })
  })
})
