import type { WebRequest, WebResponse } from '../../web.ts'
import type { Found } from '../store.ts'
import type { KeptRecord, ObjectState, ObjectStorage, Order, Removed } from './client.ts'

const RECORD = 'record'

/** `done` when all of it is kept. */
interface Obeyed {
  readonly answer: unknown
  readonly done?: Promise<unknown> | undefined
}

const REFUSED: Obeyed = { answer: false }

/**
 * The durable object behind `durableObjectStore`: each holds one session, or the list of one owner's sessions, and removes itself a
 * minute after the last of them has ended. Export it from the Worker and name it under `new_sqlite_classes` of the migrations.
 */
export class SessionObject {
  /** By this the types of Workers know a durable object: `DurableObjectNamespace<SessionObject>`. It is never there. */
  declare readonly __DURABLE_OBJECT_BRAND: never
  readonly #storage: ObjectStorage

  constructor(state: ObjectState) {
    this.#storage = state.storage
  }

  /** Answers the store; nothing else can reach an object but through the Worker's binding. */
  async fetch(request: WebRequest): Promise<WebResponse> {
    const order = (await request.json()) as Order
    const alarm = await this.#storage.getAlarm()
    const { answer, done } = this.#obey(order, alarm)
    await done
    return Response.json({ answer })
  }

  /** Removes what is over, and comes back for the rest. */
  async alarm(): Promise<void> {
    const { kv } = this.#storage
    const now = Date.now()
    let next = Number.POSITIVE_INFINITY
    for (const [name, { until }] of [...kv.list<{ until: number }>()]) {
      if (until <= now) kv.delete(name)
      else next = Math.min(next, until)
    }
    await (next === Number.POSITIVE_INFINITY ? this.#vanish() : this.#storage.setAlarm(next))
  }

  /** No await stands between the look and the write, so that nobody comes in between. */
  #obey(order: Order, alarm: number | null): Obeyed {
    const { kv } = this.#storage
    const keep = <T extends { readonly until: number }>(name: string, value: T): Obeyed => {
      kv.put(name, value)
      // An alarm that is too early finds out how late it is to be; setting it each time would cost a write.
      const isLate = alarm === null || value.until < alarm
      return { answer: true, done: isLate ? this.#storage.setAlarm(value.until) : undefined }
    }
    const kept = kv.get<KeptRecord>(RECORD)
    switch (order.verb) {
      case 'read':
        return { answer: kept ? foundIn(kept) : null }
      case 'create': {
        const { version, record, keepFor } = order
        const value = { ...record, data: bytes(record.data), version, created: version, until: Date.now() + keepFor }
        return kept ? REFUSED : keep(RECORD, value satisfies KeptRecord)
      }
      case 'update': {
        const { next, data, expiresAt, keepFor } = order
        if (kept?.version !== order.version) return REFUSED
        const value = { ...kept, data: bytes(data), version: next, expiresAt, until: Date.now() + keepFor }
        return keep(RECORD, value satisfies KeptRecord)
      }
      case 'touch': {
        const { expiresAt, keepFor } = order
        if (kept?.version !== order.version) return REFUSED
        return expiresAt > kept.expiresAt ? keep(RECORD, { ...kept, expiresAt, until: Date.now() + keepFor }) : { answer: true }
      }
      case 'delete': {
        if (kept?.version !== order.version) return REFUSED
        const { owner, created } = kept
        const removed: Removed = { ...(owner !== undefined && { owner }), created }
        return { answer: removed, done: this.#vanish() }
      }
      case 'list':
        return { answer: Array.from(kv.list(), ([entry]) => entry) }
      case 'add':
        return keep(order.entry, { until: Date.now() + order.keepFor })
      case 'remove': {
        kv.delete(order.entry)
        const [other] = kv.list({ limit: 1 })
        return { answer: true, done: other ? undefined : this.#vanish() }
      }
    }
  }

  /** An object without anything in its storage costs nothing. */
  #vanish(): Promise<unknown> {
    this.#storage.kv.delete(RECORD)
    return Promise.all([this.#storage.deleteAlarm(), this.#storage.deleteAll()])
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function foundIn({ data, version, owner, createdAt, endsAt, expiresAt }: KeptRecord): Found {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(data)
  return { record: { data: text, ...(owner !== undefined && { owner }), createdAt, endsAt, expiresAt }, version }
}
