import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import type { OldSession, SessionReader } from '../../src/migrate/format.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { type Exploration, type Scheduler, stepped } from '../../src/testing/interleave.ts'
import { COOKIE, SECRET } from '../helpers/site.ts'

/** A library whose cookies are `old.` and the name of a row. */
export function oldLibrary(
  rows: Record<string, OldSession>,
  more: Partial<SessionReader> = {},
): SessionReader & { forgotten: string[] } {
  const forgotten: string[] = []
  return {
    format: 'old',
    forgotten,
    read(value) {
      const name = /^old\.(\w+)$/.exec(value)?.[1]
      const row = name === undefined ? undefined : rows[name]
      return row && { unique: name, forget: async () => void forgotten.push(String(name)), ...row }
    },
    ...more,
  } as SessionReader & { forgotten: string[] }
}

export const CART: Record<string, OldSession> = {
  ada: { values: { cart: ['hat'], n: 0 }, flash: { message: 'hello' }, createdAt: 1_700_000_000_000 },
}

export interface World {
  readonly act: (name: string) => Promise<unknown>
  readonly look: () => Promise<Record<string, unknown> | undefined>
}

/**
 * Visitors with one cookie of another library. What each does, by the first letter of its name: W writes, D ends the session, R asks for a
 * new id, N renews it, S signs in.
 */
export function requests(...names: string[]): Exploration<World> {
  const make = (store: Store, value: string, later = 0) => {
    const migrateFrom = [oldLibrary(CART)]
    const options = { store, secrets: SECRET, migrateFrom, now: () => 4_000_000_000_000 + later }
    const adapter = adapterOf(sessionsOf(options, { storeTimeout: Infinity, sleep: async () => {} }))
    return adapter.detached({ get: (header) => (header === 'cookie' ? `${COOKIE}=${value}` : null) })
  }
  return {
    actors: Object.fromEntries(names.map((name) => [name, (world) => world.act(name)])),
    async setup(turns: Scheduler) {
      const store = memoryStore()
      return {
        async act(name) {
          const requestSession = make(stepped(store, turns, name), 'old.ada')
          const session = await requestSession.open()
          const isNew = session.isNew
          if (name.startsWith('D')) session.destroy()
          else if (name.startsWith('R')) session.regenerateId()
          else if (name.startsWith('N')) session.renew()
          else if (name.startsWith('S')) session.signIn('ada')
          else if (name.startsWith('B')) session.signIn('bob')
          if (!name.startsWith('D')) {
            session.update('n', (n) => ((n as number) ?? 0) + 1)
            session.set(name, true)
          }
          try {
            const { ticket } = await requestSession.commit()
            return { isNew, ticket }
          } catch (error) {
            if ((error as { code?: string }).code === 'CONFLICT') return undefined // told so: not acknowledged
            throw error
          }
        },
        async look() {
          // When an old ticket shows nothing any more.
          const requestSession = make(store, 'old.ada', 600_000)
          const session = await requestSession.open()
          return session.isNew ? undefined : { ...session.data }
        },
      }
    },
    async check(world, { results }) {
      const seen = await world.look()
      const done = Object.entries(results as Record<string, { isNew: boolean } | undefined>).flatMap(([name, answer]) =>
        answer ? [[name, answer] as const] : [],
      )
      if (done.some(([name]) => name.startsWith('D'))) {
        if (seen) throw new Error('revived: the old ticket opens a session after it was ended')
        return
      }
      // A new id makes the old ticket a dead one; what was acknowledged is then found by whoever has the new one.
      const moved = done.some(([name, { isNew }]) => /^[RSBN]/.test(name) && !isNew)
      if (moved && seen) throw new Error('open: the old ticket opens a session that got a new id')
      if (!seen) {
        if (names.some((name) => /^[DRSBN]/.test(name))) return
        throw new Error('lost: the old ticket opens nothing')
      }
      const writers = done.filter(([name, { isNew }]) => /^[WR]/.test(name) && !isNew)
      for (const [name] of writers) if (seen[name] !== true) throw new Error(`lost: what ${name} wrote`)
      if (Number(seen.n) < writers.length) throw new Error(`lost: n is ${seen.n} after ${writers.length} updates`)
      if (Number(seen.n) > names.length) throw new Error(`doubled: n is ${seen.n}`)
    },
  }
}
