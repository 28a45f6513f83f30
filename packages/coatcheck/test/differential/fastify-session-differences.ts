import type { Difference } from './differences.ts'
import type { Call, Script, Visit } from './fastify-session-script.ts'

const TESTS = 'packages/coatcheck/src/adapters/middleware/fastify.test.ts'
const READERS = 'packages/coatcheck/src/migrate/fastify.test.ts'
const INTERFACE = 'packages/coatcheck/src/adapters/middleware/fastify/interface.test.ts'

const visit = (...calls: readonly Call[]): Visit => ({ wait: 0, sends: 'cookies', status: 200, calls })
const of = (configured: Script['configured'], ...visits: readonly Visit[]): Script => ({ configured, visits })
const set = { call: 'set', key: 'a', value: 1 } as const
const has = ({ calls }: Visit, name: Call['call']): boolean => calls.some(({ call }) => call === name)

/**
 * Where ours differs from @fastify/session 11.1.3, and why: `session-differential.slow.test.ts` plays each that has a script, lets no other pass, and
 * holds the page to it.
 */
export const differences: Readonly<Record<string, Difference<Script>>> = {
  parallel: {
    what: 'Of parallel requests that set different keys all are kept',
    why: '@fastify/session writes the whole session at the end of each: of 32 keys it kept 1',
    shownBy: [TESTS, '32 requests at once, each with a key of its own: all are kept'],
  },
  destroyed: {
    what: 'A session that was destroyed stays destroyed',
    why: 'In @fastify/session a request that was under way stores it again, and its old cookie is signed in again',
    shownBy: [TESTS, 'F40: a request under way brings no destroyed session back'],
  },
  raw: {
    what: 'What a handler with `reply.raw` or `reply.hijack()` changes is stored, and its cookie sent',
    why: 'They skip the hook in which @fastify/session stores (F48)',
    shownBy: [TESTS, 'F48: what a handler with `reply.raw` or `reply.hijack()` changes is stored, and its cookie sent'],
  },
  twice: {
    what: 'A hook that redirects without returning the reply, as @fastify/passport does, sends its redirect',
    why: 'With @fastify/session and a store that waits, Fastify answers twice, and the error ends the process',
    shownBy: [TESTS, 'a hook that redirects and lets the handler answer, too, sends the first answer'],
  },
  caches: {
    what: 'A page that read `request.session` has `Vary: Cookie`, and for a visitor with a session `Cache-Control: private`',
    why: 'Without them a shared cache hands one visitor’s page to the next',
    shownBy: [TESTS, 'a page that read the session is kept out of shared caches, and any other is left alone'],
  },
  cookie: {
    what: 'The cookie’s value has another form; cookies of @fastify/session are read, and replaced with the next change',
    why: 'Only the digest of its id is in the store: who reads the store can be nobody',
    shownBy: [READERS, 'a visitor keeps the session, and the old record goes (prefix %j)'],
  },
  ids: {
    what: '`sessionId` names the session, and opens nothing; `encryptedSessionId` is empty until the session is stored; `idGenerator` has no effect',
    why: 'An id that an application makes may be guessed, and one that it shows may be used',
    shownBy: [INTERFACE, 'request.sessionStore knows sessions by their sessionId, which opens nothing'],
  },
  signer: {
    what: 'If `secret` is a signer, the option `secrets` must be given; `algorithm` can only be `sha256`',
    why: 'A signer does not tell its secrets. Ours signs with HMAC-SHA256',
    shownBy: [INTERFACE, 'wrong ones are refused, in the words of @fastify/session where it has any'],
  },
  clears: {
    what: '`destroy()` takes the cookie out of the browser; a cookie that opens nothing stays there until a session takes its place',
    why: '@fastify/session does the one and not the other: what it leaves after `destroy()` is sent with every request',
    meets: ({ visits }) => ['junk', 'first'].every((what) => visits.some(({ sends }) => sends === what)),
    shownBy: [INTERFACE, 'destroy() takes the cookie away, from where it was put'],
  },
  gone: {
    what: '`reload()` of a session that another request destroyed shows an empty one, with a new id',
    why: 'In @fastify/session it goes on with the id, and is there again when it is stored',
    shownBy: [INTERFACE, 'reloading a session that another request destroyed shows an empty one'],
  },
  plugins: {
    what: 'The session has the methods `data()` and `delete()` too, if no value has that name',
    why: 'Plugins that were written for @fastify/secure-session call them',
    shownBy: [INTERFACE, 'a value called `data` or `delete` is a value'],
  },
  values: {
    what: 'A `Date`, a `Map` and so on come back as they were',
    why: 'That depends on the store: in Redis a `Date` becomes a text, in memory it stays one',
    shownBy: [INTERFACE, 'a Date and a Map come back as they were'],
  },
  idle: {
    what: 'A session without `maxAge` ends 7 days after it was last used (`idleTimeout`, in seconds)',
    why: 'In @fastify/session it never ends, unless the store forgets it',
    shownBy: [INTERFACE, 'a session without maxAge ends a week after it was last used'],
  },
  expired: {
    what: 'A session that begins after one has expired has the cookie of the options',
    why: 'In @fastify/session it takes over what requests said of the cookie of the expired one',
    meets: ({ visits }) =>
      visits.some((each) => has(each, 'maxAge') || has(each, 'options')) &&
      visits.some((each) => each.sends === 'first' || has(each, 'save')),
    script: of({}, visit(set), visit({ call: 'maxAge', value: 60_000 }), {
      ...visit({ call: 'json' }),
      wait: 700,
      sends: 'first',
    }),
    theirs: /"originalMaxAge":60000/,
    ours: /"originalMaxAge":null/,
  },
  reloaded: {
    what: 'A new session that is saved, and then reloaded in the same request, has its cookie sent',
    why: 'In @fastify/session it lies in the store, and nobody has it',
    meets: ({ visits }) => visits.some((each) => has(each, 'save') && has(each, 'reload')),
    script: of({}, visit(set, { call: 'save' }, { call: 'reload' })),
    theirs: /"lines":\[\]/,
    ours: /"lines":\["sessionId=…; Path=\/; HttpOnly"\]/,
  },
  begun: {
    what: '`reload()` after `regenerate()` in the same request leaves an empty session, if nothing was saved since',
    why: '@fastify/session stores a session that nobody has the cookie of yet, and reads that',
    meets: ({ visits }) => visits.some((each) => (has(each, 'regenerate') || has(each, 'keep')) && has(each, 'reload')),
    script: of({}, visit(set, { call: 'keep', keys: ['a'] }, { call: 'reload' }, { call: 'json' })),
    theirs: /\{"a":1,"cookie":[^}]+\}\}\],"lines"/,
    ours: /,\{"cookie":[^}]+\}\}\],"lines"/,
  },
}
