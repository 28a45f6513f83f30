import { describe, expect, test } from 'vitest'
import { throughAstro } from '../../test/helpers/astro.ts'
import { comesTo, HOUSES, linesOf, PASSWORD, said } from '../../test/helpers/h3.ts'
import { SECRET } from '../../test/helpers/site.ts'
import { type Watched, watched } from '../../test/helpers/watched.ts'
import { isIdle } from '../cookies/idle.ts'
import type { SessionEvent } from '../core/model/events.ts'
import { memoryStore } from '../stores/memory.ts'
import { sessionMiddleware } from './astro/middleware.ts'
import { openSession } from './astro/session.ts'
import type { SessionMethods } from './astro/visit.ts'
import {
  clearSession,
  getSession,
  rotateSession,
  type SessionConfig,
  sealSession,
  unsealSession,
  updateSession,
  useSession,
} from './h3.ts'
import { AppSession } from './hydrogen.ts'
import { createSessionStorage } from './remix.ts'
import { createSessionStorage as createStorage3 } from './remix3.ts'

const DOWN = { code: 'STORE_FAILED' }
const pairOf = (line: string | null | undefined): string => line?.split(';')[0] ?? ''

/** A store that can be struck, and what onEvent is told. */
function place(): {
  watch: Watched
  options: { whenStoreDown: 'read-only'; onEvent(event: SessionEvent): void }
  types(): string[]
  strike(): void
} {
  const watch = watched(memoryStore())
  const events: SessionEvent[] = []
  return {
    watch,
    options: { whenStoreDown: 'read-only', onEvent: (event) => void events.push(event) },
    types: () => events.map(({ type }) => type),
    strike() {
      events.length = 0
      watch.forget()
      watch.before = () => {
        throw new Error('connection refused')
      }
    },
  }
}

/** What `act` threw or rejected with; undefined: nothing. */
const failure = async (act: () => unknown): Promise<unknown> => {
  try {
    await act()
    return undefined
  } catch (error) {
    return error
  }
}

describe.each(HOUSES)('$name, while its store is down', (house) => {
  test('shows an empty session that cannot be written, and leaves the cookie', async () => {
    const { watch, options, types, strike } = place()
    const config: SessionConfig = { password: PASSWORD, store: watch.store, ...options }
    const codes: unknown[] = []
    const ada = await comesTo(house, async (event, path) => {
      if (path === '/in') return (await updateSession(event, config, { user: 'ada' })).data
      if (path === '/seal') return sealSession(event, config)
      const session = await useSession(event, config)
      const { readOnly } = await getSession(event, config)
      if (path === '/write') {
        const calls = [
          () => session.update({ user: 'eve' }),
          () => updateSession(event, config, { user: 'eve' }),
          () => session.clear(),
          () => clearSession(event, config),
          () => session.rotate(),
          () => rotateSession(event, config),
          () => sealSession(event, config),
        ]
        for (const call of calls) codes.push(Object(await failure(call)).code)
      }
      return { user: session.data.user ?? null, readOnly: [session.readOnly, readOnly], id: session.id ?? null }
    })
    await ada.get('/in')
    const before = ada.cookies()
    expect(await said(ada.get('/'))).toMatchObject({ user: 'ada', readOnly: [false, false] })
    strike()
    for (const path of ['/', '/write']) {
      const answer = await ada.get(path)
      expect(await said(answer)).toEqual({ user: null, readOnly: [true, true], id: null })
      expect([answer.status, linesOf(answer), ada.cookies()]).toEqual([200, [], before])
      expect(answer.headers.get('cache-control')).toMatch(/private/)
    }
    expect(codes).toEqual(Array(7).fill('STORE_FAILED'))
    expect([...new Set(types())]).toEqual(['store-down'])
    expect(new Set(watch.calls)).toEqual(new Set(['read']))
    watch.before = () => {}
    expect(await said(ada.get('/'))).toMatchObject({ user: 'ada' })
  })

  test('calls nobody a stranger: unsealSession rejects with STORE_FAILED', async () => {
    const { watch, options, strike } = place()
    const config: SessionConfig = { password: PASSWORD, store: watch.store, ...options }
    let sealed = ''
    const ada = await comesTo(house, async (event, path) => {
      if (path !== '/in') return Object(await failure(() => unsealSession(event, config, sealed))).code ?? 'opened'
      await updateSession(event, config, { user: 'ada' })
      sealed = await sealSession(event, config)
      return ''
    })
    await ada.get('/in')
    expect(await said(ada.get('/'))).toBe('opened')
    strike()
    expect(await said(ada.get('/'))).toBe('STORE_FAILED')
  })
})

describe('Remix, while the application’s own storage is down', () => {
  function storageOn(rows: Map<string, object>, options: object) {
    let isDown = false
    const unlessDown = <T>(value: T): T => {
      if (isDown) throw new Error('connection refused')
      return value
    }
    const storage = createSessionStorage<{ user: string }>({
      cookie: { name: '__session', secrets: [SECRET] },
      createData: async (data) => unlessDown(String(rows.set('1', data).size)),
      readData: async (id) => unlessDown(rows.get(id) ?? null) as never,
      updateData: async (id, data) => void unlessDown(rows.set(id, data)),
      deleteData: async (id) => void unlessDown(rows.delete(id)),
      ...options,
    })
    return {
      storage,
      strike: () => {
        isDown = true
      },
    }
  }

  test('shows an empty session that cannot be written, and sends no cookie', async () => {
    const { options, types } = place()
    const { storage, strike } = storageOn(new Map(), options)
    const session = await storage.getSession()
    session.set('user', 'ada')
    const cookie = pairOf(await storage.commitSession(session))
    expect((await storage.getSession(cookie)).readOnly).toBe(false)
    strike()
    const down = await storage.getSession(cookie)
    expect([down.readOnly, down.get('user'), down.data, down.id]).toEqual([true, undefined, {}, ''])
    expect(isIdle(await storage.commitSession(down))).toBe(true)
    for (const call of [
      () => down.set('user', 'eve'),
      () => down.unset('user'),
      () => down.flash('user', 'eve'),
      () => down.signIn('eve'),
      () => down.regenerateId(),
      () => storage.destroySession(down),
    ]) {
      expect(await failure(call)).toMatchObject(DOWN)
    }
    expect(isIdle(await storage.commitSession(down))).toBe(true)
    expect(types().at(-1)).toBe('store-down')
  })

  test('fails without the option', async () => {
    const { storage, strike } = storageOn(new Map(), {})
    const session = await storage.getSession()
    session.set('user', 'ada')
    const cookie = pairOf(await storage.commitSession(session))
    strike()
    await expect(storage.getSession(cookie)).rejects.toMatchObject(DOWN)
  })
})

describe('Remix 3, while its store is down', () => {
  test('shows an empty session that cannot be written', async () => {
    const { watch, options, strike } = place()
    const storage = createStorage3({ store: watch.store, ...options })
    const first = await storage.read(null)
    first.set('user', 'ada')
    const value = await storage.save(first)
    strike()
    const down = await storage.read(value)
    expect([down.readOnly, down.get('user'), down.size]).toEqual([true, undefined, 0])
    expect(await storage.save(down)).toBeNull()
    expect(await failure(() => down.set('user', 'eve'))).toMatchObject(DOWN)
    for (const change of [
      (session: typeof down) => session.flash('user', 'eve'),
      (session: typeof down) => session.regenerateId(),
      (session: typeof down) => session.destroy(),
    ]) {
      const session = await storage.read(value)
      change(session)
      await expect(storage.save(session)).rejects.toMatchObject(DOWN)
    }
    expect(new Set(watch.calls)).toEqual(new Set(['read']))
  })
})

describe('Hydrogen, while its store is down', () => {
  test('shows an empty session that cannot be written, and sends no cookie', async () => {
    const { watch, options, strike } = place()
    const init = (cookie = '') =>
      AppSession.init(new Request('https://shop.test/', { headers: { cookie } }), [SECRET], { store: watch.store, ...options })
    const first = await init()
    first.set('user', 'ada')
    const cookie = pairOf(await first.commit())
    strike()
    const down = await init(cookie)
    expect([down.readOnly, down.get('user'), down.isPending]).toEqual([true, undefined, false])
    expect(isIdle(await down.commit())).toBe(true)
    const calls = [() => down.set('user', 'eve'), () => down.unset('user'), () => down.flash('user', 'eve'), () => down.destroy()]
    for (const call of calls) expect(await failure(call)).toMatchObject(DOWN)
    expect(isIdle(await down.commit())).toBe(true)
  })
})

describe('Astro, while its store is down', () => {
  type Page = (session: SessionMethods, context: object) => unknown

  function site(whenStoreDown?: 'read-only') {
    const { watch, options, types, strike } = place()
    const { onEvent } = options
    const middleware = sessionMiddleware(
      {
        cookie: { name: 'astro-session' },
        formerCookie: 'astro-session',
        isProduction: true,
        ...(whenStoreDown && { whenStoreDown }),
      },
      { getSecret: () => SECRET, store: watch.store, settings: { onEvent } },
    )
    const ask = (page: Page, cookie = ''): Promise<Response> =>
      throughAstro(middleware, new Request('https://shop.test/', { headers: { cookie } }), async (session, context) => {
        await page(session, context)
        return new Response('ok')
      })
    return { ask, types, strike }
  }

  test('shows an empty session that cannot be written, and leaves the cookie', async () => {
    const { ask, types, strike } = site('read-only')
    const [line] = (await ask((session) => session.set('user', 'ada'))).headers.getSetCookie()
    strike()
    let seen: unknown[] = []
    const answer = await ask(async (session, context) => {
      const { readOnly } = await openSession(context)
      seen = [readOnly, await session.get('user'), await session.entries()]
      for (const call of [() => session.set('user', 'eve'), () => session.delete('user'), () => session.destroy()])
        seen.push(Object(await failure(call)).code)
    }, pairOf(line))
    expect(seen).toEqual([true, undefined, [], 'STORE_FAILED', 'STORE_FAILED', 'STORE_FAILED'])
    expect([answer.headers.getSetCookie(), answer.headers.get('cache-control')]).toEqual([[], 'private, no-cache'])
    expect(types()).toEqual(['store-down'])
  })

  test('fails when something is changed before anything was read', async () => {
    const { ask, strike } = site('read-only')
    const [line] = (await ask((session) => session.set('user', 'ada'))).headers.getSetCookie()
    strike()
    for (const change of [
      (session: SessionMethods) => session.set('user', 'eve'),
      (session: SessionMethods) => session.destroy(),
      (session: SessionMethods) => void session.regenerate(),
    ]) {
      await expect(ask(change, pairOf(line))).rejects.toMatchObject(DOWN)
    }
  })

  test('fails without the option', async () => {
    const { ask, strike } = site()
    const [line] = (await ask((session) => session.set('user', 'ada'))).headers.getSetCookie()
    strike()
    await expect(ask((session) => session.get('user'), pairOf(line))).rejects.toMatchObject(DOWN)
  })
})
