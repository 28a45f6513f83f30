import { createRequire } from 'node:module'
import Fastify, { type FastifyReply } from 'fastify'
import { describe, expect, test } from 'vitest'
import {
  type Act,
  count,
  given,
  KEY,
  leave,
  ours,
  type Request,
  secure,
  show,
  site,
  textStore,
  theirs,
  told,
  type Use,
  upstream,
  withStore,
} from '../../../test/helpers/fastify.ts'
import { gate } from '../../../test/helpers/gate.ts'
import { memoryStore } from '../../stores/memory.ts'
import coatcheck, { fastifySecureSession, type SecureSession, type Session } from './fastify.ts'

const kinds: [string, () => Use][] = [
  ['@fastify/session, a store of ours', () => ours()],
  ['@fastify/session, a store of others', () => ours({ store: textStore() as never })],
  ['@fastify/secure-session, in the cookie', () => secure()],
  ['@fastify/secure-session, in a store', withStore],
]

describe.each(kinds)('the interface of %s', (_, use) => {
  test('a session is remembered, given a new id, and ended', async () => {
    const { visitor } = await site(
      {
        '/count': count,
        '/show': show,
        '/in': async (request) => {
          await request.session.regenerate(['n'])
          request.session.set('user', 'ada')
          return 'signed in'
        },
        '/out': leave,
      },
      use(),
    )
    const eve = visitor()
    expect([await told(eve('/count')), await told(eve('/count'))]).toEqual(['1', '2'])
    const before = eve.cookies
    expect(await told(eve('/in'))).toBe('signed in')
    expect(eve.cookies).toHaveLength(1)
    expect(eve.cookies).not.toEqual(before)
    expect(await told(eve('/show'))).toBe('{"n":2,"user":"ada"}')
    expect(await told(eve('/out'))).toBe('gone')
    expect(eve.cookies).toEqual([])
    expect(await told(eve('/show'))).toBe('{}')
  })

  test('F48: what a handler with `reply.raw` or `reply.hijack()` changes is stored, and its cookie sent', async () => {
    const { visitor, app } = await site(
      {
        '/raw': ({ session }, reply) => {
          session.set('raw', true)
          reply.raw.writeHead(200, { 'x-a': '1' })
          reply.raw.end('raw')
        },
        '/hijack': ({ session }, reply) => {
          session.set('hijacked', true)
          reply.hijack()
          reply.raw.write('hi')
          reply.raw.end('jacked')
        },
        '/show': show,
      },
      use(),
    )
    const eve = visitor()
    const raw = await eve('/raw')
    expect([await raw.text(), raw.headers.get('x-a'), eve.cookies.length]).toEqual(['raw', '1', 1])
    expect(await told(eve('/hijack'))).toBe('hijacked')
    expect(await told(eve('/show'))).toBe('{"raw":true,"hijacked":true}')
    const injected = await app.inject('/raw')
    expect([injected.body, injected.cookies.length]).toEqual(['raw', 1])
    const { name, value } = injected.cookies[0] as { name: string; value: string }
    expect((await app.inject({ url: '/show', cookies: { [name]: value } })).body).toBe('{"raw":true}')
  })

  test('a page that read the session is kept out of shared caches, and any other is left alone', async () => {
    const { visitor } = await site({ '/count': count, '/show': show, '/plain': async () => 'plain' }, use())
    const eve = visitor()
    const looks = async (path: string) => {
      const { headers } = await eve(path)
      return [headers.get('vary'), headers.get('cache-control'), headers.getSetCookie().length]
    }
    expect(await looks('/plain')).toEqual([null, null, 0])
    expect(await looks('/show')).toEqual(['Cookie', null, 0])
    expect(await looks('/count')).toEqual(['Cookie', 'no-store', 1])
    expect(await looks('/show')).toEqual(['Cookie', 'private, no-cache', 0])
    expect(await looks('/plain')).toEqual([null, null, 0])
  })

  test('what later hooks and a failed handler change is stored, too', async () => {
    const { visitor, app } = await site(
      {
        '/late': async ({ session }, reply) => {
          session.set('early', 1)
          Object.assign(reply, { late: session })
          return 'late'
        },
        '/boom': async ({ session }) => {
          session.set('tried', 1)
          throw new Error('boom')
        },
        '/show': show,
      },
      (each) => {
        use()(each)
        each.addHook('onSend', (_, reply, payload, done) => {
          ;(reply as { late?: Session }).late?.set('late', 1)
          done(null, payload)
        })
      },
    )
    const eve = visitor()
    await eve('/late')
    expect((await eve('/boom')).status).toBe(500)
    expect(await told(eve('/show'))).toBe('{"early":1,"late":1,"tried":1}')
    expect((await app.inject('/nowhere')).statusCode).toBe(404)
  })

  test('F49: @fastify/flash keeps a message for one page', async () => {
    const { visitor } = await site(
      {
        '/leave': async (request) => String((request as never as { flash: (...all: string[]) => number }).flash('info', 'hello')),
        '/take': async (_, reply) => (reply as never as { flash: (type?: string) => unknown }).flash('info'),
      },
      (app) => {
        use()(app)
        app.register(upstream.flash())
      },
    )
    const eve = visitor()
    expect([await told(eve('/leave')), await told(eve('/leave'))]).toEqual(['1', '2'])
    expect([await told(eve('/take')), await told(eve('/take'))]).toEqual(['["hello","hello"]', '[]'])
  })

  test('F49: @fastify/csrf-protection takes its token, and refuses another', async () => {
    const isSecure = _.includes('secure')
    const { visitor } = await site(
      { '/token': async (_request, reply) => (reply as never as { generateCsrf: () => string }).generateCsrf() },
      (app) => {
        use()(app)
        app.register(upstream.csrf(), { sessionPlugin: isSecure ? '@fastify/secure-session' : '@fastify/session' } as never)
        app.register(async (scope) => {
          const { csrfProtection } = scope as never as { csrfProtection: never }
          scope.post('/do', { onRequest: csrfProtection }, async () => 'done')
        })
      },
    )
    const eve = visitor()
    const token = await told(eve('/token'))
    const send = (csrf: string) => eve('/do', { method: 'POST', headers: { 'csrf-token': csrf } })
    expect([(await send(token)).status, (await send(`${token}x`)).status]).toEqual([200, 403])
    expect((await visitor()('/do', { method: 'POST', headers: { 'csrf-token': token } })).status).toBe(403)
  })
})

test('F48: the packages themselves lose what is changed there', async () => {
  const pages: Record<string, Act> = {
    '/raw': ({ session }, reply) => {
      session.set('raw', true)
      reply.raw.end('raw')
    },
    '/show': async ({ session }) => [session.get('raw') ?? 'lost'],
  }
  const both: Use[] = [theirs(), (app) => void app.register(upstream.secureSession(), { key: KEY })]
  for (const use of both) {
    const eve = (await site(pages, use)).visitor()
    await eve('/raw')
    expect([eve.cookies, await told(eve('/show'))]).toEqual([[], '["lost"]'])
  }
})

/** Of 32 parallel requests that set a key each, how many are kept. */
async function parallel(use: Use): Promise<number> {
  const all = gate()
  let waiting = 0
  const { visitor } = await site(
    {
      '/count': count,
      '/set': async (request) => {
        if (++waiting === 32) all.open()
        await all.pass()
        request.session.set(request.url.slice(5), true)
        return ''
      },
      '/keys': async ({ session }) => JSON.stringify(Object.keys(session)),
    },
    use,
  )
  const eve = visitor()
  await eve('/count')
  await Promise.all(Array.from({ length: 32 }, (_, n) => eve(`/set?k${n}`)))
  return JSON.parse(await told(eve('/keys'))).filter((key: string) => key.startsWith('k')).length
}

describe('parallel requests', () => {
  test('32 requests at once, each with a key of its own: all are kept', async () => {
    for (const use of [ours(), ours({ store: textStore() as never }), withStore()]) expect(await parallel(use)).toBe(32)
    expect(await parallel(theirs())).toBe(1)
  })

  test('F40: a request under way brings no destroyed session back', async () => {
    const run = async (use: Use): Promise<string> => {
      const [begun, go] = [gate(), gate()]
      const { visitor } = await site(
        {
          '/count': count,
          '/slow': async ({ session }) => {
            begun.open()
            await go.pass()
            session.set('late', true)
            return ''
          },
          '/out': leave,
          '/show': async ({ session }) => ({ ...session, cookie: undefined }),
        },
        use,
      )
      const eve = visitor()
      await eve('/count')
      const cookie = eve.cookies.join('; ')
      const slow = eve('/slow')
      await begun.pass()
      await eve('/out')
      go.open()
      await slow
      return told(visitor()('/show', { headers: { cookie } }))
    }
    for (const use of [ours(), ours({ store: textStore() as never }), withStore()]) expect(await run(use)).toBe('{}')
    expect(await run(theirs())).toBe('{"n":1,"late":true}')
  })
})

/** A store of ours that can be told to fail. */
function failing() {
  const store = memoryStore()
  const state = { isDown: false }
  const call =
    <T extends unknown[], R>(method: (...given: T) => Promise<R>) =>
    async (...all: T): Promise<R> => {
      if (state.isDown) throw new Error('the store is down')
      return method(...all)
    }
  const down = {
    ...store,
    read: call(store.read),
    create: call(store.create),
    update: call(store.update),
    delete: call(store.delete),
  }
  return { store: down, state }
}

describe('a store that fails', () => {
  const handled: Use = (app) =>
    void app.setErrorHandler((error: Error & { code?: string }, _, reply) => reply.code(503).send({ told: error.code }))

  test.each(['session', 'secure-session'])('F48: reaches the error handler of the application (%s)', async (kind) => {
    const { store, state } = failing()
    const { visitor } = await site({ '/count': count, '/show': show }, (app) => {
      handled(app)
      if (kind === 'session') ours({ store })(app)
      else secure({ key: KEY, store })(app)
    })
    const eve = visitor()
    await eve('/count')
    const cookies = eve.cookies
    state.isDown = true
    const read = await eve('/show')
    expect([read.status, await read.text()]).toEqual([503, '{"told":"STORE_FAILED"}'])
    state.isDown = false
    expect(await told(eve('/show'))).toBe('{"n":1}')
    expect(eve.cookies).toEqual(cookies)
  })

  test('F48: when it fails to write, no page is sent, and nothing is stored later', async () => {
    const { store, state } = failing()
    const pages: Record<string, Act> = {
      '/write': async ({ session }) => {
        state.isDown = true
        session.set('n', 2)
        return 'written'
      },
      '/raw': ({ session }, reply) => {
        state.isDown = true
        session.set('n', 3)
        reply.hijack()
        reply.raw.setHeader('etag', '"of the page"')
        reply.raw.end('written')
      },
      '/show': show,
      '/count': count,
    }
    const { visitor } = await site(pages, (app) => {
      handled(app)
      ours({ store })(app)
    })
    const eve = visitor()
    await eve('/count')
    const written = await eve('/write')
    expect([written.status, await written.text(), written.headers.getSetCookie()]).toEqual([503, '{"told":"STORE_FAILED"}', []])
    state.isDown = false
    expect(await told(eve('/show'))).toBe('{"n":1}')
    const raw = await eve('/raw')
    expect([raw.status, raw.headers.get('etag'), await raw.json()]).toEqual([
      500,
      null,
      { statusCode: 500, error: 'Internal Server Error', message: expect.stringContaining('store') },
    ])
    state.isDown = false
    expect(await told(eve('/show'))).toBe('{"n":1}')
  })
})

describe('@fastify/passport', () => {
  const { Authenticator } = createRequire(import.meta.url)('@fastify/passport') as typeof import('@fastify/passport')
  const { Strategy } = createRequire(import.meta.url)('passport-local') as {
    Strategy: new (verify: (name: string, password: string, done: (error: null, user: unknown) => void) => void) => never
  }
  const people: Record<string, { readonly name: string }> = { ada: { name: 'ada' } }

  test.each(kinds)('F49: signs in with a new id, keeps what it is told to, and signs out (%s)', async (_, use) => {
    const passport = new Authenticator()
    passport.use('local', new Strategy((name, password, done) => done(null, password === 'lovelace' ? people[name] : false)))
    passport.registerUserSerializer(async (user: { name: string }) => user.name)
    passport.registerUserDeserializer(async (name: string) => people[name])
    const { visitor } = await site(
      {
        '/count': count,
        '/who': async (request) => [
          (request as never as { user?: { name: string } }).user?.name ?? 'nobody',
          request.session.get('n'),
        ],
        '/keep': async (request) => {
          await request.logIn(people.ada as never, { keepSessionInfo: true } as never)
          return 'in'
        },
        '/out': async (request) => {
          await request.logOut()
          return 'out'
        },
        '/flashed': async (_request, reply) => (reply as never as { flash: () => unknown }).flash(),
      },
      (app) => {
        use()(app)
        app.register(passport.initialize() as never)
        app.register(passport.secureSession() as never)
        app.register(async (scope) => {
          scope.post(
            '/login',
            {
              preValidation: passport.authenticate('local', {
                successRedirect: '/who',
                failureFlash: 'No.',
                failureRedirect: '/flashed',
              }) as never,
            },
            async () => '',
          )
        })
      },
    )
    const eve = visitor()
    await eve('/count')
    const planted = eve.cookies.join('; ')
    const login = (password: string) =>
      eve('/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'ada', password }),
      })
    expect((await login('guess')).headers.get('location')).toBe('/flashed')
    expect(await told(eve('/flashed'))).toContain('No.')
    expect(await told(eve('/who'))).toBe('["nobody",1]')
    expect((await login('lovelace')).headers.get('location')).toBe('/who')
    expect(JSON.parse(await told(eve('/who')))[0]).toBe('ada')
    expect(JSON.parse(await told(visitor()('/who', { headers: { cookie: planted } })))[0]).toBe('nobody')
    await eve('/out')
    expect(JSON.parse(await told(eve('/who')))[0]).toBe('nobody')
    await eve('/count')
    await eve('/keep')
    expect(await told(eve('/who'))).toBe('["ada",1]')
  })
})

test('a hook that redirects and lets the handler answer, too, sends the first answer', async () => {
  const pages: Record<string, Act> = { '/show': show }
  const { visitor } = await site(pages, (app) => {
    ours()(app)
    app.register(async (scope) => {
      const redirects = async (request: object, reply: FastifyReply): Promise<void> => {
        ;(request as Request).session.set('n', 1)
        reply.redirect('/show')
      }
      scope.get('/go', { preValidation: redirects }, async () => 'the handler')
    })
  })
  const eve = visitor()
  const answer = await eve('/go')
  expect([answer.status, answer.headers.get('location'), await answer.text()]).toEqual([302, '/show', ''])
  expect(await told(eve('/show'))).toBe('{"n":1}')
})

describe('scopes', () => {
  test('a plugin serves the scope that registered it, and the scopes within', async () => {
    const has: Act = async (request) => String('session' in request && request.session !== null)
    const { app } = await site({ '/outside': has }, (whole) => {
      whole.register(async (scope) => {
        await scope.register(coatcheck, given)
        scope.get('/inside', (request) => has(request as Request, undefined as never))
        scope.register(async (inner) => void inner.get('/within', (request) => has(request as Request, undefined as never)))
      })
    })
    const answers = ['/outside', '/inside', '/within'].map(async (url) => (await app.inject(url)).body)
    expect(await Promise.all(answers)).toEqual(['false', 'true', 'true'])
  })

  test('two registrations with two names are two sessions', async () => {
    const admins = (request: Request): Session => request.getDecorator<Session>('admin')
    const { visitor } = await site(
      {
        '/both': async (request) => {
          request.session.set('cart', 1)
          admins(request).set('role', 'root')
          return ''
        },
        '/show': async (request) => [request.session.data(), admins(request).data()],
        '/out': async (request) => {
          await admins(request).destroy()
          return ''
        },
      },
      (app) => {
        ours()(app)
        ours({ sessionName: 'admin', cookieName: 'admin', cookie: { secure: false, path: '/' } })(app)
      },
    )
    const eve = visitor()
    await eve('/both')
    expect(eve.cookies.map((cookie) => cookie.split('=')[0])).toEqual(['sessionId', 'admin'])
    expect(await told(eve('/show'))).toBe('[{"cart":1},{"role":"root"}]')
    await eve('/out')
    expect(await told(eve('/show'))).toBe('[{"cart":1},{}]')
  })

  test('fastifySecureSession takes a list of sessions', async () => {
    const { visitor } = await site(
      {
        '/set': async (request) => {
          request.session.set('a', 1)
          ;(request as never as { other: SecureSession }).other.set('b', 2)
          return ''
        },
        '/show': async (request) => [request.session.data(), (request as never as { other: SecureSession }).other.data()],
      },
      (app) => void app.register(fastifySecureSession, [{ key: KEY }, { key: KEY, sessionName: 'other', cookieName: 'o' }]),
    )
    const eve = visitor()
    await eve('/set')
    expect(eve.cookies.map((cookie) => cookie.split('=')[0])).toEqual(['session', 'o'])
    expect(await told(eve('/show'))).toBe('[{"a":1},{"b":2}]')
    const swapped = eve.cookies
      .map((cookie) => cookie.replace(/^(session|o)=/, (_, name) => (name === 'o' ? 'session=' : 'o=')))
      .join('; ')
    expect(await told(visitor()('/show', { headers: { cookie: swapped } }))).toBe('[{},{}]')
  })

  test('the same name twice in a scope is told by Fastify', async () => {
    const app = Fastify()
    app.register(coatcheck, given)
    app.register(fastifySecureSession, { key: KEY })
    await expect(app.ready()).rejects.toThrow(expect.objectContaining({ code: 'FST_ERR_DEC_ALREADY_PRESENT' }))
  })
})
