// The stores as they run in workerd, for who is in Node: each call of a store is one request.
import type { SessionError } from '../../src/errors.ts'
import { cloudflareKvStore, type KvClient } from '../../src/stores/cloudflare-kv.ts'
import { type D1Client, d1Store } from '../../src/stores/d1.ts'
import { durableObjectStore, type ObjectNamespace, type ObjectState, SessionObject } from '../../src/stores/durable-object.ts'
import type { Store } from '../../src/stores/store.ts'
import { counted } from '../helpers/counted.ts'

export interface Env {
  readonly SECRET: string
  readonly DB: D1Client & { withSession(): D1Client }
  readonly KV: KvClient
  readonly SESSIONS: ObjectNamespace
  readonly OLD: ObjectNamespace
  readonly FAULTY: ObjectNamespace
}

/** `session`: D1 that may read from replicas. `old`: objects of a class without SQLite. `faulty`: objects that always throw. */
export type StoreName = 'd1' | 'session' | 'kv' | 'objects' | 'old' | 'faulty'

export interface Call {
  readonly store: StoreName
  /** A table or a prefix of the caller's own. */
  readonly place: string
  readonly now: number
  /** Left out to ask what the store offers. */
  readonly verb?: string
  readonly given?: readonly unknown[]
}

export interface Answer {
  readonly value?: unknown
  readonly trips: number
  readonly error?: Pick<SessionError, 'code' | 'message' | 'fix'> & { readonly cause: string }
}

interface Opened {
  readonly store: Store
  trips(): number
}

type Open = (env: Env, place: string, now: () => number) => Opened

const objects =
  (name: 'SESSIONS' | 'OLD' | 'FAULTY'): Open =>
  (env, _place, now) => {
    // An object is had once for each thing that it is asked.
    const { client, trips } = counted(env[name], 'get')
    return { store: durableObjectStore(client, { now }), trips }
  }

const STORES: Readonly<Record<StoreName, Open>> = {
  d1(env, table) {
    const { client, trips } = counted(env.DB, 'prepare')
    return { store: d1Store(client, { table }), trips }
  },
  session: ({ DB }) => ({ store: d1Store(DB.withSession()), trips: () => 0 }),
  kv(env, prefix, now) {
    const { client, trips } = counted(env.KV, 'getWithMetadata', 'put', 'delete', 'list')
    return { store: cloudflareKvStore(client, { prefix, now }), trips }
  },
  objects: objects('SESSIONS'),
  old: objects('OLD'),
  faulty: objects('FAULTY'),
}

export async function answer({ store: name, place, now, verb, given = [] }: Call, env: Env): Promise<Answer> {
  let trips = (): number => 0
  try {
    const { store, ...opened } = STORES[name](env, place, () => now)
    trips = opened.trips
    if (verb === undefined) {
      const { consistency, maxBytes, ...methods } = store
      return { value: { consistency, maxBytes, verbs: Object.keys(methods) }, trips: 0 }
    }
    const method = store[verb as 'read'] as (...values: unknown[]) => Promise<unknown>
    const value = await method(...given.map((one) => one ?? undefined))
    return { value, trips: trips() }
  } catch (thrown) {
    const { code, message, fix, cause } = thrown as SessionError
    return { trips: trips(), error: { code, message, fix, cause: String(cause) } }
  }
}

/** What an object would do that much later, and what it keeps then. */
export interface Later {
  readonly object: string
  readonly milliseconds: number
}

export interface Kept {
  readonly alarm: number | null
  readonly names: readonly string[]
}

export async function later({ object, milliseconds }: Later, { SESSIONS }: Env): Promise<Kept> {
  const stub = SESSIONS.get(SESSIONS.idFromName(object))
  const response = await stub.fetch(`https://later.invalid/${milliseconds}`, { method: 'POST', body: '{}' })
  return (await response.json()) as Kept
}

export class TriedObject extends SessionObject {
  readonly #state: ObjectState

  constructor(state: ObjectState) {
    super(state)
    this.#state = state
  }

  override async fetch(request: Request): Promise<Response> {
    const { hostname, pathname } = new URL(request.url)
    if (hostname !== 'later.invalid') return super.fetch(request)
    const clock = Date.now
    Date.now = () => clock() + Number(pathname.slice(1))
    try {
      await this.alarm()
    } finally {
      Date.now = clock
    }
    const { storage } = this.#state
    const names = Array.from(storage.kv.list(), ([name]) => name)
    return Response.json({ alarm: await storage.getAlarm(), names } satisfies Kept)
  }
}
