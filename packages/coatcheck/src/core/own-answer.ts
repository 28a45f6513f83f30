import type { WebRequest, WebResponse } from '../web.ts'
import type { RequestHeaders } from './request/incoming.ts'
import type { Core, OwnAnswer, OwnRequest } from './request/load.ts'

/** What is answered in place of the application; at once undefined where that cannot be, as without the option `deviceBound`. */
export function ownAnswer(
  { bound, engine: { deviceBound } }: Core,
  request: OwnRequest,
): Promise<OwnAnswer | undefined> | undefined {
  if (!bound || !deviceBound) return undefined
  const { method, url, presented } = request
  const mayBe =
    method === 'POST'
      ? url.includes(`${deviceBound.path}/`)
      : method === 'GET' && presented.get('sec-fetch-site') === 'cross-site'
  return mayBe ? bound.answer(request) : undefined
}

/** The same as a response, or what `handle` answers: for adapters, before handlers, redirects and guards. Where nothing is ours, nothing waits. */
export function unlessOwn<Response>(
  { core }: { readonly core: Core },
  { method, url, headers }: Pick<WebRequest, 'method' | 'url'> & { readonly headers: RequestHeaders },
  handle: () => Promise<Response>,
  made: (own: WebResponse) => Response | Promise<Response>,
): Promise<Response> {
  const own = ownAnswer(core, { method, url, presented: headers })
  return own ? own.then((answer) => (answer ? made(responseOf(answer)) : handle())) : handle()
}

/** A handler of a `Request` that comes after our own answers: the same handler, where there are none. */
export function afterOwn<Rest extends unknown[]>(
  adapter: { readonly core: Core },
  handle: (request: WebRequest, ...rest: Rest) => Promise<WebResponse>,
): (request: WebRequest, ...rest: Rest) => Promise<WebResponse> {
  if (!adapter.core.bound) return handle
  return (request, ...rest) =>
    unlessOwn(
      adapter,
      request,
      () => handle(request, ...rest),
      (own) => own,
    )
}

function responseOf({ status, headers, body }: OwnAnswer): WebResponse {
  return new Response(body, { status, headers: headers.map(([name, value]): [string, string] => [name, value]) })
}
