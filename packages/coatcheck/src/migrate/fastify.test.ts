import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import {
  type Act,
  count,
  KEY,
  ours,
  SECRET,
  secure,
  show,
  site,
  textStore,
  theirs,
  told,
  type Use,
  upstream,
} from '../../test/helpers/fastify.ts'
import { createJar } from '../testing/index.ts'
import { fastifySession, type Signer, secureSession } from './fastify.ts'

const load = createRequire(import.meta.url)

describe('cookies and records of @fastify/session', () => {
  test.each(['', 's:'])('a visitor keeps the session, and the old record goes (prefix %j)', async (cookiePrefix) => {
    const rows = textStore()
    const pages = { '/count': count, '/show': show }
    const old = await site(pages, theirs({ store: rows, cookiePrefix }))
    const now = await site(pages, ours({ store: rows as never, cookiePrefix }))
    const jar = createJar()
    expect(await told(old.visitor(jar)('/count'))).toBe('1')
    const before = jar.all().map(({ value }) => value)
    // The port tells no two sites apart (RFC 6265 8.5).
    const eve = now.visitor(jar)
    expect(await told(eve('/show'))).toBe('{"n":1}')
    expect(jar.all().map(({ value }) => value)).toEqual(before)
    const [id] = rows.rows.keys()
    expect([...rows.rows.keys()]).toEqual([id])
    expect(await told(eve('/count'))).toBe('2')
    expect(jar.all().map(({ value }) => value)).not.toEqual(before)
    expect(await told(eve('/show'))).toBe('{"n":2}')
    expect([...rows.rows.keys()]).not.toContain(id)
  })

  test('a signer reads them, and one that was not signed opens nothing', async () => {
    const rows = textStore()
    const { Signer: Upstream } = load('@fastify/cookie') as { Signer: new (secret: string, algorithm: string) => Signer }
    const signer = new Upstream(SECRET, 'sha512')
    const pages = { '/count': count, '/show': show }
    const old = await site(pages, theirs({ store: rows, secret: signer }))
    const now = await site(pages, ours({ migrateFrom: [fastifySession({ secret: signer, store: rows as never })] }))
    const jar = createJar()
    await old.visitor(jar)('/count')
    expect(await told(now.visitor(jar)('/show'))).toBe('{"n":1}')
    const [{ value } = { value: '' }] = jar.all()
    const cookie = `sessionId=${value.slice(0, -3)}AAA`
    expect(await told(now.visitor()('/show', { headers: { cookie } }))).toBe('{}')
  })
})

describe('cookies of @fastify/secure-session', () => {
  const sodium = load('sodium-native') as {
    crypto_secretbox_open_easy(text: Buffer, box: Uint8Array, nonce: Uint8Array, key: Uint8Array): boolean
  }
  const open = (box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | undefined => {
    const text = Buffer.alloc(box.length - 16)
    return sodium.crypto_secretbox_open_easy(text, box, nonce, key) ? text : undefined
  }
  const pages: Record<string, Act> = { '/count': count, '/show': show }
  const upstreamWith =
    (options: object): Use =>
    (app) =>
      void app.register(upstream.cookie(), { secret: SECRET }).register(upstream.secureSession(), { key: KEY, ...options })

  test.each([{}, { cookie: { signed: true } }])('a visitor keeps the session %j', async (options) => {
    const old = await site(pages, upstreamWith(options))
    const now = await site(pages, secure({ key: KEY, migrateFrom: [secureSession({ key: KEY.toString('base64'), open })] }))
    const jar = createJar()
    await old.visitor(jar)('/count')
    const eve = now.visitor(jar)
    expect(await told(eve('/show'))).toBe('{"n":1}')
    expect(await told(eve('/count'))).toBe('2')
    expect(await told(eve('/show'))).toBe('{"n":2}')
    expect(jar.all()).toHaveLength(1)
    const foreign = await site(pages, upstreamWith({ key: Buffer.alloc(32, 'another'), ...options }))
    const other = createJar()
    await foreign.visitor(other)('/count')
    expect(await told(now.visitor(other)('/show'))).toBe('{}')
  })

  test('one that is over opens nothing, nor does what is none', async () => {
    let now = Date.now()
    const old = await site(pages, upstreamWith({ expiry: 60 }))
    const migrateFrom = [secureSession({ key: [Buffer.alloc(32, 'newer'), KEY], open, expiry: 60 })]
    const { visitor } = await site(pages, secure({ key: KEY, migrateFrom, now: () => now }))
    const jar = createJar()
    await old.visitor(jar)('/count')
    expect(await told(visitor(jar)('/show'))).toBe('{"n":1}')
    now += 61_000
    expect(await told(visitor(jar)('/show'))).toBe('{}')
    for (const value of [
      '',
      ';',
      'AAAA;AAAA',
      `${'A'.repeat(40)};${'A'.repeat(32)}`,
      `${'A'.repeat(40)};${'A'.repeat(32)};x`,
      '%',
    ])
      expect(await told(visitor()('/show', { headers: { cookie: `session=${value}` } })), value).toBe('{}')
    expect(() => secureSession({ key: KEY } as never)).toThrow('`open` is missing')
    expect(() => secureSession({ key: 'AAAA', open })).toThrow('key must be 32 bytes')
  })
})

test('wrong options are refused', () => {
  const store = textStore() as never
  const refused = (run: () => unknown, what: string) =>
    expect(run, what).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  refused(() => fastifySession({ secret: [], store }), 'no secret')
  refused(
    () =>
      fastifySession({ secret: SECRET } as never).read('', {} as never) ?? fastifySession({ secret: SECRET, store: 1 } as never),
    'no store',
  )
  refused(() => fastifySession({ secret: SECRET, store, cookieName: 1 } as never), 'a name that is a number')
  refused(() => secureSession({ key: KEY, open: 'nacl' } as never), 'no function')
})
