import { answered } from '../../core/adapter.ts'
import type { WebRequest, WebResponse } from '../../web.ts'
import type { Anything, Values } from './config.ts'
import { requestSessionOf, type SessionStorageAdapter, type SessionStorageFactory } from './storage.ts'

/** The session as API routes of Hydrogen are given it. */
export interface SessionApi {
  /** The session's values. What is changed in them is stored by `set` alone. */
  get(): Promise<Values>
  /** Sets one value and stores it. Rejects when the store fails. */
  set(key: string, value: Anything): Promise<void>
  /** Ends the session for good. What is set afterwards begins another. */
  destroy(): Promise<void>
  /** Reads a value and removes it. */
  getFlash(key: string): Promise<Anything>
}

/**
 * Wraps a handler as Hydrogen wraps an API route, for any server that speaks `Request` and `Response`: it is given `{ session }`, and
 * answers with a `Response`, a text, an object that becomes JSON, nothing, or a `Request` to go on to. Storages of one's own do as well.
 * Rejects when the handler throws or the store fails; what was set before that stays.
 */
export function withSession<Rest extends unknown[]>(
  storage: SessionStorageFactory,
  handler: (request: WebRequest, context: { readonly session: SessionApi }, ...rest: Rest) => unknown,
): (request: WebRequest, ...rest: Rest) => Promise<WebResponse> {
  return async (request, ...rest) => {
    const adapter = storage()
    const requestSession = requestSessionOf(adapter, request)
    const { session, done } = sessionApi(adapter, request)
    try {
      const response = responseOf(await handler(request, { session }, ...rest))
      const { line, failure } = await done()
      if (failure && response.status < 400) throw failure.error // nobody waited for it, or told the visitor
      if (requestSession) return answered(response, [requestSession])
      const copy = new Response(response.body, response)
      if (line) copy.headers.append('set-cookie', line)
      return copy
    } finally {
      requestSession?.fail()
      requestSession?.finish()
    }
  }
}

interface Done {
  readonly line: string
  readonly failure: { readonly error: unknown } | undefined
}

/** One step after the other: what a storage of one's own is given is all of the session. `done` waits for what was begun. */
function sessionApi(adapter: SessionStorageAdapter, request: WebRequest): { session: SessionApi; done: () => Promise<Done> } {
  let line = ''
  let failure: Done['failure']
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const turn = last.then(step)
    last = turn.catch((error) => {
      failure = { error }
    })
    return turn
  }
  const session: SessionApi = {
    get: () => inTurn(() => adapter.get(request)),
    set: (key, value) =>
      inTurn(async () => {
        const values = await adapter.get(request)
        values[key] = value
        line = await adapter.set(request, values)
      }),
    destroy: () =>
      inTurn(async () => {
        line = await adapter.destroy(request)
      }),
    getFlash: (key) =>
      inTurn(async () => {
        const values = await adapter.get(request)
        const value = values[key]
        if (value === undefined) return undefined
        delete values[key]
        line = await adapter.set(request, values)
        return value
      }),
  }
  return { session, done: () => last.then(() => ({ line, failure })) }
}

function responseOf(result: unknown): WebResponse {
  if (result instanceof Response) return result
  if (result instanceof Request)
    return new Response(null, { status: 303, headers: { location: result.url, 'cache-control': 'no-store' } })
  if (typeof result === 'object' && result !== null) return Response.json(result)
  return new Response(result === undefined || result === null ? null : String(result))
}
