import { getRequestListener } from '@hono/node-server'
import { describe, expect, test, vi } from 'vitest'
import type { Handle as Visited } from '../../test/helpers/adapter.ts'
import { oursIn, tellStories } from '../../test/helpers/adapter-stories.ts'
import { gate } from '../../test/helpers/gate.ts'
import { COOKIE, SECRET } from '../../test/helpers/site.ts'
import { type Handle, Redirect, throughKit } from '../../test/helpers/sveltekit.ts'
import { watched } from '../../test/helpers/watched.ts'
import { responseOf, streamOf } from '../../test/helpers/web-response.ts'
import type { Session } from '../core/session/types.ts'
import { type AnySessions, createSessions } from '../core/sessions.ts'
import { memoryStore } from '../stores/memory.ts'
import { type KitEvent, sessionHandle } from './sveltekit.ts'

/** As `sequence` of Kit, the first outermost. */
const sequence =
  (...handles: Handle[]): Handle =>
  ({ event, resolve }) =>
    handles.reduceRight<(event: KitEvent) => Promise<Response>>(
      (inner, handle) => (each) => handle({ event: each, resolve: inner }),
      async (each) => resolve(each),
    )(event)

const behind = (visited: Visited, sessions: readonly AnySessions[]) => (request: Request) =>
  throughKit(sequence(...sessions.map((each): Handle => sessionHandle(each))), request, async () =>
    responseOf(await visited({ request, path: new URL(request.url).pathname })),
  )

tellStories({
  name: 'sveltekit',
  answersThrows: false,
  listener: (visited, sessions) => getRequestListener(behind(visited, sessions), { overrideGlobalObjects: false }),
})

const URL_HERE = 'https://app.test'
const asked = (path: string, init?: RequestInit): Request => new Request(`${URL_HERE}${path}`, init)

function site(name = COOKIE) {
  const watch = watched(memoryStore())
  const sessions = createSessions({ secrets: SECRET, store: watch.store, cookie: { name } })
  const handle: Handle = sessionHandle(sessions)
  const ticket = async () => {
    const line = (await throughKit(handle, asked('/'), set('name', 'ada'))).headers.getSetCookie()[0] ?? ''
    watch.forget()
    return line.split(';', 1)[0] ?? ''
  }
  const holds = async (cookie: string) => {
    let held: unknown
    await throughKit(handle, asked('/', { headers: { cookie } }), async (event) => {
      held = (await opened(event)).data
      held = { ...(held as object) }
      return new Response()
    })
    return held
  }
  return { watch, sessions, handle, ticket, holds }
}

const opened = (event: KitEvent): Promise<Session> => Reflect.get(event.locals, 'session')
const set =
  (key: string, value: unknown) =>
  async (event: KitEvent): Promise<Response> => {
    ;(await opened(event)).set(key, value)
    return new Response('ok')
  }

describe('event.locals', () => {
  test('opens the session when it is asked for, and not for whoever copies what is there', async () => {
    const { handle, watch, ticket } = site()
    const cookie = await ticket()
    await throughKit(handle, asked('/', { headers: { cookie } }), (event) => Response.json({ ...event.locals }))
    expect(watch.calls).toEqual([])
  })

  test('a session that nobody waits for fails in silence, and not the process', async () => {
    const { handle, watch, ticket } = site()
    const cookie = await ticket()
    watch.before = () => {
      throw new Error('down')
    }
    const response = await throughKit(handle, asked('/', { headers: { cookie } }), (event) => {
      void opened(event)
      return new Response('ok')
    })
    expect(response.status).toBe(200)
  })
})

test('F43: while a page is prerendered, Kit takes the search away, and the session is refused', async () => {
  const { handle, watch } = site()
  const url = Object.defineProperty(new URL(URL_HERE), 'search', {
    get: () => {
      throw new Error('Cannot access url.search on a page with prerendering enabled')
    },
  })
  await expect(throughKit(handle, asked('/'), set('a', 1), { url })).rejects.toMatchObject({
    code: 'PRERENDERING',
    fix: expect.stringContaining('export const prerender = false'),
  })
  expect(watch.calls).toEqual([])
})

describe('another handle', () => {
  test('F45: that redirects changes the session, and its cookie leaves as it is, with nothing of Kit’s own', async () => {
    const { sessions, holds } = site()
    const given = vi.fn()
    const handle: Handle = sessionHandle(sessions)
    const redirecting = throughKit(handle, asked('/'), async (event) => {
      await set('a', 1)(event)
      throw new Redirect(303, '/login')
    })
    const line = oursIn(await redirecting)[0] ?? ''
    expect(await holds(line.split(';', 1)[0] ?? '')).toEqual({ a: 1 })
    const event = { cookies: { set: given } }
    const throwing = async (each: KitEvent): Promise<Response> => {
      await set('a', 1)(each)
      each.cookies.set = () => {
        throw new Error('Cannot use `cookies.set(...)` after the response has been generated')
      }
      throw new Redirect(303, '/login')
    }
    await throughKit(handle, asked('/'), throwing, event)
    const [name, value, options] = given.mock.calls[0] ?? []
    expect([name, options.encode(value), options.httpOnly, options.secure, options.sameSite, options.path]).toEqual([
      COOKIE,
      value,
      true,
      true,
      'lax',
      '/',
    ])
  })

  test.each([
    ['error(403) of Kit', { status: 403, body: { message: 'no' } }],
    ['what is no answer', new Error('boom')],
  ])('that throws changes nothing, except that a session that was ended stays ended: %s', async (_, thrown) => {
    const { handle, holds, ticket } = site()
    const cookie = await ticket()
    const visit = (act: (session: Session) => void) =>
      throughKit(handle, asked('/', { headers: { cookie } }), async (event) => {
        act(await opened(event))
        throw thrown
      })
    await expect(visit((session) => session.set('name', 'bob'))).rejects.toBe(thrown)
    expect(await holds(cookie)).toEqual({ name: 'ada' })
    await expect(visit((session) => session.destroy())).rejects.toBe(thrown)
    expect(await holds(cookie)).toEqual({})
  })
})

describe('F46: event.fetch', () => {
  test('says nothing to other sites, and carries on what it was given', async () => {
    const { handle } = site()
    const seen = vi.fn(async (_input: unknown, _init?: unknown) => new Response('theirs'))
    const init = { headers: { a: 'b' } }
    await throughKit(handle, asked('/'), (event) => event.fetch('https://other.test/', init), { fetch: seen })
    expect(seen.mock.calls).toEqual([['https://other.test/', init]])
    seen.mockClear()
    await throughKit(handle, asked('/'), (event) => event.fetch('/own', { ...init, credentials: 'omit' }), { fetch: seen })
    const [path, { headers, credentials }] = seen.mock.calls[0] as unknown as [string, { headers: Headers; credentials: string }]
    expect([path, headers.get('a'), credentials]).toEqual(['/own', 'b', 'omit'])
  })

  test('rejects as Kit does for what is no address', async () => {
    const { handle } = site()
    const kits = vi.fn(() => Promise.reject(new TypeError('Invalid URL')))
    await expect(throughKit(handle, asked('/'), (event) => event.fetch('http://[', {}), { fetch: kits })).rejects.toThrow(
      'Invalid URL',
    )
    expect(kits).toHaveBeenCalled()
  })

  test('shares the session of each of two handles, and of a request within a request', async () => {
    const [shop, office] = [site('shop'), site('office')]
    const visit = async (event: KitEvent): Promise<Response> => {
      const { pathname } = new URL(event.request.url)
      for (const { sessions } of [shop, office]) (await sessions.open(event.request)).update('n', (n) => Number(n ?? 0) + 1)
      if (pathname === '/') return event.fetch(asked('/one', { method: 'POST' }))
      if (pathname === '/one') return event.fetch('/two')
      return new Response('innermost')
    }
    const response = await throughKit(sequence(shop.handle, office.handle), asked('/'), visit)
    const lines = response.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '')
    expect([await response.text(), lines.length]).toEqual(['innermost', 2])
    for (const one of [shop, office]) expect(await one.holds(lines.join('; '))).toEqual({ n: 3 })
  })
})

describe('F44: what Kit answers with 200', () => {
  const data = { isDataRequest: true }
  const json = (body: unknown) => Response.json(body)
  test.each<[string, Response, Partial<KitEvent>, boolean]>([
    ['data', json({ type: 'data', nodes: [null, { type: 'data', data: [] }] }), data, true],
    ['data, with an error of Kit 2', json({ type: 'data', nodes: [{ type: 'error', error: { message: '' } }] }), data, false],
    ['data, with an error of Kit 3', json({ type: 'data', nodes: [{ type: 'error', error: { status: 403 } }] }), data, true],
    ['data that leads elsewhere', json({ type: 'redirect', location: '/' }), data, true],
    ['a remote function', json({ type: 'result', data: '' }), { isRemoteRequest: true }, true],
    ['a remote function that fails', json({ type: 'error', status: 502, error: {} }), { isRemoteRequest: true }, false],
    ['an endpoint that says the same by itself', json({ type: 'error', status: 502 }), {}, true],
    ['what is no JSON', new Response('{', { headers: { 'content-type': 'application/json' } }), data, true],
    ['what is none of Kit’s', json('error'), data, true],
    ['nothing', new Response(null, { headers: { 'content-type': 'application/json' } }), data, true],
  ])('is read, and counts as what it says: %s', async (_, response, more, isStored) => {
    const { handle, holds, ticket } = site()
    const cookie = await ticket()
    const body = await response.clone().text()
    const answer = await throughKit(
      handle,
      asked('/', { headers: { cookie } }),
      async (event) => {
        await set('name', 'bob')(event)
        return response
      },
      more,
    )
    expect(await answer.text()).toBe(body)
    expect(await holds(cookie)).toEqual({ name: isStored ? 'bob' : 'ada' })
  })

  test('is not waited for: promises, and the events of a live query, go out as they come', async () => {
    for (const [type, first] of [
      ['text/sveltekit-data', '{"type":"data","nodes":[]}\n'],
      ['text/event-stream', 'data: {}\n\n'],
    ] as const) {
      const { handle, ticket } = site()
      const opens = gate()
      async function* pieces() {
        yield first
        await opens.pass()
        yield 'late'
      }
      const response = await throughKit(
        handle,
        asked('/', { headers: { cookie: await ticket() } }),
        async (event) => {
          await set('a', 1)(event)
          return new Response(streamOf(pieces()), { headers: { 'content-type': type } })
        },
        { isDataRequest: true },
      )
      opens.open()
      expect(await response.text()).toBe(`${first}late`)
    }
  })

  test('a body that breaks off before it says how it went is a failure', async () => {
    const { handle, holds, ticket } = site()
    const cookie = await ticket()
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('broken off')) })
    const answering = throughKit(
      handle,
      asked('/', { headers: { cookie } }),
      async (event) => {
        await set('name', 'bob')(event)
        return new Response(broken, { headers: { 'content-type': 'application/json' } })
      },
      data,
    )
    await expect(answering).rejects.toThrow('broken off')
    expect(await holds(cookie)).toEqual({ name: 'ada' })
  })

  test('a redirect that a handle returns for data keeps the cookie: Kit would leave it out', async () => {
    const { handle } = site()
    const response = await throughKit(
      handle,
      asked('/__data.json'),
      async (event) => {
        await set('a', 1)(event)
        return new Response(null, { status: 303, headers: { location: '/login' } })
      },
      data,
    )
    expect([response.status, await response.json(), oursIn(response).length]).toEqual([
      200,
      { type: 'redirect', status: 303, location: '/login' },
      1,
    ])
  })
})
