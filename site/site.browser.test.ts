import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium, problemsOn } from '../examples/chromium.ts'
import { keepForDocs } from '../examples/pictures.ts'
import { buildSite, output } from './index.ts'
import { serveFolder } from './static.ts'

let server: Awaited<ReturnType<typeof serveFolder>>
let browser: Browser
beforeAll(async () => {
  await buildSite()
  server = await serveFolder(output)
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

/** A reader with a browser of their own. What goes wrong in a page fails the test, and so does a request to another host. */
async function read(options: BrowserContextOptions, story: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ baseURL: server.origin, locale: 'en-GB', ...options })
  try {
    context.setDefaultTimeout(600_000)
    const page = await context.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !/status of 404/.test(message.text())) faults.push(message.text())
    })
    page.on('request', (request) => {
      if (!/^data:/.test(request.url()) && new URL(request.url()).origin !== server.origin) faults.push(`asked ${request.url()}`)
    })
    await story(page)
    expect(faults).toEqual([])
  } finally {
    await context.close()
  }
}

const PAGES = ['/', '/concepts.html', '/guide.html', '/stores/redis.html', '/benchmark.html', '/api/hono.html']
const DESK = { width: 1280, height: 900 }
const PHONE = { width: 390, height: 844 }
const background = (page: Page): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor)

test.each([
  ['light, at a desk', { colorScheme: 'light', viewport: DESK }, 'rgb(255, 255, 255)'],
  ['dark, on a phone', { colorScheme: 'dark', viewport: PHONE }, 'rgb(27, 27, 31)'],
] as const)('six pages have nothing that axe reports, and do not scroll sideways: %s', (_, options, colour) =>
  read(options, async (page) => {
    for (const path of PAGES) {
      await page.goto(path, { waitUntil: 'networkidle' })
      expect(await background(page)).toBe(colour)
      expect(await problemsOn(page, {}, ['violations']), path).toEqual([])
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      expect(wider, path).toBe(0)
    }
  }),
)

test('the search is opened, used and left by keyboard, and needs nobody once it is open', () =>
  read({ viewport: DESK }, async (page) => {
    await page.goto('/guide.html', { waitUntil: 'networkidle' })
    await page.keyboard.press('Control+k')
    await page.locator('.VPLocalSearchBox input').waitFor()
    await page.waitForLoadState('networkidle')
    await page.context().setOffline(true)
    await page.keyboard.type('sign out everywhere')
    await page.locator('.VPLocalSearchBox .result').first().waitFor()
    expect(await page.locator('.VPLocalSearchBox .result.selected').getAttribute('href')).toContain(
      '/owners.html#sign-out-everywhere',
    )
    await page.context().setOffline(false)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Sign out everywhere', exact: false }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/owners.html')

    await page.keyboard.press('Control+k')
    await page.locator('.VPLocalSearchBox').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.VPLocalSearchBox').waitFor({ state: 'detached' })
  }))

test('a reader chooses a framework with the arrow keys, and dark by the switch', () =>
  read({ viewport: DESK, colorScheme: 'light' }, async (page) => {
    await page.goto('/', { waitUntil: 'networkidle' })
    await keepForDocs(page, 'site-1280-light.png', {})
    const panel = page.locator('.tabs .panel:visible')
    expect(await panel.innerText()).toContain("from 'coatcheck/node'")
    await page.getByRole('radio', { name: 'Node', exact: true }).focus()
    await page.keyboard.press('ArrowRight')
    expect(await page.getByRole('radio', { name: 'Express', exact: true }).isChecked()).toBe(true)
    expect(await panel.innerText()).toContain("from 'coatcheck/express-session'")
    await page.locator('.VPNavBarAppearance').getByRole('switch').click()
    await expect.poll(() => background(page)).toBe('rgb(27, 27, 31)')
    await page.goto('/security.html', { waitUntil: 'networkidle' })
    expect(await background(page)).toBe('rgb(27, 27, 31)')
    await keepForDocs(page, 'site-1280-dark.png', {})
  }))

test('without JavaScript all pages can be read and reached, also on a phone', () =>
  read({ javaScriptEnabled: false, viewport: PHONE }, async (page) => {
    await page.goto('/')
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('Coatcheck')
    await page.locator('.tabs label', { hasText: 'Hono' }).click()
    expect(await page.locator('.tabs .panel:visible').innerText()).toContain("from 'coatcheck/hono'")
    expect(await page.getByRole('button', { name: 'Search' }).count()).toBe(0)
    await page.getByRole('link', { name: 'All pages' }).first().click()
    await page.getByRole('link', { name: 'The sessions of one person', exact: true }).last().click()
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('The sessions of one person')
    expect(await page.locator('main').innerText()).toContain('sessions.endAll(owner)')
    expect((await page.goto('/no-such-page.html'))?.status()).toBe(404)
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('There is no such page')
  }))
