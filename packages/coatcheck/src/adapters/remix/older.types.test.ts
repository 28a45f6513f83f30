import type * as remix from '@remix-run/server-runtime'
import type * as reactRouter7 from 'react-router-7'
import * as ours from '../react-router.ts'

// Remix 2's and React Router 7's own declarations take ours, and the other way round; remix.types.test.ts says more of React Router 8's.

interface Data {
  userId: string
  count: number
}
interface Flash {
  error: string
}

declare const our: {
  storage: ours.CoatcheckStorage<Data, Flash>
  sameTypes: ours.CoatcheckStorage<Data>
  untyped: ours.CoatcheckStorage
  session: ours.CoatcheckSession<Data, Flash>
  plainSession: ours.Session<Data, Flash>
  data: ours.SessionData
  flashData: ours.FlashSessionData<Data, Flash>
  cookie: ours.Cookie
  strategy: ours.SessionIdStorageStrategy<Data, Flash>
}
// An option `decode` may give undefined here, as in React Router, and may not in Remix.
our satisfies Omit<Remix, 'strategy'>
our satisfies ReactRouter7

interface Remix {
  storage: remix.SessionStorage<Data, Flash>
  sameTypes: remix.SessionStorage<Data>
  untyped: remix.SessionStorage
  session: remix.Session<Data, Flash>
  plainSession: remix.Session<Data, Flash>
  data: remix.SessionData
  flashData: remix.FlashSessionData<Data, Flash>
  cookie: remix.Cookie
  strategy: remix.SessionIdStorageStrategy<Data, Flash>
}
interface ReactRouter7 {
  storage: reactRouter7.SessionStorage<Data, Flash>
  sameTypes: reactRouter7.SessionStorage<Data>
  untyped: reactRouter7.SessionStorage
  session: reactRouter7.Session<Data, Flash>
  plainSession: reactRouter7.Session<Data, Flash>
  data: reactRouter7.SessionData
  flashData: reactRouter7.FlashSessionData<Data, Flash>
  cookie: reactRouter7.Cookie
  strategy: reactRouter7.SessionIdStorageStrategy<Data, Flash>
}

/** What needs none of what only ours can do. */
interface Ours {
  plainSession: ours.Session<Data, Flash>
  data: ours.SessionData
  flashData: ours.FlashSessionData<Data, Flash>
  cookie: ours.Cookie
}
declare const theirs: [Remix & { options: remix.CookieOptions }, ReactRouter7 & { options: reactRouter7.CookieOptions }]
theirs satisfies Ours[]
// @ts-expect-error: it has no withSession
theirs[0].storage satisfies ours.CoatcheckStorage<Data, Flash>

for (const { cookie, options, strategy } of theirs) {
  ours.createCookie('a', options) satisfies remix.Cookie
  ours.createCookieSessionStorage({ cookie }) satisfies remix.SessionStorage
  ours.createSessionStorage<Data, Flash>(strategy) satisfies remix.SessionStorage<Data, Flash>
}
