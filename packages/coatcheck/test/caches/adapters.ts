import { withSession } from '../../src/adapters/fetch.ts'
import type { AdapterOptions } from '../../src/core/options/options.ts'
import type { Session } from '../../src/core/session/types.ts'
import { createSessions } from '../../src/core/sessions.ts'
import { type Adapter, adapters, ofCore, type Told } from '../helpers/adapters.ts'
import { COOKIE } from '../helpers/site.ts'
import { HEADER } from './origin.ts'

/** What an engine of these parts, which may be a copy with a fault, needs to serve. */
export interface Parts {
  readonly createSessions: typeof createSessions
  readonly withSession: typeof withSession
}

export const viaFetch = (
  name: string,
  options: (told: Told) => Omit<AdapterOptions, 'secrets'>,
  parts: Parts = { createSessions, withSession },
): Adapter => ({
  name,
  serve({ secrets, ...told }) {
    const sessions = parts.createSessions({ secrets, ...options({ secrets, ...told }) })
    return (request, act) =>
      parts.withSession(sessions, async (inner: Request) => {
        const result = await act(ofCore((await sessions.open(inner)) as Session))
        return result instanceof Response ? result : new Response('ok')
      })(request)
  },
})

/**
 * The adapters that have the response in their hands, and the other ways in which a ticket travels. Hydrogen 2026 gives the application a
 * line, and the application answers.
 */
export const cachedAdapters: readonly Adapter[] = [
  ...adapters.filter(({ name }) => name !== 'Hydrogen 2026'),
  viaFetch('sealed', ({ now, onEvent }) => ({ now, onEvent, cookie: { name: COOKIE } })),
  viaFetch('in a header', ({ store, now, onEvent }) => ({
    ...(store && { store }),
    now,
    onEvent,
    cookie: false,
    header: HEADER,
  })),
]
