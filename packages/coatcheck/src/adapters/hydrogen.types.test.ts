import type { Session } from 'react-router'
import { expectTypeOf, test } from 'vitest'
import { FileSessionStorage } from './hydrogen/file.ts'
import { AppSession, Cookie, CookieSessionStorage, MemorySessionStorage, type SessionApi, withSession } from './hydrogen.ts'

/** The shapes that Hydrogen 1.7 asks for. */
interface Adapter {
  get: (request: Request) => Promise<Record<string, string>>
  set: (request: Request, value: Record<string, string>) => Promise<string>
  destroy: (request: Request) => Promise<string>
}
interface Logger {
  trace: (...args: unknown[]) => void
  options: () => object
}
interface Config {
  session?: (log: Logger) => Adapter
}

test('our storages go into the configuration of Hydrogen 1', () => {
  const configs: Config[] = [
    { session: CookieSessionStorage('__session', { path: '/', httpOnly: true, secure: true, sameSite: 'Strict', maxAge: 60 }) },
    { session: MemorySessionStorage('__session', { expires: new Date(), domain: 'shopify.dev' }) },
    { session: FileSessionStorage('__session', '/tmp/sessions', {}) },
  ]
  expectTypeOf(configs).toExtend<Config[]>()
})

test('API routes of Hydrogen 1 take our session', () => {
  interface Theirs {
    get: () => Promise<Record<string, string>>
    set: (key: string, value: string) => Promise<void>
    destroy: () => Promise<void>
    getFlash: (key: string) => unknown
  }
  expectTypeOf<SessionApi>().toExtend<Theirs>()
  const api = async (_request: Request, { session }: { session: Theirs }) => session.get()
  withSession(CookieSessionStorage('__session'), api)
})

test('a cookie has the members of Hydrogen’s', () => {
  interface Theirs {
    name: string
    data: Record<string, string>
    parse(cookie: string): Record<string, string>
    set(key: string, value: string): void
    setAll(data: Record<string, string>): void
    serialize(): string
    destroy(): string
    get expires(): number
    setSessionid(sid: string): void
    getSessionId(request: Request): string | null
  }
  expectTypeOf<Cookie>().toExtend<Theirs>()
  // @ts-expect-error no option of a cookie
  new Cookie('a', { maxage: 'soon' })
})

interface Data {
  customerAccount: { accessToken?: string }
  buyer: { companyLocationId?: string }
}
interface Flash {
  message: string
}

test('a session satisfies HydrogenSession', () => {
  /** As Hydrogen 2026 has it, over the session of React Router. */
  interface Theirs<D = Record<string, unknown>, F = D> {
    get: Session<Data & D, F>['get']
    set: Session<Data & D, F>['set']
    unset: Session<Data & D, F>['unset']
    commit: () => Promise<string>
    destroy?: () => Promise<string>
    isPending?: boolean
  }
  expectTypeOf<AppSession>().toExtend<Theirs>()
  expectTypeOf<AppSession<Data, Flash>>().toExtend<Theirs<object, Flash>>()
})

test('a session knows what it holds', async () => {
  const session = await AppSession.init<Data, Flash>(new Request('https://shop.test/'), ['secret'])
  expectTypeOf(session.get('buyer')).toEqualTypeOf<Data['buyer'] | undefined>()
  expectTypeOf(session.get('message')).toEqualTypeOf<string | undefined>()
  session.flash('message', 'hello')
  // @ts-expect-error no such value
  session.get('nothing')
  // @ts-expect-error a flash value is not set
  session.set('message', 'hello')
  // @ts-expect-error another type
  session.set('buyer', 1)
})

test('D16: a class that extends it is what its init gives', async () => {
  class Plain extends AppSession {
    get userName(): string | undefined {
      return this.get('user')
    }
  }
  class Typed extends AppSession<Data, Flash> {}
  const request = new Request('https://shop.test/')
  expectTypeOf(await Plain.init(request, [''])).toEqualTypeOf<Plain>()
  expectTypeOf((await Typed.init(request, [''])).get('buyer')).toEqualTypeOf<Data['buyer'] | undefined>()
  expectTypeOf(await AppSession.init(request, [''])).toEqualTypeOf<AppSession>()
})
