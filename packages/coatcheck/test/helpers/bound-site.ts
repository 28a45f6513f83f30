import { withSession } from '../../src/adapters/fetch.ts'
import type { AdapterOptions } from '../../src/core/options/table.ts'
import type { Session } from '../../src/core/session/types.ts'
import { sessionsOf } from '../../src/core/sessions.ts'
import { type DeviceBoundOptions, deviceBound } from '../../src/device-bound.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { type DeviceVisitor, deviceVisitor } from '../../src/testing/device-visitor.ts'
import { type VisitInit, type Visitor, visitor } from '../../src/testing/visitor.ts'
import { type Clock, clockFrom } from './clock.ts'
import { Discretion } from './discretion.ts'
import { happening, SECRET } from './site.ts'

export const BOUND = '__Host-session-bound'
export const TICKET = '__Host-Http-session'

type Options = Partial<AdapterOptions> & { readonly clock?: Clock; readonly bound?: DeviceBoundOptions | false }

/** What a page saw. */
export interface Seen {
  readonly owner: string | null
  readonly bound: string
  readonly readOnly: boolean
  readonly sees?: unknown
}

export interface BoundSite {
  readonly clock: Clock
  readonly events: ReturnType<typeof happening>[]
  readonly sessions: ReturnType<typeof sessionsOf>
  readonly serve: (request: Request) => Promise<Response>
  /** Requests of browsers themselves, `POST /.coatcheck/refresh 200`. */
  readonly asked: string[]
  /** Somebody with a browser that has a key, and one whose browser knows nothing of it. */
  person(): DeviceVisitor
  plain(): Visitor
}

export const discretion: Discretion = new Discretion()
discretion.hide(SECRET)

/** A site whose pages do what their path says: `/in?ada`, `/out`, `/up`, `/id`, `/set?x`, `/must`, and `/` only looks. */
export function boundSite({ clock = clockFrom(), bound = {}, ...options }: Options = {}): BoundSite {
  const events: ReturnType<typeof happening>[] = []
  const asked: string[] = []
  const onEvent = (event: Parameters<typeof happening>[0]) => {
    discretion.tell(event)
    events.push(happening(event))
  }
  const sessions = sessionsOf({
    ...{ secrets: SECRET, now: clock.now, onEvent },
    ...(bound && { deviceBound: deviceBound(bound) }),
    ...options,
  })
  const handle = withSession(sessions, async (request: Request) => {
    const { pathname, search } = new URL(request.url)
    if (pathname === '/untouched') return new Response('public', { headers: { 'cache-control': 'public' } })
    // A guard against requests of other sites, and a redirect of all that is not found: none of them is to see the browser's own requests.
    if (pathname.startsWith('/.coatcheck')) return Response.redirect('https://app.test/login')
    const session = (await sessions.open(request)) as Session
    const name = search.slice(1)
    try {
      if (pathname === '/in') session.signIn(name)
      if (pathname === '/out') session.signOut()
      if (pathname === '/up') session.elevate('aal2')
      if (pathname === '/id') session.regenerateId()
      if (pathname === '/set') session.set('name', name)
      if (pathname === '/must') session.requireBound()
    } catch (error) {
      return new Response((error as { code: string }).code, { status: 401 })
    }
    return Response.json({
      owner: session.owner ?? null,
      bound: session.bound,
      readOnly: session.readOnly,
      sees: session.get('name'),
    })
  })
  const serve = async (request: Request): Promise<Response> => {
    const response = await handle(request).catch((error: { code?: string }) => {
      discretion.tell(error)
      return new Response(String(error.code), { status: 500 })
    })
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/.coatcheck')) asked.push(`${request.method} ${pathname.slice(12)} ${response.status}`)
    discretion.read(response.headers)
    return response
  }
  return {
    ...{ clock, events, sessions, serve, asked },
    person: () => deviceVisitor(serve, { now: clock.now }),
    plain: () => visitor(serve, { now: clock.now }),
  }
}

export const KINDS: readonly (readonly [string, () => { readonly store?: Store }])[] = [
  ['in a store', () => ({ store: memoryStore() })],
  ['in the cookie', () => ({})],
  ['in the cookie, revocable', () => ({ revocations: memoryStore() })],
]

export const sees = async (who: Visitor, path = '/', init?: VisitInit): Promise<Seen> => (await who.get(path, init)).json()

/** Signs in, and goes on until the device's cookie is asked for. */
export async function boundPerson(site: BoundSite): Promise<DeviceVisitor> {
  const ada = site.person()
  await ada.get('/in?ada')
  site.clock.advance(11)
  await ada.get('/')
  return ada
}
