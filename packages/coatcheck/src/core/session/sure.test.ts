import { describe, expect, test } from 'vitest'
import { clockFrom, DAY, HOUR, MINUTE } from '../../../test/helpers/clock.ts'
import { type Site, site } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { AdapterOptions } from '../options/options.ts'
import { aal1, aal2, aal3 } from '../options/presets.ts'
import { ownerDigest } from '../persistence/stored/owner-digest.ts'
import { createSessions } from '../sessions.ts'
import type { Session } from './types.ts'

type More = Partial<AdapterOptions>

const kinds: [string, (more?: More) => Site][] = [
  ['sealed in the cookie', (more) => site(more)],
  [
    'in a store',
    (more) => {
      const clock = clockFrom()
      return site({ clock, store: memoryStore({ now: clock.now }), ...more })
    },
  ],
  [
    'in a store, sealed there too',
    (more) => {
      const clock = clockFrom()
      return site({ clock, store: memoryStore({ now: clock.now }), encryptRecords: true, ...more })
    },
  ],
]
const stored = kinds[1]?.[1] as (more?: More) => Site

const codeOf = (run: () => unknown): string => {
  try {
    run()
    return 'fine'
  } catch (error) {
    return (error as { code: string }).code
  }
}
const freshness = (seconds?: number, level?: string) => (session: Session) =>
  codeOf(() => session.requireFresh(seconds, level === undefined ? {} : { level }))

describe.each(kinds)('how sure it is who somebody is, %s', (_, open) => {
  test('nobody is before a sign-in, and from then on it is known since when', async () => {
    const { clock, person } = open()
    const ada = person()
    const unsure = await ada.does((session) => {
      session.set('cart', 1)
      return [session.authenticatedAt, session.level, freshness(400 * DAY)(session)]
    })
    expect(unsure).toEqual([undefined, undefined, 'NOT_FRESH'])
    const at = clock.now()
    expect(
      await ada.does((session) => {
        session.signIn('ada', { level: 'aal1' })
        return [session.authenticatedAt, session.level, freshness(0)(session)]
      }),
      'at once, in the same request',
    ).toEqual([at, 'aal1', 'fine'])
    clock.advance(MINUTE)
    await ada.does((session) => session.set('later', 1))
    await ada.does((session) => session.regenerateId())
    expect(await ada.does((session) => [session.authenticatedAt, session.level]), 'a write and a new id keep it').toEqual([
      at,
      'aal1',
    ])
    await ada.does((session) => session.signIn('ada'))
    expect(await ada.does((session) => [session.authenticatedAt, session.level]), 'a step-up says it anew').toEqual([
      at + MINUTE * 1000,
      undefined,
    ])
    await ada.does((session) => session.signIn('bob'))
    await ada.does((session) => session.signOut())
    expect(await ada.does((session) => [session.authenticatedAt, session.level])).toEqual([undefined, undefined])
  })

  test('is fresh for so many seconds, to the millisecond', async () => {
    const { clock, person } = open()
    const ada = person()
    await ada.does((session) => session.signIn('ada'))
    clock.advance(300)
    expect(await ada.does(freshness(300))).toBe('fine')
    clock.advance(0.001)
    expect(await ada.does(freshness(300))).toBe('NOT_FRESH')
    expect(await ada.does(freshness()), 'an hour, if nobody says how long').toBe('fine')
    clock.advance(HOUR)
    expect(await ada.does(freshness())).toBe('NOT_FRESH')
  })

  test('a clock that is behind is no reason to ask again', async () => {
    const { clock, person } = open()
    const ada = person()
    await ada.does((session) => session.signIn('ada', { level: 'aal2' }))
    clock.advance(-MINUTE)
    expect(await ada.does((session) => [freshness(0)(session), freshness(0, 'aal2')(session)])).toEqual(['fine', 'fine'])
  })

  test('levels: those of NIST are in order, any other is only itself', async () => {
    const { person } = open()
    const ada = person()
    const asked = ['aal1', 'aal2', 'aal3', 'card', 'aal0']
    const seen: Record<string, string[]> = {}
    for (const level of asked) {
      await ada.does((session) => session.signIn('ada', { level }))
      seen[level] = await ada.does((session) => asked.filter((least) => freshness(60, least)(session) === 'fine'))
    }
    expect(seen).toEqual({
      aal1: ['aal1'],
      aal2: ['aal1', 'aal2'],
      aal3: ['aal1', 'aal2', 'aal3'],
      card: ['card'],
      aal0: ['aal0'],
    })
    await ada.does((session) => session.signIn('ada'))
    expect(await ada.does((session) => asked.filter((least) => freshness(60, least)(session) === 'fine'))).toEqual([])
  })

  test('elevate: a level with an end of its own and a new id; the session goes on', async () => {
    const { clock, person } = open()
    const ada = person()
    await ada.does((session) => {
      session.signIn('ada', { level: 'aal1' })
      session.set('cart', 1)
    })
    const before = await ada.does(({ createdAt, handle }) => ({ createdAt, handle }))
    clock.advance(20 * MINUTE)
    const seen = await ada.does((session) => {
      session.elevate('aal2', { for: 600 })
      return [session.level, session.authenticatedAt, freshness(60, 'aal2')(session)]
    })
    expect(seen).toEqual(['aal2', clock.now(), 'fine'])
    const after = await ada.does(({ createdAt, handle }) => ({ createdAt, handle }))
    expect(after.createdAt, 'no time begins again').toBe(before.createdAt)
    expect(after.handle).not.toBe(before.handle)
    clock.advance(599.999)
    expect(await ada.does((session) => [session.level, session.get('cart'), session.owner])).toEqual(['aal2', 1, 'ada'])
    clock.advance(0.001)
    expect(await ada.does((session) => [session.level, freshness(HOUR)(session), freshness(HOUR, 'aal2')(session)])).toEqual([
      'aal1',
      'fine',
      'NOT_FRESH',
    ])
  })

  test('elevate in the request that signs in, and twice: the last one counts', async () => {
    const { clock, person } = open({ freshFor: 900 })
    const ada = person()
    await ada.does((session) => {
      session.signIn('ada', { level: 'aal1' })
      session.elevate('aal3', { for: 60 })
      session.elevate('aal2')
    })
    expect(await ada.does((session) => session.level)).toBe('aal2')
    clock.advance(900)
    expect(await ada.does((session) => session.level), '`freshFor`, where nothing else was said').toBe('aal1')
  })

  test('what cannot be: BAD_VALUE, and nothing has changed', async () => {
    const { person } = open()
    const ada = person()
    const wrong: [string, (session: Session) => unknown][] = [
      ['elevate, nobody is signed in', (session) => session.elevate('aal2')],
      ['impersonate, nobody is signed in', (session) => session.impersonate('bob')],
      ['a level that is empty', (session) => session.signIn('ada', { level: '' })],
      ['a level that is long', (session) => session.signIn('ada', { level: 'x'.repeat(65) })],
      ['a level that is no text', (session) => session.signIn('ada', { level: 2 as never })],
      ['remember: 0', (session) => session.signIn('ada', { remember: 0 })],
      ['remember: NaN', (session) => session.signIn('ada', { remember: Number.NaN })],
      ['remember over 400 days', (session) => session.signIn('ada', { remember: 400 * DAY + 1 })],
      ['remember: a text', (session) => session.signIn('ada', { remember: '1' as never })],
      ['merge: no function', (session) => session.signIn('ada', { merge: {} as never })],
      ['fresh for -1', (session) => session.requireFresh(-1)],
      ['fresh for a text', (session) => session.requireFresh('60' as never)],
      ['fresh, of a level that is no name', (session) => session.requireFresh(1, { level: '' })],
    ]
    const seen = await ada.does((session) => wrong.map(([what, act]) => `${what}: ${codeOf(() => act(session))}`))
    expect(seen).toEqual(wrong.map(([what]) => `${what}: BAD_VALUE`))
    expect(await ada.does((session) => [session.isNew, session.owner])).toEqual([true, undefined])
  })
})

describe.each(kinds)('a sign-in that is remembered, %s', (_, open) => {
  const maxAge = (response: Response) => /Max-Age=(\d+)/.exec(response.headers.getSetCookie()[0] ?? '')?.[1]

  test('lasts so long from the sign-in, used or not, and its cookie as long', async () => {
    const { clock, person } = open({ ...aal2, cookie: { persistent: false } })
    const ada = person()
    const response = await ada.asks((session) => session.signIn('ada', { remember: 14 * DAY }))
    expect(maxAge(response)).toBe(`${14 * DAY}`)
    const end = clock.now() + 14 * DAY * 1000
    expect(await ada.does((session) => [session.createdAt, session.expiresAt])).toEqual([clock.now(), end])
    clock.advance(13 * DAY)
    await ada.does((session) => session.set('a', 1))
    await ada.does((session) => session.regenerateId())
    expect(await ada.does((session) => [session.owner, session.expiresAt])).toEqual(['ada', end])
    clock.advance(DAY - 0.001)
    expect(await ada.does((session) => session.owner)).toBe('ada')
    clock.advance(0.001)
    expect(await ada.does((session) => session.owner)).toBeUndefined()
  })

  test('true: as long as the site says; without it the browser forgets, if the site wants that', async () => {
    const { clock, person } = open({ cookie: { persistent: false }, rememberFor: 3 * DAY })
    const [ada, bob] = [person(), person()]
    expect(maxAge(await ada.asks((session) => session.signIn('ada', { remember: true })))).toBe(`${3 * DAY}`)
    expect(maxAge(await bob.asks((session) => session.signIn('bob', { remember: false })))).toBeUndefined()
    clock.advance(3 * DAY)
    expect(await ada.does((session) => session.owner)).toBeUndefined()
    expect(await bob.does((session) => session.owner)).toBe('bob')
  })

  test('a step-up keeps it, counted anew; `false` gives it up', async () => {
    const { clock, person } = open({ ...aal2 })
    const ada = person()
    await ada.does((session) => session.signIn('ada', { remember: 2 * DAY }))
    clock.advance(DAY)
    await ada.does((session) => session.signIn('ada'))
    expect(await ada.does((session) => session.expiresAt)).toBe(clock.now() + 2 * DAY * 1000)
    await ada.does((session) => session.signIn('ada', { remember: false }))
    expect(await ada.does((session) => session.expiresAt)).toBe(clock.now() + HOUR * 1000)
    await ada.does((session) => session.elevate('aal2'))
    clock.advance(HOUR)
    expect(await ada.does((session) => session.owner)).toBeUndefined()
  })

  test('another person on the same browser is not remembered', async () => {
    const { clock, person } = open({ ...aal2 })
    const both = person()
    await both.does((session) => session.signIn('ada', { remember: true }))
    await both.does((session) => session.signIn('bob'))
    expect(await both.does((session) => session.expiresAt)).toBe(clock.now() + HOUR * 1000)
  })
})

describe.each(kinds)('to act as somebody else, %s', (_, open) => {
  const support = async (more?: More) => {
    const opened = open(more)
    const eve = opened.person()
    await eve.does((session) => {
      session.signIn('eve', { level: 'aal2' })
      session.set('desk', [4])
      session.set('code', 1, { ttl: 600 })
      session.flash('notice', 'own')
    })
    return { ...opened, eve }
  }
  const seen = (session: Session) => [session.owner, session.impersonator, session.keys()]

  test('is a session of theirs without values, under a new id; then the own one is as it was', async () => {
    const { clock, eve } = await support()
    const [createdAt, handle] = await eve.does((session) => [session.createdAt, session.handle])
    clock.advance(MINUTE)
    const during = await eve.does((session) => {
      session.update('desk', (desk) => [...(desk as number[]), 5])
      session.impersonate('bob')
      const shown = [...seen(session), session.get('desk'), session.flash('notice')]
      session.set('cart', 'of bob')
      session.flash('notice', 'of bob')
      return shown
    })
    expect(during).toEqual(['bob', 'eve', [], undefined, undefined])
    const inside = await eve.does((session) => {
      const { createdAt, level } = session
      return [...seen(session), session.handle === handle, createdAt, level]
    })
    expect(inside).toEqual(['bob', 'eve', ['cart'], false, createdAt, 'aal2'])
    expect(await eve.does((session) => codeOf(() => session.impersonate('carol')))).toBe('BAD_VALUE')
    await eve.does((session) => session.regenerateId())
    await eve.does((session) => session.set('more', 1))
    expect(await eve.does(seen)).toEqual(['bob', 'eve', ['cart', 'more']])
    const back = await eve.does((session) => {
      session.set('lost', 1)
      session.endImpersonation()
      const shown = [...seen(session), session.get('desk')]
      session.set('after', 1)
      return shown
    })
    expect(back).toEqual(['eve', undefined, ['desk', 'code'], [4, 5]])
    const own = await eve.does((session) => [...seen(session), session.flash('notice'), session.createdAt])
    expect(own).toEqual(['eve', undefined, ['desk', 'code', 'after'], 'own', createdAt])
    clock.advance(600)
    expect(await eve.does((session) => session.keys()), 'a time of its own went on').toEqual(['desk', 'after'])
  })

  test('ends, with the own session, by signing out', async () => {
    const { eve } = await support()
    await eve.does((session) => session.impersonate('bob'))
    const thief = eve.thief()
    await eve.does((session) => session.signOut())
    expect(await eve.does(seen)).toEqual([undefined, undefined, []])
    // What is sealed ends in this browser only.
    if (_ !== 'sealed in the cookie') expect(await thief.does(seen)).toEqual([undefined, undefined, []])
  })

  test('ends when the own session does', async () => {
    const { clock, eve } = await support({ ...aal3, idleTimeout: 12 * HOUR })
    clock.advance(11 * HOUR)
    await eve.does((session) => session.impersonate('bob'))
    clock.advance(HOUR)
    expect(await eve.does(seen)).toEqual([undefined, undefined, []])
  })

  test('is over when they sign in themselves: with nothing of it, and of the own session', async () => {
    const { eve } = await support()
    await eve.does((session) => session.impersonate('bob'))
    await eve.does((session) => session.set('cart', 1))
    await eve.does((session) => session.signIn('bob'))
    expect(await eve.does(seen)).toEqual(['bob', undefined, []])
    await eve.does((session) => session.endImpersonation())
    expect(await eve.does(seen), 'there is nothing to go back to').toEqual(['bob', undefined, []])
  })

  test('a page that fails leaves everything as it was', async () => {
    const { eve } = await support()
    await eve.asks((session) => {
      session.impersonate('bob')
      session.set('cart', 1)
      return new Response('no', { status: 500 })
    })
    expect(await eve.does(seen)).toEqual(['eve', undefined, ['desk', 'code']])
    await eve.does((session) => session.impersonate('bob'))
    await eve.asks((session) => {
      session.endImpersonation()
      return new Response('no', { status: 500 })
    })
    expect(await eve.does(seen)).toEqual(['bob', 'eve', []])
  })

  test('elevate, while somebody else is acted as, counts for the own session as well', async () => {
    const { clock, eve } = await support()
    await eve.does((session) => session.impersonate('bob'))
    clock.advance(MINUTE)
    await eve.does((session) => session.elevate('aal3', { for: 600 }))
    expect(await eve.does((session) => [session.level, session.owner])).toEqual(['aal3', 'bob'])
    await eve.does((session) => session.endImpersonation())
    expect(await eve.does((session) => [session.level, session.authenticatedAt, session.owner])).toEqual([
      'aal3',
      clock.now(),
      'eve',
    ])
  })

  test('not in the request that signs in, and one change of person in one request', async () => {
    const { eve } = await support()
    const codes = await eve.does((session) => {
      session.signIn('eve')
      const first = codeOf(() => session.impersonate('bob'))
      return [first, codeOf(() => session.endImpersonation())]
    })
    expect(codes, 'there is nothing to end').toEqual(['BAD_VALUE', 'fine'])
    const more = await eve.does((session) => {
      session.impersonate('bob')
      return [codeOf(() => session.endImpersonation()), codeOf(() => session.elevate('aal3'))]
    })
    expect(more).toEqual(['BAD_VALUE', 'BAD_VALUE'])
    expect(await eve.does(seen)).toEqual(['bob', 'eve', []])
  })
})

test('the record of an impersonated session is listed under who acts, never under the one acted as', async () => {
  const clock = clockFrom()
  const store = memoryStore({ now: clock.now })
  const eve = site({ clock, store }).person()
  const listed = async (owner: string) => store.listByOwner(await ownerDigest(owner))
  const handle = () => eve.does((session) => session.handle)
  await eve.does((session) => session.signIn('eve'))
  await eve.does((session) => session.impersonate('bob'))
  expect(await listed('eve')).toContain(await handle())
  expect(await listed('bob')).toEqual([])
  await eve.does((session) => session.regenerateId())
  expect(await listed('eve')).toContain(await handle())
  await eve.does((session) => session.endImpersonation())
  expect(await listed('eve')).toContain(await handle())
  expect(await listed('bob')).toEqual([])
})

describe('presets', () => {
  test('set both timeouts and what is fresh; what is said besides wins', async () => {
    for (const [preset, fresh] of [
      [aal1, 3600],
      [aal2, 900],
      [aal3, 300],
    ] as const) {
      const { clock, person } = stored({ ...preset })
      const ada = person()
      await ada.does((session) => session.signIn('ada'))
      clock.advance(fresh)
      expect(await ada.does(freshness())).toBe('fine')
      clock.advance(0.001)
      expect(await ada.does(freshness())).toBe('NOT_FRESH')
    }
    const { clock, person } = stored({ ...aal3, freshFor: 60 })
    const ada = person()
    await ada.does((session) => session.signIn('ada'))
    clock.advance(61)
    expect(await ada.does(freshness())).toBe('NOT_FRESH')
    expect(() => createSessions({ secrets: 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh', freshFor: 0 })).toThrow(/`freshFor`/)
    expect(() => createSessions({ secrets: 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh', rememberFor: 401 * DAY })).toThrow(/`rememberFor`/)
  })
})

test('with a store that is down, freshness is not denied: the store is', async () => {
  const clock = clockFrom()
  const memory = memoryStore({ now: clock.now })
  let isDown = false
  const read: typeof memory.read = (key) => (isDown ? Promise.reject(new Error('down')) : memory.read(key))
  const ada = site({ clock, store: { ...memory, read }, whenStoreDown: 'read-only' }).person()
  await ada.does((session) => session.signIn('ada'))
  isDown = true
  expect(await ada.does((session) => [session.readOnly, freshness()(session)])).toEqual([true, 'STORE_FAILED'])
})

test('the methods may be passed on detached, and those that nobody calls cost nothing', async () => {
  const ada = stored().person()
  await ada.does((session) => {
    const { signIn, elevate, requireFresh, note, regenerateId } = session
    signIn('ada')
    elevate('aal2')
    requireFresh(1)
    note({ device: 'Firefox' })
    regenerateId()
    expect(Object.keys(session)).not.toContain('elevate')
  })
  expect(await ada.does((session) => [session.level, session.note()])).toEqual(['aal2', { device: 'Firefox' }])
})
