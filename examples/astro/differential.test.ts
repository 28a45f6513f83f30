import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { asyncProperty, assert as hold } from 'fast-check'
import memoryDriver from 'unstorage/drivers/memory'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type AstroContext, type Found, sessionMiddleware } from '../../packages/coatcheck/src/adapters/astro/middleware.ts'
import { memoryStore } from '../../packages/coatcheck/src/stores/memory.ts'
import { differences } from '../../packages/coatcheck/test/differential/astro-differences.ts'
import {
  type Configured,
  type Cookies,
  type Script,
  type Session,
  type Site,
  scripts,
  told,
} from '../../packages/coatcheck/test/differential/astro-script.ts'
import { holdListed, meetsListed, tellListed } from '../../packages/coatcheck/test/differential/listed.ts'
import { bounded, scriptsDrawn } from '../../packages/coatcheck/test/helpers/depth.ts'
import { root } from '../../scripts/steps.ts'
import { install } from '../harness.ts'

// One script of calls, on Astro's own session object and on ours: what a page and a browser see of it.

const NOW = Date.parse('2026-11-21T08:00:00Z')
const SECRET = 'a-secret-of-32-characters-or-more-Qz7'
const clock = { advance: (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000) }

/** What is used of Astro, where it keeps it. */
interface Astro {
  readonly AstroSession: new (options: object) => Session & Readonly<Record<symbol, () => Promise<void>>>
  readonly PERSIST_SYMBOL: symbol
  readonly AstroCookies: new (
    request: Request,
    logger: object,
  ) => AstroContext['cookies'] & Cookies & { headers(): Iterable<string> }
}
let astro: Astro

const core = join(root, 'examples/astro/node_modules/astro/dist/core')
beforeAll(async () => {
  if (!existsSync(core)) await install('astro')
  const [session, cookies] = ['session/runtime.js', 'cookies/cookies.js'].map(
    (file) => import(pathToFileURL(join(core, file)).href),
  )
  astro = { ...(await session), ...(await cookies) }
})
beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const logger = { error() {}, warn() {} }
let sites = 0

/** What Astro does around a page that `run` renders. */
function siteOf(
  { cookie, ttl }: Configured,
  run: (context: AstroContext & { session: Session; request: Request }, page: () => Promise<Response>) => Promise<Response>,
): Site {
  // Astro keeps one storage for each name of a driver, whatever its options.
  const config = { driver: `memory ${sites++}`, cookie, ttl }
  const driver = memoryDriver()
  return {
    async ask(header, page, status) {
      const request = new Request('https://shop.example/shop/x', { headers: { cookie: header } })
      const cookies = new astro.AstroCookies(request, logger)
      const session = new astro.AstroSession({ cookies, config, runtimeMode: 'production', driverFactory: () => driver, logger })
      const context = { request, session, cookies, isPrerendered: false, routePattern: '/' }
      const response = await run(context, async () => {
        await page(session, cookies)
        return new Response('ok', { status })
      })
      await session[astro.PERSIST_SYMBOL]?.()
      return [...response.headers.getSetCookie(), ...cookies.headers()]
    },
  }
}

const theirs = (configured: Configured): Site => siteOf(configured, (_, page) => page())
function ours({ cookie = {}, ttl }: Configured, found: Partial<Found>): Site {
  const settings = { cookie, formerCookie: cookie.name ?? 'astro-session', isProduction: true, ...(ttl !== undefined && { ttl }) }
  return siteOf({}, sessionMiddleware(settings, { getSecret: () => SECRET, ...found }))
}

const kinds: Readonly<Record<string, () => Partial<Found>>> = {
  'behind the driver': () => {
    const driver = memoryDriver()
    return { theirs: () => driver, modules: [`memory ${sites++}`] }
  },
  'on a store': () => ({ store: memoryStore({ now: () => Date.now() }) }),
  sealed: () => ({ store: null }),
}

async function both(kind: string, script: Script): Promise<[theirs: unknown[], ours: unknown[]]> {
  const tell = (site: Site) => {
    vi.setSystemTime(NOW)
    return told(site, script, clock)
  }
  return [await tell(theirs(script.configured)), await tell(ours(script.configured, kinds[kind]?.() ?? {}))]
}

const SCRIPTS = bounded(1000, 300)
let compared = 0

describe.each(Object.keys(kinds))('the same calls on Astro’s session and on ours, %s', (kind) => {
  test('a page and a browser see the same, but for what is listed', async () => {
    await hold(
      asyncProperty(
        scripts.filter((script) => !meetsListed(differences, kind, script)),
        async (script) => {
          const [one, other] = await both(kind, script)
          expect(other).toEqual(one)
          compared++
        },
      ),
      scriptsDrawn(SCRIPTS),
    )
  })

  tellListed(differences, kind, (script) => both(kind, script))
})

test('as many scripts as are meant were compared', () => {
  expect(compared).toBe(SCRIPTS * Object.keys(kinds).length)
})

test('D4: the cookie is where `app.setCookieHeaders()` finds it, and not among the headers of the response as well', async () => {
  const { attachCookiesToResponse, getSetCookiesFromResponse } = await import(
    pathToFileURL(join(core, 'cookies/response.js')).href
  )
  const site = siteOf({}, async (context, page) => {
    const response = await sessionMiddleware(
      { cookie: {}, formerCookie: 'astro-session', isProduction: true },
      { getSecret: () => SECRET, store: memoryStore() },
    )(context, page)
    attachCookiesToResponse(response, context.cookies)
    expect(response.headers.getSetCookie()).toEqual([])
    expect([...getSetCookiesFromResponse(response)]).toEqual([expect.stringMatching(/^astro-session=[\w-]{32,}; .*HttpOnly/)])
    return response
  })
  expect(await site.ask('', async (session) => session.set('a', 1), 200)).toHaveLength(1)
})

holdListed(differences, 'astro.md')
