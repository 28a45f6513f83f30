import type { WebResponse } from '../../web.ts'

/** Headers that describe a body. Cookies, CORS and security headers do not. */
export const ABOUT_BODY: RegExp =
  /^(content-(?!security)|etag$|last-modified$|expires$|location$|refresh$|accept-ranges$|transfer-encoding$|trailer$)/

/** An empty 500 response in place of one that must not be sent; headers that describe no body stay. */
export function takenBack(response: WebResponse): WebResponse {
  const headers = new Headers(response.headers)
  for (const name of [...headers.keys()]) if (ABOUT_BODY.test(name)) headers.delete(name)
  headers.set('cache-control', 'no-store')
  return new Response(null, { status: 500, headers })
}
