import { Redis, type RedisConfigNodejs } from '@upstash/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis } from '../../../../scripts/engine-servers.ts'
import { freshName, startOrTake } from '../../test/helpers/engines.ts'
import { type StandIn, startUpstash, TOKEN } from '../../test/stand-ins/upstash.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type RedisStore, redisStore } from './redis.ts'
import type { SessionRecord } from './store.ts'

let upstash: StandIn
beforeAll(async () => {
  upstash = await startUpstash(await startOrTake('redis', startRedis))
})
afterAll(() => upstash.stop())

const clientOf = (config: Partial<RedisConfigNodejs> = {}): Redis => new Redis({ url: upstash.url, token: TOKEN, ...config })
const now = Date.now()
const record: SessionRecord = { data: 'secret-of-ada', createdAt: now, endsAt: now + 20_000, expiresAt: now + 10_000 }

/** Each makes other values of what the server answers, or sends it another way. */
const CONFIGS: Readonly<Record<string, Partial<RedisConfigNodejs>>> = {
  'as it comes': {},
  'that takes texts for texts': { automaticDeserialization: false },
  'that sends each command by itself': { enableAutoPipelining: false },
  'without base64': { responseEncoding: false },
}

describe('redisStore over @upstash/redis, as it comes', () => {
  storeSuite({
    it,
    open({ now: clock }) {
      const prefix = freshName()
      const opened = (by: () => number): RedisStore => redisStore(clientOf(), { prefix, now: by })
      return { store: opened(clock), reopen: (tools) => opened(tools.now) }
    },
    expect: ['touch', 'listByOwner', 'list'],
    records: 1000,
  })
})

describe.each(Object.entries(CONFIGS))('redisStore over @upstash/redis, a client %s', (_, config) => {
  it.each(['1', '{"a":1}', '[1,2]', 'null', 'true', '"x"', '1e400', '12345678901234567890', '\uFEFF1', ''])(
    'gives back %j as it was written',
    async (data) => {
      const store = redisStore(clientOf(config), { prefix: freshName() })
      const version = await store.create('a', { ...record, data })
      expect(await store.read('a')).toEqual({ record: { ...record, data }, version })
    },
  )
})

describe('redisStore over @upstash/redis', () => {
  it('asks once for each thing', async () => {
    const store = redisStore(clientOf({ enableAutoPipelining: false }), { prefix: freshName() })
    const version = (await store.create('a', record)) ?? ''
    await store.read('a')
    upstash.asked()
    await store.read('a')
    expect(upstash.asked()).toHaveLength(1)
    await store.delete('a', version)
  })

  it.each([
    ['that sends each command by itself', { enableAutoPipelining: false }],
    ['that sends several at once', {}],
  ])('fails with STORE_FAILED, and repeats no session: a client %s', async (_, config) => {
    const refusals = [
      [400, JSON.stringify({ error: 'OOM command not allowed' }), /Redis could not be used \(OOM\)/],
      [400, JSON.stringify([{ error: 'OOM command not allowed' }]), /Redis could not be used/],
      [200, JSON.stringify([{ error: 'WRONGTYPE of another' }]), /Redis could not be used/],
      [502, '<html>secret-of-ada</html>', /Redis could not be used/],
      [200, '"secret-of-ada', /Redis could not be used/],
    ] as const
    const store = redisStore(clientOf(config), { prefix: freshName() })
    for (const [status, body, message] of refusals) {
      upstash.next(status, body)
      const error: unknown = await store.create('a', record).then(
        () => undefined,
        (caught: unknown) => caught,
      )
      expect(error).toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(message) })
      expect(saidBy(error)).not.toContain('secret-of-ada')
    }
  })

  it('says of a wrong token what is wrong, and of an address where nobody is', async () => {
    const wrong = redisStore(clientOf({ token: 'wrong' }))
    await expect(wrong.read('a')).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('(WRONGPASS)') })
    const nobody = redisStore(new Redis({ url: 'http://127.0.0.1:9', token: TOKEN, retry: false }))
    await expect(nobody.read('a')).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  it('refuses to wait for replicas, which Upstash has no command for', () => {
    expect(() => redisStore(clientOf(), { wait: 1 })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('`wait`') }),
    )
  })
})

/** All that a log would show of it. */
function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return `${error.name} ${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause === undefined ? '' : saidBy(error.cause)}`
}
