/** What a site may pass as options: BAD_OPTIONS when it is wrong, or sessions that work. */

import { sessionMiddleware as astroMiddleware } from '../../../src/adapters/astro/middleware.ts'
import { withSession } from '../../../src/adapters/fetch.ts'
import { getSession } from '../../../src/adapters/h3.ts'
import {
  AppSession,
  Cookie,
  CookieSessionStorage,
  withSession as inHydrogen,
  SessionStorage,
} from '../../../src/adapters/hydrogen.ts'
import * as remix from '../../../src/adapters/remix.ts'
import * as remix3 from '../../../src/adapters/remix3.ts'
import type { GivenOptions } from '../../../src/core/options/options.ts'
import { createSessions } from '../../../src/core/sessions.ts'
import { SessionError } from '../../../src/errors.ts'
import { cookieSession } from '../../../src/migrate/cookie-session.ts'
import { expressSession } from '../../../src/migrate/express-session.ts'
import { h3Seal } from '../../../src/migrate/h3.ts'
import { ironSession } from '../../../src/migrate/iron-session.ts'
import { remixCookie } from '../../../src/migrate/remix.ts'
import { remix3Cookie } from '../../../src/migrate/remix3.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { throughAstro } from '../../helpers/astro.ts'
import { NOW, SECRET } from '../grounds.ts'
import type { Random } from '../random.ts'
import { anything, made } from '../recipes.ts'
import { counted, holds, type Input, type Running, type Target } from '../target.ts'

type Given = Record<string, unknown>

/** A place that takes options: right ones to begin with, and a visit of a site that was made with them. */
interface Place {
  readonly right: readonly Input[]
  run(options: never): unknown
}

/** Secrets with states and times. */
const states = [
  { secret: `${SECRET} but newer`, from: '2090-01-31T12:00Z', until: 4_200_000_000_000 },
  { secret: SECRET, state: 'retired' },
  { secret: `${SECRET} to come`, state: 'pending' },
  { secret: `${SECRET} that leaked`, state: 'revoked', until: '2090-01-31' },
]
const store = { $: 'memory store' }
const now = { $: 'now' }
const cookie = { name: 'sid', path: '/', sameSite: 'lax', secure: true, domain: 'app.test', partitioned: false }
const reader = { $: 'reader' }
const url = 'https://app.test/'
const asking = () => new Request(url, { headers: { cookie: 'a=b' } })

const PLACES: Readonly<Record<string, Place>> = {
  createSessions: {
    right: [
      { secrets: SECRET, now },
      {
        secrets: [SECRET],
        store,
        encryptRecords: true,
        now,
        cookie: { ...cookie, persistent: false },
        storeTimeout: 2,
        whenStoreDown: 'read-only',
      },
      {
        store,
        now,
        header: 'x-session',
        cookie: false,
        idleTimeout: 60,
        absoluteTimeout: 600,
        acceptUnsigned: true,
        onEvent: { $: 'function' },
      },
      { secrets: states, now },
      { secrets: states, store, encryptRecords: true, now },
      { secrets: SECRET, chunks: true, header: 'authorization', migrateFrom: [reader], now },
    ],
    async run(options: GivenOptions) {
      const sessions = createSessions(options)
      const serve = withSession(sessions, async (request) => {
        const session = await sessions.open(request)
        session.set('a', 1)
        return new Response('ok')
      })
      const response = await serve(asking())
      holds(response.headers.has('cache-control'), 'a session that was asked for is kept out of shared caches')
    },
  },
  h3: {
    right: [
      { password: SECRET, now },
      {
        password: { default: SECRET },
        name: 'sid',
        maxAge: 60,
        idleTimeout: 60,
        cookie: { path: '/', secure: true, sameSite: 'strict', maxAge: 9 },
        sessionHeader: false,
        now,
      },
      { password: [SECRET], store, issue: 'when-stored', sessionHeader: 'x-a', now, cookie: false },
      { password: SECRET, format: 'upstream', legacySealFallback: false, now },
    ],
    run: (config: Parameters<typeof getSession>[1]) =>
      getSession({ req: asking(), res: { headers: new Headers(), errHeaders: new Headers() }, context: {} }, config),
  },
  'remix cookies': {
    right: [
      { cookie: { ...cookie, secrets: [SECRET], maxAge: 60 }, now },
      { cookie: { secrets: [SECRET] }, format: 'upstream', now },
      { cookie: { secrets: [SECRET] }, chunks: true, idleTimeout: 60, now, migrateFrom: [reader] },
    ],
    run: (options: Parameters<typeof remix.createCookieSessionStorage>[0]) => inRemix(remix.createCookieSessionStorage(options)),
  },
  'remix store': {
    right: [
      { cookie: { ...cookie, secrets: [SECRET], expires: { $: 'later' } }, store, now },
      { store, now, encryptRecords: true, cookie: { secrets: [SECRET], httpOnly: true } },
    ],
    run: (options: Parameters<typeof remix.createSessionStorage>[0]) => inRemix(remix.createSessionStorage(options)),
  },
  'remix cookie': {
    right: [{ ...cookie, name: 'a', secrets: [SECRET], maxAge: 60 }, { name: 'b' }],
    async run({ name, ...options }: Given) {
      const made = remix.createCookie(name as string, options)
      await made.parse('a=b')
      await made.serialize({ a: 1 })
    },
  },
  'remix3 cookies': {
    right: [
      { secrets: [SECRET], now },
      { secrets: [SECRET], format: 'upstream', idleTimeout: 60, now },
    ],
    run: (options: Parameters<typeof remix3.createCookieSessionStorage>[0]) =>
      inRemix3(remix3.createCookieSessionStorage(options)),
  },
  'remix3 store': {
    right: [{ store, now, absoluteTimeout: 60, whenStoreDown: 'fail' }],
    run: (options: Parameters<typeof remix3.createSessionStorage>[0]) => inRemix3(remix3.createSessionStorage(options)),
  },
  'remix3 cookie': {
    right: [
      {
        name: 'a',
        secrets: [SECRET],
        sameSite: 'Lax',
        secure: true,
        path: '/',
        maxAge: 60,
        domain: 'app.test',
        expires: { $: 'later' },
      },
    ],
    async run({ name, ...options }: Given) {
      const made = remix3.createCookie(name as string, options)
      await made.parse('a=b')
      await made.serialize('a')
    },
  },
  'hydrogen cookies': {
    right: [
      { name: 'a', secrets: SECRET, sameSite: 'Lax', secure: true, maxAge: 60, now },
      { name: 'a', secrets: [SECRET], format: 'upstream', expires: { $: 'later' }, now },
    ],
    run: ({ name, ...options }: Given) => inHydrogen1(CookieSessionStorage(name as string, options)),
  },
  'hydrogen store': {
    right: [{ name: 'a', secrets: SECRET, store, now, encryptRecords: true, domain: 'app.test', samesite: 'Strict' }],
    run: ({ name, ...options }: Given) =>
      inHydrogen1(SessionStorage(name as string, options as unknown as Parameters<typeof SessionStorage>[1])),
  },
  'hydrogen cookie': {
    right: [
      { name: 'a', secrets: SECRET, path: '/', maxage: 60, now },
      { name: 'a', secrets: states, maxage: 60, now },
    ],
    run({ name, ...options }: Given) {
      const made = new Cookie(name as string, options)
      made.parse('a=b')
      made.set('a', 1)
      made.serialize()
    },
  },
  'hydrogen app': {
    right: [
      { secrets: [SECRET], name: 'sid', path: '/', now, secure: true, sameSite: 'lax' },
      { secrets: [SECRET], store, now, idleTimeout: 60 },
    ],
    async run({ secrets, ...options }: Given) {
      const session = await AppSession.init(asking(), secrets as string[], options)
      session.set('a' as never, 1 as never)
      await session.commit()
    },
  },
  astro: {
    right: [
      { settings: { cookie: { name: 'a', maxAge: 60 }, ttl: 9, idleTimeout: 60 }, more: { secrets: SECRET, now } },
      {
        settings: { cookie: { sameSite: true, secure: true, path: '/' }, header: 'x-session', chunks: true },
        more: { store, secrets: [SECRET], now },
      },
    ],
    async run({ settings, more }: { settings: object; more: object }) {
      const site = { cookie: {}, formerCookie: 'astro-session', isProduction: true, ...settings }
      const onRequest = astroMiddleware(site, { getSecret: () => SECRET, store: null, settings: more })
      await throughAstro(onRequest, asking(), async (session) => {
        await session.entries()
        return new Response('ok')
      })
    },
  },
  'foreign h3': {
    right: [
      { password: SECRET, version: 1, reads: [1], maxAge: 60, idleTimeout: 60 },
      { password: { a: SECRET }, version: 1, reads: [1] },
    ],
    run: (options: never) => format(h3Seal(options)),
  },
  'foreign iron': {
    right: [
      { password: SECRET, cookieName: 'a', ttl: 60 },
      { password: { 1: SECRET }, cookieName: 'a' },
    ],
    run: (options: never) => format(ironSession(options)),
  },
  'foreign cookie-session': { right: [{ keys: [SECRET], name: 'a' }], run: (options: never) => format(cookieSession(options)) },
  'foreign express': {
    right: [
      { secret: SECRET, store: { $: 'express store' }, cookieName: 'a' },
      { secret: [SECRET], store: { $: 'express store' } },
    ],
    run: (options: never) => read(expressSession(options)),
  },
  'foreign remix': { right: [[SECRET], [], [SECRET, 'a']], run: (secrets: never) => format(remixCookie(secrets)) },
  'foreign remix3': { right: [[SECRET], [SECRET, 'a']], run: (secrets: never) => format(remix3Cookie(secrets)) },
  memoryStore: {
    right: [{ now }],
    async run(options: never) {
      await memoryStore(options).read('a')
    },
  },
}
const NAMES = Object.keys(PLACES)

async function inRemix({ getSession, commitSession, destroySession }: remix.SessionStorage): Promise<void> {
  const session = await getSession('a=b')
  session.set('a', 1)
  await commitSession(session)
  await destroySession(session)
}

async function inRemix3(storage: remix3.SessionStorage): Promise<void> {
  const session = await storage.read(null)
  session.set('a', 1)
  await storage.save(session)
}

async function inHydrogen1(storage: ReturnType<typeof CookieSessionStorage>): Promise<void> {
  const page = inHydrogen(storage, async (_request, { session }) => {
    await session?.set('a', 1)
  })
  await page(asking())
}

type Upstream = ReturnType<typeof remixCookie>

async function format(made: Upstream): Promise<void> {
  await read(made)
  await made.write({ values: { a: 1 }, id: 'a', createdAt: NOW, now: NOW })
}

async function read(made: Pick<Upstream, 'read'>): Promise<void> {
  await made.read('Fe26.2*1*a', { cookieName: 'a', now: NOW, cookie: () => undefined })
}

const MORE: Readonly<Record<string, () => unknown>> = {
  'memory store': () => memoryStore(),
  now: () => () => NOW,
  reader: () => ({ format: 'none', read: () => undefined }),
  later: () => new Date(NOW + 60_000),
  'express store': () => ({
    get: (_: string, done: (error: null) => void) => done(null),
    destroy: (_: string, done: () => void) => done(),
  }),
}

/** Other options: one left out, changed, or one too many, at any depth. */
function changed(options: Input, random: Random): Input {
  if (typeof options !== 'object' || options === null || '$' in options || random.oneIn(12))
    return anything(random, Object.keys(MORE))
  if (Array.isArray(options)) {
    const at = random.below(options.length + 1)
    return random.oneIn(4)
      ? options.toSpliced(at, 1)
      : options.toSpliced(at, random.below(2), changed(options[at] ?? null, random))
  }
  const object = options as { readonly [key: string]: Input }
  const key = random.oneIn(12)
    ? random.pick(['nonsense', '__proto__', 'constructor', 'toString', 'format', 'httpOnly', ''])
    : random.pick(Object.keys(object))
  if (key === undefined || random.oneIn(8)) return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key))
  return { ...object, [key]: changed(object[key] ?? null, random) }
}

async function open(): Promise<Running> {
  const ends = new Map<string, number>()
  for (const [name, { right, run }] of Object.entries(PLACES)) {
    for (const options of right) {
      try {
        await run(made(options, MORE) as never)
      } catch (error) {
        throw new Error(`the right options of ${name} do not work`, { cause: error })
      }
    }
  }
  return {
    genuine: {},
    ends,
    draw(random) {
      const place = random.oneIn(3) ? 'createSessions' : random.pick(NAMES)
      let options = random.pick((PLACES[place] as Place).right)
      for (let times = 1 + random.size(3); times > 0; times--) options = changed(options, random)
      // That a function is given an object at all is what types are for; `createSessions` checks that as well.
      const isObject = typeof options === 'object' && options !== null && !('$' in options)
      if (place !== 'createSessions' && !isObject) options = random.pick((PLACES[place] as Place).right)
      return { place, options }
    },
    async check(input: Input) {
      const { place = '', options = null } = input as { place?: string; options?: Input }
      if (!Object.hasOwn(PLACES, place)) return
      // A clock is to be read at once: what it promises and breaks is its own.
      if (JSON.stringify(options).includes('"now":{"$":"rejecting function"}')) return
      try {
        await quietly(() => (PLACES[place] as Place).run(made(options, MORE) as never))
        counted(ends, `${place}: works`)
      } catch (error) {
        // What the site's own functions, getters and proxies throw is the site's own.
        if (isBoom(error)) return counted(ends, `${place}: its own error`)
        if (!(error instanceof SessionError))
          throw Object.assign(new Error(`${place}: ${error instanceof Error ? error.message : String(error)}`), {
            stack: (error as Error)?.stack,
          })
        const allowed = ['BAD_OPTIONS', 'STORE_FAILED', 'COOKIE_TOO_LARGE']
        holds(
          allowed.includes(error.code),
          'BAD_OPTIONS, or what a store or a cookie could not take',
          () => `${place}: ${error.message}`,
        )
        counted(ends, `${place}: ${error.code}`)
      }
    },
  }
}

const isBoom = (error: unknown) => error instanceof TypeError && /^boom$|^Class constructors/.test(error.message)

/** Weak secrets are warned about, once each; an observer that throws is reported. */
async function quietly<T>(run: () => T | Promise<T>): Promise<T> {
  const { warn, error } = console
  console.warn = console.error = () => {}
  try {
    return await run()
  } finally {
    console.warn = warn
    console.error = error
  }
}

export const options: Target = { name: 'options', open }
