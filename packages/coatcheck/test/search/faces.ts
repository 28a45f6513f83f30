import { H3 } from 'h3'
import type { Session as CoreSession } from '../../src/core/types.ts'
import { withSession } from '../../src/frameworks/fetch.ts'
import { type SessionConfig, useSession } from '../../src/frameworks/h3.ts'
import { createSessionStorage } from '../../src/frameworks/remix.ts'
import { COOKIE } from './browser.ts'
import type { Look } from './history.ts'
import type { Face } from './plan.ts'
import type { Sites } from './sites.ts'

/** A session in one request, whatever gave it. */
export interface Held {
  look(): Look
  write(name: string): void
  signIn(owner: string): void | Promise<void>
  regenerate(): void | Promise<void>
  signOut(): void | Promise<void>
  destroy(): void | Promise<void>
  /** Stores what changed so far. */
  commit(): Promise<unknown>
}

/** What a page does with it; called with how to open it. */
export type Page = (open: () => Promise<Held>) => Promise<void>

/** Serves one request: the Set-Cookie lines of its answer. Rejects with what an application would be told. */
export type Serve = (cookie: string, page: Page) => Promise<readonly string[]>

const list = (log: unknown): readonly string[] => (Array.isArray(log) ? (log as string[]) : [])
const added = (name: string) => (log: unknown) => [...list(log), name]

function ofCore(session: CoreSession, commit: () => Promise<unknown>): Held {
  return {
    look: () => ({
      isNew: session.isNew,
      readOnly: session.readOnly,
      owner: session.owner,
      who: session.get('who') as string | undefined,
      log: list(session.get('log')),
      keys: session.keys(),
      handle: session.handle,
    }),
    write(name) {
      session.update('log', added(name))
      session.set(`k${name}`, true)
    },
    signIn(owner) {
      session.signIn(owner)
      session.set('who', owner)
    },
    regenerate: () => session.regenerateId(),
    signOut: () => session.signOut(),
    destroy: () => session.destroy(),
    commit,
  }
}

const cookies = (lines: readonly (readonly [string, string])[]): string[] =>
  lines.filter(([name]) => name === 'set-cookie').map(([, line]) => line)

const FACES: Record<Face, (site: Sites) => Serve> = {
  core({ engine, sessions }) {
    const face = engine.faceOf(sessions)
    return async (cookie, page) => {
      const scope = face.detached({ get: (name) => (name === 'cookie' && cookie !== '' ? cookie : null) })
      scope.enter()
      try {
        await page(async () => {
          const session = (await scope.open()) as unknown as CoreSession
          return ofCore(session, async () => scope.commit())
        })
      } catch (error) {
        await scope.abandon()
        throw error
      }
      try {
        await scope.close(200)
      } finally {
        scope.finish()
      }
      return cookies(scope.lines)
    }
  },
  fetch({ sessions }) {
    return async (cookie, page) => {
      const serve = withSession(sessions, async (request) => {
        await page(async () => {
          const session = (await sessions.open(request)) as CoreSession
          return ofCore(session, async () => {})
        })
        return new Response('done')
      })
      return (await serve(requestWith(cookie))).headers.getSetCookie()
    }
  },
  remix({ options, store, secrets }) {
    const storage = createSessionStorage<Record<string, unknown>>({
      ...options,
      cookie: { name: COOKIE, secrets: [...secrets], secure: true },
      store,
    })
    return async (cookie, page) => {
      let line = ''
      let end = async (): Promise<unknown> => {}
      await page(async () => {
        const session = await storage.getSession(cookie)
        // Destroyed by its own call, else committed.
        let ends = false
        end = async () => {
          line = (ends ? await storage.destroySession(session) : await storage.commitSession(session)) || line
          ends = false
        }
        const over = () => {
          ends = true
        }
        return {
          look: () => ({
            isNew: session.id === '',
            readOnly: session.readOnly,
            owner: undefined,
            who: session.get('who') as string | undefined,
            log: list(session.get('log')),
            keys: Object.keys(session.data),
            handle: session.id || undefined,
          }),
          write(name) {
            session.update('log', added(name))
            session.set(`k${name}`, true)
          },
          signIn(owner) {
            session.signIn(owner)
            session.set('who', owner)
          },
          regenerate: () => session.regenerateId(),
          signOut: over,
          destroy: over,
          commit: () => end(),
        }
      })
      await end()
      return line === '' ? [] : [line]
    }
  },
  h3({ options, store, secrets, idle, absolute }) {
    const { idleTimeout: _, absoluteTimeout: __, ...rest } = options
    const config: SessionConfig = {
      ...rest,
      name: COOKIE,
      password: [...secrets],
      maxAge: absolute,
      idleTimeout: idle,
      issue: 'when-stored',
      store,
    }
    return async (cookie, page) => {
      let failed: unknown
      const app = new H3({ silent: true })
      app.all('/**', async (event) => {
        try {
          await page(async () => heldByH3(await useSession(event, config)))
        } catch (error) {
          failed = error
          throw error
        }
        return 'done'
      })
      const response = await app.fetch(requestWith(cookie))
      if (failed !== undefined) throw failed
      return response.headers.getSetCookie()
    }
  },
}

/** As h3's applications do it: a new id, then who it is. */
function heldByH3(session: Awaited<ReturnType<typeof useSession>>): Held {
  const wasNew = session.id === undefined
  const changes: ((data: Record<string, unknown>) => void)[] = []
  const change = (by: (data: Record<string, unknown>) => void): void => void changes.push(by)
  const stored = async () => {
    for (const by of changes.splice(0)) await session.update(by)
  }
  return {
    look: () => ({
      isNew: wasNew && session.id === undefined,
      readOnly: session.readOnly,
      owner: undefined,
      who: session.data.who as string | undefined,
      log: list(session.data.log),
      keys: Object.keys(session.data),
      handle: session.id,
    }),
    write: (name) =>
      change((data) => {
        data.log = added(name)(data.log)
        data[`k${name}`] = true
      }),
    async signIn(owner) {
      await session.rotate()
      change((data) => {
        data.who = owner
      })
    },
    regenerate: async () => void (await session.rotate()),
    signOut: async () => void (await session.clear()),
    destroy: async () => void (await session.clear()),
    commit: stored,
  }
}

const requestWith = (cookie: string): Request =>
  new Request('https://shop.test/', cookie === '' ? {} : { headers: { cookie } })

/** How requests of this kind reach these sessions. */
export const servesBy = (face: Face, site: Sites): Serve => FACES[face](site)
