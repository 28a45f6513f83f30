import { H3, type H3Event } from 'h3'
import { RouterContextProvider } from 'react-router'
import { sessionMiddleware as astroMiddleware } from '../../src/adapters/astro/middleware.ts'
import { getSession } from '../../src/adapters/h3.ts'
import { AppSession, CookieSessionStorage, SessionStorage, withSession } from '../../src/adapters/hydrogen.ts'
import { sessionMiddleware } from '../../src/adapters/react-router.ts'
import { createCookieSessionStorage, createSessionStorage } from '../../src/adapters/remix.ts'
import * as remix3 from '../../src/adapters/remix3.ts'
import { sessionHandle } from '../../src/adapters/sveltekit.ts'
import { isIdle } from '../../src/cookies/idle.ts'
import type { SessionEvent } from '../../src/core/model/events.ts'
import type { Session } from '../../src/core/session/types.ts'
import { createSessions } from '../../src/core/sessions.ts'
import type { Store } from '../../src/stores/store.ts'
import { throughAstro } from './astro.ts'
import { type Handle, throughKit } from './sveltekit.ts'

/** The sessions of a site, as every adapter is told of them. */
export interface Site {
  readonly cookie: string
  readonly secret: string
  readonly store?: Store
  readonly now: () => number
  readonly onEvent: (event: SessionEvent) => void
}

/** What a request to a site behind an adapter came to: the values of its session. */
export interface Looked {
  readonly values: Readonly<Record<string, unknown>>
  readonly response: Response
}

/** An adapter, and a page of it that reads the session and changes nothing. */
export interface Adapter {
  readonly name: string
  look(site: Site, headers: Headers): Promise<Looked>
  /** The value of the cookie of a session whose `name` is this, where that is not the engine's ticket itself. */
  ticket?(site: Site, name: string): Promise<string>
  /** Attacks that are made of the engine's bare ticket, which this adapter's cookie is not: they are tried on the engine and the other adapters. */
  readonly otherForm?: readonly string[]
}

const URL = 'https://app.test/'

export const adapters: readonly Adapter[] = [
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
    name: 'SvelteKit',
    async look({ cookie: name, secret: secrets, ...rest }, headers) {
      let values = {}
      const handle: Handle = sessionHandle(createSessions({ secrets, cookie: { name }, ...rest }))
      const response = await throughKit(handle, new Request(URL, { headers }), async (event) => {
        values = { ...((await event.locals.session) as Session).data }
        return new Response('ok')
      })
      return { response, values }
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
      return { response: new Response('ok', isIdle(line) ? {} : { headers: { 'set-cookie': line } }), values }
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
      let values = {}
      const response = await throughAstro(onRequest, new Request(URL, { headers }), async (session) => {
        values = Object.fromEntries(await session.entries())
        return new Response('ok')
      })
      return { response, values }
    },
  },
  {
    name: 'Remix 3',
    // The ticket is inside a signature, in base64. What is changed in that: adapters/remix3/findings.test.ts.
    otherForm: 'CK-028 TK-001 TK-005 TK-014 TK-016 TK-024 TK-025 TK-026 TK-027 TK-028 TK-031 TK-036 TK-037'.split(' '),
    async look(site, headers) {
      let values = {}
      const response = await behindRemix3(site, headers, (session) => {
        values = session.data[0]
      })
      return { response, values }
    },
    async ticket(site, name) {
      const response = await behindRemix3(site, new Headers(), (session) => session.set('name', name))
      return (
        response.headers
          .getSetCookie()[0]
          ?.split(';')[0]
          ?.slice(site.cookie.length + 1) ?? ''
      )
    },
  },
]

async function behindRemix3(
  { cookie: name, secret, store, ...rest }: Site,
  headers: Headers,
  act: (session: remix3.Session) => unknown,
): Promise<Response> {
  const cookie = remix3.createCookie(name, { secrets: [secret] })
  const storage = store ? remix3.createSessionStorage({ store, ...rest }) : remix3.createCookieSessionStorage(rest)
  const context = { request: new Request(URL, { headers }) } as remix3.RequestContext & { session: remix3.Session }
  return remix3.session(cookie, storage)(context, async () => {
    act(context.session)
    return new Response('ok')
  })
}
