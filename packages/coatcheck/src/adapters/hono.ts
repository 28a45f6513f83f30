import {
  type AdapterSessions,
  type AnySessions,
  adapterOf,
  answered,
  isAnswer,
  propertiesOf,
  type RequestSession,
  takenBack,
  unlessOwn,
} from '../core/adapter.ts'
import type { WebResponse } from '../web.ts'

/** The part of Hono's `Context` that is used here. */
export interface HonoContext {
  readonly req: { header(name: string): string | undefined; raw: object; readonly method?: string; readonly url?: string }
  readonly error: Error | undefined
  res: WebResponse
}

/**
 * Hono middleware: after `app.use(withSession(sessions))`, `sessions.open(c)` is the session of this request, and what changed is
 * stored before the response is sent. Register it first: `etag` for one drops the cookies of what it wraps. A `Response` that is thrown,
 * and the `res` of an `HTTPException`, are answers too. A handler that throws anything else (an `HTTPException` without `res` as well), or
 * answers 500 or above, changes nothing, except that a session it ended stays ended. A store that fails reaches `app.onError`.
 */
export function withSession(sessions: AnySessions): (c: HonoContext, next: () => Promise<void>) => Promise<void> {
  const adapter = adapterOf(sessions)
  return (c, next) => {
    const { method = '', url = '' } = c.req
    const request = { method, url, headers: { get: (name: string) => c.req.header(name) ?? null } }
    return unlessOwn(
      adapter,
      request,
      () => pass(c, next),
      (own) => replace(c, own),
    )
  }

  async function pass(c: HonoContext, next: () => Promise<void>): Promise<void> {
    const requestSession = adapter.requestSession(c, { get: (name) => c.req.header(name) ?? null })
    adapter.stands(c.req, c)
    standsWhole(c, adapter)
    requestSession.enter()
    try {
      await next()
    } catch (error) {
      // Hono passes on what is no error, and a middleware around this one may send it.
      if (isAnswer(error)) throw await thrown(error, requestSession)
      await requestSession.abandon()
      throw error
    }
    // The handler threw, and Hono has made a response of the error by now.
    if (c.error && !isAnswer((c.error as { readonly res?: unknown }).res)) await requestSession.abandon()
    else await close(requestSession, c)
    replace(c, answered(c.res, [requestSession]))
  }
}

/** The request inside a context, and who is told of each that takes its place. */
interface Inside {
  raw: object
  readonly tell: (next: object) => void
}

const RAW = propertiesOf<Inside>({
  raw: {
    enumerable: true,
    get: ({ raw }) => raw,
    set(inside, next: object) {
      inside.raw = next
      inside.tell(next)
    },
  },
})

/** The request inside a context stands for it, and so does each that a middleware puts in its place. */
function standsWhole(c: HonoContext, adapter: AdapterSessions): void {
  const { req } = c
  const before = RAW.of(req)?.tell ?? Object.getOwnPropertyDescriptor(req, 'raw')?.set?.bind(req)
  const tell = (next: object): void => {
    before?.(next)
    adapter.stands(next, c)
  }
  adapter.stands(req.raw, c)
  RAW.put(req, { raw: req.raw, tell })
}

async function thrown(response: WebResponse, requestSession: RequestSession): Promise<WebResponse> {
  try {
    await requestSession.close(response.status)
  } finally {
    requestSession.finish()
  }
  return answered(response, [requestSession])
}

async function close(requestSession: RequestSession, c: HonoContext): Promise<void> {
  try {
    await requestSession.close(c.res.status)
  } catch (error) {
    replace(c, takenBack(c.res))
    throw error
  } finally {
    requestSession.finish()
  }
}

/** Assigning over a response would copy its headers onto the new one. */
function replace(c: { res: WebResponse | undefined }, response: WebResponse): void {
  if (response === c.res) return
  c.res = undefined
  c.res = response
}
