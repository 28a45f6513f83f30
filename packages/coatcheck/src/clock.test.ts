import { afterEach, describe, expect, test, vi } from 'vitest'
import { SECRET } from '../test/helpers/site.ts'
import { astroDriver } from './adapters/astro/driver.ts'
import { Cookie } from './adapters/hydrogen.ts'
import { createCookieSessionStorage, createWorkersKVSessionStorage } from './adapters/remix.ts'
import { clockOf } from './clock.ts'
import { adapterOf, sessionsOf } from './core/sessions.ts'
import { memoryStore } from './stores/memory.ts'
import { unstorageStore } from './stores/wrapping/unstorage.ts'

afterEach(() => void vi.useRealTimers())

const NOW = 4_000_000_000_000
const presenting = (ticket?: string) => ({ get: (name: string) => (name === 'cookie' && ticket ? `sid=${ticket}` : null) })

describe('S14 and F32: whatever a clock gives, sessions have whole milliseconds', () => {
  test.each<[string, object]>([
    ['sealed', {}],
    ['stored', { store: memoryStore() }],
    ['stored and sealed', { store: memoryStore(), encryptRecords: true }],
  ])('performance.timeOrigin + performance.now(): %s', async (_, more) => {
    const now = () => performance.timeOrigin + performance.now() + 0.25
    const refused: string[] = []
    const adapter = adapterOf(
      sessionsOf({
        secrets: SECRET,
        cookie: { name: 'sid' },
        now,
        onEvent: (event) => void (event.type === 'refused' && refused.push(event.reason)),
        ...more,
      }),
    )
    const first = adapter.detached(presenting())
    ;(await first.open()).set('a', 1, { ttl: 60 })
    await first.commit({ maxAge: 90.5 })
    const second = adapter.detached(presenting(first.ticket))
    expect((await second.open()).get('a')).toBe(1)
    expect([(await second.open()).expiresAt, (await second.open()).createdAt].every(Number.isSafeInteger)).toBe(true)
    expect(refused).toEqual([])
  })

  test.each<[string, unknown, string]>([
    ['NaN', Number.NaN, 'the number NaN'],
    ['Infinity', Number.POSITIVE_INFINITY, 'the number Infinity'],
    ['a time before 1970', -1, 'the number -1'],
    ['a text', '2026', 'a value of type string'],
    ['a Date', new Date(NOW), 'a value of type object'],
    ['nothing', undefined, 'a value of type undefined'],
  ])('what is no time is an error that says so: %s', async (_, time, what) => {
    const refused = expect.objectContaining({
      code: 'BAD_OPTIONS',
      message: expect.stringMatching(new RegExp(`\`now\` names gave ${what}.*Date.now`)),
    })
    expect(clockOf(() => time as number)).toThrow(refused)
    const adapter = adapterOf(sessionsOf({ secrets: SECRET, now: () => time as number }))
    const requestSession = adapter.detached(presenting())
    const used = async () => {
      ;(await requestSession.open()).set('a', 1)
      await requestSession.commit()
    }
    await expect(used()).rejects.toEqual(refused)
  })
})

describe('D8: the time is asked for at each use, so that fake timers count that come later', () => {
  const later = () => vi.useFakeTimers({ now: NOW, toFake: ['Date'] })

  test('sessions', async () => {
    const adapter = adapterOf(sessionsOf({ secrets: SECRET }))
    later()
    const requestSession = adapter.detached(presenting())
    const session = await requestSession.open()
    session.set('a', 1)
    await requestSession.commit()
    expect(session.createdAt).toBe(NOW)
  })

  test('Remix: storages and cookies', async () => {
    const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET], maxAge: 60 } })
    later()
    const session = await storage.getSession()
    session.set('a', 1)
    const [header] = (await storage.commitSession(session)).split(';')
    vi.setSystemTime(NOW + 59_999)
    expect((await storage.getSession(header)).data).toEqual({ a: 1 })
    vi.setSystemTime(NOW + 60_000)
    expect((await storage.getSession(header)).data).toEqual({})
  })

  test('Remix: what a KV is told', async () => {
    const puts: unknown[] = []
    const kv = {
      get: async () => null,
      put: async (_: string, __: string, how?: object) => void puts.push(how),
      delete: async () => {},
    }
    const storage = createWorkersKVSessionStorage({ kv, cookie: { secrets: [SECRET], maxAge: 3600 } })
    later()
    const session = await storage.getSession()
    session.set('a', 1)
    await storage.commitSession(session)
    expect(puts).toEqual([{ expiration: NOW / 1000 + 3600 }])
  })

  test('Hydrogen’s Cookie', () => {
    const cookie = new Cookie('c', { secrets: [SECRET], maxAge: 60 })
    later()
    expect(cookie.expires).toBe(NOW + 60_000)
  })

  test('Astro’s driver, and a store', async () => {
    const told: number[] = []
    const backend = {
      getItem: async () => null,
      setItem: async (_: string, __: string, { ttl }: { ttl: number }) => void told.push(ttl),
      removeItem: async () => {},
    }
    const store = unstorageStore(backend as never)
    const driver = astroDriver({ store, idleTimeout: 60 })
    later()
    await driver.setItem('id', 'text')
    expect(told).toEqual([60 + 60])
  })
})
