import { describe, expect, test } from 'vitest'
import { withSession } from '../../adapters/fetch.ts'
import { createSessions } from '../../index.ts'
import { memoryStore } from '../../stores/memory.ts'
import {
  type Answered,
  type AttackReport,
  assertSession,
  type CookieExpectation,
  type Finding,
  type MatcherResult,
  matchers,
  type SessionMatchers,
  setsCookie,
  type Visitor,
  visitor,
} from '../index.ts'

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void>, T> extends SessionMatchers<R> {}
}
expect.extend(matchers)

const GOOD = '__Host-id=1; Path=/; HttpOnly; Secure; SameSite=Lax'

const answer = (...lines: string[]): Response => new Response(null, { headers: lines.map((line) => ['set-cookie', line]) })

describe('toSetCookie', () => {
  test.each<[string, CookieExpectation | undefined]>([
    [GOOD, undefined],
    ['__Host-id=1; Path=/; HttpOnly; Secure; SameSite=Strict', undefined],
    ['sid=1; Path=/; HttpOnly; SameSite=Lax', { secure: false }],
    ['sid=1; Path=/app; HttpOnly; Secure; SameSite=Lax; Domain=.Shop.test', { domain: 'shop.test', path: '/app' }],
    ['sid=1; Path=/; HttpOnly; Secure; SameSite=None; Partitioned', { sameSite: 'none', partitioned: true }],
    ['sid=1; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=60', { maxAge: 60 }],
    [GOOD, { maxAge: undefined }],
    [`${GOOD}; Max-Age=0`, { maxAge: 0 }],
    [`${GOOD}; Max-Age=-1`, { maxAge: 0 }],
    ['theme=dark; Path=/; Secure; SameSite=Lax', { httpOnly: false }],
  ])('takes %s as %o', (line, expected) => {
    expect(answer(line)).toSetCookie(undefined, expected)
  })

  test.each<[string, CookieExpectation | undefined, string]>([
    ['__Host-id=1; Path=/; Secure; SameSite=Lax', undefined, 'HttpOnly is false instead of true'],
    ['id=1; Path=/; HttpOnly; SameSite=Lax', undefined, 'Secure is false instead of true'],
    ['id=1; Path=/; HttpOnly; Secure', undefined, 'SameSite is missing instead of lax'],
    ['id=1; Path=/; HttpOnly; Secure; SameSite=None', undefined, 'SameSite is none instead of lax'],
    ['id=1; Path=/; HttpOnly; Secure; SameSite=Lax', { sameSite: 'strict' }, 'SameSite is lax instead of strict'],
    ['id=1; Path=/; HttpOnly; Secure; SameSite=Lax; Domain=shop.test', undefined, 'Domain is shop.test instead of missing'],
    ['id=1; HttpOnly; Secure; SameSite=Lax', undefined, 'Path is missing instead of /'],
    [GOOD, { partitioned: true }, 'Partitioned is false instead of true'],
    [GOOD, { maxAge: 60 }, 'its age in seconds is missing instead of 60'],
    [`${GOOD}; Max-Age=61`, { maxAge: 60 }, 'its age in seconds is 61 instead of 60'],
    ['__Host-id=1; Path=/; HttpOnly; SameSite=Lax', { secure: false }, 'a browser drops it: it needs Secure'],
    ['__Host-id=1; Path=/app; HttpOnly; Secure; SameSite=Lax', { path: '/app' }, 'a browser drops it: __Host- needs Path=/'],
    [`id=${'x'.repeat(4096)}`, undefined, 'a browser drops it: name and value are over 4096 bytes'],
  ])('refuses %s', (line, expected, why) => {
    const { pass, message } = setsCookie(answer(line), undefined, expected)
    expect([pass, message]).toEqual([false, expect.stringContaining(why)])
  })

  test('finds the cookie by its name; of several lines the last counts, as in a browser', () => {
    expect(answer('theme=dark', GOOD)).toSetCookie('__Host-id')
    expect(answer(GOOD)).not.toSetCookie('sid')
    expect(setsCookie(answer(GOOD), 'sid').message).toContain('sets only __Host-id, not sid')
    expect(answer('__Host-id=1', GOOD)).toSetCookie('__Host-id')
    expect(answer(GOOD, '__Host-id=1')).not.toSetCookie('__Host-id')
    expect(setsCookie(answer('theme=dark', GOOD)).message).toContain('Say which of them is meant')
    expect(setsCookie(answer()).message).toContain('sets no cookie')
  })

  test('shows no ticket', () => {
    expect(setsCookie(answer('id=the-ticket; Path=/')).message).not.toContain('the-ticket')
  })

  test.each<[string, Answered]>([
    ['supertest and node:http', { headers: { 'set-cookie': ['theme=dark', GOOD], 'cache-control': 'private' } }],
    ['Fastify, which gives one line as a text', { headers: { 'set-cookie': GOOD, 'cache-control': 'private' } }],
    [
      'Playwright',
      {
        headersArray: () => [
          { name: 'Set-Cookie', value: `theme=dark\n${GOOD}` },
          { name: 'Cache-Control', value: 'private' },
        ],
      },
    ],
  ])('reads the answers of %s', (_, answered) => {
    expect(answered).toSetCookie('__Host-id')
    expect(answered).toBeUncacheable()
  })
})

describe('toBeUncacheable', () => {
  const cached = (headers: Record<string, string>): Response => new Response(null, { headers })

  test.each<Record<string, string>>([
    { 'cache-control': 'private' },
    { 'cache-control': 'no-store' },
    { 'cache-control': 'max-age=60, Private' },
    { 'cache-control': 'private', 'cdn-cache-control': 'no-store' },
  ])('takes %o', (headers) => expect(cached(headers)).toBeUncacheable())

  test.each<Record<string, string>>([
    {},
    { 'cache-control': 'max-age=60' },
    { 'cache-control': 'no-cache' },
    { 'cache-control': 'public, max-age=60' },
    { 'cache-control': 'private="set-cookie"' },
    { 'cache-control': 'private', 'cdn-cache-control': 'max-age=60' },
    { 'cache-control': 'private', 'surrogate-control': 'max-age=60' },
  ])('refuses %o', (headers) => expect(cached(headers)).not.toBeUncacheable())
})

const sessions = createSessions<{ visits: number }>({ secrets: 'only for tests: Jc5nWz8qKt2Xv7Lr', store: memoryStore() })

/** The site, and what is wrong with it in this test. */
function open(fault?: 'only clears the cookie'): Visitor {
  const serve = withSession(sessions, async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/logout' && fault === 'only clears the cookie')
      return new Response('bye', { headers: { 'set-cookie': '__Host-Http-session=; Path=/; Secure; HttpOnly; Max-Age=0' } })
    const session = await sessions.open(request)
    if (pathname === '/cart') session.update('visits', (n = 0) => n + 1)
    if (pathname === '/login') session.signIn('ada')
    if (pathname === '/logout') session.signOut()
    return new Response(session.owner ?? '')
  })
  return visitor(serve)
}
const page = async (ada: Visitor): Promise<string> => (await ada.get('/')).text()

describe.each([
  ["by the app's sessions", sessions],
  ['by a page', page],
] as const)('who is signed in, %s', (_, whoIs) => {
  test('is told from a guest and from others', async () => {
    const ada = open()
    await expect(ada).not.toBeSignedIn(whoIs)
    await expect(ada).toBeSignedOutForGood(whoIs)
    await ada.post('/login')
    await expect(ada).toBeSignedIn(whoIs)
    await expect(ada).toBeSignedIn(whoIs, 'ada')
    await expect(ada).not.toBeSignedIn(whoIs, 'grace')
    await expect(ada).not.toBeSignedOutForGood(whoIs)
  })

  test('is signed out for good, which is more than a cookie that is gone', async () => {
    const ada = open()
    await ada.post('/login')
    await ada.get('/')
    await ada.post('/logout')
    await expect(ada).toBeSignedOutForGood(whoIs)

    const grace = open('only clears the cookie')
    await grace.post('/login')
    await grace.get('/')
    await grace.post('/logout')
    await expect(grace, 'the cookie is gone').not.toBeSignedIn(whoIs)
    await expect(grace).not.toBeSignedOutForGood(whoIs)
    await expect(assertSession.signedOutForGood(grace, whoIs)).rejects.toThrow(
      /cookies that it sent before \(1 of 1\) still open the session of ada/,
    )
  })
})

test('asking the sessions whose one is changes nothing in it', async () => {
  const ada = open()
  await ada.post('/login')
  const [before] = (await sessions.list('ada')).sessions.slice(-1)
  await expect(ada).toBeSignedIn(sessions, 'ada')
  expect((await sessions.list('ada')).sessions.find(({ handle }) => handle === before?.handle)).toEqual(before)
})

test('says of somebody who is not signed in which cookie the browser dropped', async () => {
  const ada = visitor(() => answer('__Host-id=1; Path=/'))
  await ada.get('/')
  await expect(assertSession.signedIn(ada, () => undefined)).rejects.toThrow(
    'The browser is signed in as nobody. A browser dropped the cookie __Host-id: it needs Secure.',
  )
})

describe('toHaveNewId', () => {
  test('is so after a sign-in, and not before', async () => {
    const ada = open()
    await ada.post('/cart')
    const guest = ada.cookies()
    expect(ada).not.toHaveNewId(guest)
    await ada.post('/login')
    expect(ada).toHaveNewId(guest)
    expect(ada).toHaveNewId(guest, '__Host-Http-session')
    expect(ada).not.toHaveNewId(ada.cookies())
  })

  test('goes by the cookie that is named, or by those that scripts cannot read', async () => {
    const ada = open()
    ada.plant('id=1; HttpOnly')
    ada.plant('theme=dark')
    const before = ada.cookies()
    ada.plant('id=2; HttpOnly')
    expect(ada, 'the theme stays').toHaveNewId(before)
    expect(ada).not.toHaveNewId(before, 'theme')
    expect(() => assertSession.newId(ada, before, 'sid')).toThrow('The browser has no sid cookie.')
    expect(open(), 'without any cookie').not.toHaveNewId([])
  })
})

describe('toHaveWithstood', () => {
  const report = (...outcomes: Finding['outcome'][]): AttackReport => {
    const findings = outcomes.map((outcome) => ({ attack: 'steal', tried: 'a copy', outcome, said: 'So it was.' }) as const)
    const broken = findings.filter(({ outcome }) => outcome === 'broken')
    return { findings, broken, toString: () => outcomes.join() }
  }

  test('is so when no attack broke the app, and some were tried', () => {
    expect(report('held', 'not tried')).toHaveWithstood()
    expect(report('held', 'broken')).not.toHaveWithstood()
    expect(report('not tried')).not.toHaveWithstood()
    expect(() => assertSession.withstood(report('held', 'broken'))).toThrow('1 of 2 attacks broke the app:\nheld,broken')
  })
})

describe('every matcher', () => {
  const cases: readonly [string, () => MatcherResult | Promise<MatcherResult>, () => void | Promise<void>][] = [
    ['toSetCookie', () => matchers.toSetCookie(answer('a=1')), () => assertSession.setsCookie(answer('a=1'))],
    ['toBeUncacheable', () => matchers.toBeUncacheable(answer()), () => assertSession.uncacheable(answer())],
    ['toBeSignedIn', () => matchers.toBeSignedIn(open(), sessions), () => assertSession.signedIn(open(), sessions)],
    [
      'toBeSignedOutForGood',
      () => matchers.toBeSignedOutForGood(open(), () => 'ada'),
      () => assertSession.signedOutForGood(open(), () => 'ada'),
    ],
    ['toHaveNewId', () => matchers.toHaveNewId(open(), []), () => assertSession.newId(open(), [])],
  ]

  test.each(cases)('%s says the same as its assertion, which throws an AssertionError', async (_, match, assert) => {
    const { pass, message } = await match()
    const thrown = await (async () => assert())().catch((error: unknown) => error)
    expect([pass, thrown]).toMatchObject([false, { name: 'AssertionError', code: 'ERR_ASSERTION', message: message() }])
  })

  test('has an assertion that is silent when all is well', async () => {
    const ada = open()
    await ada.post('/login')
    assertSession.setsCookie(answer(GOOD))
    assertSession.uncacheable(new Response(null, { headers: { 'cache-control': 'no-store' } }))
    await assertSession.signedIn(ada, sessions, 'ada')
    assertSession.newId(ada, [])
    await ada.post('/logout')
    await assertSession.signedOutForGood(ada, sessions)
  })
})
