import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import {
  count,
  given,
  KEY,
  leave,
  ours,
  type Request,
  SECRET,
  secure,
  show,
  site,
  told,
  upstream,
} from '../../../../test/helpers/fastify.ts'
import { memoryStore } from '../../../stores/memory.ts'
import { createJar } from '../../../testing/index.ts'
import coatcheck, {
  fastifySecureSession,
  fastifySession,
  MemoryStore,
  type SecureSession,
  type SecureSessionOptions,
  type Session,
  type SessionOptions,
  Store,
} from '../fastify.ts'

const secureOf = (request: Request): SecureSession => request.session as unknown as SecureSession

describe('the session of @fastify/session', () => {
  test('methods take a callback, or give a promise', async () => {
    const by = (session: Session, method: 'save' | 'reload' | 'regenerate' | 'destroy'): Promise<unknown> =>
      new Promise((resolve) => expect(session[method]((error?: unknown) => resolve(error))).toBeUndefined())
    const { visitor } = await site({
      '/all': async (request) => {
        const first = request.session
        first.set('n', 1)
        expect(first.isModified()).toBe(true)
        expect(first.isSaved()).toBe(false)
        expect(first.encryptedSessionId).toBe('')
        expect(await by(first, 'save')).toBeUndefined()
        expect(first.isModified()).toBe(false)
        expect(first.isSaved()).toBe(true)
        expect(first.encryptedSessionId).toMatch(/^[\w~.-]{40,}$/)
        first.set('n', 2)
        expect(await by(first, 'reload')).toBeUndefined()
        expect([request.session.get('n'), first.get('n'), request.session === first]).toEqual([1, 2, false])
        const before = request.session
        expect(await by(before, 'regenerate')).toBeUndefined()
        expect([request.session.get('n'), before.get('n'), request.session.sessionId === before.sessionId]).toEqual([
          undefined,
          1,
          false,
        ])
        await new Promise((resolve) => request.session.regenerate(['n'], resolve))
        expect(await by(request.session, 'destroy')).toBeUndefined()
        return String(request.session)
      },
    })
    expect(await told(visitor()('/all'))).toBe('null')
  })

  test('reloading a session that another request destroyed shows an empty one', async () => {
    const { visitor } = await site({
      '/count': count,
      '/reload': async (request) => {
        const { sessionId, sessionStore } = request as Request & { sessionStore: MemoryStore; sessionId?: string }
        expect(sessionId).toBeUndefined()
        await new Promise((resolve) =>
          (sessionStore as never as { destroy: (id: string, done: unknown) => void }).destroy(request.session.sessionId, resolve),
        )
        await request.session.reload()
        return request.session.data()
      },
      '/show': show,
    })
    const eve = visitor()
    await eve('/count')
    expect(await told(eve('/reload'))).toBe('{}')
    expect(await told(eve('/show'))).toBe('{}')
  })

  test('a value called `data` or `delete` is a value', async () => {
    const { visitor } = await site({
      '/set': async ({ session }) => {
        expect(typeof session.data).toBe('function')
        session.set('data', [1])
        session.set('delete', 2)
        return session
      },
      '/get': async ({ session }) => [session.data, session.get('delete')],
    })
    const eve = visitor()
    expect(JSON.parse(await told(eve('/set')))).toMatchObject({ data: [1], delete: 2 })
    expect(await told(eve('/get'))).toBe('[[1],2]')
  })

  test('a Date and a Map come back as they were', async () => {
    for (const use of [ours(), secure()]) {
      const { visitor } = await site(
        {
          '/set': async ({ session }) => {
            session.set('date', new Date(0))
            session.set('map', new Map([['a', 1]]))
            return ''
          },
          '/get': async ({ session }) => [session.get('date') instanceof Date, session.get('map') instanceof Map],
        },
        use,
      )
      const eve = visitor()
      await eve('/set')
      expect(await told(eve('/get'))).toBe('[true,true]')
    }
  })

  test('a session without maxAge ends a week after it was last used', async () => {
    let now = Date.now()
    const { visitor } = await site({ '/count': count, '/show': show }, ours({ now: () => now }))
    const eve = visitor()
    await eve('/count')
    for (let day = 0; day < 3; day++) {
      now += 6 * 86_400_000
      expect(await told(eve('/show'))).toBe('{"n":1}')
    }
    now += 8 * 86_400_000
    expect(await told(eve('/show'))).toBe('{}')
  })

  test('`rolling` is on, and sends the cookie with each response; `saveUninitialized` gives each visitor one', async () => {
    const { visitor } = await site({ '/plain': async () => 'plain' }, ours({ rolling: undefined, saveUninitialized: undefined }))
    const eve = visitor()
    for (let visit = 0; visit < 2; visit++) expect((await eve('/plain')).headers.getSetCookie()).toHaveLength(1)
    expect(eve.cookies).toHaveLength(1)
  })

  test('over https, as far as `trustProxy` lets anybody know, a cookie that is Secure is sent', async () => {
    const pages = { '/count': count }
    const { visitor } = await site(pages, ours({ cookie: {} }), Fastify({ trustProxy: true }))
    const lines = async (headers: Record<string, string>) => (await visitor()('/count', { headers })).headers.getSetCookie()
    expect(await lines({})).toEqual([])
    expect(await lines({ 'x-forwarded-proto': 'https' })).toEqual([
      expect.stringMatching(/^sessionId=[^;]+; Path=\/; HttpOnly; Secure$/),
    ])
  })

  test('destroy() takes the cookie away, from where it was put', async () => {
    const cookie = { secure: false, path: '/count' }
    const { visitor } = await site({ '/count': count, '/count/out': leave, '/count/show': show }, ours({ cookie }))
    const eve = visitor()
    await eve('/count')
    const line = (await eve('/count/out')).headers.getSetCookie()
    expect(line).toEqual(['sessionId=; Max-Age=0; Path=/count; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])
    expect(eve.cookies).toEqual([])
    const junk = await visitor()('/count/show', { headers: { cookie: 'sessionId=junk' } })
    expect([await junk.text(), junk.headers.getSetCookie()]).toEqual(['{}', []])
  })

  test('outside of the cookie’s path there is no session', async () => {
    const { visitor } = await site(
      { '/other': async (request) => [Object.keys(request.session), typeof request.session.save], '/app/x': count },
      ours({ cookie: { secure: false, path: '/app' } }),
    )
    const eve = visitor()
    expect(await told(eve('/other?x=/app'))).toBe('[[],"undefined"]')
    expect(await told(eve('/app/x'))).toBe('1')
  })

  test('app.decryptSession opens the session of a cookie’s value', async () => {
    const { app, visitor } = await site({
      '/count': count,
      '/ticket': async ({ session }) => session.encryptedSessionId,
      '/show': show,
    })
    const eve = visitor()
    await eve('/count')
    const ticket = await told(eve('/ticket'))
    const { decryptSession } = app as never as {
      decryptSession: (cookie: string, request: { session?: Session | null }, ...more: unknown[]) => void
    }
    const opened = async (...more: unknown[]): Promise<{ session: Session }> => {
      const request: { session?: Session } = {}
      await new Promise((resolve) => decryptSession(ticket, request, ...more, resolve))
      return request as { session: Session }
    }
    const request = await opened({ maxAge: 60_000 })
    expect([request.session.data(), request.session.cookie.originalMaxAge]).toEqual([{ n: 1 }, 60_000])
    request.session.set('socket', true)
    await request.session.save()
    expect(await told(eve('/show'))).toBe('{"n":1,"socket":true}')
    await (await opened()).session.destroy()
    expect(await told(eve('/show'))).toBe('{}')
    const nobody: { session?: Session } = {}
    await new Promise((resolve) => decryptSession('junk', nobody, resolve))
    expect(nobody.session?.data()).toEqual({})
  })

  test('request.sessionStore knows sessions by their sessionId, which opens nothing', async () => {
    const { visitor } = await site({
      '/count': count,
      '/stored': async (request) => {
        const store = (request as never as { sessionStore: { get(id: string, done: (e: unknown, s: unknown) => void): void } })
          .sessionStore
        return new Promise((resolve) => store.get(request.session.sessionId, (_, session) => resolve(session)))
      },
      '/id': async ({ session }) => session.sessionId,
      '/show': show,
    })
    const eve = visitor()
    await eve('/count')
    expect(JSON.parse(await told(eve('/stored')))).toMatchObject({ n: 1 })
    const cookie = `sessionId=${await told(eve('/id'))}`
    expect(await told(visitor()('/show', { headers: { cookie } }))).toBe('{}')
  })
})

describe('the session of @fastify/secure-session', () => {
  test('a session that does not fit into its cookie is an error', async () => {
    const { visitor } = await site(
      {
        '/long': async ({ session }) => {
          session.set('long', 'y'.repeat(5000))
          return ''
        },
      },
      secure(),
    )
    const answer = await visitor()('/long')
    expect([answer.status, await answer.text()]).toEqual([500, expect.stringContaining('COOKIE_TOO_LARGE')])
  })

  test('a newer key is put before the older, which still opens', async () => {
    const newer = Buffer.alloc(32, 'a newer key')
    const pages = { '/count': count, '/show': show }
    const [before, now, after] = await Promise.all([
      site(pages, secure({ key: KEY.toString('base64') })),
      site(pages, secure({ key: [newer, KEY] })),
      site(pages, secure({ key: newer })),
    ])
    const jar = createJar()
    await before.visitor(jar)('/count')
    expect(await told(now.visitor(jar.copy())('/show'))).toBe('{"n":1}')
    expect(await told(after.visitor(jar.copy())('/show'))).toBe('{}')
    await now.visitor(jar)('/count')
    expect(await told(after.visitor(jar)('/show'))).toBe('{"n":2}')
  })

  test('values called `changed` and `deleted` are there by get and set', async () => {
    const { visitor } = await site(
      {
        '/set': async (request) => {
          const session = secureOf(request)
          expect([session.changed, session.deleted]).toEqual([false, false])
          session.set('changed', 'mine')
          session.set('deleted', 'mine, too')
          expect([session.changed, session.deleted]).toEqual([true, false])
          return ''
        },
        '/get': show,
      },
      secure(),
    )
    const eve = visitor()
    await eve('/set')
    expect(await told(eve('/get'))).toBe('{"changed":"mine","deleted":"mine, too"}')
  })

  test('a session is encoded and decoded without a request, if it is sealed', async () => {
    interface Codec {
      createSecureSession(data?: object): SecureSession
      encodeSecureSession(session: SecureSession, name?: string): string
      decodeSecureSession(cookie: string | undefined, log?: undefined, name?: string): SecureSession | null
    }
    const { app, visitor } = await site({ '/count': count, '/show': show }, (each) => {
      each.register(fastifySecureSession, [{ key: KEY }, { key: KEY, sessionName: 'other' }])
    })
    const codec = app as never as Codec
    const cookie = codec.encodeSecureSession(codec.createSecureSession({ user: 'ada' }))
    expect(codec.decodeSecureSession(cookie)?.data()).toEqual({ user: 'ada' })
    expect(codec.decodeSecureSession(cookie, undefined, 'other')).toBeNull()
    expect([codec.decodeSecureSession('junk'), codec.decodeSecureSession(undefined)]).toEqual([null, null])
    expect(await told(visitor()('/show', { headers: { cookie: `session=${cookie}` } }))).toBe('{"user":"ada"}')
    expect(() => codec.decodeSecureSession(cookie, undefined, 'nobody')).toThrow('Unknown session key.')
    const stored = await site({}, secure({ key: KEY, store: memoryStore() }))
    expect(() => (stored.app as never as Codec).decodeSecureSession(cookie)).toThrow('sealed in its cookie')
  })
})

describe('the options', () => {
  const refusal = async (plugin: unknown, options: object): Promise<unknown> => {
    const app = Fastify()
    app.register(plugin as never, options)
    return app.ready().then(
      () => 'accepted',
      (error: Error) => error.message,
    )
  }

  test('wrong ones are refused, in the words of @fastify/session where it has any', async () => {
    const signer = { sign: (text: string) => text, unsign: () => ({ valid: false, renew: false, value: null }) }
    const of = (options: object) => refusal(coatcheck, options)
    expect(await of({ secret: 'short' })).toBe('the secret must have length 32 or greater')
    expect(await of({ secret: [] })).toBe('at least one secret is required')
    expect(await of({})).toContain('the secret option is required')
    expect(await of({ secret: signer })).toContain('which does not tell its secrets')
    expect(await of({ secret: signer, secrets: SECRET })).toBe('accepted')
    expect(await of({ secret: SECRET, algorithm: 'sha512' })).toContain('`algorithm` is not sha256')
    for (const name of ['key', 'salt', 'expiry'])
      expect(await of({ secret: SECRET, [name]: 1 })).toContain('fastifySecureSession')
    const wrong: Partial<Record<keyof SessionOptions, unknown>>[] = [
      { rolling: 'yes' },
      { cookieName: 1 },
      { cookie: { maxAge: -1 } },
      { cookie: { maxAge: 1e15 } },
      { store: {} },
      { idGenerator: 'x' },
    ]
    for (const each of wrong) expect(await of({ secret: SECRET, ...each }), JSON.stringify(each)).not.toBe('accepted')
    const never = () => expect.unreachable()
    expect(await of({ secret: SECRET, idGenerator: never, algorithm: 'sha256', cookiePrefix: 's:' })).toBe('accepted')
  })

  test('wrong ones are refused, in the words of @fastify/secure-session where it has any', async () => {
    const of = (options: object) => refusal(fastifySecureSession, options)
    expect(await of({})).toBe('key or secret must specified')
    expect(await of({ secret: 'short' })).toBe('secret must be at least 32 bytes')
    expect(await of({ key: 'AAAA' })).toBe('key must be 32 bytes')
    expect(await of({ key: [] })).toBe('key or secret must specified')
    expect(await of({ key: [1] })).toBe('Key must be string or buffer')
    expect(await of({ key: KEY, expiry: 0 })).toContain('`expiry`')
    const accepted: SecureSessionOptions[] = [
      { secret: SECRET, salt: 'mq9hDxBVDbspDR6n' },
      { secret: Buffer.alloc(32, 'abcdefghijk') },
      { key: KEY, cookieOptions: { path: '/', signed: true } },
    ]
    for (const each of accepted) expect(await of(each)).toBe('accepted')
  })

  test('a list of secrets may be changed while the process runs', async () => {
    const secret = [SECRET]
    const store = memoryStore()
    const pages = { '/count': count, '/show': show }
    const { visitor } = await site(pages, ours({ secret, store }))
    const eve = visitor()
    await eve('/count')
    secret.unshift('another secret that is long enough')
    expect(await told(eve('/count'))).toBe('2')
    secret.pop()
    const bob = visitor()
    await bob('/count')
    expect(await told(bob('/show'))).toBe('{"n":1}')
  })

  test('the store of a test or of @fastify/session is taken, and exported as there', async () => {
    expect([fastifySession.Store, fastifySession.MemoryStore]).toEqual([Store, MemoryStore])
    expect(fastifySession).toBe(coatcheck)
    const upstreamStore = new (upstream.session() as never as { MemoryStore: new () => never }).MemoryStore()
    for (const store of [new MemoryStore(), upstreamStore]) {
      const { visitor } = await site({ '/count': count }, ours({ store: store as never }))
      const eve = visitor()
      expect([await told(eve('/count')), await told(eve('/count'))]).toEqual(['1', '2'])
    }
  })

  test('those of the engine pass through', async () => {
    const types: string[] = []
    const { visitor } = await site({ '/count': count }, (app) => {
      app.register(coatcheck, { ...given, onEvent: ({ type }) => void types.push(type) })
    })
    await visitor()('/count')
    expect(types).toContain('created')
  })
})
