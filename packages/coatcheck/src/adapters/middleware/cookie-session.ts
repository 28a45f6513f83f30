import { delayHeaders, type NodeResponse, unlessOwnOnNode } from '../../core/adapter.ts'
import { type CookieSessionOptions, setupOf } from './cookie-session/options.ts'
import type { Session } from './cookie-session/session.ts'
import { type Request, Visit } from './cookie-session/visit.ts'

export type { CookieSessionOptions, Session }

type Next = (error?: unknown) => void

/**
 * cookie-session's middleware, with a cookie that is sealed: `req.session` and `req.sessionOptions` are as its documents say, and its old cookies
 * are read. Throws `BAD_OPTIONS`, or cookie-session's own error where there are no keys; a session that cannot be stored reaches `next`.
 */
export default function cookieSession(options: CookieSessionOptions = {}): (req: Request, res: NodeResponse, next: Next) => void {
  const setup = setupOf(options)
  return (req, res, next) => {
    unlessOwnOnNode(setup.adapter, req, res, () => pass(req, res, next), next)
  }

  function pass(req: Request, res: NodeResponse, next: Next): void {
    const visit = new Visit(setup, req)
    const opened = visit.open().then(() => {
      visit.show()
      delayHeaders(res, { before: () => visit.settle(res), failed: next, sent: () => visit.finish() })
    })
    opened.then(() => next(), next)
  }
}
