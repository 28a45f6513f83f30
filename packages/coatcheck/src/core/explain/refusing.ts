import type { Rows } from './rows.ts'

/** Tickets that came and opened nothing. */
const ROWS = {
  'not-a-ticket': ['The cookie holds a text that is no ticket of ours.', 'Give the cookie a name that nothing else writes to.'],
  'foreign-cookie': [
    'The cookie was written by another library: two apps share one cookie name, or the site came from that library.',
    'Give each app a `cookie.name` of its own. To take the sessions over, use `migrateFrom` (docs/migrate.md).',
  ],
  'newer-release': [
    'A newer release of this library made the ticket or the record.',
    'Bring all instances to the newer release. The session lives, and is left alone.',
  ],
  'unknown-key': [
    'A secret made the ticket or the record that this process does not have: instances differ, it was taken out of `secrets` too early, or two apps share one cookie name.',
    'Give all instances the same `secrets`, keep old ones for as long as sessions last (docs/secrets.md), and each app a cookie name of its own.',
  ],
  'revoked-key': [
    'The secret that made the ticket or the record is revoked, or its `until` has passed.',
    'Nothing, if it leaked. If not, give it the state "retired" and a later `until`: `absoluteTimeout` after it wrote last.',
  ],
  forged: [
    'The ticket was changed on the way, made up, or made for another cookie name.',
    'Look for what alters cookies: a proxy, a script, a client that cuts or decodes them. If the cookie was renamed, the old tickets are over.',
  ],
  unsigned: [
    'The ticket has no MAC: it is from before `secrets` were set, or from an app that shares the cookie name and has none.',
    'Set `acceptUnsigned: true` for as long as such sessions last, or let their visitors begin anew.',
  ],
  oversized: [
    'More came than any browser sends for this cookie or header.',
    'Look at the client that makes it up: no browser does.',
  ],
  'missing-piece': [
    'The ticket is spread over several cookies, and not all of them came: the browser had too many cookies or dropped one, or there is a store and tickets are never spread.',
    'Keep less in the session, or use a store: the cookie is small then.',
  ],
  duplicate: [
    'Two different live tickets came at once, and nobody can tell which of them somebody else planted.',
    'Find who sets the second one: an older path or domain of the cookie, or a sibling host. A name with `__Host-` cannot come twice.',
  ],
  'store-miss': [
    'The store has no record of this ticket: the session ended elsewhere, its time was over and it was pruned, or the store lost it.',
    'Let all instances use one store, and one that survives a restart: the memory store is emptied by each, and when it is full the oldest go.',
  ],
  evicted: [
    'The store has no record of this ticket, and drops records to make room.',
    'Give the store more room, or a policy that drops nothing (Redis: `maxmemory-policy noeviction`).',
  ],
  'stale-read': [
    'The store has no record of this ticket, and may not know yet what was written elsewhere a moment ago: it is `eventual`.',
    'Use a store that is `strong` where a page follows a sign-in at once (docs/stores.md).',
  ],
  idle: [
    'Nobody used the session for longer than `idleTimeout`.',
    'Raise `idleTimeout`, or ask the visitor to sign in again. If it was not so long, compare the clocks of the servers.',
  ],
  absolute: [
    'The session is older than `absoluteTimeout`.',
    'Raise `absoluteTimeout`, or ask the visitor to sign in again. If it was not so long, compare the clocks of the servers.',
  ],
  'clock-skew': [
    'The session began over a minute in the future: the clocks of two servers differ.',
    'Let all servers take their time from NTP.',
  ],
  replaced: [
    'The ticket is an old one, from before a new id such as that of a sign-in, and its `grace` is over.',
    'Find who kept the old cookie: another path or domain, a client that stores cookies itself, or a thief (event `replayed`).',
  ],
  revoked: ['The session was ended, and its ticket was used again.', 'Nothing: that is what the end was for.'],
  'signed-out': ['The visitor signed out: `signOut()` ended the session.', 'Nothing, if the visitor meant it.'],
  destroyed: ['`destroy()` ended the session.', 'If nobody meant it, look for the request that called it.'],
  'signed-in-anew': [
    'Somebody else signed in with this session, which ended by that.',
    'Nothing: what one person left does not go to the next.',
  ],
  replayed: [
    'An old ticket of the session was used after its time, and `onReplay` ends sessions for that.',
    'Take it as a theft until you know more (docs/events.md).',
  ],
  'ended-elsewhere': [
    'The session was ended from outside its requests, as from a list of sessions.',
    'Nothing, if that was meant.',
  ],
  'over-limit': [
    'The owner signed in once more than `maxPerOwner` allows, and this session was the one to go.',
    'Raise `maxPerOwner`, or set `evict` to "refuse".',
  ],
  undecodable: [
    'What the ticket opens, or the record, cannot be read: another program wrote it, or it is damaged.',
    'Look at the record and at what else writes there. It is left as it is; give each app a store or a prefix of its own.',
  ],
  lapsed: [
    'The session is bound to a device, whose cookie did not come or is over.',
    'Nothing: the browser that has the key refreshes. Many for one handle are a copied cookie in use (docs/device-bound.md).',
  ],
  'too-busy': [
    'Too many sealed cookies of another library came at once to open them all.',
    'Nothing: the cookie stays, and the next request tries again.',
  ],
} as const

export type RefusingCode = keyof typeof ROWS
export const REFUSING: Rows<RefusingCode> = ROWS
