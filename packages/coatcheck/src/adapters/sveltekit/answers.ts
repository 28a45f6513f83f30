import type { RequestSession } from '../../core/adapter.ts'
import type { WebResponse } from '../../web.ts'
import type { KitEvent } from './event.ts'

/** An error or a failure as Kit writes it into an answer of status 200. Kit 2 leaves the status of what nobody expected out; Kit 3 has it in the error. */
interface Told {
  readonly type?: unknown
  readonly status?: unknown
  readonly error?: { readonly status?: unknown }
}

interface Answer extends Told {
  readonly nodes?: readonly (Told | null)[]
}

/**
 * The status that counts: Kit answers data, remote functions and enhanced forms with 200, and writes into the body what a page would answer.
 * `handleError` would not tell: Kit 2 does not call it for `error(503)`, and both call it for a query that fails beside a command that did not.
 */
export async function statusOf(event: KitEvent, response: WebResponse, { session }: RequestSession): Promise<number> {
  // Only what would be stored is worth looking for.
  if (response.status !== 200 || !session || session.pending === 'nothing' || !isWrittenByKit(event)) return response.status
  const { type, ...answer } = parsed(await firstLine(response))
  const told = type === 'data' ? (answer.nodes ?? []) : [{ type, ...answer }]
  return Math.max(200, ...told.map(meantBy))
}

/** Not what an endpoint of the application answers. */
const isWrittenByKit = ({ isDataRequest, isRemoteRequest, request }: KitEvent): boolean =>
  isDataRequest || isRemoteRequest === true || request.headers.get('x-sveltekit-action') === 'true'

function meantBy(told: Told | null): number {
  if (told?.type !== 'error' && told?.type !== 'failure') return 200
  const status = told.status ?? told.error?.status
  return typeof status === 'number' ? status : 500
}

function parsed(text: string): Answer {
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null ? answer : {}
  } catch {
    return {} // the events of a `query.live`, say
  }
}

/** What comes before the promises of a page, which may take their time. */
async function firstLine(response: WebResponse): Promise<string> {
  const type = response.headers.get('content-type') ?? ''
  const reader = /^(?:application\/json|text\/sveltekit-data)\b/.test(type) ? response.clone().body?.getReader() : undefined
  if (!reader) return ''
  const decoder = new TextDecoder()
  let text = ''
  while (!text.includes('\n')) {
    const { done, value } = await reader.read()
    if (done) return text
    text += decoder.decode(value, { stream: true })
  }
  // Of two halves of a stream, the cancelling of one waits for the other.
  void reader.cancel()
  return text.slice(0, text.indexOf('\n'))
}

/** Kit makes data of a redirect that a `handle` returns, and leaves the cookies out. Nothing else of Kit's answer is missing here. */
export function asData({ isDataRequest }: KitEvent, response: WebResponse): WebResponse {
  const location = response.headers.get('location')
  const { status } = response
  if (!isDataRequest || status < 300 || status > 308 || location === null) return response
  return Response.json({ type: 'redirect', status, location }, { headers: { 'cache-control': 'private, no-store' } })
}
