import {
  type AdapterSessions,
  adapterOf,
  delayHeaders,
  type NodeResponse,
  nodeHeaders,
  presentedBy,
  unlessOwnOnNode,
} from '../../core/adapter.ts'
import { memoryStore } from '../../stores/memory.ts'
import { Cookie, type CookieData, type CookieOptions, isHttps } from './express-session/cookie.ts'
import type { Http } from './express-session/http.ts'
import { type SessionOptions, sessionsWith, setupOf } from './express-session/options.ts'
import { Session } from './express-session/session.ts'
import { type MemoryStore as InMemory, memoryStoreClass, SessionStore } from './express-session/session-store.ts'
import { Store, type StoreConstructor } from './express-session/store.ts'
import { Visit } from './express-session/visit.ts'
import { VisitCookie } from './express-session/visit-cookie.ts'

/** A store in memory. */
export type MemoryStore = InMemory
export const MemoryStore: new () => MemoryStore = memoryStoreClass(memoryStore)

export { Cookie, type CookieData, type CookieOptions, Session, type SessionOptions, Store }

type Next = (error?: unknown) => void

/**
 * express-session's middleware, with the engine behind it: `req.session`, `req.sessionID` and `req.sessionStore` are as its documents say.
 * Of parallel requests each stores the keys that it changed, and nothing else; a session that was destroyed stays destroyed. The response
 * waits until the session is stored. Throws `BAD_OPTIONS` for options that cannot be meant; a store that fails reaches `next`.
 */
function session(options: SessionOptions = {}): (req: Http, res: NodeResponse, next: Next) => void {
  const setup = setupOf(options)
  const own = setup.secrets && adapterOf(sessionsWith(setup, setup.secrets))
  /** By the secret of cookie-parser, where the options have none. */
  const others = new Map<string, AdapterSessions>()
  const adapterFor = (secret: string): AdapterSessions => {
    const adapter = others.get(secret) ?? adapterOf(sessionsWith(setup, [secret]))
    others.set(secret, adapter)
    return adapter
  }
  const sessionStore = SessionStore.over(setup.store, setup.upstream)
  return (req, res, next) => {
    if (Object.hasOwn(req, 'session') || !sessionStore.isReady) return next()
    const cookie = setup.cookieOf(req)
    if (!pathOf(req).startsWith(cookie.path || '/')) return next()
    const adapter = own ?? (req.secret === undefined ? undefined : adapterFor(req.secret))
    if (!adapter) return next(new Error('secret option required for sessions'))
    unlessOwnOnNode(adapter, req, res, () => pass(adapter, cookie, req, res, next), next)
  }

  function pass(adapter: AdapterSessions, cookie: CookieOptions, req: Http, res: NodeResponse, next: Next): void {
    const requestSession = adapter.requestSession(req, presentedBy(req))
    const opened = requestSession.open().then(async (live) => {
      const visitCookie = new VisitCookie(cookie, isHttps(req, options.proxy), live, requestSession.now)
      const visit = new Visit(setup, req, requestSession, live, visitCookie)
      sessionStore.attend(req, visit, adapter)
      await visit.show()
      const hooks = {
        before: () => visit.settle(nodeHeaders(res)),
        failed: next,
        sent: () => requestSession.finish(),
      }
      // A response that is none (the one of an upgrade): what is saved is stored, and no cookie can be sent.
      if (!delayHeaders(res, hooks)) requestSession.finish()
    })
    opened.then(() => next(), next)
  }
}

const pathOf = ({ originalUrl, url = '/' }: Http): string => {
  const [path = '/'] = (originalUrl ?? url).split('?')
  return path.startsWith('/') ? path : (URL.parse(path)?.pathname ?? '/')
}

interface ExpressSession {
  (options?: SessionOptions): (req: Http, res: NodeResponse, next: Next) => void
  readonly Cookie: typeof Cookie
  readonly MemoryStore: typeof MemoryStore
  readonly Session: typeof Session
  readonly Store: StoreConstructor
}

/** The types that applications reach by the default import, as in `session.SessionOptions`; a namespace cannot name what it hides. */
interface Types {
  Cookie: Cookie
  CookieData: CookieData
  CookieOptions: CookieOptions
  MemoryStore: MemoryStore
  Session: Session
  SessionOptions: SessionOptions
  Store: Store
}
declare namespace exported {
  export type Cookie = Types['Cookie']
  export type CookieData = Types['CookieData']
  export type CookieOptions = Types['CookieOptions']
  export type MemoryStore = Types['MemoryStore']
  export type Session = Types['Session']
  export type SessionOptions = Types['SessionOptions']
  export type Store = Types['Store']
}

const exported: ExpressSession = Object.assign(session, { Cookie, MemoryStore, Session, Store })
export default exported
