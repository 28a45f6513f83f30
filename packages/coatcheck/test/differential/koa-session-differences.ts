import { type Difference, putsBack } from './differences.ts'
import type { Call, Script, Visit } from './koa-session-script.ts'

const HERE = 'packages/coatcheck/src/adapters/middleware/koa.test.ts'

const has = ({ calls }: Visit, name: Call['call']): boolean => calls.some(({ call }) => call === name)
const visit = (...calls: readonly Call[]): Visit => ({ wait: 0, sends: 'cookies', status: 200, calls })
const of = (configured: Script['configured'], ...visits: readonly Visit[]): Script => ({ configured, visits })
const set = { call: 'set', key: 'a', value: 1 } as const
const early = (each: Visit): boolean => has(each, 'save') || has(each, 'regenerate') || has(each, 'commit')

/**
 * Where ours differs from koa-session 7.0.2, and why: `differential.slow.test.ts` plays each that has a script, lets no other pass, and holds the
 * page to it.
 */
export const differences: Readonly<Record<string, Difference<Script>>> = {
  parallel: {
    what: 'In a store, of parallel requests that set different keys all are kept',
    why: 'koa-session writes the whole session at the end of each: of 32 keys it kept 1',
    shownBy: [HERE, '32 requests at once, each with a key of its own: all are kept'],
  },
  ended: {
    what: 'In a store, a session that was ended stays ended',
    why: 'In koa-session a request that was under way stores it again, and its old cookie is signed in again',
    shownBy: [HERE, 'F40: a request under way brings no ended session back'],
  },
  caches: {
    what: 'A page that read `ctx.session` has `Vary: Cookie`, and for a visitor with a session `Cache-Control: private`',
    why: 'Without them a shared cache hands one visitor’s page to the next',
    shownBy: [HERE, 'a page that read the session is kept out of shared caches, and any other is left alone'],
  },
  cookie: {
    what: 'The cookie is sealed, or holds a ticket; those of koa-session are read, and replaced with the next change',
    why: 'koa-session’s cookie can be read by its visitor, and a record by its id by whoever reads the store',
    shownBy: [HERE, 'a visitor with a cookie of koa-session keeps the session'],
  },
  keys: {
    what: 'If `app.keys` is a Keygrip, the option `secrets` must be given; `signed: false` needs keys as well',
    why: 'A Keygrip does not tell its keys, and ours are sealed and never only signed',
    shownBy: [HERE, 'the keys are a list, or a Keygrip beside `secrets`'],
  },
  ids: {
    what: '`genid` and `encode` have no effect; `prefix` stands before the keys of a store that was written for koa-session; `externalKey` names the session, and opens nothing',
    why: 'An id that an application makes may be guessed. Only its digest is in the store',
    shownBy: [HERE, 'genid and encode are not asked; prefix stands before the keys of a store'],
  },
  early: {
    what: '`ctx.session` throws before its middleware was passed',
    why: 'With a store, koa-session shows an empty session there, and loses what is set in it',
    shownBy: [HERE, 'what reads the session before its middleware is told so'],
  },
  events: {
    what: 'Of the events `session:missed`, `session:expired` and `session:invalid` the application gets the last; the option `onEvent` is told why a cookie opened nothing',
    why: 'The engine knows more reasons than these',
    shownBy: [HERE, 'a session that `valid` refuses is left as it is, and told of'],
  },
  values: {
    what: 'A `Date`, a `Map`, and so on come back as they were',
    why: 'koa-session keeps the JSON: a `Date` comes back as a text',
    shownBy: [HERE, 'a Date and a Map come back as they were'],
  },
  long: {
    what: 'A session that does not fit into its cookie is an error that names its largest values',
    why: 'Browsers drop a cookie of more than 4096 bytes in silence, and the visitor starts anew with each page',
    shownBy: [HERE, 'a sealed session that is too long for a cookie is an error'],
  },
  idle: {
    what: "A session of `maxAge: 'session'` ends 7 days after it was last used (`idleTimeout`, in seconds)",
    why: 'In koa-session it never ends, wherever the cookie went',
    shownBy: [HERE, 'a session until the browser closes ends when nobody used it for a week'],
  },
  later: {
    what: 'What changes after the middleware and before the headers leave is stored, too',
    why: 'In koa-session what a middleware outside of it changes is lost',
    shownBy: [HERE, 'what a middleware outside changes is stored'],
  },
  throws: {
    what: 'The cookie of a request that throws is sent, and so is that of `ctx.respond = false`',
    why: 'Koa removes all headers of a request that throws: in koa-session a flash, or a count of wrong passwords, is lost there (F53)',
    meets: ({ visits }) => visits.some((each) => has(each, 'throw')),
    shownBy: [HERE, 'F53: what was stored before a throw, or with `ctx.respond = false`, reaches the browser'],
  },
  empties: {
    what: '`ctx.session = {}` empties the session, and `= {…}` leaves it its own `maxAge`, also where nobody read it before',
    why: 'Without a store koa-session does not look at the old session then: `= {}` leaves all values where they are',
    only: ['cookie'],
    meets: ({ visits }) =>
      visits.some(({ calls }) => {
        const at = calls.findIndex(({ call }) => !['line', 'null', 'httpOnly'].includes(call))
        return calls[at]?.call === 'assign'
      }),
    script: of({}, visit(set), visit({ call: 'assign', value: {} }), visit({ call: 'json' })),
    theirs: /"seen":\[\{"a":1\}\],"lines":\[\]\}\]$/,
    ours: /"seen":\[\{\}\],"lines":\[\]\}\]$/,
  },
  order: {
    what: 'A value that is taken away and put back as it was is no change',
    why: 'koa-session compares the JSON, in which it has another place then',
    meets: putsBack,
    script: of({}, visit(set, { ...set, key: 'b' }), visit({ call: 'delete', key: 'a' }, set)),
    theirs: /"lines":\["koa.sess=[^\]]*\]\}\]$/,
    ours: /"lines":\[\]\}\]$/,
  },
  again: {
    what: 'What is assigned after `ctx.session = null` is another session, with a new id; `{}` is none',
    why: 'koa-session goes on with the id and the record that were to end',
    meets: ({ visits }) =>
      visits.some(({ calls }) => {
        const at = calls.findIndex(({ call }) => call === 'null')
        return at >= 0 && calls.slice(at).some(({ call }) => call === 'assign')
      }),
    script: of(
      {},
      visit(set),
      visit({ call: 'json' }, { call: 'null' }, { call: 'assign', value: {} }),
      visit({ call: 'about' }),
    ),
    theirs: /"seen":\[\[false,0,false,86400000,[^\]]*\]\]/,
    ours: /"seen":\[\[true,0,false,null,[^\]]*\]\]/,
  },
  compares: {
    what: 'After a `save()`, what changes is compared with what was saved',
    why: 'koa-session compares with what the request had found: a change that is taken back is lost, and what is saved already is saved again',
    meets: ({ visits }) =>
      visits.some(({ calls }, index) => {
        const at = calls.findIndex(({ call }) => ['save', 'regenerate', 'commit'].includes(call))
        const later = at < 0 ? [] : calls.slice(at).map(({ call }) => call)
        return ['assign', 'delete', 'httpOnly', ...(index > 0 ? ['set', 'push'] : [])].some((call) =>
          later.includes(call as 'set'),
        )
      }),
    script: of({}, visit(set, { call: 'save' }, { call: 'assign', value: {} }), visit({ call: 'json' })),
    theirs: /"seen":\[\{"a":1\}\],"lines":\[\]\}\]$/,
    ours: /"seen":\[\{\}\],"lines":\[\]\}\]$/,
  },
  grace: {
    what: 'For 10 seconds after `regenerate()` the old cookie shows what the session was before (`grace`)',
    why: 'Requests that were under way keep their visitor signed in. What comes after the new id, the old cookie never shows',
    only: ['a store of koa-session', 'a store of ours'],
    meets: ({ visits }) => visits.some(({ sends }) => sends === 'first') && visits.some((each) => has(each, 'regenerate')),
    script: of({}, visit(set), visit({ call: 'regenerate' }), { ...visit({ call: 'json' }), sends: 'first' }),
    theirs: /"seen":\[\{\}\],"lines":\[\]\}\]$/,
    ours: /"seen":\[\{"a":1\}\],"lines":\[\]\}\]$/,
  },
  session: {
    what: "A session of `maxAge: 'session'` that is stored twice in one request stays one",
    why: 'koa-session makes it one of a day: its first `save()` takes the option away',
    meets: ({ configured, visits }) =>
      (configured.maxAge === 'session' ||
        visits.some(({ calls }) => calls.some((each) => each.call === 'maxAge' && each.value === 'session'))) &&
      visits.some(early),
    script: of({ maxAge: 'session' }, visit(set, { call: 'save' }), visit(set, { call: 'save' })),
    theirs: /expires=86400/,
    ours: /"lines":\["koa.sess=…; path=\/; httponly"\]\}\]$/,
  },
}
