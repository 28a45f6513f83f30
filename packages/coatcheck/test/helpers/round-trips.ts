import type { SessionRecord, Store } from '../../src/stores/store.ts'
import type { TriedEngine, TriedStore } from '../stores/tried.ts'
import { counted } from './counted.ts'
import { type Person, type Site, site } from './site.ts'
import { wireTo } from './wire.ts'

/** What is counted, by the words of the table. */
export const VERBS = ['read', 'create', 'create, owned', 'update', 'touch', 'delete', 'delete, owned', 'listByOwner'] as const
export const REQUESTS = ['reads', 'writes', 'changes nothing', 'asks for no session', 'signs in', 'signs out'] as const
export type Counted = (typeof VERBS)[number] | (typeof REQUESTS)[number]

/** Where the counting is done: on the wire to a server, else where the store calls its client, else where the engine calls the store. */
export type Place = 'round trips on the wire' | 'calls of the client' | 'calls of the store'

export interface RoundTrips {
  readonly name: string
  readonly place: Place
  readonly consistency: NonNullable<Store['consistency']>
  /** `undefined`: the store has no such verb. */
  readonly trips: Readonly<Record<Counted, number | undefined>>
}

type Count = () => number

/** So many keys that every master of a cluster has met every script. */
const WARM_UP = 40

/** Counts on a store that is in use already: its connections are open and it has prepared what it prepares. */
export async function countRoundTrips({ name, start }: TriedStore): Promise<RoundTrips> {
  const engine = await start()
  try {
    const wire = engine.url === undefined ? undefined : await wireTo(engine.url)
    try {
      const { store, close } = await engine.open({ now: Date.now }, wire?.url)
      const own = counter(store, engine)
      const place = wire ? 'round trips on the wire' : own.place
      const trips = await count(own.store, wire ? () => wire.trips() : own.count)
      await store.close?.()
      await close?.()
      return { name, place, consistency: store.consistency ?? 'strong', trips }
    } finally {
      await wire?.close()
    }
  } finally {
    await engine.stop()
  }
}

function counter(plain: Store, { trips: calls }: TriedEngine): { store: Store; count: Count; place: Place } {
  if (calls) return { store: plain, count: calls, place: 'calls of the client' }
  const { client, trips } = counted(plain, 'read', 'create', 'update', 'touch', 'delete', 'listByOwner')
  return { store: client, count: trips, place: 'calls of the store' }
}

async function count(store: Store, trips: Count): Promise<RoundTrips['trips']> {
  const during = async (work: () => unknown): Promise<number> => {
    trips()
    await work()
    return trips()
  }
  // First a sign-in, which reads two records at once: each connection that a pool opens for it has to meet each statement.
  await countRequests(store, during)
  for (let n = 0; n < WARM_UP; n++)
    await Promise.all([countVerbs(store, during, `first-${n}`), countVerbs(store, during, `beside-${n}`)])
  await countRequests(store, during)
  return { ...(await countVerbs(store, during, 'last')), ...(await countRequests(store, during)) }
}

type During = (work: () => unknown) => Promise<number>

async function countVerbs(
  store: Store,
  during: During,
  suffix: string,
): Promise<Record<(typeof VERBS)[number], number | undefined>> {
  const now = Date.now()
  const record: SessionRecord = { data: 'cart', createdAt: now, endsAt: now + 7_200_000, expiresAt: now + 3_600_000 }
  const [guest, owned, owner] = [`guest-${suffix}`, `owned-${suffix}`, `owner-${suffix}`]
  let version = ''
  let ownedVersion = ''
  const take = (given: string | undefined): string => {
    if (given === undefined) throw new Error('The store did not do what it was asked for.')
    return given
  }
  return {
    create: await during(async () => {
      version = take(await store.create(guest, record))
    }),
    'create, owned': await during(async () => {
      ownedVersion = take(await store.create(owned, { ...record, owner }))
    }),
    read: await during(async () => take((await store.read(guest))?.version)),
    update: await during(async () => {
      version = take(await store.update(guest, { ...record, data: 'fuller cart' }, version))
    }),
    touch: store.touch && (await during(() => store.touch?.(guest, record.expiresAt + 1, version))),
    listByOwner: store.listByOwner && (await during(() => store.listByOwner?.(owner))),
    delete: await during(() => store.delete(guest, version)),
    'delete, owned': await during(() => store.delete(owned, ownedVersion)),
  }
}

async function countRequests(store: Store, during: During): Promise<Record<(typeof REQUESTS)[number], number>> {
  let ahead = 0
  const shop: Site = site({ store, now: () => Date.now() + ahead })
  const ada: Person = shop.person()
  await ada.does((session) => session.set('cart', ['hat']))
  const trips = {
    reads: await during(() => ada.does((session) => session.get('cart'))),
    writes: await during(() => ada.does((session) => session.set('cart', ['hat', 'scarf']))),
    'changes nothing': await during(() => ada.does((session) => session.set('cart', ['hat', 'scarf']))),
    'asks for no session': await during(() => ada.passes()),
    'signs in': await during(() => ada.does((session) => session.signIn('ada'))),
    // One that began a moment ago ends by an update, which leaves the owner's index alone.
    'signs out': await during(() => {
      ahead = 300_000
      return ada.does((session) => session.signOut())
    }),
  }
  if ((await ada.does((session) => session.owner)) !== undefined) throw new Error('Ada is still signed in.')
  return trips
}

/** The row of docs/stores.md. */
export function rowOf({ name, place, trips }: RoundTrips): readonly string[] {
  return [name, place, ...[...VERBS, ...REQUESTS].map((what) => `${trips[what] ?? '–'}`)]
}

export const HEAD: readonly string[] = [
  'store',
  'counted are',
  ...VERBS.map((verb) => verb.replace(/^\w+/, '`$&`')),
  ...REQUESTS.map((what) => `a request ${what}`),
]
