import type { Happening } from '../../src/core/model/events.ts'
import type { Plan } from '../../src/core/model/plan.ts'
import type { AdapterOptions } from '../../src/core/options/options.ts'
import type { Core } from '../../src/core/request/load.ts'
import type { LiveSession } from '../../src/core/session/session.ts'
import { adapterOf } from '../../src/core/sessions.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { type Clock, clockFrom } from './clock.ts'
import { type Site, site } from './site.ts'

/** A visitor whom a load balancer sends to one release or the other. */
export interface Visit<T> {
  readonly value: T
  readonly plan: Plan
}

export interface Releases {
  readonly clock: Clock
  readonly store: Store
  readonly sites: readonly Site[]
  /** A request to the release of this number, from 0 on. */
  at<T>(release: number, act: (session: LiveSession, core: Core) => T | Promise<T>): Promise<Visit<T>>
  /** What the release of this number told. */
  told(release: number): Happening[]
  /** All that is stored, as text. */
  stored(): Promise<string>
}

/** Releases of one site beside each other, with one store, or with the same cookies. */
export function releases(kind: 'stored' | 'sealed', ...each: readonly Partial<AdapterOptions>[]): Releases {
  const clock = clockFrom()
  const store = memoryStore({ now: clock.now })
  const sites = each.map((options) => site({ clock, ...(kind === 'stored' && { store }), ...options }))
  let ticket: string | null = null
  return {
    clock,
    store,
    sites,
    async at(release, act) {
      const requestSession = adapterOf((sites[release] as Site).sessions).fromTicket(ticket)
      const session = await requestSession.open()
      const value = await act(session, requestSession.core)
      const done = await requestSession.commit()
      ticket = requestSession.ticket ?? null
      return { value, plan: done.plan }
    },
    told: (release) => (sites[release] as Site).events.filter(({ type }) => !ORDINARY.has(type)),
    async stored() {
      const page = await store.list?.(undefined, 100)
      const records = await Promise.all((page?.keys ?? []).map((key) => store.read(key)))
      return records.map((found) => found?.record.data).join('\n')
    },
  }
}

const ORDINARY = new Set(['loaded', 'committed', 'created', 'ended'])
