import { createServer } from 'node:http'
import connect from 'connect'
import express, { type ErrorRequestHandler } from 'express'
import { Hono } from 'hono'
import { RouterContextProvider } from 'react-router'
import { describe, expect, test } from 'vitest'
import { quietly } from '../../test/helpers/adapter-stories.ts'
import { throughAstro } from '../../test/helpers/astro.ts'
import { clockFrom } from '../../test/helpers/clock.ts'
import { serving } from '../../test/helpers/serving.ts'
import { COOKIE, SECRET } from '../../test/helpers/site.ts'
import type { Session } from '../core/session/types.ts'
import { createSessions, type Sessions } from '../core/sessions.ts'
import { SessionError } from '../errors.ts'
import { memoryStore } from '../stores/memory.ts'
import { visitor } from '../testing/visitor.ts'
import { sessionMiddleware as astroMiddleware } from './astro/middleware.ts'
import { openSession } from './astro/session.ts'
import { withSession as viaFetch } from './fetch.ts'
import { withSession as viaHono } from './hono.ts'
import { withSession as viaNode } from './node.ts'
import { sessionMiddleware } from './react-router.ts'

type Page = (session: Session) => void
interface Told {
  readonly sessions: Sessions
  readonly options: { readonly store: ReturnType<typeof memoryStore>; readonly now: () => number }
}
/** Serves one request whose page does this; what the page throws goes where `catches` says. */
type Serve = (request: Request, page: Page) => Promise<Response>

const isNotFresh = (error: unknown): boolean => error instanceof SessionError && error.code === 'NOT_FRESH'
const confirm = (): Response => new Response(null, { status: 303, headers: { location: '/confirm' } })
const opened = (session: unknown): Session => session as Session

/** As each page is written: the error is turned into a redirect beside the call, inside the adapter. */
function within(page: Page, session: Session): Response {
  try {
    page(session)
    return new Response('ok')
  } catch (error) {
    if (!isNotFresh(error)) throw error
    return confirm()
  }
}

/** By node:http, whose pages know the number of their request. */
async function served(make: (pages: Map<string, Page>) => Parameters<typeof serving>[0]): Promise<Serve> {
  const pages = new Map<string, Page>()
  const { origin } = await serving(make(pages))
  return (request, page) => {
    const number = String(pages.size)
    pages.set(number, page)
    const cookie = request.headers.get('cookie')
    return fetch(`${origin}/${number}`, { redirect: 'manual', headers: cookie === null ? {} : { cookie } })
  }
}
const pageOf = (pages: Map<string, Page>, url = ''): Page => pages.get(url.slice(1)) ?? (() => {})

const inside: [string, (told: Told) => Serve | Promise<Serve>][] = [
  [
    'coatcheck/fetch',
    ({ sessions }) =>
      (request, page) =>
        viaFetch(sessions, async (inner: Request) => within(page, opened(await sessions.open(inner))))(request),
  ],
  [
    'coatcheck/node',
    ({ sessions }) =>
      served((pages) =>
        createServer(
          viaNode(sessions, async (req, res) => {
            const { status, headers } = within(pageOf(pages, req.url), opened(await sessions.open(req)))
            res.writeHead(status, Object.fromEntries(headers)).end()
          }),
        ),
      ),
  ],
  [
    'coatcheck/hono',
    ({ sessions }) =>
      async (request, page) => {
        const app = new Hono().use(viaHono(sessions))
        app.all('*', async (c) => within(page, opened(await sessions.open(c))))
        return app.fetch(request)
      },
  ],
  [
    'React Router’s middleware',
    ({ sessions }) => {
      const { middleware, getSession } = sessionMiddleware(sessions)
      return (request, page) => {
        const context = new RouterContextProvider()
        return middleware({ request, context }, async () => within(page, opened(await getSession(context))))
      }
    },
  ],
  [
    'Astro’s middleware',
    ({ options: { store, now } }) => {
      const site = { cookie: { name: COOKIE }, formerCookie: COOKIE, isProduction: true }
      const onRequest = astroMiddleware(site, { getSecret: () => undefined, store, settings: { secrets: SECRET, now } })
      return (request, page) =>
        throughAstro(onRequest, request, async (_, context) => within(page, opened(await openSession(context))))
    },
  ],
]

function place() {
  const clock = clockFrom()
  const store = memoryStore({ now: clock.now })
  const options = { store, now: clock.now }
  const sessions = createSessions({ secrets: SECRET, cookie: { name: COOKIE }, ...options })
  return { clock, told: { sessions, options } as Told }
}

/** Someone with a browser, whose requests this serves. */
function browsing(serve: Serve, now: () => number) {
  const who = visitor(async () => new Response(''), { now })
  return async (page: Page) => {
    const cookie = who.jar.header(who.origin)
    const response = await serve(new Request(who.origin, { headers: cookie === '' ? {} : { cookie } }), page)
    for (const line of response.headers.getSetCookie()) who.jar.set(line, who.origin)
    return response
  }
}

const tells = async (asks: ReturnType<typeof browsing>, act: (session: Session) => unknown): Promise<unknown> => {
  let told: unknown
  await asks((session) => {
    told = act(session)
  })
  return told
}

describe.each(inside)('behind %s', (_, serve) => {
  test('NOT_FRESH that a page turns into a redirect is one, and what the page changed before is stored', async () => {
    const { clock, told } = place()
    const asks = browsing(await serve(told), clock.now)
    await asks((session) => session.signIn('ada', { level: 'aal1' }))
    clock.advance(301)
    const response = await asks((session) => {
      session.set('wanted', '/transfer')
      session.requireFresh(300)
      session.set('done', true)
    })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/confirm'])
    const keys = (session: Session) => [session.owner, session.keys()]
    expect(await tells(asks, keys)).toEqual(['ada', ['wanted']])
    await asks((session) => session.elevate('aal2', { for: 60 }))
    const again = await asks((session) => {
      session.requireFresh(60, { level: 'aal2' })
      session.set('done', true)
    })
    expect(again.status).toBe(200)
    expect(await tells(asks, keys)).toEqual(['ada', ['wanted', 'done']])
  })

  test('all that a session says of its person goes through: remember, levels, a note, and acting as somebody else', async () => {
    const { clock, told } = place()
    const asks = browsing(await serve(told), clock.now)
    const response = await asks((session) => {
      session.signIn('eve', { remember: 40 * 86_400, level: 'aal2' })
      session.note({ device: 'Firefox' })
      session.set('desk', 4)
    })
    expect(response.headers.getSetCookie().join()).toContain(`Max-Age=${40 * 86_400}`)
    const at = clock.now()
    clock.advance(35 * 86_400)
    await asks((session) => session.impersonate('bob'))
    await asks((session) => session.set('cart', 1))
    const said = ({ owner, impersonator, authenticatedAt, level, note, keys }: Session) => [
      ...[owner, impersonator, authenticatedAt, level],
      ...[note(), keys()],
    ]
    const device = { device: 'Firefox' }
    expect(await tells(asks, said)).toEqual(['bob', 'eve', at, 'aal2', device, ['cart']])
    await asks((session) => session.endImpersonation())
    expect(await tells(asks, said)).toEqual(['eve', undefined, at, 'aal2', device, ['desk']])
    clock.advance(5 * 86_400)
    expect(await tells(asks, said)).toEqual([undefined, undefined, undefined, undefined, undefined, []])
  })
})

/** Where a framework has one place for errors, and what a request gets that nobody caught. */
const outside: [
  string,
  { status: number | 'rejects'; stored: boolean },
  (told: Told, catches: boolean) => Serve | Promise<Serve>,
][] = [
  [
    'coatcheck/fetch, around the adapter',
    { status: 'rejects', stored: false },
    ({ sessions }, catches) => {
      return async (request, page) => {
        const serve = viaFetch(sessions, async (inner: Request) => {
          page(opened(await sessions.open(inner)))
          return new Response('ok')
        })
        return serve(request).catch((error) => {
          if (catches && isNotFresh(error)) return confirm()
          throw error
        })
      }
    },
  ],
  [
    'Express, in its error handler',
    { status: 401, stored: true },
    ({ sessions }, catches) =>
      served((pages) => {
        const app = express().use(viaNode(sessions))
        app.use(async (req, res) => {
          pageOf(pages, req.url)(opened(await sessions.open(req)))
          res.send('ok')
        })
        const handler: ErrorRequestHandler = (error, _req, res, next) =>
          catches && isNotFresh(error) ? res.redirect(303, '/confirm') : next(error)
        return createServer(app.use(handler))
      }),
  ],
  [
    'Connect, in its error handler',
    { status: 401, stored: true },
    ({ sessions }, catches) =>
      served((pages) => {
        const app = connect().use(viaNode(sessions))
        app.use((req, res, next) => {
          sessions
            .open(req)
            .then((session) => pageOf(pages, req.url)(opened(session)))
            .then(() => res.end('ok'), next)
        })
        app.use((error: unknown, _req: unknown, res: import('node:http').ServerResponse, next: (error: unknown) => void) => {
          if (catches && isNotFresh(error)) res.writeHead(303, { location: '/confirm' }).end()
          else next(error)
        })
        return createServer(app)
      }),
  ],
  [
    'Hono, in its onError',
    { status: 500, stored: false },
    ({ sessions }, catches) =>
      async (request, page) => {
        const app = new Hono()
        app.onError((error, c) => (catches && isNotFresh(error) ? c.redirect('/confirm', 303) : c.text('failed', 500)))
        app.use(viaHono(sessions))
        app.all('*', async (c) => {
          page(opened(await sessions.open(c)))
          return c.text('ok')
        })
        return app.fetch(request)
      },
  ],
]

describe.each(outside)('%s', (_, expected, serve) => {
  const attempt = async (catches: boolean) => {
    quietly()
    const { clock, told } = place()
    const asks = browsing(await serve(told, catches), clock.now)
    await asks((session) => session.signIn('ada'))
    clock.advance(301)
    const answer = await asks((session) => {
      session.set('wanted', 1)
      session.requireFresh(300)
    }).catch((error) => ({ status: isNotFresh(error) ? 'rejects' : error, headers: new Headers() }))
    const location = answer.headers.get('location')
    return { status: answer.status, location, after: await tells(asks, (session) => [session.owner, session.keys()]) }
  }

  test('a redirect may be made there; whether the page’s other changes are stored is as for every error', async () => {
    const keys = expected.stored ? ['wanted'] : []
    expect(await attempt(true)).toEqual({ status: 303, location: '/confirm', after: ['ada', keys] })
  })

  test('what nobody catches signs nobody out', async () => {
    const { status, after } = await attempt(false)
    expect(status).toBe(expected.status)
    expect(after).toEqual(['ada', expected.stored ? ['wanted'] : []])
  })
})
