import { createCookieSessionStorage as createTheirs } from 'react-router'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SECRET } from '../../test/helpers/site.ts'
import { AppSession, CookieSessionStorage } from './hydrogen.ts'
import { createCookieSessionStorage } from './remix.ts'

// As the frameworks' own, their cookies are not Secure unless asked; in production that is said.

const said: string[] = []
beforeEach(() => {
  said.length = 0
  vi.spyOn(console, 'warn').mockImplementation((text) => void said.push(String(text)))
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

let names = 0
const secrets = [SECRET]
const make: Record<string, (name: string, more: { secure?: boolean }) => unknown> = {
  Remix: (name, more) => createCookieSessionStorage({ cookie: { name, secrets, ...more } }),
  Hydrogen: (name, more) => CookieSessionStorage(name, { secrets, ...more })().get(new Request('https://a.example/')),
  AppSession: (name, more) => AppSession.init(new Request('https://a.example/'), secrets, { name, ...more }),
}

test.each(Object.entries(make))(
  'S13: a cookie that is not Secure is told of once, in production alone: %s',
  async (_, storage) => {
    const told = () => said.filter((text) => /"c\d+" is sent over plain HTTP.*`secure`/.test(text)).length
    const name = `c${++names}`
    await storage(name, {})
    expect(told()).toBe(0)
    vi.stubEnv('NODE_ENV', 'production')
    for (const more of [{ secure: true }, { secure: false }]) await storage(`c${++names}`, more)
    expect(told()).toBe(0)
    for (let n = 0; n < 3; n++) await storage(`c${names + 1}`, {})
    expect(told()).toBe(1)
    names++
  },
)

test('S13: the line is the one of the real package', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  const cookie = { name: '__session', secrets }
  const lines = [createTheirs({ cookie }), createCookieSessionStorage({ cookie, format: 'upstream' })].map(async (storage) => {
    const session = await storage.getSession()
    session.set('a', 1)
    return storage.commitSession(session as never)
  })
  const [theirs, ours] = await Promise.all(lines)
  expect(ours).toBe(theirs)
  expect(ours).not.toContain('Secure')
})
