import {
  type AnySessions,
  type AskedOf,
  adapterOf,
  answer,
  changeHeaders,
  delayHeaders,
  type NodeResponse,
  presentedBy,
  type RequestSession,
  refuse,
  unlessOwnOnNode,
} from '../core/adapter.ts'

/** The part of node:http's `IncomingMessage` (and of Express's and Connect's request) that is used here. */
export interface NodeRequest extends AskedOf {
  readonly headers: { readonly [name: string]: string | string[] | undefined }
}

type Next = (error?: unknown) => void

/** node:http's own types, where there are any: `createServer` does not tell a handler what it will be given. */
type Http = typeof globalThis extends {
  readonly process: { getBuiltinModule: { (id: never): infer Module; (id: never): unknown } }
}
  ? Extract<Module, { readonly IncomingMessage: unknown; readonly METHODS: unknown }>
  : { readonly IncomingMessage: new () => NodeRequest; readonly ServerResponse: new () => NodeResponse }

/**
 * Middleware for Express, Connect and the like: after `app.use(withSession(sessions))`, `sessions.open(req)` is the session of this
 * request. With a handler it is a listener for `http.createServer`. What changed is stored before the response headers leave: they
 * are held until then, so that a redirect cannot outrun the save. A response of 500 or above changes nothing, except that a session
 * that was ended stays ended; an error that is answered below 500 counts as an answer. A store that fails reaches `next`, or the
 * client as a 500.
 */
export function withSession(sessions: AnySessions): (req: NodeRequest, res: NodeResponse, next: Next) => void
export function withSession<
  Req extends NodeRequest = InstanceType<Http['IncomingMessage']>,
  Res extends NodeResponse = InstanceType<Http['ServerResponse']>,
>(sessions: AnySessions, handler: (req: Req, res: Res) => unknown): (req: Req, res: Res) => void
export function withSession<Req extends NodeRequest, Res extends NodeResponse>(
  sessions: AnySessions,
  handler?: (req: Req, res: Res) => unknown,
) {
  const adapter = adapterOf(sessions)
  return (req: Req, res: Res, next?: Next): void => {
    const failed = (error: unknown) => (next ? next(error) : refuse(res, error))
    unlessOwnOnNode(adapter, req, res, () => pass(req, res, failed, next), failed)
  }

  function pass(req: Req, res: Res, failed: (error: unknown) => void, next?: Next): void {
    const requestSession = adapter.requestSession(req, presentedBy(req))
    // Headers that have left, or those of an imitation of a response: what needs them must fail, and not be lost in silence.
    if (!delayHeaders(res, { before: () => settle(requestSession, res), failed, sent: () => requestSession.finish() }))
      requestSession.finish()
    if (handler) void run(() => handler(req, res), requestSession, res)
    else next?.()
  }
}

/** Stores what changed and completes the headers: at once when nothing has to wait, and then the response is not held either. */
function settle(requestSession: RequestSession, res: NodeResponse): void | Promise<void> {
  const stored = (): void => changeHeaders(res, (headers) => answer(headers, [requestSession]))
  const closing = requestSession.close(res.statusCode)
  return closing instanceof Promise ? closing.then(stored) : stored()
}

/** A listener's errors have nowhere to go in node:http: they are answered here, and told. */
async function run(handle: () => unknown, requestSession: RequestSession, res: NodeResponse): Promise<void> {
  try {
    await handle()
  } catch (error) {
    requestSession.fail()
    refuse(res, error)
  }
}
