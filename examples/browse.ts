import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from './chromium.ts'
import { ADA } from './guest.ts'
import { type App, open, temporaryFolder } from './harness.ts'
import type { Story } from './story.ts'

/** A browser window with an app's pages in it. Whatever goes wrong in a page is in `faults`. */
export class Tab {
  readonly page: Page
  readonly faults: string[] = []
  readonly #url: (path: string) => string
  readonly #hasScripts: boolean

  constructor(page: Page, url: (path: string) => string, hasScripts = true) {
    this.page = page
    this.#url = url
    this.#hasScripts = hasScripts
    page.on('pageerror', (error) => this.faults.push(String(error)))
    page.on(
      'console',
      (message) => message.type() === 'error' && this.faults.push(`${message.text()} (${message.location().url})`),
    )
  }

  /** Opens a page. Where its scripts take the forms over, what is typed before they ran is lost, so this waits for them. */
  async go(path: string): Promise<void> {
    await this.page.goto(this.#url(path), { waitUntil: this.#hasScripts ? 'networkidle' : 'load' })
  }

  /** Fills the form for `path` as a person would, and sends it. */
  async send(path: string, fields: Readonly<Record<string, string>> = {}): Promise<void> {
    const form = await this.#formFor(path, fields)
    for (const [name, value] of Object.entries(fields)) {
      const field = form.locator(`input[name="${name}"]:not([type=hidden]), select[name="${name}"]`)
      if ((await field.count()) === 0) continue
      if (await field.evaluate((element) => element.tagName === 'SELECT')) await field.selectOption(value)
      else await field.fill(value)
    }
    const [[name, value] = ['', '']] = Object.entries(fields)
    const own = form.locator(`button[name="${name}"][value="${value}"]`)
    await ((await own.count()) > 0 ? own : form.locator('button, input[type=submit]')).first().click()
  }

  /** Of several forms for one path, the one that sends these fields. */
  async #formFor(path: string, fields: Readonly<Record<string, string>>): Promise<Locator> {
    const { pathname } = new URL(this.#url(path))
    await this.page.locator('form').first().waitFor()
    const forms = await this.page.locator('form').all()
    const fitting = []
    for (const form of forms) {
      const fits = await form.evaluate(
        (element: HTMLFormElement, { pathname, fields }) => {
          const action = new URL(element.getAttribute('action') || '', location.href)
          if (action.pathname !== pathname) return false
          return Object.entries(fields).every(([name, value]) =>
            Array.from(element.querySelectorAll<HTMLInputElement>(`[name="${name}"]`)).some(
              ({ type, value: has }) => !['hidden', 'submit', 'radio'].includes(type) || has === value,
            ),
          )
        },
        { pathname, fields },
      )
      if (fits) fitting.push(form)
    }
    const [form] = fitting
    if (form) return form
    throw new Error(`There is no form for ${pathname} with ${JSON.stringify(fields)} in:\n${await this.page.content()}`)
  }

  /** Waits until the page shows this. */
  async shows(expected: Readonly<Record<string, string | number | undefined>>): Promise<void> {
    const look = async () => {
      const shown: Record<string, string | undefined> = {}
      for (const id of Object.keys(expected)) {
        const element = this.page.locator(`#${id}`)
        shown[id] = (await element.count()) > 0 ? (await element.first().innerText({ timeout: 1000 })).trim() : undefined
      }
      return shown
    }
    const wanted = Object.fromEntries(
      Object.entries(expected).map(([id, value]) => [id, value === undefined ? value : String(value)]),
    )
    await expect.poll(look, { timeout: 120_000, interval: 50 }).toEqual(wanted)
  }
}

/** Plays the story in real Chromium. For *.browser.test.ts. */
export function tellStoryInBrowser({ name, cookie, isStored = true, visit: counts, env = {} }: Story): void {
  describe(`the app in examples/${name}, in Chromium`, () => {
    const folder = temporaryFolder()
    let app: App
    let browser: Browser
    beforeAll(async () => {
      app = await open(name, { ...(isStored && { COATCHECK_STORE: join(folder, 'sessions.sqlite') }), ...env })
      browser = await launchChromium()
    })
    afterAll(async () => {
      await browser?.close()
      await app?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    const visit = async (javaScriptEnabled: boolean, story: (tab: Tab, context: BrowserContext) => Promise<void>) => {
      const context = await browser.newContext({ locale: 'en-GB', javaScriptEnabled })
      context.setDefaultTimeout(120_000)
      try {
        const tab = new Tab(await context.newPage(), (path) => app.url(path), javaScriptEnabled)
        await story(tab, context)
        expect(tab.faults).toEqual([])
      } finally {
        await context.close()
      }
    }
    const ticket = async (context: BrowserContext) => (await context.cookies()).find((each) => each.name === cookie)

    test.each([
      ['with its scripts', true],
      ['without JavaScript', false],
    ])('has a cart, a language, a sign-in and a sign-out %s', (_, javaScriptEnabled) =>
      visit(javaScriptEnabled, async (tab, context) => {
        await tab.go('/')
        await tab.shows({ cart: 0, language: 'en', user: 'guest', flash: undefined, ...(!counts && { visits: 1 }) })
        await tab.send('/cart', { item: 'hat' })
        await tab.shows({ cart: 1 })
        await tab.send('/cart', { item: 'coat' })
        await tab.shows({ cart: 2 })
        await tab.send('/language', { language: 'de' })
        await tab.shows({ cart: 2, language: 'de' })
        const before = await ticket(context)
        expect(before).toMatchObject({ httpOnly: true })
        expect(await tab.page.evaluate('document.cookie')).toBe('')

        await tab.go('/login')
        await tab.send('/login', { ...ADA, password: 'guess' })
        await tab.shows({ flash: 'Invalid username/password' })
        await tab.go('/login')
        await tab.shows({ flash: undefined })
        await tab.send('/login', ADA)
        await tab.shows({ user: 'ada', flash: 'Welcome, ada', cart: 2, language: 'de' })
        expect((await ticket(context))?.value).not.toBe(before?.value)
        await tab.go('/')
        await tab.shows({ user: 'ada', flash: undefined })

        await tab.send('/logout')
        await tab.shows({ user: 'guest', cart: 0, language: 'en' })
      }),
    )

    test('shows two windows one session', () =>
      visit(true, async (tab, context) => {
        await tab.go('/')
        await tab.send('/cart', { item: 'hat' })
        await tab.shows({ cart: 1 })
        const other = new Tab(await context.newPage(), (path) => app.url(path))
        await other.go('/login')
        await other.send('/login', ADA)
        await other.shows({ user: 'ada', cart: 1 })
        await tab.send('/cart', { item: 'coat' })
        await tab.shows({ user: 'ada', cart: 2 })
        await other.send('/logout')
        await other.shows({ user: 'guest' })
        await tab.go('/')
        await tab.shows({ user: 'guest', cart: 0 })
        expect(other.faults).toEqual([])
      }))
  })
}
