import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import theirs from 'koa-session'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Koa, type KoaContext } from '../../test/helpers/koa.ts'
import { asking, presenting, spoiled } from '../../test/helpers/migrate.ts'
import { koaSession } from './koa-session.ts'

const KEYS = ['key one', 'key two']

function rows() {
  const kept = new Map<string, unknown>()
  const asked: string[] = []
  return {
    kept,
    asked,
    async get(key: string) {
      asked.push(key)
      return kept.get(key)
    },
    set: async (key: string, value: unknown) => void kept.set(key, structuredClone(value)),
    destroy: async (key: string) => void kept.delete(key),
  }
}

/** The cookies that koa-session gives a visitor who has these values. */
async function cookiesOf(values: object, options: object = {}, keys: unknown = KEYS) {
  const app = new Koa()
  app.silent = true
  app.keys = keys
  app.use(theirs(options, app) as never)
  app.use((ctx: KoaContext & { session: object }) => {
    Object.assign(ctx.session, values)
    ctx.body = ''
  })
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return presenting(response.headers.getSetCookie()).cookies
}

describe('a session in the cookie', () => {
  test('is read with its end, and without what koa-session keeps for itself', async () => {
    const before = Date.now()
    const cookies = await cookiesOf({ cart: ['Hüte 🎩??>>'], _own: 1 }, { maxAge: 60_000 })
    expect(Object.keys(cookies)).toEqual(['koa.sess', 'koa.sess.sig'])
    const found = await koaSession({ keys: KEYS }).read(String(cookies['koa.sess']), asking('koa.sess', cookies))
    expect(found).toEqual({ values: { cart: ['Hüte 🎩??>>'] }, expiresAt: expect.any(Number) })
    expect(found?.expiresAt).toBeGreaterThanOrEqual(before + 60_000)
    expect(found?.expiresAt).toBeLessThanOrEqual(Date.now() + 60_000)
  })

  test('that is over, not signed by these keys, or made up is nothing', async () => {
    const cookies = await cookiesOf({ a: 1 }, { maxAge: 60_000 })
    const value = String(cookies['koa.sess'])
    const read = (keys: string[], request = asking('koa.sess', cookies), text = value) => koaSession({ keys }).read(text, request)
    expect(read(['new', ...KEYS])).toBeDefined()
    expect(read(KEYS, asking('koa.sess', cookies, Date.now() + 61_000))).toBe(undefined)
    expect(read(['key two'])).toBe(undefined)
    expect(read(KEYS, asking('koa.sess'))).toBe(undefined)
    expect(spoiled(value).filter((text) => read(KEYS, undefined, text))).toEqual([])
  })

  test('until the browser closes has no end', async () => {
    const cookies = await cookiesOf({ a: 1 }, { maxAge: 'session' })
    const request = asking('koa.sess', cookies)
    expect(await koaSession({ keys: KEYS }).read(String(cookies['koa.sess']), request)).toEqual({ values: { a: 1 } })
  })

  test('that was not signed, or was written by a codec of the application, is read where that is said', async () => {
    const encode = (session: object) => Buffer.from(JSON.stringify(session)).toString('hex')
    const decode = (text: string): unknown => JSON.parse(Buffer.from(text, 'hex').toString())
    const { 'koa.sess': value = '' } = await cookiesOf({ a: 1 }, { signed: false, encode, decode })
    expect(await koaSession({ signed: false, decode }).read(value, asking('koa.sess'))).toMatchObject({ values: { a: 1 } })
    expect(await koaSession({ signed: false, decode }).read('zz', asking('koa.sess'))).toBe(undefined)
    expect(() => koaSession({})).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })
})

describe('a session in a store', () => {
  test('is read, and removed when it is told to forget it', async () => {
    const store = rows()
    const cookies = await cookiesOf({ a: 1 }, { store })
    const [id = ''] = store.kept.keys()
    expect(cookies['koa.sess']).toBe(id)
    const reader = koaSession({ keys: KEYS, store })
    const found = await reader.read(id, asking('koa.sess', cookies))
    expect(found).toMatchObject({ values: { a: 1 }, unique: id })
    await found?.forget?.()
    expect(store.kept.size).toBe(0)
    expect(await reader.read(id, asking('koa.sess', cookies))).toEqual({ values: {}, unique: id, gone: true })
  })

  test('is asked for nothing that was not signed, and shows no record of ours', async () => {
    const store = rows()
    store.kept.set('ours', { coatcheck: { version: '1' }, _expire: Date.now() + 1000 })
    const signed = koaSession({ keys: KEYS, store })
    expect(await signed.read('ours', asking('koa.sess', { 'koa.sess.sig': 'A'.repeat(27) }))).toBe(undefined)
    expect(store.asked).toEqual([])
    expect(await koaSession({ signed: false, store }).read('ours', asking('koa.sess'))).toBe(undefined)
  })

  test('that fails is STORE_FAILED', async () => {
    const store = { get: () => Promise.reject(new Error('down')), destroy: async () => {} }
    const reading = koaSession({ signed: false, store }).read('id', asking('koa.sess'))
    await expect(reading).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })
})
