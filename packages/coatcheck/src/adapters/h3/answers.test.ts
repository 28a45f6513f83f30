import { H3, H3Event } from 'h3'
import { createApp, createEvent, eventHandler, type H3Event as H3Event1, toNodeListener } from 'h3-v1'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { quietly } from '../../../test/helpers/adapter-stories.ts'
import { gate, settled } from '../../../test/helpers/gate.ts'
import { comesTo, HOUSES, linesOf, PASSWORD, said } from '../../../test/helpers/h3.ts'
import { serving } from '../../../test/helpers/serving.ts'
import { type Watched, watched } from '../../../test/helpers/watched.ts'
import type { SessionEvent } from '../../core/model/events.ts'
import { memoryStore } from '../../stores/memory.ts'
import { visitor } from '../../testing/visitor.ts'
import { clearSession, commitSessions, type H3EventLike, type SessionConfig, updateSession, useSession } from '../h3.ts'

const crypto = process.getBuiltinModule('node:crypto')
const KINDS: readonly (readonly [string, () => SessionConfig])[] = [
  ['sealed', () => ({ password: PASSWORD })],
  ['stored', () => ({ password: PASSWORD, store: memoryStore() })],
]

/** As Nitro 3 runs a cached handler: without cookies, on the context of whoever came first. */
const cached2 = (event: H3Event): H3Event => new H3Event(new Request('http://inner.test/'), event.context)

/** The same in Nitro 2, where the response is an imitation that stands before node's. */
function cached1({ node, context }: H3Event1): H3Event1 {
  const headers: Record<string, unknown> = {}
  const standIn = <T extends object>(real: T, instead: object): T =>
    new Proxy(real, { get: (target, name) => Reflect.get(name in instead ? instead : target, name) })
  const res = standIn(node.res, {
    headersSent: false,
    getHeader: (name: string) => headers[name],
    setHeader: (name: string, value: unknown) => Object.assign(headers, { [name]: value }),
    removeHeader: (name: string) => delete headers[name],
    getHeaderNames: () => Object.keys(headers),
  })
  return Object.assign(createEvent(standIn(node.req, { headers: {} }), res), { context })
}

/** Rejections that nobody takes, which end a process. */
function unhandled(): unknown[] {
  const found: unknown[] = []
  const listener = (reason: unknown): void => void found.push(reason)
  process.on('unhandledRejection', listener)
  onTestFinished(() => void process.off('unhandledRejection', listener))
  return found
}

function failing(): { watch: Watched; config: SessionConfig; events: SessionEvent[] } {
  const watch = watched(memoryStore())
  const events: SessionEvent[] = []
  const config: SessionConfig = {
    password: PASSWORD,
    store: watch.store,
    issue: 'when-stored',
    onEvent: (event) => void events.push(event),
  }
  return { watch, config, events }
}

describe.each(HOUSES)('the answer of $name', (house) => {
  /** An imitation of node's response cannot wait: there h3 1 needs `onBeforeResponse`. */
  const commits = house.name === 'h3 1 by toWebHandler'

  test.each(KINDS)('F2: waits for what is not awaited: %s', async (_, configure) => {
    const config: SessionConfig = { ...configure(), issue: 'when-stored' }
    const ada = await comesTo(
      house,
      async (event, path) => {
        if (path === '/function') void updateSession(event, config, { by: 'function' })
        else if (path === '/out') void clearSession(event, config)
        else {
          const session = await useSession(event, config)
          if (path === '/in') void session.update({ by: 'manager' })
          if (path === '/rotate') void session.rotate()
          return { id: session.id ?? null, by: session.data.by ?? null }
        }
        return 'ok'
      },
      { commits },
    )
    expect(linesOf(await ada.get('/in'))).toHaveLength(1)
    const before = (await said(ada.get('/'))) as { id: string }
    expect(before).toMatchObject({ by: 'manager' })
    await ada.get('/rotate')
    const after = (await said(ada.get('/'))) as { id: string }
    expect([after, after.id === before.id]).toEqual([{ id: expect.any(String), by: 'manager' }, false])
    await ada.get('/function')
    expect(await said(ada.get('/'))).toEqual({ id: after.id, by: 'function' })
    expect(linesOf(await ada.get('/out'))).toEqual([expect.stringContaining('Max-Age=0')])
    expect(ada.cookies()).toEqual([])
    await ada.get('/function')
    expect(await said(ada.get('/'))).toMatchObject({ by: 'function' })
  })

  test.each(KINDS)('F4: an event of the same context that presents nothing has another session: %s', async (_, configure) => {
    const config = configure()
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path === '/in') await session.update({ user: 'ada' })
      if (path !== '/inner') return session.data
      const other = await useSession(house.version === 2 ? cached2(event as H3Event) : cached1(event as H3Event1), config)
      return { inner: other.data, outer: session.data }
    })
    await ada.get('/in')
    const response = await ada.get('/inner')
    expect([linesOf(response), await said(response)]).toEqual([[], { inner: {}, outer: { user: 'ada' } }])
  })

  test('F13: a store that fails an update which nobody awaits ends no process', async () => {
    quietly()
    const lost = unhandled()
    const { watch, config, events } = failing()
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path === '/fail') {
        watch.before = () => {
          throw new Error('the store is down')
        }
        void session.update({ user: 'ada' })
        void updateSession(event, config, { also: true })
      }
      return session.data
    })
    const response = await ada.get('/fail')
    await settled()
    expect(lost).toEqual([])
    expect(linesOf(response)).toEqual([])
    // On node:http the answer itself says it.
    if (house.onNode)
      expect([response.status, await said(response)]).toEqual([500, { status: 500, message: 'Internal Server Error' }])
    else if (house.version === 2) expect(events.filter(({ type }) => type === 'late-failed')).toHaveLength(1)
    watch.before = () => {}
    expect([(await ada.get('/')).status, await said(ada.get('/'))]).toEqual([200, {}])
  })

  test('F13: a store that fails an update which is awaited rejects it, and the handler may go on', async () => {
    const { watch, config } = failing()
    const ada = await comesTo(
      house,
      async (event) => {
        const session = await useSession(event, config)
        watch.before = () => {
          watch.before = () => {}
          throw new Error('the store is down')
        }
        const code = await session.update({ user: 'ada' }).then(
          () => 'stored',
          (error) => error.code,
        )
        return { code }
      },
      { commits },
    )
    expect(await said(ada.get('/'))).toEqual({ code: 'STORE_FAILED' })
    // It was tried again before the answer left.
    expect(ada.cookies()).toHaveLength(1)
  })

  test('F14: with commitSessions() a store that fails is answered with 500 wherever h3 runs', async () => {
    quietly()
    const { watch, config } = failing()
    const ada = await comesTo(
      house,
      async (event) => {
        const session = await useSession(event, config)
        void session.update({ user: 'ada' })
        return 'ok'
      },
      { commits: true },
    )
    watch.before = (call) => {
      if (call === 'create') throw new Error('the store is down')
    }
    expect((await ada.get('/')).status).toBe(500)
    watch.before = () => {}
    expect([(await ada.get('/')).status, ada.cookies().length]).toEqual([200, 1])
  })

  test('commitSessions() leaves alone what did not ask for a session, and passes on what is thrown', async () => {
    quietly()
    const ada = await comesTo(
      house,
      (_, path) => {
        if (path === '/throw') throw Object.assign(new Error('teapot'), { status: 418, statusCode: 418 })
        return 'fine'
      },
      { commits: true },
    )
    expect([(await ada.get('/')).headers.get('vary'), await said(ada.get('/'))]).toEqual([null, 'fine'])
    expect((await ada.get('/throw')).status).toBe(418)
  })

  test('an error below 500 is an answer, one of 500 is none', async () => {
    quietly()
    const config: SessionConfig = { password: PASSWORD }
    const ada = await comesTo(
      house,
      async (event, path) => {
        const session = await useSession(event, config)
        if (path === '/') return session.data
        session.data[path] = true
        throw Object.assign(new Error(path), { status: Number(path.slice(1)), statusCode: Number(path.slice(1)) })
      },
      { commits: true },
    )
    await ada.get('/')
    for (const status of [404, 500, 403, 503]) expect((await ada.get(`/${status}`)).status).toBe(status)
    expect(await said(ada.get('/'))).toEqual(house.name === 'h3 1 by toWebHandler' ? {} : { '/404': true, '/403': true })
  })

  test.each([false, true])(
    'found B8: what a page says of caches after it asked does not count (commits: %s)',
    async (commits) => {
      const config: SessionConfig = { password: PASSWORD, store: memoryStore(), issue: 'when-stored' }
      const loud = { 'cache-control': 'public, max-age=60', 'x-accel-expires': '60' }
      const page = async (event: H3EventLike, path: string) => {
        const session = await useSession(event, config)
        if (path === '/in') await session.update({ user: 'ada' })
        return new Response(String(session.data.user), { headers: [...Object.entries(loud), ['set-cookie', 'seen=1']] })
      }
      const ada = await comesTo(house, page, { commits })
      const of = async (path: string) => {
        const { headers } = await ada.get(path)
        return [...['cache-control', 'x-accel-expires'].map((name) => headers.get(name)), headers.getSetCookie().length]
      }
      expect(await of('/')).toEqual([...Object.values(loud), 1])
      expect(await of('/in')).toEqual(['no-store', '0', 2])
      expect(await of('/')).toEqual([expect.stringMatching(/^private, (?:max-age=60|no-cache)$/), '0', 1])
    },
  )

  test('F17: a configuration written in the handler, functions and all, derives no key again', async () => {
    const derive = vi.spyOn(crypto, 'hkdfSync')
    onTestFinished(() => void derive.mockRestore())
    const password = crypto.randomBytes(33).toString('base64')
    const told: string[] = []
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, {
        password,
        name: 'literal',
        cookie: { path: '/', encode: (value) => value },
        seal: { encryption: { iterations: 1 } },
        crypto: globalThis.crypto,
        generateId: () => 'mine',
        onEvent: ({ type }) => void told.push(`${path} ${type}`),
        now: () => Date.now(),
      })
      await session.update(({ n = 0 }) => ({ n: n + 1 }))
      return session.data
    })
    await ada.get('/1')
    await ada.get('/2')
    const before = derive.mock.calls.length
    expect(before).toBeGreaterThan(0)
    for (let n = 3; n <= 12; n++) expect(await said(ada.get(`/${n}`))).toEqual({ n })
    expect(derive.mock.calls.length - before, 'only what one message needs').toBe(0)
    // The functions are those of the request at hand.
    expect(told.filter((each) => each.startsWith('/12'))).toEqual(['/12 loaded', '/12 committed'])
  })
})

describe('a held response', () => {
  test('F12: h3 1 answers once, however long the store takes', async () => {
    const lost = unhandled()
    const watch = watched(memoryStore())
    const config: SessionConfig = { password: PASSWORD, store: watch.store, issue: 'when-stored' }
    const store = gate()
    const app = createApp()
    app.use(
      eventHandler(async (event) => {
        const session = await useSession(event, config)
        watch.before = () => store.pass()
        void session.update({ user: 'ada' })
        event.node.res.end('first answer')
      }),
    )
    app.use(eventHandler(() => 'second answer'))
    const ada = visitor((await serving(toNodeListener(app))).origin)
    const asked = ada.get('/')
    await store.reached
    await settled()
    store.open()
    expect(await said(asked)).toBe('first answer')
    expect(ada.cookies()).toHaveLength(1)
    expect(lost).toEqual([])
  })

  test('a change after the headers is stored when that needs no cookie, and else told', async () => {
    for (const house of HOUSES.filter(({ onNode }) => onNode)) {
      const events: SessionEvent[] = []
      const config: SessionConfig = {
        password: PASSWORD,
        store: memoryStore(),
        issue: 'when-stored',
        onEvent: (event) => void events.push(event),
      }
      const later: (() => unknown)[] = []
      const ada = await comesTo(house, async (event, path) => {
        const session = await useSession(event, config)
        if (path === '/in') await session.update({ in: true })
        later.push(() => session.update({ late: path }))
        return session.data
      })
      await ada.get('/')
      expect(later.pop()).toThrow(expect.objectContaining({ code: 'TOO_LATE' }))
      await ada.get('/in')
      await later.pop()?.()
      expect(await said(ada.get('/'))).toEqual({ in: true, late: '/in' })
    }
  })
})

describe('an application of h3 2 without a server', () => {
  const config: SessionConfig = { password: PASSWORD, store: memoryStore(), issue: 'when-stored' }

  test('keeps its own onResponse, frozen or not', async () => {
    for (const freeze of [true, false]) {
      const seen: unknown[] = []
      const app = new H3({ onResponse: (response) => void seen.push(response.headers.getSetCookie().length) })
      app.get('/', (event) => {
        void updateSession(event, config, { user: 'ada' })
        return 'ok'
      })
      if (freeze) Object.assign(app, { config: Object.freeze(app.config) })
      for (let i = 0; i < 2; i++) {
        const response = await app.fetch(new Request('http://app.test/'))
        expect(linesOf(response)).toHaveLength(1)
      }
      expect(seen).toEqual([1, 1])
    }
  })

  test('shares the session with an application that is mounted in it', async () => {
    const inner = new H3().get('/', async (event) => {
      const session = await useSession(event, config)
      await session.update({ inner: true })
      return session.data
    })
    const app = new H3()
    app.use(async (event, next) => {
      const session = await useSession(event, config)
      await session.update({ outer: true })
      const answer = await next()
      await session.update({ after: true })
      return answer
    })
    app.mount('/shop', inner.fetch)
    const ada = visitor(async (request) => app.fetch(request))
    await ada.get('/shop/')
    expect(ada.cookies()).toHaveLength(1)
    expect(await said(ada.get('/shop/'))).toEqual({ outer: true, inner: true, after: true })
  })

  test('commits before other middleware hands the answer on', async () => {
    const app = new H3().use(commitSessions()).get('/', (event) => {
      void updateSession(event, config, { user: 'ada' })
      return 'ok'
    })
    expect(linesOf(await app.fetch(new Request('http://app.test/')))).toHaveLength(1)
  })
})
