import { bad, checkKinds } from '../errors.ts'
import { comparable } from './paths.ts'
import { originOf } from './request.ts'
import type { TokenSession } from './token.ts'
import type { RefusedReason, Rules } from './verdict.ts'

/** For `onEvent`: a request was refused. */
export interface CrossSiteEvent {
  readonly type: 'cross-site'
  readonly reason: RefusedReason
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What a request brought with it. */
export interface Presented {
  readonly session: TokenSession
  /** What the form sent; anything but a text counts as none. */
  readonly token: unknown
  /** The person who signed in to the session. Default: `session.owner`. */
  readonly owner?: string | undefined
}

export interface CrossSiteOptions<Given = never> {
  /**
   * Origins whose pages may do all that one's own may, such as `https://shop.example`: the site's public name where a proxy gives this server
   * another Host, and other sites of yours. Scheme, host and port are compared exactly. Default: none besides the request's own.
   */
  readonly origins?: readonly string[]
  /**
   * Paths at which a GET changes something, such as `/logout`, and all that begin with them: there GET and HEAD count as POST does.
   * Default: none.
   */
  readonly changesOnGet?: readonly string[]
  /**
   * Lets pass what could change something, carries a cookie, and has neither `Sec-Fetch-Site` nor `Origin`: programs with a cookie jar send
   * such requests, and browsers of before 2020. Without a cookie they pass anyway. Default false.
   */
  readonly allowWithoutOrigin?: boolean
  /**
   * Finds session and token of a request that was refused by its headers; it is given what the adapter was given. A form that is read here must
   * stay readable for the handler: `request.clone()`. Default: tokens count nowhere.
   */
  readonly token?: (given: Given) => Presented | undefined | Promise<Presented | undefined>
  /** Origins from which a token of a visitor who is not signed in counts, too. One of somebody who is counts from everywhere. Default: none. */
  readonly tokenOrigins?: readonly string[]
  /** Told of each refusal. The `onEvent` of `createSessions` fits. */
  readonly onEvent?: (event: CrossSiteEvent) => void
  /** The clock of the events, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

const KNOWN = ['origins', 'changesOnGet', 'allowWithoutOrigin', 'token', 'tokenOrigins', 'onEvent', 'now']

/** Throws `BAD_OPTIONS`. */
export function rulesOf(options: CrossSiteOptions): Rules & { readonly tokenOrigins: ReadonlySet<string> } {
  checkKinds(options, {
    origins: 'list of texts',
    changesOnGet: 'list of texts',
    tokenOrigins: 'list of texts',
    token: 'function',
    onEvent: 'function',
    now: 'function',
    allowWithoutOrigin: 'true or false',
  })
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) throw bad(unknown, 'is none of crossSite', `Known are ${KNOWN.join(', ')}.`)
  const { origins = [], changesOnGet = [], allowWithoutOrigin = false, tokenOrigins = [] } = options
  const wrong = changesOnGet.find((path) => !path.startsWith('/') || /[?#%\\]|\/\//.test(path))
  if (wrong !== undefined)
    throw bad('changesOnGet', `has ${JSON.stringify(wrong)}, which is no path`, 'Write one such as "/logout".')
  return {
    origins: originsIn('origins', origins),
    changesOnGet: changesOnGet.map(comparable),
    allowWithoutOrigin,
    tokenOrigins: originsIn('tokenOrigins', tokenOrigins),
  }
}

/** Of an extension, whose scheme the platform gives no origin. */
const OTHER_SCHEME = /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+$/

function originsIn(option: string, origins: readonly string[]): ReadonlySet<string> {
  for (const origin of origins) {
    if ((originOf(origin) === origin && !origin.includes('*')) || OTHER_SCHEME.test(origin)) continue
    const meant = origin.includes('*') ? undefined : originOf(origin)
    const fix = meant === undefined ? 'Write scheme and host, such as "https://shop.example".' : `Write ${JSON.stringify(meant)}.`
    throw bad(option, `has ${JSON.stringify(origin)}, which is no origin as browsers send it`, fix)
  }
  return new Set(origins)
}
