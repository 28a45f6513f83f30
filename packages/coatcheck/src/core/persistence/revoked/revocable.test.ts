import { describe, expect, test } from 'vitest'
import { clockFrom } from '../../../../test/helpers/clock.ts'
import { COOKIE, discretion, type Person, type Site, site } from '../../../../test/helpers/site.ts'
import { type Watched, watched } from '../../../../test/helpers/watched.ts'
import type { SessionError } from '../../../errors.ts'
import type { SessionReader } from '../../../migrate/format.ts'
import { memoryStore } from '../../../stores/memory.ts'
import type { Store } from '../../../stores/store.ts'
import type { AdapterOptions } from '../../options/options.ts'
import { adapterOf } from '../../sessions.ts'

interface Place {
  readonly s: Site
  readonly watch: Watched
  /** Another process of the same site. */
  another(more?: Partial<AdapterOptions>): Site
}

const HOUR = 3600
const DAY = 24 * HOUR

function place(every = 0, more: Partial<AdapterOptions> = {}): Place {
  const clock = clockFrom()
  const watch = watched(memoryStore({ now: clock.now }))
  const another = (others = {}) =>
    site({ clock, revocations: every ? { store: watch.store, every } : watch.store, ...more, ...others })
  return { s: another(), watch, another }
}

async function ada(s: Site): Promise<Person> {
  const person = s.person()
  await person.does((session) => {
    session.signIn('ada')
    session.set('name', 'ada')
  })
  return person
}

/** A browser at this site that holds the ticket. */
function holding(s: Site, ticket: string | undefined): Person {
  const person = s.person()
  person.browser.plant(`${COOKIE}=${ticket}; Path=/; Secure; HttpOnly; Max-Age=34560000`)
  return person
}

const nameOf = (person: Person) => person.does((session) => session.get('name'))
const codeOf = (run: Promise<unknown>) =>
  run.then(
    () => 'nothing',
    ({ code }: SessionError) => code,
  )
const lines = (answer: Response) => answer.headers.getSetCookie()
const endings = {
  signOut: (person: Person) => person.does((session) => session.signOut()),
  destroy: (person: Person) => person.does((session) => session.destroy()),
  'another person’s sign-in': (person: Person) => person.does((session) => session.signIn('bob')),
}

describe.each([0, 60])('promise 15, ASVS 7.4.1: a copied ticket after the end, with `every` %s', (every) => {
  test.each(Object.entries(endings))('opens nothing after %s, in the same process', async (_, end) => {
    const { s } = place(every)
    const person = await ada(s)
    const thief = person.thief()
    expect(await nameOf(thief)).toBe('ada')
    await end(person)
    expect(await thief.does((session) => [session.isNew, session.get('name')])).toEqual([true, undefined])
    expect(s.refusals).toEqual(['revoked'])
  })

  test('opens nothing in another process: at once, or at the latest after that time', async () => {
    const { s, another } = place(every)
    const there = another()
    const person = await ada(s)
    const thief = holding(there, person.ticket)
    expect(await nameOf(thief)).toBe('ada')
    await person.does((session) => session.signOut())
    if (every) {
      s.clock.advance(every - 0.001)
      expect(await nameOf(thief)).toBe('ada')
      expect(lines(await thief.asks((session) => session.set('a', 1))), 'what it writes is looked at anew').toEqual([])
      s.clock.advance(0.001)
    }
    expect(await nameOf(thief)).toBeUndefined()
  })

  test('nothing undoes an end: not an answer that was under way, nor a page load that would slide', async () => {
    const { s } = place(every)
    const person = await ada(s)
    s.clock.advance(4 * DAY)
    const slow = await person.begins((session) => session.set('a', 1))
    await person.does((session) => session.signOut())
    slow.arrive()
    expect(await nameOf(person)).toBeUndefined()
    const second = await ada(s)
    const copy = second.thief()
    await copy.does(async (session) => {
      session.set('b', 1)
      await second.does((other) => other.signOut())
    })
    expect(s.events.filter(({ type }) => type === 'dropped')).toHaveLength(1)
    expect(await nameOf(copy)).toBeUndefined()
  })
})

describe('look-ups, and what they cost', () => {
  const costs = async (every: number, act: (person: Person) => Promise<unknown>, visits = 1) => {
    const { s, watch } = place(every)
    const person = await ada(s)
    s.clock.advance(every)
    watch.forget()
    for (let n = 0; n < visits; n++) await act(person)
    return watch.calls.join(' ')
  }
  const reads = (person: Person) => nameOf(person)
  const writes = (person: Person) => person.does((session) => session.set('a', Math.random()))

  test.each<[string, number, (person: Person) => Promise<unknown>, number, string]>([
    ['a visit that reads asks three times', 0, reads, 1, 'read read read'],
    ['and each of them', 0, reads, 3, Array(9).fill('read').join(' ')],
    ['within `every`, the first alone', 60, reads, 3, 'read read read'],
    ['a write asks once more before its cookie', 0, writes, 1, 'read read read read read read'],
    ['also within `every`', 60, writes, 2, 'read read read read read read read read read'],
    [
      'a new id is written down',
      0,
      (person) => person.does((session) => session.regenerateId()),
      1,
      'read read read read read create',
    ],
    ['an end is one call', 0, (person) => person.does((session) => session.signOut()), 1, 'read read read create'],
    ['who asks for no session costs nothing', 0, (person) => person.passes(), 1, ''],
  ])('%s', async (_, every, act, visits, calls) => {
    expect(await costs(every, act, visits)).toBe(calls)
  })

  test('a guest has no owner to look for', async () => {
    const { s, watch } = place()
    const guest = s.person()
    await guest.does((session) => session.set('a', 1))
    watch.forget()
    await guest.does((session) => session.get('a'))
    expect(watch.calls).toEqual(['read', 'read'])
  })

  test('they go out together', async () => {
    const { s, watch } = place()
    const person = await ada(s)
    let [under, most] = [0, 0]
    watch.before = async () => {
      most = Math.max(most, ++under)
      await new Promise((resolve) => setImmediate(resolve))
      under--
    }
    await nameOf(person)
    expect(most).toBe(3)
  })

  test('none joins one that is under way: it may have passed by the store before the end', async () => {
    const { s, watch } = place()
    const person = await ada(s)
    const thief = person.thief()
    const slow = Promise.withResolvers<void>()
    let held = 3
    watch.after = (call) => (call === 'read' && held-- > 0 ? slow.promise : undefined)
    const first = nameOf(thief)
    await new Promise((resolve) => setImmediate(resolve))
    await person.does((session) => session.signOut())
    expect(await nameOf(thief)).toBeUndefined()
    slow.resolve()
    expect(await first, 'it came before').toBe('ada')
  })
})

describe('while the store is down', () => {
  test('nobody is let in by a ticket alone, and nobody loses it', async () => {
    const { s, watch, another } = place()
    const person = await ada(s)
    watch.before = () => {
      throw new Error('down')
    }
    const { ticket } = person
    expect(await codeOf(nameOf(person))).toBe('STORE_FAILED')
    expect(await codeOf(person.does((session) => session.signOut()))).toBe('STORE_FAILED')
    expect(person.ticket).toBe(ticket)
    const patient = holding(another({ whenStoreDown: 'read-only' }), ticket)
    expect(await patient.does((session) => [session.readOnly, session.get('name')])).toEqual([true, undefined])
    expect(await codeOf(patient.does((session) => session.set('a', 1)))).toBe('STORE_FAILED')
    watch.before = () => {}
    expect(await nameOf(person)).toBe('ada')
  })

  test('a write, a new id and an end that cannot be looked up or written down fail, and set no cookie', async () => {
    for (const act of ['set', 'regenerateId', 'signIn', 'signOut'] as const) {
      const { s, watch } = place()
      const person = await ada(s)
      const before = person.ticket
      const failing = person.does((session) => {
        watch.before = () => {
          throw new Error('down')
        }
        if (act === 'set') session.set('a', 1)
        else if (act === 'signIn') session.signIn('ada')
        else session[act]()
      })
      expect([act, await codeOf(failing), person.ticket]).toEqual([act, 'STORE_FAILED', before])
    }
  })

  test('within `every`, what was looked up before still counts for a visit that reads', async () => {
    const { s, watch } = place(60)
    const person = await ada(s)
    await nameOf(person)
    watch.before = () => {
      throw new Error('down')
    }
    expect(await nameOf(person)).toBe('ada')
    s.clock.advance(60)
    expect(await codeOf(nameOf(person))).toBe('STORE_FAILED')
  })

  test('an answer that was lost is not the end: the same commit, made again, finds its own new id', async () => {
    for (const act of ['regenerateId', 'signIn'] as const) {
      const { s, watch } = place()
      const person = await ada(s)
      const presented = { get: (name: string) => (name === 'cookie' ? `${COOKIE}=${person.ticket}` : null) }
      const requestSession = adapterOf(s.sessions).detached(presented)
      const session = await requestSession.open()
      if (act === 'signIn') session.signIn('ada')
      else session.regenerateId()
      session.set('a', 1)
      watch.after = (call) => {
        if (call === 'create') throw new Error('connection reset')
      }
      expect(await codeOf(requestSession.commit() as Promise<unknown>)).toBe('STORE_FAILED')
      watch.after = () => {}
      s.clock.advance(20)
      const { ticket } = await requestSession.commit()
      const after = holding(s, ticket)
      s.clock.advance(400)
      expect(await after.does((each) => [each.get('name'), each.get('a')])).toEqual(['ada', 1])
      const copy = after.thief()
      await after.does((each) => each.signOut())
      s.clock.advance(30 * DAY - 460)
      await s.sessions.prune()
      expect(await nameOf(copy)).toBeUndefined()
    }
  })

  test('an entry that cannot be read lets nobody in', async () => {
    const { s, watch } = place()
    const person = await ada(s)
    const thief = person.thief()
    await person.does((session) => session.signOut())
    const store = watch.store as Required<Store>
    const [key = ''] = (await store.list(undefined, 10)).keys
    for (const data of ['', '{}', '{"format":1,"key":"0000000000000000","ended":true}', '{"format":1,"data":{}}']) {
      const found = await store.read(key)
      await store.update(key, { ...(found as NonNullable<typeof found>).record, data }, found?.version ?? '')
      expect(await nameOf(thief)).toBeUndefined()
      expect(await codeOf(thief.does((session) => session.set('a', 1)))).toBe('STORE_FAILED')
    }
    const found = await store.read(key)
    await store.update(key, { ...(found as NonNullable<typeof found>).record, data: '{"format":9}' }, found?.version ?? '')
    expect(lines(await thief.asks((session) => session.get('name'))), 'of a newer release: left alone').toEqual([])
    expect(s.refusals.at(-1)).toBe('unknown-version')
  })
})

describe('promise 15: a new id', () => {
  test('the old ticket shows what there was within `grace`, and nothing after it; then an event says so, once', async () => {
    const { s } = place()
    const person = await ada(s)
    const thief = person.thief()
    await person.does((session) => {
      session.regenerateId({ note: 'step-up' })
      session.set('secret', 1)
    })
    expect(await thief.does((session) => [session.get('name'), session.get('secret')])).toEqual(['ada', undefined])
    expect(await codeOf(thief.does((session) => session.set('a', 1))), 'it would walk off with a ticket').toBe('CONFLICT')
    s.clock.advance(200)
    for (let n = 0; n < 2; n++) expect(await nameOf(thief)).toBeUndefined()
    expect(s.refusals).toEqual(['replaced', 'replaced'])
    expect(s.events.filter(({ type }) => type === 'replayed')).toMatchObject([{ note: 'step-up' }])
    expect(await codeOf(thief.does((session) => session.signOut())), 'the session lives').toBe('CONFLICT')
    expect(await person.does((session) => [session.get('name'), session.get('secret')])).toEqual(['ada', 1])
  })

  test('a guest’s old ticket shows nothing of who signed in', async () => {
    const { s } = place()
    const guest = s.person()
    await guest.does((session) => session.set('cart', 1))
    const planted = guest.thief()
    await guest.does((session) => session.signIn('ada'))
    expect(await planted.does((session) => [session.owner, session.get('cart')])).toEqual([undefined, 1])
    s.clock.advance(200)
    expect(await planted.does((session) => [session.owner, session.get('cart')])).toEqual([undefined, undefined])
  })

  test('a sign-out with the old ticket, within `grace`, ends the session', async () => {
    const { s } = place()
    const person = await ada(s)
    const late = person.thief()
    await person.does((session) => session.regenerateId())
    await late.does((session) => session.signOut())
    expect(await nameOf(person)).toBeUndefined()
  })

  test('one that does not fit into its cookie leaves the session as it was', async () => {
    const { s, watch } = place()
    const person = await ada(s)
    watch.forget()
    const failing = person.does((session) => {
      session.signIn('ada')
      session.set('big', 'x'.repeat(5000))
    })
    expect(await codeOf(failing)).toBe('COOKIE_TOO_LARGE')
    expect(watch.calls).not.toContain('create')
    expect(await nameOf(person)).toBe('ada')
  })
})

describe('ends of all', () => {
  test('endAll ends every session of the owner, on every instance, and nobody else’s', async () => {
    for (const every of [0, 60]) {
      const { s, another } = place(every)
      const [here, there] = [await ada(s), await ada(another())]
      const bob = s.person()
      await bob.does((session) => session.signIn('bob'))
      s.clock.advance(1)
      await s.sessions.endAll('ada')
      s.clock.advance(every)
      expect([await nameOf(here), await nameOf(there)]).toEqual([undefined, undefined])
      expect(await bob.does((session) => session.owner)).toBe('bob')
      s.clock.advance(1)
      expect(await nameOf(await ada(s))).toBe('ada')
    }
  })

  test('but for the one that asked, also when it was given a new id meanwhile, and it goes on', async () => {
    const { s } = place()
    const [mine, other] = [await ada(s), await ada(s)]
    s.clock.advance(1)
    const slow = await mine.begins((session) => session.regenerateId())
    await mine.does((session) => s.sessions.endAll('ada', { except: session as never }))
    expect([await nameOf(mine), await nameOf(other)]).toEqual(['ada', undefined])
    slow.arrive()
    expect(await nameOf(mine)).toBe('ada')
    await mine.does((session) => session.regenerateId())
    s.clock.advance(1)
    await mine.does((session) => session.set('a', 1))
    expect(await nameOf(mine)).toBe('ada')
    await s.sessions.endAll('ada')
    expect(await nameOf(mine)).toBeUndefined()
  })

  test('endEverything ends guests as well', async () => {
    const { s } = place()
    const guest = s.person()
    await guest.does((session) => session.set('name', 'guest'))
    s.clock.advance(1)
    await s.sessions.endEverything()
    expect(await nameOf(guest)).toBeUndefined()
    s.clock.advance(1)
    await guest.does((session) => session.set('name', 'new'))
    expect(await nameOf(guest)).toBe('new')
  })

  test('a sign-in that was begun before is refused by its mark, whatever the clocks say', async () => {
    for (const skew of [-60, 60]) {
      const { s, another } = place()
      const mark = await s.sessions.mark('ada')
      const there = another({ now: () => s.clock.now() + skew * 1000 })
      await there.sessions.endAll('ada')
      expect(await codeOf(s.person().does((session) => session.signIn('ada', { mark })))).toBe('CONFLICT')
      const after = await s.sessions.mark('ada')
      const person = s.person()
      await person.does((session) => session.signIn('ada', { mark: after }))
      expect(await person.does((session) => session.owner)).toBe('ada')
    }
  })

  test('what needs a list of tickets says so', async () => {
    const { s } = place()
    for (const run of [s.sessions.list('ada'), s.sessions.find('x'), s.sessions.end('x')])
      expect(await codeOf(run)).toBe('BAD_OPTIONS')
  })
})

describe('sessions of other libraries, until their first write here', () => {
  const reader = (unique: boolean): SessionReader => ({
    format: 'other',
    cookieName: 'old',
    read: (ticket) => ({ values: { name: ticket }, ...(unique && { unique: ticket }) }),
  })

  test.each([true, false])(
    'an old cookie opens nothing once its session was ended; with an id of its own: %s',
    async (unique) => {
      const { s } = place(0, { migrateFrom: [reader(unique)] })
      const person = s.person()
      person.browser.plant('old=ada; Path=/')
      const thief = person.thief()
      expect(await nameOf(person)).toBe('ada')
      await person.does((session) => session.set('a', 1))
      expect(await nameOf(person)).toBe('ada')
      await person.does((session) => session.signOut())
      expect(await nameOf(thief)).toBeUndefined()
      const bob = s.person()
      bob.browser.plant('old=bob; Path=/')
      const copy = bob.thief()
      await bob.does((session) => session.signOut())
      expect(await nameOf(copy), 'ended before anything of it was kept here').toBeUndefined()
    },
  )
})

describe('in a live site', () => {
  test('switched on, off and on again, nobody is logged out', async () => {
    const { s, another } = place()
    const off = another({ revocations: undefined } as never)
    const before = await ada(off)
    const here = holding(s, before.ticket)
    expect(await nameOf(here)).toBe('ada')
    await here.does((session) => session.set('a', 1))
    const back = holding(off, here.ticket)
    expect(await back.does((session) => session.keys())).toEqual(['name', 'a'])
    await back.does((session) => session.set('b', 1))
    const again = holding(s, back.ticket)
    expect(await again.does((session) => session.keys())).toEqual(['name', 'a', 'b'])
    const old = holding(s, before.ticket)
    await again.does((session) => session.signOut())
    expect(await nameOf(old), 'tickets from before are ended as well').toBeUndefined()
  })

  test('an instance without the option keeps what a ticket says of ends', async () => {
    const { s, another } = place()
    await s.sessions.endAll('ada')
    s.clock.advance(1)
    const person = await ada(s)
    const back = holding(another({ revocations: undefined } as never), person.ticket)
    await back.does((session) => session.set('a', 1))
    expect(await nameOf(holding(s, back.ticket))).toBe('ada')
    s.clock.advance(1)
    await s.sessions.endAll('ada')
    expect(await nameOf(holding(s, back.ticket))).toBeUndefined()
  })

  test('an entry goes when the last ticket of its session is over, and a minute later', async () => {
    const { s, watch } = place(0, { idleTimeout: HOUR, absoluteTimeout: DAY })
    const person = await ada(s)
    const thief = person.thief()
    s.clock.advance(HOUR / 2)
    await person.does((session) => session.signOut())
    s.clock.advance(DAY - HOUR / 2 + 59)
    expect(await s.sessions.prune()).toBe(0)
    expect(await nameOf(thief)).toBeUndefined()
    s.clock.advance(1)
    expect(await s.sessions.prune()).toBe(1)
    expect((await watch.store.list?.(undefined, 10))?.keys).toEqual([])
    expect(await nameOf(thief)).toBeUndefined()
  })

  test('a store that would make it less than final is refused', () => {
    for (const store of [
      { ...memoryStore(), consistency: 'eventual' as const },
      { ...memoryStore(), consistency: 'last-write-wins' as const },
      { ...memoryStore(), evicts: true },
    ]) {
      expect(() => site({ revocations: store })).toThrow('`revocations`')
      expect(() => site({ revocations: { store, every: 30 } })).toThrow('`revocations`')
    }
  })

  test('one that turns out to drop records is an error, never "nothing was ended"', async () => {
    const inner = memoryStore()
    let evicts = false
    const store: Store = {
      ...inner,
      get evicts() {
        return evicts
      },
    }
    const s = site({ revocations: store })
    const person = await ada(s)
    expect(await nameOf(person)).toBe('ada')
    evicts = true
    expect(await codeOf(nameOf(person))).toBe('STORE_FAILED')
  })

  test('what is stored opens nothing and names nobody', async () => {
    const { s, watch } = place()
    const person = await ada(s)
    await person.does((session) => session.regenerateId())
    await person.does((session) => session.signIn('ada'))
    await s.sessions.endAll('ada')
    const store = watch.store as Required<Store>
    const texts = await Promise.all(
      (await store.list(undefined, 100)).keys.map(async (key) => JSON.stringify([key, await store.read(key)])),
    )
    expect(texts.length).toBeGreaterThan(2)
    for (const text of texts) {
      expect(text).not.toContain(person.ticket)
      expect(text).not.toMatch(/\bada\b/)
    }
    expect(discretion).toBeDefined()
  })
})

test('a new id keeps what is said of the person, and what a support person does as somebody else ends with their own sessions', async () => {
  const { s } = place()
  const person = await ada(s)
  await s.sessions.endEverything()
  s.clock.advance(1)
  const again = await ada(s)
  await again.does((session) => [session.note({ device: 'phone' }), session.elevate('aal2', { for: 60 })])
  expect(await again.does((session) => [session.level, session.note(), session.owner])).toEqual([
    'aal2',
    { device: 'phone' },
    'ada',
  ])
  await again.does((session) => session.impersonate('bob'))
  expect(await again.does((session) => [session.owner, session.impersonator])).toEqual(['bob', 'ada'])
  await s.sessions.endAll('bob')
  expect(await again.does((session) => session.impersonator), 'it is ada who acts').toBe('ada')
  await s.sessions.endAll('ada')
  expect(await again.does((session) => session.isNew)).toBe(true)
  expect(await person.does((session) => session.isNew)).toBe(true)
})
