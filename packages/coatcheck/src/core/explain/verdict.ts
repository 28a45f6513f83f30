import { SessionError } from '../../errors.ts'
import type { Kept } from '../model/kept.ts'
import type { Core } from '../request/load.ts'
import type { Witnessed } from '../request/witness.ts'
import { whyAbsent } from './absent.ts'
import type { ExplainCode } from './codes.ts'
import type { Place } from './place.ts'
import { refusalCode } from './refused.ts'

export interface Verdict {
  readonly code: ExplainCode
  readonly handle?: string | undefined
  /** More exact than that of the code. */
  readonly fix?: string | undefined
}

const BY_ERROR: Readonly<Record<string, ExplainCode>> = {
  COOKIE_TOO_LARGE: 'too-large',
  RECORD_TOO_LARGE: 'too-large',
  TOO_LATE: 'late-write',
  CONFLICT: 'conflict',
  READ_ONLY: 'read-only',
  PRERENDERING: 'prerendering',
  KEY_UNKNOWN: 'unknown-key',
}
/** Events that are verdicts by themselves. */
const BY_EVENT: Readonly<Partial<Record<Kept['type'], ExplainCode>>> = {
  dropped: 'ended-meanwhile',
  unkept: 'not-kept',
  'cookie-conflict': 'cookie-conflict',
  'cache-conflict': 'cache-conflict',
  overwritten: 'overwritten',
  'unreadable-value': 'unreadable-value',
}
/** Those that go before what came: changes of this request are lost. */
const FAILURES: ReadonlySet<ExplainCode> = new Set(['ended-meanwhile', 'not-kept'])
/** Plans that change something: `touch` moves an end. */
const CHANGES: ReadonlySet<string> = new Set(['create', 'update', 'regenerate', 'end', 'end+create'])

/** What was decided about a request, the gravest first, in the words of `explain`. It decides nothing itself but why no ticket came. */
export function verdictsOf(one: Witnessed, { engine, transport }: Core, place: Place, isLost = false): readonly Verdict[] {
  const { request, incoming, found } = one
  const kept = request.kept ?? []
  const loaded = found?.loaded
  const failures: Verdict[] = []
  const notes: Verdict[] = []
  const refusals: Verdict[] = []
  let isChanged = false
  for (const event of kept) {
    const handle = 'handle' in event ? event.handle : undefined
    if (event.type === 'refused') refusals.push({ code: refusalCode(event, incoming, engine.ends), handle })
    else if (event.type === 'failed' || event.type === 'late-failed') failures.push(failure(event.error, one))
    else if (event.type === 'store-down') failures.push(failure(event.error, one))
    else if (event.type === 'committed') isChanged ||= CHANGES.has(event.plan)
    const code = BY_EVENT[event.type]
    if (code) (FAILURES.has(code) ? failures : notes).push({ code, handle })
  }
  if (request.isPrefetch && (isChanged || failures.some(({ code }) => code === 'read-only')))
    failures.unshift({ code: 'prefetch', handle: loaded?.handle })
  if (one.finished && one.commitsByCall && one.session?.changed && !request.onlyLooks)
    notes.push({ code: 'not-committed', handle: loaded?.handle })
  const isHere = loaded !== undefined
  const why = isHere || refusals.length > 0 || failures.some(isOfOpening) ? [] : [absence()]
  const how = loaded?.isReplaced ? 'in-grace' : loaded?.migrates ? 'adopted' : 'ok'
  const begun: Verdict[] = !isHere && one.session?.handle !== undefined ? [{ code: 'begun', handle: one.session.handle }] : []
  const opened: Verdict[] = loaded ? [{ code: how, handle: loaded.handle }] : []
  const reasons = [
    ...refusals.filter(({ code }) => code !== 'not-a-ticket'),
    ...refusals.filter(({ code }) => code === 'not-a-ticket'),
  ]
  const causes = isHere ? [] : reasons
  const first = found?.blocked ? [...causes, ...failures] : [...failures, ...causes]
  const isPlain = ([one]: readonly Verdict[]): boolean => one?.code === 'no-cookie'
  const all = [
    ...first,
    ...(isPlain(why) ? [] : why),
    ...notes,
    ...begun,
    ...(isPlain(why) ? why : []),
    ...opened,
    ...(isHere ? reasons : []),
  ]
  return all.filter((each, at) => all.findIndex(({ code, handle }) => code === each.code && handle === each.handle) === at)

  function absence(): Verdict {
    const code = whyAbsent(incoming, transport.places.settings, place, (name) => request.header(name))
    return { code: isLost && code === 'no-cookie' ? 'not-returned' : code }
  }
}

const isOfOpening = ({ code }: Verdict): boolean => code === 'store-down' || code === 'prerendering'

function failure(error: unknown, { found, session }: Witnessed): Verdict {
  const { code, fix }: Partial<SessionError> = error instanceof SessionError ? error : {}
  const isOpen = found !== undefined && found.down === undefined
  const handle = session?.handle
  return { code: (code && BY_ERROR[code]) ?? (isOpen ? 'not-stored' : 'store-down'), fix, handle }
}
