import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Tab } from './browse.ts'
import { launchChromium } from './chromium.ts'
import { type App, open, temporaryFolder } from './harness.ts'

/** Signs in and out by server actions, in real Chromium. */
export function tellOfNextInBrowser(name: 'next' | 'next-15'): void {
  const folder = temporaryFolder()
  let app: App
  let browser: Browser
  beforeAll(async () => {
    app = await open(name, { COATCHECK_STORE: join(folder, 'sessions.sqlite') })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await app?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  describe(`the app in examples/${name}, in Chromium`, () => {
    test.each([
      ['with its scripts', true],
      ['without JavaScript', false],
    ])('signs in by an action that leads to a message, and out again, %s', async (_, javaScriptEnabled) => {
      const context = await browser.newContext({ javaScriptEnabled })
      context.setDefaultTimeout(120_000)
      const tab = new Tab(await context.newPage(), (path) => app.url(path), javaScriptEnabled)
      const ticket = async () => (await context.cookies()).find(({ name }) => name === 'session')
      const press = (id: string) => tab.page.locator(`#${id} button`).click()
      try {
        await tab.go('/account')
        await tab.shows({ user: 'guest', flash: undefined })
        expect(await ticket()).toBeUndefined()
        await press('signIn')
        await tab.shows({ user: 'ada', flash: 'Welcome' })
        expect(await ticket()).toMatchObject({ httpOnly: true, secure: true })
        expect(await tab.page.evaluate('document.cookie')).toBe('')

        await press('add')
        await tab.go('/account')
        await tab.shows({ user: 'ada', flash: undefined, cart: 1 })
        // Next has fetched the first page ahead, and nothing was counted (F27).
        await tab.page.locator('#home').click()
        await tab.shows({ visits: 1, user: 'ada', cart: 1 })

        await tab.go('/account')
        await press('signOut')
        await tab.shows({ user: 'guest', flash: 'Goodbye', cart: 0 })
        await tab.go('/account')
        await tab.shows({ user: 'guest', flash: undefined })
        expect(tab.faults).toEqual([])
      } finally {
        await context.close()
      }
    })
  })
}
