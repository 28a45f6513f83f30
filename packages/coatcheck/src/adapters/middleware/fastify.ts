import { headersOf, presentedBy } from '../../core/adapter.ts'
import { memoryStore } from '../../stores/memory.ts'
import { type MemoryStore as InMemory, memoryStoreClass } from './express-session/session-store.ts'
import { Store, type StoreConstructor } from './express-session/store.ts'
import type { SecureSessionOptions, SessionOptions } from './fastify/interface.ts'
import { setupOf } from './fastify/options.ts'
import { decorateOnce, type FastifyRequest, type Plugin, plugin, serveVisits } from './fastify/plugin.ts'
import { decorateCodec } from './fastify/secure-codec.ts'
import { secureSetupOf } from './fastify/secure-options.ts'
import type { SecureSession } from './fastify/secure-session.ts'
import { SecureVisit } from './fastify/secure-visit.ts'
import type { Session } from './fastify/session.ts'
import { SessionVisit } from './fastify/session-visit.ts'

export type { Cookie, CookieOptions } from './fastify/cookie.ts'
/** A store in memory. */
export type MemoryStore = InMemory
export const MemoryStore: new () => MemoryStore = memoryStoreClass(memoryStore)

export { type Plugin, type SecureSession, type SecureSessionOptions, type Session, type SessionOptions, Store }

/** As @fastify/session: its cookie's path counts by whole parts. */
function isBelow(path: string, cookiePath: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
}

const registered: Plugin<SessionOptions> = plugin('coatcheck', (instance, options) => {
  const setup = setupOf(options)
  const path = setup.cookie.path || '/'
  const isHttps = ({ protocol }: FastifyRequest): boolean => protocol === 'https'
  serveVisits(instance, setup.sessionName, setup.adapter, (request) => {
    const { raw } = request
    if (!isBelow((raw.url ?? '/').split('?', 1)[0] ?? '/', path)) return undefined
    return new SessionVisit(setup, setup.adapter().requestSession(raw, presentedBy(raw)), isHttps(request))
  })
  if (setup.sessionName === 'session') instance.decorateRequest('sessionStore', { getter: () => setup.sessionStore })
  decorateOnce(
    instance,
    'decryptSession',
    (cookie: string, request: Partial<FastifyRequest> & { session?: unknown }, ...more: unknown[]) => {
      const done = more.at(-1) as (error?: unknown) => void
      const cookieOptions = more.length > 1 ? (more[0] as SessionOptions['cookie']) : {}
      const requestSession = setup.adapter().detached(headersOf(`${setup.cookieName}=${encodeURIComponent(cookie)}`))
      requestSession.commitsByCall = true
      const show = (session: Session | null): void => {
        request.session = session
      }
      const its = { ...setup, cookie: { ...setup.cookie, ...cookieOptions } }
      new SessionVisit(its, requestSession, request.protocol === 'https', show).open().then(() => done(), done)
    },
  )
})

/** The plugin, and what @fastify/session exports beside it. */
export interface FastifySession extends Plugin<SessionOptions> {
  readonly Store: StoreConstructor
  readonly MemoryStore: typeof MemoryStore
}

/**
 * The plugin of @fastify/session, with the engine behind it: `request.session` is as its documents say. Of parallel requests each stores the keys
 * that it changed, and nothing else; a session that was destroyed stays destroyed. Serves the scope that registers it. Wrong options, and a store
 * that fails, reach Fastify.
 */
export const fastifySession: FastifySession = Object.assign(registered, { Store, MemoryStore })

/**
 * The plugin of @fastify/secure-session: `request.session` is as its documents say, sealed in the cookie or, with `store`, in a store. A list of
 * options is a list of sessions, each with a name.
 */
export const fastifySecureSession: Plugin<SecureSessionOptions | readonly SecureSessionOptions[]> = plugin(
  'coatcheck-secure-session',
  (instance, options) => {
    const setups = [options].flat().map((each) => secureSetupOf(each as SecureSessionOptions))
    for (const setup of setups) {
      serveVisits(
        instance,
        setup.sessionName,
        () => setup.adapter,
        ({ raw, protocol }) => {
          return new SecureVisit(setup, setup.adapter.requestSession(raw, presentedBy(raw)), protocol === 'https')
        },
      )
    }
    decorateCodec(instance, setups)
  },
)

export default fastifySession
