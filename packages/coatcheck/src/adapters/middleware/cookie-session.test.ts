import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import connect from 'connect'
import upstream from 'cookie-session'
import express, { type NextFunction, type Request, type Response } from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Browser, browser } from '../../../test/helpers/browser.ts'
import { createJar } from '../../testing/jar.ts'
import cookieSession, { type CookieSessionOptions, type Session } from './cookie-session.ts'

const KEYS = ['a secret that is long enough for all', 'another secret that is long enough']

type Req = Omit<Request, 'session' | 'sessionOptions'> & { session: Session; sessionOptions: CookieSessionOptions }
type Act = (req: Req, res: Response) => unknown
type Make = (options: object) => unknown

/** An application with these pages, and visitors of it. */
async function site(
  pages: Record<string, Act>,
  options: CookieSessionOptions = { keys: KEYS },
  make: Make = cookieSession,
  application: () => unknown = express,
) {
  const app = application() as { use(...args: never[]): unknown }
  app.use(make(options) as never)
  app.use(((req: Req, res: Response, next: NextFunction) => {
    const page = pages[(req.url ?? '').split('?')[0] as string]
    return page ? page(req, res) : next()
  }) as never)
  app.use(((error: Error, _: Req, res: Response, __: NextFunction) => {
    res.statusCode = 599
    res.end(error.message)
  }) as never)
  const server = createServer(app as never).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const visitor = (jar = createJar()): Browser => browser(base, jar)
  return { base, visitor }
}

const told = (response: Promise<globalThis.Response>): Promise<string> => response.then((each) => each.text())
const count: Act = ({ session }, res) => {
  session.n = ((session.n as number | undefined) ?? 0) + 1
  res.end(String(session.n))
}
const show: Act = ({ session }, res) => res.end(JSON.stringify(session))
const leave: Act = (req, res) => {
  req.session = null as never
  res.end('gone')
}

describe.each([
  ['Express 5', express],
  ['Express 4', createRequire(import.meta.url)('express-4') as typeof express],
  ['Connect', connect],
])('on %s', (_, application) => {
  test('a session is remembered, and ended', async () => {
    const { visitor } = await site({ '/count': count, '/show': show, '/out': leave }, undefined, undefined, application)
    const eve = visitor()
    expect([await told(eve('/count')), await told(eve('/count')), await told(eve('/show'))]).toEqual(['1', '2', '{"n":2}'])
    expect(eve.cookies).toEqual([expect.stringMatching(/^session=/)])
    expect(await told(eve('/out'))).toBe('gone')
    expect(eve.cookies).toEqual([])
    expect(await told(eve('/show'))).toBe('{}')
  })
})

test('a page that read the session is kept out of shared caches, and any other is left alone', async () => {
  const { visitor } = await site({ '/count': count, '/show': show, '/plain': (_, res) => res.end('plain') })
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

test('a visitor with a cookie of cookie-session keeps the session', async () => {
  const pages = { '/count': count, '/show': show }
  const old = await site(pages, { keys: KEYS }, upstream as Make)
  const now = await site(pages, { keys: ['a new key that nobody knew before this', ...KEYS] })
  const jar = createJar()
  await old.visitor(jar)('/count')
  expect(jar.all().map(({ name }) => name)).toEqual(['session', 'session.sig'])
  // The port tells no two sites apart (RFC 6265 8.5).
  const eve = now.visitor(jar)
  expect(await told(eve('/show'))).toBe('{"n":1}')
  expect(jar.all()).toHaveLength(2)
  expect(await told(eve('/count'))).toBe('2')
  expect(jar.all().map(({ name }) => name)).toEqual(['session'])
  expect(await told(eve('/show'))).toBe('{"n":2}')
  const forged = `session=${btoa('{"n":7}')}; session.sig=${'A'.repeat(27)}`
  expect(await told(now.visitor()('/show', { headers: { cookie: forged } }))).toBe('{}')
})

test('a copy of a cookie opens nothing after `maxAge`', async () => {
  const copied = async (options: CookieSessionOptions, make: Make, seconds: number, pages: number) => {
    let now = Date.now()
    const { base, visitor } = await site({ '/count': count, '/show': show }, { keys: KEYS, now: () => now, ...options }, make)
    const jar = createJar({ now: () => 0 })
    const eve = visitor(jar)
    await eve('/count')
    for (let n = 0; n < pages; n++) {
      now += seconds * 1000
      // A page load, which `fetch` says that it is none.
      const [page] = (await once(get(`${base}/show`, { headers: { cookie: jar.header(base) ?? '' } }), 'response')) as [
        IncomingMessage,
      ]
      for (const line of page.resume().headers['set-cookie'] ?? []) jar.set(line, base)
    }
    return told(visitor()('/show', { headers: { cookie: eve.cookies.join('; ') } }))
  }
  expect(await copied({ maxAge: 60_000 }, cookieSession, 40, 1)).toBe('{"n":1}')
  expect(await copied({ maxAge: 60_000 }, cookieSession, 40, 2)).toBe('{}')
  expect(await copied({ maxAge: 60_000 }, upstream as Make, 40, 2)).toBe('{"n":1}')
  const day = 86_400
  expect(await copied({}, cookieSession, 5 * day, 4)).toBe('{"n":1}')
  expect(await copied({}, cookieSession, 8 * day, 1)).toBe('{}')
})

test('req.sessionOptions says how long this session lasts', async () => {
  let now = Date.now()
  const long: Act = (req, res) => {
    req.sessionOptions.maxAge = 600_000
    count(req, res)
  }
  const { visitor } = await site({ '/long': long, '/show': show }, { keys: KEYS, maxAge: 60_000, now: () => now })
  const eve = visitor(createJar({ now: () => 0 }))
  const [line] = (await eve('/long')).headers.getSetCookie()
  expect(Date.parse(/expires=([^;]+)/.exec(line ?? '')?.[1] ?? '') - now).toBeGreaterThan(590_000)
  now += 500_000
  expect(await told(eve('/show'))).toBe('{"n":1}')
  now += 200_000
  expect(await told(eve('/show'))).toBe('{}')
})

test('a session that is too long for a cookie is an error', async () => {
  const { visitor } = await site({
    '/long': ({ session }, res) => {
      session.long = 'x'.repeat(5000)
      res.end()
    },
  })
  const eve = visitor()
  const response = await eve('/long')
  expect([response.status, await response.text()]).toEqual([599, expect.stringContaining('does not fit into its cookie')])
  expect(eve.cookies).toEqual([])
})

test('the keys are a list, one secret, or a Keygrip beside `secrets`', async () => {
  const keygrip = { verify: (_: string, mac: string) => mac === 'right' }
  const old = `session=${btoa('{"n":1}')}; session.sig=`
  const of = async (options: CookieSessionOptions, cookie: string) =>
    told((await site({ '/show': show }, options)).visitor()('/show', { headers: { cookie } }))
  expect(await of({ keys: keygrip, secrets: KEYS }, `${old}right`)).toBe('{"n":1}')
  expect(await of({ keys: keygrip, secrets: KEYS }, `${old}wrong`)).toBe('{}')
  expect(await of({ signed: false, secrets: KEYS }, old)).toBe('{"n":1}')
  expect(await of({ secret: KEYS[0] }, old)).toBe('{}')
  expect(() => cookieSession({ keys: keygrip })).toThrow('does not tell its keys')
  for (const options of [undefined, {}, { signed: false }]) expect(() => cookieSession(options)).toThrow('.keys required.')
  for (const options of [{ name: 1 }, { signed: 'yes' }, { maxAge: -1 }, { maxAge: '1d' }])
    expect(() => cookieSession({ keys: KEYS, ...options } as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
})

test('a Date and a Map come back as they were', async () => {
  const date = new Date(0)
  const { visitor } = await site({
    '/set': ({ session }, res) => {
      Object.assign(session, { date, map: new Map([[1, date]]) })
      res.end()
    },
    '/get': ({ session }, res) => res.end([session.date instanceof Date, session.map instanceof Map].join()),
  })
  const eve = visitor()
  await eve('/set')
  expect(await told(eve('/get'))).toBe('true,true')
})

test('only null and objects can be assigned, and the object of before goes on showing what it held', async () => {
  const { visitor } = await site({
    '/text': (req, res) => {
      try {
        req.session = 'x' as never
      } catch (error) {
        res.end((error as Error).message)
      }
    },
    '/swap': (req, res) => {
      const { session: old } = req
      old.a = { deep: 1 }
      req.session = { b: 2 } as never
      old.late = true
      res.end([JSON.stringify(old), JSON.stringify(req.session)].join())
    },
    '/show': show,
  })
  const eve = visitor()
  expect(await told(eve('/text'))).toBe('req.session can only be set as null or an object.')
  expect(await told(eve('/swap'))).toBe('{"a":{"deep":1},"late":true},{"b":2}')
  expect(await told(eve('/show'))).toBe('{"b":2}')
})

test('a function in a session belongs to the request alone', async () => {
  const { visitor } = await site({
    '/set': ({ session }, res) => {
      session.flash = () => 'hi'
      session.n = 1
      res.end((session.flash as () => string)())
    },
    '/show': show,
  })
  const eve = visitor()
  expect(await told(eve('/set'))).toBe('hi')
  expect(await told(eve('/show'))).toBe('{"n":1}')
})
