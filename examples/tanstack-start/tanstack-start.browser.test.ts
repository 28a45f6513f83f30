import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Tab, tellStoryInBrowser } from '../browse.ts'
import { launchChromium } from '../chromium.ts'
import { BROWSER } from '../guest.ts'
import { type App, open, temporaryFolder } from '../harness.ts'

tellStoryInBrowser({ name: 'tanstack-start', cookie: 'session' })

describe('server functions, called by the scripts of a page in Chromium', () => {
  const folder = temporaryFolder()
  let app: App
  let browser: Browser
  beforeAll(async () => {
    app = await open('tanstack-start', { COATCHECK_STORE: join(folder, 'sessions.sqlite') })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await app?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  // For robots, which a headless Chromium calls itself, Start waits until a page is whole.
  const visit = async (story: (tab: Tab, context: BrowserContext) => Promise<void>): Promise<void> => {
    const context = await browser.newContext({ userAgent: BROWSER })
    try {
      const tab = new Tab(await context.newPage(), (path) => app.url(path))
      await story(tab, context)
      expect(tab.faults).toEqual([])
    } finally {
      await context.close()
    }
  }
  const press = async (tab: Tab, name: string, outcome: string): Promise<void> => {
    await tab.page.click(`#${name}`)
    await tab.shows({ outcome })
  }

  test('F50: one that throws stores nothing; one that recovers, counts or leads on is stored; a session that one ended stays ended', () =>
    visit(async (tab, context) => {
      await tab.go('/trials/functions')
      await press(tab, 'boom', '"threw boom"')
      expect(await context.cookies()).toEqual([])
      await press(tab, 'count', '1')
      await press(tab, 'count', '2')
      await press(tab, 'boom', '"threw boom"')
      await press(tab, 'keys', '["n"]')
      await press(tab, 'recovers', '"recovered"')
      await press(tab, 'keys', '["boom","n","outer"]')
      await tab.page.click('#leads')
      await tab.shows({ user: 'ada', flash: 'Welcome, ada' })
      expect(new URL(tab.page.url()).pathname).toBe('/')
      await tab.go('/trials/functions')
      await press(tab, 'endsAndThrows', '"threw boom"')
      await press(tab, 'keys', '[]')
      expect(await context.cookies()).toEqual([])
    }))

  test('F51: what a loader defers is too late for a new visitor whose page is streamed, and in time where the scripts fetch it', () =>
    visit(async (tab, context) => {
      const { page } = tab
      const late = page.locator('b')
      await page.goto(app.url('/trials/late?gate=streamed'), { waitUntil: 'commit' })
      await page.getByText('waiting').waitFor()
      await fetch(app.url('/trials/go/streamed'), { method: 'POST' })
      expect(await late.innerText()).toBe('TOO_LATE')
      expect(await context.cookies()).toEqual([])

      await tab.go('/trials/functions')
      await page.click('#late')
      await page.getByText('waiting').waitFor()
      await fetch(app.url('/trials/go/call'), { method: 'POST' })
      expect(await late.innerText()).toBe('kept')
      expect(await context.cookies()).toMatchObject([{ name: 'session', httpOnly: true }])

      await page.goto(app.url('/trials/late?gate=known'), { waitUntil: 'commit' })
      await page.getByText('waiting').waitFor()
      await fetch(app.url('/trials/go/known'), { method: 'POST' })
      expect(await late.innerText()).toBe('kept')
      await tab.go('/trials/functions')
      await press(tab, 'keys', '["late"]')
    }))
})
