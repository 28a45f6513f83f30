import { describe, expect, test } from 'vitest'
import { clockFrom } from '../test/helpers/clock.ts'
import { COOKIE, SECRET } from '../test/helpers/site.ts'
import { type Watched, watched } from '../test/helpers/watched.ts'
import { type AdapterSessions, adapterOf, type RequestSession, sharedSessions } from './adapter.ts'
import { createSessions, type Sessions } from './index.ts'
import { memoryStore } from './stores/memory.ts'

interface Site {
  readonly sessions: Sessions
  readonly adapter: AdapterSessions
  readonly watch: Watched
  readonly clock: ReturnType<typeof clockFrom>
  /** A request session of a visitor with this cookie. */
  visit(cookie?: string): RequestSession
}

function site(kind: 'stored' | 'sealed' = 'stored', more: object = {}): Site {
  const clock = clockFrom()
  const watch = watched(memoryStore({ now: clock.now }))
  const sessions = createSessions({ secrets: SECRET, now: clock.now, ...(kind === 'stored' && { store: watch.store }), ...more })
  const adapter = adapterOf(sessions)
  return { sessions, adapter, watch, clock, visit: (cookie = '') => adapter.requestSession({}, new Headers({ cookie })) }
}

const cookieOf = ({ cookies }: RequestSession): string => cookies.map(({ name, value }) => `${name}=${value}`).join('; ')

async function begun(s: Site, values: Record<string, unknown> = { name: 'ada' }): Promise<string> {
  const visit = s.visit()
  Object.assign((await visit.open()).data, values)
  await visit.close(200)
  visit.finish()
  return cookieOf(visit)
}

test('a commit tells its cookie with name, value and attributes, and the response session all of them', async () => {
  const s = site()
  const visit = s.visit()
  ;(await visit.open()).set('a', 1)
  expect(visit.cookies).toEqual([])
  const done = await visit.commit()
  const cookie = {
    name: COOKIE,
    value: expect.stringMatching(/^[\w-]{40,}$/),
    attributes: { maxAge: 2_592_000, path: '/', httpOnly: true, secure: true, sameSite: 'lax' },
  }
  expect(done).toEqual({ plan: 'create', headers: [['set-cookie', expect.stringContaining(COOKIE)]], cookies: [cookie] })
  expect(await visit.commit(), 'there is nothing more to store').toEqual({ plan: 'nothing', headers: [], cookies: [] })
  expect([visit.cookies, visit.headers]).toEqual([done.cookies, done.headers])
})

describe('a handle before anything is stored', () => {
  test('F37: is that of the session, once it is', async () => {
    const s = site()
    const visit = s.visit()
    const handle = await visit.reserve()
    expect([handle, s.watch.calls]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), []])
    const session = await visit.open()
    session.set('a', 1)
    await visit.commit()
    expect([session.handle, await visit.reserve()]).toEqual([handle, handle])
  })

  test('is none in sealed sessions', async () => {
    expect(await site('sealed').visit().reserve()).toBeUndefined()
  })
})

test('F55: a commit says that its changes were dropped, because the session has ended', async () => {
  const s = site()
  const cookie = await begun(s)
  const [socket, signOut] = [s.visit(cookie), s.visit(cookie)]
  const session = await socket.open()
  ;(await signOut.open()).destroy()
  await signOut.close(200)
  session.set('late', true)
  expect(await socket.commit()).toEqual({ plan: 'update', headers: [], cookies: [], dropped: 'ended' })
  session.set('later', true)
  expect((await socket.commit()).dropped).toBe('ended')
  expect(await socket.reload()).toBe(false)
})

test('F41: reload shows what others have stored, and forgets what is not committed', async () => {
  const s = site()
  const cookie = await begun(s, { n: 1 })
  const [socket, other] = [s.adapter.detached(new Headers({ cookie })), s.visit(cookie)]
  const session = await socket.open()
  session.set('mine', true)
  ;(await other.open()).set('n', 2)
  await other.close(200)
  expect([await socket.reload(), session.data]).toEqual([true, { n: 2 }])
})

describe('a session that is replaced', () => {
  test('F36: leaves a copy of what it held, which nothing changes', async () => {
    const s = site()
    const visit = s.visit(await begun(s, { cart: ['hat'], made: new Date(5) }))
    const session = await visit.open()
    const before = visit.snapshot()
    ;(session.get('cart') as string[]).push('coat')
    const next = visit.restart()
    expect([before, next.data]).toEqual([{ cart: ['hat'], made: new Date(5) }, {}])
    next.set('user', 'ada')
    expect(await visit.commit()).toMatchObject({ plan: 'end+create', cookies: [{ name: COOKIE }] })
    expect(before).toEqual({ cart: ['hat'], made: new Date(5) })
  })

  test('copies also what cannot be stored any more, and nothing before it is open', async () => {
    const visit = site().visit()
    expect(visit.snapshot()).toEqual({})
    const session = await visit.open()
    session.set('a', {})
    const print = () => 'a function'
    Object.assign(session.get('a') as object, { print })
    expect(visit.snapshot()).toEqual({ a: { print } })
  })
})

describe('a lifetime that is assigned', () => {
  test.each(['stored', 'sealed'] as const)('F39: sends the cookie again, and holds in the session too (%s)', async (kind) => {
    const s = site(kind)
    const cookie = await begun(s)
    const visit = s.visit(cookie)
    await visit.open()
    visit.lifetime = { maxAge: 60 }
    await visit.close(200)
    expect(visit.cookies).toMatchObject([{ name: COOKIE, attributes: { maxAge: 60 } }])
    expect(visit.lifetime).toBeUndefined()
    const { headers } = visit.answered(new Response())
    expect(headers.getSetCookie()).toHaveLength(1)
    s.clock.advance(59)
    expect((await s.visit(cookieOf(visit)).open()).get('name')).toBe('ada')
    s.clock.advance(2)
    expect((await s.visit(cookieOf(visit)).open()).isNew).toBe(true)
  })

  test('may be longer than the site gives, and be assigned again', async () => {
    const s = site()
    const visit = s.visit(await begun(s))
    await visit.open()
    visit.lifetime = { maxAge: 60 }
    visit.lifetime = { expires: new Date(s.clock.now() + 90 * 86_400_000) }
    await visit.commit()
    expect(visit.cookies).toMatchObject([{ attributes: { maxAge: 90 * 86_400 } }])
    s.clock.advance(80 * 86_400)
    expect((await s.visit(cookieOf(visit)).open()).get('name')).toBe('ada')
  })

  test('begins no session, ends one with 0, and is refused for what is no time', async () => {
    const s = site()
    const stranger = s.visit()
    await stranger.open()
    stranger.lifetime = { maxAge: 60 }
    await stranger.close(200)
    expect([stranger.cookies, s.watch.writes]).toEqual([[], 0])
    const cookie = await begun(s)
    const visit = s.visit(cookie)
    await visit.open()
    visit.lifetime = { maxAge: Number.NaN }
    expect(() => visit.commit()).toThrow('maxAge')
    visit.lifetime = { maxAge: 0 }
    await visit.commit()
    expect(visit.cookies).toMatchObject([{ name: COOKIE, value: '' }])
    expect((await s.visit(cookie).open()).isNew).toBe(true)
  })

  test('the next cookie of a session that another request ended is not sent for it', async () => {
    const s = site()
    const cookie = await begun(s)
    const [visit, signOut] = [s.visit(cookie), s.visit(cookie)]
    await visit.open()
    ;(await signOut.open()).destroy()
    await signOut.close(200)
    visit.lifetime = { maxAge: 60 }
    await visit.close(200)
    expect(visit.cookies).toEqual([])
  })
})

describe('a handler that threw', () => {
  const thrown: [string, unknown, number | undefined, boolean][] = [
    ['a Response below 500', new Response(null, { status: 303 }), undefined, true],
    ['a Response of 503', new Response(null, { status: 503 }), undefined, false],
    ['an error', new Error('boom'), undefined, false],
    ["a framework's redirect", { digest: 'NEXT_REDIRECT' }, 307, true],
    ["a framework's 404", new Error('not found'), 404, true],
    ["a framework's 500", new Error('internal'), 500, false],
    ['a network error', Response.error(), undefined, false],
  ]
  test.each(thrown)('%s', async (_, error, status, isAnswer) => {
    const s = site()
    const cookie = await begun(s)
    const visit = s.visit(cookie)
    visit.enter()
    ;(await visit.open()).set('said', 'hello')
    expect([await visit.threw(error, status), visit.finished]).toEqual([isAnswer, true])
    expect((await s.visit(cookie).open()).get('said')).toBe(isAnswer ? 'hello' : undefined)
  })

  test('is the error to tell, where the store fails as well; an answer that cannot be stored is none', async () => {
    const s = site()
    const cookie = await begun(s)
    s.watch.before = (call) => {
      if (call !== 'read') throw new Error('no connection')
    }
    const [failing, answering] = [s.visit(cookie), s.visit(cookie)]
    ;(await failing.open()).destroy()
    expect(await failing.threw(new Error('boom'))).toBe(false)
    ;(await answering.open()).set('a', 1)
    await expect(answering.threw(null, 303)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(answering.finished).toBe(true)
  })
})

test('through does all of it for handlers of Response; an object that stands for the request opens the same session', async () => {
  const s = site()
  const request = new Request('https://app.test/')
  const context = { request }
  const visit = s.adapter.requestSession(request, request.headers)
  s.adapter.stands(context, request)
  const response = await visit.through(async () => {
    ;(await s.sessions.open(context as never)).set('a', 1)
    return new Response('ok', { headers: { 'cache-control': 'public' } })
  })
  expect([response.headers.getSetCookie().length, response.headers.get('cache-control'), visit.asked, visit.finished]).toEqual([
    1,
    'no-store',
    true,
    true,
  ])
  const late = await visit.open()
  late.set('b', 2)
})

test('headers of any kind are completed', async () => {
  const s = site()
  const visit = s.visit(await begun(s))
  await visit.open()
  const headers = new Headers({ 'cdn-cache-control': 'public' })
  visit.answer(headers)
  expect(Object.fromEntries(headers)).toEqual({ 'cache-control': 'private, no-cache', vary: 'Cookie', 'x-accel-expires': '0' })
  visit.fail()
})

test('a name is asked for where sessions are shared, and unknown options are refused', () => {
  expect(() => sharedSessions('', { secrets: SECRET })).toThrow('`name`')
  expect(() => sharedSessions(undefined as never, { secrets: SECRET })).toThrow('`name` is missing')
  expect(() => sharedSessions('a', { secrets: SECRET, sharedAs: 'b' } as never)).toThrow('sharedAs')
})
