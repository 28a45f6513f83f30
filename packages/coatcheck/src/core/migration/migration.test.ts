import { H3, useSession } from 'h3'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { clockFrom, DAY } from '../../../test/helpers/clock.ts'
import { nothingBad } from '../../../test/helpers/explored.ts'
import { SECRET } from '../../../test/helpers/site.ts'
import { ADA, COOKIE, holding, requests, valuesOnly } from '../../../test/trials/values-only.ts'
import { SessionError } from '../../errors.ts'
import type { OldSession, SessionReader } from '../../migrate/format.ts'
import { h3Seal } from '../../migrate/h3.ts'
import { memoryStore } from '../../stores/memory.ts'
import { createJar } from '../../testing/index.ts'
import type { SessionEvent } from '../model/events.ts'
import type { AdapterOptions } from '../options/options.ts'
import type { LiveSession } from '../session/session.ts'
import { adapterOf, sessionsOf } from '../sessions.ts'

const SITE = 'https://shop.example/'
/** A library whose cookies name a row. */
function rows(all: Record<string, OldSession>, more: Partial<SessionReader> = {}): SessionReader {
  return { format: 'rows', read: (value) => all[value] && { unique: value, ...all[value] }, ...more }
}

function make(options: Partial<AdapterOptions>) {
  const clock = clockFrom()
  const events: SessionEvent[] = []
  const onEvent = (event: SessionEvent) => void events.push(event)
  const adapter = adapterOf(
    sessionsOf({ secrets: SECRET, now: clock.now, cookie: { name: COOKIE }, onEvent, ...options } as AdapterOptions),
  )
  /** Somebody with a browser that keeps these cookies. */
  const person = (...lines: string[]) => {
    const jar = createJar({ now: clock.now })
    for (const line of lines) jar.set(line, SITE)
    const does = async <T>(act: (session: LiveSession) => T): Promise<Awaited<T>> => {
      const requestSession = adapter.detached(new Headers({ cookie: jar.header(SITE) ?? '' }))
      const result = await act(await requestSession.open())
      await requestSession.commit()
      for (const [, line] of requestSession.lines) jar.set(line, SITE)
      return result
    }
    return { jar, does, sees: () => does((session) => ({ ...session.data })) }
  }
  const refusals = () => events.flatMap((event) => (event.type === 'refused' ? [event.reason] : []))
  return { clock, events, refusals, person }
}

const KINDS = [
  ['stored', () => ({ store: memoryStore() })],
  ['sealed', () => ({})],
] as const

/** As the old site set it: for the whole domain, below a path. */
const old = (value: string, name = COOKIE) => `${name}=${value}; Domain=shop.example; Path=/; Max-Age=34000000; Secure; HttpOnly`

describe('S5: a cookie that holds nothing but values, where sessions are in a store', () => {
  test('opens nothing once its visitor signed out, although the browser kept it', async () => {
    const { person } = make({ migrateFrom: [valuesOnly({ cookieName: 'old' })], store: memoryStore() })
    const ada = person(old(ADA, 'old'))
    expect(await ada.sees()).toEqual({ user: 'ada' })
    await ada.does((session) => session.destroy())
    expect(ada.jar.header(SITE)).toContain(ADA)
    expect(await ada.sees()).toEqual({})
  })

  test.each<[string, (session: LiveSession) => void]>([
    ['was written to', (session) => session.set('n', 1)],
    ['got a new id', (session) => session.regenerateId()],
    ['was signed in', (session) => session.signIn('ada')],
    ['was renewed', (session) => session.renew()],
  ])('opens nothing after a sign-out when its session %s before, in whatever spelling it comes again', async (_, act) => {
    const { person, clock } = make({ migrateFrom: [valuesOnly({ cookieName: 'old' })], store: memoryStore() })
    const ada = person(old(ADA, 'old'))
    await ada.does(act)
    await ada.does((session) => session.update('visits', (n) => Number(n ?? 0) + 1))
    await ada.does((session) => session.destroy())
    for (const value of [ADA, ADA.replace(/=+$/, '')]) expect(await person(old(value, 'old')).sees()).toEqual({})
    clock.advance(399 * DAY)
    expect(await person(old(ADA, 'old')).sees()).toEqual({})
  })

  test('opens nothing after a sign-out that goes on with an empty session', async () => {
    const { person } = make({ migrateFrom: [valuesOnly({ cookieName: 'old' })], store: memoryStore() })
    const ada = person(old(ADA, 'old'))
    await ada.does((session) => session.set('n', 1))
    await ada.does((session) => {
      session.restart()
      session.set('message', 'bye')
    })
    expect(await ada.sees()).toEqual({ message: 'bye' })
    expect(await person(old(ADA, 'old')).sees()).toEqual({})
  })

  test('opens a session for others who hold the same, until one of them signs out', async () => {
    const { person } = make({ migrateFrom: [valuesOnly()], store: memoryStore() })
    const [ada, bob] = [person(old(ADA)), person(old(ADA))]
    await ada.does((session) => session.set('n', 1))
    await bob.does((session) => session.set('n', 2))
    expect([await ada.sees(), await bob.sees()]).toEqual([
      { user: 'ada', n: 1 },
      { user: 'ada', n: 2 },
    ])
    await ada.does((session) => session.destroy())
    expect(await bob.sees()).toEqual({ user: 'ada', n: 2 })
    expect(await person(old(ADA)).sees()).toEqual({})
  })

  test('that was ended while a request was under way brings nothing back', async () => {
    const { person, events } = make({ migrateFrom: [valuesOnly()], store: memoryStore() })
    const [one, two] = [person(old(ADA)), person(old(ADA))]
    const gate = Promise.withResolvers<void>()
    const opened = Promise.withResolvers<void>()
    const slow = one.does(async (session) => {
      opened.resolve()
      await gate.promise
      session.set('late', true)
    })
    await opened.promise
    await two.does((session) => session.destroy())
    gate.resolve()
    await slow
    expect(await one.sees()).toEqual({})
    expect(events.some(({ type }) => type === 'dropped')).toBe(true)
  })
})

describe.each(KINDS)('S5: the old cookie is cleared where the site says that it is, sessions %s', (_, kept) => {
  const attributes = { domain: 'shop.example', path: '/' }

  test.each(['old', COOKIE])('under the name %s: with the first ticket of ours, and at a sign-out', async (cookieName) => {
    const migrateFrom = [valuesOnly({ attributes, ...(cookieName === 'old' && { cookieName }) })]
    const first = make({ migrateFrom, ...kept() }).person(old(ADA, cookieName))
    await first.does((session) => session.set('n', 1))
    expect(first.jar.all().map(({ value }) => value === ADA)).toEqual([false])
    expect(await first.sees()).toEqual({ user: 'ada', n: 1 })

    const second = make({ migrateFrom, ...kept() }).person(old(ADA, cookieName))
    await second.does((session) => session.destroy())
    expect(second.jar.all()).toEqual([])
  })

  test('at a sign-out with our ticket, beside which it survived', async () => {
    const { person } = make({
      migrateFrom: [rows({ x: { values: { user: 'ada' } } }, { cookieName: 'old', attributes })],
      ...kept(),
    })
    const ada = person()
    await ada.does((session) => session.set('n', 1))
    ada.jar.set(old('x', 'old'), SITE)
    await ada.does((session) => session.destroy())
    expect(ada.jar.all()).toEqual([])
  })

  test.each<[string, object]>([
    ['a domain that is none', { domain: 'shop example' }],
    ['a path that is none', { path: 'x' }],
    ['a prefix that forbids it', { domain: 'shop.example' }],
  ])('%s is refused before there are visitors', (what, given) => {
    const cookieName = what.startsWith('a prefix') ? '__Host-old' : 'old'
    expect(() => make({ migrateFrom: [valuesOnly({ cookieName, attributes: given })], ...kept() })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('attributes') }),
    )
  })
})

describe.each(KINDS)('S7: several old cookies of one name, sessions %s', (_, kept) => {
  const all = { ada: { values: { user: 'ada' } }, bob: { values: { user: 'bob' } }, over: { values: {}, gone: true as const } }
  const two = (one: string, other: string) => [
    `old=${one}; Path=/; Max-Age=9999; Secure`,
    `old=${other}; Domain=shop.example; Path=/; Max-Age=9999; Secure`,
  ]

  test('two different live ones make the visitor anonymous, and are told', async () => {
    const { person, refusals } = make({ migrateFrom: [rows(all, { cookieName: 'old' })], ...kept() })
    expect(await person(...two('ada', 'bob')).sees()).toEqual({})
    expect(await person(...two('bob', 'ada')).sees()).toEqual({})
    expect(refusals()).toEqual(['duplicate', 'duplicate'])
  })

  test('of values alone as well; the same values in two spellings are one', async () => {
    const { person, refusals } = make({ migrateFrom: [valuesOnly({ cookieName: 'old' })], ...kept() })
    expect(await person(...two(ADA, holding({ user: 'bob' }))).sees()).toEqual({})
    expect(refusals()).toEqual(['duplicate'])
    expect(await person(...two(ADA, ADA.replace(/=+$/, ''))).sees()).toEqual({ user: 'ada' })
  })

  test('under our own name, whichever format they are of', async () => {
    const { person, refusals } = make({ migrateFrom: [rows(all), valuesOnly()], cookie: { name: 'old' }, ...kept() })
    expect(await person(...two('ada', holding({ user: 'bob' }))).sees()).toEqual({})
    expect(refusals()).toContain('duplicate')
  })

  test('one that is over, or junk, does not hide the live one', async () => {
    for (const first of ['over', 'junk']) {
      const { person, refusals } = make({ migrateFrom: [rows(all, { cookieName: 'old' })], ...kept() })
      expect(await person(...two(first, 'ada')).sees()).toEqual({ user: 'ada' })
      expect(refusals()).not.toContain('duplicate')
    }
  })
})

test('S7: of two live ones that lead to one session that is kept here, neither hides it', async () => {
  const same: SessionReader = {
    format: 'seal',
    read: (value) => (value.startsWith('s') ? { values: {}, unique: 'one' } : undefined),
  }
  const { person } = make({ migrateFrom: [same], cookie: { name: 'old' }, store: memoryStore() })
  const first = person('old=s1; Path=/; Max-Age=9999; Secure')
  await first.does((session) => session.set('n', 1))
  const both = person('old=s1; Path=/; Max-Age=9999; Secure', 'old=s2; Domain=shop.example; Path=/; Max-Age=9999; Secure')
  expect(await both.sees()).toEqual({ n: 1 })
})

test('S13: an earlier seal of h3 opens nothing once its session has ended, nor does a later one; neither opens a second session before', async () => {
  const password = 'the password of the old site, of 32 or more'
  const app = new H3().get('/', async (event) => {
    const session = await useSession(event, { name: 'old', password })
    await session.update((data) => ({ n: Number(data.n ?? 0) + 1 }))
    return 'ok'
  })
  const seals: string[] = []
  for (let n = 0; n < 3; n++) {
    const response = await app.fetch(new Request(SITE, { headers: seals.length > 0 ? { cookie: `old=${seals.at(-1)}` } : {} }))
    seals.push(/^old=([^;]+)/.exec(response.headers.getSetCookie()[0] ?? '')?.[1] ?? '')
  }
  const seen = { migrateFrom: [{ ...h3Seal({ password }), cookieName: 'old' }], store: memoryStore(), now: Date.now }
  const { person } = make(seen)
  const holders = seals.map((seal) => person(old(seal, 'old')))
  expect(await Promise.all(holders.map((each) => each.sees()))).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  await holders[1]?.does((session) => session.set('mine', true))
  expect(await person(old(seals[0] ?? '', 'old')).sees()).toEqual({ n: 2, mine: true })
  expect(await person(old(seals[2] ?? '', 'old')).sees()).toEqual({ n: 2, mine: true })
  await holders[1]?.does((session) => session.destroy())
  for (const seal of seals) expect(await person(old(seal, 'old')).sees()).toEqual({})
})

describe.each(KINDS)('S2: what the site says of old sessions, ours %s', (_, kept) => {
  test('after `migrateUntil` none is taken over, and before it each is', async () => {
    for (const end of [(at: number) => new Date(at), (at: number) => at, (at: number) => new Date(at).toISOString()]) {
      const at = clockFrom().now() + DAY * 1000
      const { person, clock, events } = make({ migrateFrom: [valuesOnly()], migrateUntil: end(at), ...kept() })
      expect(await person(old(ADA)).sees()).toEqual({ user: 'ada' })
      const ada = person(old(ADA))
      await ada.does((session) => session.set('n', 1))
      clock.advance(DAY)
      expect(await person(old(ADA)).sees()).toEqual({})
      expect(await ada.sees()).toEqual({ user: 'ada', n: 1 })
      expect(events.filter(({ type }) => type === 'adopted')).toHaveLength(2)
    }
  })

  test('values that a reader does not accept open nothing', async () => {
    const accepts = (values: Readonly<Record<string, unknown>>) => typeof values.user === 'string'
    const { person } = make({ migrateFrom: [valuesOnly({ accepts })], ...kept() })
    expect(await person(old(ADA)).sees()).toEqual({ user: 'ada' })
    expect(await person(old(holding({ theme: 'dark' }))).sees()).toEqual({})
  })

  test.each([new Date(Number.NaN), Number.NaN, 'soon', null, {}])('a migrateUntil of %s is refused', (migrateUntil) => {
    expect(() => make({ migrateUntil: migrateUntil as Date, ...kept() })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('migrateUntil') }),
    )
  })

  test('S13: no value of that name becomes the owner', async () => {
    const { person, events } = make({
      migrateFrom: [valuesOnly(), rows({ x: { values: { __owner__: 'admin', a: 1 } } })],
      ...kept(),
    })
    for (const value of [holding({ __owner__: 'admin', a: 1 }), 'x']) {
      const ada = person(old(value))
      expect(await ada.does((session) => [session.owner, session.get('__owner__'), session.get('a')])).toEqual([
        undefined,
        undefined,
        1,
      ])
      await ada.does((session) => session.set('n', 1))
      expect(await ada.does((session) => [session.owner, { ...session.data }])).toEqual([undefined, { a: 1, n: 1 }])
    }
    expect(events).toContainEqual(expect.objectContaining({ type: 'unreadable-value', key: '__owner__' }))
  })
})

describe.each(KINDS)('a store of another library, ours %s', (_, kept) => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())
  /** Lets the time of one call pass. */
  const late = async <T>(waiting: Promise<T>): Promise<T> => {
    waiting.catch(() => {})
    await vi.advanceTimersByTimeAsync(999)
    expect(await Promise.race([waiting.catch(() => {}), Promise.resolve('waits')])).toBe('waits')
    await vi.advanceTimersByTimeAsync(1)
    return waiting
  }
  /** Never answers. */
  const hanging = (): Promise<never> => new Promise(() => {})
  const tooLate = { code: 'STORE_FAILED', message: expect.stringContaining('rows') }

  test('that does not answer a read fails after `storeTimeout`, or leaves a session that is read-only', async () => {
    const migrateFrom = [rows({}, { read: hanging })]
    const one = make({ migrateFrom, storeTimeout: 1, ...kept() })
    await expect(late(one.person(old('x')).sees())).rejects.toMatchObject(tooLate)
    const two = make({ migrateFrom, storeTimeout: 1, whenStoreDown: 'read-only', ...kept() })
    expect(await late(two.person(old('x')).does((session) => session.readOnly))).toBe(true)
  })

  test('that does not answer a removal keeps nobody waiting for longer', async () => {
    const migrateFrom = [rows({ x: { values: { a: 1 }, forget: hanging } })]
    const { person, events } = make({ migrateFrom, storeTimeout: 1, ...kept() })
    const ada = person(old('x'))
    await late(ada.does((session) => session.set('n', 1)))
    expect(await ada.sees()).toEqual({ a: 1, n: 1 })
    expect(events.filter(({ type }) => type === 'late-failed')).toHaveLength(1)
  })

  test('whose failure is none of ours is STORE_FAILED, with the cause', async () => {
    const cause = new TypeError('not ready')
    const { person } = make({ migrateFrom: [rows({}, { read: () => Promise.reject(cause) })], ...kept() })
    const failure = await person(old('x'))
      .sees()
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(SessionError)
    expect(failure).toMatchObject({ code: 'STORE_FAILED', cause })
  })
})

// 2 of 4 pairs; `migration.slow.test.ts` has the others.
describe('S5: in every order of steps, with a process killed and a call doubled at each', () => {
  test.each([
    ['D1', 'D2'],
    ['W1', 'W2'],
  ])('%s and %s', async (...names) => {
    expect(await nothingBad(requests(...names), { kill: true, double: true, maxPreemptions: 2 })).toBeGreaterThan(20)
  })
})
