import { describe, expect, test } from 'vitest'
import { clockFrom, DAY, HOUR } from '../../../test/helpers/clock.ts'
import { COOKIE, NEWER_SECRET, type Person, SECRET, type Site, site, WITHOUT_SECRETS } from '../../../test/helpers/site.ts'
import { type Watched, watched } from '../../../test/helpers/watched.ts'
import type { SessionError } from '../../errors.ts'
import { memoryStore } from '../../stores/memory.ts'
import { unstorageStore } from '../../stores/wrapping/unstorage.ts'
import type { AdapterOptions } from '../options/options.ts'

function stored(options: Partial<AdapterOptions> = {}): Site & { readonly watch: Watched } {
  const watch = watched(memoryStore())
  return { ...site({ store: watch.store, ...options }), watch }
}

/** Sessions in the cookie, with entries in a store. */
function sealed(options: Partial<AdapterOptions> = {}): Site & { readonly watch: Watched } {
  const watch = watched(memoryStore())
  return { ...site({ revocations: { store: watch.store, list: true }, ...options }), watch }
}

const kinds = { stored, sealed }

async function signedIn(s: Site, owner = 'ada'): Promise<Person> {
  const person = s.person()
  await person.does((session) => session.signIn(owner))
  return person
}

const ownerOf = (person: Person) => person.does((session) => session.owner)
const handleOf = (person: Person) => person.does((session) => session.handle ?? '')
const codeOf = (run: Promise<unknown>) =>
  run.then(
    () => 'nothing',
    ({ code }: SessionError) => code,
  )

describe.each(Object.entries(kinds))('where an owner is signed in, %s', (kind, place) => {
  test('each session is shown once, the newest first, and which of them is this one', async () => {
    const s = place()
    const began = s.clock.now()
    const phone = await signedIn(s)
    s.clock.advance(HOUR)
    const laptop = await signedIn(s)
    await signedIn(s, 'bob')
    await s.person().does((session) => session.set('cart', ['hat']))
    const page = await laptop.does((session) => s.sessions.list('ada', { current: session }))
    expect(page.next).toBeUndefined()
    expect(page.sessions).toEqual([
      {
        handle: await handleOf(laptop),
        owner: 'ada',
        createdAt: began + HOUR * 1000,
        lastSeenAt: began + HOUR * 1000,
        expiresAt: began + (HOUR + 7 * DAY) * 1000,
        authenticatedAt: began + HOUR * 1000,
        level: undefined,
        note: undefined,
        impersonator: undefined,
        bound: 'none',
        isCurrent: true,
      },
      expect.objectContaining({ handle: await handleOf(phone), createdAt: began, lastSeenAt: began, isCurrent: false }),
    ])
    expect((await s.sessions.list('nobody')).sessions).toEqual([])
  })

  test('with how surely and when the person proved who they are, what was noted, and who acts as somebody else', async () => {
    const s = place()
    const ada = await signedIn(s)
    const began = s.clock.now()
    await ada.does((session) => session.note({ device: 'phone' }))
    s.clock.advance(HOUR)
    await ada.does((session) => session.elevate('aal2', { for: 60 }))
    const only = async () => (await s.sessions.list('ada')).sessions[0]
    expect(await only()).toMatchObject({ authenticatedAt: began + HOUR * 1000, level: 'aal2', note: { device: 'phone' } })
    s.clock.advance(60)
    expect(await only()).toMatchObject({ level: undefined })
    await ada.does((session) => session.impersonate('bob'))
    expect(await only()).toMatchObject({ owner: 'bob', impersonator: 'ada' })
    expect((await s.sessions.list('bob')).sessions).toEqual([])
    await s.sessions.endAll('ada')
    expect(await ownerOf(ada)).toBeUndefined()
  })

  test('when it was last seen is right to half of the idle time', async () => {
    const s = place({ idleTimeout: 4 * HOUR })
    const ada = await signedIn(s)
    const began = s.clock.now()
    for (const hours of [1, 2, 3]) {
      s.clock.advance(HOUR)
      await ownerOf(ada)
      const [entry] = (await s.sessions.list('ada')).sessions
      expect(((entry?.lastSeenAt ?? 0) - began) / HOUR / 1000).toBe(hours < 2 ? 0 : 2)
    }
    await ada.does((session) => session.set('n', 1))
    expect((await s.sessions.list('ada')).sessions[0]?.lastSeenAt).toBe(s.clock.now())
  })

  test('old ids, sessions that ended or expired, and what is no session are not shown', async () => {
    const s = place({ idleTimeout: HOUR })
    const [moved, out, idle] = [await signedIn(s), await signedIn(s), await signedIn(s)]
    s.clock.advance(HOUR / 2 + 1)
    await moved.does((session) => session.regenerateId())
    await moved.does((session) => session.signIn('ada'))
    await out.does((session) => session.signOut())
    s.clock.advance(HOUR / 2)
    expect((await s.sessions.list('ada')).sessions.map(({ handle }) => handle)).toEqual([await handleOf(moved)])
    expect(await ownerOf(idle)).toBeUndefined()
  })

  test('pages: every session comes once, whatever the size of a page', async () => {
    const s = place()
    const all: string[] = []
    for (let n = 0; n < 23; n++) all.push(await handleOf(await signedIn(s)))
    for (const limit of [1, 7, 23, 1000]) {
      const shown: string[] = []
      let after: string | undefined
      do {
        const page = await s.sessions.list('ada', { limit, ...(after !== undefined && { after }) })
        expect(page.sessions.length).toBeLessThanOrEqual(limit)
        shown.push(...page.sessions.map(({ handle }) => handle))
        after = page.next
      } while (after !== undefined)
      expect(shown.sort()).toEqual([...all].sort())
    }
  })

  test('no page is empty while there are more, however many old ids lie between', async () => {
    const s = place()
    const ada = await signedIn(s)
    for (let n = 0; n < 30; n++) await ada.does((session) => session.regenerateId())
    const { sessions, next } = await s.sessions.list('ada', { limit: 1 })
    expect(sessions).toHaveLength(1)
    if (next !== undefined) expect(await s.sessions.list('ada', { limit: 1, after: next })).toEqual({ sessions: [] })
  })

  test('a session that is just being given a new id is shown once, under the id it still has', async () => {
    const s = place()
    const ada = await signedIn(s)
    const handle = await handleOf(ada)
    let during: unknown
    let creates = 0
    s.watch.before = async (call) => {
      // In the store the old id leads to the new one by an update, in the cookie by the second record that is made.
      if (kind === 'stored' ? call !== 'update' : call !== 'create' || creates++ === 0) return
      s.watch.before = () => {}
      during = (await s.sessions.list('ada')).sessions.map((entry) => entry.handle)
    }
    await ada.does((session) => session.regenerateId())
    // Of a session in the cookie nobody can say which of two entries of one moment is the older; both end it.
    expect(during).toEqual([kind === 'stored' ? handle : expect.any(String)])
  })
})

describe.each(Object.entries(kinds))('one session by its handle, %s', (kind, place) => {
  test('is found under whatever handle it goes now, and ended there', async () => {
    const s = place()
    const ada = await signedIn(s)
    const first = await handleOf(ada)
    await ada.does((session) => session.regenerateId())
    const now = await handleOf(ada)
    expect(await s.sessions.find(first)).toMatchObject({ handle: now, owner: 'ada' })
    expect(await s.sessions.end(first)).toBe(true)
    expect(await ownerOf(ada)).toBeUndefined()
    for (const handle of [first, now]) {
      expect(await s.sessions.find(handle)).toBeUndefined()
      expect(await s.sessions.end(handle)).toBe(false)
    }
    expect(s.events.filter(({ type }) => type === 'ended')).toEqual([{ type: 'ended', reason: 'elsewhere', handle: now }])
  })

  test("is not ended for somebody else's owner", async () => {
    const s = place()
    const ada = await signedIn(s)
    const handle = await handleOf(ada)
    expect(await s.sessions.end(handle, { owner: 'bob' })).toBe(false)
    expect(await ownerOf(ada)).toBe('ada')
    expect(await s.sessions.end(handle, { owner: 'ada' })).toBe(true)
    expect(await ownerOf(ada)).toBeUndefined()
  })

  test('what is no handle finds nothing, and asks the store nothing: 1 MB, bytes of any kind, keys of other records', async () => {
    const s = place()
    const ada = await signedIn(s)
    const handle = await handleOf(ada)
    await s.sessions.endAll('bob')
    s.watch.forget()
    const epoch = `epoch-${'0'.repeat(58)}`
    for (const wrong of [
      '',
      'x'.repeat(1e6),
      handle.repeat(16_000),
      `${handle}\n`,
      ...(kind === 'stored' ? [handle.toUpperCase()] : []),
      '\0',
      '\ud800',
      `${handle}-turn`,
      epoch,
      '__proto__',
      '../x',
      '* OR 1=1',
    ]) {
      expect(await s.sessions.find(wrong)).toBeUndefined()
      expect(await s.sessions.end(wrong)).toBe(false)
    }
    expect(s.watch.calls).toEqual([])
  })
})

describe('a handle of a store', () => {
  test('finds a guest as well, and ends the session', async () => {
    const s = stored()
    const guest = s.person()
    await guest.does((session) => session.set('cart', ['hat']))
    const handle = await handleOf(guest)
    expect(await s.sessions.find(handle)).toMatchObject({ handle, owner: undefined })
    expect(await s.sessions.end(handle)).toBe(true)
    expect(await guest.does((session) => session.get('cart'))).toBeUndefined()
  })

  test('a handle is no ticket', async () => {
    const s = stored(WITHOUT_SECRETS)
    const handle = await handleOf(await signedIn(s))
    for (const ticket of [handle, handle.slice(0, 32), handle.slice(32)]) {
      const thief = s.person()
      thief.browser.plant(`${COOKIE}=${ticket}; Path=/; Secure; HttpOnly; Max-Age=34560000`)
      expect(await thief.does((session) => session.isNew)).toBe(true)
    }
  })
})

describe('all records of an owner', () => {
  test('when the store fails in the middle it says how many were ended and which may live, and ends them when called again', async () => {
    const s = stored()
    const all: Person[] = []
    for (let n = 0; n < 40; n++) all.push(await signedIn(s))
    let writes = 0
    s.watch.before = (call) => {
      if (call === 'update' && ++writes > 12) throw new Error('connection refused')
    }
    const error = await s.sessions.endAll('ada').catch((error: SessionError) => error)
    s.watch.before = () => {}
    expect(error).toMatchObject({ code: 'PARTLY_ENDED', ended: 12, cause: { code: 'STORE_FAILED' } })
    const { remaining = [] } = error as SessionError
    const left = (await s.sessions.list('ada')).sessions.map(({ handle }) => handle)
    expect([...remaining].sort()).toEqual([...left].sort())
    expect(left).toHaveLength(28)
    expect(await s.sessions.endAll('ada')).toBe(28)
    for (const ada of all) expect(await ownerOf(ada)).toBeUndefined()
  })
})

describe.each(Object.entries(kinds))('all sessions of an owner, %s', (kind, place) => {
  test('are ended: the next request of each is anonymous', async () => {
    const s = place()
    const all = [await signedIn(s), await signedIn(s), await signedIn(s)]
    const bob = await signedIn(s, 'bob')
    expect(await s.sessions.endAll('ada')).toBe(3)
    for (const ada of all) expect(await ownerOf(ada)).toBeUndefined()
    expect(await ownerOf(bob)).toBe('bob')
    expect(await s.sessions.endAll('ada')).toBe(0)
    expect(s.events.filter(({ type }) => type === 'ended')).toHaveLength(3)
  })

  test('but for this one, named by itself or by a handle, an old one too', async () => {
    for (const how of ['session', 'handle', 'old handle'] as const) {
      const s = place()
      const [here, there] = [await signedIn(s), await signedIn(s)]
      const first = await handleOf(here)
      if (how === 'old handle') await here.does((session) => session.regenerateId())
      const ended = await here.does((session) =>
        s.sessions.endAll('ada', { except: how === 'session' ? session : how === 'handle' ? (session.handle ?? '') : first }),
      )
      expect(ended).toBe(1)
      expect([await ownerOf(here), await ownerOf(there)]).toEqual(['ada', undefined])
    }
  })

  test('but for this one, also while another request gives it a new id: at whatever step', async () => {
    for (const call of kind === 'stored' ? (['create', 'update'] as const) : (['create'] as const)) {
      for (const at of ['before', 'after'] as const) {
        const s = place()
        const [here, there] = [await signedIn(s), await signedIn(s)]
        const handle = await handleOf(here)
        s.watch[at] = async (name) => {
          if (name !== call) return
          s.watch[at] = () => {}
          expect(await s.sessions.endAll('ada', { except: handle })).toBe(1)
        }
        await here.does((session) => session.regenerateId())
        expect([await ownerOf(here), await ownerOf(there)]).toEqual(['ada', undefined])
      }
    }
  })

  test('a name of any kind and length is that name and no other', async () => {
    const s = place()
    const names = [
      ...(kind === 'stored' ? ['a'.repeat(1e6), `${'a'.repeat(1e6)}b`] : []),
      'ada',
      'Ada',
      'ada ',
      'ada\0',
      "' OR 1=1 --",
      '__proto__',
      '*',
      'ädä',
      'a\u0308da\u0308',
    ]
    const people: Person[] = []
    for (const name of names) people.push(await signedIn(s, name))
    for (const [at, name] of names.entries()) {
      expect((await s.sessions.list(name)).sessions.map((entry) => entry.owner === name)).toEqual([true])
      expect(await s.sessions.endAll(name)).toBe(1)
      for (const [other, person] of people.entries()) expect(await ownerOf(person)).toBe(other > at ? names[other] : undefined)
    }
    for (const wrong of ['', '\ud800', undefined, 7, { toString: () => 'ada' }] as unknown as string[]) {
      for (const ask of [s.sessions.list, s.sessions.endAll, s.sessions.mark]) expect(await codeOf(ask(wrong))).toBe('BAD_VALUE')
    }
  })

  test('are ended however the servers’ clocks differ, those that seem to be over or not to have begun included', async () => {
    for (const skew of [-60, 60]) {
      const store = memoryStore()
      const clock = clockFrom()
      const s = site({ store, clock, idleTimeout: 60 })
      const other = site({ store, now: () => clock.now() + skew * 1000, idleTimeout: 60 })
      const ada = await signedIn(s)
      clock.advance(1)
      await other.sessions.endAll('ada')
      expect(await ownerOf(ada)).toBeUndefined()
      clock.advance(61)
      expect(await ownerOf(await signedIn(s))).toBe('ada')
    }
  })

  test('are ended when their records cannot be read here: of a secret that only another server has', async () => {
    const store = memoryStore()
    const newer = site({ store, encryptRecords: true, secrets: [NEWER_SECRET, SECRET] })
    const older = site({ store, encryptRecords: true, secrets: [SECRET] })
    const [ada, too] = [await signedIn(newer), await signedIn(older)]
    expect((await older.sessions.list('ada')).sessions).toHaveLength(1)
    expect(await older.sessions.endAll('ada')).toBe(2)
    expect([await ownerOf(ada), await ownerOf(too)]).toEqual([undefined, undefined])
  })

  test('when the store is down at the beginning nothing is ended, and nothing is said to be', async () => {
    const s = place()
    const ada = await signedIn(s)
    s.watch.before = () => {
      throw new Error('connection refused')
    }
    expect(await codeOf(s.sessions.endAll('ada'))).toBe('STORE_FAILED')
    expect(await codeOf(s.sessions.list('ada'))).toBe('STORE_FAILED')
    s.watch.before = () => {}
    expect(await ownerOf(ada)).toBe('ada')
  })

  test('a damaged record stops none of the others', async () => {
    const inner = memoryStore()
    const { SessionError } = await import('../../errors.ts')
    let damaged = ''
    const s = site({
      store: {
        ...inner,
        read: async (key) => (key === damaged ? Promise.reject(new SessionError('DAMAGED_RECORD', 'torn')) : inner.read(key)),
      },
    })
    const all = [await signedIn(s), await signedIn(s), await signedIn(s)]
    damaged = await handleOf(all[0] as Person)
    const error = await s.sessions.endAll('ada').catch((error: SessionError) => error)
    expect(error).toMatchObject({ code: 'PARTLY_ENDED', ended: 2, remaining: [damaged] })
  })
})

describe('a sign-in under way while the sessions of its owner are ended', () => {
  const during = (s: Site, call: string, run: () => Promise<unknown>) => {
    const { watch } = s as ReturnType<typeof stored>
    watch.before = async (name) => {
      if (name !== call) return
      watch.before = () => {}
      await run()
    }
  }

  test('signs nobody in, with a mark or without, at whatever step', async () => {
    for (const marked of [true, false]) {
      for (const guest of [true, false]) {
        for (const call of ['handler', 'create', 'read', 'update']) {
          if (call === 'update' && !guest) continue // nothing is replaced
          const s = stored()
          const ada = s.person()
          if (guest) await ada.does((session) => session.set('cart', ['hat']))
          const login = ada.does(async (session) => {
            const mark = marked ? await s.sessions.mark('ada') : undefined
            if (call === 'handler') await s.sessions.endAll('ada')
            else during(s, call, () => s.sessions.endAll('ada'))
            session.signIn('ada', mark === undefined ? {} : { mark })
          })
          const code = await codeOf(login)
          expect([code, await ownerOf(ada)]).toEqual([code === 'nothing' ? 'nothing' : 'CONFLICT', undefined])
          expect((await s.sessions.list('ada')).sessions).toEqual([])
          if (guest && code === 'CONFLICT' && call !== 'update')
            expect(await ada.does((session) => session.get('cart'))).toEqual(['hat'])
        }
      }
    }
  })

  test('by another server whose clock is behind or ahead, a mark tells, and the time does not', async () => {
    for (const skew of [-60, 60]) {
      for (const marked of [true, false]) {
        const store = memoryStore()
        const clock = clockFrom()
        const s = site({ store, clock })
        const other = site({ store, now: () => clock.now() + skew * 1000 })
        const ada = s.person()
        const login = ada.does(async (session) => {
          const mark = marked ? await s.sessions.mark('ada') : undefined
          await other.sessions.endAll('ada')
          session.signIn('ada', mark === undefined ? {} : { mark })
        })
        expect(await codeOf(login)).toBe(marked || skew > 0 ? 'CONFLICT' : 'nothing')
        const login2 = s.person().does(async (session) => session.signIn('ada', { mark: await s.sessions.mark('ada') }))
        expect(await codeOf(login2)).toBe('nothing')
      }
    }
  })

  test('a request that ends all and then signs in says so by a mark of afterwards', async () => {
    const s = stored()
    await signedIn(s)
    const ada = s.person()
    const wrong = ada.does(async (session) => {
      await s.sessions.endAll('ada')
      session.signIn('ada')
    })
    await expect(wrong).rejects.toMatchObject({ code: 'CONFLICT', fix: expect.stringContaining('sessions.mark(owner)') })
    await ada.does(async (session) => {
      await s.sessions.endAll('ada')
      session.signIn('ada', { mark: await s.sessions.mark('ada') })
    })
    expect(await ownerOf(ada)).toBe('ada')
  })

  test('a mark counts for its owner only, and no longer than a request may take', async () => {
    const s = stored({ maxRequestTime: 300 })
    const mark = await s.sessions.mark('ada')
    expect(await codeOf(s.person().does((session) => session.signIn('bob', { mark })))).toBe('BAD_VALUE')
    expect(await codeOf(s.person().does((session) => session.signIn('ada', { mark: 'x' })))).toBe('BAD_VALUE')
    expect(await codeOf(s.person().does((session) => session.signIn('ada', { mark: 7 as unknown as string })))).toBe('BAD_VALUE')
    s.clock.advance(301)
    expect(await codeOf(s.person().does((session) => session.signIn('ada', { mark })))).toBe('CONFLICT')
    expect((await s.sessions.list('ada')).sessions).toEqual([])
  })

  test('costs two reads at a sign-in, and nothing at any other request', async () => {
    const s = stored()
    const ada = s.person()
    await ada.does((session) => session.set('cart', ['hat']))
    s.watch.forget()
    await ada.does((session) => session.signIn('ada'))
    expect(s.watch.calls).toEqual(['read', 'create', 'read', 'read', 'update'])
    s.watch.forget()
    await ada.does((session) => session.set('cart', []))
    expect(s.watch.calls).toEqual(['read', 'update'])
  })
})

describe('everything', () => {
  test('is ended: owners, guests and old ids, and who signs in meanwhile; nothing else in the store is touched', async () => {
    const s = stored()
    const people = [await signedIn(s), await signedIn(s, 'bob'), s.person()]
    await people[2]?.does((session) => session.set('cart', ['hat']))
    await people[0]?.does((session) => session.regenerateId())
    const late = s.person()
    const login = late.does(async (session) => {
      const mark = await s.sessions.mark('eve')
      expect(await s.sessions.endEverything()).toBe(3)
      session.signIn('eve', { mark })
    })
    expect(await codeOf(login)).toBe('CONFLICT')
    for (const person of [...people, late]) expect(await person.does((session) => session.isNew)).toBe(true)
    s.clock.advance(1)
    expect(await ownerOf(await signedIn(s))).toBe('ada')
    expect(await s.sessions.endEverything()).toBe(1)
  })

  test('others have their turn meanwhile, also where the store answers at once', async () => {
    let turns = 0
    const sleep = async () => void turns++
    const s = site({ store: memoryStore() }, { sleep })
    for (let n = 0; n < 1000; n++) await signedIn(s)
    expect(turns).toBe(0)
    expect((await s.sessions.list('ada', { limit: 1000 })).sessions).toHaveLength(1000)
    expect(turns).toBeGreaterThanOrEqual(4)
    expect(await s.sessions.endAll('ada')).toBe(1000)
    expect(turns).toBeGreaterThanOrEqual(8)
  })

  test('more than one page of it', async () => {
    const s = stored()
    for (let n = 0; n < 1100; n++) await s.person().does((session) => session.set('n', n))
    expect(await s.sessions.endEverything()).toBe(1100)
    expect(await s.sessions.endEverything()).toBe(0)
  })
})

describe('where sessions cannot be found without their tickets', () => {
  const messageOf = (run: Promise<unknown>) =>
    run.then(
      () => 'nothing',
      (error: SessionError) => `${error.code} ${error.fix}`,
    )

  test('sealed ones: each method says so', async () => {
    const { sessions } = site()
    for (const run of [
      sessions.mark('ada'),
      sessions.list('ada'),
      sessions.find('x'),
      sessions.end('x'),
      sessions.endAll('ada'),
      sessions.endEverything(),
    ])
      expect(await messageOf(run)).toMatch(/^BAD_OPTIONS Give `createSessions` a store/)
  })

  test('a store that lists no owner: those of an owner say so, and a handle works', async () => {
    const values = new Map<string, unknown>()
    const storage = {
      getItem: async (key: string) => values.get(key) ?? null,
      setItem: async (key: string, value: unknown) => void values.set(key, value),
      removeItem: async (key: string) => void values.delete(key),
    }
    const s = site({ store: unstorageStore(storage as never) })
    const ada = await signedIn(s)
    for (const run of [s.sessions.mark('ada'), s.sessions.list('ada'), s.sessions.endAll('ada')])
      expect(await messageOf(run)).toMatch(/^BAD_OPTIONS Use a store that lists them/)
    expect(await s.sessions.end(await handleOf(ada))).toBe(true)
    expect(await ownerOf(ada)).toBeUndefined()
    expect(() => site({ store: unstorageStore(storage as never), maxPerOwner: { count: 1, evict: 'oldest' } })).toThrow(
      'maxPerOwner',
    )
  })

  test('a limit of a page is a whole number from 1 to 1000', async () => {
    const { sessions } = stored()
    for (const limit of [0, 1001, 1.5, Number.NaN, '1' as unknown as number])
      expect(await codeOf(sessions.list('ada', { limit }))).toBe('BAD_VALUE')
  })
})

test('entries of sessions in the cookie hold none of their values, and go when they do', async () => {
  const s = sealed({ idleTimeout: HOUR })
  const { store } = s.watch
  const texts = async () => {
    const keys = (await store.list?.(undefined, 100))?.keys ?? []
    return Promise.all(keys.map(async (key) => (await store.read(key))?.record.data ?? ''))
  }
  const ada = await signedIn(s)
  await ada.does((session) => {
    session.set('card', '4000-0000')
    session.flash('notice', '4000-0000')
  })
  await ada.does((session) => session.impersonate('bob'))
  expect((await texts()).join()).not.toContain('4000')
  expect((await texts()).join()).toContain('"owner":"bob"')
  s.clock.advance(3 * DAY)
  await s.sessions.prune()
  expect((await texts()).join()).not.toContain('"owner"')
})
