import { createServer } from 'node:http'
import { H3, type H3Event } from 'h3'
import { createApp, eventHandler, toWebHandler } from 'h3-v1'
import { Hono } from 'hono'
import { RouterContextProvider } from 'react-router'
import { sessionMiddleware as astroMiddleware } from '../../src/adapters/astro/middleware.ts'
import { withSession as viaFetch } from '../../src/adapters/fetch.ts'
import { type H3EventLike, type SessionConfig, useSession } from '../../src/adapters/h3.ts'
import { withSession as viaHono } from '../../src/adapters/hono.ts'
import { AppSession, CookieSessionStorage, SessionStorage, withSession as viaHydrogen } from '../../src/adapters/hydrogen.ts'
import { withSession as viaNode } from '../../src/adapters/node.ts'
import { sessionMiddleware } from '../../src/adapters/react-router.ts'
import { createCookieSessionStorage, createSessionStorage } from '../../src/adapters/remix.ts'
import * as remix3 from '../../src/adapters/remix3.ts'
import { sessionHandle } from '../../src/adapters/sveltekit.ts'
import type { OnReplay } from '../../src/core/engine.ts'
import type { SessionEvent } from '../../src/core/model/events.ts'
import type { SharedOptions } from '../../src/core/options/options.ts'
import type { NewIdOptions, Session } from '../../src/core/session/types.ts'
import { createSessions } from '../../src/core/sessions.ts'
import type { Store } from '../../src/stores/store.ts'
import { throughAstro } from './astro.ts'
import { answerNode, serving } from './serving.ts'
import { COOKIE } from './site.ts'
import { type Handle, throughKit } from './sveltekit.ts'

/** What a site says of its sessions, in whatever words its adapter has for it. */
export interface Told {
  /** Left out: sessions are sealed in the cookie. */
  readonly store?: Store
  readonly revocations?: NonNullable<SharedOptions['revocations']>
  /** The first writes. */
  readonly secrets: readonly string[]
  readonly now: () => number
  readonly onEvent: (event: SessionEvent) => void
  readonly maxRequestTime?: number
  readonly grace?: number
  readonly onReplay?: OnReplay
}

/** The session of one request, in the words of its adapter. */
export interface Held {
  get(key: string): unknown
  set(key: string, value: unknown): unknown
  /** Ends it. */
  end(): unknown
  /** A new id. Left out where the adapter has no way to ask for one. */
  renew?(): unknown
  /** Leaves a value for the next time it is read, or reads one. Left out where the adapter has the words of another library for it. */
  flash?(key: string, value?: string): unknown
  /** Left out where the adapter does not know whose a session is. */
  signIn?(owner: string, note?: NewIdOptions): unknown
}

/** What a page does with it; a `Response` it returns is the answer. */
export type Act = (held: Held) => unknown

export type Serve = (request: Request, act: Act) => Promise<Response>

export interface Adapter {
  readonly name: string
  /** Its cookie does not say with which secret it was signed: one that is not known cannot be told from a forged one. */
  readonly namesNoSecret?: boolean
  serve(told: Told): Serve | Promise<Serve>
}

/** The same of a session of core itself. */
export const ofCore = (session: Session): Held => ({
  get: (key) => session.get(key),
  set: (key, value) => session.set(key, value),
  end: () => session.destroy(),
  renew: () => session.regenerateId(),
  flash: (key, ...value) => session.flash(key, ...(value as [])),
  signIn: (owner, note) => session.signIn(owner, note),
})

const named = ({ secrets, ...told }: Told) => createSessions({ secrets, cookie: { name: COOKIE }, ...told })

const replied = (result: unknown): Response => (result instanceof Response ? result : new Response('ok'))

function withLine(response: Response, line: string): Response {
  if (line !== '') response.headers.append('set-cookie', line)
  return response
}

/** A page under a number, for requests that cross a socket. */
function numbered(): { readonly take: (visit: string) => Act; readonly add: (act: Act) => string } {
  const acts = new Map<string, Act>()
  return {
    add(act) {
      const visit = String(acts.size)
      acts.set(visit, act)
      return visit
    },
    take: (visit) => acts.get(visit) ?? (() => {}),
  }
}

const byH3 = (told: Told) => {
  const { secrets, ...rest } = told
  const config: SessionConfig = { ...rest, name: COOKIE, password: [...secrets], sessionHeader: false, issue: 'when-stored' }
  return async (event: H3EventLike, act: Act) => {
    const session = await useSession(event, config)
    return replied(
      await act({
        get: (key) => session.data[key],
        set: (key, value) => session.update({ [key]: value }),
        end: () => session.clear(),
        renew: () => session.rotate(),
      }),
    )
  }
}

export const adapters: readonly Adapter[] = [
  {
    name: 'coatcheck/fetch',
    serve(told) {
      const sessions = named(told)
      return (request, act) =>
        viaFetch(sessions, async (inner: Request) => {
          return replied(await act(ofCore((await sessions.open(inner)) as Session)))
        })(request)
    },
  },
  {
    name: 'coatcheck/sveltekit',
    serve(told) {
      const sessions = named(told)
      const handle: Handle = sessionHandle(sessions)
      return (request, act) =>
        throughKit(handle, request, async (event) => replied(await act(ofCore((await event.locals.session) as Session))))
    },
  },
  {
    name: 'coatcheck/node',
    async serve(told) {
      const sessions = named(told)
      const pages = numbered()
      const { origin } = await serving(
        createServer(
          viaNode(sessions, async (req, res) => {
            const page = pages.take(req.url?.slice(1) ?? '')
            await answerNode(res, replied(await page(ofCore((await sessions.open(req)) as Session))))
          }),
        ),
      )
      return ({ method, headers }, act) => fetch(`${origin}/${pages.add(act)}`, { method, headers, redirect: 'manual' })
    },
  },
  {
    name: 'coatcheck/hono',
    serve(told) {
      const sessions = named(told)
      return async (request, act) => {
        const app = new Hono()
        app.onError((_, c) => c.text('failed', 500))
        app.use(viaHono(sessions))
        app.all('*', async (c) => {
          return replied(await act(ofCore((await sessions.open(c)) as Session)))
        })
        return app.fetch(request)
      }
    },
  },
  {
    name: 'Remix’s storage',
    serve({ secrets, ...told }) {
      const cookie = { name: COOKIE, secrets: [...secrets], secure: true, path: '/' }
      const { store, ...rest } = told
      const storage = store
        ? createSessionStorage<Record<string, unknown>>({ cookie, ...rest, store })
        : createCookieSessionStorage<Record<string, unknown>>({ cookie, ...rest })
      return async (request, act) => {
        const session = await storage.getSession(request.headers.get('cookie'))
        let ends = false
        const result = await act({
          get: (key) => session.get(key),
          set: (key, value) => session.set(key, value),
          end: () => {
            ends = true
          },
          renew: () => session.regenerateId(),
          signIn: (owner, note) => session.signIn(owner, note),
        })
        const line = ends ? await storage.destroySession(session) : await storage.commitSession(session)
        return withLine(replied(result), line)
      }
    },
  },
  {
    name: 'React Router’s middleware',
    serve(told) {
      const { middleware, getSession } = sessionMiddleware(named(told))
      return (request, act) => {
        const context = new RouterContextProvider()
        return middleware({ request, context }, async () => {
          return replied(await act(ofCore((await getSession(context)) as Session)))
        })
      }
    },
  },
  {
    name: 'Remix 3’s middleware',
    namesNoSecret: true,
    serve({ secrets, ...told }) {
      const cookie = remix3.createCookie(COOKIE, { secrets: [...secrets], secure: true, path: '/' })
      const { store, ...rest } = told
      const storage = store
        ? remix3.createSessionStorage({ ...rest, store })
        : remix3.createCookieSessionStorage({ ...rest, secrets: [...secrets] })
      const middleware = remix3.session(cookie, storage)
      return (request, act) => {
        const context = { request } as remix3.RequestContext & { session: remix3.Session }
        return middleware(context, async () => {
          const { session } = context
          const result = await act({
            get: (key) => session.get(key),
            set: (key, value) => session.set(key, value),
            end: () => session.destroy(),
            renew: () => session.regenerateId(),
          })
          return replied(result)
        })
      }
    },
  },
  {
    name: 'h3 2',
    serve(told) {
      const page = byH3(told)
      return async (request, act) => {
        const app = new H3({ silent: true })
        app.all('/**', (event: H3Event) => page(event, act))
        return app.fetch(request)
      }
    },
  },
  {
    name: 'h3 1',
    serve(told) {
      const page = byH3(told)
      return (request, act) => {
        const app = createApp({ onError: () => {} })
        app.use(eventHandler((event) => page(event, act)))
        return toWebHandler(app)(request)
      }
    },
  },
  {
    name: 'Hydrogen 1',
    serve({ secrets, ...told }) {
      const { store, ...rest } = { ...told, secrets: [...secrets], path: '/', secure: true }
      const storage = store ? SessionStorage(COOKIE, { ...rest, store }) : CookieSessionStorage(COOKIE, rest)
      return (request, act) =>
        viaHydrogen(storage, async (_, { session }) =>
          replied(
            await act({
              get: async (key) => (await session.get())[key],
              set: (key, value) => session.set(key, value as string),
              end: () => session.destroy(),
            }),
          ),
        )(request)
    },
  },
  {
    name: 'Hydrogen 2026',
    serve({ secrets, ...told }) {
      return async (request, act) => {
        const session = await AppSession.init(request, secrets, { ...told, name: COOKIE, secure: true })
        let line = ''
        const result = await act({
          get: (key) => session.get(key),
          set: (key, value) => session.set(key, value),
          end: async () => {
            line = await session.destroy()
          },
        })
        if (session.isPending) line = await session.commit()
        return withLine(replied(result), line)
      }
    },
  },
  {
    name: 'Astro’s middleware',
    serve({ secrets, store, now, onEvent, revocations, ...times }) {
      const site = { cookie: { name: COOKIE }, formerCookie: COOKIE, isProduction: true, ...times }
      const settings = { secrets, now, onEvent, ...(revocations && { revocations }) }
      const onRequest = astroMiddleware(site, { getSecret: () => undefined, store: store ?? null, settings })
      return (request, act) =>
        throughAstro(onRequest, request, async (session) => {
          const result = await act({
            get: (key) => session.get(key),
            set: (key, value) => session.set(key, value),
            end: () => session.destroy(),
            renew: () => session.regenerate(),
          })
          return replied(result)
        })
    },
  },
]
