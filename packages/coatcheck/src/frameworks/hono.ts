import { answered, faceOf } from '../core/face.ts'

/** What is used of Hono's `Context`. */
export interface HonoContext {
  readonly req: { header(name: string): string | undefined }
  res: Response
}

/**
 * Hono middleware: after `app.use(withSession(sessions))`, `sessions.open(c)` is the session of this request, and what changed is
 * stored before the response is sent. A handler that throws, or answers 500 or above, changes nothing, except that a session it
 * ended stays ended. A store that fails reaches `app.onError`.
 */
export function withSession(sessions: object): (c: HonoContext, next: () => Promise<void>) => Promise<void> {
  const face = faceOf(sessions)
  return async (c, next) => {
    const scope = face.scope(c, { get: (name) => c.req.header(name) ?? null })
    try {
      await next()
    } catch (error) {
      await scope.abandon()
      throw error
    }
    // Hono has turned what a handler threw into a response by now.
    if (c.res.status >= 500) scope.fail()
    await scope.commit()
    scope.finish()
    const response = answered(c.res, [scope])
    if (response === c.res) return // Assigning over a response would copy its old headers onto the new one.
    ;(c as { res: Response | undefined }).res = undefined
    c.res = response
  }
}
