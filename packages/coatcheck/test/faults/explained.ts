import type { IncomingMessage, ServerResponse } from 'node:http'
import expressSession from 'express-session'
import lruCache from 'unstorage/drivers/lru-cache'
import { vi } from 'vitest'
import { getIronSession } from '../../src/adapters/iron-session.ts'
import type { AdapterOptions } from '../../src/core/options/table.ts'
import type { Session } from '../../src/core/session/types.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { unstorageStore } from '../../src/stores/wrapping/unstorage.ts'
import { clockFrom, DAY, HOUR, MINUTE } from '../helpers/clock.ts'
import { serving } from '../helpers/serving.ts'
import { type App, app, type Browser, browserOf, type How, OTHER_SECRET, SECRET } from './site.ts'

const HOME = 'https://shop.test'
const SID = { name: 'sid' } as const
const stored = (options: Partial<AdapterOptions> = {}): Partial<AdapterOptions> => ({
  store: memoryStore(),
  secrets: SECRET,
  ...options,
})

/** Goes to these pages one after the other; what the developer is told of the last. */
async function after(
  site: App,
  pages: readonly (string | readonly [string, How])[],
  browser: Browser = browserOf(site),
): Promise<string> {
  for (const page of pages) {
    const [url, how] = typeof page === 'string' ? [page, undefined] : page
    await browser.go(url.startsWith('/') ? HOME + url : url, how)
  }
  return site.why()
}

/** The same browser, which an instance behind the same name answers. */
async function elsewhere(first: App, second: App, begin = '/in'): Promise<string> {
  await browserOf(first).go(HOME + begin)
  const browser = browserOf(first)
  await browser.go(HOME + begin)
  await browser.go(`${HOME}/`, { to: second })
  return second.why()
}

/** A proxy that writes the answers' cookies anew. */
const rewriting =
  (change: (lines: string[]) => string[]) =>
  (_: IncomingMessage, res: ServerResponse, next: () => void): void => {
    const { writeHead } = res
    // The last to touch the headers, as a proxy is.
    Object.assign(res, {
      writeHead(...args: Parameters<typeof writeHead>) {
        const lines = [res.getHeader('set-cookie') ?? []].flat().map(String)
        const left = change(lines)
        if (left.length > 0) res.setHeader('set-cookie', left)
        else res.removeHeader('set-cookie')
        return Reflect.apply(writeHead, res, args)
      },
    })
    next()
  }

const held = (store: Store, change: Partial<Store>): Store => ({ ...store, ...change })

/** A record as something else left it. */
const damaged = (store: Store, data: string): Store =>
  held(store, {
    async read(key) {
      const found = await store.read(key)
      return found && { ...found, record: { ...found.record, data } }
    },
  })

/** What happens in each app, and what its developer is told. */
export const EXPLAINED: Readonly<Record<string, () => Promise<string>>> = {
  'secure cookie over http': async () => after(await app({ cookie: SID }), ['http://shop.test/in', 'http://shop.test/']),
  'prefix over http': async () => after(await app(), ['http://shop.test/in', 'http://shop.test/']),
  'SameSite=None without Secure': async () => {
    const around = rewriting((lines) => lines.map((line) => line.replace(/; Secure/i, '')))
    return after(await app({ cookie: { ...SID, sameSite: 'none' }, around }), ['/in', '/'])
  },
  'proxy that strips Set-Cookie': async () => after(await app({ around: rewriting(() => []) }), ['/in', '/']),
  'strict from elsewhere': async () =>
    after(await app({ cookie: { sameSite: 'strict' } }), ['/in', ['/', { from: 'https://mail.example/' }]]),
  'posted back': async () => after(await app(), ['/in', ['/paid', { method: 'POST', from: 'https://pay.example/' }]]),
  'other origin': async () =>
    after(await app(), ['/in', ['/api', { within: 'https://www.shop.test/', mode: 'cors', dest: 'empty', omits: true }]]),
  'third party frame': async () => {
    const site = await app({ cookie: { sameSite: 'none' } })
    // Browsers without cookies of third parties; the jar of this test has them.
    return after(site, ['/in', ['/', { within: 'https://portal.example/', mode: 'navigate', dest: 'iframe', omits: true }]])
  },
  'path mismatch': async () => after(await app({ cookie: { ...SID, path: '/app' } }), ['/app/in', '/app/guest', '/account']),
  'domain mismatch': async () => {
    const site = await app({ cookie: { ...SID, domain: 'shop.test' } })
    return after(site, ['/in', 'https://shop.example/'])
  },
  'renamed cookie': async () => {
    const clock = clockFrom()
    return elsewhere(await app({ cookie: SID, clock }), await app({ cookie: { name: '__Host-sid' }, clock }))
  },
  'emptied cookie': async () => {
    const site = await app({ cookie: SID })
    const browser = browserOf(site)
    await browser.go(`${HOME}/in`)
    browser.jar.set('sid=; Path=/; Secure', HOME)
    return after(site, ['/'], browser)
  },
  'header in place of cookie': async () => {
    const site = await app()
    const browser = browserOf(site)
    await browser.go(`${HOME}/in`)
    const ticket = browser.jar.all()[0]?.value ?? ''
    return after(site, [['/', { omits: true, headers: { authorization: `Bearer ${ticket}` } }]], browser)
  },
  'two libraries on one name': async () => {
    const other = expressSession({
      name: 'sid',
      secret: 'keyboard cat',
      resave: false,
      saveUninitialized: true,
      cookie: { secure: false },
    })
    const around = (req: IncomingMessage, res: ServerResponse, next: () => void) =>
      req.url === '/blog' ? other(req as never, res as never, () => res.end('blog')) : next()
    return after(await app({ cookie: SID, around }), ['/blog', '/'])
  },
  'two applications on one cookie': async () => elsewhere(await app({ secrets: OTHER_SECRET }), await app()),
  'secret that differs between instances': async () => {
    const store = memoryStore()
    return elsewhere(await app({ store, secrets: SECRET }), await app({ store, secrets: OTHER_SECRET }))
  },
  'secret removed': async () => {
    const clock = clockFrom()
    return elsewhere(await app({ secrets: SECRET, clock }), await app({ secrets: [OTHER_SECRET], clock }))
  },
  'secret expired': async () => {
    const clock = clockFrom()
    const secrets = [OTHER_SECRET, { secret: SECRET, state: 'retired', until: clock.now() + 1000 }] as const
    const [before, site] = [await app({ clock }), await app({ clock, secrets })]
    const browser = browserOf(before)
    await browser.go(`${HOME}/in`)
    clock.advance(HOUR)
    await browser.go(`${HOME}/`, { to: site })
    return site.why()
  },
  'secrets came later': async () => {
    const store = memoryStore()
    return elsewhere(await app({ store }), await app({ store, secrets: SECRET }))
  },
  'altered cookie': async () => {
    const around = (req: IncomingMessage, _: ServerResponse, next: () => void) => {
      const [name = '', value = ''] = (req.headers.cookie ?? '').split('=')
      if (value !== '') req.headers.cookie = `${name}=${value.slice(0, 20)}${value.slice(20, -1).toLowerCase()}${value.at(-1)}`
      next()
    }
    return after(await app({ around }), ['/in', '/'])
  },
  'two cookies': async () => {
    const site = await app({ cookie: SID })
    const browser = browserOf(site)
    await browser.go(`${HOME}/in`)
    const planted = browserOf(site)
    await planted.go(`${HOME}/guest`)
    browser.jar.set(`sid=${planted.jar.all()[0]?.value}; Path=/; Domain=shop.test`, HOME)
    return after(site, ['/'], browser)
  },
  'lost piece': async () => {
    const site = await app({ chunks: true }, (session, { url }) => {
      if (url === '/fill') session.set('basket', 'x'.repeat(9000))
    })
    const browser = browserOf(site)
    await browser.go(`${HOME}/fill`)
    const cookies = browser.jar.all().slice(0, -1)
    return after(site, [['/', { headers: { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') } }]], browser)
  },
  'clock off by a day': async () => {
    const clock = clockFrom()
    return elsewhere(await app({ clock: clockFrom(clock.now() + DAY * 1000) }), await app({ clock }))
  },
  'full store': async () => {
    const site = await app({ store: unstorageStore(lruCache({ max: 3 })) })
    const browser = browserOf(site)
    await browser.go(`${HOME}/in`)
    for (let visitor = 0; visitor < 10; visitor++) await browserOf(site).go(`${HOME}/guest`)
    return after(site, ['/'], browser)
  },
  'emptied store': async () => {
    let store = memoryStore()
    const site = await app({ store: held(store, { read: (key) => store.read(key) }) })
    const browser = browserOf(site)
    await browser.go(`${HOME}/guest`)
    store = memoryStore()
    return after(site, ['/'], browser)
  },
  'stores differ': async () => elsewhere(await app(stored()), await app(stored())),
  'slow replica': async () => {
    const store = memoryStore()
    let isBehind = false
    const read: Store['read'] = async (key) => (isBehind ? undefined : store.read(key))
    const site = await app({ store: held(store, { consistency: 'eventual', read }) })
    const browser = browserOf(site)
    await browser.go(`${HOME}/guest`)
    isBehind = true
    return after(site, ['/'], browser)
  },
  'store down': async () => {
    const store = memoryStore()
    let isDown = false
    const read: Store['read'] = (key) => (isDown ? Promise.reject(new Error('ECONNREFUSED')) : store.read(key))
    const site = await app({ store: held(store, { read }) })
    const browser = browserOf(site)
    await browser.go(`${HOME}/in`)
    isDown = true
    return after(site, ['/'], browser)
  },
  'record of a newer release': async () => {
    const store = memoryStore()
    return elsewhere(await app({ store }), await app({ store: damaged(store, '{"format":7,"values":{}}') }))
  },
  'foreign record': async () => {
    const store = memoryStore()
    return elsewhere(await app({ store }), await app({ store: damaged(store, '{"cookie":{},"user":1}') }))
  },
  'ended elsewhere': async () => {
    const site = await app(stored())
    const browser = browserOf(site)
    await browser.go(`${HOME}/in`)
    await site.sessions.endAll('ada')
    return after(site, ['/'], browser)
  },
  'too many sessions': async () => {
    const site = await app(stored({ maxPerOwner: { count: 2, evict: 'oldest' } }))
    const browser = browserOf(site)
    await browser.go(`${HOME}/in`)
    for (let device = 0; device < 2; device++) {
      site.clock.advance(1)
      await browserOf(site).go(`${HOME}/in`)
    }
    return after(site, ['/'], browser)
  },
  'prefetched sign-out': async () => {
    const site = await app(stored())
    return after(site, ['/in', ['/out', { headers: { 'sec-purpose': 'prefetch' }, omits: false }]])
  },
  'old id': async () => {
    const site = await app(stored())
    const browser = browserOf(site)
    await browser.go(`${HOME}/guest`)
    const cookie = browser.jar.header(`${HOME}/`)
    await browser.go(`${HOME}/in`)
    site.clock.advance(10 * MINUTE)
    return after(site, [['/', { headers: { cookie } }]], browser)
  },
  idle: async () => {
    const site = await app(stored({ idleTimeout: 30 * MINUTE }))
    const browser = browserOf(site)
    await browser.go(`${HOME}/in`)
    const cookie = browser.jar.header(`${HOME}/`)
    site.clock.advance(HOUR)
    return after(site, [['/', { headers: { cookie } }]], browser)
  },
  absolute: async () => {
    const site = await app({ idleTimeout: HOUR, absoluteTimeout: 8 * HOUR })
    const browser = browserOf(site)
    await browser.go(`${HOME}/in`)
    let cookie = browser.jar.header(`${HOME}/`)
    for (let visit = 0; visit < 16; visit++) {
      site.clock.advance(30 * MINUTE)
      cookie = browser.jar.header(`${HOME}/`) || cookie
      await browser.go(`${HOME}/`, { headers: { cookie } })
    }
    site.clock.advance(10 * MINUTE)
    return after(site, [['/', { headers: { cookie } }]], browser)
  },
  'cookie over 4096 bytes': async () => after(await app({}, (session) => session.set('basket', 'x'.repeat(5000))), ['/']),
  'written while streaming': async () => {
    const site = await app({}, async (session, _, res) => {
      await new Promise((sent) => res.write('<!doctype html>', sent))
      try {
        session.set('seen', true)
      } catch {
        res.end('The basket could not be changed.')
      }
    })
    return after(site, ['/'])
  },
  'written by a failure': async () => {
    const site = await app(stored(), (session, _, res) => {
      session.set('seen', true)
      res.statusCode = 500
    })
    return after(site, ['/'])
  },
  // Its sessions are made inside: what explain says is on the console.
  'forgotten save': async () => {
    vi.stubEnv('DEBUG', 'coatcheck')
    const { promise: line, resolve } = Promise.withResolvers<string>()
    const console_ = vi.spyOn(console, 'debug').mockImplementation(resolve)
    const { origin } = await serving(async (req, res) => {
      const session = await getIronSession<{ seen?: boolean }>(req, res, { password: SECRET, cookieName: 'sid' })
      session.seen = true
      res.end('Hello')
    })
    await fetch(origin)
    const [, , , said = ''] = (await line).split(/[ :]/)
    console_.mockRestore()
    return said
  },
  'written after an end': async () => {
    let isSlow = false
    let begun: (() => void) | undefined
    let goOn: (() => void) | undefined
    const site: App = await app(stored(), async (session: Session) => {
      if (!isSlow) return session.signIn('ada')
      begun?.()
      await new Promise<void>((done) => {
        goOn = done
      })
      session.set('basket', 1)
    })
    const browser = browserOf(site)
    await browser.go(`${HOME}/in`)
    isSlow = true
    const started = new Promise<void>((done) => {
      begun = done
    })
    const slow = browser.go(`${HOME}/`)
    await started
    await site.sessions.endAll('ada')
    goOn?.()
    await slow
    return site.why()
  },
  'two middlewares set one cookie': async () => {
    const site = await app({ cookie: SID }, (session, _, res) => {
      session.set('seen', true)
      res.setHeader('set-cookie', 'sid=of-another-middleware; Path=/')
    })
    return after(site, ['/'])
  },
  'page of a session for shared caches': async () => {
    const site = await app({}, (session, _, res) => {
      session.set('seen', true)
      res.setHeader('cache-control', 'public, s-maxage=300')
    })
    return after(site, ['/', '/'])
  },
}
