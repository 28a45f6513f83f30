import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { settled } from '../../test/helpers/gate.ts'
import { SessionError } from '../errors.ts'
import * as scripts from './redis/scripts.ts'
import { type RedisClient, type RedisStoreOptions, redisStore } from './redis.ts'

const idle: RedisClient = { evalsha: async () => null, eval: async () => null }

describe('redisStore', () => {
  it.each([undefined, null, {}, 'redis://127.0.0.1', { eval: async () => null }, { evalSha: async () => null }])(
    'takes no client that is none: %j',
    (client) => {
      expect(() => redisStore(client as unknown as RedisClient)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('`redis` or `ioredis`') }),
      )
    },
  )

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1'])('takes no number of replicas that is none: %j', (wait) => {
    expect(() => redisStore(idle, { wait } as RedisStoreOptions)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('`wait`') }),
    )
  })

  it.each(['', 'a:b', 'a b', 'A', 'a*', 'a\n', 'x'.repeat(129)])(
    'lets no other name than a digest near Redis: %j',
    async (name) => {
      const store = redisStore(idle)
      const record = { data: '', createdAt: 1, endsAt: 1, expiresAt: 1 }
      for (const call of [
        () => store.read(name),
        () => store.create(name, record),
        () => store.create('key', { ...record, owner: name }),
        () => store.update(name, record, 'v'),
        () => store.touch(name, 1, 'v'),
        () => store.delete(name, 'v'),
        () => store.listByOwner(name),
      ])
        await expect(call()).rejects.toMatchObject({ code: 'BAD_KEY' })
    },
  )

  it('passes on what the client reported, with what to do about it', async () => {
    const failing = (error: unknown): RedisClient => ({ evalsha: () => Promise.reject(error), eval: () => Promise.reject(error) })
    const failure = async (error: unknown): Promise<SessionError> => {
      const reason: unknown = await redisStore(failing(error))
        .read('key')
        .then(
          () => undefined,
          (caught: unknown) => caught,
        )
      if (reason instanceof SessionError) return reason
      throw new Error('It did not fail.')
    }
    const lost = new Error('connect ECONNREFUSED 127.0.0.1:6379')
    expect(await failure(lost)).toMatchObject({ code: 'STORE_FAILED', cause: lost })
    const known = ['OOM', 'READONLY', 'NOAUTH', 'WRONGPASS', 'NOPERM', 'CLUSTERDOWN', 'MISCONF', 'WRONGTYPE']
    const fixes = await Promise.all(known.map(async (code) => (await failure(new Error(`${code} it said`))).fix))
    expect(fixes).not.toContain((await failure(lost)).fix)
    expect(await failure('a text')).toMatchObject({ code: 'STORE_FAILED', cause: 'a text' })
  })
})

describe('whether a full Redis drops live sessions', () => {
  const answering = (policy: () => unknown): RedisClient => {
    const answer = async (script: string): Promise<unknown> =>
      script === scripts.POLICY.text || script === (await scripts.POLICY.sha()) ? policy() : 1
    return { evalsha: answer, eval: answer }
  }
  const known = async (policy: () => unknown): Promise<boolean | undefined> => {
    const store = redisStore(answering(policy), { onWarning: () => {} })
    expect(store.evicts).toBe(false)
    await store.create('key', { data: '', createdAt: 1, endsAt: 1, expiresAt: 1 })
    await settled()
    return store.evicts
  }

  it('V3: is declared once the first create has asked', async () => {
    expect(await known(() => 'allkeys-lru')).toBe(true)
    expect(await known(() => 'volatile-ttl')).toBe(true)
    expect(await known(() => 'noeviction')).toBe(false)
    expect(await known(() => Promise.reject(new Error('NOPERM')))).toBe(false)
  })
})

describe('the scripts', () => {
  const all = Object.entries(scripts)

  it.each(all)('%s is called by the SHA-1 of its text', async (_, { text, sha }) => {
    expect(await sha()).toBe(createHash('sha1').update(text).digest('hex'))
  })

  it.each(all)('%s touches no second key, so that it runs on a cluster', (_, { text }) => {
    expect(text).not.toMatch(/KEYS\[[^1]/)
  })
})
