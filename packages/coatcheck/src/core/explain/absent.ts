import type { Settings } from '../options/options.ts'
import type { IncomingTickets } from '../request/incoming.ts'
import type { ArrivingCode } from './arriving.ts'
import type { Place } from './place.ts'
import { withheld } from './withheld.ts'

/** Tickets with a MAC, and sealed ones: they begin with their version, 1 or 2, as base64url. */
const TICKET = /^A[Q-Za-v][\w-]{58,}$/
/** The name by default. */
const ORDINARY = '__Host-Http-session'
const PREFIX = /^__(?:Host-Http|Host|Http|Secure)-/
const PREFIXES = ['', '__Host-Http-', '__Host-', '__Http-', '__Secure-']
/** Headers in which clients send what is a ticket elsewhere. */
const HEADERS = ['authorization', 'x-session', 'x-session-id', 'x-session-token', 'x-auth-token']

/** Why nothing came that could open a session. */
export function whyAbsent(
  incoming: IncomingTickets,
  { cookie, header: read }: Settings,
  place: Place,
  header: (name: string) => string | undefined,
): ArrivingCode {
  if (incoming.hasCookie) return 'empty-cookie'
  if (incoming.presents) return 'old-cookie'
  const isTicket = (name: string) => TICKET.test(header(name)?.replace(/^Bearer /i, '') ?? '')
  if (HEADERS.some((name) => name !== read && isTicket(name))) return 'in-header'
  if (!cookie)
    return likely(ORDINARY).some((name) => incoming.named(name).values.some((value) => TICKET.test(value)))
      ? 'in-cookie'
      : 'no-cookie'
  const others = likely(cookie.name).filter((name) => name !== cookie.name)
  if (others.some((name) => incoming.named(name).present)) return 'other-name'
  return withheld(cookie, place, header) ?? 'no-cookie'
}

/** What the cookie may be called as well. */
function likely(name: string): string[] {
  const base = name.replace(PREFIX, '')
  return [...new Set([ORDINARY, ...PREFIXES.map((prefix) => prefix + base)])]
}
