import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import session, { MemoryStore, type SessionOptions } from 'express-session'
import { getIronSession } from 'iron-session'
import { afterAll, describe, expect, test } from 'vitest'
import { withSession } from '../adapters/fetch.ts'
import coatcheckSession from '../adapters/middleware/express-session.ts'
import { createSessions, type SessionsOptions } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { type AppUnderAttack, attack, fakeClock, fixate, meetingPoint, replay, steal, toss, type Visitor } from './index.ts'

declare module 'express-session' {
  interface SessionData {
    account: string
    visits: number
  }
}

/** What a person does in each of the apps here. */
const PERSON = {
  signIn: (visitor: Visitor, account: string) => visitor.post('/login', { account }),
  signOut: (visitor: Visitor) => visitor.post('/logout'),
  renew: (visitor: Visitor) => visitor.post('/renew'),
  who: async (visitor: Visitor) => (await visitor.get('/account/me')).text(),
}
const { renew: _, ...WITHOUT_RENEW } = PERSON
const SECRET = 'only for tests: Jc5nWz8qKt2Xv7Lr'
const CAREFUL = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const

const closing: (() => unknown)[] = []
afterAll(() => Promise.all(closing.map((close) => close())))

interface Habits {
  readonly session?: Partial<SessionOptions>
  /** How the app signs in and out. Default: as the documents of express-session say. */
  readonly regenerates?: boolean
  readonly destroys?: boolean
  readonly renews?: boolean
}

/** An Express app, over HTTP, with whoever's middleware. */
async function expressApp(
  middleware: typeof session,
  { session: options, regenerates = true, destroys = true, renews = true }: Habits = {},
): Promise<string> {
  const app = express()
  app.set('trust proxy', 1)
  const name = '__Host-id'
  app.use(middleware({ secret: SECRET, resave: false, saveUninitialized: false, name, cookie: CAREFUL, ...options }))
  app.get('/', ({ session: mine }, res) => {
    mine.visits = (mine.visits ?? 0) + 1
    res.send('hello')
  })
  app.get('/account/me', ({ session: mine }, res) => void res.send(mine.account ?? ''))
  app.post('/login', express.urlencoded(), (req, res, next) => {
    const { account } = req.body
    const signIn = () => {
      req.session.account = account
      res.send('welcome')
    }
    if (regenerates) req.session.regenerate((error) => (error ? next(error) : signIn()))
    else signIn()
  })
  app.post('/renew', (req, res, next) => {
    const { account = '' } = req.session
    const done = (error?: unknown) => {
      if (error) return next(error)
      req.session.account = account
      res.send('renewed')
    }
    if (renews) req.session.regenerate(done)
    else done()
  })
  app.post('/logout', (req, res, next) => {
    if (destroys) req.session.destroy((error) => (error ? next(error) : res.send('bye')))
    else res.clearCookie(options?.name ?? name, CAREFUL).send('bye')
  })
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The attackers on such an app, as the public reaches it. */
const at = (serve: string, rest: Partial<AppUnderAttack> = {}): AppUnderAttack => ({
  ...PERSON,
  serve,
  origin: 'https://shop.test',
  ...rest,
})

/** An app on iron-session, whose session is in the cookie. */
function ironApp(cookieName = 'iron'): (request: Request) => Promise<Response> {
  return async (request) => {
    const answer = new Response()
    const mine = await getIronSession<{ account?: string; visits?: number }>(request, answer, { password: SECRET, cookieName })
    const { pathname } = new URL(request.url)
    if (pathname === '/account/me') return new Response(mine.account ?? '')
    if (pathname === '/logout') mine.destroy()
    else {
      if (pathname === '/login') mine.account = String((await request.formData()).get('account'))
      mine.visits = (mine.visits ?? 0) + 1
      await mine.save()
    }
    return answer
  }
}

/** An app on Coatcheck. */
function ourApp(options: Partial<SessionsOptions>): (request: Request) => Promise<Response> {
  const sessions = createSessions<{ visits: number }>({ secrets: SECRET, ...options })
  return withSession(sessions, async (request) => {
    const mine = await sessions.open(request)
    const { pathname } = new URL(request.url)
    if (pathname === '/login') mine.signIn(String((await request.formData()).get('account')))
    else if (pathname === '/logout') mine.signOut()
    else if (pathname === '/renew') mine.regenerateId()
    else if (pathname === '/') mine.update('visits', (n = 0) => n + 1)
    return new Response(pathname === '/account/me' ? (mine.owner ?? '') : 'hello')
  })
}

const brokenBy = async (app: AppUnderAttack): Promise<readonly string[]> =>
  (await attack(app)).broken.map(({ attack: by, tried }) => `${by}: ${tried}`)

const SIGNED_OUT = [
  'steal: a copy of the cookies, used before and after the sign-out',
  'replay: every cookie of a browser that has signed out',
  'replay: the cookies of an earlier sign-in, after another one',
]
const OLD_ID = 'replay: the cookies from before a new id'
const LATE_ANSWER = 'replay: an answer that arrives after the sign-out'
const FIXED = ["fixate: a guest's cookies, planted before the sign-in"]
const FIXED_OWN = "fixate: the attacker's own session, planted before the sign-in"
const TOSSED = [
  "toss: the attacker's session, for a victim who is not signed in",
  "toss: the attacker's session, beside the victim's own",
]
const TOSSED_GUEST = "toss: a guest's cookies, before the victim signs in"
const OVERTAKEN = 'replay: a request that a sign-out overtakes'

describe('apps on express-session', () => {
  test('that do as its documents say: only a sign-out that overtakes a request is undone', async () => {
    const point = meetingPoint('the session is read')
    const store = point.after(new MemoryStore(), 'get')
    const app = at(await expressApp(session, { session: { store } }), { at: point })
    const report = await attack(app)
    expect(report.broken.map(({ attack: by, tried }) => `${by}: ${tried}`)).toEqual([OVERTAKEN])
    expect(report.findings.filter(({ outcome }) => outcome === 'not tried')).toEqual([])
  })

  test.each<[string, Habits, readonly string[]]>([
    ['that keep the id at the sign-in', { regenerates: false }, [...FIXED, FIXED_OWN]],
    ['that only clear the cookie at the sign-out', { destroys: false }, SIGNED_OUT],
    ['that keep the id where they should renew it', { renews: false }, [OLD_ID]],
    [
      'whose cookie scripts can read',
      { session: { cookie: { ...CAREFUL, httpOnly: false } } },
      ['steal: a script on the page reads the cookies'],
    ],
    [
      'whose cookie goes over http, and which call it as ever',
      { session: { name: 'sid', cookie: { ...CAREFUL, secure: false } } },
      ['steal: somebody on the way reads what goes over http', ...TOSSED],
    ],
    ['with the name that express-session gives', { session: { name: 'connect.sid' } }, TOSSED],
    [
      'with that name, that keep the id',
      { session: { name: 'connect.sid' }, regenerates: false },
      [...FIXED, FIXED_OWN, ...TOSSED, TOSSED_GUEST],
    ],
  ])('%s', async (_, habits, broken) => {
    expect(await brokenBy(at(await expressApp(session, habits)))).toEqual(broken)
  })
})

describe('apps on iron-session', () => {
  test('cannot end a session, and take what a sibling tossed', async () => {
    expect(await brokenBy({ ...PERSON, serve: ironApp() })).toEqual([...SIGNED_OUT, OLD_ID, LATE_ANSWER, ...TOSSED])
  })

  test('with a better name still cannot end one', async () => {
    expect(await brokenBy({ ...PERSON, serve: ironApp('__Host-iron') })).toEqual([...SIGNED_OUT, OLD_ID, LATE_ANSWER])
  })
})

test('an app that takes ids which it never gave', async () => {
  const kept = new Map<string, string>()
  const serve = async (request: Request): Promise<Response> => {
    const id = /(?:^|; )id=([^;]+)/.exec(request.headers.get('cookie') ?? '')?.[1] ?? crypto.randomUUID()
    const { pathname } = new URL(request.url)
    if (pathname === '/login') kept.set(id, String((await request.formData()).get('account')))
    if (pathname === '/logout') kept.delete(id)
    return new Response(kept.get(id) ?? '', { headers: { 'set-cookie': `id=${id}; Path=/; HttpOnly; Secure` } })
  }
  expect((await fixate({ ...PERSON, serve })).broken.map(({ tried }) => tried)).toEqual([
    "a guest's cookies, planted before the sign-in",
    'a made-up value, planted before the sign-in',
    "the attacker's own session, planted before the sign-in",
  ])
})

describe('apps on Coatcheck', () => {
  const clock = fakeClock()
  // `grace`, and two calls of the store: docs/security.md.
  const grace = { clock, seconds: 10 + 2 * 2 }

  test('with a store hold against everything, also where a sign-out overtakes a request', async () => {
    const point = meetingPoint('the session is read')
    const store = point.after(memoryStore({ now: clock.now }), 'read')
    const report = await attack({ ...PERSON, serve: ourApp({ store, now: clock.now }), at: point, grace })
    expect(report.broken).toEqual([])
    expect(report.findings.map(({ outcome }) => outcome)).toEqual(Array(14).fill('held'))
  })

  test('show for the grace what was before a new id: without the clock the attackers find it', async () => {
    expect(await brokenBy({ ...PERSON, serve: ourApp({ store: memoryStore() }) })).toEqual([OLD_ID])
  })

  test('with a cookie for the whole domain, whose name no browser protects, take what a sibling tossed', async () => {
    const store = memoryStore({ now: clock.now })
    const cookie = { name: '__Secure-session', domain: 'shop.test' }
    const app = { ...PERSON, serve: ourApp({ store, cookie, now: clock.now }), origin: 'https://shop.test', grace }
    expect((await toss(app)).broken.map(({ tried }) => `toss: ${tried}`)).toEqual(TOSSED)
  })

  test('sealed in the cookie cannot end a session, unless they list ended ones', async () => {
    expect(await brokenBy({ ...WITHOUT_RENEW, serve: ourApp({ now: clock.now }) })).toEqual([...SIGNED_OUT, LATE_ANSWER])
    const revocations = memoryStore({ now: clock.now })
    expect(await brokenBy({ ...WITHOUT_RENEW, serve: ourApp({ revocations, now: clock.now }) })).toEqual([])
  })

  test('in the place of express-session hold, where express-session does not', async () => {
    const point = meetingPoint('the session is read')
    const store = point.after(memoryStore({ now: clock.now }), 'read')
    const serve = await expressApp(coatcheckSession as unknown as typeof session, { session: { store: store as never } })
    expect(await brokenBy(at(serve, { at: point }))).toEqual([])
  })
})

describe('a report', () => {
  test('says what the app did and what to do, for each attempt in a line', async () => {
    const report = await steal({ ...PERSON, serve: ironApp() })
    expect(String(report)).toBe(
      "steal: a copy of the cookies, used before and after the sign-out: broken. After ada had signed out, the thief's copy of the " +
        "cookies still opened ada's account. End the session itself, not only the cookie: `session.signOut()` with a store or " +
        '`revocations`; `req.session.destroy()` in express-session. A sealed or signed cookie without either stays good until its time is over.\n' +
        'steal: a script on the page reads the cookies: held. What scripts can read of the cookies opened nothing.\n' +
        'steal: somebody on the way reads what goes over http: held. Over http a browser sends nothing that opens the session.',
    )
  })

  test('says what was not tried, and what the attackers need for it', async () => {
    const { signIn, who } = PERSON
    const serve = await expressApp(session, { session: { cookie: { ...CAREFUL, secure: false }, name: 'sid' } })
    const said = (await attack({ serve, signIn, who })).findings.filter(({ outcome }) => outcome === 'not tried')
    expect(said.map(({ attack: by, said: why }) => `${by}: ${why}`)).toEqual([
      'steal: The attackers were given no signOut.',
      'steal: The site itself is asked over http. Pass its public address: `origin: "https://…"`.',
      'replay: The attackers were given no signOut.',
      'replay: The attackers were given no signOut.',
      'replay: The attackers were given no renew.',
      'replay: The attackers were given no signOut.',
      'replay: The attackers were given no signOut.',
      ...Array(3).fill('toss: 127.0.0.1 has no siblings. Pass the site\'s public address: `origin: "https://shop.test"`.'),
    ])
  })

  test.each<[string, Partial<AppUnderAttack>, RegExp]>([
    [
      'nobody could sign in',
      { signIn: () => {} },
      /after signIn\(visitor, 'ada'\), who\(visitor\) gave undefined instead of "ada"/,
    ],
    ['everybody counts as signed in', { who: () => 'ada' }, /in a new browser, who\(visitor\) gave "ada" instead of undefined/],
    [
      'the sign-out does nothing',
      { signOut: () => {} },
      /after signOut\(visitor\), who\(visitor\) gave "ada" instead of undefined/,
    ],
    ['the point is never come to', { at: meetingPoint('elsewhere') }, /never came to the meeting point “elsewhere”/],
  ])('there is none where %s: it would mean nothing', async (_, part, message) => {
    await expect(attack({ ...PERSON, serve: ourApp({ store: memoryStore() }), ...part })).rejects.toThrow(message)
  })

  test('names the cookie that a browser dropped, where nobody could sign in for that', async () => {
    const serve = await expressApp(coatcheckSession as unknown as typeof session, {
      session: { name: '__Host-id', cookie: { ...CAREFUL, secure: 'auto' } },
    })
    await expect(replay({ ...PERSON, serve, origin: 'http://shop.test' })).rejects.toThrow(
      /who\(visitor\) gave undefined instead of "ada"\. A browser dropped the cookie __Host-id: it needs Secure\./,
    )
  })
})
