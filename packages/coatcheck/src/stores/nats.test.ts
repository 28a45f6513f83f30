import { describe, expect, it } from 'vitest'
import { type NatsKvm, type NatsStoreOptions, natsStore } from './nats.ts'

const failing = (error: unknown): NatsKvm => ({
  open: () => Promise.reject(error),
  js: { jetstreamManager: () => Promise.reject(error) },
})
const idle = failing(new Error('This was not to be asked.'))

describe('natsStore', () => {
  it.each([undefined, null, {}, 'nats://127.0.0.1', { open: () => {} }, { js: {} }])(
    'takes no client that is none: %j',
    (kvm) => {
      expect(() => natsStore(kvm as unknown as NatsKvm)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('`Kvm`') }),
      )
    },
  )

  it.each([
    ...['', 'a.b', 'a b', 'a*', '>', 'a/b', 'ä', 'a\n', 'x'.repeat(101), 7].map((bucket) => ({ bucket })),
    ...[0, 6, 1.5, '3'].map((replicas) => ({ replicas })),
    ...[0, 119, 120.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e12, '3600'].map((maxAge) => ({ maxAge })),
  ])('takes no options that are none: %j', (options) => {
    expect(() => natsStore(idle, options as NatsStoreOptions)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })

  it.each(['', 'a.b', 'a b', 'A', '*', '>', 'a\n', 'x'.repeat(129)])(
    'lets no other name than a digest near NATS: %j',
    async (name) => {
      const store = natsStore(idle)
      const record = { data: '', createdAt: 1, endsAt: 1, expiresAt: 1 }
      for (const call of [
        () => store.read(name),
        () => store.create(name, record),
        () => store.create('key', { ...record, owner: name }),
        () => store.update(name, record, '1/1/1//'),
        () => store.delete(name, '1/1/1//'),
        () => store.listByOwner(name),
      ])
        await expect(call()).rejects.toMatchObject({ code: 'BAD_KEY' })
    },
  )

  it.each(['', '1', '0/1/1//', '-1/1/1//', 'x/1/1//', '1e400/1/1//', '7-made-up-version'])(
    'asks nobody about a version that is none: %j',
    async (version) => {
      const store = natsStore(idle)
      expect(await store.update('key', { data: '', createdAt: 1, endsAt: 1, expiresAt: 1 }, version)).toBeUndefined()
      expect(await store.delete('key', version)).toBe(false)
    },
  )

  it('opens the bucket again after that failed', async () => {
    let opened = 0
    const kvm: NatsKvm = {
      async open() {
        opened++
        if (opened === 1) throw new Error('not yet')
        return { get: async () => null, put: async () => 1, delete: async () => {} }
      },
      js: {
        async jetstreamManager() {
          const not = (): never => {
            throw new Error('This was not to be asked.')
          }
          return { streams: { info: not, add: not, update: not, purge: not, getMessage: not } }
        },
      },
    }
    const store = natsStore(kvm)
    await expect(store.read('key')).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(await store.read('key')).toBeUndefined()
    expect(await store.read('key')).toBeUndefined()
    expect(opened).toBe(2)
  })

  it('passes on what the client reported, with what to do about it', async () => {
    const fix = async (error: unknown): Promise<string> => {
      const reason: unknown = await natsStore(failing(error))
        .read('key')
        .catch((caught: unknown) => caught)
      expect(reason).toMatchObject({ code: 'STORE_FAILED', cause: error })
      return (reason as { fix: string }).fix
    }
    const plain = await fix(new Error('lost'))
    expect(await fix('a text')).toBe(plain)
    for (const code of [10059, 10039, 10077, 10047, 10023])
      expect(await fix(Object.assign(new Error(), { code }))).not.toBe(plain)
    for (const name of ['JetStreamNotEnabled', 'ClosedConnectionError', 'DrainingConnectionError'])
      expect(await fix(Object.assign(new Error(), { name }))).not.toBe(plain)
  })
})
