import { createCookieSessionStorage } from 'react-router'
import { describe, expect, test } from 'vitest'
import { clockFrom, DAY } from '../../../test/helpers/clock.ts'
import { NEWER_SECRET, SECRET } from '../../../test/helpers/site.ts'
import { isIdle } from '../../cookies/idle.ts'
import { memoryStore } from '../../stores/memory.ts'
import { createJar } from '../../testing/jar.ts'
import { AppSession, type AppSessionOptions, type OpenedSession } from '../hydrogen.ts'

const URL_ = 'https://shop.test/'
const secrets = [SECRET]
const pairOf = (line: string): string => line.split(';')[0] ?? ''
const init = (cookie?: string, options: AppSessionOptions = {}, all = secrets) =>
  AppSession.init(new Request(URL_, { headers: cookie ? { cookie } : {} }), all, options)

const store = memoryStore()

describe.each<readonly [string, AppSessionOptions]>([
  ['sealed', {}],
  ['in a store', { store }],
  ['in Hydrogen’s own cookie', { format: 'upstream' }],
])('AppSession, %s', (_, place) => {
  test('remembers what is set, once that is committed', async () => {
    const session = await init(undefined, place)
    session.set('buyer', { companyLocationId: '1' })
    session.flash('message', 'Hello')
    expect([session.has('buyer'), session.has('message'), session.has('cart')]).toEqual([true, true, false])
    const line = await session.commit()
    expect(line).toMatch(/^session=[^;]+; .*HttpOnly/)
    expect(line).not.toMatch(/Max-Age|Expires/)
    const next = await init(pairOf(line), place)
    expect(next.get('buyer')).toEqual({ companyLocationId: '1' })
    next.unset('buyer')
    expect(next.get('buyer')).toBeUndefined()
  })

  test('a value that is set to undefined is gone, and a flash value too', async () => {
    const session = await init(undefined, place)
    session.set('buyer', 'ada')
    session.set('cart', 1)
    session.flash('message', 'Hello')
    const line = await session.commit()
    const next = await init(pairOf(line), place)
    next.set('buyer', undefined)
    next.flash('message', undefined)
    const last = await init(pairOf(await next.commit()), place)
    expect([last.has('buyer'), last.has('message'), last.get('cart')]).toEqual([false, false, 1])
  })

  test('says when there is something to commit: reading a flash value and leaving one count', async () => {
    const session = await init(undefined, place)
    expect(session.isPending).toBe(false)
    session.get('a')
    session.has('a')
    expect(session.isPending).toBe(false)
    session.flash('message', 'Hello')
    expect(session.isPending).toBe(true)
    const line = await session.commit()
    expect(session.isPending).toBe(false)
    const next = await init(pairOf(line), place)
    expect([next.isPending, next.has('message'), next.isPending]).toEqual([false, true, false])
    expect([next.get('message'), next.isPending]).toEqual(['Hello', true])
    const { get } = await init(pairOf(await next.commit()), place)
    expect(get('message')).toBeUndefined()
  })

  test('works in pieces, as Hydrogen takes them from it', async () => {
    const { get, set, unset, has, flash, commit, destroy } = await init(undefined, place)
    set('a', 1)
    flash('b', 2)
    expect([get('a'), has('b')]).toEqual([1, true])
    unset('a')
    expect(get('a')).toBeUndefined()
    expect(await commit()).toMatch(/^session=/)
    await destroy()
    expect(has('b')).toBe(false)
  })

  test('D2: whoever only reads is told nothing by a commit, in a line all the same, and cleared by an end', async () => {
    const session = await init(undefined, place)
    session.get('a')
    const jar = createJar()
    const line = await session.commit()
    expect(isIdle(line)).toBe(true)
    jar.set(line, URL_)
    expect(jar.all()).toEqual([])
    expect(await session.destroy()).toMatch(/^session=;.*(Max-Age=0|1970)/)
    const written = await init(undefined, place)
    written.set('a', 1)
    const cookie = pairOf(await written.commit())
    const again = await (await init(cookie, place)).commit()
    expect((await init(pairOf(again), place)).get('a'), 'its line holds the cookie').toBe(1)
  })

  test('D16: a class that extends it has helpers of its own, and is what init makes', async () => {
    class ShopSession extends AppSession<{ user: string }> {
      readonly madeOf: OpenedSession
      constructor(opened: OpenedSession) {
        super(opened)
        this.madeOf = opened
      }
      get greeting() {
        return `Hello ${this.get('user') ?? 'stranger'}`
      }
    }
    const session = await ShopSession.init(new Request(URL_), secrets, place)
    expect(session).toBeInstanceOf(ShopSession)
    expect(session.madeOf).toMatchObject({ cookieName: 'session' })
    session.set('user', 'Ada')
    expect(session.greeting).toBe('Hello Ada')
  })

  test('D16: Hydrogen’s sign-out unsets its values, destroys the session and sets isPending to false', async () => {
    const session = await init(undefined, place)
    session.set('customerAccount', { accessToken: 'a' })
    const leaving = await init(pairOf(await session.commit()), place)
    leaving.unset('customerAccount')
    expect(await leaving.destroy()).toMatch(/^session=;/)
    leaving.isPending = false
    expect(leaving.isPending).toBe(false)
    leaving.set('message', 'bye')
    expect(leaving.isPending, 'until something is set').toBe(true)
  })

  test('ends, and goes on as another', async () => {
    const session = await init(undefined, place)
    session.set('user', 'ada')
    const cookie = pairOf(await session.commit())
    const leaving = await init(cookie, place)
    expect(await leaving.destroy()).toMatch(/^session=;.*(Max-Age=0|1970)/)
    leaving.set('message', 'bye')
    expect(leaving.isPending).toBe(true)
    const next = await init(pairOf(await leaving.commit()), place)
    expect([next.get('user'), next.get('message')]).toEqual([undefined, 'bye'])
  })

  test('takes nonsense for a stranger', async () => {
    for (const cookie of ['session=x', 'session=%', 'session=', 'session=e30%3D.x', 'session={"user":"ada"}']) {
      expect((await init(cookie, place)).get('user')).toBeUndefined()
    }
  })
})

test('D7: of what cannot be stored as it is, the JSON is, as in the template; an event says so', async () => {
  const events: object[] = []
  const session = await init(undefined, { onEvent: (event) => void events.push(event) })
  session.set(
    'price',
    new (class {
      readonly amount = 3
      double = () => 6
    })(),
  )
  session.flash('note', { text: 'hi', show: () => {} })
  const next = await init(pairOf(await session.commit()))
  expect([next.get('price'), next.get('note')]).toEqual([{ amount: 3 }, { text: 'hi' }])
  expect(events).toMatchObject([
    { type: 'reduced', key: 'price' },
    { type: 'reduced', key: 'note' },
    { type: 'created' },
    { type: 'committed' },
  ])
})

test('D16: only what init gives makes one', () => {
  expect(() => new AppSession({ cookieName: 'session' })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
})

test('reads the sessions of Hydrogen’s template, and with wire: upstream writes them', async () => {
  const template = createCookieSessionStorage({ cookie: { name: 'session', path: '/', sameSite: 'lax', secrets } })
  const old = await template.getSession()
  old.set('customerAccount', { accessToken: 'token' })
  const cookie = pairOf(await template.commitSession(old))

  const both = await init(cookie, { format: 'upstream' })
  expect(both.get('customerAccount')).toEqual({ accessToken: 'token' })
  both.set('cart', 'gid://cart/1')
  const written = pairOf(await both.commit())
  const back = await template.getSession(written)
  expect(back.data).toEqual({ customerAccount: { accessToken: 'token' }, cart: 'gid://cart/1' })

  const ours = await init(written)
  expect([ours.get('customerAccount'), ours.get('cart')]).toEqual([{ accessToken: 'token' }, 'gid://cart/1'])
  ours.set('language', 'de')
  const line = await ours.commit()
  expect((await template.getSession(pairOf(line))).data).toEqual({})
  expect((await init(pairOf(line))).get('cart')).toBe('gid://cart/1')
  expect((await init(cookie, {}, [NEWER_SECRET])).get('customerAccount'), 'of another secret').toBeUndefined()
})

test('lasts for 30 days, or as long as it is told to', async () => {
  const clock = clockFrom()
  const now = clock.now
  const session = await init(undefined, { now })
  session.set('a', 1)
  const cookie = pairOf(await session.commit())
  clock.advance(29 * DAY)
  expect((await init(cookie, { now })).get('a')).toBe(1)
  clock.advance(DAY)
  expect((await init(cookie, { now })).get('a')).toBeUndefined()
})

test('of two requests that write at once, neither is lost', async () => {
  const session = await init(undefined, { store })
  session.set('cart', 'c')
  const cookie = pairOf(await session.commit())
  const [one, two] = await Promise.all([init(cookie, { store }), init(cookie, { store })])
  one.set('a', 1)
  two.set('b', 2)
  await Promise.all([one.commit(), two.commit()])
  const all = await init(cookie, { store })
  expect([all.get('cart'), all.get('a'), all.get('b')]).toEqual(['c', 1, 2])
})
