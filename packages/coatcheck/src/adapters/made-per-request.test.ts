import { afterEach, describe, expect, test, vi } from 'vitest'
import { SECRET } from '../../test/helpers/site.ts'
import { memoryStore } from '../stores/memory.ts'
import { AppSession, Cookie, CookieSessionStorage, SessionStorage, type SessionStorageFactory } from './hydrogen.ts'
import { createCookieSessionStorage } from './react-router.ts'

// Hydrogen evaluates its configuration for each request, and its template makes a storage for each.

const pairOf = (line: string): string => line.split(';')[0] ?? ''
const asks = (cookie?: string): Request => new Request('https://shop.test/', { headers: cookie ? { cookie } : {} })

/** One request: what its visitor had, and has then. */
type Answer = (cookie?: string) => Promise<string>

const store = memoryStore()
const options = (secret: string) => ({
  secrets: [secret],
  secure: true,
  path: '/',
  maxAge: 3600,
  expires: new Date(Date.now() + 1),
})
const ofHydrogen =
  (make: () => SessionStorageFactory): Answer =>
  async (cookie) => {
    const [adapter, request] = [make()({}), asks(cookie)]
    const values = await adapter.get(request)
    values.n = (values.n ?? 0) + 1
    return pairOf(await adapter.set(request, values))
  }

/** Each with a secret of its own: makes a storage, and answers with it. */
const kinds: Record<string, (secret: string) => () => Answer> = {
  'CookieSessionStorage of Hydrogen 1': (secret) => () => {
    const storage = CookieSessionStorage('__session', options(secret))
    return ofHydrogen(() => storage)
  },
  'SessionStorage of Hydrogen 1': (secret) => () => {
    const storage = SessionStorage('__session', { ...options(secret), store })
    return ofHydrogen(() => storage)
  },
  'Cookie of Hydrogen 1': (secret) => () => {
    const cookie = new Cookie('__session', options(secret))
    return async (header = '') => {
      cookie.set('n', (cookie.parse(header).n ?? 0) + 1)
      return pairOf(cookie.serialize())
    }
  },
  'AppSession of Hydrogen 2026': (secret) => () => async (cookie) => {
    const session = await AppSession.init(asks(cookie), [secret], { secure: true })
    session.set('n', (session.get('n') ?? 0) + 1)
    return pairOf(await session.commit())
  },
  'createCookieSessionStorage of React Router': (secret) => () => {
    const storage = createCookieSessionStorage({ cookie: { name: 'session', secure: true, secrets: [secret] } })
    return async (cookie) => {
      const session = await storage.getSession(cookie)
      session.set('n', (session.get('n') ?? 0) + 1)
      return pairOf(await storage.commitSession(session))
    }
  },
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe.each(Object.entries(kinds))('%s', (_, of) => {
  test('D11: made for each of twenty requests it derives no more keys than made once', async () => {
    const crypto = process.getBuiltinModule('node:crypto')
    const work = (['hkdfSync', 'createSecretKey', 'createCipheriv', 'pbkdf2Sync'] as const).map((name) => vi.spyOn(crypto, name))
    /** The calls that twenty requests of one visitor make, by name, but for the seals of each. */
    const counted = async (make: () => Answer, isOnce: boolean): Promise<number[]> => {
      for (const each of work) each.mockClear()
      const first = make()
      let cookie: string | undefined
      for (let request = 0; request < 20; request++) cookie = (await (isOnce ? first : make())(cookie)) || cookie
      return work.map(({ mock }) => mock.calls.filter(([algorithm]: readonly unknown[]) => algorithm !== 'aes-256-gcm').length)
    }
    await of(`${SECRET} before ${_}`)()() // the platform is tried once
    const once = await counted(of(`${SECRET} once ${_}`), true)
    const each = await counted(of(`${SECRET} each ${_}`), false)
    expect(once[0], 'keys are derived at all').toBeGreaterThan(0)
    expect(each).toEqual(once)
  })
})
