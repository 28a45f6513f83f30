import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium as launcher, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ARGUMENTS } from '../../../../examples/chromium.ts'
import { chromium } from '../../../../scripts/chromium.ts'
import { SECRET } from '../../test/helpers/site.ts'
import { withSession } from '../adapters/node.ts'
import { crossSite } from '../csrf.ts'
import { createSessions } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'

/** What arrived at the shop, and what the guard said. */
interface Arrived {
  readonly what: string
  readonly site: string | undefined
  readonly origin: string | undefined
  readonly hasCookie: boolean
  readonly verdict: string
}

/** The shop, a host beside it, and another site: as a trustworthy origin, to which Chromium says Sec-Fetch-Site, and over plain http. */
const NETS = {
  localhost: { shop: 'shop.site.localhost', blog: 'blog.site.localhost', evil: 'evil.localhost' },
  'plain http': { shop: 'shop.site.test', blog: 'blog.site.test', evil: 'evil.test' },
} as const

const arrived: Arrived[] = []
const guard = crossSite({ changesOnGet: ['/leave'] })
const store = memoryStore()
const options = { secrets: SECRET, store }
// With SameSite=None the guard is alone. Chromium keeps such a cookie from plain http.
const secure = createSessions({ ...options, cookie: { name: 'secure', sameSite: 'none' } })
const plain = createSessions({ ...options, cookie: { name: 'plain', secure: false } })
const sessionsFor = (req: IncomingMessage) => (req.headers.host?.includes('.test') ? plain : secure)

function note(req: IncomingMessage): boolean {
  const { allowed, reason } = guard.check(req)
  const { 'sec-fetch-site': site, origin, upgrade = '' } = req.headers
  const what = `${upgrade || req.method} ${req.url?.split('?')[0]}`
  const hasCookie = /\b(?:secure|plain)=/.test(req.headers.cookie ?? '')
  arrived.push({
    what,
    site: site as string | undefined,
    origin,
    hasCookie,
    verdict: `${allowed ? 'allowed' : 'refused'}: ${reason}`,
  })
  return allowed
}

const server = createServer((req, res) => {
  res.setHeader('content-type', 'text/html')
  if (!req.headers.host?.startsWith('shop.') || req.url === '/empty') return void res.end('<title>page</title>')
  if (req.url === '/favicon.ico') return void res.writeHead(404).end()
  const sessions = sessionsFor(req)
  withSession(sessions)(req, res, async () => {
    const session = await sessions.open(req)
    if (req.url === '/begin') {
      session.set('bought', 0)
      return res.end('<title>begun</title>')
    }
    if (req.url === '/count') return res.end(String(session.get('bought')))
    note(req)
    guard.node(req, res, () => {
      session.update('bought', (n) => ((n as number) ?? 0) + 1)
      res.end('<title>done</title>')
    })
  })
})
server.on('upgrade', (req, socket) => {
  if (!note(req)) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  const accept = createHash('sha1')
    .update(`${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
})

/** With a profile that lets other sites embed with cookies, as Safari and Firefox no longer do: the guard is alone. */
let context: BrowserContext
const profile = mkdtempSync(join(tmpdir(), 'coatcheck-csrf-'))
let port: number
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  port = (server.address() as AddressInfo).port
  mkdirSync(join(profile, 'Default'))
  const preferences = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } }
  writeFileSync(join(profile, 'Default/Preferences'), JSON.stringify(preferences))
  context = await launcher.launchPersistentContext(profile, {
    executablePath: chromium(),
    headless: true,
    // Chromium would ask https of *.test first.
    args: [
      ...ARGUMENTS,
      '--host-resolver-rules=MAP *.test 127.0.0.1',
      '--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable',
    ],
  })
})
afterAll(async () => {
  await context?.close()
  rmSync(profile, { recursive: true, force: true })
  server.closeAllConnections()
  server.close()
})

/** Ways of a page to send a request to `to`, and to wait until its answer is there. */
const WAYS = {
  form: (method: string, to: string) => {
    const form = Object.assign(document.createElement('form'), { method, action: to })
    form.append(Object.assign(document.createElement('input'), { name: 'article', value: 'hat' }))
    document.body.append(form)
    form.submit()
  },
  fetch: (method: string, to: string) =>
    fetch(to, { method, mode: 'no-cors', credentials: 'include', body: method === 'GET' ? null : 'article=hat' }).then(
      () => {},
      () => {},
    ),
  image: (_: string, to: string) =>
    new Promise<void>((resolve) => {
      const image = new Image()
      image.onload = image.onerror = () => resolve()
      image.src = to
    }),
  link: (_: string, to: string) => {
    location.href = to
  },
  sandbox: (method: string, to: string) => {
    const frame = document.createElement('iframe')
    frame.setAttribute('sandbox', 'allow-forms allow-scripts')
    frame.srcdoc = `<form method="${method}" action="${to}"><input name="a"></form><script>document.forms[0].submit()</script>`
    document.body.append(frame)
  },
  socket: (_: string, to: string) =>
    new Promise<void>((resolve) => {
      const socket = new WebSocket(to)
      socket.onopen = socket.onerror = () => resolve()
    }),
} as const

/** Sends one request from a page of `from` to the shop; what arrived there. */
async function send(page: Page, from: string, way: keyof typeof WAYS, method: string, to: string): Promise<Arrived> {
  await page.goto(`http://${from}:${port}/empty`)
  const before = arrived.length
  await page.evaluate<unknown, [string, string]>(
    ([source, given]) => new Function(`return (${source})(${given})`)(),
    [WAYS[way].toString(), [method, to].map((each) => JSON.stringify(each)).join()],
  )
  await expect.poll(() => arrived.length).toBe(before + 1)
  if (way === 'form' || way === 'link') await page.waitForURL((url) => url.pathname === new URL(to).pathname)
  return arrived[before] as Arrived
}

async function visit(shop: string, story: (page: Page) => Promise<void>): Promise<void> {
  await context.clearCookies()
  const page = await context.newPage()
  try {
    page.setDefaultTimeout(120_000)
    await page.goto(`http://${shop}:${port}/begin`)
    await story(page)
  } finally {
    await page.close()
  }
}

const bought = async (page: Page, shop: string) => {
  await page.goto(`http://${shop}:${port}/count`)
  return Number(await page.textContent('body'))
}

type Row = readonly [
  from: 'shop' | 'blog' | 'evil',
  way: keyof typeof WAYS,
  method: string,
  path: string,
  hasCookie: boolean,
  site: string | undefined,
  verdict: string,
]

const TRIALS: Readonly<Record<keyof typeof NETS, readonly Row[]>> = {
  localhost: [
    ['evil', 'form', 'POST', '/buy', true, 'cross-site', 'refused: cross-site'],
    ['evil', 'fetch', 'POST', '/buy', true, 'cross-site', 'refused: cross-site'],
    ['evil', 'sandbox', 'POST', '/buy', true, 'cross-site', 'refused: cross-site'],
    ['evil', 'form', 'GET', '/leave', true, 'cross-site', 'refused: cross-site'],
    ['evil', 'link', 'GET', '/leave', true, 'cross-site', 'refused: cross-site'],
    ['evil', 'image', 'GET', '/leave', true, 'cross-site', 'refused: cross-site'],
    ['evil', 'socket', 'GET', '/chat', true, undefined, 'refused: foreign-origin'],
    ['blog', 'form', 'POST', '/buy', true, 'same-site', 'refused: same-site'],
    ['blog', 'fetch', 'POST', '/buy', true, 'same-site', 'refused: same-site'],
    ['blog', 'form', 'GET', '/leave', true, 'same-site', 'refused: same-site'],
    ['blog', 'socket', 'GET', '/chat', true, undefined, 'refused: foreign-origin'],
    ['shop', 'form', 'POST', '/buy', true, 'same-origin', 'allowed: same-origin'],
    ['shop', 'fetch', 'POST', '/buy', true, 'same-origin', 'allowed: same-origin'],
    ['shop', 'form', 'GET', '/leave', true, 'same-origin', 'allowed: same-origin'],
    ['shop', 'socket', 'GET', '/chat', true, undefined, 'allowed: own-origin'],
  ],
  'plain http': [
    ['evil', 'form', 'POST', '/buy', false, undefined, 'refused: foreign-origin'],
    ['evil', 'fetch', 'POST', '/buy', false, undefined, 'refused: foreign-origin'],
    ['evil', 'sandbox', 'POST', '/buy', false, undefined, 'refused: null-origin'],
    // A link carries Lax cookies, and says nothing of where it is from.
    ['evil', 'form', 'GET', '/leave', true, undefined, 'refused: no-origin'],
    ['evil', 'link', 'GET', '/leave', true, undefined, 'refused: no-origin'],
    ['evil', 'socket', 'GET', '/chat', false, undefined, 'refused: foreign-origin'],
    // To SameSite a sibling is the same site: these carry the cookie.
    ['blog', 'form', 'POST', '/buy', true, undefined, 'refused: foreign-origin'],
    ['blog', 'fetch', 'POST', '/buy', true, undefined, 'refused: foreign-origin'],
    ['blog', 'socket', 'GET', '/chat', true, undefined, 'refused: foreign-origin'],
    ['shop', 'form', 'POST', '/buy', true, undefined, 'allowed: own-origin'],
    ['shop', 'fetch', 'POST', '/buy', true, undefined, 'allowed: own-origin'],
    ['shop', 'socket', 'GET', '/chat', true, undefined, 'allowed: own-origin'],
  ],
}

describe.each(Object.keys(NETS) as (keyof typeof NETS)[])('ASVS 3.5.3: Chromium, %s', (net) => {
  const hosts = NETS[net]
  it.each(TRIALS[net])('a page of %s, by %s: %s %s', async (from, way, method, path, hasCookie, site, verdict) => {
    await visit(hosts.shop, async (page) => {
      const scheme = way === 'socket' ? 'ws' : 'http'
      const seen = await send(page, hosts[from], way, method, `${scheme}://${hosts.shop}:${port}${path}`)
      expect([seen.site, seen.hasCookie, seen.verdict, seen.origin]).toEqual([site, hasCookie, verdict, seen.origin])
      const counts = verdict.startsWith('allowed') && way !== 'socket'
      expect(await bought(page, hosts.shop)).toBe(counts ? 1 : 0)
    })
  })
})

it('a page with referrer policy no-referrer sends Origin: null, and its forms work', async () => {
  const { shop } = NETS.localhost
  await visit(shop, async (page) => {
    await page.route('**/empty', (route) =>
      route.fulfill({ contentType: 'text/html', headers: { 'referrer-policy': 'no-referrer' }, body: '<title>page</title>' }),
    )
    const seen = await send(page, shop, 'form', 'POST', `http://${shop}:${port}/buy`)
    expect([seen.site, seen.origin, seen.verdict]).toEqual(['same-origin', 'null', 'allowed: same-origin'])
    expect(await bought(page, shop)).toBe(1)
  })
})

it('an address that the visitor types works, also where GET changes something', async () => {
  const { shop } = NETS.localhost
  await visit(shop, async (page) => {
    await page.goto(`http://${shop}:${port}/leave`)
    const { site, origin, verdict } = arrived.at(-1) as Arrived
    expect([site, origin, verdict]).toEqual(['none', undefined, 'allowed: no-page'])
    expect(await bought(page, shop)).toBe(1)
  })
})
