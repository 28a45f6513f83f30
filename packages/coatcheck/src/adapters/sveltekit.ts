import {
  type AdapterSessions,
  type AnySessions,
  adapterOf,
  answered,
  areSame,
  besides,
  cookiesOf,
  propertiesOf,
  type RequestSession,
  unlessOwn,
} from '../core/adapter.ts'
import type { WebResponse } from '../web.ts'
import { asData, statusOf } from './sveltekit/answers.ts'
import { isPrerendering, isRedirect, type KitEvent } from './sveltekit/event.ts'
import { tellWithin, withinOf } from './sveltekit/within.ts'

export type { KitCookieOptions, KitEvent, KitFetchInit } from './sveltekit/event.ts'

/** What SvelteKit gives to a `handle`. */
export interface KitHandleInput<Event extends KitEvent> {
  readonly event: Event
  resolve(event: Event): WebResponse | Promise<WebResponse>
}

/** A page and what it fetches of its own site. */
interface Visit {
  readonly requestSession: RequestSession
  /** Of its own requests that present something else than the page does. */
  readonly beside: RequestSession[]
}

const REFUSED =
  'Write `export const prerender = false` in this page, or open the session where no page is prerendered: in a `+server` or a remote function that the browser calls.'

/**
 * The `handle` of SvelteKit 2 and 3: `export const handle = sessionHandle(sessions)` in `src/hooks.server`. In all that a request runs,
 * `await event.locals.session` is its session, and what changed is stored before the headers leave. What answers 500 or above changes
 * nothing, also where Kit says so in the body of a 200, except that a session that was ended stays ended. While a page is prerendered the
 * session rejects with `PRERENDERING`. A store that fails reaches Kit's `handleError`.
 */
export function sessionHandle(
  sessions: AnySessions,
): <Event extends KitEvent>(input: KitHandleInput<Event>) => Promise<WebResponse> {
  const adapter = adapterOf(sessions)
  const visits = besides<Visit>()
  return async ({ event, resolve }) => {
    const within = withinOf(event)
    const outer = within && visits.get(within.page)
    if (outer && within.isOfVisitor && presentsAs(outer.requestSession, event)) {
      // The page stores what changed, and says it to the visitor.
      adapter.stands(event.request, within.page)
      SESSION.put(event.locals, outer.requestSession)
      tellWithin(event, within.page)
      return resolve(event)
    }
    const requestSession = requestSessionOf(adapter, event)
    SESSION.put(event.locals, requestSession)
    outer?.beside.push(requestSession)
    const visit: Visit = { requestSession, beside: [] }
    visits.set(event.request, visit)
    tellWithin(event, event.request)
    const through = () => throughKit(event, visit, () => resolve(event))
    return isPrerendering(event) || outer ? through() : unlessOwn(adapter, event.request, through, (own) => own)
  }
}

function requestSessionOf(adapter: AdapterSessions, event: KitEvent): RequestSession {
  const { request } = event
  return isPrerendering(event) ? adapter.prerendering(request, REFUSED) : adapter.requestSession(request, request.headers)
}

const presentsAs = ({ core, incoming }: RequestSession, { request }: KitEvent): boolean =>
  areSame(incoming.credentials, core.transport.incoming(request.headers).credentials)

/** `locals.session`. Not enumerable: whoever copies `locals` opens no session. */
const SESSION = propertiesOf<RequestSession>({
  session: {
    get(requestSession) {
      const session = requestSession.open()
      session.catch(() => {}) // told to whoever waits for it
      return session
    },
  },
})

async function throughKit(
  event: KitEvent,
  { requestSession, beside }: Visit,
  resolve: () => WebResponse | Promise<WebResponse>,
): Promise<WebResponse> {
  // Kit takes it away once it has an answer, and in a query.
  const { set } = event.cookies
  requestSession.enter()
  let response: WebResponse
  let status: number
  try {
    response = await resolve()
    status = await statusOf(event, response, requestSession)
  } catch (error) {
    if (!isRedirect(error)) {
      await requestSession.abandon()
      throw error
    }
    await close(requestSession, error.status)
    // Kit makes the answer of it, and puts there the cookies that it was given.
    for (const { name, value, attributes } of cookiesOf(requestSession.lines))
      set(name, value, { ...KIT_DEFAULTS, path: '/', ...attributes, encode: asItIs })
    throw error
  }
  await close(requestSession, status)
  return answered(requestSession.lines.length > 0 ? asData(event, response) : response, [...beside, requestSession])
}

/** Kit's own would come in where our cookie says nothing. */
const KIT_DEFAULTS = { httpOnly: false, secure: false, sameSite: undefined }
const asItIs = (value: string): string => value

async function close(requestSession: RequestSession, status: number): Promise<void> {
  try {
    await requestSession.close(status)
  } finally {
    requestSession.finish()
  }
}
