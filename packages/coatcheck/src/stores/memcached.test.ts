import { describe, expect, it } from 'vitest'
import { type MemcachedClient, type MemcachedStoreOptions, memcachedStore } from './memcached.ts'

const idle: MemcachedClient = { connection: () => Promise.reject(new Error('This was not to be asked.')) }
const record = { data: '', createdAt: 1, endsAt: 1, expiresAt: 1 }

describe('memcachedStore', () => {
  it('V3: says that it may drop live sessions', () => expect(memcachedStore(idle).evicts).toBe(true))

  it.each([undefined, null, {}, 'memcached://127.0.0.1'])('takes no client that is none: %j', (client) => {
    expect(() => memcachedStore(client as unknown as MemcachedClient)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('memcachedClient()') }),
    )
  })

  it.each([
    ...['', 'a b', 'a\r\nflush_all', 'a\0', 'ä', ':a', 'a:', 'a::b', 'x'.repeat(101), 7].map((prefix) => ({ prefix })),
    ...[0, -1, 1.5, Number.NaN, '1000'].map((maxBytes) => ({ maxBytes })),
  ])('takes no options that are none: %j', (options) => {
    expect(() => memcachedStore(idle, options as MemcachedStoreOptions)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })

  it.each(['', 'a:b', 'a b', 'A', 'a\r\nflush_all', 'x'.repeat(129)])(
    'lets no other name than a digest near memcached: %j',
    async (name) => {
      const store = memcachedStore(idle)
      for (const call of [
        () => store.read(name),
        () => store.create(name, record),
        () => store.create('key', { ...record, owner: name }),
        () => store.update(name, record, 'run.1/1/1//'),
        () => store.delete(name, 'run.1/1/1//'),
      ])
        await expect(call()).rejects.toMatchObject({ code: 'BAD_KEY' })
    },
  )

  it.each(['', '1', 'run/1/1//', 'run.x/1/1//', 'run.1', 'run.1 I/1/1//', '7-made-up-version'])(
    'asks nobody about a version that is none: %j',
    async (version) => {
      const store = memcachedStore(idle)
      expect(await store.update('key', record, version)).toBeUndefined()
      expect(await store.delete('key', version)).toBe(false)
    },
  )

  it.each(['ZZ', 'VA', 'HD'])('takes %s without a value for no absence', async (code) => {
    const odd: MemcachedClient = { connection: async () => ({ run: 'run', ask: async () => ({ code, flags: ['c1'] }) }) }
    await expect(memcachedStore(odd).read('key')).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })
})
