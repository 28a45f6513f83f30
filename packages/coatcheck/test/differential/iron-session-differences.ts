import type { Difference } from './differences.ts'
import type { Call, Script, Visit } from './iron-session-script.ts'

const HERE = 'packages/coatcheck/src/adapters/iron-session.test.ts'

const visit = (...calls: readonly Call[]): Visit => ({ wait: 0, sends: 'cookies', status: 200, calls })
const insecure = { cookieOptions: { secure: false } }
const of = (...visits: readonly Visit[]): Script => ({ configured: insecure, visits })
const set = { call: 'set', key: 'a', value: 1 } as const
const [save, json, destroy, again] = (['save', 'json', 'destroy', 'again'] as const).map((call) => ({ call })) as [
  Call,
  Call,
  Call,
  Call,
]
const with8 = ['8 node', '8 fetch', '8 cookies']
/** The kinds that see all cookies of one name. */
const withHeaders = ['8 node', '8 fetch', '9 node', '9 fetch']

/** The calls of a visit from the first of this kind on. */
const after = ({ calls }: Visit, name: Call['call']): readonly Call[] => {
  const at = calls.findIndex(({ call }) => call === name)
  return at < 0 ? [] : calls.slice(at + 1)
}
const has = (calls: readonly Call[], ...names: readonly Call['call'][]): boolean => calls.some(({ call }) => names.includes(call))

/**
 * Where ours differs from iron-session 8.0.4 and 9.0.1, and why: `differential.slow.test.ts` plays each that has a script, lets no other pass, and
 * holds the page to it.
 */
export const differences: Readonly<Record<string, Difference<Script>>> = {
  shared: {
    what: 'All calls of `getIronSession` in one request give the same session, with what is not saved yet',
    why: 'In iron-session each reads the cookie that came, and the one that is saved last takes back what the others saved',
    meets: ({ visits }) =>
      visits.some(({ calls }) => {
        const at = calls.findLastIndex(({ call }) => call === 'again')
        return has(calls.slice(0, Math.max(0, at)), 'set', 'push', 'delete', 'save', 'destroy', 'updateConfig')
      }),
    script: of(visit(set, again, json)),
    theirs: /"seen":\[null,\{\}\]/,
    ours: /"seen":\[null,\{"a":1\}\]/,
  },
  destroyed: {
    what: 'After `destroy()`, a `save()` of what was set since is refused, as in iron-session 9',
    why: 'iron-session 8 gives the cookie back that was just taken away: a sign-out that did not happen',
    only: with8,
    meets: ({ visits }) => visits.some((each) => has(after(each, 'destroy'), 'save')),
    script: of(visit(set, save), visit(destroy, set, save), visit(json)),
    theirs: /"seen":\[\{"a":1\}\]/,
    ours: /"seen":\[\{\}\]/,
  },
  cookie: {
    what: "The cookie has another form; those of iron-session are read, and replaced by the next `save()`. `format: 'upstream'` writes iron-session’s",
    why: 'Ours is XAES-256-GCM with keys of HKDF, and names what it is for; theirs is AES-CBC with one iteration of PBKDF2-SHA1',
    shownBy: [HERE, 'a visitor with a cookie of iron-session keeps the session'],
  },
  places: {
    what: 'Of two cookies of one name that browsers keep side by side, after `updateConfig` with another `path` or `domain`, the one that ends later counts',
    why: 'iron-session takes the first. Who can write cookies for a parent domain, or a path, could put theirs first',
    only: withHeaders,
    meets: ({ configured, visits }) =>
      visits.some(({ calls }) =>
        calls.some((each) => each.call === 'updateConfig' && placeOf(each.value) !== placeOf(configured)),
      ),
    script: of(
      visit(set, save),
      visit({ ...set, value: 2 }, { call: 'updateConfig', value: { cookieOptions: { secure: false, path: '/app' } } }, save),
      visit(json),
    ),
    theirs: /"seen":\[\{"a":2\}\]/,
    ours: /"seen":\[\{"a":1\}\]/,
  },
  renamed: {
    what: '`destroy()` after `updateConfig` with another `cookieName` takes both cookies away',
    why: 'iron-session leaves the one that its visitor is signed in with',
    meets: ({ configured, visits }) =>
      visits.some(({ calls }) =>
        calls.some(
          (each, at) =>
            each.call === 'updateConfig' && nameOf(each.value) !== nameOf(configured) && has(calls.slice(at), 'destroy'),
        ),
      ),
    script: of(
      visit(set, save),
      visit({ call: 'updateConfig', value: { ...insecure, cookieName: 'sid' } }, destroy),
      visit(json),
    ),
    theirs: /"seen":\[\{"a":1\}\]/,
    ours: /"seen":\[\{\}\]/,
  },
  dropped: {
    what: 'A cookie that no browser keeps is refused, such as one of `SameSite=None` without `Secure`',
    why: 'Browsers drop it in silence, and the visitor starts anew with each page',
    meets: ({ configured, visits }) =>
      [
        configured,
        ...visits.flatMap(({ calls }) => calls.flatMap((each) => (each.call === 'updateConfig' ? [each.value] : []))),
      ].some(({ cookieOptions = {} }) => cookieOptions.sameSite === 'none' && !cookieOptions.secure),
    script: { configured: { cookieOptions: { secure: false, sameSite: 'none' } }, visits: [visit(save)] },
    theirs: /"saved"/,
    ours: /"status":500.*cookieOptions.secure/,
  },
  store: {
    what: 'With the option `store` the cookie holds a ticket: of parallel requests each saves the keys that it changed, and a session that was ended stays ended',
    why: 'In iron-session the last cookie wins: of 10 requests that count in parallel it kept 1, and a copy of a cookie outlives the sign-out',
    shownBy: [HERE, '10 parallel requests that each set a key lose none, and with update() count 10'],
  },
  caches: {
    what: 'A response for which a session was opened with `(req, res)` has `Vary: Cookie`, and for a visitor with a session `Cache-Control: private`',
    why: 'Without them a shared cache hands one visitor’s page to the next. An object of cookies has no headers: there the framework must do it',
    shownBy: [HERE, 'a page that opened the session is kept out of shared caches, and any other is left alone'],
  },
  ends: {
    what: 'A session ends at `ttl`, not a minute later; `ttl: 0` is 400 days from the last `save()`',
    why: 'No browser keeps a cookie longer, and what is sealed for ever cannot be taken back',
    meets: ({ visits }) =>
      visits.some((_, at) => visits.slice(at).some((__, end) => isBetween(waited(visits.slice(at, at + end + 1))))),
    shownBy: [HERE, 'a session ends `ttl` after its last save'],
  },
  lines: {
    what: 'A response has one line for each cookie',
    why: 'iron-session sends one for each `save()`',
    // Of two lines a browser on http keeps the one that is not Secure.
    meets: ({ configured, visits }) =>
      visits.some(({ calls }) =>
        calls.some((each) => each.call === 'updateConfig' && isSecure(each.value) !== isSecure(configured)),
      ),
    shownBy: [HERE, 'many saves give one cookie, and those of others are kept'],
  },
  values: {
    what: 'A `Date`, a `Map`, and so on come back as they were; of an instance of a class its JSON is stored',
    why: 'iron-session 8 keeps the JSON: a `Date` comes back as a text. iron-session 9 refuses all of them',
    shownBy: [HERE, 'a Date and a Map come back as they were'],
  },
  passwords: {
    what: '`updateConfig` counts as a whole, as in iron-session 9',
    why: 'iron-session 8 leaves the password and the cookie that it reads as they were',
    only: with8,
    shownBy: [HERE, 'updateConfig gives another password, another name and another time'],
  },
  replaced: {
    what: 'For ten minutes after a password was replaced and not kept, `save()` is refused (`KEY_UNKNOWN`) where a cookie came that it sealed',
    why: 'While servers get the new password one after the other, none that knows less signs somebody out. Keep the old one in the list',
    shownBy: [HERE, 'a password is taken out of use one deploy after the next'],
  },
  types: {
    what: 'The values in `IronSession<T>` are optional, as in iron-session 9, and `destroy()` gives a promise: await it where there is a store',
    why: 'A visitor may come without a session. A record that has to go cannot go at once',
    shownBy: ['packages/coatcheck/src/adapters/iron-session.types.test.ts', 'values are optional'],
  },
  errors: {
    what: 'Wrong options and what cannot be saved are a `SessionError` with a `code` and a `fix`',
    why: 'iron-session throws an `Error` with a text, for the same reasons',
    shownBy: [HERE, 'wrong options are refused'],
  },
  reasons: {
    what: '`onUnsealError` says `expired` of what was genuine',
    why: 'iron-session looks at the time before it looks at the seal, so that anybody can make one that is `expired`',
    shownBy: [HERE, 'onUnsealError is told why a cookie opened nothing'],
  },
}

const isSecure = ({ cookieOptions = {} }: Script['configured']): boolean => cookieOptions.secure !== false
const nameOf = ({ cookieName = 'app' }: Script['configured']): string => cookieName
const placeOf = ({ cookieOptions: { path = '/', domain } = {} }: Script['configured']): string => `${path} ${domain}`
const waited = (visits: readonly Visit[]): number => visits.reduce((sum, { wait }) => sum + wait, 0)
/** The sessions of the scripts last 600 seconds or 300 in the browser. */
const isBetween = (seconds: number): boolean => seconds >= 540 && seconds <= 660
