import { describe, expect, test } from 'vitest'
import {
  BOUND,
  type BoundSite,
  boundPerson,
  boundSite,
  discretion,
  KINDS,
  sees,
  TICKET,
} from '../../../test/helpers/bound-site.ts'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { tellsNothing } from '../../../test/helpers/discretion.ts'
import { NEWER_SECRET, SECRET } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { visitor } from '../../testing/visitor.ts'

const GONE = { owner: null, bound: 'lapsed', readOnly: true }
const value = (who: { cookies(): readonly { name: string; value: string }[] }, name: string) =>
  who.cookies().find((cookie) => cookie.name === name)?.value
/** A client with these cookies and no more. */
const withCookies = (site: ReturnType<typeof boundSite>, cookies: Record<string, string | undefined>) => {
  const thief = visitor(site.serve, { now: site.clock.now })
  for (const [name, text] of Object.entries(cookies)) if (text) thief.plant(`${name}=${text}; Path=/; Secure; HttpOnly`)
  return thief
}
const proofless = (site: ReturnType<typeof boundSite>, path: string, headers: Record<string, string>) =>
  site.serve(
    new Request(`https://app.test/.coatcheck/${path}`, { method: 'POST', headers: { origin: 'https://app.test', ...headers } }),
  )

describe.each(KINDS)('a session %s', (kind, options) => {
  test('is bound with the first refresh, and shows where it stands', async () => {
    const site = boundSite(options())
    const ada = site.person()
    expect((await ada.get('/')).headers.has('secure-session-registration')).toBe(false)
    const answer = await ada.begin('/in?ada')
    answer.arrive()
    expect(answer.response.headers.get('secure-session-registration')).toMatch(
      /^\(ES256 RS256\);path="\/\.coatcheck\/register";challenge="[\w-]+"$/,
    )
    expect(await sees(ada)).toEqual({ owner: 'ada', bound: 'none', readOnly: false })
    await ada.settle()
    expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'pending' })
    expect(await (await ada.get('/must')).text()).toBe('NOT_BOUND')
    site.clock.advance(11)
    expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'bound' })
    expect((await ada.get('/must')).status).toBe(200)
    expect(ada.deviceEvents).toEqual([
      { type: 'registration', result: 'Success' },
      { type: 'refresh', result: 'Success' },
    ])
    site.clock.advance(299)
    expect(await sees(ada)).toMatchObject({ bound: 'bound' })
    site.clock.advance(2)
    expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'bound' })
    expect(site.asked).toEqual(['POST register 200', 'POST refresh 200', 'POST refresh 200'])
    expect(ada.refused).toEqual([])
  })

  test('DB-005, rule 6: copied cookies open nothing once the bound one is over; signing in and out still works', async () => {
    const site = boundSite(options())
    const ada = await boundPerson(site)
    const thief = withCookies(site, { [TICKET]: value(ada, TICKET), [BOUND]: value(ada, BOUND) })
    expect(await sees(thief)).toMatchObject({ owner: 'ada', bound: 'bound' })
    site.clock.advance(361)
    expect(await sees(thief)).toEqual(GONE)
    expect(await (await thief.get('/set?x')).text()).toBe('NOT_BOUND')
    expect(await (await thief.get('/must')).text()).toBe('NOT_BOUND')
    expect(value(thief, TICKET), 'the ticket is left alone').toBe(value(ada, TICKET))
    expect(value(thief, BOUND), 'DB7: what is refused is cleared').toBeUndefined()
    expect(site.events.filter(({ type }) => type === 'refused')).toContainEqual(expect.objectContaining({ reason: 'lapsed' }))
    expect(await sees(ada), 'whoever has the key goes on').toMatchObject({ owner: 'ada', bound: 'bound' })
    expect(await sees(thief, '/in?eve')).toEqual({ owner: 'eve', bound: 'none', readOnly: false })
    expect(await sees(ada)).toMatchObject({ owner: 'ada' })
  })

  test('rule 6: a sign-out without the device ends the session', async () => {
    const site = boundSite(options())
    const ada = await boundPerson(site)
    const copy = withCookies(site, { [TICKET]: value(ada, TICKET) })
    expect(await sees(copy)).toEqual(GONE)
    expect((await copy.get('/out')).status).toBe(200)
    expect(value(copy, TICKET)).toBeUndefined()
    if (kind !== 'in the cookie') expect(await sees(ada)).toMatchObject({ owner: null })
  })

  test('rule 8: a sign-out clears both cookies, and the next refresh ends the device session', async () => {
    const site = boundSite(options())
    const ada = await boundPerson(site)
    await ada.get('/out')
    expect(ada.cookies()).toEqual([])
    expect(await sees(ada)).toMatchObject({ owner: null, bound: 'none' })
    expect(ada.deviceSessions).toEqual([])
    expect(ada.deviceEvents.at(-1)).toEqual({ type: 'ended', result: 'ServerRequestedTermination' })
  })

  test('DB-006: a refresh of a session that has ended gives no cookie, whatever it proves', async () => {
    const site = boundSite(options())
    const ada = await boundPerson(site)
    const ticket = value(ada, TICKET)
    await ada.get('/out')
    // The refresh was under way: it carries the cookies of before.
    ada.plant(`${TICKET}=${kind === 'in the cookie' ? '' : ticket}; Path=/; Secure; HttpOnly`)
    expect(await sees(ada)).toMatchObject({ owner: null })
    expect(value(ada, BOUND)).toBeUndefined()
    expect(ada.deviceSessions).toEqual([])
  })

  test('rule 2: a new id and a step-up keep the key; a sign-in drops it and asks for another one', async () => {
    const site = boundSite(options())
    const ada = await boundPerson(site)
    for (const path of ['/id', '/up']) {
      const { response, arrive } = await ada.begin(path)
      arrive()
      expect(response.headers.has('secure-session-registration')).toBe(false)
      expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'bound' })
    }
    site.clock.advance(301)
    expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'bound' })
    const before = ada.deviceSessions[0]
    expect(await sees(ada, '/in?ada')).toMatchObject({ owner: 'ada', bound: 'none' })
    expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'pending' })
    site.clock.advance(11)
    expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'bound' })
    expect(ada.deviceSessions).not.toContain(before)
  })

  test('rule 2: a key that was planted in a guest’s session does not count for the person who signs in', async () => {
    const site = boundSite(options())
    const eve = await boundPerson(site)
    const victim = withCookies(site, { [TICKET]: value(eve, TICKET), [BOUND]: value(eve, BOUND) })
    expect(await sees(victim, '/in?victim')).toMatchObject({ owner: 'victim', bound: 'none' })
    expect(await sees(victim)).toMatchObject({ owner: 'victim', bound: 'none' })
    site.clock.advance(301)
    await sees(eve)
    expect(await sees(victim)).toMatchObject({ owner: 'victim', bound: 'none' })
  })

  test('rule 7, DB-007: the cookie and what the browser is told of it agree, for every attribute', async () => {
    for (const cookie of [
      {},
      { name: 'sid', path: '/', sameSite: 'strict' },
      { name: '__Secure-a', domain: 'app.test' },
    ] as const) {
      const site = boundSite({ ...options(), cookie })
      const ada = site.person()
      await ada.get('/in?ada')
      expect(ada.deviceEvents).toEqual([{ type: 'registration', result: 'Success' }])
      await ada.get('/')
      expect(site.asked, 'no refresh before its time').toEqual(['POST register 200'])
    }
  })

  test('DB1: the bound cookie of a `__Host-Http-` ticket is called `__Host-`, which Chromium takes', async () => {
    const site = boundSite(options())
    const ada = await boundPerson(site)
    expect(
      ada
        .cookies()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([TICKET, BOUND].sort())
  })

  test('DB2: the first pages after a sign-in are not refused', async () => {
    const site = boundSite(options())
    const ada = site.person()
    const { arrive } = await ada.begin('/in?ada')
    arrive()
    const [first] = await Promise.all([sees(ada), ada.settle()])
    expect(first).toMatchObject({ owner: 'ada' })
    const copy = withCookies(site, { [TICKET]: value(ada, TICKET) })
    expect(await sees(copy), 'the browser may not have the cookie yet').toMatchObject({ owner: 'ada', bound: 'pending' })
  })

  test('DB7: a cookie that only the server takes for over is cleared, and the browser refreshes', async () => {
    const site = boundSite(options())
    const ada = await boundPerson(site)
    const clock = clockFrom(site.clock.now())
    const here = visitor(site.serve, { now: clock.now })
    for (const { name, value: text } of ada.cookies()) here.plant(`${name}=${text}; Path=/; Secure; HttpOnly; Max-Age=3000`)
    site.clock.advance(400)
    expect(await sees(here)).toEqual(GONE)
    expect(value(here, BOUND)).toBeUndefined()
  })

  test('DB-003, DB8: a wrong or missing proof is answered 403 with a challenge, and never a redirect', async () => {
    const site = boundSite(options())
    const ada = await boundPerson(site)
    const [id = ''] = ada.deviceSessions
    const cookie = `${TICKET}=${value(ada, TICKET)}; ${BOUND}=${value(ada, BOUND)}`
    for (const proof of [undefined, '', 'a.b.c', 'x'.repeat(5000), await proofBy(await keys(), 'c')]) {
      const answer = await proofless(site, 'refresh', {
        cookie,
        'sec-secure-session-id': id,
        ...(proof !== undefined && { 'secure-session-response': proof }),
      })
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []])
      expect(answer.headers.get('secure-session-challenge')).toMatch(new RegExp(`^"[\\w-]+";id="${id}"$`))
    }
    expect((await proofless(site, 'refresh', { cookie, 'sec-secure-session-id': 'no name; x' })).status).toBe(400)
    const stolen = await proofless(site, 'register', {
      cookie,
      'secure-session-response': await proofBy(await keys(), 'c', true),
    })
    expect([stolen.status, stolen.headers.getSetCookie()]).toEqual([401, []])
  })

  test('rule 4, DB-003: a challenge counts for its session, its purpose and its time alone', async () => {
    const site = boundSite(options())
    const own = await keys()
    const ada = await registeredBy(site, own, 'ada')
    const other = await registeredBy(site, await keys(), 'bob')
    const refresh = async (jti: string) => refreshedBy(site, ada, own, jti)
    expect((await refresh(ada.challenge)).status).toBe(200)
    expect((await refresh(other.challenge)).status).toBe(403)
    expect((await refresh(ada.asked)).status, 'of the registration').toBe(403)
    expect((await refresh(`${ada.challenge.slice(0, -4)}AAAA`)).status).toBe(403)
    site.clock.advance(360)
    expect((await refresh(ada.challenge)).status, 'within what clocks may differ by').toBe(200)
    site.clock.advance(61)
    expect((await refresh(ada.challenge)).status, 'DB12: a captured proof counts no longer than its challenge').toBe(403)
  })

  test('DB-004, DB3: the same proof again gives the same key and name; another key is refused', async () => {
    const site = boundSite(options())
    const own = await keys()
    const ada = await registeredBy(site, own, 'ada')
    const again = await registers(site, ada.cookie(), await proofBy(own, ada.asked, true))
    expect([again.status, again.body?.session_identifier ?? '']).toEqual([200, expect.any(String)])
    if (kind === 'in a store') expect(again.body?.session_identifier).toBe(ada.name)
    const thief = await registers(site, ada.cookie(), await proofBy(await keys(), ada.asked, true))
    expect(thief.status).toBe(401)
    site.clock.advance(121)
    expect((await registers(site, ada.cookie(), await proofBy(own, ada.asked, true))).status, 'its challenge is over').toBe(401)
  })

  test('rule 1: both endpoints are answered before handlers and redirects, and never kept', async () => {
    const site = boundSite(options())
    for (const path of ['register', 'refresh']) {
      const answer = await proofless(site, path, {})
      expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('cross-origin-resource-policy')]).toEqual([
        400,
        'no-store',
        'same-origin',
      ])
    }
    const get = await site.serve(new Request('https://app.test/.coatcheck/refresh'))
    expect(get.status, 'a page of that name is the application’s').toBe(302)
  })

  test('rule 10: `required` refuses an owner’s session that was not bound in time, and no guest’s', async () => {
    const site = boundSite({ ...options(), bound: { required: true } })
    const old = site.plain()
    expect(await sees(old, '/in?ada')).toMatchObject({ owner: 'ada', bound: 'none' })
    expect(await sees(old)).toMatchObject({ owner: 'ada' })
    const guest = site.plain()
    await guest.get('/set?x')
    const ada = await boundPerson(site)
    site.clock.advance(131)
    expect(await sees(old)).toEqual(GONE)
    expect(await sees(guest)).toMatchObject({ sees: 'x' })
    expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'bound' })
  })

  test('a browser that knows nothing of it is signed in as ever, and a switch on or off logs nobody out', async () => {
    const store = options()
    const clock = clockFrom()
    const before = boundSite({ ...store, clock, bound: false })
    const old = before.plain()
    const first = await old.get('/in?ada')
    expect(first.headers.has('secure-session-registration')).toBe(false)
    const site = boundSite({ ...store, clock })
    const moved = visitor(site.serve, { now: clock.now, jar: old.jar })
    expect(await sees(moved)).toMatchObject({ owner: 'ada', bound: 'none' })
    const ada = await boundPerson(site)
    const off = boundSite({ ...store, clock, bound: false })
    const after = visitor(off.serve, { now: clock.now, jar: ada.jar })
    clock.advance(400)
    expect(await sees(after)).toMatchObject({ owner: 'ada', bound: 'none', readOnly: false })
  })

  test('secrets rotated between challenge and proof', async () => {
    const store = options()
    const clock = clockFrom()
    const [one, two] = [boundSite({ ...store, clock }), boundSite({ ...store, clock, secrets: [NEWER_SECRET, SECRET] })]
    const own = await keys()
    const ada = await registeredBy(one, own, 'ada')
    const answer = await refreshedBy(two, ada, own, ada.challenge)
    expect(answer.status).toBe(200)
    const challenge = /^"([^"]+)"/.exec(answer.headers.get('secure-session-challenge') ?? '')?.[1] ?? ''
    expect((await refreshedBy(two, ada, own, challenge)).status).toBe(200)
    expect((await refreshedBy(one, ada, own, challenge)).status, 'of a secret that this one does not know: asked again').toBe(403)
  })

  test('clocks that are 60 seconds apart refuse no page, no registration and no refresh', async () => {
    const store = options()
    const clock = clockFrom()
    const servers = [-60, 60].map((by) =>
      boundSite({ ...store, clock: { now: () => clock.now() + by * 500, advance: () => {} } }),
    )
    let nth = 0
    const serve = (request: Request) => servers[nth++ % 2]?.serve(request) ?? Promise.reject(new Error('none'))
    const { deviceVisitor } = await import('../../testing/device-visitor.ts')
    const ada = deviceVisitor(serve, { now: clock.now })
    await ada.get('/in?ada')
    for (let round = 0; round < 40; round++) {
      clock.advance(37)
      expect((await sees(ada)).owner).toBe('ada')
    }
    expect(ada.deviceEvents.every(({ result }) => result === 'Success')).toBe(true)
  })
})

describe('in a store', () => {
  test('several tabs and several processes refresh at once', async () => {
    const store = memoryStore()
    const clock = clockFrom()
    const servers = [0, 1, 2].map(() => boundSite({ store, clock }))
    let nth = 0
    const { deviceVisitor } = await import('../../testing/device-visitor.ts')
    const ada = deviceVisitor((request) => servers[nth++ % 3]?.serve(request) ?? Promise.reject(new Error('none')), {
      now: clock.now,
    })
    await ada.get('/in?ada')
    clock.advance(11)
    const pages = await Promise.all(Array.from({ length: 20 }, () => sees(ada)))
    expect(pages.every(({ owner }) => owner === 'ada')).toBe(true)
    expect(ada.deviceEvents.filter(({ type }) => type === 'refresh')).toHaveLength(1)
    const own = await keys()
    const eve = await registeredBy(servers[0] as ReturnType<typeof boundSite>, own, 'eve')
    const many = await Promise.all(servers.flatMap((site) => [1, 2, 3].map(() => refreshedBy(site, eve, own, eve.challenge))))
    expect(many.map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 200))
  })

  test('rule 5, DB6: a refresh follows new ids, and needs no ticket', async () => {
    const site = boundSite({ store: memoryStore(), bound: { initiators: ['other.test'] } })
    const own = await keys()
    const ada = await registeredBy(site, own, 'ada')
    await refreshedBy(site, ada, own, ada.challenge)
    const jar = withCookies(site, { [TICKET]: ada.ticket, [BOUND]: ada.bound })
    await jar.get('/up')
    await jar.get('/id')
    const answer = await refreshedBy(site, { ...ada, cookie: () => '' }, own, ada.challenge)
    expect(answer.status).toBe(200)
    expect((await answer.json()).allowed_refresh_initiators).toEqual(['other.test'])
  })

  test('rule 5: a session that is not known is asked for twice, and only then the device session ends', async () => {
    const site = boundSite({ store: memoryStore() })
    const own = await keys()
    const ada = await registeredBy(site, own, 'ada')
    await withCookies(site, { [TICKET]: ada.ticket }).get('/out')
    const statuses: unknown[] = []
    let jti = ada.challenge
    for (let round = 0; round < 3; round++) {
      const answer = await refreshedBy(site, ada, own, jti)
      jti = /^"([^"]+)"/.exec(answer.headers.get('secure-session-challenge') ?? '')?.[1] ?? ''
      statuses.push(answer.status === 200 ? await answer.json() : answer.status)
    }
    expect(statuses).toEqual([403, 403, { session_identifier: ada.name, continue: false }])
  })

  test('a refresh without a ticket confirms nothing, so its cookie lasts as long as the first one', async () => {
    const site = boundSite({ store: memoryStore() })
    const own = await keys()
    const ada = await registeredBy(site, own, 'ada')
    const without = await refreshedBy(site, { ...ada, cookie: () => '' }, own, ada.challenge)
    expect(without.headers.getSetCookie()).toEqual([expect.stringMatching(/; Max-Age=10;/)])
    const withTicket = await refreshedBy(site, ada, own, ada.challenge)
    expect(withTicket.headers.getSetCookie()).toEqual([expect.stringMatching(/; Max-Age=300;/)])
    const afterwards = await refreshedBy(site, { ...ada, cookie: () => '' }, own, ada.challenge)
    expect(afterwards.headers.getSetCookie()).toEqual([expect.stringMatching(/; Max-Age=300;/)])
  })

  test('rule 5: a name of a secret that is gone is known by the ticket, which was renewed', async () => {
    const [store, clock] = [memoryStore(), clockFrom()]
    const sites = [[SECRET], [NEWER_SECRET, SECRET], [NEWER_SECRET, { secret: SECRET, state: 'revoked' }]] as const
    const [old, both, revoked] = sites.map((secrets) => boundSite({ store, clock, secrets })) as [BoundSite, BoundSite, BoundSite]
    let now = old
    const { deviceVisitor } = await import('../../testing/device-visitor.ts')
    const ada = deviceVisitor((request) => now.serve(request as Request), { now: clock.now })
    await ada.get('/in?ada')
    clock.advance(11)
    await ada.get('/')
    now = both
    await ada.get('/id')
    now = revoked
    expect(await sees(ada), 'its cookie is of the revoked one').toMatchObject(GONE)
    expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'bound' })
    clock.advance(301)
    expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'bound' })
    expect(ada.deviceEvents.map(({ type }) => type)).not.toContain('ended')
  })

  test('rule 5: a refresh that cannot tell whether the session lives ends nothing', async () => {
    const [store, clock] = [memoryStore(), clockFrom()]
    const own = await keys()
    const common = { store, clock, idleTimeout: 600 }
    const [site, older] = [boundSite({ ...common, secrets: [NEWER_SECRET, SECRET] }), boundSite(common)]
    const ada = await registeredBy(site, own, 'ada')
    const another = async () => (await refreshedBy(older, ada, own, ada.challenge)).status
    expect([await another(), await another(), await another()], 'another server has the secret').toEqual([503, 503, 503])
    const jar = withCookies(site, { [TICKET]: ada.ticket })
    await jar.get('/id')
    for (let minutes = 0; minutes < 60; minutes += 5) {
      clock.advance(300)
      expect(await sees(jar)).toMatchObject({ owner: 'ada', bound: 'pending' })
    }
    await site.sessions.prune()
    const headers = { 'sec-secure-session-id': ada.name, 'sec-fetch-site': 'cross-site' }
    const elsewhere = async () => (await proofless(site, 'refresh', headers)).status
    expect([await elsewhere(), await elsewhere(), await elsewhere()], 'no ticket, and no record leads on').toEqual([
      503, 503, 503,
    ])
  })

  test('rule 5: a server whose clock is ahead does not end what is alive elsewhere', async () => {
    const [store, clock] = [memoryStore(), clockFrom()]
    const common = { store, idleTimeout: 320 }
    const [here, ahead] = [
      boundSite({ ...common, clock }),
      boundSite({ ...common, clock: { ...clock, now: () => clock.now() + 60_000 } }),
    ]
    const { deviceVisitor } = await import('../../testing/device-visitor.ts')
    let refreshes = here
    const ada = deviceVisitor((request) => (request.url.endsWith('/refresh') ? refreshes : here).serve(request as Request), {
      now: clock.now,
    })
    await ada.get('/in?ada')
    clock.advance(11)
    await ada.get('/set?x')
    refreshes = ahead
    clock.advance(301)
    expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'bound' })
    clock.advance(320 + 61)
    expect(await sees(ada)).toMatchObject({ owner: null })
    expect(ada.deviceSessions, 'it has certainly ended').toEqual([])
  })

  test('rule 5: of two people who signed in at once, the one whose ticket the browser has is bound', async () => {
    const site = boundSite({ store: memoryStore() })
    const person = site.person()
    await person.get('/in?ada')
    await person.get('/in?bob', { headers: { cookie: '' } })
    expect(person.deviceSessions).toHaveLength(2)
    for (const seconds of [11, 301, 301]) {
      site.clock.advance(seconds)
      expect(await sees(person)).toMatchObject({ owner: 'bob', bound: 'bound' })
    }
    expect(person.deviceSessions).toHaveLength(1)
  })

  test('DB4: a new id beside a refresh locks nobody out', async () => {
    const site = boundSite({ store: memoryStore() })
    const ada = await boundPerson(site)
    site.clock.advance(298)
    const { arrive } = await ada.begin('/id')
    site.clock.advance(5)
    expect(await sees(ada), 'with the old ticket').toMatchObject({ owner: 'ada', bound: 'bound' })
    expect(ada.deviceEvents.at(-1)).toEqual({ type: 'refresh', result: 'Success' })
    arrive()
    expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'bound' })
  })

  test('rule 5: a store that is down in a refresh is answered 503, and the browser comes again', async () => {
    let isDown = false
    const inner = memoryStore()
    const store: Store = {
      ...inner,
      read: (key) => (isDown ? Promise.reject(new Error('down')) : inner.read(key)),
    }
    for (const whenStoreDown of ['fail', 'read-only'] as const) {
      const site = boundSite({ store, whenStoreDown })
      const ada = await boundPerson(site)
      site.clock.advance(301)
      isDown = true
      await ada.get('/')
      expect(ada.deviceEvents.at(-1)).toEqual({ type: 'refresh', result: 'ServerError' })
      isDown = false
      expect(await sees(ada)).toMatchObject({ owner: 'ada', bound: 'bound' })
    }
  })

  test('rule 4: a refresh writes nothing but the first confirmation', async () => {
    const inner = memoryStore()
    let writes = 0
    const store: Store = {
      ...inner,
      update: (...given) => {
        writes++
        return inner.update(...given)
      },
    }
    const site = boundSite({ store })
    const own = await keys()
    const ada = await registeredBy(site, own, 'ada')
    const before = writes
    for (let round = 0; round < 3; round++) await refreshedBy(site, ada, own, ada.challenge)
    expect(writes - before).toBe(1)
  })

  test('rule 3: the record holds the public key, and lists show where each session stands', async () => {
    const store = memoryStore()
    const site = boundSite({ store })
    await site.plain().get('/in?ada')
    await boundPerson(site)
    const { sessions } = await site.sessions.list('ada')
    expect(sessions.map(({ bound }) => bound).sort()).toEqual(['bound', 'none'])
    const records = await Promise.all(sessions.map(({ handle }) => store.read(handle)))
    const bound = records.map((found) => JSON.parse(found?.record.data ?? '{}').bound).find((each) => each.print)
    expect(Object.keys(bound).sort()).toEqual(['confirmed', 'jwk', 'name', 'print', 'sid'])
    expect(Object.keys(bound.jwk).sort()).toEqual(['crv', 'kty', 'x', 'y'])
  })

  test('an end from elsewhere ends the device session as well', async () => {
    const site = boundSite({ store: memoryStore() })
    const [ada, other] = [await boundPerson(site), await boundPerson(site)]
    await site.sessions.endAll('ada')
    site.clock.advance(301)
    for (const each of [ada, other]) {
      expect(await sees(each)).toMatchObject({ owner: null })
      expect(each.deviceEvents.at(-1)).toEqual({ type: 'ended', result: 'ServerRequestedTermination' })
    }
  })

  test('DB5: a link of another site gets a page that loads itself again, once; a page that needs no session stays as it is', async () => {
    const site = boundSite({ store: memoryStore() })
    const ada = await boundPerson(site)
    site.clock.advance(301)
    const from = 'https://elsewhere.test/'
    const answer = await ada.get('/untouched', { from })
    expect([answer.status, answer.headers.get('refresh'), answer.headers.get('cache-control')]).toEqual([200, '0', 'no-store'])
    const second = await ada.get('/', { from })
    expect(await second.json(), 'once').toEqual(GONE)
    expect(await sees(ada), 'loaded again').toMatchObject({ owner: 'ada', bound: 'bound' })
    const guest = site.plain()
    await guest.get('/set?x')
    const open = await guest.get('/untouched', {
      from,
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' },
    })
    expect([await open.text(), open.headers.get('cache-control'), open.headers.get('vary')]).toEqual(['public', 'public', null])
  })

  test('DB11: paths that are excluded are named in the instruction', async () => {
    const site = boundSite({ store: memoryStore(), bound: { exclude: ['/static'] } })
    const own = await keys()
    const { body } = await registeredBy(site, own, 'ada')
    expect(body?.scope).toEqual({
      origin: 'https://app.test',
      include_site: false,
      scope_specification: [{ type: 'exclude', domain: 'app.test', path: '/static' }],
    })
    const ada = await boundPerson(site)
    site.clock.advance(301)
    await ada.get('/static/a.css')
    expect(ada.deviceEvents.filter(({ type }) => type === 'refresh')).toHaveLength(1)
  })

  test('DB9, rule 1: times under which browsers stop to sign are refused where the sessions are made', () => {
    for (const bound of [
      { maxAge: 179 },
      { firstMaxAge: 400 },
      { grace: -1 },
      { path: 'x' },
      { path: '/' },
      { exclude: ['x'] },
      { evil: 1 },
    ])
      expect(() => boundSite({ bound })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    expect(() => boundSite({ secrets: undefined, store: memoryStore() } as never)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS' }),
    )
    expect(() => boundSite({ cookie: false, header: 'x-session' })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    expect(() => boundSite({ cookie: { name: 'sid', path: '/shop' } })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })
})

test('rule 9, DB13: a sealed ticket from before the registration stays usable, unbound', async () => {
  const site = boundSite()
  const ada = site.person()
  const { arrive } = await ada.begin('/in?ada')
  arrive()
  const early = value(ada, TICKET)
  await ada.settle()
  site.clock.advance(11)
  expect(await sees(ada)).toMatchObject({ bound: 'bound' })
  const thief = withCookies(site, { [TICKET]: early })
  site.clock.advance(1000)
  expect(await sees(thief)).toMatchObject({ owner: 'ada', bound: 'none' })
})

test('DB-008: a proof is taken bare, as Chromium sends it, and as a structured field', async () => {
  const site = boundSite({ store: memoryStore() })
  const own = await keys()
  const ada = await registeredBy(site, own, 'ada')
  const proof = await proofBy(own, ada.challenge)
  for (const [name, text] of [
    [ada.name, proof],
    [`"${ada.name}"`, `"${proof}"`],
  ] as const) {
    const headers = { cookie: ada.cookie(), 'sec-secure-session-id': name, 'secure-session-response': text }
    expect((await proofless(site, 'refresh', headers)).status).toBe(200)
  }
})

tellsNothing(discretion)

// A browser by hand, for what no browser does.

type Pair = CryptoKeyPair
const keys = (): Promise<Pair> =>
  crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']) as Promise<Pair>

async function proofBy({ privateKey, publicKey }: Pair, jti: string, registers = false): Promise<string> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  const part = (each: object) => Buffer.from(JSON.stringify(each)).toString('base64url')
  const text = `${part({ alg: 'ES256', typ: 'dbsc+jwt', ...(registers && { jwk: { kty, crv, x, y } }) })}.${part({ jti })}`
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, Buffer.from(text))
  return `${text}.${Buffer.from(signature).toString('base64url')}`
}

async function registers(site: ReturnType<typeof boundSite>, cookie: string, proof: string) {
  const answer = await proofless(site, 'register', { cookie, 'secure-session-response': proof })
  return { status: answer.status, headers: answer.headers, body: answer.status === 200 ? await answer.json() : undefined }
}

async function registeredBy(site: ReturnType<typeof boundSite>, own: Pair, owner: string) {
  const who = site.plain()
  const signed = await who.get(`/in?${owner}`)
  const asked = /challenge="([^"]+)"/.exec(signed.headers.get('secure-session-registration') ?? '')?.[1] ?? ''
  const { headers, body } = await registers(site, `${TICKET}=${value(who, TICKET)}`, await proofBy(own, asked, true))
  for (const line of headers.getSetCookie()) who.plant(line)
  const challenge = /^"([^"]+)"/.exec(headers.get('secure-session-challenge') ?? '')?.[1] ?? ''
  const [ticket, bound] = [value(who, TICKET), value(who, BOUND)]
  return {
    asked,
    challenge,
    body,
    name: body?.session_identifier as string,
    ticket,
    bound,
    cookie: () => `${TICKET}=${ticket}; ${BOUND}=${bound}`,
  }
}

type Registered = Pick<Awaited<ReturnType<typeof registeredBy>>, 'name' | 'cookie'>
async function refreshedBy(site: ReturnType<typeof boundSite>, { name, cookie }: Registered, own: Pair, jti: string) {
  const proof = await proofBy(own, jti)
  return proofless(site, 'refresh', { cookie: cookie(), 'sec-secure-session-id': name, 'secure-session-response': proof })
}
