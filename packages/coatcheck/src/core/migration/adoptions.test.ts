import { describe, expect, test } from 'vitest'
import { nothingBad } from '../../../test/helpers/explored.ts'
import { COOKIE, SECRET, site } from '../../../test/helpers/site.ts'
import { watched } from '../../../test/helpers/watched.ts'
import type { SessionError } from '../../errors.ts'
import type { OldSession, SessionReader } from '../../migrate/format.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { type Exploration, type Scheduler, stepped } from '../../testing/interleave.ts'
import type { LiveSession } from '../session/session.ts'
import { adapterOf, sessionsOf } from '../sessions.ts'

/** A library whose cookies are `old.` and the name of a row. */
function oldLibrary(
  rows: Record<string, OldSession>,
  more: Partial<SessionReader> = {},
): SessionReader & { forgotten: string[] } {
  const forgotten: string[] = []
  return {
    format: 'old',
    forgotten,
    read(value) {
      const name = /^old\.(\w+)$/.exec(value)?.[1]
      const row = name === undefined ? undefined : rows[name]
      return row && { unique: name, forget: async () => void forgotten.push(String(name)), ...row }
    },
    ...more,
  } as SessionReader & { forgotten: string[] }
}

const CART = { ada: { values: { cart: ['hat'], n: 0 }, flash: { message: 'hello' }, createdAt: 1_700_000_000_000 } }

function holding(s: ReturnType<typeof site>, value: string, name = COOKIE) {
  const person = s.person()
  person.browser.plant(`${name}=${value}; Path=/; Secure; HttpOnly; Max-Age=34560000`)
  return person
}

for (const kind of ['stored', 'sealed'] as const) {
  describe(`a visitor with another library's cookie, where sessions are ${kind}`, () => {
    const move = (more: Partial<SessionReader> = {}) => {
      const old = oldLibrary(CART, more)
      const store = kind === 'stored' ? { store: memoryStore() } : {}
      return { old, ...site({ migrateFrom: [old], ...store }) }
    }

    test('is known, and only reading writes nothing', async () => {
      const s = move()
      const ada = holding(s, 'old.ada')
      expect(await ada.does((session) => session.get('cart'))).toEqual(['hat'])
      expect(ada.ticket).toBe('old.ada')
      expect(s.events.map(({ type }) => type)).not.toContain('committed')
      expect(s.events).toContainEqual({ type: 'adopted', format: 'old', handle: expect.any(String) })
      expect(s.old.forgotten).toEqual([])
    })

    test('is given a ticket of ours by the first write, and the old record is forgotten', async () => {
      const s = move()
      const ada = holding(s, 'old.ada')
      await ada.does((session) => session.set('language', 'en'))
      expect(ada.ticket).not.toBe('old.ada')
      expect(s.old.forgotten).toEqual(['ada'])
      expect(await ada.does((session) => session.data)).toEqual({ cart: ['hat'], n: 0, language: 'en' })
      expect(await ada.does((session) => session.flash('message'))).toBe('hello')
      expect(await ada.does((session) => session.flash('message'))).toBeUndefined()
    })

    test('may sign in at once, and keeps the cart', async () => {
      const s = move()
      const ada = holding(s, 'old.ada')
      await ada.does((session) => session.signIn('ada'))
      expect(await ada.does((session) => [session.owner, session.get('cart')])).toEqual(['ada', ['hat']])
    })

    test('may sign out at once: the cookie is cleared', async () => {
      const s = move()
      const ada = holding(s, 'old.ada')
      await ada.does((session) => session.destroy())
      expect(ada.ticket).toBeUndefined()
      expect(s.old.forgotten).toEqual(['ada'])
    })

    test('is a stranger with a cookie that is over, forged, or of no known form', async () => {
      const old = oldLibrary({ late: { values: { n: 1 }, expiresAt: 1 } })
      const s = site({ migrateFrom: [old], ...(kind === 'stored' && { store: memoryStore() }) })
      for (const value of ['old.late', 'old.bob', 'old.', 'nonsense']) {
        expect(await holding(s, value).does((session) => session.isNew)).toBe(true)
      }
    })

    test('that has another name gives it up for ours', async () => {
      const s = move({ cookieName: 'sid' })
      const ada = holding(s, 'old.ada', 'sid')
      await ada.does((session) => session.set('language', 'en'))
      expect(ada.browser.cookies().map(({ name }) => name)).toEqual([COOKIE])
      expect(await ada.does((session) => session.get('cart'))).toEqual(['hat'])
    })

    test('F15: holds an old cookie beside ours, sent first, and ours counts', async () => {
      const s = move()
      const ada = holding(s, 'old.ada')
      await ada.does((session) => session.set('cart', ['hat', 'coat']))
      const both = { cookie: `${COOKIE}=old.ada; ${COOKIE}=${ada.ticket}` }
      expect(await s.person().does((session) => session.get('cart'), { headers: both })).toEqual(['hat', 'coat'])
    })
  })
}

describe('the old ticket of a stored session', () => {
  test('F9: opens one session, however many first requests come at once: 16 of 16 writes are kept', async () => {
    const s = site({ migrateFrom: [oldLibrary(CART)], store: memoryStore() })
    const people = Array.from({ length: 16 }, () => holding(s, 'old.ada'))
    await Promise.all(people.map((person, at) => person.does((session) => session.set(`item ${at}`, at))))
    for (const person of people) expect(await person.does((session) => session.keys().length)).toBe(2 + 16)
  })

  test('opens nothing once the session it became has ended', async () => {
    const s = site({ migrateFrom: [oldLibrary(CART)], store: memoryStore() })
    const [ada, thief] = [holding(s, 'old.ada'), holding(s, 'old.ada')]
    await ada.does((session) => session.set('language', 'en'))
    expect(await thief.does((session) => session.get('language'))).toBe('en')
    await ada.does((session) => session.destroy())
    expect(await holding(s, 'old.ada').does((session) => session.isNew)).toBe(true)
  })

  test('opens nothing once it was itself ended', async () => {
    const s = site({ migrateFrom: [oldLibrary(CART)], store: memoryStore() })
    await holding(s, 'old.ada').does((session) => session.destroy())
    expect(await holding(s, 'old.ada').does((session) => session.isNew)).toBe(true)
  })

  test('that two visitors share, as it holds nothing but values, opens a session for each', async () => {
    const same = oldLibrary({ en: { values: { language: 'en' }, unique: undefined } as unknown as OldSession })
    const s = site({ migrateFrom: [same], store: memoryStore() })
    const [ada, bob] = [holding(s, 'old.en'), holding(s, 'old.en')]
    await ada.does((session) => session.set('cart', ['hat']))
    await bob.does((session) => session.set('cart', []))
    expect(await ada.does((session) => session.data)).toEqual({ language: 'en', cart: ['hat'] })
    expect(await bob.does((session) => session.data)).toEqual({ language: 'en', cart: [] })
  })
})

/** All of one visitor's requests, with a store that can be made to fail. */
function mover(more: Partial<SessionReader> = {}) {
  const watch = watched(memoryStore())
  const old = oldLibrary(CART, more)
  let ahead = 0
  const adapter = adapterOf(
    sessionsOf({ store: watch.store, secrets: SECRET, migrateFrom: [old], now: () => Date.now() + ahead }),
  )
  const comes = async (value: string | undefined) => {
    const requestSession = adapter.detached({ get: (header) => (header === 'cookie' ? `${COOKIE}=${value}` : null) })
    return { requestSession, session: await requestSession.open() }
  }
  /** How many calls of the store this takes. */
  const counted = async (act: () => Promise<unknown>) => {
    watch.forget()
    await act()
    return watch.calls.length
  }
  /** Until an old ticket shows nothing any more. */
  const waits = () => {
    ahead = 600_000
  }
  return { watch, old, comes, counted, waits }
}

describe.each<[string, (session: LiveSession) => void]>([
  ['writes', (session) => session.set('language', 'en')],
  ['signs in', (session) => session.signIn('ada')],
  ['asks for a new id', (session) => session.regenerateId()],
  ['renews the session', (session) => session.renew()],
  ['signs out', (session) => session.destroy()],
])('a visitor from elsewhere who %s while the store fails', (name, act) => {
  const ends = name === 'signs out'
  const change = (session: LiveSession): void => {
    act(session)
    if (!ends) session.update('n', (n) => Number(n) + 1)
  }

  test.each(['before', 'after'] as const)(
    '%s each of its calls: the commit made again in that request does it once',
    async (when) => {
      const whole = mover()
      const first = await whole.comes('old.ada')
      change(first.session)
      const calls = await whole.counted(async () => first.requestSession.commit())
      expect(calls).toBeGreaterThan(0)
      for (let at = 1; at <= calls; at++) {
        const { watch, comes, old, waits } = mover()
        const { requestSession, session } = await comes('old.ada')
        let made = 0
        watch[when] = () => {
          if (++made === at) throw new Error('connection lost')
        }
        change(session)
        const failed = await (async () => requestSession.commit())().catch(({ code }: SessionError) => code)
        // Where only a look at what had been written failed, that was told all the same.
        if (typeof failed === 'string') expect([failed, old.forgotten]).toEqual(['STORE_FAILED', []])
        else expect([when, watch.calls.at(-1)]).toEqual(['after', 'read'])
        await requestSession.commit()
        expect(old.forgotten).toEqual(['ada'])
        if (ends) {
          expect((await comes('old.ada')).session.isNew).toBe(true)
          continue
        }
        const mine = await comes(requestSession.ticket)
        expect([mine.session.get('n'), mine.session.get('cart')], `call ${at}`).toEqual([1, ['hat']])
        // Whoever else holds the old cookie meets this session or, after a new id, none; never another one.
        waits()
        const other = await comes('old.ada')
        expect(other.session.isNew || other.session.handle === mine.session.handle, `call ${at}`).toBe(true)
        other.session.set('x', 1)
        await other.requestSession.commit()
        const { keys } = (await watch.store.list?.(undefined, 100)) ?? { keys: [] }
        expect(keys.length, `call ${at}: ${keys}`).toBeLessThanOrEqual(6)
      }
    },
  )

  test.each(['before', 'after'] as const)(
    '%s each of its calls: the next request does it as if nothing had been',
    async (when) => {
      const whole = mover()
      const first = await whole.comes('old.ada')
      change(first.session)
      const calls = await whole.counted(async () => first.requestSession.commit())
      for (let at = 1; at <= calls; at++) {
        const { watch, comes } = mover()
        const { requestSession, session } = await comes('old.ada')
        let made = 0
        watch[when] = () => {
          if (++made === at) throw new Error('connection lost')
        }
        change(session)
        await (async () => requestSession.commit())().catch(() => {})
        const next = await comes('old.ada')
        // Done, and only the answer was lost: the old cookie opens nothing any more, as it should.
        if (next.session.isNew && (ends || when === 'after')) continue
        expect(next.session.get('cart'), `call ${at}`).toEqual(['hat'])
        change(next.session)
        const done = await (async () => next.requestSession.commit())().catch(({ code }: SessionError) => code)
        // The first request did it, and its answer was lost: nobody else is told the new id, so the visitor has to sign in again.
        if (done === 'CONFLICT' && when === 'after' && !ends) continue
        expect(done).not.toBeTypeOf('string')
        if (ends) expect((await comes('old.ada')).session.isNew).toBe(true)
        else expect((await comes(next.requestSession.ticket)).session.get('n')).toBeGreaterThanOrEqual(1)
      }
    },
  )
})

describe('in one request a session from elsewhere', () => {
  test('may be written, given a new id, signed in and ended, commit after commit', async () => {
    const { comes, old, waits } = mover()
    const { requestSession, session } = await comes('old.ada')
    for (const step of ['set', 'regenerateId', 'signIn', 'renew'] as const) {
      if (step === 'set') session.set('a', 1)
      else if (step === 'signIn') session.signIn('ada')
      else session[step]()
      await requestSession.commit()
      const there = await comes(requestSession.ticket)
      expect([step, there.session.isNew, there.session.get('cart')]).toEqual([step, false, ['hat']])
    }
    waits()
    expect((await comes('old.ada')).session.isNew).toBe(true)
    session.destroy()
    await requestSession.commit()
    expect(requestSession.lines.map(([, line]) => line.includes('Max-Age=0'))).toEqual([true])
    expect((await comes('old.ada')).session.isNew).toBe(true)
    expect(old.forgotten).toEqual(['ada'])
  })

  test('may be ended and begun anew before it was ever kept here: the cart does not come along', async () => {
    const { comes } = mover()
    const { requestSession, session } = await comes('old.ada')
    session.destroy()
    requestSession.afresh().set('a', 1)
    await requestSession.commit()
    expect({ ...(await comes(requestSession.ticket)).session.data }).toEqual({ a: 1 })
    expect((await comes('old.ada')).session.isNew).toBe(true)
  })

  test('is signed in by two people at once: each gets a session of the own, or is refused', async () => {
    const { comes } = mover()
    const [ada, bob] = [await comes('old.ada'), await comes('old.ada')]
    ada.session.signIn('ada')
    ada.session.set('secret', 'of ada')
    bob.session.signIn('bob')
    bob.session.set('secret', 'of bob')
    const done = await Promise.allSettled([
      (async () => ada.requestSession.commit())(),
      (async () => bob.requestSession.commit())(),
    ])
    expect(done.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
    for (const [name, { requestSession }] of Object.entries({ ada, bob })) {
      if (requestSession.lines.length === 0) continue
      const { session } = await comes(requestSession.ticket)
      expect(session.isNew || (session.owner === name && session.get('secret') === `of ${name}`), name).toBe(true)
    }
    const later = await comes('old.ada')
    expect([undefined, 'ada', 'bob']).toContain(later.session.owner)
  })

  test('whose visitor signs in is not opened signed in by the old cookie', async () => {
    const { comes, waits } = mover()
    const ada = await comes('old.ada')
    ada.session.set('a', 1)
    await ada.requestSession.commit()
    ada.session.signIn('ada')
    await ada.requestSession.commit()
    expect((await comes('old.ada')).session.owner).toBeUndefined()
    waits()
    const thief = await comes('old.ada')
    expect([thief.session.isNew, thief.session.owner]).toEqual([true, undefined])
  })

  test.each<[string, (session: LiveSession) => void]>([
    ['signs in', (session) => session.signIn('ada')],
    ['asks for a new id', (session) => session.regenerateId()],
    ['renews the session', (session) => session.renew()],
  ])('is not opened by the old cookie any more when the very first request %s', async (_, act) => {
    const { comes, waits } = mover()
    const ada = await comes('old.ada')
    act(ada.session)
    ada.session.set('secret', 'of ada')
    await ada.requestSession.commit()
    expect((await comes(ada.requestSession.ticket)).session.get('secret')).toBe('of ada')
    // Whoever planted that cookie in her browser, or stole it before.
    expect((await comes('old.ada')).session.get('secret')).toBeUndefined()
    waits()
    const thief = await comes('old.ada')
    expect([thief.session.isNew, thief.session.owner, thief.session.get('secret')]).toEqual([true, undefined, undefined])
  })
})

describe('in every order of steps, with a process killed and a call doubled at each', () => {
  interface World {
    readonly act: (name: string) => Promise<unknown>
    readonly look: () => Promise<Record<string, unknown> | undefined>
  }

  function requests(...names: string[]): Exploration<World> {
    const make = (store: Store, value: string, later = 0) => {
      const migrateFrom = [oldLibrary(CART)]
      const options = { store, secrets: SECRET, migrateFrom, now: () => 4_000_000_000_000 + later }
      const adapter = adapterOf(sessionsOf(options, { storeTimeout: Infinity, sleep: async () => {} }))
      return adapter.detached({ get: (header) => (header === 'cookie' ? `${COOKIE}=${value}` : null) })
    }
    return {
      actors: Object.fromEntries(names.map((name) => [name, (world) => world.act(name)])),
      async setup(turns: Scheduler) {
        const store = memoryStore()
        return {
          async act(name) {
            const requestSession = make(stepped(store, turns, name), 'old.ada')
            const session = await requestSession.open()
            const isNew = session.isNew
            if (name.startsWith('D')) session.destroy()
            else if (name.startsWith('R')) session.regenerateId()
            else if (name.startsWith('N')) session.renew()
            else if (name.startsWith('S')) session.signIn('ada')
            else if (name.startsWith('B')) session.signIn('bob')
            if (!name.startsWith('D')) {
              session.update('n', (n) => ((n as number) ?? 0) + 1)
              session.set(name, true)
            }
            try {
              const { ticket } = await requestSession.commit()
              return { isNew, ticket }
            } catch (error) {
              if ((error as { code?: string }).code === 'CONFLICT') return undefined // told so: not acknowledged
              throw error
            }
          },
          async look() {
            // When an old ticket shows nothing any more.
            const requestSession = make(store, 'old.ada', 600_000)
            const session = await requestSession.open()
            return session.isNew ? undefined : { ...session.data }
          },
        }
      },
      async check(world, { results }) {
        const seen = await world.look()
        const done = Object.entries(results as Record<string, { isNew: boolean } | undefined>).flatMap(([name, answer]) =>
          answer ? [[name, answer] as const] : [],
        )
        if (done.some(([name]) => name.startsWith('D'))) {
          if (seen) throw new Error('revived: the old ticket opens a session after it was ended')
          return
        }
        // A new id makes the old ticket a dead one; what was acknowledged is then found by whoever has the new one.
        const moved = done.some(([name, { isNew }]) => /^[RSBN]/.test(name) && !isNew)
        if (moved && seen) throw new Error('open: the old ticket opens a session that got a new id')
        if (!seen) {
          if (names.some((name) => /^[DRSBN]/.test(name))) return
          throw new Error('lost: the old ticket opens nothing')
        }
        const writers = done.filter(([name, { isNew }]) => /^[WR]/.test(name) && !isNew)
        for (const [name] of writers) if (seen[name] !== true) throw new Error(`lost: what ${name} wrote`)
        if (Number(seen.n) < writers.length) throw new Error(`lost: n is ${seen.n} after ${writers.length} updates`)
        if (Number(seen.n) > names.length) throw new Error(`doubled: n is ${seen.n}`)
      },
    }
  }

  test.each([
    ['W1', 'W2'],
    ['W1', 'D2'],
    ['D1', 'D2'],
    ['R1', 'W2'],
    ['R1', 'D2'],
    ['S1', 'D2'],
    ['S1', 'S2'],
    ['N1', 'D2'],
  ])('%s and %s', async (...names) => {
    const isLong = /^[RSN]/.test(String(names[0]))
    const bounds = { kill: true, double: true, maxPreemptions: isLong ? 1 : 2 }
    expect(await nothingBad(requests(...names), bounds)).toBeGreaterThan(50)
  })

  test.each([
    ['W1', 'W2', 'W3'],
    ['W1', 'W2', 'D3'],
    ['W1', 'S2', 'D3'],
  ])('%s, %s and %s', async (...names) => {
    expect(await nothingBad(requests(...names), { maxPreemptions: 2 })).toBeGreaterThan(100)
  })
})
