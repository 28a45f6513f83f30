import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import Fastify from 'fastify'
import { afterAll, expect, test } from 'vitest'
import { Koa, type KoaContext } from '../../test/helpers/koa.ts'
import { assertSession } from '../testing/index.ts'
import cookieSession from './middleware/cookie-session.ts'
import expressSession from './middleware/express-session.ts'
import { fastifySecureSession, fastifySession } from './middleware/fastify.ts'
import koaSession from './middleware/koa.ts'

const SECRET = 'only for tests: Jc5nWz8qKt2Xv7Lr'
const NAME = '__Host-id'
const CAREFUL = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const

const closing: (() => unknown)[] = []
afterAll(() => Promise.all(closing.map((close) => close())))

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const inExpress = (middleware: express.RequestHandler): Promise<string> => {
  const app = express()
  app.set('trust proxy', 1)
  app.use(middleware)
  app.get('/', (req, res) => {
    Object.assign(Reflect.get(req, 'session'), { owner: 'ada' })
    res.send('hello')
  })
  return serve(app)
}

const inFastify = async (register: (app: ReturnType<typeof Fastify>) => unknown): Promise<string> => {
  const app = Fastify({ trustProxy: true })
  register(app)
  app.get('/', async (request) => {
    request.session.set('flash', { hello: ['ada'] })
    return 'hello'
  })
  closing.push(() => app.close())
  return app.listen({ host: '127.0.0.1', port: 0 })
}

const apps: Readonly<Record<string, () => Promise<string>>> = {
  'express-session': () => inExpress(expressSession({ secret: SECRET, name: NAME, cookie: CAREFUL }) as never),
  'cookie-session': () => inExpress(cookieSession({ keys: [SECRET], name: NAME, ...CAREFUL }) as never),
  'koa-session': () => {
    const app = Object.assign(new Koa(), { proxy: true, keys: [SECRET] })
    app.use(koaSession({ key: NAME, ...CAREFUL }, app))
    app.use((ctx: KoaContext & { session: object | null }) => {
      Object.assign(ctx.session ?? {}, { owner: 'ada' })
      ctx.body = 'hello'
    })
    return serve(app.callback())
  },
  '@fastify/session': () =>
    inFastify((app) => app.register(fastifySession, { secret: SECRET, cookieName: NAME, cookie: CAREFUL })),
  '@fastify/secure-session': () =>
    inFastify((app) =>
      app.register(fastifySecureSession, { secret: SECRET, salt: 'mq9hDxBVDbspDR6n', cookieName: NAME, cookie: CAREFUL }),
    ),
}

test.each(Object.keys(apps))(
  'in the place of %s a cookie may have the name that no sibling of the site can set',
  async (name) => {
    const address = (await apps[name]?.()) ?? ''
    const answer = await fetch(address, { headers: { 'x-forwarded-proto': 'https' } })
    expect(await answer.text()).toBe('hello')
    assertSession.setsCookie(answer, NAME)
  },
)
