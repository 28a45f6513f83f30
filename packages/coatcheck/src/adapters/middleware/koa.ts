import { type AdapterSessions, adapterOf, besides, unlessOwnOnNode } from '../../core/adapter.ts'
import type { KoaApp, KoaContext } from './koa/http.ts'
import type { SessionOptions } from './koa/interface.ts'
import { secretsOf, sessionsWith, setupOf } from './koa/options.ts'
import type { Session } from './koa/session.ts'
import { Visit } from './koa/visit.ts'

export type { Session, SessionOptions }

/** On the prototype of an application's contexts: the session of each. Koa-session's second middleware, too, uses the first one's options. */
const VISIT = Symbol.for('coatcheck.koa')

/** The part of Koa's middleware that is used here. */
export type Middleware = (ctx: never, next: () => Promise<unknown>) => Promise<void>

const isApp = (given: unknown): given is KoaApp => typeof (given as KoaApp | undefined)?.use === 'function'

/**
 * koa-session's middleware, with the engine behind it: `ctx.session` and `ctx.sessionOptions` are as its documents say. Of parallel requests
 * each stores the keys that it changed, and nothing else; a session that was ended stays ended. The cookie of a request that throws is sent
 * too. Throws `BAD_OPTIONS` or a `TypeError` for options that cannot be meant; a store that fails makes the middleware throw.
 */
export function createSession(options: SessionOptions | undefined, app: object): Middleware
export function createSession(app: object, options?: SessionOptions): Middleware
export function createSession(one: unknown, other: unknown): Middleware {
  const [app, options = {}] = isApp(one) ? [one, other as SessionOptions | undefined] : [other, one as SessionOptions | undefined]
  if (!isApp(app)) throw new TypeError('app instance required: `session(opts, app)`')
  const setup = setupOf(options ?? {})
  const adapters = new Map<string, AdapterSessions>()
  const adapterFor = (ctx: KoaContext): AdapterSessions => {
    const secrets = secretsOf(setup, ctx.app)
    if (setup.options.ContextStore) return adapterOf(sessionsWith(setup, secrets, ctx))
    const key = JSON.stringify(secrets)
    const adapter = adapters.get(key) ?? adapterOf(sessionsWith(setup, secrets, ctx))
    adapters.set(key, adapter)
    return adapter
  }
  const visits = besides<Visit>()
  const visitOf = (ctx: KoaContext): Visit => {
    const visit = visits.get(ctx) ?? new Visit(setup, ctx, adapterFor(ctx))
    visits.set(ctx, visit)
    return visit
  }
  const { context } = app
  if (!Object.hasOwn(context, VISIT)) {
    Object.defineProperties(context, {
      [VISIT]: { value: visitOf },
      session: {
        configurable: true,
        get(this: KoaContext) {
          return visitOf(this).get()
        },
        set(this: KoaContext, value: unknown) {
          visitOf(this).set(value)
        },
      },
      sessionOptions: {
        get(this: KoaContext) {
          return visitOf(this).options
        },
      },
    })
  }
  const pass = async (ctx: KoaContext, next: () => Promise<unknown>): Promise<void> => {
    const visit = (context as { [VISIT]: typeof visitOf })[VISIT](ctx)
    await visit.open()
    await next()
    // After a throw the session is stored when the headers of the error leave.
    await visit.end()
  }
  if (!setup.options.deviceBound) return pass
  return (ctx: KoaContext, next) =>
    new Promise((done, failed) => {
      const { req, res } = ctx
      unlessOwnOnNode(adapterFor(ctx), req, res, () => done(pass(ctx, next)), failed, done)
    })
}

export default createSession
