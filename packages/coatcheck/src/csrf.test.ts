import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type CrossSiteOptions, crossSite, type Verdict } from './csrf.ts'
import type { SessionEvent } from './index.ts'

const HOST = 'https://shop.example'

/** Headers of one request, and what becomes of it. */
type Case = readonly [what: string, headers: Readonly<Record<string, string>>, verdict: string]

const said = ({ allowed, reason }: Verdict): string => `${allowed ? 'allowed' : 'refused'}: ${reason}`

/** The verdict on a request for `url` at a server on Node and on one with Request objects, which must be the same. */
function verdict(
  headers: Readonly<Record<string, string>>,
  { method = 'POST', url = `${HOST}/buy`, ...options }: { method?: string; url?: string } & CrossSiteOptions = {},
): string {
  const { check } = crossSite(options)
  const { host, protocol, pathname, search } = new URL(url)
  // A constructor of Request drops what only browsers may set.
  const request = { method, url, headers: new Headers({ cookie: 'session=1', ...headers }) }
  const req = {
    method,
    url: `${pathname}${search}`,
    headers: { host, cookie: 'session=1', ...headers },
    socket: { encrypted: protocol === 'https:' },
  }
  const verdicts = [request, req].map((each) => said(check(each)))
  expect(new Set(verdicts).size, `${verdicts}`).toBe(1)
  return verdicts[0] ?? ''
}

describe('ASVS 3.5.1: a request that may change something', () => {
  const cases: readonly Case[] = [
    ['of a page of this origin', { 'sec-fetch-site': 'same-origin', origin: HOST }, 'allowed: same-origin'],
    [
      'of a page of this origin with referrer policy no-referrer',
      { 'sec-fetch-site': 'same-origin', origin: 'null' },
      'allowed: same-origin',
    ],
    ['of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 'refused: cross-site'],
    ['of another site, that says this Origin', { 'sec-fetch-site': 'cross-site', origin: HOST }, 'refused: cross-site'],
    ['of another site without an Origin', { 'sec-fetch-site': 'cross-site' }, 'refused: cross-site'],
    ['of a sibling subdomain', { 'sec-fetch-site': 'same-site', origin: 'https://blog.shop.example' }, 'refused: same-site'],
    ['that the visitor began without a page', { 'sec-fetch-site': 'none' }, 'allowed: no-page'],
    ['of an extension', { 'sec-fetch-site': 'none', origin: 'chrome-extension://abcdefgh' }, 'refused: foreign-origin'],
    ['of an extension that hides its Origin', { 'sec-fetch-site': 'none', origin: 'null' }, 'refused: null-origin'],
    ['of no page, with this Origin', { 'sec-fetch-site': 'none', origin: HOST }, 'allowed: own-origin'],
    ['with a word of the future', { 'sec-fetch-site': 'same-party', origin: HOST }, 'refused: unknown-site'],
    ['with the header twice', { 'sec-fetch-site': 'same-origin, cross-site', origin: HOST }, 'refused: unknown-site'],
    ['with the word in capitals', { 'sec-fetch-site': 'Same-Origin' }, 'refused: unknown-site'],
    ['with an empty header', { 'sec-fetch-site': '' }, 'refused: unknown-site'],
    ['of an older browser, from here', { origin: HOST }, 'allowed: own-origin'],
    ['of an older browser, from elsewhere', { origin: 'https://evil.example' }, 'refused: foreign-origin'],
    ['of an older browser that does not say', { origin: 'null' }, 'refused: null-origin'],
    ['with an empty Origin', { origin: '' }, 'refused: foreign-origin'],
    ['with another scheme', { origin: 'http://shop.example' }, 'refused: foreign-origin'],
    ['with another port', { origin: 'https://shop.example:8443' }, 'refused: foreign-origin'],
    ['with an Origin that begins like this one', { origin: 'https://shop.example.evil.example' }, 'refused: foreign-origin'],
    ['with an Origin that ends like this one', { origin: 'https://evilshop.example' }, 'refused: foreign-origin'],
    ['with two Origins', { origin: `${HOST}, https://evil.example` }, 'refused: foreign-origin'],
    ['that says nothing and has a cookie', {}, 'refused: no-origin'],
  ]
  it.each(cases)('%s', (_, headers, expected) => expect(verdict(headers)).toBe(expected))

  it('of a program, without a cookie: nobody is there to be misused', () => {
    const { check } = crossSite()
    expect(said(check({ method: 'POST', url: '/buy', headers: { host: 'shop.example' } }))).toBe('allowed: no-browser')
  })

  it('of a program with a cookie passes where the application says so', () => {
    expect(verdict({}, { allowWithoutOrigin: true })).toBe('allowed: no-browser')
    expect(verdict({ origin: 'null' }, { allowWithoutOrigin: true })).toBe('refused: null-origin')
  })
})

describe('listed origins', () => {
  const origins = ['https://blog.shop.example', 'chrome-extension://abcdefgh', 'http://legacy.example:8080']
  const cases: readonly Case[] = [
    ['a sibling', { 'sec-fetch-site': 'same-site', origin: 'https://blog.shop.example' }, 'allowed: own-origin'],
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'http://legacy.example:8080' }, 'allowed: own-origin'],
    ['an extension', { 'sec-fetch-site': 'none', origin: 'chrome-extension://abcdefgh' }, 'allowed: own-origin'],
    ['an older browser', { origin: 'https://blog.shop.example' }, 'allowed: own-origin'],
    ['a sibling of a sibling', { 'sec-fetch-site': 'same-site', origin: 'https://x.blog.shop.example' }, 'refused: same-site'],
    ['another port', { 'sec-fetch-site': 'cross-site', origin: 'http://legacy.example' }, 'refused: cross-site'],
    ['in capitals, as no browser writes it', { origin: 'HTTPS://BLOG.SHOP.EXAMPLE' }, 'refused: foreign-origin'],
  ]
  it.each(cases)('%s', (_, headers, expected) => expect(verdict(headers, { origins })).toBe(expected))

  it.each([
    ['*', 'Write scheme and host'],
    ['null', 'Write scheme and host'],
    ['shop.example', 'Write scheme and host'],
    ['https://shop.example/', 'Write "https://shop.example".'],
    ['https://shop.example:443', 'Write "https://shop.example".'],
    ['https://Shop.example', 'Write "https://shop.example".'],
    ['https://münchen.example', 'Write "https://xn--mnchen-3ya.example".'],
    ['https://*.shop.example', 'Write scheme and host'],
  ])('%s is none, and the error says what is', (origin, fix) => {
    expect(() => crossSite({ origins: [origin] })).toThrow(fix)
    expect(() => crossSite({ tokenOrigins: [origin] })).toThrow('`tokenOrigins`')
  })
})

describe('ASVS 3.5.3: safe methods', () => {
  const evil = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  it.each(['GET', 'HEAD', 'OPTIONS'])('%s passes', (method) => expect(verdict(evil, { method })).toBe('allowed: safe-method'))
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'get', ''])('%s is none', (method) =>
    expect(verdict(evil, { method })).toBe('refused: cross-site'),
  )

  it('what a form or header says of the method changes nothing', () => {
    expect(verdict({ ...evil, 'x-http-method-override': 'GET' })).toBe('refused: cross-site')
    expect(verdict(evil, { url: `${HOST}/buy?_method=GET` })).toBe('refused: cross-site')
  })
})

describe('a GET that changes something', () => {
  const options = { method: 'GET', changesOnGet: ['/logout', '/Konto/schließen'] }
  const link = { 'sec-fetch-site': 'cross-site' }
  const at = (path: string) => ({ ...options, url: `${HOST}${path}` })

  it.each([
    ...['/logout', '/logout/', '/logout?x', '/logout/all', '/LOGOUT', '/%6Cogout', '/logout;x=1', '/logout.data', '/a/../logout'],
    ...['//logout', '/./logout', '/a/%2e%2e/logout', '/a%2f..%2flogout', '/%5clogout', '/konto/schlie%C3%9Fen', '/%zz'],
  ])('is refused from elsewhere at %s', (path) => {
    const { check } = crossSite({ changesOnGet: options.changesOnGet })
    expect(check({ method: 'GET', url: path, headers: link }).reason).toBe('cross-site')
  })

  it.each(['/', '/log', '/out', '/a/logout', '/?/logout', '/%2Fa'])('does not concern %s', (path) =>
    expect(verdict(link, at(path))).toBe('allowed: safe-method'),
  )

  it('passes from a page of the site and from the address bar; HEAD counts alike, OPTIONS does not', () => {
    expect(verdict({ 'sec-fetch-site': 'same-origin' }, at('/logout'))).toBe('allowed: same-origin')
    expect(verdict({ 'sec-fetch-site': 'none' }, at('/logout'))).toBe('allowed: no-page')
    expect(verdict(link, { ...at('/logout'), method: 'HEAD' })).toBe('refused: cross-site')
    expect(verdict(link, { ...at('/logout'), method: 'OPTIONS' })).toBe('allowed: safe-method')
  })

  it('is refused over plain http, where links say nothing', () => {
    expect(verdict({}, at('/logout'))).toBe('refused: no-origin')
    expect(verdict({}, { ...at('/logout'), allowWithoutOrigin: true })).toBe('refused: no-origin')
  })

  it('is known by the whole address in Express, whose routers cut off its beginning', () => {
    const { check } = crossSite({ changesOnGet: ['/app/logout'] })
    const req = { method: 'GET', originalUrl: '/app/logout', url: '/logout', headers: link }
    expect(check(req).reason).toBe('cross-site')
  })

  it.each(['logout', '/a?b', '//a', '/%6c', ''])('%s is no path', (path) => {
    expect(() => crossSite({ changesOnGet: [path] })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })
})

describe('an upgrade to a WebSocket', () => {
  const upgrade = { upgrade: 'websocket', connection: 'Upgrade' }
  const cases: readonly Case[] = [
    ['from here', { origin: HOST }, 'allowed: own-origin'],
    ['from here, said twice', { origin: HOST, 'sec-fetch-site': 'same-origin' }, 'allowed: own-origin'],
    [
      'from a sibling subdomain, whose visitor brings cookies',
      { origin: 'https://blog.shop.example' },
      'refused: foreign-origin',
    ],
    ['from another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 'refused: foreign-origin'],
    ['without an Origin', {}, 'refused: no-origin'],
    ['without an Origin, with Sec-Fetch-Site', { 'sec-fetch-site': 'same-origin' }, 'refused: no-origin'],
    ['from a sandboxed frame', { origin: 'null' }, 'refused: null-origin'],
    ['in capitals', { origin: 'https://evil.example', upgrade: 'WebSocket' }, 'refused: foreign-origin'],
    ['in a list', { origin: 'https://evil.example', upgrade: 'h2c, websocket' }, 'refused: foreign-origin'],
  ]
  it.each(cases)('%s', (_, headers, expected) => {
    expect(verdict({ ...upgrade, ...headers }, { method: 'GET', allowWithoutOrigin: true })).toBe(expected)
  })

  it('to HTTP/2 is an ordinary request', () => {
    expect(verdict({ upgrade: 'h2c' }, { method: 'GET' })).toBe('allowed: safe-method')
  })
})

describe('behind a proxy', () => {
  const https = { url: 'http://shop.example/buy' }

  it('that ends TLS: the page says https, the server sees http', () => {
    expect(verdict({ origin: 'https://shop.example' }, https)).toBe('allowed: own-origin')
    expect(verdict({ origin: 'http://shop.example' }, https)).toBe('allowed: own-origin')
  })

  it('a page on http of the same host is told apart where the browser can', () => {
    expect(verdict({ origin: 'http://shop.example', 'sec-fetch-site': 'cross-site' }, https)).toBe('refused: cross-site')
  })

  it('that rewrites Host: only the listed name counts', () => {
    const inside = { url: 'http://app:3000/buy' }
    expect(verdict({ origin: HOST }, inside)).toBe('refused: foreign-origin')
    expect(verdict({ origin: HOST }, { ...inside, origins: [HOST] })).toBe('allowed: own-origin')
    expect(verdict({ origin: HOST, 'sec-fetch-site': 'same-origin' }, inside)).toBe('allowed: same-origin')
  })

  it('what X-Forwarded-* and Forwarded say is not believed', () => {
    const forged = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' }
    expect(verdict({ origin: 'https://evil.example', ...forged })).toBe('refused: foreign-origin')
    // A framework that believes them makes them part of the address.
    const { check } = crossSite()
    const headers = { host: 'shop.example', origin: 'https://evil.example', cookie: 'a=1' }
    expect(check({ method: 'POST', url: 'https://evil.example/buy', headers }).allowed).toBe(false)
  })

  it('over HTTP/2 the host is the authority', () => {
    const headers = { ':authority': 'shop.example', origin: HOST, cookie: 'a=1' }
    const { check } = crossSite()
    expect(check({ method: 'POST', url: '/', headers, socket: { encrypted: true } } as never).reason).toBe('own-origin')
  })

  it.each(['', ':', 'a b', 'shop.example/x', '[', '@'])('Host %j makes nothing pass, and nothing fail', (host) => {
    const headers = { host, origin: HOST, cookie: 'a=1' }
    expect(crossSite().check({ method: 'POST', url: '/buy', headers }).allowed).toBe(host === 'shop.example/x')
  })
})

describe('what stands for the request', () => {
  const request = { method: 'POST', url: `${HOST}/`, headers: new Headers({ 'sec-fetch-site': 'cross-site' }) }
  it.each([
    ['a Request', request],
    ["Hono's c", { req: { raw: request } }],
    ["Hono's c.req", { raw: request }],
    ["h3's event", { req: request }],
    ["h3 1's event", { node: { req: { method: 'POST', url: '/', headers: { 'sec-fetch-site': 'cross-site' } } } }],
    ['the context of Astro, React Router and Remix 3', { request }],
  ])('%s', (_, given) => expect(crossSite().check(given as never).reason).toBe('cross-site'))

  it.each([undefined, null, {}, 'a', 1, { headers: null }])('%j is none', (given) => {
    expect(() => crossSite().check(given as never)).toThrow(expect.objectContaining({ code: 'NOT_WRAPPED' }))
  })

  it('a `Request` is taken for itself, though the one of Next throws when its `request` is asked for', () => {
    class NextRequest extends Request {
      get request(): never {
        throw new Error('The middleware accepts an async API directly')
      }
    }
    const sent = (site: string) => new NextRequest('https://app.test/', { method: 'POST', headers: { 'sec-fetch-site': site } })
    expect([crossSite().check(sent('same-origin')).allowed, crossSite().check(sent('cross-site')).allowed]).toEqual([true, false])
  })

  it('a name of Object.prototype is no header', () => {
    Object.defineProperty(Object.prototype, 'sec-fetch-site', { value: 'same-origin', configurable: true })
    try {
      expect(crossSite().check({ method: 'POST', url: '/', headers: { host: 'a', cookie: 'a' } }).allowed).toBe(false)
    } finally {
      Reflect.deleteProperty(Object.prototype, 'sec-fetch-site')
    }
  })
})

describe('a refusal', () => {
  it('is an event that the onEvent of createSessions takes, and tells no more than the reason', async () => {
    const events: SessionEvent[] = []
    const onEvent = (event: SessionEvent): void => void events.push(event)
    const { decide, check } = crossSite({ onEvent, now: () => 5_000 })
    const headers = { 'sec-fetch-site': 'cross-site', cookie: 'session=secret' }
    expect(check({ method: 'POST', url: '/?token=secret', headers }).allowed).toBe(false)
    expect(events).toEqual([])
    expect(await decide({ method: 'POST', url: '/?token=secret', headers })).toEqual({ allowed: false, reason: 'cross-site' })
    expect(events).toEqual([{ type: 'cross-site', reason: 'cross-site', at: 5_000 }])
  })

  it.each([
    [
      'an observer that throws',
      {
        onEvent: () => {
          throw new Error('observer')
        },
      },
    ],
    ['one that rejects', { onEvent: () => Promise.reject(new Error('observer')) }],
    ['a clock that tells no time', { onEvent: () => {}, now: () => Number.NaN }],
  ])('is not undone by %s, which is reported', async (_, options) => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => told.mockRestore())
    const { decide } = crossSite(options)
    expect((await decide({ method: 'POST', url: '/', headers: { 'sec-fetch-site': 'cross-site' } })).allowed).toBe(false)
    await Promise.resolve()
    expect(told).toHaveBeenCalledTimes(1)
  })
})

it.each([
  { origin: [HOST] },
  { origins: HOST },
  { origins: [1] },
  { origins: Array(2) },
  { changesOnGet: '/logout' },
  { allowWithoutOrigin: 'yes' },
  { token: {} },
  { onEvent: 'log' },
  null,
])('wrong options throw when it is made: %j', (options) => {
  expect(() => crossSite(options as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
})

describe('whatever is sent', () => {
  // Header values as HTTP allows them; a Request trims what stands around them.
  const value = fc.oneof(
    fc.constantFrom(
      'same-origin',
      'same-site',
      'cross-site',
      'none',
      'null',
      HOST,
      'https://evil.example',
      'http://shop.example',
      '',
    ),
    fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 30 }),
  )
  const headers = fc.record(
    { 'sec-fetch-site': value, origin: value, upgrade: fc.constantFrom('websocket', 'h2c'), cookie: value },
    { requiredKeys: [] },
  )
  const path = fc.oneof(
    fc.webPath(),
    fc.string({ maxLength: 20 }),
    fc.constantFrom('/logout', '//', '/%', '*', 'http://a/logout'),
  )
  const method = fc.oneof(fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE'), fc.string({ maxLength: 8 }))

  it('a decision is made, and none that lets a foreign page change anything', () => {
    const origins = ['https://partner.example']
    const { check } = crossSite({ origins, changesOnGet: ['/logout'] })
    fc.assert(
      fc.property(method, path, headers, (method, url, given) => {
        const { allowed, reason } = check({ method, url, headers: { host: 'shop.example', ...given } })
        if (!allowed || reason === 'safe-method') return
        const { 'sec-fetch-site': site, origin } = given
        expect(['same-origin', 'none', undefined]).toContain(site)
        if (site !== 'same-origin') expect([HOST, 'http://shop.example', undefined]).toContain(origin)
        if (given.upgrade === 'websocket') expect([HOST, 'http://shop.example']).toContain(origin)
        if (site === undefined && origin === undefined) expect([given.cookie, method === 'GET']).toEqual([undefined, false])
      }),
      { numRuns: 3000 },
    )
  })

  it('and the same for a Request as for the request of Node', () => {
    const { check } = crossSite({ changesOnGet: ['/logout'] })
    fc.assert(
      fc.property(method, fc.webPath(), headers, (method, url, given) => {
        const all = { host: 'shop.example', ...given }
        const node = check({ method, url, headers: all, socket: { encrypted: true } } as never)
        expect(check({ method, url: `${HOST}${url}`, headers: new Headers(all) })).toEqual(node)
      }),
      { numRuns: 1000 },
    )
  })
})
