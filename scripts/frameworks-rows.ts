/** The names in the frameworks' documents, and the faults that trial adapters met in real frameworks: the rows of `npm run frameworks`. */

export interface Row {
  readonly name: string
  /** The word in tests, where tests use another one. */
  readonly word?: string
}

/** The session document of one framework. */
export interface Document {
  readonly title: string
  /** Its coverage page: docs/frameworks/names/<page>.md. */
  readonly page: string
  /** The pages of docs/frameworks that explain this adapter. */
  readonly pages: readonly string[]
  readonly about: string
  /** The letter of its findings. */
  readonly letter?: string
  /** Where its tests and examples are. */
  readonly folders: readonly string[]
  readonly rows: readonly Row[]
}

const rows = (names: string, more: readonly Row[] = []): Row[] => [...names.split(' ').map((name) => ({ name })), ...more]
const cookieOptions = rows('name domain path maxAge expires httpOnly secure sameSite')

export const documents: readonly Document[] = [
  {
    title: 'Remix and React Router',
    page: 'remix',
    pages: ['remix', 'remix-options', 'remix-storages', 'react-router', 'react-router-middleware'],
    about: 'the document "Sessions" of Remix, and those that React Router 7 and 8 added.',
    letter: 'R',
    folders: [
      'packages/coatcheck/src/adapters/remix.',
      'packages/coatcheck/src/adapters/remix/',
      'packages/coatcheck/src/adapters/react-router',
      'docs/frameworks/remix.md',
      'docs/frameworks/remix-options.md',
      'docs/frameworks/remix-storages.md',
      'docs/frameworks/react-router',
      'examples/re',
    ],
    rows: [
      ...rows(
        'createCookie isCookie createSession isSession createSessionStorage createCookieSessionStorage createMemorySessionStorage',
      ),
      ...rows(
        'createFileSessionStorage createWorkersKVSessionStorage createCloudflareKVSessionStorage createArcTableSessionStorage',
      ),
      ...rows('getSession commitSession destroySession'),
      ...['get', 'set', 'has', 'unset', 'flash', 'data', 'id'].map((name) => ({ name: `session.${name}` })),
      ...rows('createData readData updateData deleteData dir kv table idx ttl secrets'),
      ...cookieOptions,
      ...rows('isSigned parse serialize'),
      ...rows('store format sessionMiddleware', []),
    ],
  },
  {
    title: 'Remix 3',
    page: 'remix-3',
    pages: ['remix-3'],
    about: 'the packages `@remix-run/session`, `@remix-run/cookie` and `@remix-run/session-middleware`.',
    letter: 'S',
    folders: ['packages/coatcheck/src/adapters/remix3', 'docs/frameworks/remix-3'],
    rows: rows(
      'Session createSession createCookieSessionStorage createMemorySessionStorage createFsSessionStorage createRedisSessionStorage createCookie read save regenerateId destroy flash dirty destroyed',
    ),
  },
  {
    title: 'Astro',
    page: 'astro',
    pages: ['astro'],
    letter: 'B',
    about: 'the guide "Sessions" of Astro 5.7 to 7.',
    folders: [
      'packages/coatcheck/src/adapters/astro',
      'packages/coatcheck/src/stores/wrapping/unstorage',
      'docs/frameworks/astro',
      'examples/astro',
    ],
    rows: [
      ...['get', 'set', 'has', 'delete', 'keys', 'values', 'entries', 'regenerate', 'destroy', 'load'].map((name) => ({
        name: `session.${name}`,
        word: name,
      })),
      ...rows('ttl driver cookie'),
      { name: 'Astro.session' },
      { name: 'context.session' },
      { name: 'App.SessionData', word: 'SessionData' },
    ],
  },
  {
    title: 'h3',
    page: 'h3',
    pages: ['h3', 'h3-functions', 'h3-1'],
    letter: 'H',
    about: 'the guide "Sessions" of h3 2, for h3 1 and 2.',
    folders: ['packages/coatcheck/src/adapters/h3', 'docs/frameworks/h3', 'examples/h3'],
    rows: [
      ...rows('useSession getSession updateSession clearSession rotateSession sealSession unsealSession'),
      ...['id', 'data', 'update', 'clear', 'rotate'].map((name) => ({ name: `session.${name}` })),
      ...rows('password name maxAge cookie sessionHeader idleTimeout'),
      ...rows('httpOnly secure sameSite'),
      ...rows('store format'),
    ],
  },
  {
    title: 'Nitro and Nuxt',
    page: 'nitro',
    pages: ['nitro', 'nuxt'],
    about: 'the guide "Sessions" of Nitro, for Nitro 2 and 3 and Nuxt 4.',
    folders: [
      'packages/coatcheck/src/adapters/nitro',
      'packages/coatcheck/src/adapters/nuxt',
      'docs/frameworks/nitro',
      'docs/frameworks/nuxt',
      'examples/nitro',
      'examples/nuxt',
    ],
    rows: [
      ...rows('useSession getSession updateSession clearSession sealSession unsealSession'),
      ...['data', 'update', 'clear'].map((name) => ({ name: `session.${name}` })),
      ...rows('runtimeConfig NITRO_SESSION_PASSWORD name password'),
      ...rows('maxAge expires path domain secure httpOnly sameSite'),
    ],
  },
  {
    title: 'Hydrogen',
    page: 'hydrogen',
    pages: ['hydrogen', 'hydrogen-1'],
    letter: 'Y',
    about: 'the page "Manage sessions" of Hydrogen 1, and of `HydrogenSession` of 2026.',
    folders: ['packages/coatcheck/src/adapters/hydrogen', 'docs/frameworks/hydrogen', 'examples/hydrogen'],
    rows: [
      ...rows('Cookie CookieSessionStorage MemorySessionStorage FileSessionStorage useSession useFlashSession getFlash'),
      ...rows('getSessionId setSessionid serialize destroy parse setAll'),
      ...['get', 'set', 'destroy'].map((name) => ({ name: `session.${name}` })),
      ...rows('httpOnly secure sameSite path expires domain maxAge'),
      ...rows('AppSession commit isPending'),
    ],
  },
]

export const findings: readonly (readonly [id: string, what: string])[] = [
  ['F1', 'a second commit in one request loses what changed while the first was written'],
  ['F2', 'an `update()` that nobody awaits is lost'],
  ['F3', 'two loaders of one new visitor make two sessions, and the older cookie wins'],
  ['F4', 'a cached handler is given the session of the event around it'],
  ['F5', 'a full-page cache serves one visitor’s page to another'],
  ['F6', 'a component that first touches the session after the headers loses its write, or cuts off the page'],
  ['F7', 'error pages have no session'],
  ['F8', 'a loader that throws is an ordinary response to the middleware, and its changes are kept'],
  ['F9', 'parallel first requests with one old cookie make many sessions'],
  ['F10', 'a cookie that shows a row’s number opens that row'],
  ['F11', 'sessions cannot be made at the top of a Worker’s module'],
  ['F12', 'a held response is answered twice, and the process dies'],
  ['F13', 'an `update()` that nobody awaits, on a store that fails, ends the process'],
  ['F14', 'errors of hooks at the end of a request are swallowed'],
  ['F15', 'an old cookie with another path is sent first, and counts'],
  ['F16', 'a cookie is dropped with a thrown route or a forwarded request, or replaces those of others'],
  ['F17', 'a configuration that is written in a handler costs a key derivation each time'],
  ['F18', 'the cookie of an internal fetch is thrown away'],
  ['F19', 'a development server that reloads a module logs everybody out'],
  ['F20', 'a virtual module that a package imports fails the build'],
  ['F21', 'a dead ticket is sent again after another request has ended the session'],
  ['F22', 'a change made while the page is streamed is lost in silence'],
  ['F24', 'Next.js runs one module several times in a process: the proxy and a route have two records and two cookies'],
  ['F31', 'Next.js: a prefetch takes a flash value away'],
  ['F32', 'Next.js: the clock may not be asked in a page that is rendered ahead'],
  ['F33', 'Next.js: a page that is made for everybody shows nobody’s session, in silence'],
  ['F34', 'Next.js: on the edge runtime a look at `process.getBuiltinModule` throws'],
  ['F36', 'express-session: after a new id, middleware goes on with the old session object, which must show what it held'],
  ['F37', 'express-session: middleware binds to `req.session.id` before anything is stored'],
  ['F39', 'express-session: a cookie whose `maxAge` is assigned is not sent again'],
  ['F40', 'express-session: a request under way signs a destroyed session in again'],
  ['F41', 'express-session: at the upgrade of a WebSocket there is no real response'],
  ['F42', 'Fastify: the session plugins declare the same property with different types'],
  ['F43', 'SvelteKit: a page that is made once for everybody reads and changes a session'],
  ['F44', 'SvelteKit: data, remote functions and enhanced forms that fail are answered with 200, and stored'],
  ['F45', 'SvelteKit: once there is an answer, and in a query, no cookie can be set'],
  ['F46', 'SvelteKit: a page and what it fetches of its own site are two visitors'],
  ['F47', 'SvelteKit: a promise that is streamed changes the session too late; a link that preloads takes a flash value'],
  ['F48', 'Fastify: `reply.raw` and `reply.hijack()` skip the hook in which sessions are stored'],
  ['F49', 'Fastify: other plugins look at the shape of the session, and @fastify/passport answers twice'],
  ['F50', 'TanStack Start: a server function that throws answers 200, and its changes are kept'],
  ['F51', 'TanStack Start: data of a loader that comes later cannot give a new visitor a cookie'],
  ['F52', 'Nest over Fastify: middleware gets the raw request, and `@Session()` is undefined'],
  ['F53', 'Koa removes all headers of a request that throws, and the cookie with them'],
  ['F54', 'Elysia: its hooks lose the cookie beside others, take `status(403)` for a failure, and run before generators'],
  ['F55', 'WebSockets: a change after the session has ended looks as if it were stored'],
  ['R1', 'Remix: of two requests that write at once, one is lost'],
  ['R2', 'Remix: a session file is read while it is being written, and the request fails'],
  ['R3', 'Remix: an id that no longer exists, or never did, is taken over from the client'],
  ['R4', 'Remix: there is no way to a new id at sign-in'],
  ['R5', 'Remix: ids of 64 bits or less, some not from a cryptographic source'],
  ['R6', 'Remix: a captured cookie opens the session for ever, and anybody can read it'],
  ['R7', 'Remix: a value named as the table’s key overwrites the key; expired rows are served'],
  ['R8', 'Remix: KV ids may collide, and an empty id is deleted'],
  ['R9', 'Remix: ids that are no texts are accepted'],
  ['R10', 'Remix: a damaged signature is an error 500 on Cloudflare'],
  ['R11', 'Remix: two spellings of one id are two sessions on one system and one on another'],
  ['R12', 'Remix: nothing removes expired sessions'],
  ['R13', 'Remix: missing secrets are only warned about'],
  ['S1', 'Remix 3: the old id stays valid after `regenerateId`, and after `destroy`'],
  ['S2', 'Remix 3: a write is lost, and one in flight brings an ended session back'],
  ['S3', 'Remix 3: a session file is read while it is being written'],
  ['S4', 'Remix 3: the cookie of an ended session stays in the browser'],
  ['S5', 'Remix 3: cookie, memory and file sessions never end'],
  ['S6', 'Remix 3: a cookie of any size is sent, and none can be revoked'],
  ['S7', 'Remix 3: the store’s key is the id that the client holds'],
  ['S8', 'Remix 3: two requests share the objects in a session'],
  ['S9', 'Remix 3: a new id is lost when the handler throws'],
  ['S10', 'Remix 3: a cookie of the wrong shape is accepted'],
  ['B1', 'Astro: an un-awaited `regenerate()` loses the session'],
  ['B2', 'Astro: the old record is deleted before the new one is written'],
  ['B3', 'Astro: `delete` and then `set` loses the value'],
  ['B4', 'Astro: `set`, `destroy`, `set` leaves a record that no cookie opens'],
  ['B5', 'Astro: parallel writes are lost, also of different keys; an ended session comes back'],
  ['B6', 'Astro: a record that cannot be read for a moment is deleted for good'],
  ['B7', 'Astro: expired values and abandoned records stay in the store'],
  ['B8', 'Astro: a wrong cookie name ends the process'],
  ['B9', 'Astro: `load` accepts any text as key and cookie'],
  ['B10', 'Astro: a second configuration uses the first one’s storage'],
  ['B11', 'Astro: a record that is not there is read again by every `get`'],
  ['B12', 'Astro: a request that only sets races its own read'],
  ['H1', 'h3: concurrent updates in one request send a cookie that is not the newest'],
  ['H2', 'h3: an update after `clear()` brings the old data back'],
  ['H3', 'h3: a cleared cookie stays in the browser'],
  ['H4', 'h3: a cookie that is too large is sent, and dropped by the browser'],
  ['H5', 'h3: a wrong password wipes every session in silence'],
  ['H6', 'h3: a broken header hides a good cookie'],
  ['H7', 'h3: no session can be ended by the server, and none ends by itself'],
  ['H8', 'h3: neither the id nor the password can be changed'],
  ['H9', 'h3: passwords are stretched with one iteration, or with 8192 on every request'],
  ['H10', 'h3: of two requests that write at once, one is lost'],
  ['H11', 'h3: a Date comes back as text, a BigInt throws'],
  ['H12', 'h3: an update may set the prototype of the data'],
  ['Y1', 'Hydrogen: a session id in the cookie names any file'],
  ['Y2', 'Hydrogen: a sign-out that comes twice locks all sessions for ever'],
  ['Y3', 'Hydrogen: the documented `httpOnly` and `sameSite` are not sent'],
  ['Y4', 'Hydrogen: anybody can change the session, or choose its id'],
  ['Y5', 'Hydrogen: each visit of a stranger makes a file'],
  ['Y6', 'Hydrogen: a session file is removed before it is written'],
  ['Y7', 'Hydrogen: a flash value that was read comes again'],
  ['Y8', 'Hydrogen: a change that was not stored is seen by others'],
  ['Y9', 'Hydrogen: of two requests that write at once, one is lost'],
  ['Y10', 'Hydrogen: a cookie of any size is sent'],
]
