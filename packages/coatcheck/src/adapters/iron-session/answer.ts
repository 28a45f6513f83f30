import { cookieNameOf } from '../../cookies/cookie.ts'
import { answer, type HeadersOut, type NodeResponse, type RequestSession, takeBack } from '../../core/adapter.ts'

/** Set-Cookie lines by the name of their cookie. */
export type Lines = ReadonlyMap<string, string>

/** Puts these lines on a response, each in the place of others of its name. */
export function putLines(headers: HeadersOut, lines: Lines, was: readonly string[] = headers.getSetCookie()): void {
  const others = was.filter((line) => !lines.has(cookieNameOf(line)))
  headers.delete('set-cookie')
  for (const line of [...others, ...lines.values()]) headers.append('set-cookie', line)
}

/** Keeps a response that showed or changed a session out of shared caches. Of the engine's own lines of cookies none is sent. */
export function complete(headers: HeadersOut, requestSession: RequestSession, lines: Lines = new Map()): void {
  const was = headers.getSetCookie()
  answer(headers, [requestSession])
  putLines(headers, lines, was)
}

/** The answer when what a response waits for failed: nobody else is there to give one. The cookies stay as they are. */
export function refuse(res: NodeResponse, error: unknown, lines: Lines): void {
  console.error('coatcheck: the request failed.', error)
  takeBack(res)
  const others = [res.getHeader('set-cookie') ?? []].flat().map(String)
  res.setHeader(
    'set-cookie',
    others.filter((line) => !lines.has(cookieNameOf(line))),
  )
  res.setHeader('content-type', 'text/plain; charset=utf-8')
  ;(res as { end(body: string): unknown }).end('Internal Server Error')
}
