/** Of a running site: the level, what is wrong, and what to do. */
export const URL_CODES = {
  'url-unreachable': ['error', 'The address does not answer.', 'Start the site, or correct the address.'],
  'tls-invalid': [
    'error',
    'The certificate does not count for this address.',
    'Renew it, or give --ca FILE for one of your own.',
  ],
  'plain-http': ['error', 'The site is served over plain HTTP: whoever is on the way can read tickets.', 'Serve it over HTTPS.'],
  'http-not-redirected': [
    'warning',
    'The site answers over plain HTTP too, and does not lead to HTTPS.',
    'Redirect to HTTPS, and set Strict-Transport-Security.',
  ],
  'no-hsts': [
    'warning',
    'Nothing keeps browsers from trying plain HTTP first.',
    'Set `Strict-Transport-Security: max-age=31536000`.',
  ],
  'secure-over-http': [
    'error',
    'A cookie with Secure comes over plain HTTP: browsers drop it, and no session is ever found again.',
    'Serve over HTTPS. If a proxy does, let it say so (X-Forwarded-Proto), and let the framework trust it.',
  ],
  'clock-off': [
    'error',
    'The clock of the server differs from the one here by over a minute.',
    'Let both follow NTP: sessions end by the clock of the server.',
  ],
  'no-cookie': [
    'error',
    'The request that was to begin a session was given no cookie.',
    'Check the request of --begin; or something on the way removes Set-Cookie: name the server behind it by --direct.',
  ],
  'proxy-strips-cookie': [
    'error',
    'The server sets a cookie, and what stands before it takes it away.',
    'Let Set-Cookie pass there: a cache that ignores cookies must not be before pages with sessions.',
  ],
  'proxy-not-trusted': [
    'error',
    'Behind a proxy that speaks HTTPS the server sets no cookie, or one without Secure.',
    'Trust X-Forwarded-Proto of this proxy (`trust proxy` of Express, `trustProxy` of Fastify, `app.proxy` of Koa).',
  ],
  'forwarded-proto-trusted': [
    'warning',
    'Anybody can tell the site by X-Forwarded-Proto that a request came over plain HTTP, and then gets another cookie.',
    'Let the proxy overwrite X-Forwarded-Proto, whatever a visitor sends.',
  ],
  'forwarded-host-trusted': [
    'warning',
    'Anybody can tell the site by X-Forwarded-Host what it is called, and the page says so.',
    'Let the proxy overwrite X-Forwarded-Host, or do not trust it.',
  ],
  'begins-on-read': [
    'warning',
    'A page that is only looked at begins a session.',
    'Store something only when the visitor does something (`saveUninitialized: false` of express-session).',
  ],
  'cookie-refused': [
    'error',
    'The cookie that was just given is taken away at the next request.',
    'Look at the reason: `sessions.explain(request)`, or DEBUG=coatcheck.',
  ],
  'instances-differ': [
    'error',
    'A session that one instance began is not there at another.',
    'Give all instances the same secrets and the same store.',
  ],
  'cookie-cacheable': [
    'error',
    'An answer with Set-Cookie may be kept by shared caches: others would be given this session.',
    'Set `Cache-Control: no-store`, or `private`, on pages that read a session; an adapter of ours does it by itself.',
  ],
  'cookie-shared': [
    'error',
    'Two visitors were given the same ticket: something on the way keeps answers with Set-Cookie.',
    'Keep caches away from answers with Set-Cookie, empty them, and drop the secrets.',
  ],
  'page-cacheable': [
    'error',
    'A page that shows a session may be kept by shared caches.',
    'Set `Cache-Control: no-store`, or `private`, on pages that read a session; an adapter of ours does it by itself.',
  ],
  'page-cached': [
    'error',
    'A stranger was shown the page of somebody with a session.',
    'Keep caches away from pages that read a session, and empty them.',
  ],
  'worker-caches': [
    'warning',
    'A service worker of the page keeps answers: after a sign-out the browser may still show them.',
    'Let it keep only what is the same for everybody; call `caches.delete` at sign-out.',
  ],
  'ticket-in-page': [
    'error',
    'The ticket stands in the page, where scripts and saved pages have it.',
    'Write `session.handle` where a page needs a name for the session.',
  ],
  'ticket-fixed': [
    'error',
    'The site takes a ticket that a visitor made up: an attacker can choose the session of somebody else.',
    'Use a library that makes tickets itself, and checks them.',
  ],
  'cors-any-origin': [
    'error',
    'Any site may read pages with the session of the visitor (CORS).',
    'Answer only origins of your own with Access-Control-Allow-Credentials.',
  ],
} as const
