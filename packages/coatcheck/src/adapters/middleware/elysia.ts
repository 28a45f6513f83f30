import {
  type AdapterSessions,
  adapterOf,
  answered,
  type Session,
  type Sessions,
  takenBack,
  throughAdapter,
  unlessOwn,
} from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import type { WebRequest, WebResponse } from '../../web.ts'

type Handle = (request: WebRequest, ...rest: unknown[]) => WebResponse | undefined | Promise<WebResponse | undefined>

/** The part of an application of Elysia that is used here. */
export interface ElysiaApp {
  readonly config: { readonly aot?: boolean }
  wrap(around: never): unknown
  derive(options: { as: 'global' }, derive: never): unknown
}

/** An application whose contexts have the session, in the words of Elysia's types. */
export interface WithSession<Name extends string, Data extends object, Flash extends object> {
  readonly '~Singleton': { readonly derive: { readonly [name in Name]: () => Promise<Session<Data, Flash>> } }
}

let plugins = 0

/**
 * A plugin of Elysia: after `.use(session(sessions))`, `await session()` in a handler is the session of this request, and so is
 * `await sessions.open(request)` in every hook. What changed is stored before the response is sent. A response of 500 or above changes
 * nothing, except that a session that was ended stays ended; an error that is answered below 500 counts as an answer. A store that fails
 * is answered with 500. `name`: what the context calls it, default `session`. Throws `BAD_OPTIONS` for an application with `aot: false`.
 */
export function session<Data extends object, Flash extends object, const Name extends string = 'session'>(
  sessions: Sessions<Data, Flash>,
  name: Name = 'session' as Name,
): <App extends ElysiaApp>(app: App) => App & WithSession<Name, Data, Flash> {
  const adapter = adapterOf(sessions)
  const around =
    (handle: Handle): Handle =>
    (request, ...rest) =>
      unlessOwn(
        adapter,
        request,
        () => wrapped(adapter, request, () => handle(request, ...rest)),
        (own): WebResponse | undefined => own,
      )
  // Elysia drops what wraps if its text is that of another, as that of a second kind of sessions would be.
  const text = `coatcheck ${++plugins}`
  Object.defineProperty(around, 'toString', { value: () => text })
  const derived = ({ request }: { readonly request: WebRequest }) => ({ [name]: () => sessions.open(request) })
  return (app) => {
    if (app.config.aot === false) {
      throw new SessionError('BAD_OPTIONS', 'An Elysia application with `aot: false` runs nothing around its handlers.', {
        fix: 'Leave `aot` out; or wrap the whole with withSession(sessions, app.fetch) of coatcheck/fetch, and call sessions.open(request).',
      })
    }
    app.wrap(around as never)
    app.derive({ as: 'global' }, derived as never)
    return app as typeof app & WithSession<Name, Data, Flash>
  }
}

async function wrapped(
  adapter: AdapterSessions,
  request: WebRequest,
  handle: () => ReturnType<Handle>,
): Promise<WebResponse | undefined> {
  const requestSession = adapter.requestSession(request, request.headers)
  if (request.headers.get('upgrade')?.toLowerCase() === 'websocket') {
    // The runtime itself answers, without our cookie: what needs one must fail, and not be lost in silence.
    requestSession.finish()
    const refusal = await handle()
    return refusal && answered(refusal, [requestSession])
  }
  let response: WebResponse | undefined
  try {
    return await throughAdapter(requestSession, async () => {
      response = await handle()
      return response as WebResponse
    })
  } catch (error) {
    if (!response) throw error
    // Outside of a wrapped handler nobody of the application hears an error.
    console.error('coatcheck: the request failed.', error)
    return takenBack(response)
  }
}
