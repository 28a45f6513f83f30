import { useSession, useSessionStorage } from '@hono/session'
import { withSession } from 'coatcheck/hono'
import { Hono, type MiddlewareHandler } from 'hono'
import { getSignedCookie, setSignedCookie } from 'hono/cookie'
import { CookieStore, MemoryStore, sessionMiddleware } from 'hono-sessions'
import { ourRows } from '../own/ours.ts'
import { counted } from '../own/places.ts'
import { type Access, accessTo, collecting, type Page, SECRET } from '../session.ts'
import type { Group, Opened, Tools, Visit } from '../setting.ts'
import { throughFetch } from '../visits.ts'

const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'Lax' } as const

const visitOf = (app: Hono): Visit => throughFetch((request) => app.fetch(request))

/** @hono/session, which is told all data at once. */
function honoSession({ counts }: Tools, map?: Map<string, string>): Opened {
  const storage = {
    get: (id: string) => JSON.parse(map?.get(id) ?? 'null') as object | null,
    set: (id: string, data: unknown) => void map?.set(id, JSON.stringify(data)),
    delete: (id: string) => void map?.delete(id),
  }
  const seen = map && counts ? counted(storage) : undefined
  const stored = useSessionStorage(seen?.target ?? storage)
  const visit = ({ use, writes }: Page) => {
    const app = new Hono()
    if (map) app.use(stored as MiddlewareHandler)
    // 32 bytes in hexadecimal, as it wants them.
    app.use(useSession({ secret: Buffer.from(SECRET).toString('hex') }) as MiddlewareHandler)
    app.get('/', async (c) => {
      const session = c.get('session' as never) as { get(): Promise<object | null>; update(data: object): Promise<void> }
      const data = (await session.get()) ?? {}
      const { access, changes } = collecting(data as Record<string, unknown>)
      const body = use(access)
      const text = body instanceof Promise ? await body : body
      if (writes) await session.update({ ...data, ...changes })
      return c.text(text)
    })
    return visitOf(app)
  }
  return { visit, ...(seen && { trips: seen.trips }) }
}

function honoSessions(store: MemoryStore | CookieStore, { counts }: Tools): Opened {
  const seen = counts && store instanceof MemoryStore ? counted(store) : undefined
  const middleware = sessionMiddleware({
    store: seen?.target ?? store,
    encryptionKey: SECRET,
    expireAfterSeconds: 30 * 86_400,
    cookieOptions: ATTRIBUTES,
  })
  const visit = ({ use }: Page) => {
    const app = new Hono().use(middleware as MiddlewareHandler)
    app.get('/', async (c) => {
      const body = use(c.get('session' as never) as Access)
      return c.text(body instanceof Promise ? await body : body)
    })
    return visitOf(app)
  }
  return { visit, ...(seen && { trips: seen.trips }) }
}

/** What Hono has itself: signed and readable, and good for ever. */
function signedCookie(): Opened {
  const visit = ({ use, writes }: Page) => {
    const app = new Hono()
    app.get('/', async (c) => {
      const cookie = await getSignedCookie(c, SECRET, 'session')
      const data = JSON.parse(cookie || '{}') as Record<string, unknown>
      const body = use(accessTo(data))
      const text = body instanceof Promise ? await body : body
      if (writes) await setSignedCookie(c, 'session', JSON.stringify(data), SECRET, ATTRIBUTES)
      return c.text(text)
    })
    return visitOf(app)
  }
  return { visit }
}

export const group: Group = {
  bare: { Hono: () => visitOf(new Hono().get('/', async (c) => c.text('ok'))) },
  settings: [
    { name: '@hono/session', kind: 'sealed', over: 'Hono', open: (tools) => honoSession(tools) },
    { name: '@hono/session, a Map', kind: 'memory', over: 'Hono', open: (tools) => honoSession(tools, new Map()) },
    { name: 'hono-sessions, CookieStore', kind: 'sealed', over: 'Hono', open: (tools) => honoSessions(new CookieStore(), tools) },
    { name: 'hono-sessions, MemoryStore', kind: 'memory', over: 'Hono', open: (tools) => honoSessions(new MemoryStore(), tools) },
    { name: 'Hono’s signed cookie', kind: 'signed', over: 'Hono', open: signedCookie },
    ...ourRows('coatcheck/hono', 'Hono', (sessions, { use }) => {
      const app = new Hono().use(withSession(sessions) as MiddlewareHandler)
      app.get('/', async (c) => {
        const body = use(await sessions.open(c))
        return c.text(body instanceof Promise ? await body : body)
      })
      return visitOf(app)
    }),
  ],
}
