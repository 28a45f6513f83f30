import type { CookieAttributes, HeaderLine, HeadersOut, Plan, RequestHeaders, ResponseCookie, Session } from '../core/adapter.ts'
import type { Maybe } from '../crypto/maybe.ts'
import type { WebResponse } from '../web.ts'

/** How one commit's cookie differs from the others. */
export interface CommitOptions {
  /** Written over those that `createSessions` was given. */
  readonly attributes?: CookieAttributes
}

/** How long a session lasts. */
export interface Lifetime {
  /** Seconds from now, unless it is used again, until the session ends; from then on this is its own idle time. 0 or less ends it. */
  readonly maxAge?: number
  /** The same as a date; `maxAge` goes before it. */
  readonly expires?: Date
}

/** What one commit did. */
export interface Committed {
  /** `nothing`, where there was nothing to store. */
  readonly plan: Plan
  /** What the response has to carry because of this commit; empty when the visitor is given nothing new. */
  readonly headers: readonly HeaderLine[]
  /** The cookies among them, for frameworks that set cookies by a call of their own. */
  readonly cookies: readonly ResponseCookie[]
  /** Why the changes were not kept: another request has ended the session. */
  readonly dropped?: 'ended'
}

/**
 * One request's way to its session: it loads once, commits as often as asked, and says what the response must carry. Everybody who asks for the
 * session of this request (`sessions.open(request)`) gets the same one.
 */
export interface RequestSession {
  /** Whether anybody asked for the session. The answer to a request that did not is left as it is. */
  readonly asked: boolean
  /** Whether the headers have left. */
  readonly finished: boolean
  /** What the response has to carry, of all commits so far. */
  readonly headers: readonly HeaderLine[]
  /** The cookies among them. */
  readonly cookies: readonly ResponseCookie[]
  /**
   * How long the session lasts, from the next commit on, with which its cookie is sent again. Undefined until it is assigned, and again once it
   * is committed. The commit throws `BAD_OPTIONS` for what is no time.
   */
  lifetime: Lifetime | undefined

  /**
   * The session; asking again gives the same object. Rejects with `STORE_FAILED`, with `PRERENDERING` for a page that is made for everybody, and
   * never for what a visitor sent.
   */
  open(): Promise<Session>
  /** The handle that the session has or will have, before anything is stored. undefined: only storing it will tell (sealed sessions). */
  reserve(): Promise<string | undefined>
  /**
   * Stores now what changed since the last commit. At once, without a promise, where nothing has to wait. May be repeated; what failed is tried
   * again by the next one. Fails with what `docs/errors.md` lists.
   */
  commit(options?: CommitOptions): Maybe<Committed>
  /** Reads the session again, as it is stored now; what is not committed is forgotten. False, and nothing changed: it is not there any more. */
  reload(): Promise<boolean>
  /** The values as they are now, copied: for an object that goes on showing them once the session is another. */
  snapshot(): Record<string, unknown>
  /** Ends the session with the next commit. What is set from now on begins another. */
  restart(): Session

  /** The adapter begins. Adapters within one another share a request session, and the outermost is the last to `finish`. */
  enter(): void
  /**
   * The commit of a request that was answered: with a status of 500 or above (and 0) what is not committed is forgotten, except that the session
   * was ended. Once it is done, put the headers on the response, and call `finish`.
   */
  close(status: number, options?: CommitOptions): Maybe<Committed>
  /**
   * In place of `close` and `finish`, for a handler that threw. True: the throw is an answer, and what changed is stored. That is a `Response` below
   * 500, and whatever you say with `status`, such as a framework's own redirect: put the headers on what is sent. False: what changed is
   * forgotten, except that the session was ended. Rejects when an answer could not be stored; no error of the store hides one of the handler.
   */
  threw(error: unknown, status?: number): Promise<boolean>
  /** Forgets what is not committed, except that the session was ended: the handler failed, and the status will not tell. */
  fail(): void
  /** The adapter is done, and the headers leave: later changes are stored where no cookie is needed, and else throw `TOO_LATE`. Once for each `enter`. */
  finish(): void

  /** Puts on response headers what the session asks for: cookies, `Vary`, and what keeps shared caches away. */
  answer(headers: HeadersOut): void
  /** The same for a whole response, on a copy: a handler may give one response to many requests. */
  answered(response: WebResponse): WebResponse
  /** All of it, from `enter` to `finish`, for a handler that gives a `Response`, or throws one. */
  through(handle: () => WebResponse | Promise<WebResponse>): Promise<WebResponse>
}

/** The sessions of one site, as its adapter uses them. */
export interface AdapterSessions {
  /**
   * The request session of a request: the same for the same `identity` and tickets, until it is finished. `identity` must stand for one
   * request and no other, such as its `Request` or its context: nothing else tells two visitors apart who present nothing. It is what
   * `sessions.open` takes.
   */
  requestSession(identity: object, presented: RequestHeaders): RequestSession
  /** From here on `sessions.open(other)`, and that of its `clone()`, is the session of `identity` as well. */
  stands(other: object, identity: object): void
  /** A request session that nobody shares, such as that of a socket. */
  detached(presented: RequestHeaders): RequestSession
  /**
   * In place of `requestSession`, for a request that only looks, such as a prefetch or an upgrade: nothing is stored, moved or removed, flash values stay, and
   * no cookie leaves. A change throws `READ_ONLY`. `fix`: what to do instead, in the words of the framework.
   */
  readOnly(identity: object, presented: RequestHeaders, fix?: string): RequestSession
  /**
   * In place of `requestSession`, for a page that is made once for everybody: `open` rejects with `PRERENDERING`. A page that does not ask is left as it
   * is. `fix`: what to do instead, in the words of the framework.
   */
  prerendering(identity: object, fix?: string): RequestSession
}
