import type { KitEvent, KitHandleInput } from '../../src/adapters/sveltekit.ts'

export type Handle = (input: KitHandleInput<KitEvent>) => Promise<Response>
type Resolve = (event: KitEvent & { readonly locals: { readonly session?: Promise<unknown> } }) => Response | Promise<Response>

/** What Kit throws for `redirect()`, which it makes the answer of. */
export class Redirect {
  readonly status: number
  readonly location: string
  constructor(status: number, location: string) {
    this.status = status
    this.location = location
  }
}

/**
 * Does with a request what SvelteKit does around a `handle`, as far as a `handle` can tell. Kit itself is tried in examples/sveltekit and
 * examples/sveltekit-2. `isSubRequest`, `prerendering` … : what of the event is to be otherwise.
 */
export async function throughKit(
  handle: Handle,
  request: Request,
  resolve: Resolve,
  more: Partial<KitEvent> = {},
): Promise<Response> {
  const given: [name: string, value: string, options: Readonly<Record<string, unknown>>][] = []
  const event: KitEvent = {
    request,
    url: new URL(request.url),
    locals: {},
    cookies: { set: (...cookie) => void given.push(cookie) },
    isDataRequest: false,
    isSubRequest: false,
    fetch: (input, init) => {
      const inner = input instanceof Request ? input : new Request(new URL(input, request.url), init as RequestInit)
      if (new URL(inner.url).origin !== new URL(request.url).origin) return fetch(inner)
      const cookie = request.headers.get('cookie')
      if (cookie !== null && inner.credentials !== 'omit') inner.headers.set('cookie', cookie)
      return throughKit(handle, inner, resolve, { isSubRequest: true })
    },
    ...more,
  }
  try {
    return await handle({ event, resolve: async (each) => resolve(each) })
  } catch (error) {
    if (!(error instanceof Redirect)) throw error
    const headers = new Headers({ location: error.location })
    for (const [name, value, { path, maxAge }] of given)
      headers.append('set-cookie', `${name}=${value}; Path=${path}${maxAge === undefined ? '' : `; Max-Age=${maxAge}`}`)
    return new Response(null, { status: error.status, headers })
  }
}
