import * as theirs from 'react-router'
import * as ours from './react-router.ts'

// What is typed against React Router's own declarations takes ours, and the other way round.

interface Data {
  userId: string
  count: number
}
interface Flash {
  error: string
}

declare const ourStorage: ours.CoatcheckStorage<Data, Flash>
declare const theirStorage: theirs.SessionStorage<Data, Flash>
ourStorage satisfies theirs.SessionStorage<Data, Flash>
ourStorage satisfies ours.SessionStorage<Data, Flash>
theirStorage satisfies ours.SessionStorage<Data, Flash>
// @ts-expect-error: it has no withSession
theirStorage satisfies ours.CoatcheckStorage<Data, Flash>

declare const ourSession: ours.CoatcheckSession<Data, Flash>
declare const plainSession: ours.Session<Data, Flash>
declare const theirSession: theirs.Session<Data, Flash>
ourSession satisfies theirs.Session<Data, Flash>
plainSession satisfies theirs.Session<Data, Flash>
theirSession satisfies ours.Session<Data, Flash>
// @ts-expect-error: what only ours can do
theirSession satisfies ours.CoatcheckSession<Data, Flash>

declare const data: [ours.SessionData, theirs.SessionData]
data[0] satisfies theirs.SessionData
data[1] satisfies ours.SessionData
declare const flashData: [ours.FlashSessionData<Data, Flash>, theirs.FlashSessionData<Data, Flash>]
flashData[0] satisfies theirs.FlashSessionData<Data, Flash>
flashData[1] satisfies ours.FlashSessionData<Data, Flash>
// @ts-expect-error: a flash value of another type
;({ __flash_error__: 1 }) satisfies ours.FlashSessionData<Data, Flash>

declare const cookies: [ours.Cookie, theirs.Cookie]
cookies[1] satisfies ours.Cookie
declare const options: [ours.CookieOptions, theirs.CookieOptions]
options[1] satisfies ours.CookieOptions
options[1] satisfies ours.CookieSignatureOptions
ours.createCookie('a', options[1]) satisfies ours.Cookie
cookies[0] satisfies theirs.Cookie
options[0] satisfies theirs.CookieOptions

declare const strategies: [ours.SessionIdStorageStrategy<Data, Flash>, theirs.SessionIdStorageStrategy<Data, Flash>]
strategies[1] satisfies ours.SessionIdStorageStrategy<Data, Flash>
ours.createSessionStorage<Data, Flash>(strategies[1]) satisfies theirs.SessionStorage<Data, Flash>
strategies[0] satisfies theirs.SessionIdStorageStrategy<Data, Flash>
theirs.createSessionStorage<Data, Flash>(strategies[0]) satisfies theirs.SessionStorage<Data, Flash>
// @ts-expect-error: not all of its functions
ours.createSessionStorage({ createData: strategies[1].createData })

/** As a storage of rows is written: its arguments have types. */
export const rows: ours.CoatcheckStorage<Data, Flash> = ours.createSessionStorage<Data, Flash>({
  cookie: { name: '__session', secrets: ['s'] },
  async createData(row, expires) {
    row.userId satisfies string | undefined
    expires satisfies Date | undefined
    return 'id'
  },
  readData: async (id) => ({ userId: id }),
  updateData: async () => {},
  deleteData: async () => {},
})

/** Without types, values are of any type. */
export async function untyped(header: string | null): Promise<string> {
  const storage = ours.createCookieSessionStorage({ cookie: { name: 'en_toast', secrets: ['a'] } })
  const session = await storage.getSession(header)
  const user: string = session.get('user')
  session.set('user', { any: 'thing' })
  session.flash('toast', 1)
  const length: number = session.data.list.length
  return `${user}${length}${await storage.commitSession(session, { expires: new Date(0) })}`
}

/** With types, they are those. */
export async function typed(session: ours.Session<Data, Flash>): Promise<void> {
  session.get('userId') satisfies string | undefined
  session.get('error') satisfies string | undefined
  session.data.__flash_error__ satisfies string | undefined
  // @ts-expect-error: of another type
  session.set('count', 'one')
  // @ts-expect-error: no flash value
  session.flash('count', 1)
  // @ts-expect-error: no value
  session.get('nothing')
}

/** What libraries do with a storage that they are given. */
async function library<D, F>(storage: theirs.SessionStorage<D, F>, request: Request): Promise<Headers> {
  const session = await storage.getSession(request.headers.get('cookie'))
  return new Headers({ 'set-cookie': await storage.commitSession(session, { maxAge: 60 }) })
}
/** An application that gives them ours. */
export const application = (request: Request): Promise<Headers>[] => [
  library<Data, Flash>(ourStorage, request),
  library(ours.createMemorySessionStorage(), request),
  library<Data, Flash>(rows, request),
]

// D3: without being told, such a library finds out of which type values are. With flash values of another type it has to be told.
declare const sameTypes: ours.CoatcheckStorage<Data>
declare function middlewareOf<D = theirs.SessionData, F = D>(
  storage: theirs.SessionStorage<D, F> | ((request: Request) => theirs.SessionStorage<D, F>),
  commits?: (before: Partial<D>, after: Partial<D>) => boolean,
): (context: object) => theirs.Session<D, F>
middlewareOf(sameTypes, (_, { userId }) => userId !== undefined)({}).get('userId') satisfies string | undefined
middlewareOf<Data, Flash>(ourStorage)({}).get('error') satisfies string | undefined
// @ts-expect-error: it was not told
middlewareOf(ourStorage)
// @ts-expect-error: the price of it
;(await sameTypes.getSession()).data.__flash_userId__

/** Sessions in a middleware's context, and a storage taken apart. */
export const sessionContext: theirs.RouterContext<theirs.Session<Data, Flash>> =
  theirs.createContext<theirs.Session<Data, Flash>>(ourSession)
const { getSession, commitSession, destroySession } = ourStorage
getSession satisfies theirs.SessionStorage<Data, Flash>['getSession']
commitSession satisfies (session: theirs.Session<Data, Flash>, options?: theirs.CookieSerializeOptions) => Promise<string>
destroySession satisfies typeof theirStorage.destroySession

/** A cookie with checks around it, as libraries make them. */
interface Typed<Value> extends theirs.Cookie {
  isTyped: true
  parse(header: string | null, options?: theirs.CookieParseOptions): Promise<Value | null>
  serialize(value: Value, options?: theirs.CookieSerializeOptions): Promise<string>
}
declare const typedCookie: Typed<{ id: string }>
ours.createCookieSessionStorage({ cookie: typedCookie }) satisfies theirs.SessionStorage
ours.createCookieSessionStorage({ cookie: { name: 'a', secrets: [process.env.SESSION_SECRET] } })
// @ts-expect-error: no cookie
ours.createCookieSessionStorage({ cookie: 'name' })
const unknown: unknown = ourSession
if (ours.isSession(unknown)) unknown satisfies theirs.Session
if (ours.isCookie(unknown)) unknown.name satisfies string
