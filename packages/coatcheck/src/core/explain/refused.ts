import type { RefusalReason } from '../model/events.ts'
import type { Kept, RecentEnds } from '../model/kept.ts'
import type { IncomingTickets } from '../request/incoming.ts'
import type { AnsweringCode } from './answering.ts'
import type { RefusingCode } from './refusing.ts'

type Refused = Extract<Kept, { readonly type: 'refused' }>

const BY_REASON: Readonly<Record<RefusalReason, RefusingCode>> = {
  malformed: 'not-a-ticket',
  'unknown-version': 'newer-release',
  'unknown-key': 'unknown-key',
  'revoked-key': 'revoked-key',
  forged: 'forged',
  oversized: 'oversized',
  'bad-chunks': 'missing-piece',
  duplicate: 'duplicate',
  unknown: 'store-miss',
  replaced: 'replaced',
  revoked: 'revoked',
  'idle-expired': 'idle',
  'absolute-expired': 'absolute',
  'clock-skew': 'clock-skew',
  corrupt: 'undecodable',
  'too-busy': 'too-busy',
  lapsed: 'lapsed',
}
const BY_DETAIL = { unsigned: 'unsigned', evicts: 'evicted', eventual: 'stale-read' } as const
/** How the session ended, by the reason of the event. */
const BY_END: Readonly<Record<string, RefusingCode>> = {
  'signed-out': 'signed-out',
  destroyed: 'destroyed',
  replaced: 'signed-in-anew',
  replayed: 'replayed',
  elsewhere: 'ended-elsewhere',
  evicted: 'over-limit',
}

/** What other libraries' cookies look like: those of express-session and koa, iron, JSON in base64, a JWT, Astro and others, PHP. */
const FOREIGN = [
  /^s(?::|%3A)/i,
  /^Fe26\.2\*/,
  /^e(?:y|30)[\w+/%=-]*(?:\.|$)/i,
  /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i,
  /^[a-z\d,-]{26}$/,
]
const PERHAPS_FOREIGN: ReadonlySet<RefusalReason> = new Set(['malformed', 'unknown-version', 'forged'])

/** The code of a ticket that the engine refused. */
export function refusalCode(
  { reason, detail, handle }: Refused,
  incoming: IncomingTickets,
  ends: RecentEnds,
): RefusingCode | Extract<AnsweringCode, 'prefetch'> {
  if (PERHAPS_FOREIGN.has(reason) && incoming.read.groups.some(({ values }) => values.some(isForeign))) return 'foreign-cookie'
  const end = reason === 'unknown' || reason === 'revoked' ? ends.of(handle) : undefined
  if (end?.byPrefetch) return 'prefetch'
  return (end && BY_END[end.reason]) ?? (detail ? BY_DETAIL[detail] : BY_REASON[reason])
}

const isForeign = (value: string): boolean => FOREIGN.some((form) => form.test(value))
