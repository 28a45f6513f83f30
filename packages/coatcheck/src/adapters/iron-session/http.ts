import { serialize } from 'cookie-es'
import { cookieNameOf } from '../../cookies/cookie.ts'
import {
  besides,
  changeHeaders,
  delayHeaders,
  type HeadersOut,
  type NodeResponse,
  presentedBy,
  type RequestHeaders,
  type RequestSession,
} from '../../core/adapter.ts'
import { andThen } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import type { SomeHeaders } from '../../web.ts'
import { complete, putLines, refuse } from './answer.ts'
import { defined } from './config.ts'
import type { AnyRequest, CookieJar, CookieOptions } from './interface.ts'
import { known } from './jars.ts'

/** By response, or its headers: what several calls of one request put on it. */
interface Reply {
  readonly lines: Map<string, string>
  readonly requestSessions: Set<RequestSession>
}

const replies = besides<Reply>()

function replyOf(response: object): Reply {
  const reply = replies.get(response) ?? { lines: new Map(), requestSessions: new Set() }
  replies.set(response, reply)
  return reply
}

const isWeb = (req: AnyRequest): req is { readonly headers: SomeHeaders } => typeof req.headers?.get === 'function'

const presentedTo = (req: AnyRequest): RequestHeaders => (isWeb(req) ? req.headers : presentedBy(req))

function readIn(req: AnyRequest, name: string): string | undefined {
  const pair = (presentedTo(req).get('cookie') ?? '').split(';').find((each) => cookieNameOf(each) === name)
  return pair?.slice(pair.indexOf('=') + 1).trim()
}

const lineOf = (name: string, value: string, options: CookieOptions): string =>
  serialize(name, value, { ...defined(options), encode: (same: string) => same })

const tooLate = (what: string, fix: string): SessionError =>
  new SessionError('TOO_LATE', `The session was saved after ${what}, so that its cookie cannot be sent.`, { fix })

/** A `Response`, or what has headers, or is headers. */
export function webJar(req: AnyRequest, response: { readonly headers?: HeadersOut; readonly bodyUsed?: boolean }): CookieJar {
  const headers = response.headers ?? (response as HeadersOut)
  const { lines } = replyOf(headers)
  const jar: CookieJar = {
    read: (name) => readIn(req, name),
    write(name, value, options) {
      lines.set(name, lineOf(name, value, options))
      putLines(headers, lines)
    },
    assertWritable() {
      if (response.bodyUsed)
        throw tooLate('the body of the response was read', 'Call session.save() before you return or stream the response.')
    },
  }
  return known(jar, {
    identity: req,
    presented: () => presentedTo(req),
    tell(requestSession) {
      try {
        complete(headers, requestSession, lines)
      } catch (error) {
        // Headers that cannot be changed, such as those of a redirect: that matters once there is something to send.
        if (lines.size > 0) throw error
      }
    },
  })
}

export function nodeJar(req: AnyRequest, res: NodeResponse): CookieJar {
  const { lines, requestSessions } = replyOf(res)
  const jar: CookieJar = {
    read: (name) => readIn(req, name),
    write(name, value, options) {
      const line = lineOf(name, value, options)
      const others = [res.getHeader('set-cookie') ?? []].flat().map(String)
      res.setHeader('set-cookie', [...others.filter((each) => cookieNameOf(each) !== name), line])
      lines.set(name, line)
    },
    assertWritable() {
      if (res.headersSent)
        throw tooLate('the headers of the response were sent', 'Call session.save() before res.send() or res.end().')
    },
  }
  return known(jar, {
    identity: req,
    presented: () => presentedTo(req),
    tell(requestSession, busy) {
      if (requestSessions.has(requestSession)) return
      requestSessions.add(requestSession)
      requestSession.enter()
      const put = (): void => changeHeaders(res, (headers) => complete(headers, requestSession, lines))
      // What only looks like a response, as in tests, gets its cookie, and nothing else.
      delayHeaders(res, {
        before: () => andThen(busy(), put),
        failed: (error) => refuse(res, error, lines),
        sent: () => requestSession.finish(),
      })
    },
  })
}
