import { describe, expect, test } from 'vitest'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { COOKIE, SECRET } from '../../../test/helpers/site.ts'
import { SessionError } from '../../errors.ts'
import type { OldSession, SessionReader } from '../../migrate/format.ts'
import { memoryStore } from '../../stores/memory.ts'
import { createJar } from '../../testing/index.ts'
import type { SessionEvent } from '../model/events.ts'
import type { AdapterOptions } from '../options/options.ts'
import type { RequestSession } from '../request/request-session.ts'
import { type AdapterSessions, adapterOf, sessionsOf } from '../sessions.ts'

/** A library whose cookies name a row. */
function rows(format: string, all: Record<string, OldSession>, more: Partial<SessionReader> = {}): SessionReader {
  return { format, read: (value) => all[value] && { unique: value, ...all[value] }, ...more }
}

const KINDS = [
  ['stored', () => ({ store: memoryStore() })],
  ['sealed', () => ({})],
] as const

function make(options: Partial<AdapterOptions>) {
  const clock = clockFrom()
  const events: SessionEvent[] = []
  const adapter = adapterOf(
    sessionsOf({ secrets: SECRET, now: clock.now, onEvent: (event) => void events.push(event), ...options } as AdapterOptions),
  )
  const requestSession = (headers: Record<string, string>) => adapter.detached(new Headers(headers))
  return { clock, events, adapter, requestSession }
}

const values = async (requestSession: RequestSession) => ({ ...(await requestSession.open()).data })
const lineOf = (requestSession: RequestSession, name = 'set-cookie') =>
  requestSession.lines.find(([header]) => header === name)?.[1] ?? ''
const pairOf = (requestSession: RequestSession) => lineOf(requestSession).split(';')[0] ?? ''

describe.each(KINDS)('another library’s cookie under another name, where sessions are %s', (_, kept) => {
  const ada = { ada: { values: { user: 'ada' } }, bob: { values: { user: 'bob' } } }
  const options = () => ({ migrateFrom: [rows('old', ada, { cookieName: 'sid' })], ...kept() })

  test('F4: tells visitors apart on one identity as our own does', async () => {
    const { adapter } = make(options())
    const context = {}
    const requestSessionOf = (headers: Record<string, string>) =>
      (adapter as AdapterSessions).requestSession(context, new Headers(headers))
    const mine = requestSessionOf({ cookie: 'sid=ada' })
    expect(await values(mine)).toEqual({ user: 'ada' })
    expect(await values(requestSessionOf({}))).toEqual({})
    expect(await values(requestSessionOf({ cookie: 'sid=bob' }))).toEqual({ user: 'bob' })
    expect(requestSessionOf({ cookie: 'sid=ada' })).toBe(mine)
  })

  test('is cleared with each ticket of ours, and when the session ends', async () => {
    const { requestSession } = make(options())
    const first = requestSession({ cookie: 'sid=ada' })
    ;(await first.open()).set('n', 1)
    await first.commit()
    expect(first.lines.map(([, line]) => line.split('=')[0])).toEqual([COOKIE, 'sid'])
    const second = requestSession({ cookie: 'sid=ada' })
    ;(await second.open()).destroy()
    await second.commit()
    expect(second.lines.map(([, line]) => [line.split(';')[0], line.includes('Max-Age=0')])).toEqual([['sid=', true]])
  })

  test('is cleared where it is not looked at either', () => {
    const { adapter } = make(options())
    const lines = adapter.clearing(new Headers({ cookie: 'sid=ada' })).map(([, line]) => line.split(';')[0])
    expect(lines).toEqual(['sid='])
  })

  test('is given up within one request: adopted, then ended, nothing of ours is sent', async () => {
    const { requestSession } = make(options())
    const both = requestSession({ cookie: 'sid=ada' })
    const session = await both.open()
    session.set('n', 1)
    await both.commit()
    session.destroy()
    await both.commit()
    expect(both.lines.map(([, line]) => line.split(';')[0])).toEqual(['sid='])
  })
})

describe.each(KINDS)('where tickets also come in a header, and sessions are %s', (_, kept) => {
  const ada = { 'old-ada': { values: { user: 'ada' } } }
  const both = () => make({ migrateFrom: [rows('old', ada)], header: 'x-session', ...kept() })

  test('another library’s value in the header is answered in the header', async () => {
    const { requestSession } = both()
    const first = requestSession({ 'x-session': 'old-ada' })
    ;(await first.open()).set('n', 1)
    await first.commit()
    expect(first.lines.map(([name]) => name)).toEqual(['x-session'])
    expect(await values(requestSession({ 'x-session': lineOf(first, 'x-session') }))).toEqual({ user: 'ada', n: 1 })
  })

  test('another library’s value in the cookie beside a header that opens nothing is answered in the cookie', async () => {
    const { requestSession } = both()
    const first = requestSession({ 'x-session': 'nonsense', cookie: `${COOKIE}=old-ada` })
    ;(await first.open()).set('n', 1)
    await first.commit()
    expect(first.lines.map(([name]) => name)).toEqual(['set-cookie'])
    expect(await values(requestSession({ 'x-session': 'nonsense', cookie: pairOf(first) }))).toEqual({ user: 'ada', n: 1 })
  })

  test('ours in the cookie goes before another library’s in the header, and is answered there', async () => {
    const { requestSession } = both()
    const first = requestSession({})
    ;(await first.open()).set('mine', true)
    await first.commit()
    const second = requestSession({ 'x-session': 'old-ada', cookie: pairOf(first) })
    expect(await values(second)).toEqual({ mine: true })
  })
})

describe.each(KINDS)('two other libraries, where sessions are %s', (_, kept) => {
  test('are asked in order; who knows the cookie better is no matter of what comes later', async () => {
    const same = { x: { values: { from: 'first' } } }
    const other = { x: { values: { from: 'second' } }, y: { values: { from: 'second' } } }
    const { requestSession } = make({ migrateFrom: [rows('one', same), rows('two', other)], ...kept() })
    expect(await values(requestSession({ cookie: `${COOKIE}=x` }))).toEqual({ from: 'first' })
    expect(await values(requestSession({ cookie: `${COOKIE}=y` }))).toEqual({ from: 'second' })
  })

  test('that use cookies of their own are both asked, the first one’s session counts and the other’s cookie stays', async () => {
    const one = rows('one', { x: { values: { from: 'one' } } }, { cookieName: 'one' })
    const two = rows('two', { x: { values: { from: 'two' } } }, { cookieName: 'two' })
    const { requestSession } = make({ migrateFrom: [one, two], ...kept() })
    const request = requestSession({ cookie: 'two=x; one=x' })
    expect(await values(request)).toEqual({ from: 'one' })
    expect(await values(requestSession({ cookie: 'two=x; one=nonsense' }))).toEqual({ from: 'two' })
  })

  test('whose ids are the same text have two sessions', async () => {
    const one = rows('one', { x: { values: { from: 'one' } } }, { cookieName: 'one' })
    const two = rows('two', { x: { values: { from: 'two' } } }, { cookieName: 'two' })
    const { requestSession } = make({ migrateFrom: [one, two], ...kept() })
    for (const name of ['one', 'two']) {
      const request = requestSession({ cookie: `${name}=x` })
      ;(await request.open()).set('n', 1)
      await request.commit()
    }
    expect(await values(requestSession({ cookie: 'one=x' }))).toMatchObject({ from: 'one' })
    expect(await values(requestSession({ cookie: 'two=x' }))).toMatchObject({ from: 'two' })
  })
})

describe.each(KINDS)('what another library says of its session, where ours are %s', (_, kept) => {
  /** One visitor with a browser, from the old cookie on. */
  async function moved(session: OldSession) {
    const { requestSession, clock, events } = make({ migrateFrom: [rows('old', { x: session })], ...kept() })
    const jar = createJar({ now: clock.now })
    jar.set(`${COOKIE}=x; Path=/; Secure; HttpOnly; Max-Age=34560000`, 'https://a.example/')
    const request = async <T>(act: (s: RequestSession) => T | Promise<T>): Promise<T> => {
      const s = requestSession({ cookie: jar.header('https://a.example/') })
      await s.open()
      const result = await act(s)
      await s.commit()
      for (const [, line] of s.lines) jar.set(line, 'https://a.example/')
      return result
    }
    return { request, clock, events, jar }
  }

  test.each<[string, Partial<OldSession>]>([
    ['when it began with parts of milliseconds', { createdAt: 1_700_000_000_000.5 }],
    ['when it began in the future', { createdAt: 9e15 }],
    ['a beginning that is no number', { createdAt: Number.NaN }],
    ['a beginning before 1970', { createdAt: -1 }],
    ['that it began long ago', { createdAt: 0 }],
    ['an end in the far future', { expiresAt: 1e17 }],
    ['an end with parts of milliseconds', { expiresAt: 4.1e12 + 0.5 }],
  ])('%s: it lives on after it was written to', async (_name, more) => {
    const { request } = await moved({ values: { cart: ['hat'] }, ...more })
    await request((s) => s.session?.set('n', 1))
    expect(await request((s) => ({ ...s.session?.data }))).toEqual({ cart: ['hat'], n: 1 })
    await request((s) => s.session?.signIn('ada'))
    expect(await request((s) => [s.session?.owner, s.session?.get('cart')])).toEqual(['ada', ['hat']])
  })

  test('that it is over, by our clock: nothing opens, and nothing is cleared for that', async () => {
    const { request, clock } = await moved({ values: { cart: ['hat'] }, expiresAt: clockFrom().now() + 1000 })
    expect(await request((s) => s.session?.isNew)).toBe(false)
    clock.advance(1)
    expect(await request((s) => s.session?.isNew)).toBe(true)
  })

  test('that it ended while its visitor was here: what was begun is stored', async () => {
    const { request, clock } = await moved({ values: { cart: ['hat'] }, expiresAt: clockFrom().now() + 1000 })
    await request((s) => {
      clock.advance(2)
      s.session?.set('n', 1)
    })
    expect(await request((s) => s.session?.keys())).toEqual(['cart', 'n'])
  })

  test('values that no session can store: they are told of, the others come along', async () => {
    const { request, events } = await moved({ values: { cart: ['hat'], socket: () => {} }, flash: { m: Symbol('x') } as never })
    await request((s) => s.session?.set('n', 1))
    expect(await request((s) => s.session?.keys())).toEqual(['cart', 'n'])
    expect(events.flatMap((event) => (event.type === 'unreadable-value' ? [event.key] : []))).toEqual(
      expect.arrayContaining(['socket']),
    )
  })

  test('keys that no session can have: they do not keep the visitor from anything', async () => {
    const { request } = await moved({ values: { '': 1, '\ud800': 2, cart: ['hat'] } })
    await request((s) => s.session?.set('n', 1))
    expect(await request((s) => s.session?.get('cart'))).toEqual(['hat'])
    expect(await request((s) => ({ ...s.session?.data, '': undefined }))).toMatchObject({ cart: ['hat'], n: 1 })
  })

  test('flash values: read without another write they are gone, and the session has moved in', async () => {
    const { request } = await moved({ values: {}, flash: { message: 'hello' } })
    expect(await request((s) => s.session?.flash('message'))).toBe('hello')
    expect(await request((s) => s.session?.flash('message'))).toBeUndefined()
  })

  test('nothing: an empty session is one all the same', async () => {
    const { request, jar } = await moved({ values: {} })
    await request((s) => s.session?.begin())
    expect(await request((s) => s.session?.isNew)).toBe(false)
    await request((s) => s.session?.destroy())
    expect(jar.all()).toEqual([])
  })
})

describe.each(KINDS)('the old record, where sessions are %s', (_, kept) => {
  test.each<[string, () => Promise<void>]>([
    [
      'rejects',
      async () => {
        throw new Error('connection refused')
      },
    ],
    [
      'throws',
      () => {
        throw new Error('connection refused')
      },
    ],
  ])('whose removal %s keeps nobody from the new one', async (_name, forget) => {
    const { requestSession, events } = make({ migrateFrom: [rows('old', { x: { values: { a: 1 }, forget } })], ...kept() })
    const request = requestSession({ cookie: `${COOKIE}=x` })
    ;(await request.open()).set('b', 2)
    const { send } = await request.commit()
    expect(send).toHaveLength(1)
    expect(await values(requestSession({ cookie: pairOf(request) }))).toEqual({ a: 1, b: 2 })
    const failed = events.filter(({ type }) => type === 'late-failed')
    expect(failed).toHaveLength(1)
  })

  test('is removed once, however many commits there are', async () => {
    let removed = 0
    const forget = async () => void removed++
    const { requestSession } = make({ migrateFrom: [rows('old', { x: { values: { a: 1 }, forget } })], ...kept() })
    const request = requestSession({ cookie: `${COOKIE}=x` })
    const session = await request.open()
    for (const n of [1, 2, 3]) {
      session.set('n', n)
      await request.commit()
    }
    session.destroy()
    await request.commit()
    expect(removed).toBe(1)
  })

  test('stays when nothing was stored', async () => {
    let removed = 0
    const forget = async () => void removed++
    const { requestSession } = make({ migrateFrom: [rows('old', { x: { values: { a: 1 }, forget } })], ...kept() })
    const request = requestSession({ cookie: `${COOKIE}=x` })
    ;(await request.open()).set('b', 2)
    await request.close(500)
    request.finish()
    expect(removed).toBe(0)
    expect(request.lines).toEqual([])
  })

  test('that is damaged leaves its visitor a stranger, and a store that is down is loud', async () => {
    const damaged = { format: 'old', read: () => Promise.reject(new SessionError('DAMAGED_RECORD', 'half a record')) }
    const down = { format: 'old', read: () => Promise.reject(new SessionError('STORE_FAILED', 'down')) }
    const one = make({ migrateFrom: [damaged], ...kept() })
    expect((await one.requestSession({ cookie: `${COOKIE}=x` }).open()).isNew).toBe(true)
    const two = make({ migrateFrom: [down], ...kept() })
    await expect(two.requestSession({ cookie: `${COOKIE}=x` }).open()).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })
})
