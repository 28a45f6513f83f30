import { describe, expect, test } from 'vitest'
import { clockFrom, DAY } from '../../../test/helpers/clock.ts'
import { COOKIE, type Person, type Site, site } from '../../../test/helpers/site.ts'
import { type Watched, watched } from '../../../test/helpers/watched.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { AdapterOptions } from '../options/options.ts'
import type { LiveSession } from '../session/session.ts'
import { adapterOf } from '../sessions.ts'
import { throughAdapter } from './request-session.ts'
import { answered } from './response-headers.ts'

interface Place extends Site {
  readonly watch: Watched
  /** A request of `cookie` that only looks. */
  looks(cookie: string | undefined, act: (session: LiveSession) => unknown): Promise<Response>
}

function place(options: Partial<AdapterOptions> = {}): Place {
  const clock = clockFrom()
  const watch = watched(memoryStore({ now: clock.now }))
  const made = site({ clock, store: watch.store, ...options })
  const looks: Place['looks'] = (cookie, act) => {
    const request = new Request('https://app.test/', cookie === undefined ? {} : { headers: { cookie } })
    const looking = adapterOf(made.sessions).readOnly(request, request.headers, 'Use an action.')
    return throughAdapter(
      looking,
      async () => new Response(String(await act((await made.sessions.open(request)) as LiveSession))),
      (response) => answered(response, [looking]),
    )
  }
  return { ...made, watch, looks }
}

const cookieOf = (person: Person): string => `${COOKIE}=${person.ticket}`

async function ada(s: Place): Promise<Person> {
  const person = s.person()
  await person.does((session) => {
    session.signIn('ada')
    session.set('cart', ['hat'])
    session.flash('hello', 'welcome')
  })
  s.watch.forget()
  return person
}

describe('a request that only looks', () => {
  test('sees the session, stores nothing, moves nothing, gives nothing', async () => {
    const s = place({ idleTimeout: 3600 })
    const person = await ada(s)
    s.clock.advance(1800)
    const response = await s.looks(cookieOf(person), (session) => [session.owner, session.readOnly, session.get('cart')].join())
    expect(await response.text()).toBe('ada,true,hat')
    expect([s.watch.calls, response.headers.getSetCookie()]).toEqual([['read'], []])
    expect([response.headers.get('cache-control'), response.headers.get('vary')]).toEqual(['private, no-cache', 'Cookie'])
    await person.does((session) => session.owner)
    expect(s.watch.calls, 'a request that answers moves its end').toEqual(['read', 'read', 'touch'])
  })

  test('F31: shows a flash value, which the request that answers shows again', async () => {
    const s = place()
    const person = await ada(s)
    const flashes = (session: Pick<LiveSession, 'flash'>) => String(session.flash('hello'))
    expect(await (await s.looks(cookieOf(person), flashes)).text()).toBe('welcome')
    expect(await person.does(flashes)).toBe('welcome')
    expect(await person.does(flashes)).toBe('undefined')
  })

  test.each<[string, (session: LiveSession) => unknown]>([
    ['set()', (session) => session.set('a', 1)],
    ['delete()', (session) => session.delete('cart')],
    ['flash()', (session) => session.flash('a', 1)],
    ['signIn()', (session) => session.signIn('eve')],
    ['signOut()', (session) => session.signOut()],
    ['destroy()', (session) => session.destroy()],
    ['regenerateId()', (session) => session.regenerateId()],
    ['once()', (session) => session.once('a', () => 1, { for: 1 })],
    ['note()', (session) => session.note({ a: 1 })],
    ['a change inside a value', (session) => (session.get('cart') as string[]).push('coat')],
  ])('is refused %s, and nothing happens', async (_, act) => {
    const s = place()
    const person = await ada(s)
    const refused = s.looks(cookieOf(person), act)
    await expect(refused).rejects.toMatchObject({
      code: 'READ_ONLY',
      message: expect.stringMatching(/ was refused: .* Use an action\.$/),
    })
    expect(s.watch.writes).toBe(0)
    expect(await person.does((session) => [session.owner, session.get('cart')])).toEqual(['ada', ['hat']])
  })

  test('neither begins a session for a stranger nor clears a cookie that opens nothing', async () => {
    const s = place()
    for (const cookie of [undefined, `${COOKIE}=nonsense`]) {
      const response = await s.looks(cookie, (session) => session.owner)
      expect([await response.text(), response.headers.getSetCookie()]).toEqual(['undefined', []])
    }
    expect(s.watch.writes).toBe(0)
  })

  test.each(['report', 'endSession', 'endOwner'] as const)(
    'an old ticket that it comes with raises no alarm (onReplay: %s): the request that comes after it does',
    async (onReplay) => {
      const s = place({ onReplay })
      const person = await ada(s)
      const old = cookieOf(person)
      await person.does((session) => session.regenerateId())
      s.clock.advance(DAY / 24)
      s.watch.forget()
      await s.looks(old, (session) => session.owner)
      expect([s.watch.writes, s.events.some(({ type }) => type === 'replayed')]).toEqual([0, false])
      const thief = s.person()
      thief.browser.plant(`${old}; Path=/; Secure; HttpOnly`)
      await thief.does((session) => session.owner)
      expect(s.events.filter(({ type }) => type === 'replayed')).toHaveLength(1)
    },
  )

  test('reads again what is stored by now', async () => {
    const s = place()
    const person = await ada(s)
    const looking = adapterOf(s.sessions).readOnly({}, new Headers({ cookie: cookieOf(person) }))
    const session = await looking.open()
    await person.does((live) => live.set('cart', []))
    expect(session.get('cart')).toEqual(['hat'])
    expect([await looking.reload(), session.get('cart')]).toEqual([true, []])
    await person.does((live) => live.destroy())
    expect(await looking.reload()).toBe(false)
  })
})

test('sealed sessions slide and re-seal for nobody who only looks', async () => {
  const clock = clockFrom()
  const made = site({ clock, idleTimeout: 3600 })
  const person = made.person()
  await person.does((session) => session.set('a', 1))
  clock.advance(1800)
  const looking = adapterOf(made.sessions).readOnly({}, new Headers({ cookie: cookieOf(person) }))
  expect((await looking.open()).get('a')).toBe(1)
  await looking.close(200)
  expect(looking.lines).toEqual([])
  const usual = adapterOf(made.sessions).requestSession({}, new Headers({ cookie: cookieOf(person) }))
  await usual.open()
  await usual.close(200)
  expect(usual.lines, 'a request that answers').toHaveLength(1)
})
