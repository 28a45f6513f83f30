import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import type { OldSession, SessionReader } from '../../src/migrate/format.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { type Exploration, type Scheduler, stepped } from '../../src/testing/interleave.ts'
import { SECRET } from '../helpers/site.ts'

/** Without a prefix, as the old libraries have it: a cookie of this name may have a domain. */
export const COOKIE = 'session'

/** A library whose cookies hold values and nothing else: `v.` and their JSON in base64, however it is padded. */
export function valuesOnly(more: Partial<SessionReader> = {}): SessionReader {
  return {
    format: 'values',
    read(value): OldSession | undefined {
      const json = /^v\.([\w=]+)$/.exec(value)?.[1]
      return json === undefined ? undefined : { values: JSON.parse(atob(json)) }
    },
    ...more,
  }
}
export const holding = (values: object): string => `v.${btoa(JSON.stringify(values))}`
export const ADA: string = holding({ user: 'ada' })

export interface World {
  readonly act: (name: string) => Promise<unknown>
  readonly look: () => Promise<Record<string, unknown> | undefined>
}

/** Requests with one cookie of values alone: `D` signs out, `W` writes, `S` signs in. */
export function requests(...names: string[]): Exploration<World> {
  const open = async (store: Store) => {
    const options = {
      store,
      secrets: SECRET,
      cookie: { name: COOKIE },
      migrateFrom: [valuesOnly()],
      now: () => 4_000_000_000_000,
    }
    const adapter = adapterOf(sessionsOf(options, { storeTimeout: Number.POSITIVE_INFINITY, sleep: async () => {} }))
    const requestSession = adapter.detached({ get: (header) => (header === 'cookie' ? `${COOKIE}=${ADA}` : null) })
    return { requestSession, session: await requestSession.open() }
  }
  return {
    actors: Object.fromEntries(names.map((name) => [name, (world) => world.act(name)])),
    async setup(turns: Scheduler) {
      const store = memoryStore()
      return {
        async act(name) {
          const { requestSession, session } = await open(stepped(store, turns, name))
          if (name.startsWith('D')) session.destroy()
          else if (name.startsWith('S')) session.signIn('ada')
          else session.set(name, true)
          await requestSession.commit()
          return true
        },
        async look() {
          const { session } = await open(store)
          return session.isNew ? undefined : { ...session.data }
        },
      }
    },
    async check(world, { results }) {
      const seen = await world.look()
      const isEnded = Object.keys(results).some((name) => name.startsWith('D'))
      if (isEnded && seen) throw new Error('revived: the old cookie opens a session after a sign-out')
      if (!names.some((name) => name.startsWith('D')) && seen?.user !== 'ada')
        throw new Error('lost: the old cookie opens nothing')
    },
  }
}
