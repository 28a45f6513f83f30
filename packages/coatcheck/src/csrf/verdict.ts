import { beginsWithAny } from './paths.ts'
import type { SeenRequest } from './request.ts'

/** Why a request may pass. */
export type AllowedReason =
  /** It changes nothing: GET, HEAD or OPTIONS. */
  | 'safe-method'
  /** The browser says that a page of this very origin sent it. */
  | 'same-origin'
  /** Its `Origin` is in `origins`, or, without `Sec-Fetch-Site`, is this origin. */
  | 'own-origin'
  /** The visitor typed the address, or used a bookmark: no page sent it. */
  | 'no-page'
  /** No browser sent it: it has neither `Sec-Fetch-Site` nor `Origin`, and no cookie that could be misused. */
  | 'no-browser'
  /** It brought a token of its session. */
  | 'token'

/** Why a request was refused. */
export type RefusedReason = keyof typeof REFUSALS

export type Verdict =
  | { readonly allowed: true; readonly reason: AllowedReason }
  | { readonly allowed: false; readonly reason: RefusedReason }

/** What the answer says. No reason tells anything that the sender did not know. */
export const REFUSALS = {
  'cross-site': 'A page of another site sent this request.',
  'same-site': 'A page of another host of the same domain sent this request.',
  'foreign-origin': 'The Origin of this request is not one that this site takes requests from.',
  'null-origin': 'The page that sent this request did not say its origin (Origin: null).',
  'no-origin': 'This request needs an Origin or a Sec-Fetch-Site, and has neither.',
  'unknown-site': 'The Sec-Fetch-Site of this request is none that is known.',
  'wrong-token': 'The token of this request does not belong to its session. Load the form again.',
  'guest-token': 'A token of a visitor who is not signed in does not count from this Origin.',
} as const

/** The options of `crossSite` after the check of their form. */
export interface Rules {
  readonly origins: ReadonlySet<string>
  readonly changesOnGet: readonly string[]
  readonly allowWithoutOrigin: boolean
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The decision on the headers alone. */
export function verdictOn(request: SeenRequest, rules: Rules): Verdict {
  const { method, header } = request
  const isUpgrade = isWebSocket(request)
  const isGet = method === 'GET' || method === 'HEAD'
  const changesAnyway = isGet && rules.changesOnGet.length > 0 && beginsWithAny(request.target, rules.changesOnGet)
  if (SAFE.has(method) && !isUpgrade && !changesAnyway) return { allowed: true, reason: 'safe-method' }

  const site = header('sec-fetch-site')
  const origin = header('origin')
  const isListed = origin !== null && rules.origins.has(origin)
  // A page on http may share the host of this server on https: where Sec-Fetch-Site tells the two apart, the list alone counts.
  const tellsSite = site !== null && site !== 'none' && site !== 'same-origin'
  const isOwn = isListed || (!tellsSite && origin !== null && isOwnOrigin(origin, request.ownOrigin))
  // No CORS check protects a WebSocket, and over plain http browsers send no Sec-Fetch-Site with one.
  if (isUpgrade) return isOwn ? yes('own-origin') : no(origin)
  switch (site) {
    case 'same-origin':
      return yes('same-origin')
    case 'none':
      // An extension sends `none` as well, with an Origin of its own.
      return origin === null ? yes('no-page') : isOwn ? yes('own-origin') : no(origin)
    case 'same-site':
    case 'cross-site':
      return isListed ? yes('own-origin') : { allowed: false, reason: site }
    case null:
      if (isOwn) return yes('own-origin')
      // Links have no Origin, also those of another site.
      if (origin !== null || isGet) return no(origin)
      return rules.allowWithoutOrigin || header('cookie') === null ? yes('no-browser') : no(origin)
    default:
      return isListed ? yes('own-origin') : { allowed: false, reason: 'unknown-site' }
  }
}

export const isWebSocket = ({ header }: SeenRequest): boolean => /\bwebsocket\b/i.test(header('upgrade') ?? '')

const yes = (reason: AllowedReason): Verdict => ({ allowed: true, reason })

function no(origin: string | null): Verdict {
  const reason = origin === null ? 'no-origin' : origin === 'null' ? 'null-origin' : 'foreign-origin'
  return { allowed: false, reason }
}

/** Behind a proxy that ends TLS this server sees http, and the browser says https. The other way round the page is not ours. */
function isOwnOrigin(origin: string, own: string | undefined): boolean {
  return own !== undefined && (origin === own || origin === own.replace(/^http:/, 'https:'))
}
