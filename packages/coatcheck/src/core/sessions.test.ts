import { afterEach, describe, expect, test, vi } from 'vitest'
import { clockFrom } from '../../test/helpers/clock.ts'
import { SECRET, site } from '../../test/helpers/site.ts'
import { withSession } from '../adapters/fetch.ts'
import { memoryStore } from '../stores/memory.ts'
import { aal1, aal2, aal3 } from './options/presets.ts'
import { adapterOf, createSessions } from './sessions.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('F11: can be made at the top of any module: no clock is read, nothing drawn, no key derived, nothing kept running', () => {
  const now = vi.fn(() => 0)
  const draw = vi.spyOn(globalThis.crypto, 'getRandomValues')
  const digest = vi.spyOn(globalThis.crypto.subtle, 'importKey')
  const builtin = vi.spyOn(process, 'getBuiltinModule')
  const timer = vi.spyOn(globalThis, 'setTimeout')
  const date = vi.spyOn(Date, 'now')
  createSessions({ secrets: [SECRET], now })
  createSessions({ secrets: [SECRET], store: memoryStore(), encryptRecords: true, header: 'x-session' })
  for (const spy of [now, draw, digest, builtin, timer, date]) expect(spy).not.toHaveBeenCalled()
})

describe('open', () => {
  test('rejects with NOT_WRAPPED for a request that came through no adapter, and says what to do', async () => {
    const sessions = createSessions({ secrets: SECRET })
    await expect(sessions.open(new Request('https://app.test/'))).rejects.toMatchObject({
      code: 'NOT_WRAPPED',
      fix: expect.stringContaining('withSession'),
    })
    await expect(sessions.open({} as never)).rejects.toMatchObject({ code: 'NOT_WRAPPED' })
  })

  test.each<[string, object, RegExp]>([
    ['a Request', new Request('https://app.test/'), /coatcheck\/fetch.*clone/],
    ['a Response', new Response(), /^Pass the request/],
    ['the response of node:http', { setHeader() {}, req: {} }, /^Pass the request/],
    ['an app', Object.assign(() => {}, { use() {}, listen() {} }), /inside a handler/],
    ['a server of its own', { fetch() {} }, /inside a handler/],
    ['the request of node:http', { headers: {}, url: '/' }, /coatcheck\/node/],
    ['the context of Hono', { req: { raw: {} }, header() {} }, /coatcheck\/hono/],
    ['nothing that is known', {}, /`Request`, `req` or `c`/],
  ])('says what to pass for %s', async (_, given, words) => {
    const error = await createSessions({ secrets: SECRET })
      .open(given as never)
      .catch((error) => error)
    expect(error).toMatchObject({ code: 'NOT_WRAPPED', fix: expect.stringMatching(words) })
  })

  test('rejects with NOT_WRAPPED for what is no request at all', async () => {
    const sessions = createSessions({ secrets: SECRET })
    for (const nothing of [undefined, null, 'request', 7])
      await expect(sessions.open(nothing as never)).rejects.toMatchObject({ code: 'NOT_WRAPPED' })
  })

  test('gives the session of each request, and not that of another, nor of other sessions', async () => {
    const [one, two] = [createSessions({ secrets: SECRET }), createSessions({ secrets: SECRET, cookie: { name: '__Host-two' } })]
    const seen: unknown[] = []
    const handler = withSession(
      one,
      withSession(two, async (request: Request) => {
        const [a, b] = [await one.open(request), await two.open(request)]
        a.set('in', 'one')
        seen.push(a, b, await one.open(request))
        return new Response([a.keys(), b.keys()].join('|'))
      }),
    )
    const [first, second] = await Promise.all([
      handler(new Request('https://app.test/')),
      handler(new Request('https://app.test/')),
    ])
    expect(await first.text()).toBe('in|')
    expect(seen[0]).toBe(seen[2])
    expect(new Set(seen).size).toBe(4)
    expect(second.headers.getSetCookie()).toHaveLength(1)
  })

  test('is for a clone of a request, and a clone of that, what it is for the request itself; a guest’s too', async () => {
    const s = site()
    const person = s.person()
    for (const visit of ['as a guest', 'with a ticket']) {
      await person.does(async (session, request) => {
        session.set('visit', visit)
        for (const copy of [request.clone(), request.clone().clone()]) expect(await s.sessions.open(copy)).toBe(session)
      })
    }
  })

  test('is for no copy of one request the session of another', async () => {
    const sessions = createSessions({ secrets: SECRET })
    const seen: unknown[] = []
    const handler = withSession(sessions, async (request: Request) => {
      seen.push(await sessions.open(request.clone()))
      return new Response()
    })
    const request = new Request('https://app.test/')
    await Promise.all([handler(request.clone()), handler(request.clone()), handler(request)])
    await handler(request)
    expect(new Set(seen).size).toBe(4)
  })
})

describe('an adapter', () => {
  test('takes only what createSessions made', () => {
    for (const other of [{ open: async () => {} }, Object.assign(new Map(), { open: async () => {} })])
      expect(() => withSession(other, () => new Response())).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    expect(() => adapterOf(createSessions({ secrets: SECRET }))).not.toThrow()
  })

  test('passes on what the runtime passes besides the request', async () => {
    const sessions = createSessions({ secrets: SECRET })
    const handler = withSession(
      sessions,
      (_request: Request, env: { name: string }, n: number) => new Response(`${env.name} ${n}`),
    )
    expect(await (await handler(new Request('https://app.test/'), { name: 'env' }, 7)).text()).toBe('env 7')
  })

  test('gives a handler’s error to whoever called, and stores nothing', async () => {
    const s = site()
    const ada = s.person()
    await ada.does((session) => session.set('a', 1))
    const { ticket } = ada
    for (const thrown of [new Error('oops'), undefined, 'text', new Response('thrown', { status: 500 }), Response.error()]) {
      await expect(
        ada.does((session) => {
          session.set('a', 2)
          throw thrown
        }),
      ).rejects.toBe(thrown)
    }
    expect(ada.ticket).toBe(ticket)
    expect(await ada.does((session) => session.get('a'))).toBe(1)
  })

  test.each([500, 503, 599])('stores nothing for an answer of %i, and sends it', async (status) => {
    const s = site()
    const ada = s.person()
    const answer = await ada.asks((session) => {
      session.set('a', 2)
      return new Response('oops', { status })
    })
    expect([answer.status, await answer.text(), answer.headers.getSetCookie()]).toEqual([status, 'oops', []])
  })

  test.each([200, 304, 404, 499])('stores what changed for an answer of %i', async (status) => {
    const answer = await site()
      .person()
      .asks((session) => {
        session.set('a', 2)
        return new Response(status === 304 ? null : 'ok', { status })
      })
    expect([answer.status, answer.headers.getSetCookie().length]).toEqual([status, 1])
  })
})

test('a request object that is served a second time is a second request', async () => {
  const clock = clockFrom()
  const sessions = createSessions({ store: memoryStore({ now: clock.now }), now: clock.now })
  const seen: unknown[] = []
  const handler = withSession(sessions, async (request: Request) => {
    const session = await sessions.open(request)
    seen.push(session)
    session.set('n', 1)
    return new Response('ok')
  })
  const request = new Request('https://app.test/')
  const [first, second] = [await handler(request), await handler(request)]
  expect([first.headers.getSetCookie().length, second.headers.getSetCookie().length]).toEqual([1, 1])
  expect(new Set(seen).size).toBe(2)
})

test('a handler that answers with nothing is told so, and nothing is stored', async () => {
  const store = memoryStore()
  const sessions = createSessions({ store })
  const handler = withSession(sessions, (async (request: Request) => {
    ;(await sessions.open(request)).set('a', 1)
  }) as unknown as (request: Request) => Promise<Response>)
  await expect(handler(new Request('https://app.test/'))).rejects.toThrow(/Response/)
  expect((await store.list(undefined, 10)).keys).toEqual([])
})

describe('prune', () => {
  test('removes what has expired, and says how many', async () => {
    const clock = clockFrom()
    const s = site({ clock, store: memoryStore({ now: () => 0 }), idleTimeout: 60, absoluteTimeout: 60 })
    for (let i = 0; i < 3; i++) await s.person().does((session) => session.set('a', i))
    expect(await s.sessions.prune()).toBe(0)
    clock.advance(60)
    const late = s.person()
    await late.does((session) => session.set('a', 9))
    expect(await s.sessions.prune()).toBe(3)
    expect(await late.does((session) => session.get('a'))).toBe(9)
  })

  test('of a store that needs none, and of sealed sessions, is nothing', async () => {
    const { prune: _, ...store } = memoryStore()
    expect(await createSessions({ store }).prune()).toBe(0)
    expect(await createSessions({ secrets: SECRET }).prune()).toBe(0)
  })

  test('promise 7: of a store that is down is loud', async () => {
    const store = {
      ...memoryStore(),
      prune: async () => {
        throw new Error('connection refused')
      },
    }
    await expect(createSessions({ store }).prune()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      cause: expect.objectContaining({ message: 'connection refused' }),
    })
  })
})

test.each([
  ['aal1', aal1, undefined, 30 * 24],
  ['aal2', aal2, 60, 24],
  ['aal3', aal3, 15, 12],
] as const)('%s keeps to the limits of NIST SP 800-63B-4', (_, preset, idleMinutes, absoluteHours) => {
  expect(preset.absoluteTimeout).toBe(absoluteHours * 3600)
  expect(preset.idleTimeout).toBeLessThanOrEqual((idleMinutes ?? absoluteHours * 60) * 60)
  expect(() => createSessions({ secrets: SECRET, ...preset })).not.toThrow()
})
