import { withSession } from '../../src/adapters/fetch.ts'
import type { Session as CoreSession } from '../../src/core/session/types.ts'
import { added, type Held, lookOf, requestWith, type Serve } from './adapter.ts'
import { byH3, byRemix } from './adapters-others.ts'
import type { Adapter } from './plan.ts'
import type { Sites } from './sites.ts'

function ofCore(session: CoreSession, commit?: () => Promise<unknown>): Held {
  return {
    look: () => lookOf(session),
    write(name) {
      session.update('log', added(name))
      session.set(`k${name}`, true)
    },
    leave: (name) => session.flash(name, true),
    take: () => taken(session),
    signIn(owner) {
      session.signIn(owner)
      session.set('who', owner)
    },
    regenerate: () => session.regenerateId(),
    signOut: () => session.signOut(),
    destroy: () => session.destroy(),
    commit: async () => commit?.(),
    commitsByCall: commit !== undefined,
  }
}

/** Names that are there to be read, read. */
const taken = (session: CoreSession): string[] => lookOf(session).flash.filter((name) => session.flash(name) === true)

const cookies = (lines: readonly (readonly [string, string])[]): string[] =>
  lines.filter(([name]) => name === 'set-cookie').map(([, line]) => line)

const ADAPTERS: Record<Adapter, (site: Sites) => Serve> = {
  core({ engine, sessions }) {
    const adapter = engine.adapterOf(sessions)
    return async (cookie, page) => {
      const requestSession = adapter.detached({ get: (name) => (name === 'cookie' && cookie !== '' ? cookie : null) })
      requestSession.enter()
      try {
        await page(async () => {
          const session = (await requestSession.open()) as unknown as CoreSession
          return ofCore(session, async () => requestSession.commit())
        })
      } catch (error) {
        // What an earlier commit gave has been put on the response by then.
        const lines = cookies(requestSession.lines)
        await requestSession.abandon()
        return { lines, error }
      }
      try {
        await requestSession.close(200)
      } catch (error) {
        // So has this one's, but for what the failure withdrew.
        return { lines: cookies(requestSession.lines), error }
      } finally {
        requestSession.finish()
      }
      return { lines: cookies(requestSession.lines) }
    }
  },
  fetch({ sessions }) {
    return async (cookie, page) => {
      const serve = withSession(sessions, async (request) => {
        await page(async () => {
          const session = (await sessions.open(request)) as CoreSession
          return ofCore(session)
        })
        return new Response('done')
      })
      return { lines: (await serve(requestWith(cookie))).headers.getSetCookie() }
    }
  },
  remix: byRemix,
  h3: byH3,
}

/** How requests of this kind reach these sessions. */
export const servesBy = (adapter: Adapter, site: Sites): Serve => ADAPTERS[adapter](site)
