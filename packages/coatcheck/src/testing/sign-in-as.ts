import { adapterOf, throughAdapter } from '../core/adapter.ts'
import type { Session, Sessions, SignInOptions } from '../index.ts'
import type { WebResponse } from '../web.ts'
import { createJar, type JarCookie } from './jar.ts'
import { type Serve, type Visitor, type VisitorOptions, visitor } from './visitor.ts'

export interface SignInAsOptions<Data extends object = Record<string, unknown>, Flash extends object = Record<string, unknown>>
  extends SignInOptions<Data> {
  /** Where the site is, such as Playwright's `baseURL`: cookies belong to a host. Default `https://app.test`, as for `visitor`. */
  readonly origin?: string
  /** Of the request that signs in, such as `user-agent`. */
  readonly headers?: Readonly<Record<string, string>>
  /** What else is to happen in the session before it is stored, such as `(session) => session.elevate('aal2')`. */
  readonly prepare?: (session: Session<Data, Flash>) => unknown
}

/** A cookie as `context.addCookies` of Playwright, `storageState`, and `page.setCookie` of Puppeteer take it. */
export interface BrowserCookie {
  readonly name: string
  readonly value: string
  readonly domain: string
  readonly path: string
  /** Seconds since the epoch; -1: when the browser closes. */
  readonly expires: number
  readonly httpOnly: boolean
  readonly secure: boolean
  readonly sameSite: 'Lax' | 'Strict' | 'None'
}

/** What is used of `agent.jar` of supertest and superagent. */
export interface AgentJar {
  setCookie(line: string): unknown
}

/** A session that somebody is signed in to, in the shapes that tests need. */
export interface SignedIn {
  readonly owner: string
  /** The session's public name, as in lists and events. */
  readonly handle: string | undefined
  /** For `fetch`, `app.request` and `inject`: `{ cookie }`, or the header that carries the ticket. */
  readonly headers: Readonly<Record<string, string>>
  /** The `Cookie` header: `.set('Cookie', ada.cookie)` of supertest. Empty where the ticket is in a header. */
  readonly cookie: string
  /** The Set-Cookie lines that a server would have sent. */
  readonly setCookie: readonly string[]
  /** `await context.addCookies(ada.cookies)` of Playwright. */
  readonly cookies: BrowserCookie[]
  /** A visitor who is signed in. Throws when a browser would not take the cookie there, as a Secure one over http. */
  visitor(serve: Serve, options?: VisitorOptions): Visitor
  /** Puts the cookies into `agent.jar` of supertest; without Secure, for such an agent asks over http. */
  giveTo(jar: AgentJar): void
}

/**
 * Signs `owner` in to a new session of `sessions`, with these values, without a form and a password. `sessions` must be those of the app under
 * test: the same object, or others with the same secrets and store. Rejects when the session cannot be stored, and when a browser would
 * not take its cookie at `origin`.
 */
export async function signInAs<Data extends object = Record<string, unknown>, Flash extends object = Record<string, unknown>>(
  sessions: Sessions<Data, Flash>,
  owner: string,
  data: Partial<Data> = {},
  options: SignInAsOptions<Data, Flash> = {},
): Promise<SignedIn> {
  const { origin = 'https://app.test', headers: sent = {}, prepare, ...signIn } = options
  const request = new Request(origin, { headers: sent })
  const requestSession = adapterOf(sessions).requestSession(request, request.headers)
  const session = await sessions.open(request)
  const signsIn = async (): Promise<WebResponse> => {
    session.signIn(owner, signIn)
    Object.assign(session.data, data)
    await prepare?.(session)
    return new Response()
  }
  const response = await throughAdapter(requestSession, signsIn)
  const setCookie = response.headers.getSetCookie()
  const tickets = requestSession.lines.filter(([name]) => name.toLowerCase() !== 'set-cookie')
  const jar = createJar()
  for (const line of setCookie) taken(jar.set(line, origin), line, origin)
  const cookie = jar.header(origin)
  return {
    owner,
    handle: session.handle,
    headers: { ...(cookie && { cookie }), ...Object.fromEntries(tickets) },
    cookie,
    setCookie,
    cookies: jar.all().map(browserCookie),
    visitor(serve, given = {}) {
      const guest = visitor(serve, { ...given, headers: { ...Object.fromEntries(tickets), ...given.headers } })
      for (const line of setCookie) taken(guest.plant(line), line, guest.origin)
      return guest
    },
    giveTo(agentJar) {
      for (const { name, value, path } of jar.all()) agentJar.setCookie(`${name}=${value}; Path=${path}`)
    },
  }
}

function taken(why: string | undefined, line: string, origin: string): void {
  if (why === undefined) return
  const [name] = line.split('=')
  throw new Error(
    `A browser at ${origin} would drop the cookie ${name}: ${why}. Pass the site's address as \`origin\`, with https, or localhost.`,
  )
}

function browserCookie({ domain, hostOnly, expiresAt, sameSite, ...cookie }: JarCookie): BrowserCookie {
  const { name, value, path, httpOnly, secure } = cookie
  const names = { lax: 'Lax', strict: 'Strict', none: 'None' } as const
  return {
    name,
    value,
    domain: hostOnly ? domain : `.${domain}`,
    path,
    expires: expiresAt === undefined ? -1 : Math.floor(expiresAt / 1000),
    httpOnly,
    secure,
    sameSite: names[sameSite],
  }
}
