import { type AnySessions, adapterOf, afterOwn, throughAdapter } from '../core/adapter.ts'
import type { WebRequest, WebResponse } from '../web.ts'

/**
 * Wraps a `Request => Response` handler: inside it `sessions.open(request)` is the session of this request, and what changed is
 * stored before the response is handed on, which is a copy. A `Response` that the handler throws is an answer too, and is thrown on. A
 * handler that throws anything else, or answers 500 or above, changes nothing, except that a session it ended stays ended; one that is
 * sealed in the cookie ends with an answer only. Further arguments (`env`, `ctx`, …) are passed through. Rejects when the store fails.
 */
export function withSession<Rest extends unknown[]>(
  sessions: AnySessions,
  handler: (request: WebRequest, ...rest: Rest) => WebResponse | Promise<WebResponse>,
): (request: WebRequest, ...rest: Rest) => Promise<WebResponse> {
  const adapter = adapterOf(sessions)
  const handle = (request: WebRequest, ...rest: Rest): Promise<WebResponse> =>
    throughAdapter(adapter.requestSession(request, request.headers), () => handler(request, ...rest))
  return afterOwn(adapter, handle)
}
