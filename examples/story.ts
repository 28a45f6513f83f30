import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADA, Guest } from './guest.ts'
import { type App, type AppName, type Environment, open, temporaryFolder } from './harness.ts'

/** What all apps play: visits, a cart, a language, a sign-in with a flash message, a sign-out. */
export interface Story {
  readonly name: AppName
  /** The cookie that holds the session's ticket. */
  readonly cookie: string
  /** Has its sessions in a SQLite file. Default true. */
  readonly isStored?: boolean
  /** The framework's own interface changes a value by what it was. Default false: of one key the last writer wins. */
  readonly hasUpdate?: boolean
  /** What a page asks for besides, that counts the visit, where a page itself may only read. */
  readonly visit?: string
  /** The page keeps shared caches away by itself. Default true; a storage that only returns a string cannot. */
  readonly isKeptFromCaches?: boolean
  /** What the framework itself answers a forged form of a page, before anybody else is asked. Default: nothing, the guard answers 403. */
  readonly ownRefusal?: number
  readonly env?: Environment
}

/** Plays the story in a real app, over HTTP. */
export function tellStory({
  name,
  cookie,
  isStored = true,
  hasUpdate = false,
  visit,
  isKeptFromCaches = true,
  ownRefusal = 403,
  env = {},
}: Story): void {
  describe(`the app in examples/${name}, ${isStored ? 'with a store' : 'without a store'}`, () => {
    const folder = temporaryFolder()
    let app: App
    beforeAll(async () => {
      const store: Environment = isStored ? { COATCHECK_STORE: join(folder, 'sessions.sqlite') } : {}
      app = await open(name, { ...store, ...env })
    })
    afterAll(async () => {
      await app?.stop()
      rmSync(folder, { recursive: true, force: true })
    })
    const guest = () => new Guest((path) => app.url(path), visit)

    test('counts the visits of each guest apart', async () => {
      const [ada, bob] = [guest(), guest()]
      for (const visits of [1, 2, 3]) expect((await ada.see()).visits).toBe(visits)
      expect(await bob.see()).toMatchObject({ visits: 1, cart: 0, user: 'guest' })
    })

    test('gives a new guest nothing but a ticket, which no script can read', async () => {
      const ada = guest()
      const { response } = await ada.see()
      const cookies = ada.jar.all()
      expect(cookies).toMatchObject([{ name: cookie, httpOnly: true, hostOnly: true, path: '/' }])
      expect(cookies[0]?.sameSite, response.headers.getSetCookie().join('\n')).not.toBe('none')
    })

    test('keeps a cart and a language', async () => {
      const ada = guest()
      await ada.see()
      await ada.send('/cart', { item: 'hat' })
      await ada.send('/cart', { item: 'coat' })
      expect(await ada.send('/language', { language: 'de' })).toMatchObject({ cart: 2, language: 'de' })
    })

    test('shows once what was wrong with a sign-in, and once a welcome', async () => {
      const ada = guest()
      await ada.see()
      await ada.send('/cart', { item: 'hat' })
      expect(await ada.send('/login', { ...ADA, password: 'guess' })).toMatchObject({ flash: 'Invalid username/password' })
      expect((await ada.see('/login')).flash).toBeUndefined()
      expect(await ada.send('/login', ADA)).toMatchObject({ flash: 'Welcome, ada', user: 'ada', cart: 1 })
      expect(await ada.see()).toMatchObject({ flash: undefined, user: 'ada' })
    })

    test('gives a new ticket at sign-in, and a cookie that is cleared by the sign-out', async () => {
      const ada = guest()
      await ada.see()
      const before = ada.copy()
      await ada.send('/login', ADA)
      expect(ada.ticket(cookie)).not.toBe(before.ticket(cookie))
      const during = ada.copy()
      expect(await ada.send('/logout')).toMatchObject({ user: 'guest', cart: 0 })
      expect(ada.ticket(cookie)).not.toBe(during.ticket(cookie))
      if (!isStored) return
      expect((await before.see()).user, 'the ticket from before the sign-in').toBe('guest')
      expect((await during.see()).user, 'the ticket from before the sign-out').toBe('guest')
    })

    test('refuses what a page of another site sends in the name of somebody', async () => {
      const ada = guest()
      await ada.see()
      await ada.send('/cart', { item: 'hat' })
      const forgers: Record<string, string>[] = [
        { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
        { 'sec-fetch-site': 'same-site', origin: 'https://blog.shop.example' },
        { 'sec-fetch-site': 'none', origin: 'chrome-extension://abcdefgh' },
        { origin: 'https://evil.example' },
        { origin: 'null' },
      ]
      for (const whence of forgers) {
        expect((await ada.ask('/cart', { item: 'scarf' }, whence)).status, JSON.stringify(whence)).toBe(403)
        expect((await ada.ask('/login', ADA, whence)).status).toBe(ownRefusal)
      }
      expect(await ada.see()).toMatchObject({ cart: 1, user: 'guest' })
    })

    test('takes any nonsense for a stranger', async () => {
      for (const nonsense of ['x', '%', 'Fe26.2**a*b*c**d*e', '~9~AAAA', 'A'.repeat(4000)]) {
        const ada = guest()
        ada.jar.set(`${cookie}=${nonsense}; Path=/; Secure; HttpOnly`, `${app.origin}/`)
        expect(await ada.see()).toMatchObject({ user: 'guest', cart: 0 })
      }
    })

    test('sends at most one cookie of the session with a page', async () => {
      const ada = guest()
      const pages = [
        await ada.see(),
        await ada.send('/cart', { item: 'hat' }),
        await ada.send('/login', ADA),
        await ada.send('/logout'),
      ]
      for (const { response } of pages) {
        const ours = response.headers.getSetCookie().filter((line) => line.startsWith(`${cookie}=`))
        expect(ours.length).toBeLessThanOrEqual(1)
      }
    })

    if (isKeptFromCaches) {
      test('keeps its pages out of shared caches', async () => {
        const ada = guest()
        await ada.see()
        const { response } = await ada.see()
        expect(response.headers.get('cache-control')).toMatch(/\b(?:private|no-store)\b/)
      })
    }

    if (isStored) {
      test('keeps what two requests change at once', async () => {
        for (let round = 0; round < 5; round++) {
          const ada = guest()
          await ada.see()
          await ada.send('/cart', { item: 'first' })
          const [cart, language] = [ada.copy(), ada.copy()]
          await Promise.all([cart.ask('/cart', { item: 'hat' }), language.ask('/language', { language: 'fr' })])
          expect(await ada.see()).toMatchObject({ cart: 2, language: 'fr' })
        }
      })

      if (hasUpdate) {
        test('loses none of 8 items that are put into the cart at once', async () => {
          const ada = guest()
          await ada.see()
          await ada.send('/cart', { item: 'first' })
          const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => ada.copy().ask('/cart', { item: `item ${at}` })))
          for (const answer of answers) expect(answer.status).toBeLessThan(400)
          expect((await ada.see()).cart).toBe(9)
        })
      }

      test('stays signed out when a request was in flight', async () => {
        const ada = guest()
        await ada.see()
        await ada.send('/login', ADA)
        const tab = ada.copy()
        await Promise.all([ada.ask('/logout', {}), tab.ask('/cart', { item: 'hat' }), tab.ask('/')])
        expect((await ada.see()).user).toBe('guest')
        expect((await tab.see()).user).toBe('guest')
      })
    }
  })
}
