import type { Difference } from './differences.ts'
import type { Call, Script, Visit } from './hydrogen-script.ts'

const calls = ({ visits }: Script): readonly Call[] => visits.flatMap((visit) => visit.calls)
const LONG = 4096

/** Whether a visit has the first of these calls, and later the second. */
const inTurn = (steps: readonly Call[], first: Call['call'], second: Call['call']): boolean =>
  steps.slice(steps.findIndex(({ call }) => call === first) + 1 || steps.length).some(({ call }) => call === second)

/** Whether a browser may have a cookie older than the session's end: an earlier one, or Hydrogen lost that of `getFlash`. */
const hasOlderCopy = ({ visits }: Script): boolean =>
  visits.some(({ sends, calls: steps }, at) => {
    const before = visits.slice(0, at)
    const isSoonAfter = (from: number): boolean => visits.slice(from + 1, at + 1).every(({ wait }) => wait === 0)
    const isLost = before.some(({ calls: earlier }, from) => earlier.some(({ call }) => call === 'getFlash') && isSoonAfter(from))
    const isEarlier = sends === 'first' && visits.slice(1, at + 1).some(({ wait }) => wait > 0)
    return isEarlier || (isLost && steps.some(({ call }) => call === 'set'))
  })

const sets = (key: string, value: unknown) => ({ call: 'set', key, value }) as const
const visit = (...steps: Visit['calls']): Visit => ({ wait: 0, sends: 'cookies', calls: steps })
const of = (...visits: readonly Visit[]): Script => ({ configured: {}, visits })
const ROUTES = ['CookieSessionStorage', 'MemorySessionStorage', 'FileSessionStorage']
const HERE = 'packages/coatcheck/src/adapters/hydrogen.test.ts'
const APP = 'examples/hydrogen/hydrogen.test.ts'

/**
 * Where ours differs from Hydrogen 1.7.4, and why: `examples/hydrogen/differential.test.ts` plays each, lets no other pass, and holds the
 * page to it.
 */
export const differences: Readonly<Record<string, Difference<Script>>> = {
  forged: {
    what: 'The cookie is sealed, or holds a random id; one that a visitor made up opens nothing, and no id becomes the name of a file',
    why: 'Hydrogen’s is plain JSON: anybody edits the session, chooses its id, or reads any file of the server with it',
    shownBy: [HERE, 'Y4: nobody can write a session, or choose its id'],
  },
  attributes: {
    what: '`httpOnly` and `sameSite` count. The cookie is `HttpOnly`, `SameSite=Lax` and `Path=/` where nothing else is said',
    why: 'Hydrogen reads `httponly` and `samesite` alone, which its documents do not name',
    shownBy: [HERE, 'Y3: the cookie is HttpOnly and has the SameSite that was asked for, by either name'],
  },
  cached: {
    what: 'A page that read the session is kept out of the full-page cache and of shared ones',
    why: 'Hydrogen shows it to the next visitor, unless the session has a `customerAccessToken`',
    shownBy: [APP, 'F5: a page that read the session is shown to nobody else'],
  },
  'lost-cookies': {
    what: 'On Node, for a visitor who came with a ticket, the cookie also comes with a route that throws, with a forwarded `Request`, with `getFlash`, and beside other cookies',
    why: 'Hydrogen loses it, so that a message is shown again, or another cookie is lost',
    shownBy: [APP, 'F16: the cookie comes with a route that throws, a forwarded request, and beside other cookies'],
  },
  'two-writers': {
    what: 'Sessions in memory, in files and in a store: of two requests that set different keys at once both win',
    why: 'In Hydrogen the last one writes all values',
    shownBy: [HERE, 'Y9: two requests that set different values at once both win'],
  },
  'sign-out': {
    what: 'Sessions in memory, in files and in a store: after `destroy()` a request in flight stores nothing, and a later `set` begins a session under another id',
    why: 'In Hydrogen that request brings the session back, under the same id',
    only: ['MemorySessionStorage', 'FileSessionStorage'],
    meets: ({ visits }) =>
      visits.some(({ calls: steps }) => inTurn(steps, 'destroy', 'set')) && visits.some(({ sends }) => sends === 'first'),
    script: of(visit(sets('a', 1)), visit({ call: 'destroy' }, sets('b', 2)), { ...visit(), sends: 'first' }),
    theirs: /"opens":\{"b":2\}.*"opens":\{"b":2\}/,
    ours: /"opens":\{"b":2\}.*"opens":\{\}/,
  },
  strangers: {
    what: 'A visitor who only looks has no file',
    why: 'In Hydrogen each visit of a stranger makes one',
    shownBy: [HERE, 'Y5: strangers who only look make no file'],
  },
  'rich-values': {
    what: '`Date`, `Map`, `Set`, `URL` and `BigInt` come back as they were; a value that cannot be stored is kept as JSON, with the event `reduced`',
    why: 'Hydrogen keeps JSON; its memory keeps the very object',
    shownBy: [HERE, 'rich-values: a Date comes back as one'],
  },
  'too-large': {
    what: 'A cookie over 4096 bytes is refused with `COOKIE_TOO_LARGE`',
    why: 'Hydrogen sends it, and the browser drops it without a word',
    only: ['CookieSessionStorage', 'Cookie'],
    meets: (script) => calls(script).some((step) => step.call === 'set' && String(step.value).length > LONG),
    script: of(visit(sets('a', 'y'.repeat(6000)), { call: 'send' })),
    theirs: /"refused":\["name and value are over 4096 bytes"\]/,
    ours: /"status":500|"throws"/,
  },
  'empty-key': {
    what: "A value has a name: `set('', …)` is refused with `BAD_KEY`",
    why: 'A rule of every session of coatcheck. Hydrogen takes it for a name',
    only: ROUTES,
    script: of(visit(sets('', 1))),
    theirs: /"opens":\{"":1\}/,
    ours: /"status":500.*"opens":\{\}/,
  },
  'first-request': {
    what: 'In the request of a visitor without any cookie, too, `get()` shows the value of a `set`, and a second `set` keeps the first',
    why: 'In Hydrogen’s memory each `set` of that request begins another session',
    only: ['MemorySessionStorage'],
    meets: ({ visits }) =>
      visits.some(({ sends, calls: steps }) => {
        const at = steps.findIndex(({ call }) => call === 'set')
        return sends === 'nothing' && at >= 0 && at < steps.length - 1
      }),
    script: of({ ...visit(sets('a', 1), sets('b', 2)), sends: 'nothing' }),
    theirs: /"opens":\{"b":2\}/,
    ours: /"opens":\{"a":1,"b":2\}/,
  },
  'not-set': {
    what: 'Values that were changed and not `set` are gone with the request',
    why: 'In Hydrogen’s memory all requests share one object',
    only: ['MemorySessionStorage'],
    meets: (script) => calls(script).some(({ call }) => call === 'change'),
    script: of(visit(sets('a', 1)), visit({ call: 'change', key: 'a', value: 4 })),
    theirs: /"opens":\{"a":4\}/,
    ours: /"opens":\{"a":1\}.*"opens":\{"a":1\}/,
  },
  'flash-at-once': {
    what: 'A message that the request of a visitor without any cookie sets and takes with `getFlash` is gone',
    why: 'Hydrogen’s files have it once more, under an id that the visitor gets',
    only: ['FileSessionStorage'],
    meets: ({ visits }) => visits.some(({ sends, calls: steps }) => sends === 'nothing' && inTurn(steps, 'set', 'getFlash')),
    script: of({ ...visit(sets('a', 1), { call: 'getFlash', key: 'a' }), sends: 'nothing' }),
    theirs: /"opens":\{"a":1\}/,
    ours: /"opens":\{\}/,
  },
  locks: {
    what: 'A second `destroy()` of one session does nothing',
    why: 'In Hydrogen’s files it locks all sessions of the process, for ever',
    only: ['FileSessionStorage'],
    meets: (script) => calls(script).filter(({ call }) => call === 'destroy').length > 1,
    shownBy: [HERE, 'Y2: a sign-out that comes twice locks nothing'],
  },
  'two-places': {
    what: 'Where the browser has two cookies of the name, the genuine one counts, and of two genuine ones neither',
    why: 'Hydrogen takes one by its place. A neighbour host can set one that comes first',
    meets: ({ configured, visits }) =>
      (configured.path !== undefined || configured.domain !== undefined) && visits.some(({ sends }) => sends === 'junk'),
    script: { configured: { path: '/shop' }, visits: [{ wait: 0, sends: 'junk', calls: [sets('a', 1), { call: 'send' }] }] },
    theirs: /"opens":\{\}/,
    ours: /"opens":\{"a":1\}/,
  },
  'over-already': {
    what: 'Once the date of `expires` is past, even the same request does not show a value that it sets',
    why: 'The session ended with that `set`; no browser keeps its cookie, here as there',
    only: ROUTES,
    meets: ({ configured, visits }) =>
      visits.reduce((sum, { wait }) => sum + wait, 0) >= (configured.expiresIn ?? Number.POSITIVE_INFINITY),
    script: { configured: { expiresIn: 600 }, visits: [{ ...visit(sets('a', 1), { call: 'get' }), wait: 600 }] },
    theirs: /"seen":\[null,\{"a":1\}\]/,
    ours: /"seen":\[null,\{\}\]/,
  },
  'older-copy': {
    what: 'Sessions in memory, in files and in a store: two `set`s within a minute give one new end. A browser with an older cookie keeps the end that this one says',
    why: 'A write less for each of the requests of one page. The server counts from the last `set` in any case',
    only: ['MemorySessionStorage', 'FileSessionStorage'],
    meets: hasOlderCopy,
    script: of(visit(sets('a', 1)), { ...visit(sets('a', 2)), wait: 60 }, { ...visit(sets('a', 3)), sends: 'first' }),
    theirs: /"expiresAt":1795852800000.*"expiresAt":1795852860000.*"expiresAt":1795852860000/,
    ours: /"expiresAt":1795852800000.*"expiresAt":1795852860000.*"expiresAt":1795852800000/,
  },
  'id-of-ones-own': {
    what: 'After `cookie.setSessionid(id)`, `getSessionId(request)` gives that id',
    why: 'In Hydrogen only a visitor without a cookie of that name finds it again',
    only: ['Cookie'],
    meets: ({ visits }) => visits.some(({ calls: steps }) => inTurn(steps, 'setId', 'getId')),
    script: of(visit(sets('a', 1), { call: 'send' }), visit({ call: 'setId' }, { call: 'getId' })),
    theirs: /"none"/,
    ours: /"row 1"/,
  },
}
