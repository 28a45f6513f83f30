import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Tab, tellStoryInBrowser } from '../browse.ts'
import { launchChromium } from '../chromium.ts'
import { type App, open } from '../harness.ts'

tellStoryInBrowser({ name: 'sveltekit', cookie: 'shop' })

describe('the pages for trials, in Chromium', () => {
  let app: App
  let browser: Awaited<ReturnType<typeof launchChromium>>
  beforeAll(async () => {
    app = await open('sveltekit')
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await app?.stop()
  })

  const visit = async (story: (tab: Tab) => Promise<void>): Promise<void> => {
    const context = await browser.newContext()
    try {
      await story(new Tab(await context.newPage(), (path) => app.url(path)))
    } finally {
      await context.close()
    }
  }

  test.each([
    ['takes a flash value, though nobody has seen the page', 'hover', ''],
    ['takes none when it waits for a press, as the page advises', 'tap', 'There you are'],
  ])('F47: a link that preloads %s', (_, link, flash) =>
    visit(async (tab) => {
      await tab.go('/trials/links')
      await tab.page.clock.install()
      // A form, whose answer nobody has shown yet.
      const form = `{ method: 'POST', redirect: 'manual', body: new URLSearchParams() }`
      await tab.page.evaluate(`fetch('/trials/actions?/away', ${form}).then(() => {})`)
      const asked: string[] = []
      tab.page.on('request', (request) => asked.push(new URL(request.url()).pathname))
      await tab.page.hover(`#${link}`)
      await tab.page.clock.runFor(1000)
      await tab.page.evaluate(`fetch('/about').then(() => {})`)
      expect(asked.includes('/trials/actions/__data.json')).toBe(link === 'hover')
      await tab.go('/trials/actions')
      await tab.shows({ flash })
      expect(tab.faults).toEqual([])
    }),
  )

  test('remote functions, called by the page’s own scripts', () =>
    visit(async (tab) => {
      await tab.go('/trials/remote')
      for (const [call, outcome] of [
        ['bump', '1'],
        ['bump', '2'],
        ['broken', 'error 500'],
        ['forbidden', 'error 403'],
      ] as const) {
        await tab.page.click(`#${call}`)
        await tab.shows({ outcome })
      }
      await tab.page.click('#enter')
      await tab.shows({ user: 'ada', flash: 'Welcome, ada' })
    }))
})
