import { once } from 'node:events'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { launchChromium } from '../chromium.ts'
import { folderOf } from '../harness.ts'
import { freePort } from '../processes.ts'
import { recipe } from './recipe.ts'

// docs/recipes/tabs.md, pasted block by block, in the tabs of one browser.

const { folder, check } = recipe('tabs')
let browser: Browser
let server: Server
let origin = ''

beforeAll(async () => {
  const port = await freePort()
  origin = `http://localhost:${port}`
  const { app } = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'app.ts')).href)
  const { serve } = createRequire(join(folderOf('recipes'), 'package.json'))('@hono/node-server')
  server = serve({ fetch: app.fetch, port, hostname: 'localhost' })
  if (!server.listening) await once(server, 'listening')
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  server?.close()
})

async function opened(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  await page.goto(origin)
  return page
}

const login = (page: Page, name: string) => page.request.post(`${origin}/login`, { form: { name }, headers: { origin } })
const shown = (page: Page): Promise<string | null> => page.locator('h1').textContent()

test('its code compiles', () => expect(check()).toBe(''))

test('a sign-out in one tab clears the others, and a sign-in shows in them', async () => {
  const context = await browser.newContext()
  const first = await opened(context)
  await login(first, 'ada')
  const second = await opened(context)
  await expect.poll(() => shown(first)).toBe('ada')
  await second.getByRole('button', { name: 'Sign out' }).click()
  await expect.poll(() => shown(first)).toBe('stranger')
  expect(await shown(second)).toBe('stranger')
  await context.close()
})

test('a form that ada saw is not paid by bob', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const old = await opened(context)
  await login(old, 'ada')
  await old.reload()
  await login(old, 'bob')
  await old.getByRole('button', { name: 'Pay' }).click()
  expect(await old.locator('body').textContent()).toContain('somebody else')
  await old.goto(origin)
  await old.getByRole('button', { name: 'Pay' }).click()
  expect(await old.locator('body').textContent()).toBe('bob has paid.')
  await context.close()
})

test('the back button shows nobody who has left', async () => {
  const context = await browser.newContext()
  const page = await opened(context)
  await login(page, 'ada')
  await page.reload()
  expect(await shown(page)).toBe('ada')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect.poll(() => shown(page)).toBe('stranger')
  await page.goBack()
  await expect.poll(() => shown(page)).toBe('stranger')
  await context.close()
})

test('two orders in two tabs are two, and both hats are in the cart', async () => {
  const ada = visitor(origin)
  const begun = async () =>
    new URL((await ada.post('/order', {}, { follow: false })).headers.get('location') ?? '', origin).pathname
  const [one, other] = [await begun(), await begun()]
  const [first, second] = await Promise.all([ada.post(one, { hat: 'fez' }), ada.post(other, { hat: 'beret' })])
  expect([await first.text(), await second.text()]).toEqual([
    expect.stringContaining('<p>fez'),
    expect.stringContaining('<p>beret'),
  ])
  const page = await (await ada.get('/')).text()
  expect(page).toContain('fez')
  expect(page).toContain('beret')
  expect((await ada.get('/order/another')).status).toBe(404)
})
