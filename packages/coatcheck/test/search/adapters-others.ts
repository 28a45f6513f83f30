import { H3 } from 'h3'
import { type SessionConfig, type SessionManager, useSession } from '../../src/adapters/h3.ts'
import { createSessionStorage } from '../../src/adapters/remix.ts'
import type { Held, Serve } from './adapter.ts'
import { added, list, requestWith } from './adapter.ts'
import { COOKIE, effectOf } from './browser.ts'
import type { Sites } from './sites.ts'

/** Characters at the end of a stored ticket that are its id. */
const ID = 32

/** As its applications do it: the session of a header, and a line for it. */
export function byRemix({ options, store, secrets }: Sites): Serve {
  const storage = createSessionStorage<Record<string, unknown>>({
    ...options,
    cookie: { name: COOKIE, secrets: [...secrets], secure: true },
    store,
  })
  return async (cookie, page) => {
    let line = ''
    let end: () => Promise<void> = async () => undefined
    const run = page(async () => {
      const session = await storage.getSession(cookie)
      // Destroyed by its own call, else committed.
      let ends = false
      end = async () => {
        line = ends ? await storage.destroySession(session) : await storage.commitSession(session)
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
          keys: Object.keys(session.data).filter((key) => !key.startsWith('__flash_')),
          flash: flashNames(session.data),
          handle: session.id || undefined,
        }),
        write(name) {
          session.update('log', added(name))
          session.set(`k${name}`, true)
        },
        leave: (name) => session.flash(name, true),
        take: () => flashNames(session.data).filter((name) => session.get(name) === true),
        signIn(owner) {
          session.signIn(owner)
          session.set('who', owner)
        },
        regenerate: () => session.regenerateId(),
        signOut: over,
        destroy: over,
        commit: () => end(),
        commitsByCall: true,
      }
    })
    const lines = () => (line === '' ? [] : [line])
    // The same id, perhaps under a newer secret.
    const isHeld = () => cookie.startsWith(`${COOKIE}=`) && cookie.slice(-ID) === effectOf(lines(), COOKIE).given?.slice(-ID)
    try {
      await run
      await end()
      return { lines: lines() }
    } catch (error) {
      // Whoever answers that something failed does not send what the visitor has already, as it was at an earlier commit.
      return { lines: isHeld() ? [] : lines(), error }
    }
  }
}

const flashNames = (data: object): string[] => Object.keys(data).flatMap((key) => /^__flash_(.*)__$/.exec(key)?.[1] ?? [])

export function byH3({ options, store, secrets, idle, absolute }: Sites): Serve {
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
    app.all('/**', async (event): Promise<string> => {
      try {
        await page(async () => heldByH3(await useSession<Record<string, unknown>>(event, config)))
      } catch (error) {
        failed = error
        throw error
      }
      return 'done'
    })
    const response = await app.fetch(requestWith(cookie))
    return { lines: response.headers.getSetCookie(), ...(failed !== undefined && { error: failed }) }
  }
}

/** As h3's applications do it: a new id, then who it is. */
function heldByH3(session: SessionManager<Record<string, unknown>>): Held {
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
      flash: [],
      handle: session.id,
    }),
    write: (name) =>
      change((data) => {
        data.log = added(name)(data.log)
        data[`k${name}`] = true
      }),
    // It has none.
    leave: () => {},
    take: () => [],
    async signIn(owner) {
      await session.rotate()
      change((data) => {
        data.who = owner
      })
    },
    async regenerate() {
      await session.rotate()
    },
    async signOut() {
      await session.clear()
    },
    async destroy() {
      await session.clear()
    },
    commit: stored,
    commitsByCall: true,
  }
}
