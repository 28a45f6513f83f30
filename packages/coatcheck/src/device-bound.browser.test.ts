import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, type CDPSession, chromium as launcher, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ARGUMENTS } from '../../../examples/chromium.ts'
import { startNginx } from '../../../scripts/cache-servers.ts'
import { chromium } from '../../../scripts/chromium.ts'
import { certified } from '../test/helpers/certificate.ts'
import { SECRET } from '../test/helpers/site.ts'
import { withSession } from './adapters/node.ts'
import type { Session } from './core/session/types.ts'
import { sessionsOf } from './core/sessions.ts'
import { deviceBound } from './device-bound.ts'
import { memoryStore } from './stores/memory.ts'

/** Seconds, with which no site would be served: what lasts five minutes there is over in three seconds here. */
const TIMES = { maxAge: 3, firstMaxAge: 1, grace: 1 }
const BOUND = '__Host-session-bound'

/** What Chromium says that it did. */
interface Told {
  readonly eventId: string
  readonly creationEventDetails?: { readonly fetchResult: string }
  readonly refreshEventDetails?: { readonly refreshResult: string; readonly fetchResult?: string }
  readonly terminationEventDetails?: { readonly deletionReason: string }
  readonly succeeded: boolean
}

const settings = { ...deviceBound({ exclude: ['/static'] }).settings, ...TIMES }
const asked: string[] = []
const sessions = sessionsOf({ secrets: SECRET, store: memoryStore(), deviceBound: deviceBound() }, { deviceBound: settings })
const server = createServer((req, res) => {
  const { url = '' } = req
  res.on('finish', () => asked.push(`${req.method} ${url} ${res.statusCode}`))
  withSession(sessions, async (request, response) => {
    response.setHeader('content-type', 'text/html')
    if (url === '/favicon.ico') return void response.writeHead(404).end()
    // A guard that would lead the browser's own requests astray.
    if (url.startsWith('/.coatcheck')) return void response.writeHead(302, { location: '/login' }).end()
    if (req.headers.host?.startsWith('other')) return void response.end(`<a href="https://shop.test:${port}/page">shop</a>`)
    const session: Session = await sessions.open(request)
    if (url === '/in') session.signIn('ada')
    if (url === '/out') session.signOut()
    if (url === '/up') session.elevate('aal2')
    if (req.method === 'POST') return void response.writeHead(303, { location: '/page' }).end()
    response.end(
      `<title>page</title><p>${session.owner ?? 'nobody'} ${session.bound}</p><form method=post action=/in><button>in</button></form>`,
    )
  })(req, res)
})

let port = 0
let backend = 0
let nginx: Awaited<ReturnType<typeof startNginx>>
let context: BrowserContext
let page: Page
let devtools: CDPSession
const told: Told[] = []
const profile = mkdtempSync(join(tmpdir(), 'coatcheck-bound-'))

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  backend = (server.address() as AddressInfo).port
  const { key, chain, pin } = certified('shop.test', 'other.test')
  nginx = await startNginx(({ port: at, folder }) => {
    writeFileSync(join(folder, 'key.pem'), key)
    writeFileSync(join(folder, 'chain.pem'), chain)
    port = at
    return `server { listen 127.0.0.1:${at} ssl; ssl_certificate ${join(folder, 'chain.pem')}; ssl_certificate_key ${join(folder, 'key.pem')};
      location / { proxy_pass http://127.0.0.1:${backend}; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto https; } }`
  })
  context = await launcher.launchPersistentContext(profile, {
    executablePath: chromium(),
    headless: true,
    args: [
      ...[...ARGUMENTS, '--host-resolver-rules=MAP *.test 127.0.0.1'],
      `--ignore-certificate-errors-spki-list=${pin}`,
      // Keys in software; as many signatures as a test asks for.
      '--enable-features=DeviceBoundSessions:RefreshQuota/false,EnableBoundSessionCredentialsSoftwareKeysForManualTesting',
    ],
  })
  page = await context.newPage()
  devtools = await context.newCDPSession(page)
  const untyped = devtools as unknown as {
    send(method: string, params?: object): Promise<unknown>
    on(event: string, listener: (event: Told) => void): void
  }
  untyped.on('Network.deviceBoundSessionEventOccurred', (event) => told.push(event))
  await untyped.send('Network.enable')
  await untyped.send('Network.enableDeviceBoundSessions', { enable: true })
})
afterAll(async () => {
  await context?.close()
  await nginx?.stop()
  server.closeAllConnections()
  server.close()
  rmSync(profile, { recursive: true, force: true })
})

const at = (path: string, host = 'shop') => `https://${host}.test:${port}${path}`
const shown = async (path = '/page', in_ = page): Promise<string> => {
  await in_.goto(at(path))
  return (await in_.textContent('p')) ?? ''
}
/** A client that has these cookies and no key: past nginx, where there is no browser to help it. */
async function copied(): Promise<() => Promise<string>> {
  const cookies = (await context.cookies(at('/'))).map(({ name, value }) => `${name}=${value}`).join('; ')
  return async () =>
    /<p>(.*?)<\/p>/.exec(await (await fetch(`http://127.0.0.1:${backend}/page`, { headers: { cookie: cookies } })).text())?.[1] ??
    ''
}
const hasBound = async () => (await context.cookies(at('/'))).some(({ name }) => name === BOUND)
const refreshes = () => asked.filter((each) => each === 'POST /.coatcheck/refresh 200').length

test('Chromium registers after a sign-in that redirects, refreshes when the cookie is over, and copies of its cookies are refused', async () => {
  await page.goto(at('/page'))
  await page.click('button')
  await page.waitForURL(at('/page'))
  expect(await page.textContent('p'), 'DB2: the first page').toMatch(/^ada (none|pending)$/)
  await expect.poll(() => asked.includes('POST /.coatcheck/register 200')).toBe(true)
  await expect
    .poll(() => told.some(({ creationEventDetails: made, succeeded }) => made?.fetchResult === 'Success' && succeeded))
    .toBe(true)
  // Chromium counts the first cookie's second by its own clock.
  await expect.poll(hasBound).toBe(false)
  expect(await shown()).toBe('ada bound')
  expect(told.some(({ refreshEventDetails: made, succeeded }) => made !== undefined && succeeded)).toBe(true)

  const thief = await copied()
  expect(await thief(), 'at once the copy is as good as what it was copied from').toBe('ada bound')
  const since = Date.now()
  await expect.poll(thief).toBe('nobody lapsed')
  console.log(
    `device-bound: the copied cookies were refused after ${((Date.now() - since) / 1000).toFixed(1)} s (Max-Age ${TIMES.maxAge}, grace ${TIMES.grace})`,
  )
  expect(await shown(), 'who has the key goes on').toBe('ada bound')
})

test('tabs and parallel requests wait for one refresh, DB11: static files do not', async () => {
  await expect.poll(hasBound).toBe(false)
  const before = refreshes()
  await page.evaluate(() => fetch('/static/a.css'))
  expect(refreshes()).toBe(before)
  const tabs = await Promise.all([context.newPage(), context.newPage()])
  const seen = await Promise.all(tabs.map((tab) => shown('/page', tab)))
  expect(seen).toEqual(['ada bound', 'ada bound'])
  // Once for all; and once more where Chromium refreshes before a life as short as this is over.
  expect(refreshes() - before).toBeOneOf([1, 2])
  await Promise.all(tabs.map((tab) => tab.close()))
})

test('rule 2: a new id keeps the key, and the refresh after it finds the session', async () => {
  expect(await shown('/up')).toBe('ada bound')
  await expect.poll(hasBound).toBe(false)
  expect(await shown()).toBe('ada bound')
})

test('DB5: a link of another site loads itself again, and is complete', async () => {
  await page.goto(at('/', 'other'))
  await expect.poll(hasBound).toBe(false)
  await page.click('a')
  await page.waitForSelector('p')
  expect(await page.textContent('p')).toBe('ada bound')
})

test('rule 8: a sign-out ends the device session in the browser', async () => {
  expect(await shown('/out')).toBe('nobody none')
  const left = (await context.cookies(at('/'))).map(({ name }) => name)
  expect(left.filter((name) => !name.endsWith('-again'))).toEqual([])
  expect(await shown()).toBe('nobody none')
  await expect.poll(() => told.some(({ terminationEventDetails: made }) => made?.deletionReason === 'ServerRequested')).toBe(true)
  const before = asked.length
  expect(await shown()).toBe('nobody none')
  expect(asked.slice(before)).toEqual(['GET /page 200'])
})
