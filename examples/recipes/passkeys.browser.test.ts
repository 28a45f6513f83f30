import { once } from 'node:events'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../chromium.ts'
import { folderOf } from '../harness.ts'
import { freePort } from '../processes.ts'
import { recipe } from './recipe.ts'

// docs/recipes/passkeys.md, pasted block by block, in Chromium with an authenticator of its own.

const { folder, check } = recipe('passkeys')
let browser: Browser
let server: Server
let origin = ''

beforeAll(async () => {
  const port = await freePort()
  origin = `http://localhost:${port}`
  Object.assign(process.env, { ACCOUNTS: join(folder, 'accounts.sqlite'), ORIGIN: origin })
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

/** A person with a browser, and a key that knows their finger. */
async function person(): Promise<{ page: Page; context: BrowserContext; isRight(is: boolean): Promise<unknown> }> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  })
  await page.goto(origin)
  return {
    page,
    context,
    isRight: (isUserVerified) => devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
  }
}

const who = (page: Page): Promise<string | null> => page.locator('#who').textContent()
const ticket = async (context: BrowserContext): Promise<string | undefined> => (await context.cookies())[0]?.value

async function click(page: Page, id: string): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.locator(`#${id}`).click()])
}

test('its code compiles', () => expect(check()).toBe(''))

test('an account is made with a passkey, left, and opened with it again, each time under a new id', async () => {
  const { page, context } = await person()
  expect(await who(page)).toBe('nobody ')
  await click(page, 'make')
  const made = await who(page)
  expect(made).toMatch(/^[\w-]{36} aal2$/)
  const first = await ticket(context)
  await Promise.all([page.waitForEvent('load'), page.locator('form button').click()])
  expect(await who(page)).toBe('nobody ')
  await click(page, 'use')
  expect(await who(page)).toBe(made)
  expect(await ticket(context)).not.toBe(first)
  await context.close()
})

test('a finger that is not theirs opens nothing', async () => {
  const { page, context, isRight } = await person()
  await click(page, 'make')
  await Promise.all([page.waitForEvent('load'), page.locator('form button').click()])
  await isRight(false)
  await page.locator('#use').click()
  await expect.poll(() => who(page)).not.toBe('nobody ')
  await page.reload()
  expect(await who(page)).toBe('nobody ')
  await context.close()
})

test('an answer is good once, and for the session that was asked', async () => {
  const { page, context } = await person()
  await click(page, 'make')
  await Promise.all([page.waitForEvent('load'), page.locator('form button').click()])
  const [request] = await Promise.all([page.waitForRequest('**/passkey/answer'), click(page, 'use')])
  const body = request.postData() ?? ''
  expect(await who(page)).toMatch(/aal2$/)
  const again = await context.request.post(`${origin}/passkey/answer`, {
    data: body,
    headers: { 'content-type': 'application/json', origin },
  })
  expect(again.status()).toBe(401)
  const eve = await browser.newContext()
  await eve.request.post(`${origin}/passkey/ask`, { headers: { origin } })
  const stolen = await eve.request.post(`${origin}/passkey/answer`, {
    data: body,
    headers: { 'content-type': 'application/json', origin },
  })
  expect(stolen.status()).toBe(401)
  await eve.close()
  await context.close()
})
