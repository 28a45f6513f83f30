import { Arrival, type RequestHeaders } from '../request/incoming.ts'
import type { Core } from '../request/load.ts'
import { loadSession } from '../request/load.ts'
import type { Witnessed } from '../request/witness.ts'
import { CODES, type ExplainCode } from './codes.ts'
import { type Place, placeOf } from './place.ts'
import { type Verdict, verdictsOf } from './verdict.ts'

/** One reason, in words. */
export interface Reason {
  /** docs/explain.md lists them. */
  readonly code: ExplainCode
  readonly sentence: string
  /** What to do about it. */
  readonly fix: string
  /** Of the session that it is about. Safe in logs. */
  readonly handle?: string
}

/** Why the session of a request is empty, or is not what was expected. */
export interface Explanation extends Reason {
  /** Whether what the request presented opens a session. */
  readonly opened: boolean
  /** What there is to say besides, the gravest first. */
  readonly also: readonly Reason[]
}

/** What was decided about this request; of one whose session nobody asked for, what would be, without any change. */
export async function explain(
  core: Core,
  given: object,
  one: (Witnessed & { open(): Promise<unknown> }) | undefined,
  presented: RequestHeaders,
): Promise<Explanation> {
  if (one?.isForAll) return explanation([{ code: 'prerendering' }], false)
  if (one?.asked) await one.open().catch(() => {})
  const seen = one?.found
    ? one
    : await looked(core, one?.request ? { get: (name) => one.request.header(name) ?? null } : presented, one)
  const place: Place = placeOf(given, (name) => seen.request.header(name))
  return explanation(verdictsOf(seen, core, place, core.witness?.isLost(one ?? seen)), seen.found?.loaded !== undefined)
}

/** The request as the engine judges it when nothing may come of it: nobody is told, and nothing is written. */
async function looked(core: Core, presented: RequestHeaders, before: Witnessed | undefined): Promise<Witnessed> {
  const { engine, transport } = core
  const request = new Arrival(engine, presented, before?.incoming ?? transport.incoming(presented))
  request.onlyLooks = true
  request.kept = before?.request.kept?.slice()
  const incoming = request.tickets
  const quiet: Core = {
    ...core,
    engine: { ...engine, trace: undefined, emit: (event, known) => known?.request?.keep?.(event) },
    witness: undefined,
  }
  let found: Witnessed['found']
  try {
    found = await loadSession(quiet, incoming, request)
  } catch (error) {
    request.failed(error)
  }
  return { incoming, request, found, asked: true, session: undefined, commitsByCall: false, finished: false, lines: [] }
}

function explanation([first, ...others]: readonly Verdict[], opened: boolean): Explanation {
  return { ...reason(first ?? { code: 'ok' }), opened, also: others.map(reason) }
}

export function reason({ code, handle, fix }: Verdict): Reason {
  const [sentence, advice] = CODES[code]
  return { code, sentence, fix: fix ?? advice, ...(handle !== undefined && { handle }) }
}
