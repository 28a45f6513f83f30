import { answered, cookiesOf, type HeaderLine, type RequestSession, unlessOwn } from '../../core/adapter.ts'
import type { SomeHeaders, WebResponse } from '../../web.ts'
import { setClock } from './clock.ts'
import type { Visits } from './visits.ts'

/** The part of `NextRequest` that is used here. */
export interface ProxyRequest {
  readonly method: string
  readonly url: string
  readonly headers: SomeHeaders
}
export type ProxyAnswer = WebResponse | null | undefined

/** Answers what browsers ask for device-bound sessions, and leaves the rest to `go`. */
export function unlessOurs(
  { adapter }: Visits,
  request: ProxyRequest,
  go: () => Promise<WebResponse | undefined>,
): Promise<WebResponse | undefined> {
  if (adapter.core.bound) setClock()
  return unlessOwn(adapter, request, go, (own): WebResponse | undefined => own)
}

/** Runs a proxy's own handler; what changed is stored, and its cookie given, before the page or the route runs. */
export async function throughProxy(
  visits: Visits,
  request: ProxyRequest,
  handle: () => ProxyAnswer | Promise<ProxyAnswer>,
): Promise<WebResponse | undefined> {
  const visit = await visits.here(true)
  setClock()
  const { requestSession } = visit
  let response: WebResponse | undefined
  try {
    response = (await handle()) ?? undefined
  } catch (error) {
    await requestSession.abandon()
    throw error
  }
  if (!requestSession.asked) return response
  await visit.close(response?.status ?? 200)
  visit.sent(requestSession.lines)
  return told(response, request, requestSession)
}

/** Moves the end of a visitor's session where a page cannot: a sealed one has it in its cookie. A page that needs no cookie stays as it is. */
export async function keepAlive(visits: Visits, request: ProxyRequest): Promise<WebResponse | undefined> {
  const requestSession = visits.adapter.detached(request.headers)
  if (!requestSession.incoming.presents) return undefined
  setClock()
  await requestSession.open()
  await requestSession.close(200)
  return requestSession.lines.length > 0 ? told(undefined, request, requestSession) : undefined
}

/** Gives the cookies to the visitor, and to what answers after the proxy: Next itself shows them to pages only, not to routes (F24, F25). */
async function told(
  given: WebResponse | undefined,
  { headers }: ProxyRequest,
  requestSession: RequestSession,
): Promise<WebResponse> {
  const { NextResponse } = await import('next/server.js')
  const response = answered(given ?? NextResponse.next(), [requestSession])
  const { lines } = requestSession
  const goesOn = response.headers.has('x-middleware-next') || response.headers.has('x-middleware-rewrite')
  if (!goesOn || cookiesOf(lines).length === 0) return response
  const isChanged = response.headers.has(OVERRIDDEN)
  if (!isChanged)
    for (const [name, value] of NextResponse.next({ request: { headers } }).headers)
      if (name.startsWith(REQUEST) || name === OVERRIDDEN) response.headers.set(name, value)
  const names = new Set((response.headers.get(OVERRIDDEN) ?? '').split(','))
  response.headers.set(OVERRIDDEN, [...names.add('cookie')].join(','))
  const cookie = `${REQUEST}cookie`
  response.headers.set(cookie, withCookies(response.headers.get(cookie) ?? '', lines))
  return response
}

/** How a proxy tells Next which headers the request shall have from there on. */
const OVERRIDDEN = 'x-middleware-override-headers'
const REQUEST = 'x-middleware-request-'

/** A Cookie header as the browser will send it next. */
function withCookies(header: string, lines: readonly HeaderLine[]): string {
  const given = cookiesOf(lines)
  const kept = header
    .split(';')
    .map((part) => part.trim())
    .filter((part) => !given.some(({ name }) => part.startsWith(`${name}=`)))
  return [...kept, ...given.flatMap(({ name, value }) => (value === '' ? [] : `${name}=${value}`))].filter(Boolean).join('; ')
}
