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
  readonly forget?: () => Promise<void>
}

/** How long a session that says so itself has to live; its time begins here when it says nothing. */
export function lifeIn({ createdAt, expiresAt }: ForeignSession, { policy, now }: Engine): Life {
  const { endsAt } = born(policy, now())
  const end = expiresAt ?? endsAt
  return { createdAt: createdAt ?? now(), endsAt: end, expiresAt: end }
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
    const values = isOther ? [other ?? ''] : arrival.groups.flatMap((group) => group.values)
    for (const value of values) {
      const session = value === '' ? undefined : await read(reader, value, request, engine)
      if (!session || (session.expiresAt !== undefined && session.expiresAt <= engine.now())) continue
      const { body, unreadable } = bodyOf(session.values, session.flash, session.ends)
      for (const key of Object.keys(unreadable)) engine.emit({ type: 'unreadable-value', key })
      // Its own end was counted by other rules; from here on ours count.
      const life = { ...born(engine.policy, engine.now()), createdAt: Math.min(session.createdAt ?? engine.now(), engine.now()) }
      const { forget, unique } = session
      const named = unique === undefined ? undefined : `${reader.format} ${unique}`
      return { format: reader.format, unique: named, body, life, ...(isOther && { cookieName }), ...(forget && { forget }) }
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
