import type { Rows } from './rows.ts'

/** Requests with a session, and such as no ticket came with. */
const ROWS = {
  // A session is there.
  ok: ['The session was opened.', 'Nothing is wrong.'],
  adopted: ['A session of another library was opened, and is kept here from the next commit on.', 'Nothing is wrong.'],
  begun: ['No ticket came, and a session began with this request.', 'Nothing is wrong, if there was no session before.'],
  'in-grace': [
    'The ticket is an old one, from before a new id. It shows what the session was then, and nothing that came after.',
    'Nothing, if the request overtook the sign-in. If it happens again, look for what keeps an old cookie: another path or domain, an app that stores cookies itself.',
  ],

  // No ticket came.
  'no-cookie': [
    'No ticket came: a first visit, a cookie that was deleted or has ended, or a client that keeps none.',
    'If there should be one, look at the response that gave it (Set-Cookie), and at what the browser says about that cookie.',
  ],
  'secure-over-http': [
    'The browser has no cookie for this address: a cookie with `Secure` neither comes nor goes over plain http, except on localhost.',
    'Serve the site over https. Behind a proxy, let it send `x-forwarded-proto`. For a test without https, set `cookie.secure` to false.',
  ],
  'prefix-over-http': [
    'The browser has no cookie for this address: the name of the cookie begins with `__Host-`, `__Http-` or `__Secure-`, which it takes over https only, except on localhost.',
    'Serve the site over https. For a test without https, take a `cookie.name` without the prefix and set `cookie.secure` to false.',
  ],
  'same-site': [
    'The browser kept the cookie back: another site caused this request, and `cookie.sameSite` does not let the cookie go along.',
    'Let the page come from the site itself, or redirect once. If other sites must post or embed, set `cookie.sameSite` to "none" and look at docs/csrf.md.',
  ],
  'no-credentials': [
    'A script of another origin made this request without credentials, so the browser sent no cookie.',
    'Call `fetch(url, { credentials: "include" })`, and answer with `Access-Control-Allow-Credentials: true` and the origin by name.',
  ],
  'third-party': [
    'A page of another site made this request from inside, and the browser sends no cookies of third parties.',
    'Set `cookie.partitioned` to true with `sameSite: "none"`: the frame then has a session for each site that shows it.',
  ],
  'path-mismatch': [
    'The browser kept the cookie back: the address is not below `cookie.path`.',
    'Leave `cookie.path` out (it is "/" then), or serve this page below it. A proxy that changes paths has to change the cookie with them.',
  ],
  'domain-mismatch': [
    'The browser kept the cookie back: this host is not within `cookie.domain`.',
    'Leave `cookie.domain` out for one host, or name the domain that all of them end with. A proxy has to pass the host on (`Host`).',
  ],
  'not-returned': [
    'A client that looks the same was given a ticket and came back without: something took the Set-Cookie off, or the browser refused it.',
    'Compare the Set-Cookie in the browser with the one that the app sent: proxies remove it from pages they cache. The browser says next to the cookie why it refuses one.',
  ],
  'other-name': [
    'A cookie came that has the name this library gives by default, or this one with or without its prefix, and no cookie of `cookie.name`.',
    'Set `cookie.name` to the name that visitors have, or wait until those cookies have ended: who renames the cookie begins all sessions anew.',
  ],
  'empty-cookie': [
    'The cookie came without a value.',
    'Look for what writes it besides: a script, a proxy, or code that clears the cookie by itself in place of `signOut()` or `destroy()`.',
  ],
  'old-cookie': [
    'A cookie of a library that `migrateFrom` names came, and opens no session: that has ended, its secret is another, or the form is not the one that was named.',
    'Compare the options of the reader with those of the old library. If they are the same, let the visitor begin anew.',
  ],
  'in-header': [
    'A ticket came in a header that is not read here.',
    'Set the option `header` to the name of that header, or let the client send the cookie.',
  ],
  'in-cookie': [
    'A ticket came in a cookie, and `cookie` is false: it is read from the header only.',
    'Leave `cookie: false` out, or let the client send the header.',
  ],
} as const

export type ArrivingCode = keyof typeof ROWS
export const ARRIVING: Rows<ArrivingCode> = ROWS
