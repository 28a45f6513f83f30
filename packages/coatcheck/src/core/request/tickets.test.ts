import { describe, expect, test } from 'vitest'
import { clockFrom, DAY } from '../../../test/helpers/clock.ts'
import { tellsNothing } from '../../../test/helpers/discretion.ts'
import { COOKIE, discretion, type Person, type Site, site } from '../../../test/helpers/site.ts'
import { watched } from '../../../test/helpers/watched.ts'
import { clearCookie, writeCookie } from '../../cookies/cookie.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { AdapterOptions } from '../options/options.ts'
import { cookiesOf } from './tickets.ts'

const stored = (options: Partial<AdapterOptions> = {}): Site => {
  const clock = clockFrom()
  return site({ clock, store: memoryStore({ now: clock.now }), ...options })
}

const lines = (answer: Response) => answer.headers.getSetCookie()
const ask = (person: Person, headers: Record<string, string>) => ({
  get: () => person.asks((session) => Response.json(session.get('name') ?? null), { headers }).then((answer) => answer.json()),
})

async function named(s: Site, name: string): Promise<Person> {
  const person = s.person()
  await person.does((session) => session.set('name', name))
  return person
}

describe('the cookie', () => {
  test('is kept by the browser as long as the session can live, for this host and its server only', async () => {
    const [line] = lines(
      await stored()
        .person()
        .asks((session) => session.set('a', 1)),
    )
    expect(line?.replace(/=[\w-]+;/, '=…;')).toBe(`${COOKIE}=…; Max-Age=2592000; Path=/; HttpOnly; Secure; SameSite=Lax`)
  })

  test.each<[string, AdapterOptions['cookie'], string]>([
    ['until the browser closes', { persistent: false }, `${COOKIE}=…; Path=/; HttpOnly; Secure; SameSite=Lax`],
    ['strictly', { sameSite: 'strict' }, `${COOKIE}=…; Max-Age=2592000; Path=/; HttpOnly; Secure; SameSite=Strict`],
    [
      'inside other sites',
      { sameSite: 'none', partitioned: true },
      `${COOKIE}=…; Max-Age=2592000; Path=/; HttpOnly; Secure; SameSite=None; Partitioned`,
    ],
    [
      'for a part of several hosts',
      { name: '__Secure-sid', domain: 'app.test', path: '/shop' },
      '__Secure-sid=…; Max-Age=2592000; Domain=app.test; Path=/shop; HttpOnly; Secure; SameSite=Lax',
    ],
    ['over plain http', { name: 'sid', secure: false }, 'sid=…; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax'],
  ])('can be kept %s', async (_, cookie, expected) => {
    const s = stored(cookie ? { cookie } : {})
    const person = s.person()
    const [line] = lines(await person.asks((session) => session.set('a', 1), {}))
    expect(
      line
        ?.replace(/=[\w-]+;/, '=…;')
        .split('; ')
        .toSorted(),
    ).toEqual(expected.split('; ').toSorted())
    expect(person.browser.refused).toEqual([])
  })

  test('of a stored session is sent once, however much is changed', async () => {
    const s = stored()
    const ada = s.person()
    expect(lines(await ada.asks((session) => session.set('a', 1)))).toHaveLength(1)
    for (let i = 2; i < 5; i++) expect(lines(await ada.asks((session) => session.set('a', i)))).toEqual([])
    s.clock.advance(5 * DAY)
    expect(lines(await ada.asks((session) => session.get('a'))), 'sliding moves the record, not the cookie').toEqual([])
  })

  test('of a sealed session is sent with each change, and lasts as long as there is left', async () => {
    const s = site()
    const ada = s.person()
    await ada.does((session) => session.set('a', 1))
    expect(lines(await ada.asks((session) => session.get('a')))).toEqual([])
    s.clock.advance(DAY + 0.5)
    const [line] = lines(await ada.asks((session) => session.set('a', 2)))
    expect(line).toContain(`Max-Age=${29 * DAY};`)
  })

  test('promise 4: leaves other cookies of the response alone, and takes the place of any other of its name', async () => {
    const ada = await named(stored(), 'ada')
    const answer = await ada.asks((session) => {
      session.regenerateId()
      const headers = new Headers()
      headers.append('set-cookie', 'theme=dark; Path=/')
      headers.append('set-cookie', `${COOKIE}=old; Path=/; Secure; HttpOnly`)
      headers.append('set-cookie', `${COOKIE}.1=piece; Path=/; Secure; HttpOnly`)
      for (const name of [`${COOKIE}x`, `${COOKIE}.8`, `${COOKIE}.x`, 'other.1', `x${COOKIE}.1`])
        headers.append('set-cookie', `${name}=other; Path=/; Secure; HttpOnly`)
      headers.append('set-cookie', 'seen=1; Expires=Wed, 21 Nov 2029 08:00:00 GMT')
      return new Response('ok', { headers })
    })
    expect(lines(answer).map((line) => line.split(';')[0]?.replace(/=[\w-]{40,}/, '=…'))).toEqual([
      'theme=dark',
      `${COOKIE}x=other`,
      `${COOKIE}.8=other`,
      `${COOKIE}.x=other`,
      'other.1=other',
      `x${COOKIE}.1=other`,
      'seen=1',
      `${COOKIE}=…`,
    ])
  })

  test('promise 4: one line, the newest, however often the session changed its ticket in one request', async () => {
    const ada = await named(site(), 'ada')
    const answer = await ada.asks((session) => {
      session.set('a', 1)
      session.regenerateId()
      session.signIn('ada')
      session.signOut({ keep: ['name'] })
      session.set('b', 2)
    })
    expect(lines(answer)).toHaveLength(1)
    expect(await ada.does((session) => session.entries())).toEqual([
      ['name', 'ada'],
      ['b', 2],
    ])
  })

  test('is kept on a redirect, whose headers cannot be changed, and on a response without a body', async () => {
    const ada = stored().person()
    const redirect = await ada.asks((session) => {
      session.flash('notice', 'saved')
      return Response.redirect('https://app.test/there', 303)
    })
    expect([redirect.status, redirect.headers.get('location'), lines(redirect).length]).toEqual([
      303,
      'https://app.test/there',
      1,
    ])
    const empty = await ada.asks((session) => {
      session.regenerateId()
      return new Response(null, { status: 204 })
    })
    expect([empty.status, empty.body, lines(empty).length]).toEqual([204, null, 1])
  })

  test('goes with a stream, which is not read before it is sent', async () => {
    let pulled = 0
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++
          controller.enqueue(new TextEncoder().encode('part '))
          if (pulled === 3) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const answer = await stored()
      .person()
      .asks((session) => {
        session.set('a', 1)
        return new Response(stream)
      })
    expect([pulled, lines(answer).length]).toEqual([0, 1])
    expect(await answer.text()).toBe('part part part ')
  })
})

describe('several values under the cookie’s name', () => {
  test('that are the same count once', async () => {
    const s = stored()
    const ada = await named(s, 'ada')
    const cookie = `${COOKIE}=${ada.ticket}; ${COOKIE}=${ada.ticket}`
    expect(await ask(s.person(), { cookie }).get()).toBe('ada')
    expect(s.refusals).toEqual([])
  })

  test('of which one is ours: that one counts, and somebody is told', async () => {
    const s = stored()
    const ada = await named(s, 'ada')
    for (const cookie of [`${COOKIE}=junk; ${COOKIE}=${ada.ticket}`, `${COOKIE}=${ada.ticket}; ${COOKIE}=junk`]) {
      s.events.length = 0
      expect(await ask(s.person(), { cookie }).get()).toBe('ada')
      expect(s.refusals).toEqual([expect.stringMatching(/malformed|unknown-version/)])
    }
  })

  test.each<[string, () => Site]>([
    ['stored', stored],
    ['sealed', site],
  ])('of which two are different sessions of ours (%s): the visitor is nobody, and somebody is told', async (_, open) => {
    const s = open()
    const [ada, eve] = [await named(s, 'ada'), await named(s, 'eve')]
    const answer = await s.person().asks((session) => Response.json([session.isNew, session.keys()]), {
      headers: { cookie: `${COOKIE}=${eve.ticket}; ${COOKIE}=${ada.ticket}` },
    })
    expect(await answer.json()).toEqual([true, []])
    expect(lines(answer)).toEqual([])
    expect(s.refusals).toContain('duplicate')
    expect(await ask(ada, {}).get(), 'nobody lost anything').toBe('ada')
  })

  test('of which one session has ended: the other counts', async () => {
    const s = stored()
    const [ada, eve] = [await named(s, 'ada'), await named(s, 'eve')]
    const dead = eve.ticket
    await eve.does((session) => session.destroy())
    expect(await ask(s.person(), { cookie: `${COOKIE}=${dead}; ${COOKIE}=${ada.ticket}` }).get()).toBe('ada')
  })

  test('that are two seals of one session: the later one counts, in either order', async () => {
    const s = site()
    const ada = await named(s, 'old')
    const old = ada.ticket
    s.clock.advance(60)
    await ada.does((session) => session.set('name', 'new'))
    for (const cookie of [`${COOKIE}=${old}; ${COOKIE}=${ada.ticket}`, `${COOKIE}=${ada.ticket}; ${COOKIE}=${old}`])
      expect(await ask(s.person(), { cookie }).get()).toBe('new')
  })

  test('S13: are tried four at most that look like tickets, however many do not', async () => {
    const clock = clockFrom()
    const watch = watched(memoryStore({ now: clock.now }))
    const s = site({ clock, store: watch.store })
    const ada = await named(s, 'ada')
    const cookie = (junk: number) =>
      [...Array.from({ length: junk }, (_, at) => `${COOKIE}=${'junk'.repeat(8)}${at}`), `${COOKIE}=${ada.ticket}`].join('; ')
    expect(await ask(s.person(), { cookie: cookie(3) }).get()).toBe('ada')
    const short = Array.from({ length: 40 }, (_, at) => `${COOKIE}=junk${at}; `).join('')
    expect(await ask(s.person(), { cookie: short + cookie(3) }).get()).toBe('ada')
    watch.forget()
    expect(await ask(s.person(), { cookie: cookie(4) }).get()).toBeNull()
    expect(watch.calls).toEqual([])
  })
})

describe('a header that carries the ticket', () => {
  const open = (options: Partial<AdapterOptions> = {}) => stored({ header: 'x-session', ...options })

  /** A client without cookies. */
  const app = (s: Site) => {
    const person = s.person()
    let ticket = ''
    return {
      get ticket() {
        return ticket
      },
      async asks(act: Parameters<Person['asks']>[0], headers: Record<string, string> = { 'x-session': ticket }) {
        const answer = await person.asks(act, { headers: { cookie: '', ...headers } })
        ticket = answer.headers.get('x-session') ?? ticket
        return answer
      },
    }
  }

  test('begins with an empty one, comes back in the same, and is no cookie', async () => {
    const phone = app(open())
    const answer = await phone.asks((session) => session.set('name', 'ada'))
    expect(lines(answer)).toEqual([])
    expect(phone.ticket).toMatch(/^[\w-]{40,}$/)
    expect(await (await phone.asks((session) => Response.json(session.get('name')))).json()).toBe('ada')
  })

  test('is empty again when the session ends', async () => {
    const phone = app(open())
    await phone.asks((session) => session.set('name', 'ada'))
    const { ticket } = phone
    const answer = await phone.asks((session) => session.destroy())
    expect(answer.headers.get('x-session')).toBe('')
    expect(await (await phone.asks((session) => Response.json(session.isNew), { 'x-session': ticket })).json()).toBe(true)
  })

  test('is not used for a visitor who did not bring it', async () => {
    const s = open()
    const ada = s.person()
    const answer = await ada.asks((session) => session.set('name', 'ada'))
    expect([answer.headers.has('x-session'), lines(answer).length]).toEqual([false, 1])
    const later = await ada.asks((session) => session.regenerateId())
    expect([later.headers.has('x-session'), lines(later).length]).toEqual([false, 1])
  })

  test('counts before the cookie; one that opens nothing does not end the search', async () => {
    const s = open()
    const phone = app(s)
    await phone.asks((session) => session.set('name', 'phone'))
    const ada = await named(s, 'ada')
    expect(await ask(ada, { 'x-session': phone.ticket }).get()).toBe('phone')
    expect(await ask(ada, { 'x-session': 'junk' }).get()).toBe('ada')
    const answer = await ada.asks((session) => session.regenerateId(), { headers: { 'x-session': 'junk' } })
    expect([answer.headers.has('x-session'), lines(answer).length], 'the answer goes the way the ticket came').toEqual([false, 1])
  })

  test('and the cookie are two ways to the same session: a ticket fits both', async () => {
    const s = open()
    const ada = await named(s, 'ada')
    expect(await ask(s.person(), { 'x-session': ada.ticket ?? '' }).get()).toBe('ada')
  })

  test('can be the only way: no cookie is read or set', async () => {
    const s = open({ cookie: false })
    const phone = app(s)
    const answer = await phone.asks((session) => session.set('name', 'ada'), {})
    expect([lines(answer), phone.ticket.length > 40]).toEqual([[], true])
    expect(
      await ask(s.person(), { cookie: `${COOKIE}=${phone.ticket}; =${phone.ticket}; x-session=${phone.ticket}` }).get(),
    ).toBeNull()
    expect(answer.headers.get('vary')).toBe('x-session')
    expect(await ask(s.person(), { 'x-session': phone.ticket }).get()).toBe('ada')
  })

  test('longer than any ticket is refused before anybody looks at it', async () => {
    const s = open()
    expect(await ask(s.person(), { 'x-session': 'A'.repeat(8 * 4096 + 1) }).get()).toBeNull()
    expect(s.refusals).toEqual(['oversized'])
    expect(await ask(s.person(), { 'x-session': 'A'.repeat(8 * 4096) }).get()).toBeNull()
    expect(s.refusals[1]).not.toBe('oversized')
  })

  test('is part of what a cache must tell apart', async () => {
    const answer = await open()
      .person()
      .asks((session) => session.get('name'))
    expect(answer.headers.get('vary')).toBe('Cookie, x-session')
  })

  describe('named authorization', () => {
    const bearer = () => stored({ header: 'authorization' })
    const tokenOf = (answer: Response) => answer.headers.get('authorization')?.replace(/^Bearer /, '') ?? ''

    test('is a Bearer token, both ways, whatever the case of the word', async () => {
      const s = bearer()
      const answer = await s.person().asks((session) => session.set('name', 'ada'), { headers: { authorization: 'Bearer ' } })
      expect(answer.headers.get('authorization')).toMatch(/^Bearer [\w-]{40,}$/)
      expect(lines(answer)).toEqual([])
      const token = tokenOf(answer)
      discretion.hide(token)
      for (const word of ['Bearer', 'bearer', 'BEARER'])
        expect(await ask(s.person(), { authorization: `${word} ${token}` }).get()).toBe('ada')
      const end = await s.person().asks((session) => session.destroy(), { headers: { authorization: `Bearer ${token}` } })
      expect(end.headers.get('authorization')).toBe('')
    })

    test('of another kind is none of ours: it is no refused ticket, and a browser gets its cookie', async () => {
      const s = bearer()
      const ada = s.person()
      const headers = { authorization: 'Basic YWRhOmh1c2g=' }
      const answer = await ada.asks((session) => session.set('name', 'ada'), { headers })
      expect(s.refusals).toEqual([])
      expect([lines(answer).length, answer.headers.has('authorization')]).toEqual([1, false])
      expect(await ask(ada, headers).get()).toBe('ada')
    })
  })
})

describe('promise 14: a sealed session that grows', () => {
  const name = (length: number) => '__Host-Http-'.padEnd(length, 's')
  const sealed = (options: Partial<AdapterOptions> = {}) => site({ cookie: { name: name(20) }, ...options })
  const bytes = (line: string | undefined) => line?.split(';')[0]?.length

  /** How many letters make a cookie of a name of 20 characters 4096 bytes long: a value of 4076. */
  async function letters(): Promise<number> {
    const probe = await sealed()
      .person()
      .asks((session) => session.set('text', ''))
    const empty = (lines(probe)[0]?.split(';')[0]?.length ?? 0) - 21
    return ((4076 - (empty - (empty % 4))) / 4) * 3 - (empty % 4 === 0 ? 0 : (empty % 4) - 1)
  }

  test('fits to the last byte: 4096, which browsers keep; one more is an error before anything is sent', async () => {
    const count = await letters()
    const fits = sealed()
    const ada = fits.person()
    const answer = await ada.asks((session) => session.set('text', 'x'.repeat(count)))
    expect(bytes(lines(answer)[0]), '"=" is not counted').toBe(4097)
    expect(ada.browser.refused).toEqual([])
    expect(await ada.does((session) => session.get('text'))).toBe('x'.repeat(count))

    const over = site({ cookie: { name: name(21) } }).person()
    await expect(over.does((session) => session.set('text', 'x'.repeat(count)))).rejects.toMatchObject({
      code: 'COOKIE_TOO_LARGE',
      message: expect.stringMatching(/4097 bytes.*"text" \(\d+ characters\)/),
    })
  })

  test('keeps what it was when it grew too large', async () => {
    const ada = sealed().person()
    await ada.does((session) => session.set('name', 'ada'))
    const { ticket } = ada
    await expect(ada.does((session) => session.set('big', 'x'.repeat(5000)))).rejects.toMatchObject({ code: 'COOKIE_TOO_LARGE' })
    expect(ada.ticket).toBe(ticket)
    expect(await ada.does((session) => session.entries())).toEqual([['name', 'ada']])
  })

  test('names a flash value too, when that is what is large', async () => {
    await expect(
      sealed()
        .person()
        .does((session) => session.flash('report', 'x'.repeat(6000))),
    ).rejects.toMatchObject({ code: 'COOKIE_TOO_LARGE', message: expect.stringContaining('"report"') })
  })

  test('is spread over cookies when asked for, each of which fits, and over no more than needed', async () => {
    const count = await letters()
    const ada = sealed({ chunks: true }).person()
    expect(lines(await ada.asks((session) => session.set('text', 'x'.repeat(count))))).toHaveLength(1)
    expect(lines(await ada.asks((session) => session.set('text', 'x'.repeat(count + 1))))).toHaveLength(2)
    const six = await ada.asks((session) => session.set('text', 'y'.repeat(6100)))
    expect(lines(six).map((line) => line.split('=')[0])).toEqual([name(20), `${name(20)}.1`, `${name(20)}.2`])
    for (const line of lines(six)) expect(line).toMatch(/; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    expect(ada.browser.refused).toEqual([])
    expect(await ada.does((session) => session.get('text'))).toBe('y'.repeat(6100))
  })

  test('takes its pieces away when it gets smaller, and all of them when it ends', async () => {
    const ada = sealed({ chunks: true }).person()
    await ada.does((session) => session.set('text', 'x'.repeat(9200)))
    expect(ada.browser.cookies()).toHaveLength(4)
    await ada.does((session) => session.set('text', 'x'.repeat(4000)))
    expect(ada.browser.cookies()).toHaveLength(2)
    await ada.does((session) => session.set('text', 'x'))
    expect(ada.browser.cookies()).toHaveLength(1)
    await ada.does((session) => session.set('text', 'x'.repeat(9200)))
    await ada.does((session) => session.destroy())
    expect(ada.browser.cookies()).toEqual([])
  })

  test('of which a piece is missing or from another time is nobody’s, and told', async () => {
    const s = sealed({ chunks: true })
    const ada = s.person()
    await ada.does((session) => session.set('text', 'x'.repeat(9200)))
    const first = ada.browser.cookies()
    s.clock.advance(60)
    await ada.does((session) => session.set('text', 'z'.repeat(9200)))
    const second = ada.browser.cookies()
    const header = (cookies: typeof first) => cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    const read = async (cookie: string) => {
      s.events.length = 0
      const value = await s.person().does((session) => session.get('text') as string | undefined, { headers: { cookie } })
      return [value?.[0], s.refusals]
    }
    expect(await read(header(first))).toEqual(['x', []])
    expect(await read(header(first.slice(0, 3)))).toEqual([undefined, ['bad-chunks']])
    expect(await read(header([...first.slice(0, 2), ...second.slice(2)]))).toEqual([undefined, ['forged']])
    expect(await read(header(first.slice(1)))).toEqual([undefined, []])
    expect(await read(header(second.toReversed()))).toEqual(['z', []])
  })

  test('past eight cookies is an error all the same', async () => {
    await expect(
      sealed({ chunks: true })
        .person()
        .does((session) => session.set('text', 'x'.repeat(25_000))),
    ).rejects.toMatchObject({ code: 'COOKIE_TOO_LARGE', fix: expect.stringContaining('store') })
  })
})

tellsNothing(discretion)

describe('for frameworks that set cookies by a call', () => {
  test.each<[string, Partial<AdapterOptions>]>([
    ['as created', {}],
    ['until the browser closes, for every host of a domain', { cookie: { name: 'a', persistent: false, domain: 'a.test' } }],
    ['inside other sites', { cookie: { name: '__Secure-a', path: '/a', sameSite: 'none', partitioned: true } }],
  ])('a cookie says the same as its line: %s', async (_, options) => {
    const answered = await stored(options)
      .person()
      .asks((session) => session.set('a', 1))
    const [line = ''] = lines(answered)
    const [cookie, ...rest] = cookiesOf([
      ['set-cookie', line],
      ['x-session', 'a ticket in a header is no cookie'],
    ])
    expect(rest).toEqual([])
    const { name, value, attributes } = cookie ?? { name: '', value: '', attributes: {} }
    expect(writeCookie(name, value, attributes)).toEqual([line])
  })

  test('one that clears is empty, and has an end in the past', () => {
    const [line = ''] = clearCookie('a', { path: '/', secure: true, sameSite: 'strict' })
    const attributes = { path: '/', secure: true, sameSite: 'strict', maxAge: 0, expires: new Date(0) }
    expect(cookiesOf([['set-cookie', line]])).toEqual([{ name: 'a', value: '', attributes }])
  })
})
