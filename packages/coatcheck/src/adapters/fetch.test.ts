import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { getRequestListener } from '@hono/node-server'
import { describe, expect, test } from 'vitest'
import { type Adapter, codeOf, type Handle } from '../../test/helpers/adapter.ts'
import { oursIn, tellStories } from '../../test/helpers/adapter-stories.ts'
import { serving } from '../../test/helpers/serving.ts'
import { SECRET } from '../../test/helpers/site.ts'
import { type Watched, watched } from '../../test/helpers/watched.ts'
import { responseOf } from '../../test/helpers/web-response.ts'
import type { SessionEvent } from '../core/model/events.ts'
import { type AnySessions, createSessions, type Sessions } from '../core/sessions.ts'
import { memoryStore } from '../stores/memory.ts'
import { type Visitor, visitor } from '../testing/visitor.ts'
import { withSession } from './fetch.ts'

type Fetch = (request: Request) => Promise<Response>

/** The least that serves a `Request => Response` handler on node:http. */
function adapted(handle: Fetch): RequestListener {
  return async (req, res) => {
    try {
      await respond(await handle(requestOf(req)), res)
    } catch {
      if (!res.headersSent) res.writeHead(500)
      res.end()
    }
  }
}

function requestOf(req: IncomingMessage): Request {
  const headers = Object.entries(req.headers).map(([name, value]): [string, string] => [name, String(value)])
  const { method = 'GET' } = req
  const body = method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(req) as ReadableStream)
  return new Request(`http://${req.headers.host}${req.url}`, { method, headers, body, ...(body && { duplex: 'half' }) })
}

async function respond(response: Response, res: ServerResponse): Promise<void> {
  res.statusCode = response.status
  for (const [name, value] of response.headers) res.appendHeader(name, value)
  if (response.body && res.req.method !== 'HEAD') await pipeline(response.body, res)
  else res.end()
}

const behind = (handle: Handle, sessions: readonly AnySessions[]): Fetch =>
  sessions.reduceRight<Fetch>(
    (inner, each) => withSession(each, inner),
    async (request) => responseOf(await handle({ request, path: new URL(request.url).pathname })),
  )

const adapters: Adapter[] = [
  {
    name: 'fetch, served by a small adapter',
    answersThrows: false,
    listener: (handle, sessions) => adapted(behind(handle, sessions)),
  },
  {
    name: 'fetch, served by @hono/node-server',
    answersThrows: false,
    listener: (handle, sessions) => getRequestListener(behind(handle, sessions), { overrideGlobalObjects: false }),
  },
]
for (const adapter of adapters) tellStories(adapter)

interface Shop {
  readonly sessions: Sessions
  readonly watch: Watched
  readonly events: SessionEvent[]
  /** Somebody who has a session already, in which `name` is `ada`, in front of this handler. */
  opens(handle: Fetch): Promise<Visitor & { knows(): Promise<Record<string, unknown>> }>
}

function shop(kind: 'sealed' | 'stored' = 'stored'): Shop {
  const watch = watched(memoryStore())
  const events: SessionEvent[] = []
  const sessions = createSessions({
    secrets: SECRET,
    onEvent: (event) => void events.push(event),
    ...(kind === 'stored' && { store: watch.store }),
  })
  const lobby = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    if (request.url.endsWith('/in')) session.set('name', 'ada')
    return Response.json(session.data)
  })
  return {
    sessions,
    watch,
    events,
    async opens(handle) {
      const ada = visitor((request) => (request.url.includes('/lobby/') ? lobby : handle)(request), { follow: false })
      await ada.get('/lobby/in')
      watch.forget()
      events.length = 0
      return { ...ada, knows: async () => (await ada.get('/lobby/')).json() }
    },
  }
}

const caching = ({ headers }: Response): unknown => [headers.get('cache-control'), headers.get('vary')]

describe('a handler', () => {
  test('is given what the runtime gave, and need not be asynchronous', async () => {
    const { sessions } = shop()
    const handle = withSession(sessions, (request, env: { DB: string }, waits: unknown[]) => {
      waits.push(request.method)
      return new Response(env.DB)
    })
    const waits: unknown[] = []
    const response = await handle(new Request('http://a/', { method: 'POST' }), { DB: 'orders' }, waits)
    expect([await response.text(), waits]).toEqual(['orders', ['POST']])
  })

  test('can answer with a redirect, whose headers cannot be changed', async () => {
    const { sessions, opens } = shop('sealed')
    const ada = await opens(
      withSession(sessions, async (request) => {
        ;(await sessions.open(request)).flash('notice', 'saved')
        return Response.redirect('https://app.test/next', 307)
      }),
    )
    const response = await ada.get('/')
    expect([response.status, response.headers.get('location'), oursIn(response).length]).toEqual([
      307,
      'https://app.test/next',
      1,
    ])
    expect(caching(response)).toEqual(['no-store', 'Cookie'])
  })

  test('can pass on what another server answered, its cookies too', async () => {
    const { origin } = await serving((_req, res) => {
      res.writeHead(201, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2; Path=/', 'X-From', 'behind']).end('from behind')
    })
    const { sessions, opens } = shop('sealed')
    const ada = await opens(
      withSession(sessions, async (request) => {
        ;(await sessions.open(request)).set('proxied', true)
        return fetch(origin)
      }),
    )
    const response = await ada.get('/')
    const { headers } = response
    expect([response.status, headers.get('x-from'), await response.text()]).toEqual([201, 'behind', 'from behind'])
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2; Path=/', expect.stringMatching(/^__Host-Http-session=./)])
    expect(await ada.knows()).toEqual({ name: 'ada', proxied: true })
  })

  test('may give one response object to everybody: nobody is handed the ticket of another', async () => {
    const { sessions, opens } = shop('sealed')
    const done = new Response(null, { status: 204, headers: { 'Cache-Control': 'public, max-age=60', 'Set-Cookie': 'a=1' } })
    const handle = withSession(sessions, async ({ url }) => {
      if (url.endsWith('/in')) return done
      return new Response()
    })
    const ada = await opens(
      withSession(sessions, async (request) => {
        const session = await sessions.open(request)
        if (request.url.endsWith('/in')) session.signIn('ada')
        if (request.url.endsWith('/out')) session.destroy()
        return done
      }),
    )
    const eve = visitor(handle)
    for (const path of ['/in', '/read', '/out']) {
      expect(oursIn(await ada.get(path)), path).toHaveLength(path === '/read' ? 0 : 1)
      const response = await eve.get('/in')
      expect([response.headers.getSetCookie(), ...[caching(response)].flat()]).toEqual([['a=1'], 'public, max-age=60', null])
    }
  })

  test('that streams is asked for no more than the client takes, and told when the client goes', async () => {
    const { sessions, opens } = shop('sealed')
    let pulled = 0
    const cancelled = Promise.withResolvers<unknown>()
    const ada = await opens(
      withSession(sessions, async (request) => {
        ;(await sessions.open(request)).set('streams', true)
        const source: UnderlyingDefaultSource<Uint8Array> = {
          pull: (controller) => controller.enqueue(new Uint8Array([++pulled])),
          cancel: cancelled.resolve,
        }
        return new Response(new ReadableStream(source, { highWaterMark: 0 }))
      }),
    )
    const response = await ada.get('/')
    expect([oursIn(response).length, pulled]).toEqual([1, 0])
    const reader = response.body?.getReader()
    expect((await reader?.read())?.value).toEqual(new Uint8Array([1]))
    await reader?.cancel('enough')
    expect([await cancelled.promise, pulled]).toEqual(['enough', 1])
  })

  test('that opens a request made from the one it was given is told which adapter is missing', async () => {
    const { sessions, opens } = shop()
    const ada = await opens(
      withSession(sessions, (request) =>
        sessions.open(new Request(request)).then(
          () => new Response('opened'),
          (error) => new Response(`${codeOf(error)} ${error.fix}`),
        ),
      ),
    )
    expect(await (await ada.get('/')).text()).toMatch(/^NOT_WRAPPED .*`clone\(\)`: what `new Request\(\)` makes of it is another/)
  })

  test('gets the sessions of the adapter and no others', () => {
    expect(() => withSession({ open: async () => {} }, () => new Response())).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', fix: expect.stringContaining('createSessions()') }),
    )
  })
})

describe('what a handler throws', () => {
  const thrown: Record<string, unknown> = {
    'an error': new TypeError('boom'),
    'a response that says it failed': new Response('down', { status: 503 }),
    nothing: undefined,
  }
  test.each(Object.entries(thrown))('comes out as it is: %s', async (_, error) => {
    const { sessions, watch, opens } = shop()
    const ada = await opens(
      withSession(sessions, async (request) => {
        ;(await sessions.open(request)).set('half', 'done')
        throw error
      }),
    )
    const outcome = await ada.get('/').then(
      () => 'answered',
      (reason) => ({ reason }),
    )
    expect(outcome).toEqual({ reason: error })
    expect(watch.writes).toBe(0)
  })

  test.each(['sealed', 'stored'] as const)(
    'is an answer when it is a Response below 500: what was changed is stored, and its cookie is on it (%s)',
    async (kind) => {
      const { sessions, opens } = shop(kind)
      const away = new Response(null, { status: 302, headers: { location: '/next', 'set-cookie': 'a=1' } })
      const enter = withSession(sessions, async (request) => {
        ;(await sessions.open(request)).signIn('bob')
        throw away
      })
      const thrown: Response[] = []
      const ada = await opens((request) =>
        enter(request).catch((error: Response) => {
          thrown.push(error)
          return error
        }),
      )
      const response = await ada.get('/')
      expect([response.status, response.headers.get('location'), oursIn(response).length]).toEqual([302, '/next', 1])
      expect([thrown.length, away.headers.getSetCookie()]).toEqual([1, ['a=1']])
      expect(await ada.knows()).toEqual({ name: 'ada' })
      expect((await ada.get('/')).headers.getSetCookie()).toHaveLength(2)
    },
  )

  test('is the error of the store when that could not keep what was changed before a thrown Response', async () => {
    const { sessions, watch, opens } = shop()
    const ada = await opens(
      withSession(sessions, async (request) => {
        ;(await sessions.open(request)).set('name', 'bob')
        throw Response.redirect('https://app.test/next')
      }),
    )
    watch.before = (call) => {
      if (call === 'update') throw new Error('down')
    }
    await expect(ada.get('/')).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  test('is not hidden by a store that fails as well; that is told as an event', async () => {
    const { sessions, watch, events, opens } = shop()
    const ada = await opens(
      withSession(sessions, async (request) => {
        ;(await sessions.open(request)).destroy()
        throw new Error('boom')
      }),
    )
    watch.before = (call) => {
      if (call === 'delete' || call === 'update') throw new Error('down')
    }
    await expect(ada.get('/')).rejects.toThrow('boom')
    expect(events.filter(({ type }) => type === 'late-failed')[0]).toMatchObject({ error: { code: 'STORE_FAILED' } })
  })

  test('is a TypeError when it forgot to answer, and nothing is stored', async () => {
    const { sessions, watch, opens } = shop()
    const forgetful = async (request: Request): Promise<Response> => {
      ;(await sessions.open(request)).set('half', 'done')
      return [][0] as unknown as Response
    }
    const ada = await opens(withSession(sessions, forgetful))
    await expect(ada.get('/')).rejects.toThrow(TypeError)
    expect(watch.writes).toBe(0)
  })
})

describe('a response that is no page', () => {
  const upgrade = (response: Response): Response => Object.defineProperty(response, 'status', { value: 101 })

  test.each(['sealed', 'stored'] as const)(
    'Response.error() is a failure: it comes out as it is and stores nothing (%s)',
    async (kind) => {
      const { sessions, watch, opens } = shop(kind)
      const ada = await opens(
        withSession(sessions, async (request) => {
          ;(await sessions.open(request)).set('half', 'done')
          return Response.error()
        }),
      )
      const response = await ada.get('/')
      expect([response.type, response.status, watch.writes]).toEqual(['error', 0, 0])
      expect(await ada.knows()).toEqual({ name: 'ada' })
    },
  )

  test('an upgrade is handed on itself, also when its headers cannot be changed', async () => {
    const { sessions, opens } = shop()
    for (const response of [upgrade(new Response()), upgrade(Response.error())]) {
      const ada = await opens(
        withSession(sessions, async (request) => {
          ;(await sessions.open(request)).update('sockets', (n) => Number(n ?? 0) + 1)
          return response
        }),
      )
      expect(await ada.get('/')).toBe(response)
      expect(await ada.knows()).toEqual({ name: 'ada', sockets: 1 })
    }
  })

  test('an upgrade can carry a cookie when its headers can be changed; else it is too late, and said', async () => {
    const { sessions } = shop('sealed')
    const opening = (response: Response): Promise<Response> =>
      visitor(
        withSession(sessions, async (request) => {
          ;(await sessions.open(request)).set('socket', true)
          return response
        }),
      ).get('/')
    expect(oursIn(await opening(upgrade(new Response())))).toHaveLength(1)
    await expect(opening(upgrade(Response.error()))).rejects.toMatchObject({ code: 'TOO_LATE' })
  })
})

describe.each(['sealed', 'stored'] as const)('the adapter may be there twice (%s)', (kind) => {
  test('the session is the same, and goes on behind the inner one until the outer one is left', async () => {
    const { sessions, opens } = shop(kind)
    const inner = withSession(sessions, async (request) => {
      ;(await sessions.open(request)).set('inner', 1)
      return new Response('ok', { headers: { 'Set-Cookie': 'a=1' } })
    })
    const outer = withSession(sessions, async (request) => {
      const response = await inner(request)
      const session = await sessions.open(request)
      session.set('outer', session.get('inner'))
      return response
    })
    const eve = visitor(outer)
    const response = await eve.get('/')
    expect(response.headers.getSetCookie()).toEqual(['a=1', expect.stringMatching(/^__Host-Http-session=./)])
    const ada = await opens(outer)
    await ada.get('/')
    expect(await ada.knows()).toEqual({ name: 'ada', inner: 1, outer: 1 })
  })

  test('what failed inside can be made good outside', async () => {
    const { sessions, opens } = shop(kind)
    const inner = withSession(sessions, async (request) => {
      ;(await sessions.open(request)).set('half', 'done')
      throw new Error('boom')
    })
    const outer = withSession(sessions, async (request) => {
      await expect(inner(request)).rejects.toThrow('boom')
      ;(await sessions.open(request)).set('sorry', true)
      return new Response('sorry')
    })
    const ada = await opens(outer)
    await ada.get('/')
    expect(await ada.knows()).toEqual({ name: 'ada', sorry: true })
  })
})
