import { describe, expect, it } from 'vitest'
import { adapterOptionsOf } from '../src/adapters/astro/settings.ts'
import { getSession } from '../src/adapters/h3.ts'
import { AppSession, Cookie, CookieSessionStorage, MemorySessionStorage } from '../src/adapters/hydrogen.ts'
import * as remix from '../src/adapters/remix.ts'
import * as remix3 from '../src/adapters/remix3.ts'
import { createSessions } from '../src/core/sessions.ts'
import { sessionsFor } from '../src/core/sessions-cache.ts'
import { SessionError } from '../src/errors.ts'
import { cookieSession } from '../src/migrate/cookie-session.ts'
import { expressSession } from '../src/migrate/express-session.ts'
import { h3Seal } from '../src/migrate/h3.ts'
import { ironSession } from '../src/migrate/iron-session.ts'
import { remixCookie } from '../src/migrate/remix.ts'
import { memoryStore } from '../src/stores/memory.ts'

const SECRET = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'
const SYMBOL = Symbol('a')

/** A call with options that types forbid. */
const call = (run: (options: never) => unknown, options: unknown) => async () => run(options as never)
const h3 = (config: Parameters<typeof getSession>[1]) =>
  getSession({ req: new Request('https://app.test/'), res: { headers: new Headers(), errHeaders: new Headers() } }, config)
const astro = (settings: object) =>
  adapterOptionsOf(
    { cookie: {}, formerCookie: 'a', isProduction: true, ...settings },
    {
      secretOf: () => SECRET,
      store: undefined,
      more: undefined,
    },
  )
const holes = Array(2)

const wrong: readonly (readonly [name: string, run: () => unknown])[] = [
  ['secrets with holes', call(createSessions, { secrets: holes })],
  ['foreign with holes', call(createSessions, { secrets: SECRET, migrateFrom: holes })],
  ['a persistence, which only adapters set', call(createSessions, { secrets: SECRET, persistence: {} })],
  ['a binding, which only adapters set', call(createSessions, { secrets: SECRET, binding: SYMBOL })],
  ['memoryStore with a list', call(memoryStore, [])],
  ['memoryStore, maxSessions', call(memoryStore, { maxSessions: SYMBOL })],
  ['Remix, name', call((name) => remix.createCookie(name), SYMBOL)],
  ['Remix, secrets', call((secrets) => remix.createCookie('a', { secrets }), 0)],
  ['Remix, maxAge', call((maxAge) => remix.createCookieSessionStorage({ cookie: { secrets: [SECRET], maxAge } }), SYMBOL)],
  ['Remix, idleTimeout', call((idleTimeout) => remix.createCookieSessionStorage({ idleTimeout }), Object.create(null))],
  ['Remix 3, sameSite', call((sameSite) => remix3.createCookie('a', { sameSite }).serialize(''), true)],
  ['Remix 3, expires', call((expires) => remix3.createCookie('a', { expires }).serialize(''), false)],
  ['Remix 3, a property of one line', call((props) => remix3.createCookie('a').serialize('', props), { expires: 'now' })],
  ['Remix 3, secrets', call((secrets) => remix3.createCookie('a', { secrets }), holes)],
  ['Hydrogen, sameSite', call((sameSite) => CookieSessionStorage('a', { secrets: SECRET, sameSite }), true)],
  ['Hydrogen, expires', call((expires) => CookieSessionStorage('a', { secrets: SECRET, expires, format: 'upstream' }), 1)],
  ['Hydrogen, grace', call((grace) => CookieSessionStorage('a', { secrets: SECRET, grace }), 0.5)],
  ['Hydrogen, onReplay', call((onReplay) => CookieSessionStorage('a', { secrets: SECRET, onReplay }), 'end')],
  ['Hydrogen, migrateFrom', call((migrateFrom) => CookieSessionStorage('a', { secrets: SECRET, migrateFrom }), holes)],
  ['Hydrogen, options', call((options) => MemorySessionStorage('a', options), null)],
  ['Remix, no name', call((name) => remix.createCookie(name), undefined)],
  ['Remix 3, no name', call((name) => remix3.createCookie(name), undefined)],
  ['Remix, options', call((options) => remix.createCookie('a', options), null)],
  ['Remix 3, options', call((options) => remix3.createCookie('a', options), null)],
  ['Hydrogen, the clock of a Cookie', call((now) => new Cookie('a', { secrets: SECRET, now }).expires, false)],
  ['Hydrogen, no secrets', call((secrets) => AppSession.init(new Request('https://app.test/'), secrets), undefined)],
  ['h3, idleTimeout', call(h3, { password: SECRET, idleTimeout: SYMBOL })],
  ['h3, the cookie’s maxAge', call(h3, { password: SECRET, cookie: { maxAge: SYMBOL } })],
  ['h3, a clock that holds itself', call(h3, { password: SECRET, now: cyclic() })],
  ['Astro, idleTimeout', call(astro, { idleTimeout: SYMBOL })],
  ['Astro, chunks', call(astro, { chunks: SYMBOL })],
  ['Astro, the cookie', call(astro, { cookie: null })],
  ['h3Seal, version', call(h3Seal, { password: SECRET, version: [null] })],
  ['h3Seal, reads', call(h3Seal, { password: SECRET, reads: [SYMBOL, 1] })],
  ['h3Seal, reads is no list', call(h3Seal, { password: SECRET, reads: 2 ** 53 })],
  ['h3Seal, maxAge', call(h3Seal, { password: SECRET, maxAge: SYMBOL })],
  ['h3Seal, idleTimeout', call(h3Seal, { password: SECRET, idleTimeout: Object.create(null) })],
  ['ironSession, ttl', call(ironSession, { password: SECRET, cookieName: 'a', ttl: SYMBOL })],
  ['cookieSession, name', call(cookieSession, { keys: ['a'], name: Object.create(null) })],
  ['cookieSession, keys with holes', call(cookieSession, { keys: holes })],
  ['expressSession, secret', call(expressSession, { secret: 1, store: {} })],
  ['remixCookie', call(remixCookie, undefined)],
]

function cyclic(): object {
  const one: { self?: unknown } = {}
  one.self = one
  return one
}

describe('options of a wrong kind are refused with BAD_OPTIONS, and never with an error of the language', () => {
  it.each(wrong)('%s', async (_, run) => {
    const error: unknown = await Promise.resolve(run()).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SessionError)
    expect(error).toMatchObject({ code: 'BAD_OPTIONS' })
  })
})

describe('configurations that hold themselves', () => {
  it('are told apart by which object they are, however often they do', () => {
    const twice = () => {
      const one: Record<string, unknown> = {}
      return Object.assign(one, { a: one, b: one, c: [one] })
    }
    const [first, second] = [twice(), twice()]
    const made = (one: object) => sessionsFor('test', { one }, () => ({}))
    expect(made(first)).toBe(made(first))
    expect(made(first)).not.toBe(made(second))
  })

  it('share nothing in the memory of Hydrogen’s sessions with others, and are no error', () => {
    expect(() => MemorySessionStorage('a', { secrets: SECRET, more: [cyclic(), 1n] } as never)()).not.toThrow()
  })
})
