import {
  type AdapterSessions,
  type AskedOf,
  besides,
  delayHeaders,
  type NodeResponse,
  takeBack,
  unlessOwnOnNode,
} from '../../../core/adapter.ts'
import { bad } from '../../../errors.ts'
import type { Visit } from './visit.ts'

/** The part of Fastify's request that is used here. `raw`: that of node:http or node:http2. */
export interface FastifyRequest {
  readonly raw: AskedOf & { readonly headers: { readonly [name: string]: string | string[] | undefined } }
  readonly protocol: string
}

/** The part of Fastify's reply that is used here. */
export interface FastifyReply {
  readonly raw: NodeResponse
  hijack(): unknown
  callNotFound(): unknown
  readonly log: Readonly<Record<'error' | 'debug', (about: object, message: string) => void>>
}

type Done = (error?: unknown, payload?: unknown) => void

/** The part of Fastify's instance that is used here. */
export interface FastifyInstance {
  readonly prefix: string
  route(route: { method: 'POST'; url: string; handler: (request: object, reply: FastifyReply) => void }): unknown
  decorate(name: string, value: unknown): unknown
  decorateRequest(name: string, value: unknown): unknown
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: FastifyReply, done: Done) => void): unknown
  addHook(name: 'onSend', hook: (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done) => void): unknown
}

/** A plugin as `app.register` takes it. */
export type Plugin<Options> = (instance: object, options: Options, done: (error?: Error) => void) => void

/** As fastify-plugin does: what it adds belongs to the scope that registered it, and to the scopes within. */
export function plugin<Options>(name: string, serve: (instance: FastifyInstance, options: Options) => void): Plugin<Options> {
  const registered: Plugin<Options> = (instance, options, done) => {
    try {
      serve(instance as FastifyInstance, options)
      done()
    } catch (error) {
      done(error as Error)
    }
  }
  return Object.assign(registered, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: name,
    [Symbol.for('plugin-meta')]: { name, fastify: '5.x' },
  })
}

/** Adds a decorator that another registration in the same scope may have added already. */
export function decorateOnce(instance: FastifyInstance, name: string, value: unknown): void {
  if (!Object.hasOwn(instance, name)) instance.decorate(name, value)
}

/** A scope sees requests of its routes only: those that browsers ask are of no other. */
function answerIn(instance: FastifyInstance, { core: { engine } }: AdapterSessions): void {
  const { prefix } = instance
  const { path } = engine.deviceBound ?? {}
  if (path === undefined) return
  if (!path.startsWith(`${prefix}/`))
    throw bad('deviceBound.path', `is ${path}, in a scope whose routes begin with ${prefix}`, 'Begin it with the prefix.')
  const handler = (_: object, reply: FastifyReply): void => void reply.callNotFound()
  instance.route({ method: 'POST', url: `${path.slice(prefix.length)}/:step`, handler })
}

/** Gives each request of this scope its session, of `adapter`, under `name`. `begin` gives undefined for requests that have none. */
export function serveVisits(
  instance: FastifyInstance,
  name: string,
  adapter: () => AdapterSessions,
  begin: (request: FastifyRequest, reply: FastifyReply) => Visit | undefined,
): void {
  answerIn(instance, adapter())
  const visits = besides<Visit>()
  /** What is shown where there is no session: a request elsewhere, or one whose session could not be read. */
  const none = besides<{ shown: unknown }>()
  instance.decorateRequest(name, {
    getter(this: object) {
      const shows = visits.get(this) ?? none.get(this)
      return shows ? shows.shown : null
    },
    setter(this: object, value: unknown) {
      const shows = visits.get(this) ?? none.get(this)
      if (shows) shows.shown = value
    },
  })
  instance.addHook('onRequest', (request, reply, done) => {
    none.set(request, { shown: {} })
    const go = (): void => {
      const visit = begin(request, reply)
      if (!visit) {
        done()
        return
      }
      const opened = visit.open().then(() => {
        visits.set(request, visit)
        hold(visit, reply)
      })
      opened.then(() => done(), done)
    }
    const { raw } = request
    unlessOwnOnNode(adapter(), raw, reply.raw, go, done, () => reply.hijack())
  })
  const storing = besides<boolean>()
  instance.addHook('onSend', (request, { log }, payload, done) => {
    const visit = visits.get(request)
    if (!visit) return done(null, payload)
    // @fastify/passport redirects in a hook, and lets the handler answer too. Fastify would send both, and end the process.
    if (storing.get(request)) return log.debug({}, 'coatcheck: a second answer came while the first waited for its session.')
    storing.set(request, true)
    const stored = (error: Error | null): void => {
      storing.set(request, false)
      // A store that fails reaches the error handler of the application.
      done(error, payload)
    }
    visit.commit().then(() => stored(null), stored)
  })
}

/** `reply.raw` and `reply.hijack()` skip the hook onSend; the headers pass here all the same. */
function hold(visit: Visit, { raw, log }: FastifyReply): void {
  const failed = (error: unknown): void => {
    log.error({ err: error }, 'coatcheck: the session was not stored, and the response is a 500 instead.')
    takeBack(raw)
    raw.setHeader('content-type', 'application/json; charset=utf-8')
    const { message } = error as Error
    ;(raw as { end(body: string): unknown }).end(JSON.stringify({ statusCode: 500, error: 'Internal Server Error', message }))
  }
  const hooks = { before: () => visit.settle(raw), failed, sent: () => visit.finish() }
  // A response that is none (the one of an upgrade): what is saved is stored, and no cookie can be sent.
  if (!delayHeaders(raw, hooks)) visit.finish()
}
