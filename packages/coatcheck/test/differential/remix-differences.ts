import type { Difference } from './differences.ts'
import type { Script } from './remix-script.ts'

const commits = { call: 'commit' } as const
const sets = (key: string, value: unknown) => ({ call: 'set', key, value }) as const
const visit = (...calls: Script['visits'][number]['calls']) => ({ wait: 0, sends: 'cookies', calls }) as const
const of = (...visits: Script['visits']): Script => ({ configured: {}, says: undefined, visits })

/** Where ours differs from Remix and React Router, and why: `differential.test.ts` plays each, lets no other pass, and holds the page to it. */
export const differences: Readonly<Record<string, Difference<Script>>> = {
  'empty-session': {
    what: 'The first commit of an empty session stores nothing, and its line has no effect in a browser (`Path=/.nothing; Max-Age=0`)',
    why: 'Robots would fill the store; and a cookie for nothing that arrives after a parallel sign-in’s would undo it',
    shownBy: ['remix.test.ts', 'D2: an empty session of a new visitor makes nothing, and its line has no effect in a browser'],
  },
  'nothing-changed': {
    what: 'A commit that changes nothing gives a line without effect too, which carries the cookie’s value; on a store it reads again first, and gives the real line',
    why: 'The browser has that cookie. Sent again it could undo a sign-in or a sign-out of a parallel request',
    shownBy: ['remix.test.ts', 'D2: each commit gives a line from which the session can be read, and which undoes nothing'],
  },
  'ended-elsewhere': {
    what: 'A commit of a session that another request has ended meanwhile keeps nothing, and its line has no effect',
    why: 'A signed-out visitor stays signed out. Remix writes the record again',
    shownBy: ['remix.test.ts', 'F21: a session that another request ended is not sent again'],
  },
  'after-destroy': {
    what: 'After `destroySession` the session object is empty; a later `set` begins another session',
    why: 'Remix goes on with the values, and a commit brings the ended record back',
    script: of(visit(sets('a', 1), commits), visit({ call: 'destroy' }, { call: 'get', key: 'a' })),
    theirs: /\{"name":"__session","isRefused":false\},1\]/,
    ours: /\{"name":"__session","isRefused":false\},"undefined"\]/,
  },
  id: {
    what: '`session.id` is a public name, in a cookie storage too, and is there once the session is stored; an id that the server does not know is not kept',
    why: 'The id in the cookie is a secret, and one that a client brings along must open nothing (fixation)',
    only: ['sealed'],
    script: of(visit(sets('a', 1), commits), visit()),
    theirs: /"isNameless":true.*"isNameless":true/,
    ours: /"isNameless":false.*"isNameless":false/,
  },
  'own-time': {
    what: 'A `maxAge` or `expires` of `commitSession` counts for the session’s later commits as well, until one says another',
    why: '“Remember me” is said once, at the sign-in: with Remix the next commit makes a cookie of it that ends with the browser',
    shownBy: ['remix/drop-in.test.ts', 'own-time: what one commit says of the time counts for later ones'],
  },
  'soon-again': {
    what: 'With a `maxAge`, a commit that changes nothing moves the end only if the last one is a minute, or a sixtieth of `maxAge`, ago',
    why: 'A write and a cookie less for each of the requests of one page',
    only: ['sealed', 'on functions'],
    script: {
      configured: { maxAge: 600 },
      says: undefined,
      visits: [visit(sets('a', 1), commits), { ...visit(commits), wait: 5 }],
    },
    theirs: /"expiresAt":1795248600000.*"expiresAt":1795248605000/,
    ours: /"expiresAt":1795248600000.*"expiresAt":1795248600000/,
  },
  undefined: {
    what: '`set(key, undefined)` and `flash(key, undefined)` remove the value at once',
    why: 'JSON, in which Remix keeps values, has no `undefined`: there it is gone in the next request',
    script: of(visit(sets('a', undefined), { call: 'has', key: 'a' })),
    theirs: /true\]/,
    ours: /false\]/,
  },
  'rich-values': {
    what: 'Where sessions are ours, `Date`, `Map`, `Set`, `URL`, `BigInt`, `RegExp` and typed arrays come back as they were',
    why: 'Remix makes JSON of them, and fails for some',
    only: ['sealed', 'on a store'],
    shownBy: ['remix/drop-in.test.ts', 'rich-values: a Date comes back as one'],
  },
  'no-functions': {
    what: 'A class instance, or an object with functions in it, is its JSON in the next request in memory as well; the event `reduced` says so',
    why: 'Every other storage of Remix does that. Sessions that share an object change each other',
    only: ['on a store'],
    shownBy: ['remix/drop-in.test.ts', 'D7: what JSON does not hold is left out, and told once'],
  },
  'old-cookies': {
    what: 'A sealed cookie ends with its `maxAge`, or after 30 days without one, also a copy',
    why: 'In Remix only the browser forgets it: a stolen cookie opens the session for ever',
    shownBy: ['remix.test.ts', 'R6: a cookie session cannot be read, and ends'],
  },
  'over-already': {
    what: 'Once `cookie.expires` is past, a session object that was committed shows no flash value any more',
    why: 'The session is over. No browser keeps its cookie, here as there',
    only: ['on a store'],
    script: {
      configured: { expiresIn: 60 },
      says: undefined,
      visits: [{ ...visit(sets('a', 1), commits, { call: 'flash', key: 'b', value: 1 }, commits), wait: 60 }],
    },
    theirs: /"data":\{"a":1,"__flash_b__":1\}/,
    ours: /"data":\{"a":1\}/,
  },
  'two-ends': {
    what: 'Where the cookie has a `maxAge`, `commitSession(session, { expires })` gives the cookie that end',
    why: 'Remix gives it to the record, and sends both: browsers follow `Max-Age`',
    only: ['sealed', 'on a store', 'on functions'],
    script: { configured: { maxAge: 600 }, says: { expiresIn: 7200 }, visits: [visit(sets('a', 1), commits)] },
    theirs: /"expiresAt":1795248600000/,
    ours: /"expiresAt":1795255200000/,
  },
  'all-end': {
    what: 'With `format: "upstream"`, an `expires` of the cookie’s options ends all sessions then, in spite of other times in a call',
    why: 'Nothing in Remix’s cookie says when the session ends. Remix leaves it to the browser',
    only: ['sealed, upstream'],
    script: {
      configured: { expiresIn: 600 },
      says: { maxAge: 7200 },
      visits: [visit(sets('a', 1), commits), { ...visit(), wait: 601 }],
    },
    theirs: /"seen":\[\{"a":1\}\]/,
    ours: /"seen":\[\{\}\]/,
  },
  'two-places': {
    what: 'Of several cookies of one name (with another path or domain) the one that opens a session counts; two that open different ones open none',
    why: 'Junk of a neighbour host must not sign anybody out, nor its own session take the place of yours. Remix takes the first',
    script: {
      configured: { domain: 'shop.example' },
      says: undefined,
      visits: [{ ...visit(sets('a', 1), commits), sends: 'junk' }, visit()],
    },
    theirs: /"seen":\[\{\}\]/,
    ours: /"seen":\[\{"a":1\}\]/,
  },
  'http-only': {
    what: '`httpOnly: false` is not followed for cookies of ours',
    why: 'No script may read a ticket',
    shownBy: ['remix/drop-in.test.ts', 'http-only: our cookies are kept from scripts'],
  },
  'created-cookies': {
    what: 'A value that `createCookie` signs has a space before its JSON',
    why: 'So the value opens no session under another name. Remix reads it',
    shownBy: ['remix.test.ts', 'opens no session that is kept %s'],
  },
  coding: {
    what: 'With `format: "upstream"`, the options `encode` and `decode` are refused',
    why: 'No other instance would read such a session',
    shownBy: ['remix/upstream-lines.test.ts', 'a function to %s with, which nothing would read back, is refused'],
  },
  'database-merge': {
    what: 'On functions of your own, if one process answers two requests that change different keys at once, both count, and a session that it ended stays ended',
    why: 'Remix writes the whole record again',
    only: ['on functions'],
    shownBy: ['remix/drop-in.test.ts', 'database-merge: two requests at once both count'],
  },
  errors: {
    what: 'Errors are `SessionError`s with a `code`; a value that cannot be stored is refused when it is set, and a session of another storage by `commitSession`',
    why: 'The line that is wrong is the one that throws',
    shownBy: ['remix/drop-in.test.ts', 'errors: what cannot be stored is refused when it is set'],
  },
  types: {
    what: 'Where flash values have types of their own, a generic function of a library needs both types, as in `createSessionMiddleware<Data, Flash>(storage)`; where they have not, the type of `session.data` is without `__flash_<key>__`',
    why: 'TypeScript infers both only in the framework’s own declarations',
    shownBy: ['remix.types.test.ts', 'With flash values of another type it has to be told'],
  },
  secrets: {
    what: 'Without `secrets`, in production, a storage that needs them does not start',
    why: 'Remix warns; anybody can then write the cookie',
    shownBy: ['remix.test.ts', 'R13: in production there has to be a secret; a weak one is warned about by its option'],
  },
}
