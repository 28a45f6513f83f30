import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Session } from '../src/core/session/types.ts'
import { fileStore } from '../src/stores/file.ts'
import { memoryStore } from '../src/stores/memory.ts'
import { sqliteStore } from '../src/stores/sqlite.ts'
import type { Store } from '../src/stores/store.ts'
import { type Clock, clockFrom, DAY, HOUR } from './helpers/clock.ts'
import { tellsNothing } from './helpers/discretion.ts'
import { gate } from './helpers/gate.ts'
import { COOKIE, discretion, NEWER_SECRET, type Person, SECRET, type Site, site } from './helpers/site.ts'
import { watched } from './helpers/watched.ts'

/*
 * What 17 set-ups of other libraries were put through, on ours: over coatcheck/fetch and a browser's cookie jar, with sessions in every
 * store that needs no server, and sealed in the cookie. Where a cookie cannot keep a promise the same story is told with
 * the end it has instead: the table below says why, and docs/security.md says it to the reader.
 */

type Options = Parameters<typeof site>[0]

interface House {
  readonly name: string
  /** A site with nobody in it; `redeploy` is the same one under other options. */
  open(options?: Options): Promise<Opened>
}

type Opened = Site & { readonly store: Store | undefined; readonly calls: readonly string[]; redeploy(options: Options): Site }

const cleaning: (() => unknown)[] = []
afterAll(async () => {
  for (const clean of cleaning) await clean()
})

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'coatcheck-gauntlet-'))
  cleaning.push(() => rm(path, { recursive: true, force: true }))
  return path
}

function house(name: string, make: (clock: Clock) => Promise<Store> | Store): House {
  return {
    name,
    async open(options = {}) {
      const clock = options.clock ?? clockFrom()
      const { store, calls } = watched(await make(clock))
      cleaning.unshift(() => store.close?.())
      const redeploy = (changed: Options) => site({ clock, store, ...options, ...changed })
      return Object.assign(redeploy({}), { store, calls, redeploy })
    },
  }
}

const SEALED: House = {
  name: 'sealed in the cookie',
  async open(options = {}) {
    const clock = options.clock ?? clockFrom()
    const redeploy = (changed: Options) => site({ clock, ...options, ...changed })
    return Object.assign(redeploy({}), { store: undefined, calls: [], redeploy })
  },
}

const STORES: readonly House[] = [
  house('in memory', (clock) => memoryStore({ now: clock.now })),
  house('in files', async () => fileStore({ directory: await directory() })),
  house('in SQLite', async () => sqliteStore({ path: join(await directory(), 'sessions.sqlite') })),
]

/** What sessions sealed in a cookie cannot promise, and why; each with the story that shows it, under this name. */
const CANNOT: Record<string, readonly [promise: number, why: string]> = {
  'two requests at once change different keys': [
    1,
    'both start from the same cookie and never meet: the answer that arrives last overwrites the other',
  ],
  'sixteen requests at once count': [1, 'there is nothing that a count could be run again on'],
  'a slow request is under way while its visitor signs out': [2, 'its answer gives the browser the whole session again'],
  'an old cookie is sent again after the sign-out': [2, 'the server keeps nothing that it could have ended'],
  'an old cookie is sent again after the sign-in': [8, 'the guest’s cookie holds all of the guest’s session'],
}

const lines = (answer: Response) => answer.headers.getSetCookie()
const add = (n: unknown) => Number(n ?? 0) + 1

async function guest(s: Site, values: Record<string, unknown> = { name: 'ada' }): Promise<Person> {
  const person = s.person()
  await person.does((session) => Object.assign(session.data, values))
  return person
}

/** A browser that still sends this cookie. */
function sending(s: Site, ticket: string | undefined): Person {
  const person = s.person()
  person.browser.plant(`${COOKIE}=${ticket}; Path=/; Secure; HttpOnly; Max-Age=34560000`)
  return person
}

/** Requests that have all opened their session before any of them goes on. */
function together(person: Person, acts: readonly Parameters<Person['begins']>[0][]) {
  const all = gate()
  let waiting = acts.length
  return Promise.all(
    acts.map((act) =>
      person.begins(async (session, request) => {
        if (--waiting === 0) all.open()
        await all.pass()
        return act(session, request)
      }),
    ),
  )
}

describe.each([...STORES, SEALED].map((one) => [one.name, one] as const))('sessions %s', (_, house) => {
  const cannot = (story: string) => (house === SEALED ? CANNOT[story] : undefined)

  /** A story with the end of the promise, and for what a cookie cannot promise the end that the docs tell. */
  function story(promise: number, name: string, tell: (isPromised: boolean) => Promise<void>): void {
    const exception = cannot(name)
    if (exception) expect(exception[0]).toBe(promise)
    const title = exception ? `(not promise ${promise}: ${exception[1]}) ${name}` : `promise ${promise}: ${name}`
    test(title, () => tell(exception === undefined))
  }

  story(1, 'two requests at once change different keys', async (isPromised) => {
    const ada = await guest(await house.open(), { init: true })
    const answers = await together(ada, [(session) => session.set('a', 1), (session) => session.set('b', 2)])
    for (const answer of answers) answer.arrive()
    expect(await ada.does((session) => session.keys().toSorted())).toEqual(isPromised ? ['a', 'b', 'init'] : ['b', 'init'])
  })

  story(1, 'sixteen requests at once count', async (isPromised) => {
    const ada = await guest(await house.open(), { n: 0 })
    const answers = await together(
      ada,
      Array.from({ length: 16 }, () => (session) => session.update('n', add)),
    )
    for (const answer of answers) answer.arrive()
    expect(await ada.does((session) => session.get('n'))).toBe(isPromised ? 16 : 1)
  })

  story(1, 'a slow request that only reads ends after a fast one that wrote', async () => {
    const s = await house.open()
    const ada = await guest(s, { cart: ['coat'] })
    const slow = await ada.begins(async (session) => {
      expect(session.get('cart')).toEqual(['coat'])
      await ada.does((other) => other.set('cart', ['coat', 'hat']))
    })
    slow.arrive()
    expect(await ada.does((session) => session.get('cart'))).toEqual(['coat', 'hat'])
  })

  story(1, 'the same when the idle end is due to move, for requests that a page makes', async () => {
    const s = await house.open()
    const ada = await guest(s, { cart: ['coat'] })
    s.clock.advance(6 * DAY)
    const slow = await ada.begins(
      async (session) => {
        session.get('cart')
        await ada.does((other) => other.set('cart', ['coat', 'hat']))
      },
      { headers: { 'sec-fetch-mode': 'cors' } },
    )
    slow.arrive()
    expect(await ada.does((session) => session.get('cart'))).toEqual(['coat', 'hat'])
  })

  story(2, 'a slow request is under way while its visitor signs out', async (isPromised) => {
    const s = await house.open()
    const ada = s.person()
    await ada.does((session) => session.signIn('ada'))
    const { ticket } = ada
    const slow = await ada.begins(async (session) => {
      await ada.does((other) => other.signOut())
      session.set('late', true)
      session.regenerateId()
    })
    expect(ada.ticket, 'the browser is out').toBeUndefined()
    slow.arrive()
    const late = isPromised ? undefined : 'ada'
    expect(await ada.does((session) => session.owner), 'and stays out').toBe(late)
    expect(await sending(s, ticket).does((session) => session.owner), 'with the old cookie, too').toBe(late)
    s.clock.advance(3600)
    await s.sessions.prune()
    if (s.store?.list) expect((await s.store.list(undefined, 10)).keys).toEqual([])
  })

  story(2, 'an old cookie is sent again after the sign-out', async (isPromised) => {
    const s = await house.open()
    const ada = await guest(s)
    await ada.does((session) => session.signIn('ada'))
    const { ticket } = ada
    const answer = await ada.asks((session) => session.signOut())
    expect(lines(answer)[0]).toMatch(new RegExp(`^${COOKIE}=; Max-Age=0; Path=/; .*HttpOnly; Secure`))
    expect(ada.ticket, 'the cookie is taken away').toBeUndefined()
    expect(await sending(s, ticket).does((session) => session.owner)).toBe(isPromised ? undefined : 'ada')
  })

  story(8, 'an old cookie is sent again after the sign-in', async (isPromised) => {
    const s = await house.open()
    const ada = await guest(s, { cart: ['coat'] })
    const { ticket } = ada
    await ada.does((session) => session.signIn('ada'))
    expect(await ada.does((session) => [session.owner, session.get('cart')])).toEqual(['ada', ['coat']])
    await ada.does((session) => session.set('secret', 1))
    const look = (session: Session) => [session.owner, session.get('cart'), session.get('secret')]
    expect(await sending(s, ticket).does(look), 'at once: as it was').toEqual([undefined, ['coat'], undefined])
    s.clock.advance(60)
    const seen = await sending(s, ticket).does((session) => [session.owner, session.get('cart')])
    expect(seen, 'never with what was signed in to').toEqual([undefined, isPromised ? undefined : ['coat']])
  })

  story(3, 'a stranger reads', async () => {
    const s = await house.open()
    const reading = await s.person().asks((session) => session.get('name'))
    const passing = await s.person().passes()
    expect([lines(reading), lines(passing), s.calls]).toEqual([[], [], []])
    s.clock.advance(3600)
    await s.sessions.prune()
    if (s.store?.list) expect((await s.store.list(undefined, 10)).keys).toEqual([])
  })

  story(10, 'a new secret comes first, and the old one goes later', async () => {
    const s = await house.open()
    const ada = await guest(s)
    const during = sending(s.redeploy({ secrets: [NEWER_SECRET, SECRET] }), ada.ticket)
    expect(await during.does((session) => session.get('name'))).toBe('ada')
    await during.does((session) => session.set('seen', 1))
    const after = s.redeploy({ secrets: NEWER_SECRET })
    expect(await sending(after, during.ticket).does((session) => [session.get('name'), session.get('seen')])).toEqual(['ada', 1])
    expect(await sending(after, ada.ticket).does((session) => session.get('name'))).toBeUndefined()
  })

  story(13, 'a Date and a Map come back as a Date and a Map', async () => {
    const values = {
      when: new Date('2026-11-21T08:00:00Z'),
      map: new Map([['a', new Set([1n])]]),
      url: new URL('https://app.test/x'),
    }
    const ada = await guest(await house.open(), values)
    expect(await ada.does((session) => Object.fromEntries(session.entries()))).toStrictEqual(values)
  })

  story(12, 'a change inside a value is kept', async () => {
    const ada = await guest(await house.open(), { cart: { n: 1 } })
    await ada.does((session) => {
      ;(session.get('cart') as { n: number }).n++
    })
    expect(await ada.does((session) => session.get('cart'))).toEqual({ n: 2 })
  })

  story(6, 'a cookie with a flipped byte, and one that is no proper text', async () => {
    const s = await house.open()
    const ada = await guest(s)
    const { ticket = '' } = ada
    const flipped = `${ticket.slice(0, 30)}${ticket[30] === 'A' ? 'B' : 'A'}${ticket.slice(31)}`
    for (const cookie of [`${COOKIE}=${flipped}`, `${COOKIE}=%E0%A4%A`, `${COOKIE}=%`, `${COOKIE}=`, `${COOKIE}`]) {
      const answer = await s.person().asks((session) => Response.json(session.isNew), { headers: { cookie } })
      expect([answer.status, await answer.json(), lines(answer)]).toEqual([200, true, []])
    }
    expect(s.refusals.length).toBe(3)
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
  })

  story(14, 'a value of 6 kB', async () => {
    const big = 'x'.repeat(6000)
    const s = await house.open()
    const ada = await guest(s)
    const outcome = await ada
      .does((session) => session.set('big', big))
      .then(() => 'stored')
      .catch((error: { code: string; message: string }) => [error.code, error.message.includes('"big"')])
    expect(outcome).toEqual(house === SEALED ? ['COOKIE_TOO_LARGE', true] : 'stored')
    expect(await ada.does((session) => [session.get('name'), session.get('big')])).toEqual([
      'ada',
      house === SEALED ? undefined : big,
    ])
    if (house !== SEALED) return
    const eve = await guest(await house.open({ chunks: true }))
    await eve.does((session) => session.set('big', big))
    expect(eve.browser.cookies()).toHaveLength(2)
    expect(await eve.does((session) => session.get('big'))).toBe(big)
  })

  story(4, 'a handler writes and then throws, or answers 500', async () => {
    const s = await house.open()
    const ada = await guest(s)
    await expect(
      ada.does((session) => {
        session.set('name', 'eve')
        throw new Error('oops')
      }),
    ).rejects.toThrow('oops')
    await ada.does((session) => {
      session.set('name', 'eve')
      return new Response('oops', { status: 500 })
    })
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
  })

  story(5, 'an old cookie is sent again after its time', async () => {
    const s = await house.open({ idleTimeout: HOUR, absoluteTimeout: DAY })
    const ada = await guest(s)
    const { ticket } = ada
    s.clock.advance(HOUR)
    expect(await sending(s, ticket).does((session) => session.isNew)).toBe(true)
    expect(s.refusals).toEqual(['idle-expired'])

    const eve = await guest(s)
    const began = s.clock.now()
    while (s.clock.now() < began + DAY * 1000) {
      expect(await eve.does((session) => session.get('name'))).toBe('ada')
      s.clock.advance(HOUR / 2)
    }
    expect(await sending(s, eve.ticket ?? ticket).does((session) => session.isNew)).toBe(true)
  })

  story(11, 'no answer of a session is for a shared cache', async () => {
    const s = await house.open()
    const ada = await guest(s)
    const page = () => new Response('ok', { headers: { 'cache-control': 'public, s-maxage=60' } })
    const read = await ada.asks((session) => {
      session.get('name')
      return page()
    })
    expect([read.headers.get('cache-control'), read.headers.get('vary')]).toEqual(['private, no-cache', 'Cookie'])
    const written = await ada.asks((session) => {
      session.regenerateId()
      return page()
    })
    expect([written.headers.get('cache-control'), written.headers.get('vary')]).toEqual(['no-store', 'Cookie'])
    expect((await ada.passes(page)).headers.get('cache-control')).toBe('public, s-maxage=60')
  })

  story(7, 'a store that is down logs nobody out', async () => {
    const s = await house.open()
    const ada = await guest(s)
    if (s.store) {
      const broken = { ...s.store, read: async () => Promise.reject(new Error('connection refused')) }
      const person = sending(s.redeploy({ store: broken }), ada.ticket)
      await expect(person.does((session) => session.get('name'))).rejects.toMatchObject({ code: 'STORE_FAILED' })
      expect(person.ticket).toBe(ada.ticket)
    }
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
  })
})

describe('the page about what a sealed cookie cannot promise', () => {
  test('names every promise of the table above, and no other', async () => {
    const page = await readFile(new URL('../../../docs/security.md', import.meta.url), 'utf8')
    const section = page.split('## What a sealed cookie cannot promise')[1]?.split('\n## ')[0] ?? ''
    const named = [...section.matchAll(/\*\*Promise (\d+)\*\*/g)].map(([, number]) => Number(number))
    expect([...new Set(named)].toSorted()).toEqual([...new Set(Object.values(CANNOT).map(([promise]) => promise))].toSorted())
  })

  test('is also right that page loads, which alone keep a session alive that is only read, can undo a parallel write', async () => {
    const s = await SEALED.open()
    const ada = await guest(s, { cart: ['coat'] })
    s.clock.advance(6 * DAY)
    const slow = await ada.begins(async (session) => {
      session.get('cart')
      await ada.does((other) => other.set('cart', ['coat', 'hat']))
    })
    slow.arrive()
    expect(await ada.does((session) => session.get('cart'))).toEqual(['coat'])
  })

  test('and the one about stores that about 2.8 kB fit into the cookie, and 24 kB into eight', async () => {
    const fits = (s: Site, letters: number) =>
      s
        .person()
        .does((session) => session.set('text', 'x'.repeat(letters)))
        .then(() => true)
        .catch(() => false)
    const [one, eight] = [await SEALED.open(), await SEALED.open({ chunks: true })]
    expect([await fits(one, 2800), await fits(one, 3000)]).toEqual([true, false])
    expect([await fits(eight, 24_000), await fits(eight, 25_000)]).toEqual([true, false])
  })
})

tellsNothing(discretion)
