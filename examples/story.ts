import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createJar, type Jar } from '../packages/coatcheck/src/testing/index.ts'
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
  readonly env?: Environment
}

/** A browser, as far as the story needs one. */
class Guest {
  readonly #origin: () => string
  readonly #visit: string | undefined
  readonly jar: Jar

  constructor(origin: () => string, visit: string | undefined, jar: Jar = createJar()) {
    this.#origin = origin
    this.#visit = visit
    this.jar = jar
  }

  async ask(path: string, form?: Record<string, string>): Promise<Response> {
    const url = `${this.#origin()}${path}`
    const cookie = this.jar.header(url)
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        // Node's own name counts as a robot's, for which pages are not streamed.
        'user-agent': 'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36',
        'sec-fetch-mode': 'navigate',
        origin: this.#origin(),
        ...(cookie !== '' && { cookie }),
      },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const line of response.headers.getSetCookie()) this.jar.set(line, url)
    return response
  }

  /** Sends a form and follows where it leads. */
  async send(path: string, form: Record<string, string> = {}): Promise<Page> {
    const response = await this.ask(path, form)
    await response.arrayBuffer()
    expect(response.status, `POST ${path}`).toBeGreaterThanOrEqual(302)
    expect(response.status, `POST ${path}`).toBeLessThanOrEqual(303)
    return this.see(new URL(response.headers.get('location') ?? '/', 'http://a/').pathname)
  }

  async see(path = '/'): Promise<Page> {
    if (path === '/' && this.#visit) await (await this.ask(this.#visit)).arrayBuffer()
    const response = await this.ask(path)
    const html = await response.text()
    expect(response.status, `GET ${path}:\n${html.slice(0, 2000)}`).toBe(200)
    const shown = (id: string) =>
      new RegExp(`id="?${id}"?[^>]*>(?:<!--.*?-->|\\s)*([^<]*?)\\s*<`).exec(html)?.[1]?.replaceAll('&#x27;', "'")
    return {
      response,
      visits: Number(shown('visits')),
      cart: Number(shown('cart')),
      language: shown('language'),
      user: shown('user'),
      flash: shown('flash'),
    }
  }

  ticket(name: string): string | undefined {
    return this.jar.all().find((cookie) => cookie.name === name)?.value
  }

  copy(): Guest {
    return new Guest(this.#origin, this.#visit, this.jar.copy())
  }
}

interface Page {
  readonly response: Response
  readonly visits: number
  readonly cart: number
  readonly language: string | undefined
  readonly user: string | undefined
  readonly flash: string | undefined
}

const ADA = { username: 'ada', password: 'lovelace' }

/** Plays the story in a real app, over HTTP. */
export function tellStory({
  name,
  cookie,
  isStored = true,
  hasUpdate = false,
  visit,
  isKeptFromCaches = true,
  env = {},
}: Story): void {
  const folder = temporaryFolder()
  let app: App
  beforeAll(async () => {
    const store: Environment = isStored ? { COATCHECK_STORE: join(folder, 'sessions.sqlite') } : {}
    app = await open(name, { ...store, ...env })
  }, 600_000)
  afterAll(async () => {
    await app?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const guest = () => new Guest(() => app.origin, visit)

  describe(`the app in examples/${name}`, () => {
    test('counts the visits of each guest apart', async () => {
      const [ada, bob] = [guest(), guest()]
      for (const visits of [1, 2, 3]) expect((await ada.see()).visits).toBe(visits)
      expect(await bob.see()).toMatchObject({ visits: 1, cart: 0, user: 'guest' })
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
