/**
 * Seeded faults: apps that are each broken in one way, and who names what is wrong. A fault may be named by both. Each row with `explain` has an
 * app of its name in explained.ts, and each with `doctor` one in doctored.ts; tests serve it over HTTP on loopback.
 */
export interface Fault {
  /** What is broken, as a reader would say it. */
  readonly broken: string
  /** The code of `sessions.explain(request)`. */
  readonly explain?: string
  /** The code of `coatcheck doctor`. */
  readonly doctor?: string
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  'secure over http': { broken: 'A cookie with Secure is served over plain http.', explain: 'secure-over-http' },
  'prefix over http': { broken: 'A cookie with a prefix is served over plain http.', explain: 'prefix-over-http' },
  'none without secure': {
    broken: 'A proxy takes Secure off a cookie with SameSite=None, and browsers drop it.',
    explain: 'not-returned',
  },
  'stripped set-cookie': { broken: 'A proxy takes Set-Cookie off the answers.', explain: 'not-returned' },
  'strict from elsewhere': { broken: 'With SameSite=Strict a link from another site arrives signed out.', explain: 'same-site' },
  'posted back': { broken: 'A payment provider posts the visitor back, with SameSite=Lax.', explain: 'same-site' },
  'other origin': { broken: 'A page on another subdomain fetches without credentials.', explain: 'no-credentials' },
  'third party frame': {
    broken: 'The site is shown in a frame of another site, and its cookie is not partitioned.',
    explain: 'third-party',
  },
  'path mismatch': { broken: 'The cookie is for /app, and a page is elsewhere.', explain: 'path-mismatch' },
  'domain mismatch': {
    broken: 'The cookie is for one domain, and the site is opened under another.',
    explain: 'domain-mismatch',
  },
  'renamed cookie': { broken: 'A release renames the cookie.', explain: 'other-name' },
  'emptied cookie': { broken: 'A script of the page empties the cookie.', explain: 'empty-cookie' },
  'header in place of cookie': {
    broken: 'An app on a phone sends the ticket as Bearer, which is not read.',
    explain: 'in-header',
  },
  'two libraries on one name': { broken: 'express-session runs beside us with the same cookie name.', explain: 'foreign-cookie' },
  'two apps on one name': {
    broken: 'Two apps on one host share a cookie name, each with secrets of its own.',
    explain: 'unknown-key',
  },
  'secrets differ': { broken: 'One of two instances has another secret.', explain: 'unknown-key' },
  'secret removed': { broken: 'The old secret was taken out of the list too early.', explain: 'unknown-key' },
  'secret expired': { broken: 'The `until` of the old secret comes before its sessions are over.', explain: 'revoked-key' },
  'secrets came later': { broken: 'A site begins to sign tickets, and does not take those from before.', explain: 'unsigned' },
  'altered cookie': { broken: 'A proxy writes cookies in lower case.', explain: 'forged' },
  'two cookies': { broken: 'Two cookies of one name with two live sessions come at once.', explain: 'duplicate' },
  'lost piece': { broken: 'The browser drops one of the cookies that a large session is spread over.', explain: 'missing-piece' },
  'clock off by a day': { broken: 'The clock of one of two instances is a day ahead.', explain: 'clock-skew' },
  'full store': { broken: 'The store drops sessions to make room.', explain: 'evicted' },
  'emptied store': { broken: 'The store lost its data with a restart.', explain: 'store-miss' },
  'stores differ': { broken: 'Each of two instances keeps sessions in its own memory.', explain: 'store-miss' },
  'slow replica': { broken: 'The store is read from a replica that does not know the sign-in yet.', explain: 'stale-read' },
  'store down': { broken: 'The store does not answer.', explain: 'store-down' },
  'record of a newer release': { broken: 'A newer release wrote the record.', explain: 'newer-release' },
  'foreign record': { broken: 'Another program writes to the same keys.', explain: 'undecodable' },
  'ended elsewhere': { broken: 'The session was ended from the list of devices.', explain: 'ended-elsewhere' },
  'too many sessions': { broken: 'A third sign-in ends the oldest of two.', explain: 'over-limit' },
  'prefetched sign-out': { broken: 'Signing out is a link, and the browser prefetches it.', explain: 'prefetch' },
  'old id': { broken: 'A client keeps the cookie from before the sign-in.', explain: 'replaced' },
  idle: { broken: 'The idle timeout is shorter than a lunch.', explain: 'idle' },
  absolute: { broken: 'The absolute timeout ends a working day.', explain: 'absolute' },
  'too large': { broken: 'The session does not fit into its cookie.', explain: 'too-large' },
  'written while streaming': { broken: 'The page changes the session after its first byte.', explain: 'late-write' },
  'written by a failure': { broken: 'The handler changes the session and answers 500.', explain: 'not-kept' },
  'forgotten save': { broken: 'An app with iron-session changes the session and calls no save().', explain: 'not-committed' },
  'written after an end': { broken: 'A slow request changes a session that was ended meanwhile.', explain: 'ended-meanwhile' },
  'two set-cookie': { broken: 'Another middleware sets a cookie of the same name.', explain: 'cookie-conflict' },
  'caching cdn': { broken: 'A page that shows the session allows a CDN to keep it.', explain: 'cache-conflict' },
}

/** The names of the faults that this one names. */
export const seenBy = (who: 'explain' | 'doctor'): string[] =>
  Object.entries(FAULTS).flatMap(([name, fault]) => (fault[who] === undefined ? [] : [name]))
