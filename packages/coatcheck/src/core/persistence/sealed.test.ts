import { describe, expect, test } from 'vitest'
import { clockFrom, DAY, HOUR } from '../../../test/helpers/clock.ts'
import { HUSH, tellsNothing } from '../../../test/helpers/discretion.ts'
import { COOKIE, discretion, NEWER_SECRET, type Person, SECRET, type Site, site } from '../../../test/helpers/site.ts'
import { createKeyring } from '../../crypto/keyring.ts'
import { webPrimitives } from '../../crypto/on-web.ts'

const lines = (answer: Response) => answer.headers.getSetCookie()

async function guest(s: Site, values: Record<string, unknown> = { name: 'ada' }): Promise<Person> {
  const person = s.person()
  await person.does((session) => Object.assign(session.data, values))
  return person
}

/** A browser that holds this ticket. */
function holding(s: Site, ticket: string | undefined): Person {
  const person = s.person()
  person.browser.plant(`${COOKIE}=${ticket}; Path=/; Secure; HttpOnly; Max-Age=34560000`)
  return person
}

describe('a session sealed in its ticket', () => {
  test('can be read by nobody but the server', async () => {
    const ada = await guest(site(), { note: HUSH, when: new Date(0) })
    const bytes = Buffer.from(ada.ticket ?? '', 'base64url')
    expect(bytes.includes(HUSH)).toBe(false)
    expect(bytes.includes('note')).toBe(false)
    expect(bytes.includes('format')).toBe(false)
  })

  test('never looks the same twice, whatever it holds', async () => {
    const s = site()
    const tickets = await Promise.all(Array.from({ length: 20 }, async () => (await guest(s)).ticket))
    const nonces = tickets.map((ticket) =>
      Buffer.from(ticket ?? '', 'base64url')
        .subarray(5, 29)
        .toString('hex'),
    )
    expect(new Set(nonces).size).toBe(20)
  })

  test('costs what a cookie may: 306 bytes of values make a ticket of less than 540', async () => {
    const ada = await guest(site(), { text: 'x'.repeat(293) })
    expect(ada.ticket?.length).toBeLessThan(540)
  })

  test('is one session from its first change to its last, and another after a new id', async () => {
    const ada = await guest(site())
    const handle = await ada.does((session) => session.handle)
    await ada.does((session) => session.set('a', 1))
    expect(await ada.does((session) => session.handle)).toBe(handle)
    await ada.does((session) => session.regenerateId())
    expect(await ada.does((session) => session.handle)).not.toBe(handle)
  })

  test('counts under the name of its own cookie only', async () => {
    const one = site({ cookie: { name: 'one' } })
    const two = site({ cookie: { name: 'two' }, clock: one.clock })
    const ada = await guest(one)
    const person = two.person()
    person.browser.plant(`two=${ada.ticket}; Path=/; Secure; HttpOnly`)
    expect(await person.does((session) => session.isNew)).toBe(true)
    expect(two.refusals).toEqual(['forged'])
  })
})

describe('promise 5: both timeouts are inside', () => {
  test('a replayed ticket is refused after the idle time, whatever the browser was told', async () => {
    const s = site({ idleTimeout: HOUR, absoluteTimeout: DAY })
    const ada = await guest(s)
    s.clock.advance(HOUR - 0.001)
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
    s.clock.advance(HOUR)
    expect(await ada.does((session) => session.isNew)).toBe(true)
    expect(s.refusals).toEqual(['idle-expired'])
  })

  test('a ticket that is used all the time ends at its absolute end, to the millisecond', async () => {
    const s = site({ idleTimeout: HOUR, absoluteTimeout: DAY })
    const ada = await guest(s)
    const began = s.clock.now()
    let slides = 0
    let ticket = ada.ticket
    while (s.clock.now() < began + DAY * 1000 - 60_000) {
      s.clock.advance(60)
      const person = holding(s, ticket)
      const answer = await person.asks((session) => Response.json(session.get('name') ?? null))
      expect(await answer.json()).toBe('ada')
      slides += lines(answer).length
      ticket = person.ticket
    }
    expect(slides).toBeLessThanOrEqual((DAY / HOUR) * 2)
    s.clock.advance(59.999)
    expect(await holding(s, ticket).does((session) => session.get('name'))).toBe('ada')
    s.clock.advance(0.001)
    expect(await holding(s, ticket).does((session) => session.get('name'))).toBeUndefined()
    expect(s.refusals).toEqual(['absolute-expired'])
  })

  test.each<[string | undefined, boolean]>([
    [undefined, true],
    ['navigate', true],
    ['cors', false],
    ['no-cors', false],
    ['same-origin', false],
    ['websocket', false],
  ])(
    'a request of mode %s that only reads slides: %s (sending the whole ticket again could undo a parallel write)',
    async (mode, slides) => {
      const s = site({ idleTimeout: HOUR, absoluteTimeout: DAY })
      const ada = await guest(s)
      s.clock.advance(HOUR * 0.6)
      const headers: Record<string, string> = mode === undefined ? {} : { 'sec-fetch-mode': mode }
      expect(lines(await ada.asks((session) => session.get('name'), { headers }))).toHaveLength(slides ? 1 : 0)
      expect(lines(await ada.asks((session) => session.set('a', 1), { headers })), 'a change is always sent').toHaveLength(1)
    },
  )

  test('a clock that went back is borne for a minute, not longer', async () => {
    const s = site()
    s.clock.advance(3600)
    const ada = await guest(s)
    s.clock.advance(-60)
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
    s.clock.advance(-0.001)
    expect(await ada.does((session) => session.isNew)).toBe(true)
    expect(s.refusals).toEqual(['clock-skew'])
  })
})

describe('promise 6: a ticket sealed with the right key by something that is not this library', () => {
  const now = clockFrom().now()
  const life = [now, now + DAY * 1000, now + HOUR * 1000]
  const content = (more: object = {}) => JSON.stringify({ format: 1, id: 'someone', life, writes: [], data: {}, ...more })
  const sealed = async (text: string) => createKeyring([SECRET]).seal('session', [COOKIE], text)

  test('(a good one, to begin with)', async () => {
    const s = site()
    expect(await holding(s, await sealed(content())).does((session) => [session.isNew, session.handle])).toEqual([
      false,
      'someone',
    ])
  })

  test.each<[string, string]>([
    ['no JSON', 'hello'],
    ['a JSON text', '"hello"'],
    ['null', 'null'],
    ['no format', content({ format: undefined })],
    ['no id', content({ id: undefined })],
    ['an id that is a number', content({ id: 7 })],
    ['no times', content({ life: undefined })],
    ['times that are an object', content({ life: { createdAt: now } })],
    ['one time too few', content({ life: life.slice(0, 2) })],
    ['an end of 2^53', content({ life: [now, 2 ** 53, now + 1] })],
    ['an end of -1', content({ life: [now, -1, now + 1] })],
    ['an end of null', content({ life: [now, null, now + 1] })],
    ['an end in words', content({ life: [now, 'tomorrow', now + 1] })],
    ['an idle end after the end', content({ life: [now, now + 5, now + 6] })],
    ['values that are a list', content({ data: [] })],
    ['no values', content({ data: undefined })],
    ['an owner that is a list', content({ owner: ['ada'] })],
    ['a pointer', content({ to: { kind: 'renew', key: 'f'.repeat(64) } })],
  ])('with %s: the visitor is a stranger', async (_, text) => {
    const s = site()
    const answer = await holding(s, await sealed(text)).asks((session) =>
      Response.json([session.isNew, session.owner ?? null, session.keys()]),
    )
    expect(await answer.json()).toEqual([true, null, []])
    expect([lines(answer), s.refusals]).toEqual([[], ['corrupt']])
  })

  test('of a newer release is told apart', async () => {
    const s = site()
    expect(await holding(s, await sealed(content({ format: 2 }))).does((session) => session.isNew)).toBe(true)
    expect(s.refusals).toEqual(['unknown-version'])
  })

  test('nested a hundred thousand deep never breaks a request: not reading, not writing', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const text = `{"format":1,"id":"someone","life":${JSON.stringify(life)},"writes":[],"data":{"deep":{"v":${deep}}}}`
    const s = site({ header: 'x-session', cookie: false })
    const headers = { 'x-session': await createKeyring([SECRET]).seal('session', ['x-session'], text) }
    const person = s.person()
    await person.does((session) => [session.isNew, session.keys(), session.get('deep')], { headers })
    const write = await person
      .does((session) => session.set('other', 1), { headers })
      .then(() => 'stored')
      .catch((error: { code?: string }) => error.code)
    expect(['stored', 'COOKIE_TOO_LARGE', 'RECORD_TOO_LARGE']).toContain(write)
  })

  test('with the key __proto__ pollutes nothing', async () => {
    const s = site()
    const text = `${content().slice(0, -1)},"__proto__":{"admin":true}}`.replace(
      '"data":{}',
      '"data":{"__proto__":{"v":{"admin":true}}}',
    )
    const seen = await holding(s, await sealed(text)).does((session) => [
      session.get('admin'),
      (session.data as { admin?: unknown }).admin,
    ])
    expect(seen).toEqual([undefined, undefined])
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })
})

describe('promise 10: secrets rotate', () => {
  test('a ticket of the old secret is read, left alone by reading, and sealed anew by the next change or slide', async () => {
    const clock = clockFrom()
    const [before, during, after] = [SECRET, [NEWER_SECRET, SECRET], NEWER_SECRET].map((secrets) => site({ clock, secrets }))
    if (!before || !during || !after) throw new Error('three sites')
    const [ada, eve, kay] = [await guest(before), await guest(before), await guest(before)]
    const [changed, slid, idle] = [ada, eve, kay].map((person) => holding(during, person.ticket))
    if (!changed || !slid || !idle) throw new Error('three people')
    expect(lines(await changed.asks((session) => session.get('name')))).toEqual([])
    await changed.does((session) => session.set('a', 1))
    clock.advance(4 * DAY)
    await slid.does((session) => session.get('name'))
    const read = (person: Person) => holding(after, person.ticket).does((session) => session.get('name'))
    expect(await Promise.all([changed, slid, idle].map(read))).toEqual(['ada', 'ada', undefined])
    expect(after.refusals).toEqual(['unknown-key'])
    expect(during.refusals).toEqual([])
  })
})

describe('where there is no node:crypto', () => {
  const web = (secrets: string[] = [SECRET]) => ({ keyring: createKeyring(secrets, webPrimitives) })

  test('all is the same, and tickets go both ways', async () => {
    const clock = clockFrom()
    const [here, there] = [site({ clock }, web()), site({ clock })]
    const ada = await guest(here)
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
    const moved = holding(there, ada.ticket)
    await moved.does((session) => session.set('a', 1))
    const back = holding(here, moved.ticket)
    expect(await back.does((session) => session.entries())).toEqual([
      ['name', 'ada'],
      ['a', 1],
    ])
    await back.does((session) => session.signIn('ada'))
    expect(await back.does((session) => session.owner)).toBe('ada')
    await back.does((session) => session.destroy())
    expect(back.ticket).toBeUndefined()
  })

  test('what is too large fails the request, and a forged ticket is a stranger’s', async () => {
    const s = site({}, web())
    const ada = await guest(s)
    await expect(ada.does((session) => session.set('big', 'x'.repeat(5000)))).rejects.toMatchObject({ code: 'COOKIE_TOO_LARGE' })
    expect(await ada.does((session) => session.keys())).toEqual(['name'])
    const bytes = Buffer.from(ada.ticket ?? '', 'base64url')
    bytes[40] = (bytes[40] ?? 0) ^ 1
    expect(await holding(s, bytes.toString('base64url')).does((session) => session.isNew)).toBe(true)
    expect(s.refusals).toEqual(['forged'])
  })
})

describe('what a cookie cannot promise, and the docs say', () => {
  test('promise 1 does not hold: of two requests at once the last answer wins', async () => {
    const ada = await guest(site())
    const [one, two] = [await ada.begins((session) => session.set('a', 1)), await ada.begins((session) => session.set('b', 2))]
    one.arrive()
    two.arrive()
    expect(await ada.does((session) => session.keys())).toEqual(['name', 'b'])
  })

  test('promise 2 holds in the browser only: a copied ticket still opens the session, and a late answer brings it back', async () => {
    const ada = await guest(site())
    const thief = ada.thief()
    const slow = await ada.begins((session) => session.set('a', 1))
    await ada.does((session) => session.destroy())
    expect(ada.ticket).toBeUndefined()
    expect(await thief.does((session) => session.get('name'))).toBe('ada')
    slow.arrive()
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
  })
})

tellsNothing(discretion)
