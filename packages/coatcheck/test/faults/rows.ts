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
  'SameSite=None without Secure': { broken: 'The cookie has SameSite=None and no Secure.', doctor: 'cookie-none-not-secure' },
  'cookie that scripts read': { broken: 'The cookie has no HttpOnly.', doctor: 'cookie-not-http-only' },
  'cookie for another host': { broken: 'The Domain of the cookie is another site’s.', doctor: 'cookie-domain-foreign' },
  'prefix and path contradict each other': {
    broken: 'A cookie called __Host-… has a Path of its own.',
    doctor: 'cookie-prefix-broken',
  },
  'cookie over 4096 bytes': { broken: 'A session in the cookie has grown too large.', doctor: 'cookie-too-large' },
  'session begun by looking': { broken: 'Every visitor gets a session.', doctor: 'begins-on-read' },
  'two middlewares set one cookie': { broken: 'Two middlewares set the same cookie.', doctor: 'cookie-twice' },
  'two applications on one cookie': { broken: 'Two applications of one host use one cookie name.', doctor: 'cookie-name-shared' },
  'proxy that strips Set-Cookie': { broken: 'A proxy removes Set-Cookie.', doctor: 'proxy-strips-cookie' },
  'cookie that nothing sets': { broken: 'The request that is to begin a session begins none.', doctor: 'no-cookie' },
  'secret that differs between instances': { broken: 'Two instances have different secrets.', doctor: 'instances-differ' },
  'CDN that keeps Set-Cookie': { broken: 'A cache keeps answers with Set-Cookie.', doctor: 'cookie-shared' },
  'CDN that keeps pages of a session': { broken: 'A cache keeps pages, whoever they are for.', doctor: 'page-cached' },
  'page of a session for shared caches': {
    broken: 'A page of a session says that shared caches may keep it.',
    doctor: 'page-cacheable',
  },
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
