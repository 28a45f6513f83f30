import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import session from 'express-session'
import { afterEach, describe, expect, it, test } from 'vitest'
import { asking, presenting, spoiled, THEN } from '../../test/helpers/migrate.ts'
import { type ExpressStore, expressSession } from './express-session.ts'
import { signer } from './signed.ts'

const SECRET = 'keyboard cat'
const ask = (now = Date.now()) => asking('connect.sid', {}, now)
const signed = (sid: string, secret = SECRET) => encodeURIComponent(`s:${signer([secret]).sign(sid)}`)

declare module 'express-session' {
  interface SessionData {
    cart: string[]
    user: string
  }
}

describe('with express-session running', () => {
  let server: Server
  let origin: string
  const store = new session.MemoryStore()

  function serve(options: Partial<session.SessionOptions> = {}): Promise<void> {
    const app = express()
    app.use(session({ secret: SECRET, store, resave: false, saveUninitialized: false, ...options }))
    app.get('/', (request, response) => {
      request.session.cart = [...(request.session.cart ?? []), 'coat 🧥']
      request.session.user = 'ada'
      response.json({ cart: request.session.cart })
    })
    server = createServer(app)
    return new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
        resolve()
      }),
    )
  }
  afterEach(() => new Promise((resolve) => server.close(resolve)))

  const visit = async () => presenting((await fetch(origin)).headers.getSetCookie())

  it('reads its sessions, and removes them when told to', async () => {
    await serve()
    const { cookies, header } = await visit()
    const value = cookies['connect.sid'] ?? ''
    expect(value).toMatch(/^s%3A/)
    const found = await expressSession({ secret: SECRET, store }).read(value, ask())
    expect(found?.values).toEqual({ cart: ['coat 🧥'], user: 'ada' })
    expect(found?.expiresAt).toBe(undefined)
    expect(found?.unique).toMatch(/^[\w-]{32}$/)
    await found?.forget?.()
    expect(await expressSession({ secret: SECRET, store }).read(value, ask())).toMatchObject({ values: {}, gone: true })
    const after = await fetch(origin, { headers: { cookie: header } })
    expect(await after.json()).toEqual({ cart: ['coat 🧥'] })
  })

  it('reads sessions whose secret is bytes, which need be no text', async () => {
    const bytes = Buffer.from('fffe00ff80c0', 'hex')
    await serve({ secret: [bytes, 'older'] })
    const { cookies } = await visit()
    const value = cookies['connect.sid'] ?? ''
    expect(await expressSession({ secret: ['newer', bytes], store }).read(value, ask())).toMatchObject({
      values: { user: 'ada' },
    })
    expect(await expressSession({ secret: new Uint8Array([1]), store }).read(value, ask())).toBe(undefined)
  })

  it('reads sessions under another name, with a rotated secret and an end', async () => {
    await serve({ name: 'sid', secret: ['new', 'old'], cookie: { maxAge: 60_000 } })
    const { cookies } = await visit()
    const reader = expressSession({ secret: ['newer', 'new'], store, cookieName: 'sid' })
    expect(reader.cookieName).toBe('sid')
    const found = await reader.read(cookies.sid ?? '', ask())
    const end = found?.expiresAt ?? 0
    expect(Math.abs(end - Date.now() - 60_000)).toBeLessThan(30_000)
    expect(await reader.read(cookies.sid ?? '', ask(end))).toBe(undefined)
    expect(await expressSession({ secret: ['newer'], store }).read(cookies.sid ?? '', ask())).toBe(undefined)
  })
})

/** A store over these records, as connect-redis is one: JSON under `sess:<id>`. */
function redisLike(records: Record<string, string>): ExpressStore & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    get(sid, done) {
      asked.push(sid)
      const text = records[`sess:${sid}`]
      queueMicrotask(() => (text === undefined ? done() : done(null, JSON.parse(text))))
    },
    destroy(sid, done) {
      delete records[`sess:${sid}`]
      queueMicrotask(() => done())
    },
  }
}

const RECORD = '{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"},"passport":{"user":7}}'

it('reads a record of connect-redis', async () => {
  const records = { 'sess:tenant.abc': RECORD }
  const reader = expressSession({ secret: SECRET, store: redisLike(records) })
  const found = await reader.read(signed('tenant.abc'), ask())
  expect(found).toMatchObject({ values: { passport: { user: 7 } }, unique: 'tenant.abc' })
  await found?.forget?.()
  expect(records).toEqual({})
})

it('asks the store for nothing that it has not signed', async () => {
  const store = redisLike({ 'sess:abc': RECORD, 'sess:': RECORD })
  const reader = expressSession({ secret: SECRET, store })
  const genuine = signed('abc')
  const junk = [...spoiled(genuine), 'abc', 's:abc', 's:abc.', signed('abc', 'another'), signed(''), genuine.slice('s%3A'.length)]
  expect(junk.flatMap((value) => reader.read(value, ask()) ?? [])).toEqual([])
  expect(store.asked).toEqual([])
  expect(await reader.read(decodeURIComponent(genuine), ask())).toMatchObject({ unique: 'abc' })
})

describe('what a store may answer', () => {
  const reading = (answer: unknown, now = THEN) =>
    expressSession({
      secret: SECRET,
      store: { get: (_, done) => done(null, answer), destroy: (_, done) => done() },
    }).read(signed('abc'), ask(now))

  it.each([null, undefined, 7, 'text', []])('%j is nothing', async (answer) => {
    expect(await reading(answer)).toMatchObject({ values: {}, gone: true })
  })

  it('ends when the record says, as a text or a Date', async () => {
    for (const expires of [new Date(THEN), new Date(THEN).toISOString()]) {
      expect(await reading({ cookie: { expires }, a: 1 }, THEN - 1)).toMatchObject({ values: { a: 1 }, expiresAt: THEN })
      expect(await reading({ cookie: { expires }, a: 1 }, THEN)).toBe(undefined)
    }
    for (const cookie of [{}, { expires: false }, { expires: 'never' }, null, undefined]) {
      expect(await reading({ cookie, a: 1 })).not.toHaveProperty('expiresAt')
    }
  })

  it('hands on values that are nobody else’s', async () => {
    const kept = { cookie: {}, cart: ['coat'] }
    const found = await reading(kept)
    expect(found?.values.cart).toEqual(['coat'])
    expect(found?.values.cart).not.toBe(kept.cart)
    const odd = JSON.parse('{"__proto__":{"isAdmin":true},"a":{"__proto__":{"b":1}}}')
    expect(JSON.stringify((await reading(odd))?.values)).toBe('{"a":{}}')
  })
})

describe('a store that fails', () => {
  const cause = new Error('down')
  test.each<[string, ExpressStore]>([
    ['by the callback', { get: (_, done) => done(cause), destroy: (_, done) => done(cause) }],
    [
      'by throwing',
      {
        get: () => {
          throw cause
        },
        destroy: () => {
          throw cause
        },
      },
    ],
  ])('is reported: %s', async (_, store) => {
    await expect(expressSession({ secret: SECRET, store }).read(signed('abc'), ask())).rejects.toMatchObject({
      code: 'STORE_FAILED',
      cause,
    })
    const half = { ...store, get: redisLike({ 'sess:abc': RECORD }).get }
    const found = await expressSession({ secret: SECRET, store: half }).read(signed('abc'), ask())
    await expect(found?.forget?.()).rejects.toMatchObject({ code: 'STORE_FAILED', cause })
  })

  it('has nothing when it says that there is no such file, as stores over files do', async () => {
    const missing = Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
    const store: ExpressStore = { get: (_, done) => done(missing), destroy: (_, done) => done(missing) }
    expect(await expressSession({ secret: SECRET, store }).read(signed('abc'), ask())).toMatchObject({ gone: true })
  })
})

test.each(['', [], [''], new Uint8Array()])('refuses the secret %j', (secret) => {
  const store = redisLike({})
  expect(() => expressSession({ secret, store })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
})
