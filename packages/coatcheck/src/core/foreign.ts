import { SessionError } from '../errors.ts'
import type { ForeignReader, ForeignRequest, ForeignSession } from '../foreign/format.ts'
import type { Engine, Foreign } from './engine.ts'
import { born, type Life } from './expiry.ts'
import { bodyOf } from './plain.ts'
import type { Arrival } from './transport.ts'

/** What another library kept for a visitor. */
export interface Found extends Foreign {
  readonly format: string
  /** The cookie it came in, when that is not ours: it is cleared once ours takes its place. */
  readonly cookieName?: string
  readonly via: 'header' | 'cookie'
  readonly forget?: () => Promise<void>
}

const LONGEST = 400 * 86_400_000

/** How long a session that says so itself has to live; its time begins here when it says nothing. */
export function lifeIn({ createdAt, expiresAt }: ForeignSession, { policy, now }: Engine): Life {
  const { endsAt, expiresAt: idleEnd } = born(policy, now())
  // Browsers keep no cookie for longer than 400 days (RFC 6265bis 5.5), so none says more.
  const end = Number.isFinite(expiresAt) ? Math.min(Math.floor(expiresAt as number), now() + LONGEST) : endsAt
  return { createdAt: beginningOf(createdAt, now()), endsAt: end, expiresAt: Number.isFinite(expiresAt) ? end : idleEnd }
}

/** When it began, in a form that we can write; what says nothing of use began now. */
function beginningOf(createdAt: number | undefined, now: number): number {
  return Number.isFinite(createdAt) ? Math.max(0, Math.min(Math.floor(createdAt as number), now)) : now
}

/** The session that another library's cookie or header opens; formats are tried in order, on every value that came. */
export async function findForeign(
  readers: readonly ForeignReader[],
  arrival: Arrival,
  engine: Engine,
): Promise<Found | undefined> {
  for (const reader of readers) {
    const { cookieName } = reader
    const isOther = cookieName !== undefined && cookieName !== arrival.request(engine.now()).cookieName
    const request: ForeignRequest = { ...arrival.request(engine.now()), ...(isOther && { cookieName }) }
    const other = isOther ? request.cookie(cookieName) : undefined
    const ours = arrival.groups.flatMap(({ via, values }) => values.map((value) => ({ via, value })))
    for (const { via, value } of isOther ? [{ via: 'cookie' as const, value: other ?? '' }] : ours) {
      const session = value === '' ? undefined : await read(reader, value, request, engine)
      if (!session || (session.expiresAt !== undefined && session.expiresAt <= engine.now())) continue
      const { body, unreadable } = bodyOf(session.values, session.flash, session.ends)
      for (const key of Object.keys({ ...unreadable.values, ...unreadable.flash })) engine.emit({ type: 'unreadable-value', key })
      // Its own end was counted by other rules; from here on ours count.
      const since = engine.now()
      const life = { ...born(engine.policy, since), createdAt: beginningOf(session.createdAt, since) }
      const { forget, unique, gone = false } = session
      const named = unique === undefined ? undefined : `${reader.format} ${unique}`
      const found = {
        format: reader.format,
        via,
        unique: named,
        body: { ...body, ...(life.createdAt < since && { since }) },
        life,
        isGone: gone,
      }
      return { ...found, ...(isOther && { cookieName }), ...(forget && { forget }) }
    }
  }
  return undefined
}

/** A record that is damaged stays where it is, and its visitor goes on without it; a store that fails, fails. */
async function read(
  reader: ForeignReader,
  value: string,
  request: ForeignRequest,
  { emit }: Engine,
): Promise<ForeignSession | undefined> {
  try {
    return await reader.read(value, request)
  } catch (error) {
    if (!(error instanceof SessionError) || error.code !== 'DAMAGED_RECORD') throw error
    emit({ type: 'refused', reason: 'corrupt', error })
    return undefined
  }
}
