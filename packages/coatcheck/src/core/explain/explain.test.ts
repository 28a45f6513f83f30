import lruCache from 'unstorage/drivers/lru-cache'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { Random } from '../../../test/fuzz/random.ts'
import { clockFrom, DAY, HOUR, MINUTE } from '../../../test/helpers/clock.ts'
import { tellsNothing } from '../../../test/helpers/discretion.ts'
import { COOKIE, discretion, NEWER_SECRET, type Person, type Site, site } from '../../../test/helpers/site.ts'
import type { SessionReader } from '../../migrate/format.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { unstorageStore } from '../../stores/wrapping/unstorage.ts'
import { createJar } from '../../testing/jar.ts'
import type { RefusalReason } from '../model/events.ts'
import type { AdapterOptions } from '../options/table.ts'
import { adapterOf } from '../sessions.ts'
import type { Explanation } from './explain.ts'

beforeAll(() => import('../later.ts'))
afterEach(() => vi.unstubAllEnvs())
tellsNothing(discretion)

const URL = 'https://app.test/'
const request = (cookie?: string, headers: Readonly<Record<string, string>> = {}, url = URL): Request =>
  new Request(url, { headers: { ...(cookie !== undefined && { cookie }), ...headers } })

/** What `explain` says of a request with this value of the cookie, which nobody opened. */
const codeOf = async ({ sessions }: Site, ticket: string): Promise<string> =>
  (await sessions.explain(request(`${COOKIE}=${ticket}`))).code

const ticketOf = async (person: Person, act: Parameters<Person['does']>[0] = (session) => session.set('a', 1)) => {
  await person.does(act)
  return person.ticket ?? ''
}

describe('a ticket that opens nothing has a code', () => {
  const stored = (options: Partial<AdapterOptions> = {}) => site({ store: memoryStore(), ...options })

  it('of a live session: ok, with the handle', async () => {
    const shop = stored()
    const ticket = await ticketOf(shop.person())
    const told = await shop.sessions.explain(request(`${COOKIE}=${ticket}`))
    expect(told).toMatchObject({ code: 'ok', opened: true, also: [] })
    expect(told.handle).toMatch(/^[\w-]{20,}$/)
    discretion.tell(told)
  })

  it('idle and absolute', async () => {
    const shop = stored({ idleTimeout: HOUR, absoluteTimeout: DAY })
    const ticket = await ticketOf(shop.person())
    shop.clock.advance(HOUR + 1)
    expect(await codeOf(shop, ticket)).toBe('idle')
    shop.clock.advance(DAY)
    expect(await codeOf(shop, ticket)).toBe('absolute')
  })

  it('unknown key, revoked key, forged, without a MAC, a newer release, no ticket at all', async () => {
    const ticket = await ticketOf(site({ secrets: NEWER_SECRET }).person())
    const own = await ticketOf(site().person())
    expect(await codeOf(site(), ticket)).toBe('unknown-key')
    const revoked = { secret: NEWER_SECRET, state: 'revoked' } as const
    expect(await codeOf(site({ secrets: ['kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh', revoked] }), ticket)).toBe('revoked-key')
    expect(await codeOf(site(), `${own.slice(0, -9)}AAAAAAAA${own.at(-1)}`)).toBe('forged')
    expect(await codeOf(stored(), 'x'.repeat(32))).toBe('unsigned')
    expect(await codeOf(site(), `CA${own.slice(2)}`)).toBe('newer-release')
    expect(await codeOf(site(), 'nonsense!')).toBe('not-a-ticket')
  })

  it.each([
    ['express-session', 's%3AqWJX1H0kBT2yP0bJ.1QpB2fQm3sE'],
    ['iron-session', 'Fe26.2*1*0a8f*xyz'],
    ['cookie-session', 'eyJ1c2VyIjoiYWRhIn0='],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'],
    ['Astro', '3f2a9c1b-7d1e-4c6a-9b8f-0a1b2c3d4e5f'],
  ])('foreign-cookie for that of %s', async (_, value) => {
    expect(await codeOf(site(), value)).toBe('foreign-cookie')
    expect(await codeOf(stored(), value)).toBe('foreign-cookie')
  })

  it('duplicate, a missing piece, more than browsers send', async () => {
    const shop = site()
    const [one, two] = [await ticketOf(shop.person()), await ticketOf(shop.person())]
    expect((await shop.sessions.explain(request(`${COOKIE}=${one}; ${COOKIE}=${two}`))).code).toBe('duplicate')
    expect((await shop.sessions.explain(request(`${COOKIE}=~3~abc; ${COOKIE}.1=def`))).code).toBe('missing-piece')
    expect(await codeOf(shop, 'x'.repeat(5000))).toBe('oversized')
  })

  it('store-miss, evicted and stale-read, by what the store is', async () => {
    const lost = stored()
    const ticket = await ticketOf(lost.person())
    expect(await codeOf(stored(), ticket)).toBe('store-miss')
    const evicting: Store = unstorageStore(lruCache({ max: 5 }))
    expect(await codeOf(site({ store: evicting }), ticket)).toBe('evicted')
    const eventual: Store = { ...memoryStore(), consistency: 'eventual' }
    expect(await codeOf(site({ store: eventual }), ticket)).toBe('stale-read')
  })

  it('how it ended, if it ended in this process', async () => {
    const shop = stored({ maxPerOwner: { count: 1, evict: 'oldest' } })
    const ends: [Parameters<Person['does']>[0] | undefined, string][] = [
      [(session) => session.signOut(), 'signed-out'],
      [(session) => session.destroy(), 'destroyed'],
      [(session) => session.signIn('eve'), 'signed-in-anew'],
    ]
    for (const [end, code] of ends) {
      const person = shop.person()
      const ticket = await ticketOf(person, (session) => session.signIn('ada'))
      if (end) await person.does(end)
      expect(await codeOf(shop, ticket)).toBe(code)
    }
    const first = await ticketOf(shop.person(), (session) => session.signIn('bob'))
    const second = await ticketOf(shop.person(), (session) => session.signIn('bob'))
    expect(await codeOf(shop, first)).toBe('over-limit')
    await shop.sessions.endAll('bob')
    expect(await codeOf(shop, second)).toBe('ended-elsewhere')
    const link = shop.person()
    const visited = await ticketOf(link)
    await link.does((session) => session.signOut(), { headers: { 'sec-purpose': 'prefetch' } })
    expect(await codeOf(shop, visited)).toBe('prefetch')
  })

  it('how a sealed session ended: revoked, or in words of this process', async () => {
    const revocations = memoryStore()
    const shop = site({ revocations })
    const person = shop.person()
    const ticket = await ticketOf(person)
    await person.does((session) => session.destroy())
    expect(await codeOf(shop, ticket)).toBe('destroyed')
    expect(await codeOf(site({ revocations, clock: shop.clock }), ticket)).toBe('revoked')
  })

  it('an old ticket: in its grace, and then replaced', async () => {
    const shop = stored()
    const person = shop.person()
    const old = await ticketOf(person)
    await person.does((session) => session.regenerateId())
    expect(await shop.sessions.explain(request(`${COOKIE}=${old}`))).toMatchObject({ code: 'in-grace', opened: true })
    shop.clock.advance(10 * MINUTE)
    expect(await codeOf(shop, old)).toBe('replaced')
    expect(shop.events.some(({ type }) => type === 'replayed')).toBe(false)
  })

  it('a clock a day behind, a record that cannot be read, a store that is down', async () => {
    const clock = clockFrom(Date.parse('2096-11-22T08:00:00Z'))
    const ticket = await ticketOf(site({ clock }).person())
    expect(await codeOf(site(), ticket)).toBe('clock-skew')

    const store = memoryStore()
    const shop = site({ store })
    const kept = await ticketOf(shop.person())
    const damaged = (data: string): Store => ({
      ...store,
      read: async (key) => {
        const found = await store.read(key)
        return found && { ...found, record: { ...found.record, data } }
      },
    })
    expect(await codeOf(site({ store: damaged('{') }), kept)).toBe('undecodable')
    expect(await codeOf(site({ store: damaged('{"format":9,"data":{}}') }), kept)).toBe('newer-release')
    const down: Store = { ...store, read: () => Promise.reject(new Error('ECONNREFUSED')) }
    expect(await codeOf(site({ store: down }), kept)).toBe('store-down')
    expect(await codeOf(site({ store: down, whenStoreDown: 'read-only' }), kept)).toBe('store-down')
  })
})

it('a session of another library is adopted', async () => {
  const reader: SessionReader = { format: 'old', cookieName: 'old', read: () => ({ values: { a: 1 } }) }
  const shop = site({ migrateFrom: [reader] })
  expect(await shop.sessions.explain(request('old=1'))).toMatchObject({ code: 'adopted', opened: true })
  const stranger = site({ migrateFrom: [{ ...reader, read: () => undefined }] })
  expect(await stranger.sessions.explain(request('old=1'))).toMatchObject({ code: 'old-cookie', opened: false })
})

describe('no ticket came', () => {
  const of = async (options: Partial<AdapterOptions>, ...given: Parameters<typeof request>): Promise<string> =>
    (await site(options).sessions.explain(request(...given))).code

  it('and nothing says why', async () => {
    expect(await of({})).toBe('no-cookie')
    expect(await of({}, 'other=1')).toBe('no-cookie')
  })

  it('an empty cookie, one of another name, and a ticket in the wrong place', async () => {
    const ticket = await ticketOf(site().person())
    expect(await of({}, `${COOKIE}=`)).toBe('empty-cookie')
    expect(await of({ cookie: { name: '__Host-sid' } }, `sid=${ticket}`)).toBe('other-name')
    expect(await of({ cookie: { name: 'sid' } }, `${COOKIE}=${ticket}`)).toBe('other-name')
    expect(await of({}, undefined, { authorization: `Bearer ${ticket}` })).toBe('in-header')
    expect(await of({ header: 'x-session' }, undefined, { authorization: `Bearer ${ticket}` })).toBe('in-header')
    expect(await of({ cookie: false, header: 'x-session' }, `session=${ticket}`)).toBe('in-cookie')
    expect(await of({ cookie: false, header: 'x-session' }, 'session=1')).toBe('no-cookie')
    expect(await of({}, undefined, { authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln' })).toBe('no-cookie')
  })

  it('what a proxy says of the scheme and the host counts', async () => {
    const plain = 'http://app.test/'
    expect(await of({}, undefined, {}, plain)).toBe('prefix-over-http')
    expect(await of({ cookie: { name: 'sid' } }, undefined, {}, plain)).toBe('secure-over-http')
    expect(await of({}, undefined, { 'x-forwarded-proto': 'https, http' }, plain)).toBe('no-cookie')
    expect(await of({}, undefined, { forwarded: 'for=1.1.1.1;proto=https' }, plain)).toBe('no-cookie')
    expect(await of({}, undefined, { 'sec-fetch-site': 'none' }, plain)).toBe('no-cookie')
    expect(await of({}, undefined, {}, 'http://localhost:3000/')).toBe('no-cookie')
    expect(await of({ cookie: { name: 'sid', domain: 'app.test' } }, undefined, { 'x-forwarded-host': 'shop.app.test' })).toBe(
      'no-cookie',
    )
  })

  it('a script without credentials, a frame of another site', async () => {
    const cookie = { name: 'sid', sameSite: 'none' } as const
    const fetched = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
    const framed = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }
    expect(await of({ cookie }, undefined, fetched)).toBe('no-credentials')
    expect(await of({ cookie }, undefined, { ...fetched, 'sec-fetch-site': 'same-site' })).toBe('no-credentials')
    expect(await of({ cookie }, undefined, framed)).toBe('third-party')
    expect(await of({ cookie: { ...cookie, partitioned: true } }, undefined, framed)).toBe('no-cookie')
  })

  it('because the browser keeps it back: explain says so exactly when a browser by the book does (600 drawn requests)', async () => {
    const random = new Random('withheld')
    const kept = new Set<string>()
    for (let draw = 0; draw < 600; draw++) {
      const secure = random.oneIn(2)
      const domain = random.pick([undefined, undefined, 'app.test', 'shop.app.test'])
      const prefix = secure && domain === undefined && random.oneIn(3)
      const path = prefix ? '/' : random.pick(['/', '/shop', '/shop/'])
      const sameSite = random.pick(['lax', 'strict', ...(secure ? ['none' as const] : [])] as const)
      const name = prefix ? '__Host-sid' : 'sid'
      const shop = site({ cookie: { name, secure, path, sameSite, ...(domain !== undefined && { domain }) } })
      // The browser has the cookie: it came over https, from a host that may set it.
      const jar = createJar({ now: shop.clock.now })
      const [line = ''] = (await shop.person().asks((session) => session.set('a', 1))).headers.getSetCookie()
      const home = domain ?? 'app.test'
      expect(jar.set(line, `https://${home}/shop/`)).toBeUndefined()

      const scheme = random.pick(['http', 'https', 'https'])
      const host = domain === undefined ? home : random.pick(['app.test', 'shop.app.test', 'other.test'])
      const url = `${scheme}://${host}${random.pick(['/', '/shop', '/shop/1', '/shopping'])}?q=1`
      const method = random.pick(['GET', 'POST'])
      const elsewhere = random.oneIn(2) ? 'https://evil.example/' : undefined
      const inside = random.oneIn(2)
      const context = elsewhere ? { method, from: elsewhere, ...(inside && { within: elsewhere }) } : { method }
      const trusted = scheme === 'https'
      const headers = {
        ...(trusted && {
          'sec-fetch-site': elsewhere ? 'cross-site' : 'same-origin',
          'sec-fetch-mode': elsewhere && inside ? 'no-cors' : 'navigate',
          'sec-fetch-dest': elsewhere && inside ? 'image' : 'document',
        }),
      }
      // A browser says nothing of the site over plain http: there only what the address tells can be told.
      if (!trusted && elsewhere && !secure) continue
      const cookie = jar.header(url, context)
      const told = await shop.sessions.explain(
        new Request(url, { method, headers: { ...headers, ...(cookie !== '' && { cookie }) } }),
      )
      kept.add(told.code)
      if (cookie !== '') expect(told.code).toBe('ok')
      else expect(told.code, `${line} ${url} ${JSON.stringify(context)}`).not.toBe('no-cookie')
    }
    expect([...kept].sort()).toEqual([
      'domain-mismatch',
      'ok',
      'path-mismatch',
      'prefix-over-http',
      'same-site',
      'secure-over-http',
    ])
  })
})

describe('what became of a request', () => {
  const asked = async (
    shop: Site,
    act: Parameters<Person['does']>[0],
    init?: Parameters<Person['does']>[1],
    person = shop.person(),
  ) => {
    let seen: Request | undefined
    await person
      .asks((session, request) => {
        seen = request
        return act(session, request)
      }, init)
      .catch(() => {})
    return shop.sessions.explain(seen as Request)
  }

  it('too large, not kept, late, ended meanwhile', async () => {
    expect(await asked(site(), (session) => session.set('a', 'x'.repeat(5000)))).toMatchObject({ code: 'too-large' })
    const failing = await asked(site(), (session) => {
      session.set('a', 1)
      return new Response(null, { status: 503 })
    })
    expect(failing).toMatchObject({ code: 'not-kept', also: [{ code: 'no-cookie' }] })
    expect((await asked(site(), () => new Response(null, { status: 503 }))).code).toBe('no-cookie')
    const begun = await asked(site(), (session) => session.set('a', 1))
    expect(begun).toMatchObject({ code: 'begun', opened: false, also: [{ code: 'no-cookie' }] })
    expect(begun.handle).toBeDefined()

    const shop = site({ store: memoryStore() })
    const person = shop.person()
    const other = await ticketOf(person)
    const late = await asked(
      shop,
      async (session, request) => {
        await shop.serve(new Request(request, { headers: { cookie: `${COOKIE}=${other}`, 'x-visit': 'nobody' } }))
        session.set('b', 2)
        const again = shop.person()
        again.browser.plant(`${COOKIE}=${other}; Secure; HttpOnly; Path=/`)
        await again.does((same) => same.destroy())
      },
      undefined,
      person,
    )
    expect(late).toMatchObject({ code: 'ended-meanwhile', opened: true })
  })

  it('a change after the headers', async () => {
    const shop = site()
    let change: (() => void) | undefined
    let seen: Request | undefined
    await shop.person().asks((session, request) => {
      seen = request
      change = () => session.set('late', 1)
    })
    expect(change).toThrow(/headers have left/)
    expect((await shop.sessions.explain(seen as Request)).code).toBe('late-write')
  })

  it('another Set-Cookie of the name, a page for shared caches', async () => {
    const shop = site()
    const answer = (headers: Readonly<Record<string, string>>) => () => new Response('', { headers })
    const person = shop.person()
    await ticketOf(person)
    expect(await asked(shop, answer({ 'set-cookie': `${COOKIE}=mine; Path=/` }), undefined, person)).toMatchObject({
      code: 'cookie-conflict',
      opened: true,
    })
    expect(shop.events.at(-1)).toEqual({ type: 'cookie-conflict' })
    expect((await asked(shop, answer({ 'set-cookie': 'other=mine; Path=/' }), undefined, person)).code).toBe('ok')
    expect((await asked(shop, answer({ 'cache-control': 'public, s-maxage=60' }), undefined, person)).code).toBe('cache-conflict')
  })

  it('a prefetch that changes, and a request that only looks', async () => {
    const shop = site({ store: memoryStore() })
    const prefetch = { headers: { 'sec-purpose': 'prefetch;prerender' } }
    expect((await asked(shop, (session) => session.set('a', 1), prefetch)).code).toBe('prefetch')
    expect((await asked(shop, () => {}, prefetch)).code).toBe('no-cookie')
    const identity = {}
    const looking = adapterOf(shop.sessions).readOnly(identity, { get: () => null })
    const session = await looking.open()
    expect(() => session.set('a', 1)).toThrow(/only looks/)
    expect((await shop.sessions.explain(identity as never)).code).toBe('read-only')
    const page = {}
    adapterOf(shop.sessions).prerendering(page)
    expect((await shop.sessions.explain(page as never)).code).toBe('prerendering')
  })

  it('what is no request is refused', async () => {
    await expect(site().sessions.explain(7 as never)).rejects.toMatchObject({ code: 'NOT_WRAPPED' })
    await expect(site().sessions.explain({} as never)).rejects.toMatchObject({ code: 'NOT_WRAPPED' })
  })

  it("Node's request, and one that no adapter knows", async () => {
    const shop = site()
    const ticket = await ticketOf(shop.person())
    const req = { headers: { cookie: `${COOKIE}=${ticket}`, host: 'app.test' }, url: '/a?b', method: 'GET', socket: {} }
    expect((await shop.sessions.explain(req)).code).toBe('ok')
    expect((await shop.sessions.explain({ ...req, headers: { host: 'app.test' } })).code).toBe('prefix-over-http')
    expect(
      (await shop.sessions.explain({ ...req, headers: { host: 'app.test' }, socket: { encrypted: true } } as never)).code,
    ).toBe('no-cookie')
  })
})

/** What each reason of the event `refused` may be called, written once more and not taken from the code. */
const CALLED: Readonly<Record<RefusalReason, RegExp>> = {
  malformed: /^(not-a-ticket|foreign-cookie)$/,
  'unknown-version': /^(newer-release|foreign-cookie)$/,
  'unknown-key': /^unknown-key$/,
  'revoked-key': /^revoked-key$/,
  forged: /^(forged|unsigned|foreign-cookie)$/,
  oversized: /^oversized$/,
  'bad-chunks': /^missing-piece$/,
  duplicate: /^duplicate$/,
  unknown: /^(store-miss|evicted|stale-read|signed-out|destroyed|signed-in-anew|over-limit|ended-elsewhere|replayed)$/,
  replaced: /^replaced$/,
  revoked: /^(revoked|signed-out|destroyed|signed-in-anew)$/,
  'idle-expired': /^idle$/,
  'absolute-expired': /^absolute$/,
  'clock-skew': /^clock-skew$/,
  corrupt: /^undecodable$/,
  'too-busy': /^too-busy$/,
  lapsed: /^lapsed$/,
}
const NOTHING_CAME = /^(no-cookie|empty-cookie|other-name|in-header)$/

describe('explain and the engine never disagree', () => {
  it.each(['sealed', 'revocable', 'stored', 'evicting', 'eventual'] as const)(
    'on 120 drawn requests of a %s site',
    async (kind) => {
      const random = new Random('agree', kind.length)
      const store = kind === 'evicting' ? unstorageStore(lruCache({ max: 50 })) : memoryStore()
      const isStored = kind !== 'sealed' && kind !== 'revocable'
      const writes: string[] = []
      const watched: Store = {
        ...store,
        ...(kind === 'eventual' && { consistency: 'eventual' as const }),
        ...Object.fromEntries(
          (['create', 'update', 'delete', 'touch'] as const).flatMap((name) => {
            const call = store[name] as ((...given: unknown[]) => unknown) | undefined
            const counted = (...given: unknown[]) => {
              writes.push(name)
              return call?.apply(store, given)
            }
            return call ? [[name, counted]] : []
          }),
        ),
      }
      const clock = clockFrom()
      const options = {
        clock,
        idleTimeout: HOUR,
        absoluteTimeout: DAY,
        header: 'x-session',
        ...(isStored ? { store: watched } : kind === 'revocable' ? { revocations: watched } : {}),
      }
      const shop = site(options)
      const foreign = site({ secrets: NEWER_SECRET, clock, ...(isStored && { store: memoryStore() }) })
      const early = site({ clock: clockFrom(clock.now() + DAY * 1000), ...(isStored && { store: memoryStore() }) })

      const tickets: string[] = [
        'nonsense!',
        'x'.repeat(32),
        'x'.repeat(5000),
        's%3Aabc.def',
        'CAAA'.repeat(10),
        '',
        await ticketOf(foreign.person()),
        await ticketOf(early.person()),
      ]
      const old = await ticketOf(shop.person())
      clock.advance(HOUR + 1)
      tickets.push(old)
      for (const end of [(s) => s.signOut(), (s) => s.destroy(), (s) => s.signIn('eve'), (s) => s.regenerateId()] as Parameters<
        Person['does']
      >[0][]) {
        const person = shop.person()
        tickets.push(await ticketOf(person, (session) => session.signIn('ada')))
        await person.does(end)
        tickets.push(person.ticket ?? '')
      }
      clock.advance(10 * MINUTE)
      const moved = shop.person()
      tickets.push(await ticketOf(moved), await ticketOf(shop.person()))
      await moved.does((session) => session.regenerateId())
      tickets.push(moved.ticket ?? '')

      const met = new Set<string>()
      for (let draw = 0; draw < 120; draw++) {
        const cookies = Array.from(
          { length: random.below(3) },
          () => `${random.pick([COOKIE, COOKIE, COOKIE, 'session'])}=${random.pick(tickets)}`,
        )
        const headers = {
          ...(random.oneIn(4) && { 'x-session': random.pick(tickets) }),
          ...(random.oneIn(6) && { authorization: `Bearer ${random.pick(tickets)}` }),
        }
        const [events, calls] = [shop.events.length, writes.length]
        const cookie = cookies.length > 0 ? cookies.join('; ') : undefined
        const before = await shop.sessions.explain(request(cookie, headers))
        expect(shop.events.length, 'nobody is told').toBe(events)
        expect(writes.length, 'nothing is written').toBe(calls)

        let after: Explanation | undefined
        let handle: string | undefined
        const person = shop.person()
        await person.does(
          async (session, asked) => {
            handle = session.handle
            after = await shop.sessions.explain(asked)
          },
          { headers: { ...headers, ...(cookie !== undefined && { cookie }) } },
        )
        const told = shop.events.slice(events)
        const explained = after as Explanation
        const about = `${cookie?.slice(0, 90)} ${JSON.stringify(told)} ${JSON.stringify(explained)}`
        expect({ ...before }, about).toEqual({ ...explained })
        expect(explained.opened, about).toBe(told.some(({ type }) => type === 'loaded'))
        if (explained.opened) expect(explained.handle, about).toBe(handle)
        const all = [explained, ...explained.also]
        const refused = told.filter((event) => event.type === 'refused')
        for (const event of refused) {
          const match = all.find((one) => CALLED[event.reason].test(one.code) && one.handle === event.handle)
          expect(match, about).toBeDefined()
        }
        if (!explained.opened && refused.length === 0) expect(explained.code, about).toMatch(NOTHING_CAME)
        if (!explained.opened && refused.length > 0)
          expect(
            refused.some((event) => CALLED[event.reason].test(explained.code)),
            about,
          ).toBe(true)
        met.add(explained.code)
      }
      expect(met.size, [...met].join()).toBeGreaterThan(7)
    },
  )
})
