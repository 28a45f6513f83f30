import type { Difference } from './differences.ts'
import type { Call, How, Script, Visit } from './h3-script.ts'

const use = { call: 'use' } as const
const sets = (key: string, value: unknown): Call => ({ call: 'update', how: 'object', key, value })
const again = { call: 'updateSession', how: 'object', key: 'a', value: 1 } as const
const visit = (...calls: readonly Call[]): Visit => ({ wait: 0, sends: 'cookies', calls, ends: 'ok' })
const of = (how: How, ...visits: readonly Visit[]): Script => ({ how, visits })

const FIRST = ['h3 1, sealed', 'h3 1, on a store', 'h3 1, upstream']
const SECOND = ['h3 2, sealed', 'h3 2, on a store', 'h3 2, upstream']
const OURS = ['h3 1, sealed', 'h3 2, sealed', 'h3 1, on a store', 'h3 2, on a store']
const STORED = ['h3 1, on a store', 'h3 2, on a store']

/** Where ours differs from h3, and why: `differential.slow.test.ts` plays each, lets no other pass, and holds the page to it. */
export const differences: Readonly<Record<string, Difference<Script>>> = {
  'clear-is-final': {
    what: 'After `clear()` the session is empty, in the same request too; an `update()` then begins another',
    why: 'h3 reads the cookie of the request again, and the old values are back',
    script: of({}, visit(use, sets('a', 1)), visit(use, { call: 'clear' }, sets('b', 2))),
    theirs: /"data":\{"a":1,"b":2\}/,
    ours: /"data":\{"b":2\}/,
  },
  removed: {
    what: 'h3 1: `clear()` removes the cookie',
    why: 'h3 1 leaves an empty one in the browser',
    shownBy: ['h3/weaknesses.test.ts', 'H3: clear removes the cookie from the browser'],
  },
  'get-begins-none': {
    what: 'h3 1: `getSession` gives nothing to a visitor who has no session',
    why: 'As in h3 2: a visitor who only looks needs no cookie',
    only: FIRST,
    script: of({}, visit({ call: 'get' })),
    theirs: /"browser":\[\{"name":"h3"/,
    ours: /"browser":\[\]/,
  },
  id: {
    what: '`id` and `createdAt` are `undefined` until something is stored',
    why: 'Only a stored session has a name that stays',
    shownBy: ['h3.test.ts', 'getSession sets no cookie, and shows what there is'],
  },
  'seal-begins': {
    what: 'h3 2: `sealSession` begins a session, with a cookie, for a visitor who has none',
    why: 'The text must open something, in a store too',
    only: SECOND,
    script: of({}, visit({ call: 'seal' })),
    theirs: /"browser":\[\]/,
    ours: /"browser":\[\{"name":"h3"/,
  },
  'seal-idle': {
    what: 'With `idleTimeout` the time of the text of `sealSession` counts from the last change of the session, or the last time that use moved its end',
    why: 'The text is the ticket that the visitor has. h3 2 makes another one for each call',
    only: ['h3 2, sealed', 'h3 2, upstream'],
    script: of(
      { idleTimeout: 900 },
      visit(use, sets('a', 1)),
      { ...visit(use, { call: 'seal' }), wait: 307 },
      { ...visit({ call: 'get' }), wait: 613, sends: 'header' },
    ),
    theirs: /"seen":\[\{"a":1\}\]/,
    ours: /"seen":\[\{\}\]/,
  },
  'header-answers': {
    what: 'A request that came with the header gets its new ticket in that header, with `cookie: false` too, and no cookie',
    why: 'Such a client keeps no cookies',
    script: of({}, { ...visit(use), sends: 'junk header' }),
    theirs: /"given":"cookie"/,
    ours: /"given":"header"/,
  },
  'header-is-tried': {
    what: 'A header that opens nothing does not hide a good cookie',
    why: 'Anybody on the way can add a header',
    shownBy: ['h3/weaknesses.test.ts', 'H6: a bad header does not kill a good cookie, and a good one goes before it: %s'],
  },
  'two-places': {
    what: 'Of several cookies of one name (with another path or domain) the one that opens a session counts; two that open different ones open none',
    why: 'Junk of a neighbour host must not sign anybody out. h3 takes the first',
    script: of({ cookie: { domain: 'shop.example' } }, { ...visit(use), sends: 'junk' }, visit(use)),
    theirs: /"seen":\[\{"data":\{\},"id":1\}\]/,
    ours: /"seen":\[\{"data":\{\},"id":0\}\].*"seen":\[\{"data":\{\},"id":0\}\]/,
  },
  'no-cookie': {
    what: 'h3 1: `cookie: false` also clears none',
    why: 'As in h3 2',
    only: FIRST,
    script: of({ cookie: false }, { ...visit(use, { call: 'clear' }), sends: 'junk' }),
    theirs: /"browser":\[\]/,
    ours: /"browser":\[\{"name":"h3"/,
  },
  copies: {
    what: 'With a store, an older copy of a cookie, and the text of `sealSession`, show the session as it is now, and nothing once it was cleared',
    why: 'The session is in the store. In h3 every copy is a session of its own, for as long as it lasts',
    only: STORED,
    script: of({}, visit(use, sets('a', 1)), visit(sets('a', 2)), visit(use, sets('a', 2)), {
      ...visit({ ...use }),
      sends: 'first',
    }),
    theirs: /"seen":\[\{"data":\{"a":1\},"id":0\}\]/,
    ours: /"seen":\[\{"data":\{"a":2\},"id":0\}\]/,
  },
  'nothing-changed': {
    what: 'An `update` that changes nothing, and with a store every other, sends the cookie again only with `cookie.maxAge`, and if the last one is a minute, or a sixtieth of that time, ago',
    why: 'Sent again, a cookie could undo a sign-in of a parallel request',
    script: of({ cookie: { maxAge: 300 } }, visit(use, sets('a', 1)), { ...visit(use, sets('a', 1)), wait: 3 }),
    theirs: /"expiresAt":1795248300000.*"expiresAt":1795248303000/,
    ours: /"expiresAt":1795248300000.*"expiresAt":1795248300000/,
  },
  'idle-half': {
    what: 'With a store and `idleTimeout` an `update` that changes nothing moves the idle end at most once in half of that time',
    why: 'Each move is a write',
    only: ['h3 2, on a store'],
    script: of({ idleTimeout: 900 }, visit(again), { ...visit(again), wait: 307 }, { ...visit({ call: 'get' }), wait: 613 }),
    theirs: /"seen":\[\{"a":1\}\]/,
    ours: /"seen":\[\{\}\]/,
  },
  'cookie-life': {
    what: 'With `cookie.maxAge` a session that nobody used for so long is over; pages that only read give the cookie again once half of that time is over, and scripts do not',
    why: 'A visitor who looks around is there; and in h3 a stolen cookie opens a session that the browser has forgotten',
    only: OURS,
    script: of({ cookie: { maxAge: 300 } }, visit(use, sets('a', 1), { call: 'seal' }), {
      ...visit({ call: 'unseal' }),
      wait: 307,
    }),
    theirs: /"seen":\[\{"a":1\}\]/,
    ours: /"seen":\["throws"\]/,
  },
  'idle-cookie': {
    what: 'With `idleTimeout` the cookie lasts as long as the session can; the session ends as it says',
    why: 'Use then moves the end in a store without another cookie',
    only: SECOND,
    script: of({ idleTimeout: 900 }, visit(use)),
    theirs: /"expiresAt":1795248900000/,
    ours: /"expiresAt":1797840000000/,
  },
  scripts: {
    what: 'Sealed, with `idleTimeout`: requests of scripts (`fetch`) that only read do not move the end; page loads and changes do. With a store, or `format: "upstream"`, all do',
    why: 'A sealed cookie sent again could undo a parallel change',
    only: ['h3 2, sealed'],
    script: of(
      { idleTimeout: 900 },
      visit(use, sets('a', 1)),
      { ...visit(use), wait: 599, byScript: true },
      { ...visit(use), wait: 613 },
    ),
    theirs: /"seen":\[\{"data":\{"a":1\},"id":0\}\],"status":200,"refused":\[\],"browser":\[[^\]]*\]\}\]$/,
    ours: /"seen":\[\{"data":\{\},"id":1\}\],"status":200,"refused":\[\],"browser":\[[^\]]*\]\}\]$/,
  },
  large: {
    what: 'h3 1: a session that one cookie does not hold is spread over up to eight; more throws `COOKIE_TOO_LARGE`',
    why: 'Browsers drop a cookie that is too large, and h3 1 does not see it',
    only: ['h3 1, sealed'],
    script: of({}, visit(use, sets('a', 'y'.repeat(2500)), sets('b', 'y'.repeat(2500)))),
    theirs: /"refused":\["name and value are over 4096 bytes"\]/,
    ours: /"refused":\[\]/,
  },
  newest: {
    what: 'Updates that run at once in one request are all in the cookie, which is sent once',
    why: 'In h3 the one that leaves may be the older',
    shownBy: ['h3/races.test.ts', 'updates begun at once are all kept, and one cookie goes out'],
  },
  ends: {
    what: 'Without `maxAge` and `cookie.maxAge` a session ends after 30 days; one in a store is over for good once it was cleared or rotated',
    why: 'In h3 a stolen cookie opens the session for ever',
    shownBy: [
      'h3/weaknesses.test.ts',
      'H7: a session that was cleared or rotated in a store opens for nobody, and any ends after 30 days',
    ],
  },
  passwords: {
    what: '`onEvent` tells why a cookie was refused; `password` may be a list',
    why: 'With a wrong password h3 begins new sessions without a word',
    shownBy: ['h3/weaknesses.test.ts', 'H5: a wrong password is told, and one that was replaced goes on reading'],
  },
  keys: {
    what: 'XAES-256-GCM, with keys that are derived once per password; `seal`, `crypto` and `generateId` are accepted and not used',
    why: 'One round of PBKDF2 (h3 1) is no protection, 8192 (h3 2) cost each request milliseconds',
    shownBy: [
      'h3/weaknesses.test.ts',
      'H9: keys are derived once per password, not for each cookie, and never by one round of PBKDF2',
    ],
  },
  'rich-values': {
    what: '`Date`, `Map`, `Set`, `URL`, `BigInt`, `undefined` and typed arrays come back as they were',
    why: 'h3 makes their JSON of them, and fails for some',
    shownBy: ['h3/weaknesses.test.ts', 'H11: dates, maps, big numbers and undefined come back as they were: %s'],
  },
  errors: {
    what: '`unsealSession` rejects with `BAD_VALUE` for a text that opens nothing',
    why: 'In h3 with errors of many kinds',
    shownBy: ['h3.test.ts', 'unsealSession rejects what opens nothing'],
  },
  caches: {
    what: 'A response that used the session has `Cache-Control: private` or `no-store`, and `Vary`',
    why: 'A shared cache would show one visitor’s page to others',
    shownBy: ['h3.test.ts', 'what used the session stays out of shared caches'],
  },
  'http-only': {
    what: '`cookie.httpOnly: false` is not followed for cookies of ours',
    why: 'No script may read a ticket',
    shownBy: ['h3.test.ts', 'is hidden from scripts whatever is said'],
  },
}
