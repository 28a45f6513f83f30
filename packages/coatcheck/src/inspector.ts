import { crossSite } from './csrf.ts'
import { bad, checkKinds, kind } from './errors.ts'
import { REFUSALS, refusalOf } from './inspector/access.ts'
import { answer, page, plain } from './inspector/answers.ts'
import { ASSETS } from './inspector/assets/index.ts'
import { isHandle } from './inspector/browse.ts'
import { failure, handleForm } from './inspector/forms.ts'
import { ROWS, type StoreRow } from './inspector/guarantees.ts'
import { html } from './inspector/html.ts'
import { layout } from './inspector/layout.ts'
import { type NodeAnswer, type NodeRequest, nodeHandler } from './inspector/node.ts'
import { eventsPage, wantedBy } from './inspector/pages/events.ts'
import { ownerPage } from './inspector/pages/owner.ts'
import { plotsPage } from './inspector/pages/plots.ts'
import { Query } from './inspector/pages/query.ts'
import { sessionPage } from './inspector/pages/session.ts'
import { sessionsPage } from './inspector/pages/sessions.ts'
import { storePage } from './inspector/pages/store.ts'
import type { Redact } from './inspector/redact.ts'
import { type Ending, type Site, siteOf } from './inspector/site.ts'
import { MOST_STREAMS, streamOf } from './inspector/stream.ts'
import type { WebRequest, WebResponse } from './web.ts'

export type { StoreRow } from './inspector/guarantees.ts'
export { type Recorder, type RecorderOptions, recorder } from './inspector/recorder.ts'
export type { Redact } from './inspector/redact.ts'

export interface InspectorOptions {
  /**
   * Whether this request may see the inspector, and end sessions with it. `info`: what the server gave besides the request. Default: only requests
   * that somebody at this machine sent to localhost, and none in production.
   */
  readonly authorize?: (request: WebRequest, info: unknown) => boolean | Promise<boolean>
  /**
   * What of a session's values is hidden: `strings`: all texts; `names`: no texts but those whose name says that they are private; or a function that says
   * it of each value, by its path from the session's key inwards. What a name says is private is always hidden. Default `strings`.
   */
  readonly redact?: Redact
  /** The row of docs/stores.md that this store is, such as `postgres, over pg`. Default: none, but for `memoryStore`. */
  readonly store?: StoreRow
}

/** Answers a request with a page of the inspector. */
export interface Inspector {
  /** `info`: what the server gives besides the request, which tells the address it came from. */
  (request: WebRequest, info?: unknown): Promise<WebResponse>
  /** The same for node:http, Connect and Express. */
  node(req: NodeRequest, res: NodeAnswer, next?: (error: unknown) => void): void
}

const VIEWS = ['sessions', 'events', 'plots', 'store'] as const

/**
 * Pages that show the sessions of a site and end them, as one handler to be put under any path: `(request, info) => response`. It looks at records
 * past the sessions of its own visitors, and moves no clock of theirs. With `telemetry: recorder()` among the options of `createSessions` it shows
 * what happens over time as well. Throws `BAD_OPTIONS`.
 */
export function inspector(sessions: Ending, options: InspectorOptions = {}): Inspector {
  const { redact, store, authorize } = checked(options)
  const site = siteOf(sessions, redact ?? 'strings', store)
  const guard = crossSite()
  let streams = 0

  async function shown(request: WebRequest): Promise<WebResponse> {
    const query = new Query(request.url)
    const asset = query.text('asset')
    if (asset !== undefined) return assetOf(asset)
    const stream = query.text('stream')
    if (stream !== undefined) return streamed(site, query, request.headers.get('last-event-id') ?? stream)
    const [handle, owner] = [query.text('session'), query.text('owner')]
    if (handle !== undefined) {
      const found = site.browser && isHandle(handle) ? await sessionPage(site, site.browser, handle) : undefined
      return found ? page(found) : page(missing(handle), 404)
    }
    if (owner !== undefined) return isHandle(owner) ? page(await ownerPage(site, owner, query)) : page(missing(owner), 404)
    switch (query.one('view', VIEWS)) {
      case 'events':
        return page(eventsPage(site, query))
      case 'plots':
        return page(plotsPage(site, query))
      case 'store':
        return page(await storePage(site))
      default:
        return page(await sessionsPage(site, query))
    }
  }

  function streamed({ recording }: Site, query: Query, from: string): WebResponse {
    if (!recording) return plain(404, 'Nothing is recorded.')
    if (streams >= MOST_STREAMS) return plain(503, 'Too many look at the timeline at once.', { 'retry-after': '30' })
    streams++
    const done = (): void => {
      streams--
    }
    // Proxies that keep what they pass on would let nothing through until the end.
    const headers = { 'x-accel-buffering': 'no' }
    return answer(200, 'text/event-stream', streamOf(recording.log, { from, isWanted: wantedBy(query), done }), headers)
  }

  const handle = async (request: WebRequest, info?: unknown): Promise<WebResponse> => {
    const why = authorize ? undefined : refusalOf(request, info)
    if (why) return plain(403, REFUSALS[why])
    if (authorize && (await authorize(request, info)) !== true) return plain(403, 'Forbidden')
    try {
      if (request.method === 'GET') return await shown(request)
      if (request.method === 'HEAD') return await withoutBody(await shown(request))
      if (request.method !== 'POST') return plain(405, 'The inspector answers GET and POST.', { allow: 'GET, HEAD, POST' })
      const verdict = guard.check(request)
      return verdict.allowed ? await handleForm(site, request) : plain(403, `Forbidden (${verdict.reason})`)
    } catch (error) {
      return failure(error)
    }
  }
  return Object.assign(handle, { node: nodeHandler(handle) })
}

async function withoutBody(response: WebResponse): Promise<WebResponse> {
  await response.body?.cancel()
  return new Response(null, response)
}

function assetOf(name: string): WebResponse {
  const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined
  return asset ? answer(200, asset.type, asset.text) : plain(404, 'There is no such file.')
}

function checked(options: InspectorOptions): InspectorOptions {
  checkKinds(options, { authorize: 'function', redact: ['text', 'function'], store: 'text' })
  const { redact, store } = options
  const unknown = Object.keys(options).find((name) => !['authorize', 'redact', 'store'].includes(name))
  if (unknown !== undefined) throw bad(unknown, 'is none of the inspector', 'Known are authorize, redact and store.')
  if (typeof redact === 'string' && redact !== 'strings' && redact !== 'names')
    throw bad('redact', `is ${kind(redact)}`, 'Give "strings", "names" or a function.')
  if (store !== undefined && !Object.hasOwn(ROWS, store))
    throw bad('store', 'is no row of docs/stores.md', `Give one of ${Object.keys(ROWS).join('; ')}.`)
  return options
}

const missing = (what: string) =>
  layout({
    title: 'There is no such session',
    content: html`<p class="notice alert">Nothing is at <code>${what.slice(0, 80)}</code>: it ended, it expired, or it never was. <a href="?view=sessions">All sessions</a></p>`,
  })
