import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastifyCookie from '@fastify/cookie'
import fastifySecureSession from '@fastify/secure-session'
import fastifySession from '@fastify/session'
import cookieSession from 'cookie-session'
import express from 'express'
import expressSession from 'express-session'
import fastify from 'fastify'
import { H3, toNodeHandler, useSession } from 'h3'
import { getIronSession } from 'iron-session'
// @ts-expect-error: its types are not installed
import Koa from 'koa'
import koaSession from 'koa-session'
import { createCookieSessionStorage, createMemorySessionStorage } from 'react-router'
import { afterEach, describe, expect, it } from 'vitest'
import { call, modules } from '../../test/helpers/command.ts'
import { withSession } from '../adapters/fetch.ts'
import { createSessions } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { cookiesIn } from './inspect/given.ts'

const { module, remove } = modules()
afterEach(remove)

const SECRET = 'Jx9mQ4vR2tY7wB5nC8kD1fG6hL3pZ0sA'
const OTHER = 'Vb3nM8qW1eR6tY2uI9oP5aS7dF4gH0jK'

/** The Cookie header of somebody who came once, over HTTP. */
async function visited(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { headers } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    return headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ')
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const remembers = { name: 'Ada', secretPlan: 'cake' }

/** Sessions of the real libraries, made over HTTP, and of which kind they are. */
const MADE: Readonly<Record<string, () => Promise<string>>> = {
  'express-session': () =>
    visited(
      express()
        .use(expressSession({ secret: SECRET, resave: false, saveUninitialized: true }))
        .get('/', (req, res) => void res.send(String(Object.assign(req.session, remembers).id.length))),
    ),
  'cookie-session': () =>
    visited(
      express()
        .use(cookieSession({ keys: [SECRET] }))
        .get('/', (req, res) => void res.send(String(Object.assign(req.session ?? {}, remembers).name))),
    ),
  'koa-session': () => {
    const app = new Koa()
    app.keys = [SECRET]
    app.use(koaSession(app))
    app.use(async (ctx: { session: object; body: unknown }) => {
      Object.assign(ctx.session, remembers)
      ctx.body = 'hello'
    })
    return visited(app.callback())
  },
  'iron-session': () =>
    visited(async (req, res) => {
      const session = await getIronSession<typeof remembers>(req, res, { password: SECRET, cookieName: 'iron' })
      Object.assign(session, remembers)
      await session.save()
      res.end()
    }),
  h3: () => {
    const app = new H3()
    app.get('/', async (event) => {
      const session = await useSession(event, { password: SECRET })
      await session.update(remembers)
      return 'hello'
    })
    return visited(toNodeHandler(app))
  },
  'fastify-session': async () => {
    const app = fastify()
    app.register(fastifyCookie)
    app.register(fastifySession, { secret: SECRET, cookie: { secure: false } })
    app.get('/', async (request) => Object.assign(request.session, remembers) && 'hello')
    await app.ready()
    const { headers } = await app.inject('/')
    await app.close()
    return String(headers['set-cookie']).split(';', 1)[0] ?? ''
  },
  'fastify-secure-session': async () => {
    const app = fastify()
    app.register(fastifySecureSession, { key: Buffer.from(SECRET) })
    app.get('/', async (request) => {
      request.session.set('name' as never, 'Ada' as never)
      return 'hello'
    })
    await app.ready()
    const { headers } = await app.inject('/')
    await app.close()
    return String(headers['set-cookie']).split(';', 1)[0] ?? ''
  },
  remix: async () => {
    const storage = createCookieSessionStorage({ cookie: { name: '__session', secrets: [SECRET] } })
    const session = await storage.getSession()
    for (const [key, value] of Object.entries(remembers)) session.set(key, value)
    return (await storage.commitSession(session)).split(';', 1)[0] ?? ''
  },
  'remix-id': async () => {
    const storage = createMemorySessionStorage({ cookie: { name: '__session', secrets: [SECRET] } })
    return (await storage.commitSession(await storage.getSession())).split(';', 1)[0] ?? ''
  },
}
const IDS = ['express-session', 'fastify-session', 'remix-id']

const inspected = async (folder: string, ...args: string[]) => {
  const { code, said } = await call(folder, ['inspect', ...args, '--json'])
  return { code, said, ...JSON.parse(said) }
}

describe.each(Object.entries(MADE))('a cookie of %s', (kind, make) => {
  it('is known by its form, and tells without the secret nothing but what anybody can read', async () => {
    const header = await make()
    const { code, said, cookies } = await inspected('/', header)
    expect([code, cookies.map((each: { kind: string }) => each.kind)]).toEqual([0, [kind]])
    expect(cookies[0].genuine).toBeNull()
    expect(said).not.toContain('cake')
  })

  it('is told genuine with the secret that made it, and not with another', async () => {
    const header = await make()
    const { code, said, cookies } = await inspected('/', header, '--secret', OTHER, '--secret', SECRET)
    // Its box is libsodium's, which Node does not have.
    if (kind === 'fastify-secure-session') return void expect(cookies[0]).toMatchObject({ genuine: null, values: null })
    // Numbered passwords of iron-session: the seal says which.
    const asked = kind === 'iron-session' ? await inspected('/', header, '--secret', SECRET) : { code, said, cookies }
    expect([asked.code, asked.cookies[0].genuine]).toEqual([0, true])
    expect(asked.said).not.toContain('cake')
    if (!IDS.includes(kind)) {
      const keys = asked.cookies[0].values.map(({ key, type }: { key: string; type: string }) => `${key} ${type}`)
      expect(keys.sort()).toEqual(['name string', 'secretPlan string'])
      const shown = await inspected('/', header, '--secret', SECRET, '--reveal')
      expect(shown.said).toContain('cake')
    }
    expect(await inspected('/', header, '--secret', OTHER)).toMatchObject({ code: 1, cookies: [{ genuine: false }] })
  })
})

describe('a cookie of ours', () => {
  const NAME = '__Host-Http-session'
  async function ticketOf(options: Parameters<typeof createSessions>[0], value: unknown = 'cake'): Promise<string> {
    const sessions = createSessions(options)
    const serve = withSession(sessions, async (request) => {
      const session = await sessions.open(request)
      session.set('secretPlan', value as string)
      session.signIn('ada')
      return new Response()
    })
    const answer = await serve(new Request('https://shop.example/'))
    return answer.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ')
  }

  it('is opened with the secret alone where it holds the session, also in pieces', async () => {
    for (const value of ['cake', 'cake '.repeat(1500)]) {
      const header = await ticketOf({ secrets: SECRET, chunks: true }, value)
      const { code, said, cookies } = await inspected('/', header, '--secret', SECRET)
      expect([code, said]).toEqual([0, expect.not.stringMatching(/cake|"ada"/)])
      expect(cookies[0]).toMatchObject({
        kind: 'coatcheck-sealed',
        genuine: true,
        reason: null,
        owner: '(redacted)',
        values: [{ key: 'secretPlan', type: 'string' }],
      })
      expect((await inspected('/', header, '--secret', SECRET, '--reveal')).cookies[0]).toMatchObject({
        owner: 'ada',
        values: [{ value }],
      })
      expect(await inspected('/', header, '--secret', OTHER)).toMatchObject({
        code: 1,
        cookies: expect.arrayContaining([expect.objectContaining({ genuine: false, reason: 'unknown-key' })]),
      })
    }
  })

  it('names the handle where a store has the session, and is bound to its name', async () => {
    const header = await ticketOf({ secrets: SECRET, store: memoryStore() })
    const { cookies } = await inspected('/', header, '--secret', SECRET)
    expect(cookies[0]).toMatchObject({
      kind: 'coatcheck-ticket',
      holds: 'an id',
      genuine: true,
      handle: expect.stringMatching(/^[0-9a-f]{64}$/),
      values: null,
    })
    const renamed = header.replace(NAME, 'other')
    expect((await inspected('/', renamed, '--secret', SECRET)).cookies[0]).toMatchObject({ genuine: false, reason: 'forged' })
  })

  it('is looked up with the sessions of the application, and says why it opens nothing', async () => {
    const folder = module(`
      const store = sqliteStore({ path: file('shop.sqlite') })
      export const sessions = createSessions({ secrets: '${SECRET}', store })
      export const serve = withSession(sessions, async (request) => {
        const session = await sessions.open(request)
        session.set('secretPlan', 'cake')
        session.signIn('ada')
        return new Response()
      })`)
    const { serve }: { serve: (request: Request) => Promise<Response> } = await import(`${folder}/sessions.ts`)
    const [line = ''] = (await serve(new Request('https://shop.example/'))).headers.getSetCookie()
    const { cookies } = await inspected(folder, `Set-Cookie: ${line}`, '--config', 'sessions.ts')
    expect(cookies).toMatchObject([{ name: NAME, genuine: true, owner: '(redacted)', values: [{ key: 'secretPlan', bytes: 6 }] }])
    expect((await call(folder, ['end', cookies[0].handle])).code).toBe(0)
    const gone = await inspected(folder, line, '--config', 'sessions.ts')
    expect(gone).toMatchObject({ code: 0, cookies: [{ genuine: true, reason: 'unknown', values: null }] })
    const text = await call(folder, ['inspect', line, '--config', 'sessions.ts'])
    expect(text.said).toMatch(/kind +coatcheck-ticket\nwritten by +Coatcheck\n[\s\S]*opens nothing +unknown/)
  })
})

it('finds the cookies in what people copy', () => {
  expect(cookiesIn('Cookie: a=1; b=x%3D; a.sig=y')).toEqual([
    { name: 'a', value: '1' },
    { name: 'b', value: 'x%3D' },
    { name: 'a.sig', value: 'y' },
  ])
  expect(cookiesIn('Set-Cookie: sid=s%3Aabc; Path=/; HttpOnly; Max-Age=60')).toEqual([{ name: 'sid', value: 's%3Aabc' }])
  expect(cookiesIn(' eyJhIjoxfQ== ')).toEqual([{ name: '', value: 'eyJhIjoxfQ==' }])
})

it('says that it does not know what it does not know', async () => {
  for (const junk of ['hello', 'a=b', 'x='.repeat(50), `sid=${'A'.repeat(5000)}`, '%E0%A4%A', '{"', 'sid=a.b.c'])
    expect(await inspected('/', junk)).toMatchObject({ code: 1, cookies: [{ kind: 'unknown', genuine: null }] })
  expect(await call('/', ['inspect', ' '])).toMatchObject({ code: 1, complaint: expect.stringContaining('No cookie was given.') })
})

it('knows a JWT, and what it says to anybody, and one that is encrypted', async () => {
  // RFC 7519, 3.1.
  const jwt =
    'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  const { cookies } = await inspected('/', `token=${jwt}`)
  expect(cookies[0]).toMatchObject({
    kind: 'jwt',
    values: [{ key: 'iss' }, { key: 'exp' }, { key: 'http://example.com/is_root' }],
  })
  expect((await inspected('/', 'token=eyJhbGciOiJkaXIifQ..aaaa.bbbb.cccc')).cookies[0].kind).toBe('jwe')
})
