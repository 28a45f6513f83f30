import { type IncomingMessage, ServerResponse } from 'node:http'
import {
  type SessionOptions as TheirOptions,
  type CookieStore as TheirStore,
  type IronSession as Theirs,
  getIronSession as theirs,
} from 'iron-session'
import type { SessionOptions as Options8 } from 'iron-session-8'
import {
  type CookieStore,
  getIronSession,
  type IronSession,
  type SessionOptions,
  sealData,
  unsealData,
  update,
} from './iron-session.ts'

// What only the compiler checks: our types in the place of iron-session's.

interface User {
  readonly id: number
}
interface Data {
  user: User
  visits: number
}

declare const options: SessionOptions
declare const cookies: CookieStore
declare const req: IncomingMessage
const res = new ServerResponse(req)

// values are optional, since a visitor may come without a session
const session: IronSession<Data> = await getIronSession<Data>(cookies, options)
const visits: number | undefined = session.visits
// @ts-expect-error: nobody may be signed in
const id: number = session.user.id
// @ts-expect-error: no text is a number of visits
session.visits = 'many'
const counted: number = update(session, 'visits', (n = 0) => n + 1)
// @ts-expect-error: no value of this name
update(session, 'visit', () => 1)
// @ts-expect-error: the methods stay
session.save = async () => {}

// what took iron-session's types takes ours, and their options are options of ours
const passed: Theirs<Data> = session
const taken = (given: TheirOptions, old: Options8): SessionOptions[] => [given, old]
const store: CookieStore = {} as TheirStore
export const found: readonly Promise<IronSession<Data> | Theirs<Data>>[] = [
  getIronSession<Data>(req, res, options),
  getIronSession<Data>(new Request('http://a.example/'), new Response(), options),
  theirs<Data>(req, res, {} as TheirOptions),
]

/** `await cookies()` of Next.js 15 and 16, as its types have it. */
interface NextCookies {
  get(...args: [name: string] | [{ name: string; value: string }]): { name: string; value: string } | undefined
  getAll(...args: [name: string] | [{ name: string; value: string }] | []): { name: string; value: string }[]
  set(
    ...args:
      | [
          key: string,
          value: string,
          cookie?: Partial<{ name: string; value: string; path: string; maxAge: number; expires: number | Date }>,
        ]
      | [options: { name: string; value: string }]
  ): NextCookies
}
export const next: Promise<IronSession<Data>> = getIronSession<Data>({} as NextCookies, options)

const link: string = await sealData({ user: 1 }, { password: 'a password of iron-session, long enough', ttl: 60 })
const opened: Data = await unsealData<Data>(link, options)
export const all: readonly unknown[] = [visits, id, counted, passed, taken, store, opened]
