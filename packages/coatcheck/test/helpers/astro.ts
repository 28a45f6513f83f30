import { serialize } from 'cookie-es'
import type { AstroContext, sessionMiddleware } from '../../src/adapters/astro/middleware.ts'
import type { SessionMethods } from '../../src/adapters/astro/visit.ts'

class AstroSession {}

/**
 * What Astro does around its middleware: it makes an object for the session, and one for the cookies, whose lines it sends. The real ones
 * are tried in examples/astro, since Astro cannot run in a unit test.
 */
export async function throughAstro<Session extends object = SessionMethods>(
  onRequest: ReturnType<typeof sessionMiddleware>,
  request: Request,
  page: (session: Session, context: AstroContext & { session: Session; request: Request }) => Response | Promise<Response>,
  session: Session = new AstroSession() as Session,
): Promise<Response> {
  const lines = new Map<string, string>()
  const cookies: AstroContext['cookies'] = {
    set: (name, value, options) => void lines.set(name, serialize(name, value, options)),
    delete: (name, options) => {
      const gone = { ...options, maxAge: undefined, expires: new Date(0) } as object
      lines.set(name, serialize(name, 'deleted', gone))
    },
  }
  const context = { request, session, cookies, isPrerendered: false, routePattern: '/' }
  const response = await onRequest(context, async () => page(session, context))
  for (const line of lines.values()) response.headers.append('set-cookie', line)
  return response
}
