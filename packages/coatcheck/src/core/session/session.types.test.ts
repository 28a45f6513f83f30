// Read by the compiler only: each line below either compiles, or must not and says so.

import { withSession as withFetchSession } from '../../adapters/fetch.ts'
import { aal2, createSessions, type Session, type SessionEvent, type Sessions, type SessionsOptions } from '../../index.ts'
import { memoryStore } from '../../stores/memory.ts'
import { can, type Store } from '../../stores/store.ts'

interface Data {
  cart: { items: string[] }
  count: number
  lang?: 'en' | 'de'
  since: Date
}
interface Flash {
  notice: { text: string }
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles only when both types are the same. */
const same = <A, B>(_: Same<A, B>): void => {}

export async function typed(request: Request): Promise<void> {
  const sessions: Sessions<Data, Flash> = createSessions<Data, Flash>({ secrets: '…' })
  const session = await sessions.open(request)
  same<typeof session, Session<Data, Flash>>(true)

  // get
  same<ReturnType<typeof session.get<'cart'>>, { items: string[] } | undefined>(true)
  const lang: 'en' | 'de' | undefined = session.get('lang')
  session.get('cart')?.items.push(lang ?? 'coat')
  // @ts-expect-error no such key
  session.get('carts')
  // @ts-expect-error the value may be absent
  session.get('count').toFixed()
  // @ts-expect-error a flash value is no value
  session.get('notice')

  // set
  session.set('count', 1)
  session.set('count', 1, { ttl: 60 })
  session.set('since', new Date(), {})
  // @ts-expect-error a number
  session.set('count', '1')
  // @ts-expect-error no such key
  session.set('counts', 1)
  // @ts-expect-error not one of the two
  session.set('lang', 'fr')
  // @ts-expect-error a Date, not its text
  session.set('since', '2026-11-21')
  // @ts-expect-error ttl is a number of seconds
  session.set('count', 1, { ttl: '60s' })
  // @ts-expect-error no such option
  session.set('count', 1, { maxAge: 60 })
  // @ts-expect-error a value is needed
  session.set('count')

  // has, delete, keys
  const gone: boolean = session.has('cart') && session.delete('count')
  // @ts-expect-error no such key
  session.has('x')
  // @ts-expect-error no such key
  session.delete('x')
  same<ReturnType<typeof session.keys>, ('cart' | 'count' | 'lang' | 'since')[]>(true)
  for (const [key, value] of session.entries()) {
    same<typeof key, 'cart' | 'count' | 'lang' | 'since'>(true)
    // @ts-expect-error one of several kinds
    value.toFixed()
    if (key === 'count' && gone) session.set(key, value + 1)
    if (key === 'cart') same<typeof value, { items: string[] }>(true)
  }

  // update
  const next: number = session.update('count', (count = 0) => count + 1)
  session.update('count', (count) => (count ?? next) + 1)
  session.update('cart', (cart) => ({ items: [...(cart?.items ?? []), 'hat'] }))
  // @ts-expect-error the value may be absent
  session.update('count', (count) => count + 1)
  // @ts-expect-error gives back another kind
  session.update('count', () => 'many')
  // @ts-expect-error cannot wait
  session.update('count', async () => 1)
  // @ts-expect-error no such key
  session.update('counts', () => 1)

  // flash
  const notice: { text: string } | undefined = session.flash('notice')
  session.flash('notice', notice ?? { text: 'hello' })
  session.flash('notice', { text: 'hello' })
  // @ts-expect-error no such flash value
  session.flash('error')
  // @ts-expect-error another kind
  session.flash('notice', 'hello')
  // @ts-expect-error a value is no flash value
  session.flash('count')
  // @ts-expect-error it may be absent
  session.flash('notice').text

  // data
  same<typeof session.data, Partial<Data>>(true)
  session.data.count = 2
  delete session.data.cart
  // @ts-expect-error a number
  session.data.count = '2'
  // @ts-expect-error no such key
  session.data.counts = 2
  // @ts-expect-error the object itself stays
  session.data = {}

  // owner, ends, ids
  const times: number = await session.once(
    'count',
    async (current = 0, { attempt, signal }) => (signal.aborted ? current : attempt),
    {
      for: 60,
    },
  )
  session.set('count', times)
  // @ts-expect-error another type
  await session.once('count', () => 'many', { for: 60 })
  // @ts-expect-error no such key
  await session.once('nothing', () => 1, { for: 60 })
  // @ts-expect-error for how long
  await session.once('count', () => 1)
  session.signIn('ada')
  // @ts-expect-error an owner is a text
  session.signIn(7)
  // @ts-expect-error somebody signs in
  session.signIn()
  session.signOut()
  session.signOut({ keep: ['lang'] })
  // @ts-expect-error no such key
  session.signOut({ keep: ['theme'] })
  // @ts-expect-error the id is nobody's business
  session.id
  same<typeof session.handle, string | undefined>(true)
  same<typeof session.owner, string | undefined>(true)
  same<typeof session.createdAt, number | undefined>(true)
  // @ts-expect-error set by signIn only
  session.owner = 'ada'
  // @ts-expect-error read-only
  session.handle = 'x'

  // A part of the methods can be handed on with its types.
  const { get, set, update } = session
  set('count', (get('count') ?? 0) + update('count', () => 1))
  // @ts-expect-error still typed
  set('count', 'x')
}

export async function partly(sessions: Sessions<Data, Flash>, request: Request): Promise<void> {
  const greet = (session: Session<Pick<Data, 'lang'>>): string => session.get('lang') ?? 'en'
  const count = (session: Session<Pick<Data, 'count' | 'since'>, Flash>): [string, unknown][] => session.entries()
  const session = await sessions.open(request)
  greet(session)
  count(session)
  const narrower: Sessions<Pick<Data, 'cart'>, Flash> = sessions
  void narrower
  // @ts-expect-error a value of another kind
  const other: Session<{ count: string }> = session
  void other
}

export function storable(): void {
  class Cart {
    items: string[] = []
    add(item: string): void {
      this.items.push(item)
    }
  }
  type Json = string | number | null | readonly Json[] | { readonly [key: string]: Json }
  interface Rich {
    json: Json
    maybe?: { deep: [Date, Map<string, number>, Set<URL>, RegExp, Uint8Array, bigint] }
    anything: unknown
    list: readonly { url: URL }[]
  }
  createSessions<Rich, Rich>({ secrets: '…' })
  createSessions<Record<string, unknown>>({ secrets: '…' })
  createSessions<object, object>({ secrets: '…' })
  // @ts-expect-error a function
  createSessions<{ greet: () => void }>({ secrets: '…' })
  // @ts-expect-error a function that may be there
  createSessions<{ greet?: (name: string) => string }>({ secrets: '…' })
  // @ts-expect-error a function inside
  createSessions<{ list: { run(): void }[] }>({ secrets: '…' })
  // @ts-expect-error a class
  createSessions<{ cart: typeof Cart }>({ secrets: '…' })
  // @ts-expect-error an instance with methods
  createSessions<{ cart: Cart }>({ secrets: '…' })
  // @ts-expect-error a promise
  createSessions<{ user: Promise<string> }>({ secrets: '…' })
  // @ts-expect-error a flash value as well
  createSessions<Data, { greet: () => void }>({ secrets: '…' })
}

export async function untyped(request: Request): Promise<void> {
  const sessions = createSessions({ store: memoryStore() })
  const session = await sessions.open(request)
  session.set('anything', new Map())
  session.flash('anything', 1)
  const value: unknown = session.get('anything')
  // @ts-expect-error nothing is known of it
  session.get('anything').size
  void value
  // @ts-expect-error a key is a text
  session.set(7, 1)
}

export function options(secret: string | undefined): void {
  createSessions({ secrets: secret })
  createSessions({ store: memoryStore() })
  // @ts-expect-error neither secrets nor a store
  createSessions({})
  // @ts-expect-error the same
  createSessions({ idleTimeout: 60, cookie: { name: 'sid' } })
  createSessions({ secrets: ['new', 'old'], ...aal2, cookie: { name: 'sid', sameSite: 'strict', persistent: false } })
  createSessions({ secrets: 'x', cookie: false, header: 'x-session', onEvent: ({ type }: SessionEvent) => console.log(type) })
  const readonlySecrets: readonly string[] = ['x']
  createSessions({ secrets: readonlySecrets })
  // @ts-expect-error misspelt
  createSessions({ secret: 'x' })
  // @ts-expect-error not switchable
  createSessions({ secrets: 'x', cookie: { httpOnly: false } })
  // @ts-expect-error one of three
  createSessions({ secrets: 'x', cookie: { sameSite: 'Lax' } })
  // @ts-expect-error seconds
  createSessions({ secrets: 'x', idleTimeout: '7d' })
  // @ts-expect-error a store has verbs
  createSessions({ store: { get: async () => undefined } })
  // @ts-expect-error not called
  createSessions({ store: memoryStore })
  // @ts-expect-error a flag
  createSessions({ secrets: 'x', chunks: 'yes' })
  // @ts-expect-error what only adapters may set
  createSessions({ secrets: 'x', persistence: () => {} })
  const given: SessionsOptions = { secrets: 'x' }
  // @ts-expect-error options are not changed afterwards
  given.secrets = 'y'
}

export function events(event: SessionEvent): string {
  switch (event.type) {
    case 'refused':
      // @ts-expect-error no such reason
      if (event.reason === 'bad') return ''
      return event.reason
    case 'loaded':
      return `${event.kind} ${event.handle}`
    case 'committed':
      return event.plan
    case 'dropped':
    case 'cross-site':
      return event.reason
    case 'overwritten':
    case 'unreadable-value':
    case 'reduced':
      return event.key
    case 'adopted':
      return event.format
    case 'cache-conflict':
      return event.was
    case 'late-failed':
    case 'store-down':
    case 'secrets-failed':
      return event.error.message
    case 'created':
      return `${event.handle} ${event.at}`
    case 'ended':
      return `${event.reason} ${event.owner} ${event.request}`
    case 'conflict':
      return `${event.handle} ${event.retry}`
    case 'store-slow':
      return `${event.call} ${event.milliseconds}`
    case 'replayed':
      return `${event.handle} ${event.movedAt} ${event.usedAt}`
    case 'cookie-conflict':
      return event.type
    case 'weaker-store':
      return event.consistency
    case 'invalid-value':
      return event.key
    case 'unmigrated':
    case 'newer-version':
      return `${event.version}`
    default:
      return event satisfies never
  }
}

export async function stores(store: Store): Promise<void> {
  // @ts-expect-error not every store can
  await store.listByOwner('x')
  if (can(store, 'listByOwner')) await store.listByOwner('x')
  // @ts-expect-error no such capability
  can(store, 'clear')
}

export function adapters(): void {
  const sessions = createSessions<Data>({ secrets: 'x' })
  const handler = withFetchSession(sessions, async (request: Request, env: { name: string }) => {
    const session = await sessions.open(request)
    return new Response(`${env.name} ${session.get('count')}`)
  })
  void handler(new Request('https://app.test'), { name: 'x' })
  // @ts-expect-error env is missing
  void handler(new Request('https://app.test'))
  // @ts-expect-error a handler answers with a Response
  withFetchSession(sessions, () => 'hello')
}

export function persons(session: Session<Data, Flash>): void {
  session.signIn('ada', { level: 'card', remember: true, note: 'phone' })
  session.signIn('ada', {
    merge: (guest, existing) => {
      same<typeof guest, Partial<Data>>(true)
      return { count: Math.max(guest.count ?? 0, existing.count ?? 0) }
    },
  })
  // @ts-expect-error a value of another type
  session.signIn('ada', { merge: () => ({ count: 'one' }) })
  // @ts-expect-error it is run when the session is stored, at once
  session.signIn('ada', { merge: async () => ({ count: 1 }) })
  // @ts-expect-error days and the like are not understood
  session.signIn('ada', { remember: '30 days' })
  session.requireFresh()
  session.requireFresh(60, { level: 'aal2' })
  // @ts-expect-error the level comes second
  session.requireFresh('aal2')
  session.elevate('aal2', { for: 60, note: 'phone' })
  // @ts-expect-error to which level
  session.elevate()
  session.note({ device: 'Firefox' })
  same<ReturnType<typeof session.note>, void>(true) // of the last of its forms
  const device: unknown = session.note()?.device
  // @ts-expect-error a text is no note
  session.note('Firefox')
  same<typeof session.impersonator, string | undefined>(true)
  same<typeof session.authenticatedAt, number | undefined>(true)
  // @ts-expect-error only by signIn and elevate
  session.authenticatedAt = Number(device)
}
