import type { Difference } from './differences.ts'
import type { Call, Script, Visit } from './express-session-script.ts'

const HERE = 'packages/coatcheck/src/adapters/middleware/express-session.test.ts'

const visit = (...calls: readonly Call[]): Visit => ({ wait: 0, sends: 'cookies', status: 200, calls })
const of = (...visits: readonly Visit[]): Script => ({ configured: {}, visits })
const set = { call: 'set', key: 'a', value: 1 } as const
const has = ({ calls }: Visit, name: Call['call']): boolean => calls.some(({ call }) => call === name)

/**
 * Where ours differs from express-session 1.19.0, and why: `differential.test.ts` plays each that has a script, lets no other pass, and holds the
 * page to it.
 */
export const differences: Readonly<Record<string, Difference<Script>>> = {
  parallel: {
    what: 'Of parallel requests that set different keys all are kept',
    why: 'express-session writes the whole session at the end of each: of 32 keys it kept 5',
    shownBy: [HERE, '32 requests at once, each with a key of its own: all are kept'],
  },
  destroyed: {
    what: 'A session that was destroyed stays destroyed',
    why: 'In express-session a request that was under way stores it again, and its old cookie is signed in again',
    shownBy: [HERE, 'F40: a request under way brings no destroyed session back'],
  },
  caches: {
    what: 'A page that read `req.session` has `Vary: Cookie`, and for a visitor with a session `Cache-Control: private`',
    why: 'Without them a shared cache hands one visitor’s page to the next',
    shownBy: [HERE, 'a page that read the session is kept out of shared caches, and any other is left alone'],
  },
  cookie: {
    what: 'The cookie’s value has another form; `connect.sid` cookies of express-session are read, and replaced with the next change',
    why: 'The id in it has 192 random bits, and only its digest is in the store: who reads the store can be nobody',
    shownBy: [HERE, 'a visitor with a cookie of express-session keeps the session, and the old record goes'],
  },
  clears: {
    what: "`destroy()`, and `unset: 'destroy'`, take the cookie out of the browser",
    why: 'express-session leaves a cookie there that opens nothing',
    shownBy: [HERE, 'destroy() takes the cookie away'],
  },
  maxAge: {
    what: 'Assigning `cookie.maxAge`, or `cookie.expires`, sends the cookie again',
    why: 'express-session sends it only if a value changed too; the browser and the store then disagree (F39)',
    meets: ({ visits }) =>
      visits.slice(1).some((each) => has(each, 'maxAge')) || visits.some((each) => has(each, 'maxAge') && has(each, 'save')),
    script: of(visit(set), visit({ call: 'maxAge', value: 60_000 })),
    theirs: /"lines":\[\]}\]$/,
    ours: /Expires=60; HttpOnly"\]}\]$/,
  },
  flash: {
    what: 'With `saveUninitialized: false`, a session that holds nothing but the empty object of connect-flash is not stored',
    why: 'connect-flash assigns it whenever it is asked for messages: in express-session each visitor gets a cookie and a record for it (F38)',
    shownBy: [
      'packages/coatcheck/src/adapters/middleware/express-session/middleware.test.ts',
      'F38: who has no session gets none by being asked for messages of connect-flash',
    ],
  },
  generate: {
    what: '`req.sessionStore.generate(req)` ends the session of before',
    why: 'express-session leaves it in the store, and its cookie goes on opening it',
    meets: ({ visits }) => visits.some((each) => has(each, 'generate')),
    script: of(visit(set), visit({ call: 'generate' }), { ...visit({ call: 'keys' }), sends: 'first' }),
    theirs: /\["a","cookie"\],\{"a":1/,
    ours: /\[\["cookie"\],\{"cookie":0\}\]/,
  },
  values: {
    what: 'A `Date`, a `Map`, `undefined` and so on come back as they were',
    why: 'express-session keeps the JSON: a `Date` comes back as a text',
    shownBy: [HERE, 'a Date and a Map come back as they were; an instance of a class as its JSON'],
  },
  resave: {
    what: '`resave` has no effect, and `genid` none but that it must be a function',
    why: 'Writing an unchanged session again undoes what a parallel request changed. An id that an application makes may be guessed',
    shownBy: [HERE, 'resave writes nothing that nobody changed, and genid is not asked'],
  },
  idle: {
    what: 'A session without `maxAge` ends 7 days after it was last used (`idleTimeout`, in seconds); `cookie.expires` may be shown up to half of `maxAge` too early',
    why: 'In express-session that depends on the store: for ever in memory, a day in Redis. A visit that changes nothing is written down only when half the time is over',
    shownBy: [HERE, 'a session without maxAge ends a week after it was last used'],
  },
}
