import type { Call, Script, Visit } from './cookie-session-script.ts'
import { type Difference, putsBack } from './differences.ts'

const HERE = 'packages/coatcheck/src/adapters/middleware/cookie-session.test.ts'

const visit = (...calls: readonly Call[]): Visit => ({ wait: 0, sends: 'cookies', status: 200, calls })
const of = (...visits: readonly Visit[]): Script => ({ configured: {}, visits })

/**
 * Where ours differs from cookie-session 2.1.1, and why: `differential.slow.test.ts` plays each that has a script, lets no other pass, and holds the
 * page to it.
 */
export const differences: Readonly<Record<string, Difference<Script>>> = {
  cookie: {
    what: 'The cookie is sealed; those of cookie-session are read, and replaced with the next change, and their `.sig` goes',
    why: 'Who has the browser, or a copy of its cookies, can read cookie-session’s',
    shownBy: [HERE, 'a visitor with a cookie of cookie-session keeps the session'],
  },
  caches: {
    what: 'A page that read `req.session` has `Vary: Cookie`, and for a visitor with a session `Cache-Control: private`',
    why: 'Without them a shared cache hands one visitor’s page to the next',
    shownBy: [HERE, 'a page that read the session is kept out of shared caches, and any other is left alone'],
  },
  ends: {
    what: 'A session ends `maxAge` after its last change, also where its cookie was copied; without `maxAge`, 7 days after it was last used (`idleTimeout`, in seconds)',
    why: 'A cookie of cookie-session opens its session for ever, wherever it went',
    shownBy: [HERE, 'a copy of a cookie opens nothing after `maxAge`'],
  },
  empties: {
    what: '`req.session = {}` empties the session',
    why: 'In cookie-session nothing is sent then, and the next request finds all values again',
    meets: ({ visits }) =>
      visits.some(({ calls }) => {
        const at = calls.findIndex(({ call }) => call === 'assign')
        const rest = at < 0 ? [] : calls.slice(at)
        return rest.some((each) => each.call === 'delete' || (each.call === 'assign' && Object.keys(each.value).length === 0))
      }),
    script: of(visit({ call: 'set', key: 'a', value: 1 }), visit({ call: 'assign', value: {} }), visit({ call: 'json' })),
    theirs: /"seen":\[\{"a":1\}\],"lines":\[\]\}\]$/,
    ours: /"seen":\[\{\}\],"lines":\[\]\}\]$/,
  },
  order: {
    what: 'A value that is taken away and put back as it was is no change',
    why: 'cookie-session compares the JSON, in which it has another place then',
    meets: putsBack,
    script: of(
      visit({ call: 'set', key: 'a', value: 1 }, { call: 'set', key: 'b', value: 2 }),
      visit({ call: 'delete', key: 'a' }, { call: 'set', key: 'a', value: 1 }, { call: 'about' }),
    ),
    theirs: /\[false,true,true\]\],"lines":\["session=/,
    ours: /\[false,false,true\]\],"lines":\[\]/,
  },
  long: {
    what: 'A session that does not fit into its cookie is an error, which reaches `next`',
    why: 'Browsers drop a cookie of more than 4096 bytes in silence, and go on with the one of before',
    shownBy: [HERE, 'a session that is too long for a cookie is an error'],
  },
  keys: {
    what: 'A Keygrip needs the option `secrets` beside it; `signed: false` needs keys as well',
    why: 'A Keygrip does not tell its keys, and ours are sealed and never only signed',
    shownBy: [HERE, 'the keys are a list, one secret, or a Keygrip beside `secrets`'],
  },
  values: {
    what: 'A `Date`, a `Map`, and so on come back as they were',
    why: 'cookie-session keeps the JSON: a `Date` comes back as a text',
    shownBy: [HERE, 'a Date and a Map come back as they were'],
  },
}
