import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import theirSession from 'cookie-session'
import express from 'express'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test, vi } from 'vitest'
import { asking, presenting, spoiled, THEN } from '../../test/helpers/migrate.ts'
import { cookieSession } from './cookie-session.ts'

const KEYS = ['key one', 'key two']
const ABOUT = { now: THEN, createdAt: THEN, id: 'ours' }

describe('with cookie-session running', () => {
  const app = express()
  app.use(theirSession({ name: 'app', keys: KEYS }))
  app.get('/', (request, response) => {
    const { session } = request
    if (session && 'cart' in request.query) session.cart = [String(request.query.cart)]
    response.json(session)
  })
  const server = createServer(app)
  let origin: string
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  const cookiesOf = async (cart: string) =>
    presenting((await fetch(`${origin}?cart=${encodeURIComponent(cart)}`)).headers.getSetCookie()).cookies

  it('reads and writes its two cookies to the byte', async () => {
    const format = cookieSession({ keys: KEYS, name: 'app' })
    const cookies = await cookiesOf('Hüte 🎩??>>')
    expect(Object.keys(cookies)).toEqual(['app', 'app.sig'])
    const values = { cart: ['Hüte 🎩??>>'] }
    expect(format.read(cookies.app ?? '', asking('app', cookies))).toEqual({ values, flash: {} })
    const ours = String(format.write({ ...ABOUT, values }))
    expect(ours).toBe(cookies.app)
    expect(format.companions(ours)).toEqual([['app.sig', cookies['app.sig']]])
  })

  it('is understood by it', async () => {
    const format = cookieSession({ keys: KEYS, name: 'app' })
    const value = String(format.write({ ...ABOUT, values: { user: 'ada' }, flash: { hi: 'ä' } }))
    const [[name, mac] = []] = await format.companions(value)
    const response = await fetch(origin, { headers: { cookie: `app=${value}; ${name}=${mac}` } })
    expect(await response.json()).toEqual({ user: 'ada', __flash_hi__: 'ä' })
    expect(format.read(value, asking('app', { 'app.sig': String(mac) }))).toEqual({ values: { user: 'ada' }, flash: { hi: 'ä' } })
  })

  it('reads with each of its keys, and with those only', async () => {
    const cookies = await cookiesOf('coat')
    const request = asking('app', cookies)
    expect(cookieSession({ keys: ['new', ...KEYS], name: 'app' }).read(cookies.app ?? '', request)).toBeDefined()
    expect(cookieSession({ keys: ['new', 'key two'], name: 'app' }).read(cookies.app ?? '', request)).toBe(undefined)
    expect(cookieSession({ keys: KEYS, name: 'other' }).read(cookies.app ?? '', request)).toBe(undefined)
  })

  it('is nothing for what a visitor made up', async () => {
    const cookies = await cookiesOf('coat')
    const format = cookieSession({ keys: KEYS, name: 'app' })
    const values = spoiled(cookies.app ?? '').map((value) => format.read(value, asking('app', cookies)))
    const macs = spoiled(cookies['app.sig'] ?? '').map((mac) => format.read(cookies.app ?? '', asking('app', { 'app.sig': mac })))
    expect([...values, ...macs].filter(Boolean)).toEqual([])
    expect(format.read(cookies.app ?? '', asking('app'))).toBe(undefined)
  })
})

it('is nothing for a genuine value that holds no values', () => {
  const format = cookieSession({ keys: KEYS })
  expect(format.cookieName).toBe('session')
  for (const text of ['[]', 'null', '7', '"a"', '{"a"', '']) {
    const value = btoa(text)
    const [[, mac] = []] = format.companions(value) as [[string, string]]
    expect(format.read(value, asking('session', { 'session.sig': String(mac) }))).toBe(undefined)
  }
})

test.each([[[]], [['']], [['good', '']]])('refuses the keys %j', (keys) => {
  expect(() => cookieSession({ keys })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
})

test('refuses keys that only look like a list', () => {
  const keys = { length: 1, 0: 'good' } as unknown as string[]
  expect(() => cookieSession({ keys })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
})

describe('where there is no node:crypto', () => {
  beforeEach(() => vi.resetModules())
  afterEach(() => vi.unstubAllGlobals())

  it('signs and reads the same with WebCrypto', async () => {
    const { cookieSession: fresh } = await import('./cookie-session.ts')
    const value = btoa('{"user":"ada"}')
    const [[, mac] = []] = cookieSession({ keys: KEYS }).companions(value) as [[string, string]]
    vi.stubGlobal('process', undefined)
    const format = fresh({ keys: ['new', ...KEYS] })
    expect(await fresh({ keys: KEYS }).companions(value)).toEqual([['session.sig', mac]])
    expect(await format.read(value, asking('session', { 'session.sig': String(mac) }))).toMatchObject({ values: { user: 'ada' } })
    expect(await format.read(btoa('{}'), asking('session', { 'session.sig': String(mac) }))).toBe(undefined)
  })
})
