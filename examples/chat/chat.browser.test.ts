import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../chromium.ts'
import { type App, open } from '../harness.ts'

let app: App
let browser: Browser
beforeAll(async () => {
  app = await open('chat')
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await app?.stop()
})

const state = (page: Page) => page.locator('#state')

async function room(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  await page.goto(app.url('/'))
  return page
}

test('two tabs chat under one session, and a sign-out in one of them disconnects the other', async () => {
  const context = await browser.newContext()
  context.setDefaultTimeout(120_000)
  const first = await room(context)
  await first.getByLabel('Name').fill('ada')
  await first.getByLabel('Password').fill('lovelace')
  await first.getByRole('button', { name: 'Sign in' }).click()
  const second = await room(context)
  for (const page of [first, second])
    await state(page)
      .filter({ hasText: /^connected$/ })
      .waitFor()
  await second.getByLabel('Say').fill('hello')
  await second.getByRole('button', { name: 'Send' }).click()
  for (const page of [first, second]) await page.getByRole('listitem').filter({ hasText: 'ada (1): hello' }).waitFor()
  await first.getByRole('button', { name: 'Sign out' }).click()
  await state(second).filter({ hasText: 'signed out' }).waitFor()
  expect(await second.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true)
  await context.close()
})
