import { type AdapterSessions, type AnySessions, adapterOf, type Sessions } from '../../core/sessions.ts'
import { can, type Store } from '../../stores/store.ts'
import { Problem } from '../problem.ts'

/** The sessions of an application, as commands use them. */
export interface Site {
  /** What the module calls them, or else their cookie. */
  readonly name: string
  readonly sessions: Sessions
  readonly inside: AdapterSessions
  /** The cookie or the header that carries their tickets. */
  readonly carrier: string
}

/** `exported`: the name of the export. Throws `BAD_OPTIONS` for what is no sessions. */
export function siteOf(sessions: AnySessions, exported?: string): Site {
  const inside = adapterOf(sessions)
  const carrier = inside.core.engine.binding
  return { name: exported ?? carrier, sessions: sessions as Sessions, inside, carrier }
}

/** The store that has the records. Throws a `Problem` where there is none. */
export function storeOf({ inside: { options } }: Site, command: string): Store {
  if (options.store) return options.store
  throw new Problem(
    `${command} finds nothing: these sessions live in their visitors' cookies.`,
    'Give `createSessions` a store; docs/stores.md says which there are.',
  )
}

/** Its `list`. Throws a `Problem` for a store without. */
export function listing(site: Site, command: string): Store & Required<Pick<Store, 'list'>> {
  const store = storeOf(site, command)
  if (can(store, 'list')) return store
  throw new Problem(`${command} cannot walk through this store: it lists no keys.`, 'docs/stores.md says which stores do.')
}
