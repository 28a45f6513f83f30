import { once } from 'node:events'
import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { gate, settled } from '../../../test/helpers/gate.ts'
import { dial, serving } from '../../../test/helpers/serving.ts'
import { COOKIE, SECRET } from '../../../test/helpers/site.ts'
import { watched } from '../../../test/helpers/watched.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { SessionEvent } from '../model/events.ts'
import { headersOf } from '../request/incoming.ts'
import type { RequestSession } from '../request/request-session.ts'
import type { LiveSession } from '../session/session.ts'
import { adapterOf, sessionsOf } from '../sessions.ts'
import { openInContext, speakOn } from './in-context.ts'
import { requestContext, watchRequests, within } from './request-context.ts'

const sessions = adapterOf(sessionsOf({ secrets: SECRET, store: memoryStore() }))

/** What a framework's storage does that is given nothing but a Cookie header. */
async function loader(cookie: string | null, key: string): Promise<string> {
  const requestSession = await openInContext(sessions, headersOf(cookie))
  requestSession.session?.set(key, true)
  const { current } = await requestSession.commit()
  return current.map(([, line]) => line).join()
}

async function visitorsCookie(): Promise<string> {
  const requestSession = sessions.detached(headersOf(null))
  ;(await requestSession.open()).set('name', 'ada')
  return (await requestSession.commit()).current.map(([, line]) => line.split(';')[0]).join()
}

let server: Server
let origin = ''
beforeAll(async () => {
  watchRequests()
  watchRequests()
  server = createServer(async (req, res) => {
    const cookie = req.headers.cookie ?? null
    const lines = (await Promise.all(['a', 'b'].map((key) => loader(cookie, key)))).filter((line) => line !== '')
    // As a router does: the order of routes, not that of commits; and once as an object given to writeHead.
    if (req.url === '/object') res.writeHead(200, { 'set-cookie': [...lines.reverse(), 'other=1'] })
    else for (const line of lines.reverse()) res.appendHeader('set-cookie', line)
    res.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

describe('the request that code runs in', () => {
  test.each(['/', '/object'])('F3: two loaders of one visitor share one session, and one cookie leaves (%s)', async (path) => {
    const cookie = await visitorsCookie()
    const response = await fetch(origin + path, { headers: { cookie } })
    expect(response.headers.getSetCookie().filter((line) => line.startsWith(COOKIE)).length).toBeLessThan(2)
    expect(response.headers.get('cache-control')).toMatch(/no-store|private/)
    const requestSession = sessions.detached(headersOf(cookie))
    expect((await requestSession.open()).keys().sort()).toEqual(['a', 'b', 'name'])
  })

  test.each(['/', '/object'])(
    'S1: two loaders of a new visitor have a session each; the later line leaves (%s)',
    async (path) => {
      const response = await fetch(origin + path)
      const ours = response.headers.getSetCookie().filter((line) => line.startsWith(COOKIE))
      expect(ours).toHaveLength(1)
      expect(response.headers.get('cache-control')).toBe('no-store')
      const requestSession = sessions.detached(headersOf(ours[0]?.split(';')[0]))
      expect((await requestSession.open()).keys()).toEqual(['a'])
    },
  )

  test('is another one for each of 20 requests at once on kept connections', async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(origin)))
    const tickets = responses.map((response) => response.headers.getSetCookie()[0])
    expect(new Set(tickets).size).toBe(20)
  })

  test('is nothing outside of one', () => {
    expect(requestContext()).toBeUndefined()
  })

  test('is what `within` names, for all that is done inside', async () => {
    const request = new Request('https://a.example/')
    const seen = await within(request, async () => {
      await Promise.resolve()
      return requestContext()?.identity
    })
    expect(seen).toBe(request)
    expect(requestContext()).toBeUndefined()
  })
})

describe('the last word on a response that several sessions had part in', () => {
  /** Two request sessions of one visitor, in this order; what leaves. */
  async function answered(
    ...acts: ((cookie: string | null) => Promise<RequestSession>)[]
  ): Promise<{ ours: string[]; status: number }> {
    const { origin } = await serving(async (req, res) => {
      for (const act of acts) {
        const requestSession = await act(req.headers.cookie ?? null)
        speakOn(res, requestSession)
        for (const [name, line] of (await requestSession.commit()).current) res.appendHeader(name, line)
      }
      res.end('ok')
    })
    const response = await fetch(origin, { headers: { cookie: await visitorsCookie() } })
    await response.text()
    return { status: response.status, ours: response.headers.getSetCookie().filter((line) => line.startsWith(COOKIE)) }
  }
  const reads = async (cookie: string | null) => {
    const requestSession = sessions.detached(headersOf(cookie))
    ;(await requestSession.open()).get('name')
    return requestSession
  }
  /** As `getSession()` without a cookie, which frameworks' documents show for a sign-in. */
  const begins = async () => {
    const requestSession = sessions.detached(headersOf(null))
    ;(await requestSession.open()).signIn('ada')
    return requestSession
  }

  test('keeps the ticket of a session that was begun, whoever else only read', async () => {
    expect((await answered(reads, begins)).ours).toHaveLength(1)
    expect((await answered(begins, reads)).ours).toHaveLength(1)
    expect((await answered(reads, begins, reads)).ours).toHaveLength(1)
  })
})

describe('over one connection', () => {
  test('each of several requests that are sent without waiting is its own', async () => {
    const { port } = await serving(async (req, res) => {
      const seen = [requestContext()?.identity === req]
      await settled()
      seen.push(requestContext()?.identity === req)
      req.resume().on('end', () => {
        seen.push(requestContext()?.identity === req)
        setImmediate(() => res.end(`${req.url} ${[...seen, requestContext()?.identity === req]};`))
      })
    })
    const format = await dial(port)
    for (const n of [1, 2, 3]) format.send(`GET /${n} HTTP/1.1`)
    const text = await format.until('/3 true')
    for (const n of [1, 2, 3]) expect(text).toContain(`/${n} true,true,true,true;`)
  })

  test('a body that comes late is read within its request, also when an earlier one was on the same connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const reading = gate()
    const { port } = await serving(async (req, res) => {
      const seen: boolean[] = []
      const look = (): void => void seen.push(requestContext()?.identity === req)
      look()
      if (req.method === 'POST') void reading.pass()
      for await (const _ of req) look()
      look()
      res.end(`${seen}`)
    })
    const ask = async (method: string, send: (out: ClientRequest) => unknown) => {
      const out = request({ port, host: '127.0.0.1', method, agent })
      const answer = once(out, 'response')
      await send(out)
      const [response] = (await answer) as [IncomingMessage]
      return Buffer.concat(await response.toArray()).toString()
    }
    expect(await ask('GET', (out) => out.end())).toBe('true,true')
    const late = ask('POST', async (out) => {
      out.write('hello')
      await reading.reached
      out.end('again')
    })
    expect(await late).toMatch(/^true(,true)+$/)
  })
})

describe('the last word on every kind of answer', () => {
  const kinds: readonly (readonly [string, string, (res: ServerResponse, line: string) => void])[] = [
    ['HEAD', 'HEAD', (res) => void res.end()],
    ['304', 'GET', (res) => void res.writeHead(304).end()],
    ['204', 'GET', (res) => void res.writeHead(204).end()],
    ['302', 'GET', (res) => void res.writeHead(302, { location: '/' }).end()],
    ['a flat list given to writeHead', 'GET', (res, line) => void res.writeHead(200, ['Set-Cookie', line, 'X-A', '1']).end('ok')],
    [
      'pairs given to writeHead',
      'GET',
      (res, line) =>
        void res
          .writeHead(200, [
            ['Set-Cookie', line],
            ['Set-Cookie', 'other=1'],
          ] as never)
          .end('ok'),
    ],
    ['a reason and headers', 'GET', (res, line) => void res.writeHead(200, 'Fine', { 'SET-COOKIE': [line] }).end('ok')],
    ['flushed headers', 'GET', (res) => [res.flushHeaders(), res.end('ok')]],
    ['a stream', 'GET', (res) => [res.write('o'), setImmediate(() => res.end('k'))]],
    ['an empty Set-Cookie', 'GET', (res) => res.setHeader('set-cookie', '').end('ok')],
    ['an array of none', 'GET', (res) => res.setHeader('set-cookie', []).end('ok')],
    ['early hints before it', 'GET', (res) => [res.writeEarlyHints({ link: '</a.css>; rel=preload' }), res.end('ok')]],
    ['102 before it', 'GET', (res) => [res.writeProcessing(), res.end('ok')]],
  ]

  test.each(kinds)('%s: one cookie, no-store', async (_, method, answer) => {
    const { origin } = await serving(async (req, res) => {
      const requestSession = sessions.requestSession(req, headersOf(null))
      speakOn(res, requestSession)
      const session = await requestSession.open()
      session.set('a', 1)
      const { current } = await requestSession.commit()
      session.set('b', 2)
      session.regenerateId()
      await requestSession.commit()
      answer(res, current[0]?.[1] ?? '')
    })
    const response = await fetch(origin, { method, redirect: 'manual' })
    await response.text()
    const ours = response.headers.getSetCookie().filter((line) => line.startsWith(COOKIE))
    expect([ours.length, response.headers.get('cache-control'), response.headers.getSetCookie().includes('')]).toEqual([
      1,
      'no-store',
      false,
    ])
    const requestSession = sessions.detached(headersOf(ours[0]?.split(';')[0]))
    expect((await requestSession.open()).keys()).toEqual(['a', 'b'])
  })

  describe.each<[string, (session: LiveSession) => void]>([
    ['begins a session', (session) => session.set('n', 1)],
    ['changes one', (session) => session.set('n', 1)],
    ['gives one a new id', (session) => session.regenerateId()],
    ['signs somebody in', (session) => session.signIn('ada')],
  ])('a commit that %s and is under way when the answer ends', (name, change) => {
    test('leaves with its cookie, or it is told that it could not', async () => {
      const events: SessionEvent[] = []
      const watch = watched(memoryStore())
      const adapter = adapterOf(sessionsOf({ secrets: SECRET, store: watch.store, onEvent: (event) => void events.push(event) }))
      let cookie: string | null = null
      if (name !== 'begins a session') {
        const first = adapter.detached(headersOf(null))
        ;(await first.open()).set('a', 1)
        cookie = (await first.commit()).current.map(([, line]) => line.split(';')[0]).join()
      }
      const barrier = gate()
      watch.before = async (call) => {
        if (call === 'create' || call === 'update') await barrier.pass()
      }
      const { origin } = await serving(async (req, res) => {
        const requestSession = adapter.requestSession(req, headersOf(cookie))
        speakOn(res, requestSession)
        change(await requestSession.open())
        void requestSession.commit()
        await barrier.reached
        res.end('ok')
        setImmediate(barrier.open)
      })
      const response = await fetch(origin)
      await response.text()
      await settled()
      const given = response.headers.getSetCookie().map((line) => line.split(';')[0] ?? null)
      const told = events.some(({ type }) => type === 'late-failed')
      const there = await adapter.detached(headersOf(given[0] ?? cookie)).open()
      expect(told || !there.isNew).toBe(true)
    })
  })
})

describe('a request within a request', () => {
  test('is its own until it is done, and then the outer one is there again', async () => {
    const [outer, inner] = [{ headers: new Headers() }, { headers: new Headers() }]
    await within(outer, async () => {
      expect(requestContext()?.identity).toBe(outer)
      await within(inner, async () => {
        await Promise.resolve()
        expect(requestContext()?.identity).toBe(inner)
      })
      expect(requestContext()?.identity).toBe(outer)
      expect(() =>
        within(inner, () => {
          throw new Error('no')
        }),
      ).toThrow('no')
      expect(requestContext()?.identity).toBe(outer)
    })
  })
})

test('there is no last word on what is no response of node:http', () => {
  expect(speakOn({ headersSent: false } as never, sessions.detached(headersOf(null)))).toBe(false)
})
