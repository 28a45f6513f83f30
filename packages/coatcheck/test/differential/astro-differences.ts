import { type Call, isStorable, type Script, type Visit } from './astro-script.ts'
import type { Difference } from './differences.ts'

const isNamed =
  (...names: Call['call'][]) =>
  (call: Call): boolean =>
    names.includes(call.call)
const reads = isNamed('get', 'has', 'change', 'keys', 'values', 'entries', 'regenerate')
const loads = isNamed('load', 'load!')
const sets = (call: Call): boolean =>
  call.call === 'set' ? call.key !== '' && isStorable(call) : call.call === 'change' && call.sets
const loadsOf =
  (...ids: string[]) =>
  (call: Call): boolean =>
    'id' in call && ids.includes(call.id)
const keyOf = (call: Call): string | undefined => ('key' in call ? call.key : undefined)

/** Whether in one visit such a call comes before such another one. */
const follows = ({ visits }: Script, one: (call: Call) => boolean, other: (call: Call, before: Call) => boolean): boolean =>
  visits.some(({ calls }) => calls.some((call, at) => one(call) && calls.slice(at + 1).some((next) => other(next, call))))
const calls = ({ visits }: Script, one: (call: Call) => boolean): boolean => visits.some((visit) => visit.calls.some(one))
/** Whether the first session is asked for in the visit of such a call, or after it. */
const comesBack = ({ visits }: Script, one: (call: Call) => boolean): boolean => {
  const at = visits.findIndex((visit) => visit.calls.some(one))
  return at >= 0 && visits.slice(at).some((visit) => visit.sends === 'first' || visit.calls.some(loadsOf('first')))
}

const visit = (...all: Call[]): Visit => ({ wait: 0, sends: 'cookies', calls: all })
const of = (...all: Visit[]): Script => ({ configured: {}, visits: all })
const set = (key: string, value: unknown, more: { ttl?: number } = {}): Call => ({ call: 'set', key, value, ...more })
const trial = 'examples/astro/trial.test.ts'

/** Where ours differs from Astro's own session, and why: examples/astro/differential.test.ts plays each, lets no other pass, and holds the page to it. */
export const differences: Readonly<Record<string, Difference<Script>>> = {
  parallel: {
    what: 'With a store: two requests at once that set different keys both count; of one key the last wins, or `update`',
    why: 'Astro writes the whole record again, and one of the two is lost',
    shownBy: [trial, 'B5: requests at the same time lose nothing of different keys'],
  },
  ended: {
    what: 'With a store: a session that ended stays ended, in spite of requests under way. Sealed in the cookie, `destroy()` takes the cookie away, and a copy of it opens until its time is over',
    why: 'In Astro a request that is under way writes the record again',
    shownBy: [trial, 'B5: a session that was destroyed does not come back with a request that was under way'],
  },
  'old-cookies': {
    what: 'Sealed in the cookie: an old cookie shows the values of its time, and `load` opens what the cookie held',
    why: 'The cookie is the session; with a driver or a store it is only the key to one',
    only: ['sealed'],
    meets: (script) => calls(script, loads) || script.visits.some(({ sends }) => sends === 'first'),
    script: of(visit(set('a', 1)), visit(set('a', 2)), { ...visit({ call: 'get', key: 'a' }), sends: 'first' }),
    theirs: /"results":\["2"\]/,
    ours: /"results":\["1"\]/,
  },
  'regenerate-unawaited': {
    what: '`regenerate()` needs no `await`',
    why: 'In Astro the session is lost when the driver is not done before the response leaves',
    shownBy: [trial, 'B1: regenerate() that nobody awaits keeps the session, under a new id'],
  },
  'regenerate-fails': {
    what: 'When the store fails while the id changes, the old session stays',
    why: 'Astro removes the old record before the new one is there',
    shownBy: [
      'packages/coatcheck/src/adapters/astro/middleware.test.ts',
      'B2: the new record is there before the old one goes: a store that fails in between loses nobody',
    ],
  },
  'old-id': {
    what: 'With a driver or a store: for ten seconds after `regenerate()` the old id still shows the old values, and nothing that came after',
    why: 'Requests that were sent with it are under way; Astro shows them an empty session',
    only: ['on a store', 'behind the driver'],
    meets: (script) => comesBack(script, isNamed('regenerate')) || follows(script, isNamed('regenerate'), loads),
    script: of(visit(set('a', 1)), visit({ call: 'regenerate' }, set('b', 2)), {
      ...visit({ call: 'get', key: 'a' }, { call: 'get', key: 'b' }),
      sends: 'first',
    }),
    theirs: /"results":\["undefined","undefined"\]/,
    ours: /"results":\["1","undefined"\]/,
  },
  'delete-then-set': {
    what: '`delete(key)`, then `set(key, value)`: the value is kept',
    why: 'Astro loses it when the session was not read before',
    meets: (script) => follows(script, isNamed('delete'), (call, before) => sets(call) && keyOf(call) === keyOf(before)),
    script: of(visit(set('a', 1)), visit({ call: 'delete', key: 'a' }, set('a', 2))),
    theirs: /"values":\[\]\}\]$/,
    ours: /"values":\["\[ 'a', 2 \]"\]\}\]$/,
  },
  'set-destroy-set': {
    what: '`set`, `destroy`, `set` in one request: one new session, with the last value',
    why: 'Astro writes a record that no cookie opens',
    meets: (script) => follows(script, sets, isNamed('destroy')) && follows(script, isNamed('destroy'), sets),
    script: of(visit(set('a', 1), { call: 'destroy' }, set('b', 2))),
    theirs: /"cookies":\[\],"values":\[\]/,
    ours: /"name":"astro-session".*"values":\["\[ 'b', 2 \]"\]/,
  },
  'load-unknown': {
    what: '`load` of a text that is no session id of this site opens an empty session; the visitor keeps the cookie they have, and a `set` begins a session under an id of its own',
    why: 'In Astro any text becomes key and cookie: an attacker who chooses it knows the id of the next session (fixation)',
    meets: (script) =>
      calls(script, loadsOf('unknown', 'junk')) ||
      comesBack(script, isNamed('destroy')) ||
      follows(script, isNamed('destroy'), loads) ||
      (calls(script, loads) && script.visits.some(({ sends }) => sends === 'junk' || sends === 'unknown')),
    script: of(visit(set('a', 1)), visit({ call: 'load', id: 'junk' })),
    theirs: /"values":\[\]\}\]$/,
    ours: /"values":\["\[ 'a', 1 \]"\]\}\]$/,
  },
  'load-unawaited': {
    what: '`load(id)` that nobody awaits: the next read is of that session, also when the one before was read already',
    why: 'Astro shows nothing then, or values of both',
    meets: (script) => follows(script, (call) => reads(call) || call.call === 'load', isNamed('load!')),
    only: ['on a store', 'behind the driver'],
    script: of(visit(set('a', 1)), visit({ call: 'get', key: 'a' }, { call: 'load!', id: 'own' }, { call: 'get', key: 'a' })),
    theirs: /"results":\["1",null,"undefined"\]/,
    ours: /"results":\["1",null,"1"\]/,
  },
  'delete-then-load': {
    what: '`load` forgets a `delete` from before it, as it forgets a `set`',
    why: 'Astro deletes the key in the session that was loaded',
    meets: (script) => follows(script, isNamed('delete'), loads),
    only: ['on a store', 'behind the driver'],
    script: of(visit(set('a', 1)), visit({ call: 'delete', key: 'a' }, { call: 'load', id: 'own' }, set('b', 2))),
    theirs: /"values":\["\[ 'b', 2 \]"\]\}\]$/,
    ours: /"values":\["\[ 'a', 1 \]","\[ 'b', 2 \]"\]\}\]$/,
  },
  'changed-inside': {
    what: 'A change inside what `get` gave is stored, with or without a `set`',
    why: 'Astro stores it only when something else was set, too',
    script: of(visit({ call: 'set', key: 'a', rich: 'list' }), visit({ call: 'change', key: 'a', sets: false })),
    theirs: /"values":\["\[ 'a', \[ 1, \[ 2 \] \] \]"\]\}\]$/,
    ours: /"values":\["\[ 'a', \[ 1, \[ 2 \], 9 \] \]"\]\}\]$/,
  },
  id: {
    what: '`sessionID` is the secret ticket. Code can read it once the session was read, and it is new after the response that follows `regenerate()`',
    why: 'An id that the store does not have yet opens nothing',
    script: of(visit(set('a', 1), { call: 'hasID' })),
    theirs: /"results":\[null,true\]/,
    ours: /"results":\[null,false\]/,
  },
  'cookies-late': {
    what: 'The cookie is in `Astro.cookies` once the page is done',
    why: 'The cookie leaves when the session is stored, and not before',
    script: of(visit(set('a', 1), { call: 'hasCookie' })),
    theirs: /"results":\[null,true\]/,
    ours: /"results":\[null,false\]/,
  },
  empty: {
    what: 'A value that a request sets and deletes again begins no session',
    why: 'There is nothing to keep',
    script: of(visit(set('a', 1), { call: 'delete', key: 'a' }), visit({ call: 'hasCookie' })),
    theirs: /"results":\[true\]/,
    ours: /"results":\[false\]/,
  },
  times: {
    what: 'Sessions end: 7 days after they were seen last, 30 days after they began; with `cookie.maxAge` as long after they were seen last as that says',
    why: 'In Astro records stay for ever, and a stolen cookie with them',
    script: of(visit(set('a', 1)), { ...visit({ call: 'get', key: 'a' }), wait: 8 * 86_400 }),
    theirs: /"results":\["1"\]/,
    ours: /"results":\["undefined"\]/,
  },
  'seen-too': {
    what: 'With `cookie.maxAge`: pages that only read move the end of a session as well, once half of its time is over',
    why: 'A visitor who looks around is there. In Astro only a `set` gives the cookie again',
    meets: ({ configured, visits }) =>
      configured.cookie?.maxAge !== undefined &&
      !visits.every((each) => each.calls.some((call) => call.call === 'set' && sets(call))),
    script: {
      configured: { cookie: { maxAge: 600 } },
      visits: [visit(set('a', 1)), { ...visit({ call: 'get', key: 'a' }), wait: 400 }],
    },
    theirs: /"expiresAt":1795248600000.*"expiresAt":1795248600000/,
    ours: /"expiresAt":1795248600000.*"expiresAt":1795249000000/,
  },
  'has-it-already': {
    what: 'With a driver or a store, a `set` by a visitor who has the cookie sends none, but for `cookie.maxAge`',
    why: 'The browser has that cookie. Sent again it could undo a sign-in or a sign-out of a parallel request',
    shownBy: ['packages/coatcheck/src/adapters/astro/middleware.test.ts', 'D4: set() tells who has the cookie nothing again'],
  },
  'soon-again': {
    what: 'With `cookie.maxAge`: a `set` gives the cookie again only if the last one is a minute, or a sixtieth of `maxAge`, ago',
    why: 'As above',
    only: ['on a store', 'behind the driver'],
    meets: ({ configured, visits }) => configured.cookie?.maxAge !== undefined && visits.some(({ sends }) => sends === 'first'),
    script: {
      configured: { cookie: { maxAge: 600 } },
      visits: [visit(set('a', 1)), { ...visit(set('a', 2)), wait: 5 }],
    },
    theirs: /"expiresAt":1795248600000.*"expiresAt":1795248605000/,
    ours: /"expiresAt":1795248600000.*"expiresAt":1795248600000/,
  },
  ttl: {
    what: 'A `ttl` that is not positive throws',
    why: 'In Astro the value is there, and gone in the next request',
    script: of(visit(set('a', 1, { ttl: -1 }))),
    theirs: /"results":\[null\]/,
    ours: /"results":\["throws"\]/,
  },
  order: {
    what: 'New keys follow those that were there',
    why: 'In Astro the keys that were set before the session was read come first',
    script: of(visit(set('a', 1)), visit(set('b', 2), { call: 'order' })),
    theirs: /"results":\[null,\["b","a"\]\]/,
    ours: /"results":\[null,\["a","b"\]\]/,
  },
  'two-places': {
    what: 'Of two cookies of one name (with another path or domain) the one that opens a session counts; two that open different ones open none',
    why: 'Junk of a neighbour host must not sign anybody out, nor its own session take the place of yours. Astro takes the first',
    meets: ({ configured, visits }) =>
      configured.cookie?.domain !== undefined && visits.some(({ sends }) => sends === 'junk' || sends === 'unknown'),
    script: {
      configured: { cookie: { domain: 'shop.example' } },
      visits: [{ ...visit(set('a', 1)), sends: 'junk' }, visit()],
    },
    theirs: /"values":\[\]\}\]$/,
    ours: /"values":\["\[ 'a', 1 \]"\]\}\]$/,
  },
  failed: {
    what: 'A page that throws, or answers 500 or above, stores nothing, except that it ended the session; an error page has the session as it was before',
    why: 'In Astro half of the page’s changes are stored',
    script: of({ ...visit(set('a', 1)), status: 500 }),
    theirs: /"values":\["\[ 'a', 1 \]"\]/,
    ours: /"values":\[\]/,
  },
  late: {
    what: 'A value that a streamed component sets is stored',
    why: 'Astro stores the session when the headers leave',
    shownBy: [trial, 'F6: a component that sets a value long after the page began: nothing is lost, nor is the page cut off'],
  },
  torn: {
    what: 'A record of Astro’s that cannot be read costs a fresh session, and is not removed',
    why: 'Another process may be writing it. Astro removes the record, and the session is lost',
    shownBy: [trial, 'B6: an old record that cannot be read costs a fresh session, and is not removed'],
  },
  errors: {
    what: 'Errors are `SessionError`s with a `code` and a `fix`; a cookie name that cannot work stops the build',
    why: 'Astro’s are told apart by their names; a wrong cookie name ends the process at the first `set`',
    shownBy: [trial, 'what cannot be stored is refused where it is set'],
  },
}
