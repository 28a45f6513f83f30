import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Adapter, TicketResponse } from '../../../test/helpers/adapter.ts'
import { tellStories } from '../../../test/helpers/adapter-stories.ts'
import { type DeviceApp, isCaught, native, pageOf, STATIC, tellDeviceStories } from '../../../test/helpers/device-stories.ts'
import { decorate, type Nest, nestOf } from '../../../test/helpers/nest.ts'
import { openExpressSession, openShop } from '../../../test/helpers/nest-shop.ts'
import { serving } from '../../../test/helpers/serving.ts'
import { SECRET } from '../../../test/helpers/site.ts'
import type { Session } from '../../core/session/types.ts'
import type { AnySessions } from '../../core/sessions.ts'
import { createSessions } from '../../index.ts'
import { memoryStore } from '../../stores/memory.ts'
import { type Visitor, visitor } from '../../testing/visitor.ts'
import { SessionModule } from './nest.ts'

interface Reply {
  status(code: number): unknown
  header(name: string, value: string): unknown
  append?(name: string, value: string): unknown
}

/** An application whose one controller answers everything with what `handle` says. */
function adapterOf(nest: Nest): Adapter {
  const { All, Controller, Module, Req, Res, StreamableFile } = nest.common
  const respond = (reply: Reply, { status = 200, headers = [], body = '', redirect }: TicketResponse): unknown => {
    for (const [name, value] of headers) reply.append ? reply.append(name, value) : reply.header(name, value)
    if (redirect !== undefined) reply.header('location', redirect)
    reply.status(redirect === undefined ? status : 303)
    return typeof body === 'string' ? body : new StreamableFile(Readable.from(body))
  }
  return {
    name: `Nest ${nest.version} over ${nest.platform}`,
    answersThrows: true,
    listener(handle, sessions) {
      class Pages {
        async page(request: IncomingMessage, reply: Reply): Promise<unknown> {
          return respond(reply, await handle({ request, path: request.url ?? '' }))
        }
      }
      decorate(Pages, 'page', [All(nest.platform === 'fastify' ? '*' : '{*path}')], [Req(), Res({ passthrough: true })])
      Controller()(Pages)
      class Root {}
      Module({ imports: sessions.map((each: AnySessions) => SessionModule.forRoot(each)), controllers: [Pages] })(Root)
      const begun = nest.create(Root).then(async (app) => {
        const instance = app.getHttpAdapter().getInstance()
        instance.disable?.('etag') // of Nest's page for errors, too
        await app.init()
        await instance.ready?.()
        return app
      })
      onTestFinished(async () => void (await (await begun).close()))
      return (req: IncomingMessage, res: ServerResponse) =>
        void begun.then(
          (app) => app.getHttpServer().emit('request', req, res),
          (error) => res.destroy(error),
        )
    },
  }
}

/** Its guard, as Nest calls it, redirects what browsers ask: it must not be reached. */
const deviceAppOf =
  (nest: Nest): DeviceApp =>
  async ({ now, deviceBound }) => {
    const { All, Controller, Module, Req, Res } = nest.common
    const sessions = createSessions({ secrets: SECRET, store: memoryStore({ now }), now, ...(deviceBound && { deviceBound }) })
    class Pages {
      async page(request: IncomingMessage, reply: Reply): Promise<unknown> {
        const [path = ''] = (request.url ?? '').split('?')
        if (isCaught(path)) {
          reply.header('location', '/login')
          reply.status(302)
          return ''
        }
        if (path !== '/static') return pageOf(path, native((await sessions.open(request)) as Session))
        reply.header('cache-control', STATIC['cache-control'])
        return 'public'
      }
    }
    decorate(Pages, 'page', [All(nest.platform === 'fastify' ? '*' : '{*path}')], [Req(), Res({ passthrough: true })])
    Controller()(Pages)
    class Root {}
    Module({ imports: [SessionModule.forRoot(sessions)], controllers: [Pages] })(Root)
    const app = await nest.create(Root)
    app.getHttpAdapter().getInstance().disable?.('etag')
    await app.init()
    await app.getHttpAdapter().getInstance().ready?.()
    onTestFinished(async () => void (await app.close()))
    return (await serving(app.getHttpServer())).origin
  }

const told = async (response: Promise<Response>): Promise<string> => (await response).text()

for (const name of ['nest', 'nest-11'] as const) {
  for (const platform of ['express', 'fastify'] as const) {
    const nest = await nestOf(name, platform)
    tellStories(adapterOf(nest))
    if (name === 'nest') tellDeviceStories(`Device-bound sessions in Nest ${nest.version} over ${platform}`, deviceAppOf(nest))

    describe(`An application of Nest ${nest.version} over ${platform}`, () => {
      let shop: Awaited<ReturnType<typeof openShop>>
      beforeAll(async () => {
        shop = await openShop(nest)
      })
      afterAll(() => shop.close())
      const somebody = () => visitor(shop.origin, { follow: false })
      const known = async () => {
        const ada = somebody()
        await ada.post('/count')
        return ada
      }
      const keysOf = async (who: Visitor): Promise<string[]> => (await who.get('/keys')).json()

      test('F52: `@Session()` is the session in a handler, also where middleware gets the raw request', async () => {
        const ada = await known()
        expect([await told(ada.get('/read')), await keysOf(ada)]).toEqual(['n 1', ['n']])
      })

      test('a page that does not ask for the session stays public, and one that reads it does not', async () => {
        const ada = await known()
        const [open, read] = [await ada.get('/open'), await ada.get('/read')]
        expect([open.headers.get('cache-control'), open.headers.get('vary')]).toEqual(['public, max-age=60', null])
        expect([read.headers.get('cache-control'), read.headers.get('vary')?.toLowerCase()]).toEqual([
          'private, no-cache',
          'cookie',
        ])
      })

      test('guards, interceptors and filters have the session; an exception answered below 500 is an answer', async () => {
        const ada = await known()
        expect((await ada.get('/guarded')).status).toBe(403)
        await ada.post('/login')
        expect(await told(ada.get('/guarded'))).toBe('for ada')
        const statuses = []
        for (const path of ['/forbidden', '/boom', '/filtered']) statuses.push((await ada.get(path)).status)
        expect(statuses).toEqual([403, 500, 418])
        expect(await keysOf(ada)).toEqual(['filtered', 'forbidden', 'n', 'tried'])
      })

      test('middleware of a module has the session of the handler behind it', async () => {
        const ada = await known()
        expect(await told(ada.get('/marked'))).toBe('marked')
        expect(await keysOf(ada)).toEqual(['marked', 'n'])
      })

      test('a flash message comes once, after the redirect of a sign-in', async () => {
        const ada = somebody()
        const answer = await ada.post('/login')
        expect([answer.status, answer.headers.get('location')]).toEqual([303, '/flash'])
        expect(await told(ada.get('/flash'))).toBe('{"owner":"ada","message":"welcome"}')
        expect(await told(ada.get('/flash'))).toBe('{"owner":"ada"}')
      })

      test('of 32 requests at once none is lost: each sets its key, and each counts', async () => {
        const ada = await known()
        const at = [...Array(32).keys()]
        await Promise.all(at.flatMap((each) => [ada.post(`/set?key=key${each}`), ada.post('/count')]))
        expect(await keysOf(ada)).toEqual([...at.map((each) => `key${each}`), 'n'].toSorted())
        expect(await told(ada.get('/read'))).toBe('n 33')
      })

      test('a request in flight does not undo a sign-out', async () => {
        const ada = await known()
        const tab = ada.steal()
        const slow = tab.post('/slow')
        await ada.get('/slowReached')
        await ada.post('/logout')
        await ada.post('/slowGo')
        await slow
        expect([ada.cookies(), await keysOf(tab)]).toEqual([[], []])
      })

      test('an event stream may change the session where no cookie is needed', async () => {
        for (const [who, last, keys] of [
          [await known(), 'two', ['late', 'n']],
          [somebody(), 'TOO_LATE', []],
        ] as const) {
          const answer = await who.get('/events')
          await who.post('/eventsGo')
          expect((await answer.text()).match(/(?<=data: ).*/g)).toEqual(['one', last])
          expect(await keysOf(who)).toEqual(keys)
        }
      })

      test('a gateway has the session of the upgrade; what would need a cookie fails aloud', async () => {
        for (const [who, answer, keys] of [
          [await known(), 'hello 1', ['n', 'ws']],
          [somebody(), 'TOO_LATE', []],
        ] as const) {
          const headers = { cookie: who.jar.header(`${who.origin}/`) ?? '' }
          const socket = new WebSocket(`${who.origin.replace('http', 'ws')}/ws`, { headers } as never)
          const answered = Promise.withResolvers<unknown>()
          socket.onopen = () => socket.send(JSON.stringify({ event: 'greet', data: 'hello' }))
          socket.onerror = answered.reject
          socket.onmessage = ({ data }) => answered.resolve(JSON.parse(data).data)
          expect(await answered.promise).toBe(answer)
          socket.close()
          expect(await keysOf(who)).toEqual(keys)
        }
      })

      test('a form of another site is refused in one line', async () => {
        const ada = await known()
        const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
        const forged = await ada.post('/count', {}, { headers })
        expect([forged.status, await told(ada.get('/read'))]).toEqual([403, 'n 1'])
      })
    })
  }
}

test.each(['nest', 'nest-11'] as const)(
  '%s: `@Session()` is the session of coatcheck/express-session, in its place',
  async (name) => {
    const { origin, close } = await openExpressSession(await nestOf(name, 'express'))
    onTestFinished(async () => void (await close()))
    const ada = visitor(origin)
    expect([await told(ada.post('/count')), await told(ada.post('/count'))]).toEqual(['n 1', 'n 2'])
  },
)

test('what is no object of createSessions() is refused', () => {
  expect(() => SessionModule.forRoot({} as AnySessions)).toThrow('createSessions')
})
