import { type AnySessions, adapterOf, type NodeResponse, presentedBy, propertiesOf, unlessOwnOnNode } from '../../core/adapter.ts'
import { type NodeRequest, withSession } from '../node.ts'

type Next = (error?: unknown) => void

/** The part of Nest's `HttpServer` that is used here. */
interface HttpAdapter {
  getType(): string
  getHttpServer(): { prependListener(event: 'upgrade', listener: (req: NodeRequest) => void): unknown }
  getInstance(): Fastify
  use(middleware: (req: NodeRequest, res: NodeResponse, next: Next) => void): unknown
}

/** The part of Fastify that is used here. */
interface Fastify {
  addHook(name: 'onRequest', hook: (request: { readonly raw: NodeRequest }, reply: object, done: Next) => void): unknown
}

/** What `imports` of a module of Nest takes. */
export interface SessionDynamicModule {
  readonly module: new () => { configure(consumer: object): void }
}

/** For `imports` of the root module of an application of Nest 11 and 12, over Express and over Fastify. */
export const SessionModule: {
  /**
   * Gives every request its session: `await request.session`, `@Session() session: Promise<…>` (both of the first kind of sessions, if
   * there are several) or `await sessions.open(request)`, in guards, interceptors, handlers and filters. What changed is stored before
   * the headers leave. A response of 500 or above changes nothing, except that a session that was ended stays ended; an exception that
   * is answered below 500 is an answer. The request of a WebSocket has the session of its upgrade.
   */
  forRoot(sessions: AnySessions): SessionDynamicModule
} = {
  forRoot(sessions) {
    const adapter = adapterOf(sessions)
    const show = (request: object): void => {
      if (!('session' in request)) SESSION.put(request, { sessions, request })
    }
    return {
      module: class CoatcheckSessionModule {
        configure(consumer: object): void {
          const http = (consumer as { getHttpAdapter(): HttpAdapter }).getHttpAdapter()
          const isFastify = http.getType() === 'fastify'
          const express = withSession(sessions)
          // Fastify hears of no error once its middleware was passed: the response is answered by the adapter.
          const fastify = withSession<NodeRequest, NodeResponse>(sessions, () => {})
          http.use((req, res, next) => {
            show(req)
            if (!isFastify) return express(req, res, next)
            // Fastify goes on at once, and would answer as well.
            const go = () => {
              fastify(req, res)
              next()
            }
            unlessOwnOnNode(adapter, req, res, go, next)
          })
          if (isFastify) {
            http.getInstance().addHook('onRequest', (request, _, done) => {
              adapter.stands(request, request.raw)
              show(request)
              done()
            })
          }
          http.getHttpServer().prependListener('upgrade', (req) => {
            // No response of ours answers it: what needs a cookie must fail, and not be lost in silence.
            adapter.requestSession(req, presentedBy(req)).finish()
            show(req)
          })
        }
      },
    }
  },
}

const SESSION = propertiesOf<{ readonly sessions: AnySessions; readonly request: object }>({
  session: {
    get({ sessions, request }) {
      const session = sessions.open(request as never)
      // A parameter that nobody awaits must not end the process with an unhandled rejection when the store is down.
      session.catch(() => {})
      return session
    },
  },
})
