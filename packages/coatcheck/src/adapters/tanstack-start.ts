import {
  adapterOf,
  answered,
  besides,
  isAnswer,
  type Session,
  type Sessions,
  throughAdapter,
  unlessOwn,
} from '../core/adapter.ts'
import type { WebRequest, WebResponse } from '../web.ts'

/** The part of what Start gives a request middleware that is used here. */
export interface RequestArguments<Result> {
  readonly request: WebRequest
  readonly handlerType: string
  next(): Result | Promise<Result>
}

/** What `sessionMiddleware` makes. */
export interface StartSessions<Data extends object, Flash extends object> {
  /** For `createMiddleware().server(…)` in `requestMiddleware` of `createStart`. It stores what changed before the headers leave. */
  readonly onRequest: <Result extends { readonly response: WebResponse }>(args: RequestArguments<Result>) => Promise<Result>
  /**
   * For `createMiddleware({ type: 'function' }).server(…)` in `functionMiddleware`: what a server function changed that was called from the
   * browser and threw is forgotten. Start answers such a call with 200.
   */
  readonly onFunction: <Result>(args: { next(): Promise<Result> }) => Promise<Result>
  /** The session of this request, in server functions, server routes and middleware. Rejects with `NOT_WRAPPED` where `onRequest` did not run. */
  readonly getSession: () => Promise<Session<Data, Flash>>
}

/** As nginx calls it; nobody reads that response. */
const CLIENT_CLOSED_REQUEST = 499

/** A server function that the browser called: how many functions are under way, one within another, and whether the outermost threw. */
interface Call {
  depth: number
  failed: boolean
}

/** The copy of a response, as Start knows it: it tells its redirects from other responses by what they carry. */
function likeStarts(response: WebResponse, copy: WebResponse): WebResponse {
  const { options } = response as { readonly options?: unknown }
  return options === undefined || copy === response ? copy : Object.assign(copy, { options })
}

/**
 * Sessions for TanStack Start. `getRequest` is Start's own, of `@tanstack/react-start/server`. A response of 500 or
 * above changes nothing, and neither does a server function that throws, except that a session that was ended stays ended; `redirect()`
 * and `notFound()` are answers.
 */
export function sessionMiddleware<Data extends object, Flash extends object>(
  sessions: Sessions<Data, Flash>,
  getRequest: () => WebRequest,
): StartSessions<Data, Flash> {
  const adapter = adapterOf(sessions)
  const calls = besides<Call>()
  function onRequest<Result extends { readonly response: WebResponse }>(args: RequestArguments<Result>): Promise<Result> {
    return unlessOwn(
      adapter,
      args.request,
      () => through(args),
      (response) => ({ ...args, response }) as unknown as Result,
    )
  }
  async function through<Result extends { readonly response: WebResponse }>(args: RequestArguments<Result>): Promise<Result> {
    const { request } = args
    const requestSession = adapter.requestSession(request, request.headers)
    const call: Call = { depth: 0, failed: false }
    if (args.handlerType === 'serverFn') calls.set(request, call)
    let result: Result | undefined
    const response = await throughAdapter(
      requestSession,
      async () => {
        try {
          result = await args.next()
        } catch (error) {
          // Start gives up when the visitor leaves, and the handler goes on: what it did is stored, as where there is a response.
          if (!request.signal.aborted) throw error
          return new Response(null, { status: CLIENT_CLOSED_REQUEST })
        }
        if (call.failed) requestSession.fail()
        return result.response
      },
      (response) => likeStarts(response, answered(response, [requestSession])),
    )
    if (!result) throw request.signal.reason
    return { ...result, response }
  }
  return {
    onRequest,
    async onFunction({ next }) {
      const call = calls.get(getRequest())
      // On the server a page's loader catches what a function throws, or the page fails.
      if (!call) return next()
      const isOutermost = call.depth === 0
      call.depth++
      try {
        return await next()
      } catch (error) {
        call.failed ||= isOutermost && !isAnswer(error) && !(error as { readonly isNotFound?: boolean } | undefined)?.isNotFound
        throw error
      } finally {
        call.depth--
      }
    },
    getSession: async () => sessions.open(getRequest()),
  }
}
