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
  'secure cookie over http': {
    broken: 'A cookie with Secure is served over plain http.',
    explain: 'secure-over-http',
    doctor: 'secure-over-http',
  },
  'prefix over http': { broken: 'A cookie with a prefix is served over plain http.', explain: 'prefix-over-http' },
  'SameSite=None without Secure': {
    broken: 'The cookie has SameSite=None and no Secure.',
    explain: 'not-returned',
    doctor: 'cookie-none-not-secure',
  },
  'proxy that strips Set-Cookie': {
    broken: 'A proxy removes Set-Cookie.',
    explain: 'not-returned',
    doctor: 'proxy-strips-cookie',
  },
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
  'two applications on one cookie': {
    broken: 'Two applications of one host use one cookie name.',
    explain: 'unknown-key',
    doctor: 'cookie-name-shared',
  },
  'secret that differs between instances': {
    broken: 'Two instances have different secrets.',
    explain: 'unknown-key',
    doctor: 'instances-differ',
  },
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
  'cookie over 4096 bytes': {
    broken: 'A session in the cookie has grown too large.',
    explain: 'too-large',
    doctor: 'cookie-too-large',
  },
  'written while streaming': { broken: 'The page changes the session after its first byte.', explain: 'late-write' },
  'written by a failure': { broken: 'The handler changes the session and answers 500.', explain: 'not-kept' },
  'forgotten save': { broken: 'An app with iron-session changes the session and calls no save().', explain: 'not-committed' },
  'written after an end': { broken: 'A slow request changes a session that was ended meanwhile.', explain: 'ended-meanwhile' },
  'two middlewares set one cookie': {
    broken: 'Two middlewares set the same cookie.',
    explain: 'cookie-conflict',
    doctor: 'cookie-twice',
  },
  'page of a session for shared caches': {
    broken: 'A page of a session says that shared caches may keep it.',
    explain: 'cache-conflict',
    doctor: 'page-cacheable',
  },
  'secret not set': { broken: 'The variable that the secret comes from is not set.', doctor: 'secret-missing' },
  'secret of a document': { broken: 'The secret is the example of a README.', doctor: 'secret-published' },
  'secret of words': { broken: 'The secret is a sentence.', doctor: 'secret-weak' },
  'secret that ends': { broken: 'The only secret ends tomorrow.', doctor: 'secret-ends-soon' },
  'misspelled option': { broken: 'An option is misspelled.', doctor: 'options-refused' },
  'cookie for every subdomain': { broken: 'The cookie has a Domain.', doctor: 'cookie-domain' },
  'store in memory': { broken: 'Sessions are kept in the memory of one process.', doctor: 'store-memory' },
  'store that overwrites': { broken: 'A store writes whatever version is there.', doctor: 'store-loses-writes' },
  'store that is down': { broken: 'The database does not run.', doctor: 'store-unreachable' },
  'store that nobody prunes': { broken: 'Nobody calls prune.', doctor: 'store-not-pruned' },
  'clock of the sessions off by a day': { broken: 'The clock that the sessions are given is a day ahead.', doctor: 'clock-off' },
  'cookie that scripts read': { broken: 'The cookie has no HttpOnly.', doctor: 'cookie-not-http-only' },
  'cookie for another host': { broken: 'The Domain of the cookie is another site’s.', doctor: 'cookie-domain-foreign' },
  'prefix and path contradict each other': {
    broken: 'A cookie called __Host-… has a Path of its own.',
    doctor: 'cookie-prefix-broken',
  },
  'session begun by looking': { broken: 'Every visitor gets a session.', doctor: 'begins-on-read' },
  'cookie that nothing sets': { broken: 'The request that is to begin a session begins none.', doctor: 'no-cookie' },
  'CDN that keeps Set-Cookie': { broken: 'A cache keeps answers with Set-Cookie.', doctor: 'cookie-shared' },
  'CDN that keeps pages of a session': { broken: 'A cache keeps pages, whoever they are for.', doctor: 'page-cached' },
  'bodies cached by a service worker': { broken: 'A service worker keeps pages.', doctor: 'worker-caches' },
  'ticket in the page': { broken: 'The page has the ticket in it.', doctor: 'ticket-in-page' },
  'ticket of the attacker’s choice': { broken: 'The site takes any ticket for a session (fixation).', doctor: 'ticket-fixed' },
  'any origin may read': { broken: 'CORS lets every site read pages with the session.', doctor: 'cors-any-origin' },
  'believes X-Forwarded-Host': { broken: 'The server believes X-Forwarded-Host of anybody.', doctor: 'forwarded-host-trusted' },
  'clock of the server off by a day': { broken: 'The clock of the server is a day behind.', doctor: 'clock-off' },
  'nobody answers': { broken: 'The server does not run.', doctor: 'url-unreachable' },
}

/** The names of the faults that this one names. */
export const seenBy = (who: 'explain' | 'doctor'): string[] =>
  Object.entries(FAULTS).flatMap(([name, fault]) => (fault[who] === undefined ? [] : [name]))
