import { H3, type H3Event } from 'h3'
import { RouterContextProvider } from 'react-router'
import type { SessionEvent } from '../../src/core/events.ts'
import { createSessions } from '../../src/core/sessions.ts'
import { sessionMiddleware as astroMiddleware } from '../../src/frameworks/astro/middleware.ts'
import type { SessionMethods } from '../../src/frameworks/astro/visit.ts'
import { getSession } from '../../src/frameworks/h3.ts'
import { AppSession, CookieSessionStorage, SessionStorage, withSession } from '../../src/frameworks/hydrogen.ts'
import { sessionMiddleware } from '../../src/frameworks/react-router.ts'
import { createCookieSessionStorage, createSessionStorage } from '../../src/frameworks/remix.ts'
import type { Store } from '../../src/stores/store.ts'

/** The sessions of a site, as every face is told of them. */
export interface Site {
  readonly cookie: string
  readonly secret: string
  readonly store?: Store
  readonly now: () => number
  readonly onEvent: (event: SessionEvent) => void
}

/** What a request to a site behind a face came to: the values of its session. */
export interface Looked {
  readonly values: Readonly<Record<string, unknown>>
  readonly response: Response
}

/** A face, and a page of it that reads the session and changes nothing. */
export interface Face {
  readonly name: string
  look(site: Site, headers: Headers): Promise<Looked>
}

const URL = 'https://app.test/'

export const faces: readonly Face[] = [
  {
    name: 'h3',
    async look({ cookie, secret, ...rest }, headers) {
      let values = {}
      const app = new H3().get('/', async (event: H3Event) => {
        const session = await getSession(event, { name: cookie, password: secret, ...rest })
        values = { ...session.data }
        return 'ok'
      })
      return { response: await app.fetch(new Request(URL, { headers })), values }
    },
  },
  {
    name: 'Remix',
    async look({ cookie: name, secret, store, ...rest }, headers) {
      const cookie = { name, secrets: [secret], secure: true, path: '/' }
      const { getSession, commitSession } = store
        ? createSessionStorage({ cookie, store, ...rest })
        : createCookieSessionStorage({ cookie, chunks: true, ...rest })
      const session = await getSession(headers.get('cookie'))
      const values = { ...session.data }
      const line = await commitSession(session)
      return { response: new Response('ok', line === '' ? {} : { headers: { 'set-cookie': line } }), values }
    },
  },
  {
    name: 'React Router’s middleware',
    async look({ cookie: name, secret, ...rest }, headers) {
      const sessions = createSessions({ secrets: secret, cookie: { name }, ...rest })
      const { middleware, getSession } = sessionMiddleware(sessions)
      const context = new RouterContextProvider()
      let values = {}
      const response = await middleware({ request: new Request(URL, { headers }), context }, async () => {
        values = { ...(await getSession(context)).data }
        return new Response('ok')
      })
      return { response, values }
    },
  },
  {
    name: 'Hydrogen 1',
    async look({ cookie, secret, store, ...rest }, headers) {
      const options = { secrets: secret, path: '/', secure: true, ...rest }
      let values = {}
      const storage = store ? SessionStorage(cookie, { store, ...options }) : CookieSessionStorage(cookie, options)
      const page = withSession(storage, async (_request, { session }) => {
        values = { ...(await session.get()) }
      })
      return { response: await page(new Request(URL, { headers })), values }
    },
  },
  {
    name: 'Hydrogen 2026',
    async look({ cookie, secret, ...rest }, headers) {
      const request = new Request(URL, { headers })
      const session = await AppSession.init(request, [secret], { name: cookie, secure: true, ...rest })
      const line = session.isPending ? await session.commit() : ''
      const present = ['name', 'text', 'user', 'cart'].filter((key) => session.has(key))
      return {
        response: new Response('', line === '' ? {} : { headers: { 'set-cookie': line } }),
        values: Object.fromEntries(present.map((key) => [key, session.get(key)])),
      }
    },
  },
  {
    name: 'Astro',
    async look({ cookie, secret, store, ...settings }, headers) {
      const site = { cookie: { name: cookie }, formerCookie: cookie, isProduction: true }
      const onRequest = astroMiddleware(site, { getSecret: () => secret, store: store ?? null, settings })
      // In the place of the object that Astro makes, which real Astro is needed for.
      const session = new (class AstroSession {})() as SessionMethods
      let values = {}
      const context = { request: new Request(URL, { headers }), session, isPrerendered: false, routePattern: '/' }
      const response = await onRequest(context, async () => {
        values = Object.fromEntries(await session.entries())
        return new Response('ok')
      })
      return { response, values }
    },
  },
]
