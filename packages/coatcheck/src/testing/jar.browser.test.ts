import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../../../examples/chromium.ts'
import { Random } from '../../test/fuzz/random.ts'
import { COOKIE_CASES, type CookieCase } from '../../test/helpers/cookie-cases.ts'
import { createJar } from './jar.ts'

// Chromium is sent the lines of a case, and led on to where it shall send them back: our jar must send the same. Each case has a site of its
// own, all of whose names lead here, so that no cookie of another is in the way. One page leads through ten cases: browsers follow 20 redirects.

type Asked = Pick<CookieCase, 'lines' | 'from' | 'to'>
interface Visit {
  readonly url: string
  readonly lines: readonly string[]
}

let visits: readonly Visit[] = []
let sent: string[] = []
/** Writes the lines byte for byte, which node:http would not. */
const server = createServer((socket) => {
  socket.setEncoding('latin1')
  socket.on('error', () => {})
  socket.on('data', (request: string) => {
    const visit = visits[sent.length]
    const isNext = visit !== undefined && request.startsWith(`GET ${here(visit.url).replace(/^http:\/\/[^/]+/, '')} `)
    if (isNext) sent.push(/^cookie: ?(.*)$/im.exec(request)?.[1] ?? '')
    const next = isNext && visits[sent.length]
    const headers = [
      next ? `HTTP/1.1 302 Found\r\nLocation: ${here(next.url)}` : 'HTTP/1.1 200 OK',
      'Content-Length: 0\r\nCache-Control: no-store\r\nConnection: close',
      ...(isNext ? visit.lines.map((line) => `Set-Cookie: ${line}`) : []),
    ]
    socket.end(Buffer.from(`${headers.join('\r\n')}\r\n\r\n`))
  })
})
let browser: Browser
let page: Page
let port = 0
const here = (url: string): string => Object.assign(new URL(url), { port }).href

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  browser = await launchChromium(['--host-resolver-rules=MAP * 127.0.0.1'])
  page = await browser.newPage()
})
afterAll(async () => {
  await browser?.close()
  server.close()
})

async function sentByChromium(cases: readonly Asked[]): Promise<readonly (string | undefined)[]> {
  visits = cases.flatMap(({ lines, from, to }) => [
    { url: from, lines },
    { url: to, lines: [] },
  ])
  sent = []
  await page.goto(here(visits[0]?.url ?? ''))
  return cases.map((_, index) => sent[2 * index + 1])
}

function sentByUs(asked: Asked): string {
  const jar = createJar()
  for (const line of asked.lines) jar.set(line, asked.from)
  return jar.header(asked.to)
}

/** What the two send differently, by case. */
async function differences(cases: readonly Asked[]): Promise<readonly unknown[]> {
  const found: unknown[] = []
  for (let first = 0; first < cases.length; first += 10) {
    const some = cases.slice(first, first + 10)
    const theirs = await sentByChromium(some)
    for (const [index, asked] of some.entries()) {
      const ours = sentByUs(asked)
      if (ours !== theirs[index]) found.push({ ...asked, ours, theirs: theirs[index] })
    }
  }
  return found
}

/** The case on a site of its own. */
function apart({ lines, from, to }: Asked, number: number): Asked {
  const own = (text: string): string => text.replace(/example(?=\.org)/gi, (name) => name + number)
  return { lines: lines.map(own), from: own(from), to: own(to) }
}

test('in 220 cases of http-state Chromium sends what our jar sends; two more hold a byte that no HTTP header may have', async () => {
  const cases = COOKIE_CASES.filter(({ lines: each }) => !each.some((line) => /[\0\r]/.test(line)))
  expect(cases).toHaveLength(220)
  expect(await differences(cases.map(apart))).toEqual([])
})

const NAMES = ['a', 'b', '__Host-a', '__Secure-a', '__Http-a', '__Host-Http-a', '__hOST-a', '', ' a ', 'a\t', '"a"', '日']
const VALUES = ['1', '', '=', '=1', ' 2 ', '"3"', '3; ', 'x'.repeat(4094), '日', 'a,b', '__Host-x', '{"n":1}']
const ATTRIBUTES = [
  ...['Secure', 'secure=no', 'HttpOnly', 'Partitioned', 'SameSite=None', 'SameSite=Strict', 'SameSite=x', 'SameSite'],
  ...[
    'Path=/',
    'Path=/app',
    'Path=/app/',
    'Path=/app/in',
    'Path=/ap',
    'Path=',
    'path=app',
    'Path="/app"',
    `Path=/${'p'.repeat(1024)}`,
  ],
  ...['Domain=$', 'Domain=.$', 'Domain=other.$', 'Domain=org', 'Domain=', 'DOMAIN=$', 'Domain=$.', 'Domain=evil.test'],
  ...['Max-Age=60', 'Max-Age=0', 'Max-Age=-1', 'Max-Age=1e9', 'Max-Age=', 'Max-Age= 60', 'Max-Age=99999999999'],
  ...['Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'Expires=Thu, 01 Jan 2099 00:00:00 GMT', 'Expires=soon', 'Expires=1 Jan 99 0:0:0'],
  ...['', ' ', '=', 'x=y', 'secure ', '\tHttpOnly\t'],
]

/** Draws lines, and where they come from and are sent to. */
function drawn(number: number): Asked {
  const random = new Random('cookies', number)
  const pick = <T>(all: readonly T[]): T => all[random.below(all.length)] as T
  const host = pick(['shop.example.org', 'example.org', `app.d${number}.localhost`, `d${number}.localhost`])
  const line = (): string => {
    const attributes = Array.from({ length: random.below(4) }, () =>
      pick(ATTRIBUTES).replaceAll('$', pick([host, 'example.org'])),
    )
    return [`${pick(NAMES)}=${pick(VALUES)}`, ...attributes].join(pick([';', '; ']))
  }
  const to = pick([host, host, host, `sub.${host}`, 'example.org'])
  return {
    lines: Array.from({ length: 1 + random.below(3) }, line),
    from: `http://${host}${pick(['/', '/app/in', '/app', '/application/in'])}`,
    to: `http://${to}${pick(['/', '/app/in', '/app', '/application/in'])}`,
  }
}

test('of 150 drawn answers Chromium sends back what our jar sends', async () => {
  const cases = Array.from({ length: 150 }, (_, number) => apart(drawn(number), 1000 + number))
  expect(await differences(cases)).toEqual([])
})
