import type { Difference } from './differences.ts'
import type { Call, Script, Visit } from './fastify-secure-session-script.ts'

const TESTS = 'packages/coatcheck/src/adapters/middleware/fastify.test.ts'
const READERS = 'packages/coatcheck/src/migrate/fastify.test.ts'
const INTERFACE = 'packages/coatcheck/src/adapters/middleware/fastify/interface.test.ts'

const visit = (...calls: readonly Call[]): Visit => ({ wait: 0, sends: 'cookies', status: 200, calls })
const of = (configured: Script['configured'], ...visits: readonly Visit[]): Script => ({ configured, visits })
const set = { call: 'set', key: 'a', value: 1 } as const
const has = ({ calls }: Visit, name: Call['call']): boolean => calls.some(({ call }) => call === name)

/**
 * Where ours differs from @fastify/secure-session 8.4.0, and why: `secure-differential.slow.test.ts` plays each that has a script, lets no other pass,
 * and holds the page to it.
 */
export const differences: Readonly<Record<string, Difference<Script>>> = {
  cookie: {
    what: 'The cookie is sealed otherwise, with keys that are derived from yours; `salt` and `signed` have no effect',
    why: 'Its box needs libsodium, an addon that is compiled. `migrateFrom` reads the old cookies, with the libsodium that is installed already',
    shownBy: [READERS, 'a visitor keeps the session %j'],
  },
  raw: {
    what: 'What a handler with `reply.raw` or `reply.hijack()` changes is stored, and its cookie sent',
    why: 'They skip the hook in which @fastify/secure-session sets its cookie (F48)',
    shownBy: [TESTS, 'F48: what a handler with `reply.raw` or `reply.hijack()` changes is stored, and its cookie sent'],
  },
  caches: {
    what: 'A page that read `request.session` has `Vary: Cookie`, and for a visitor with a session `Cache-Control: private`',
    why: 'Without them a shared cache hands one visitor’s page to the next',
    shownBy: [TESTS, 'a page that read the session is kept out of shared caches, and any other is left alone'],
  },
  long: {
    what: 'A session that does not fit into its cookie is an error that names its largest values',
    why: 'Browsers drop a cookie of more than 4096 bytes in silence, and go on with the one of before',
    shownBy: [INTERFACE, 'a session that does not fit into its cookie is an error'],
  },
  rotation: {
    what: 'A cookie that was sealed with an older key is replaced with the next change',
    why: 'There it is replaced with the next response, read or not, and takes the place of what a parallel request has changed',
    shownBy: [INTERFACE, 'a newer key is put before the older, which still opens'],
  },
  values: {
    what: 'A `Date`, a `Map` and so on come back as they were',
    why: '@fastify/secure-session keeps the JSON: a `Date` comes back as a text',
    shownBy: [INTERFACE, 'a Date and a Map come back as they were'],
  },
  codec: {
    what: '`createSecureSession`, `encodeSecureSession` and `decodeSecureSession` throw when the sessions are in a `store`',
    why: 'They return at once, and a store has to be waited for',
    shownBy: [INTERFACE, 'a session is encoded and decoded without a request, if it is sealed'],
  },
  copies: {
    what: 'With a `store`, a copy of an old cookie shows the session as it is now, and nothing once it was ended or given a new id',
    why: 'A cookie of @fastify/secure-session, wherever it went, opens what it holds until `expiry`, also after `delete()`',
    only: ['store'],
    // A browser drops a cookie of SameSite=None that is not Secure, and has the one of before: such a copy.
    meets: ({ configured: { sameSite }, visits }) =>
      (sameSite === 'none' && visits.some((each) => has(each, 'options'))) || visits.some(({ sends }) => sends === 'first'),
    script: of({}, visit(set), visit({ call: 'set', key: 'a', value: 2 }), { ...visit({ call: 'data' }), sends: 'first' }),
    theirs: /\{"a":1\}/,
    ours: /\{"a":2\}/,
  },
  inside: {
    what: 'A value that is changed from the inside, such as `session.list.push(…)`, is stored',
    why: 'In @fastify/secure-session it is lost, unless something else is set in the same request',
    meets: ({ visits }) => visits.some((each) => has(each, 'push')),
    script: of(
      {},
      visit({ call: 'set', key: 'list', value: [1] }),
      visit({ call: 'push', key: 'list', value: 2 }),
      visit({ call: 'data' }),
    ),
    theirs: /\{"list":\[1\]\}/,
    ours: /\{"list":\[1,2\]\}/,
  },
  names: {
    what: '`Object.keys(session)`, `in`, `delete` and `JSON.stringify` see the values',
    why: 'There they see `changed` and `deleted`: the `keepSessionInfo` of @fastify/passport keeps nothing',
    meets: ({ visits }) => visits.some((each) => has(each, 'own')),
    script: of({}, visit(set, { call: 'own' })),
    theirs: /\[\["changed","deleted"\],false,/,
    ours: /\[\["a"\],true,\{"a":1\}\]/,
  },
}
