import type { WebRequest, WebURL } from '../../web.ts'
import type { KitEvent } from './event.ts'

/**
 * Names the page within which a request is made. An async context would not do: a queue in `handleFetch` runs the request of one visitor
 * in the context of another, and two visitors without a ticket could not be told apart.
 */
const HEADER = 'x-coatcheck-within'

/** A request that a page makes of its own site. */
export interface Within {
  readonly page: object
  /** Whether Kit gives it the cookies of the page. */
  readonly isOfVisitor: boolean
}

/** Those that are under way, by the text that they carry. Nobody outside can know one. */
const underWay = new Map<string, Within>()

/** The page that this request is made for, by the `event.fetch` of it. */
export function withinOf({ isSubRequest, request }: KitEvent): Within | undefined {
  // What a visitor sends says nothing.
  const name = isSubRequest ? request.headers.get(HEADER) : null
  return name === null ? undefined : underWay.get(name)
}

/** From here on each `event.fetch` of this site says that it is made for `page`. */
export function tellWithin(event: KitEvent, page: object): void {
  const { fetch, url } = event
  const inside: KitEvent['fetch'] = (input, init) => {
    // As in Kit: beside a whole request nothing else counts.
    const [request, target] = isRequest(input) ? [input, input.url] : [undefined, input]
    const headers = new Headers((request ?? init)?.headers)
    const isOwn = URL.canParse(target, url.href) && new URL(target, url.href).origin === url.origin
    if (!isOwn) return fetch(input, init)
    const name = crypto.randomUUID()
    headers.set(HEADER, name)
    underWay.set(name, { page, isOfVisitor: (request ?? init)?.credentials !== 'omit' })
    const answer = request ? fetch(new Request(request, { headers })) : fetch(input, { ...init, headers })
    const over = (): void => void underWay.delete(name)
    answer.then(over, over)
    return answer
  }
  Object.assign(event, { fetch: inside }) // with `=`, the page would be kept (docs/decisions/035-what-a-request-leaves-behind.md)
}

const isRequest = (input: WebRequest | WebURL | string): input is WebRequest => typeof input === 'object' && 'headers' in input
