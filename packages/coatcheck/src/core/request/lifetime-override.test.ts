import { describe, expect, test } from 'vitest'
import { clockFrom, DAY, HOUR } from '../../../test/helpers/clock.ts'
import { COOKIE, SECRET } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import { createJar, type Jar } from '../../testing/index.ts'
import { adapterOf, sessionsOf } from '../sessions.ts'
import type { Commit } from './lifetime-override.ts'
import type { RequestSession } from './request-session.ts'

const kinds = ['stored', 'sealed'] as const

/** A framework that commits by call, in front of one browser. */
function framework(kind: (typeof kinds)[number]) {
  const clock = clockFrom()
  const jar: Jar = createJar({ now: clock.now })
  const options = {
    secrets: SECRET,
    now: clock.now,
    cookie: { persistent: false },
    ...(kind === 'stored' && { store: memoryStore() }),
  }
  const adapter = adapterOf(sessionsOf(options))
  return {
    clock,
    jar,
    async request<T>(
      act: (requestSession: RequestSession) => T | Promise<T>,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<T> {
      const cookie = jar.header('https://a.example/')
      const requestSession = adapter.detached({ get: (name) => (name === 'cookie' ? cookie || null : (headers[name] ?? null)) })
      await requestSession.open()
      const value = await act(requestSession)
      for (const [, line] of requestSession.lines) jar.set(line, 'https://a.example/')
      return value
    },
  }
}

const commit =
  (how: Commit, change: (requestSession: RequestSession) => void = () => {}) =>
  async (requestSession: RequestSession) => {
    change(requestSession)
    return requestSession.commit(how)
  }
const set = (key: string) => (requestSession: RequestSession) => requestSession.session?.set(key, 1)
const knows = (requestSession: RequestSession) => requestSession.session?.keys()

describe.each(kinds)('a %s session whose commit says how long it lasts', (kind) => {
  test('ends then, where it would have gone on, and its cookie with it', async () => {
    const { request, clock } = framework(kind)
    const { send } = await request(commit({ maxAge: 3600 }, set('a')))
    expect(send[0]?.[1]).toContain('Max-Age=3600')
    clock.advance(HOUR - 1)
    expect(await request(knows)).toEqual(['a'])
    clock.advance(2)
    expect(await request(knows)).toEqual([])
  })

  test('D1: a script that only reads does not move an end that the cookie does not follow: the next page does', async () => {
    const { request, clock } = framework(kind)
    await request(commit({ maxAge: 3600 }, set('a')))
    clock.advance(2100)
    expect(await request(commit({}), { 'sec-fetch-mode': 'cors' })).toMatchObject({ plan: 'nothing', send: [] })
    clock.advance(60)
    expect((await request(commit({}))).send[0]?.[1]).toContain('Max-Age=3600')
    clock.advance(3500)
    expect(await request(knows)).toEqual(['a'])
  })

  test('keeps its cookie through a restart of the browser, also after a later commit that says nothing', async () => {
    const { request } = framework(kind)
    await request(commit({ maxAge: 90 * DAY }, set('a')))
    const { send } = await request(commit({}, (requestSession) => requestSession.session?.regenerateId()))
    expect(send[0]?.[1]).toContain(`Max-Age=${90 * DAY}`)
  })

  test('lasts longer than others may, and keeps to it when a later commit says nothing', async () => {
    const { request, clock } = framework(kind)
    await request(commit({ maxAge: 90 * DAY }, set('a')))
    clock.advance(60 * DAY)
    await request(commit({}, set('b')))
    clock.advance(29 * DAY)
    expect(await request(knows)).toEqual(['a', 'b'])
  })

  test('is made to last by a sign-in that remembers its visitor', async () => {
    const { request, clock } = framework(kind)
    await request(commit({}, set('cart')))
    await request(commit({ maxAge: 200 * DAY }, set('user')))
    clock.advance(199 * DAY)
    expect(await request(knows)).toEqual(['cart', 'user'])
  })

  test('takes a date as well', async () => {
    const { request, clock } = framework(kind)
    await request(commit({ expires: new Date(clock.now() + HOUR * 1000) }, set('a')))
    clock.advance(HOUR + 1)
    expect(await request(knows)).toEqual([])
  })

  test('is over at once when its end is not in the future', async () => {
    const { request, jar } = framework(kind)
    await request(commit({}, set('a')))
    await request(commit({ maxAge: 0 }))
    expect(jar.all()).toEqual([])
    expect(await request(knows)).toEqual([])
  })

  test.each<[string, Commit]>([
    ['NaN', { maxAge: Number.NaN }],
    ['null', { maxAge: null as unknown as number }],
    ['no text of a number', { maxAge: 'an hour' as unknown as number }],
    ['an invalid date', { expires: new Date('tomorrow') }],
  ])('is not ended in silence by a time that is none: %s', async (_, how) => {
    const { request } = framework(kind)
    await request(commit({}, set('a')))
    await request(commit(how)).catch((error) => expect(error.code).toBe('BAD_OPTIONS'))
    expect(await request(knows)).toEqual(['a'])
  })

  test('goes on in the browser too while it is used, when later commits say nothing', async () => {
    const { request, clock } = framework(kind)
    await request(commit({ maxAge: HOUR }, set('a')))
    for (let n = 0; n < 5; n++) {
      clock.advance(HOUR * 0.75)
      await request(commit({}, (requestSession) => requestSession.session?.update('n', (before) => Number(before ?? 0) + 1)))
    }
    expect(await request((requestSession) => requestSession.session?.get('n'))).toBe(5)
  })

  test('goes on in the browser too while it is only read', async () => {
    const { request, clock } = framework(kind)
    await request(commit({ maxAge: HOUR }, set('a')))
    for (let n = 0; n < 5; n++) {
      clock.advance(HOUR * 0.75)
      await request(commit({}))
    }
    expect(await request(knows)).toEqual(['a'])
  })

  test('ends at the shorter time that a later commit gives, whoever uses it meanwhile', async () => {
    const { request, clock } = framework(kind)
    await request(commit({ maxAge: 90 * DAY }, set('a')))
    await request(commit({ maxAge: HOUR }))
    clock.advance(HOUR - 60)
    expect(await request(knows)).toEqual(['a'])
    clock.advance(61)
    expect(await request(knows)).toEqual([])
  })

  test('is kept up by commits that give the same time again and again, for years', async () => {
    const { request, clock } = framework(kind)
    await request(commit({ maxAge: 40 * DAY }, set('a')))
    for (let month = 0; month < 30; month++) {
      clock.advance(30 * DAY)
      const { send } = await request(commit({ maxAge: 40 * DAY }))
      expect(send).toHaveLength(1)
    }
    expect(await request(knows)).toEqual(['a'])
  })

  test('may be given a time commit after commit in one request: the last one counts', async () => {
    const { request, clock } = framework(kind)
    await request(async (requestSession) => {
      set('a')(requestSession)
      for (const maxAge of [90 * DAY, HOUR, 90 * DAY, 2 * HOUR]) await requestSession.commit({ maxAge })
      expect(requestSession.lines).toHaveLength(1)
      expect(requestSession.lines[0]?.[1]).toContain(`Max-Age=${2 * HOUR}`)
    })
    clock.advance(2 * HOUR - 1)
    expect(await request(knows)).toEqual(['a'])
    clock.advance(2)
    expect(await request(knows)).toEqual([])
  })

  test('may be given a time and ended in one commit, and is ended', async () => {
    const { request, jar } = framework(kind)
    await request(commit({}, set('a')))
    await request(commit({ maxAge: 90 * DAY }, (requestSession) => requestSession.session?.destroy()))
    expect(jar.all()).toEqual([])
    expect(await request(knows)).toEqual([])
  })

  test('that is signed in with a time of its own keeps it through a new id', async () => {
    const { request, clock } = framework(kind)
    await request(commit({}, set('cart')))
    await request(commit({ maxAge: 90 * DAY }, (requestSession) => requestSession.session?.signIn('ada')))
    clock.advance(50 * DAY)
    await request(commit({}, (requestSession) => requestSession.session?.regenerateId()))
    clock.advance(39 * DAY)
    expect(await request((requestSession) => [requestSession.session?.owner, requestSession.session?.keys()])).toEqual([
      'ada',
      ['cart'],
    ])
  })

  test('that begins anew after an end lasts as all do, not as the one before', async () => {
    const { request, clock } = framework(kind)
    await request(commit({ maxAge: 90 * DAY }, set('a')))
    await request(commit({}, (requestSession) => requestSession.session?.signOut({ keep: ['a'] } as never)))
    clock.advance(31 * DAY)
    expect(await request(knows)).toEqual([])
  })

  test('has the attributes of one commit also on the line that clears it', async () => {
    const { request } = framework(kind)
    await request(commit({}, set('a')))
    const { send } = await request(
      commit({ attributes: { sameSite: 'none' } }, (requestSession) => requestSession.session?.destroy()),
    )
    expect(send[0]?.[1]).toContain('SameSite=None')
  })

  test('may be given other attributes by a second commit that changes nothing', async () => {
    const { request } = framework(kind)
    await request(async (requestSession) => {
      set('a')(requestSession)
      await requestSession.commit()
      await requestSession.commit({ attributes: { sameSite: 'strict' } })
      expect(requestSession.lines).toHaveLength(1)
      expect(requestSession.lines[0]?.[1]).toContain('SameSite=Strict')
    })
    expect(await request(knows)).toEqual(['a'])
  })

  test('is not begun by that alone', async () => {
    const { request, jar } = framework(kind)
    expect((await request(commit({ maxAge: 60 }))).plan).toBe('nothing')
    expect(jar.all()).toEqual([])
  })
})

describe.each(kinds)('what adapters may ask of a %s session', (kind) => {
  test('begin: it is there although it is empty', async () => {
    const { request, jar } = framework(kind)
    await request(commit({}, (requestSession) => requestSession.session?.begin()))
    expect(jar.all().map(({ name }) => name)).toEqual([COOKIE])
    expect(await request((requestSession) => requestSession.session?.isNew)).toBe(false)
    expect((await request(commit({}, (requestSession) => requestSession.session?.begin()))).plan).toBe('nothing')
  })

  test('renew: a new id, and its time begins again', async () => {
    const { request, clock } = framework(kind)
    await request(commit({}, set('a')))
    const before = await request((requestSession) => [requestSession.session?.handle, requestSession.session?.createdAt] as const)
    clock.advance(6 * DAY)
    await request(commit({}, (requestSession) => requestSession.session?.renew()))
    const after = await request((requestSession) => [requestSession.session?.handle, requestSession.session?.createdAt] as const)
    expect(after[0]).not.toBe(before[0])
    expect(after[1]).toBe(Number(before[1]) + 6 * DAY * 1000)
  })

  test('replace: the values become these, and what is the same is no change', async () => {
    const { request } = framework(kind)
    await request(commit({}, (requestSession) => requestSession.session?.replace({ a: 1, b: { c: [2] } })))
    expect((await request(commit({}, (requestSession) => requestSession.session?.replace({ a: 1, b: { c: [2] } })))).plan).toBe(
      'nothing',
    )
    await request(commit({}, (requestSession) => requestSession.session?.replace({ b: 3 })))
    expect(await request((requestSession) => ({ ...requestSession.session?.data }))).toEqual({ b: 3 })
  })

  test('patch: what it returns is set, what it changes in place too', async () => {
    const { request } = framework(kind)
    await request(commit({}, (requestSession) => requestSession.session?.replace({ n: 1, cart: ['hat'], kept: true })))
    await request(commit({}, (requestSession) => requestSession.session?.patch((data) => ({ n: Number(data.n) + 1 }))))
    await request(
      commit({}, (requestSession) => requestSession.session?.patch((data) => void (data.cart as string[]).push('coat'))),
    )
    expect(await request((requestSession) => ({ ...requestSession.session?.data }))).toEqual({
      n: 2,
      cart: ['hat', 'coat'],
      kept: true,
    })
  })

  test('flashKeys: what can be read', async () => {
    const { request } = framework(kind)
    await request(
      commit({}, (requestSession) => {
        requestSession.session?.flash('a', 1)
        requestSession.session?.flash('b', 2)
      }),
    )
    await request(
      commit({}, (requestSession) => {
        expect(requestSession.session?.flashKeys()).toEqual(['a', 'b'])
        requestSession.session?.flash('a')
        requestSession.session?.flash('c', 3)
        expect(requestSession.session?.flashKeys()).toEqual(['b', 'c'])
      }),
    )
    expect(await request((requestSession) => requestSession.session?.flashKeys())).toEqual(['b', 'c'])
  })

  test('ticket: the secret that opens it, held or given', async () => {
    const { request, jar } = framework(kind)
    expect(await request((requestSession) => requestSession.ticket)).toBeUndefined()
    const given = await request(async (requestSession) => {
      set('a')(requestSession)
      await requestSession.commit()
      return requestSession.ticket
    })
    expect(jar.all()[0]?.value).toBe(given)
    expect(await request((requestSession) => requestSession.ticket)).toBe(given)
    const ended = await request(async (requestSession) => {
      requestSession.session?.destroy()
      await requestSession.commit()
      return requestSession.ticket
    })
    expect(ended).toBeUndefined()
  })

  test('other attributes for one line only', async () => {
    const { request } = framework(kind)
    const { send } = await request(commit({ attributes: { sameSite: 'strict' } }, set('a')))
    expect(send[0]?.[1]).toContain('SameSite=Strict')
    expect((await request(commit({}, set('b')))).send.join()).not.toContain('Strict')
  })
})

describe.each(kinds)('begin of a %s session', (kind) => {
  const begin = (requestSession: RequestSession) => requestSession.session?.begin()

  test('after destroy is refused as any change is', async () => {
    const { request } = framework(kind)
    await request(commit({}, set('a')))
    await request(async (requestSession) => {
      requestSession.session?.destroy()
      expect(() => begin(requestSession)).toThrow(expect.objectContaining({ code: 'ENDED' }))
      await requestSession.commit()
    })
    expect(await request((requestSession) => requestSession.session?.isNew)).toBe(true)
  })

  test('after afresh makes an empty session of another name', async () => {
    const { request } = framework(kind)
    await request(commit({}, set('a')))
    const before = await request((requestSession) => requestSession.session?.handle)
    const { plan } = await request(commit({}, (requestSession) => requestSession.afresh().begin()))
    expect(plan).toBe('end+create')
    const after = await request((requestSession) => [
      requestSession.session?.handle,
      requestSession.session?.keys(),
      requestSession.session?.isNew,
    ])
    expect(after).toEqual([expect.any(String), [], false])
    expect(after[0]).not.toBe(before)
  })

  test('and the end of it in one request leaves nothing', async () => {
    const { request, jar } = framework(kind)
    await request(
      commit({}, (requestSession) => {
        begin(requestSession)
        requestSession.session?.destroy()
      }),
    )
    expect(jar.all()).toEqual([])
  })

  test('and the end of it commit after commit leaves nothing either', async () => {
    const { request, jar } = framework(kind)
    await request(async (requestSession) => {
      begin(requestSession)
      await requestSession.commit()
      requestSession.session?.destroy()
      await requestSession.commit()
      expect(requestSession.lines.every(([, line]) => line.includes('Max-Age=0'))).toBe(true)
    })
    expect(jar.all()).toEqual([])
  })

  test('with a new id wished for makes one session', async () => {
    const { request, jar } = framework(kind)
    const { plan } = await request(
      commit({}, (requestSession) => {
        begin(requestSession)
        requestSession.session?.renew()
        requestSession.session?.regenerateId()
      }),
    )
    expect([plan, jar.all().length]).toEqual(['create', 1])
  })
})

describe.each(kinds)('flash values of a %s session within one request', (kind) => {
  const flow = async (act: (session: NonNullable<RequestSession['session']>) => unknown, stored?: string) => {
    const { request } = framework(kind)
    await request(
      commit({}, (requestSession) => {
        requestSession.session?.set('a', 1)
        if (stored !== undefined) requestSession.session?.flash('m', stored)
      }),
    )
    const seen = await request(async (requestSession) => {
      const result = act(requestSession.session as NonNullable<RequestSession['session']>)
      await requestSession.commit()
      return result
    })
    return { seen, next: await request((requestSession) => requestSession.session?.flash('m')) }
  }

  test('left, read, left, read', async () => {
    const { seen, next } = await flow((s) => [s.flash('m', 1), s.flash('m'), s.flash('m', 2), s.flash('m'), s.flash('m')])
    expect([seen, next]).toEqual([[undefined, 1, undefined, 2, undefined], undefined])
  })

  test('stored, left, read', async () => {
    const { seen, next } = await flow((s) => [s.flash('m', 'new'), s.flash('m'), s.flash('m'), s.flashKeys()], 'old')
    expect([seen, next]).toEqual([[undefined, 'new', undefined, []], undefined])
  })

  test('stored, read, left', async () => {
    const { seen, next } = await flow((s) => [s.flash('m'), s.flash('m', 'new'), s.flashKeys()], 'old')
    expect([seen, next]).toEqual([['old', undefined, ['m']], 'new'])
  })

  test('stored, looked at: it stays', async () => {
    const { seen, next } = await flow((s) => [s.peek('m'), s.peek('m'), s.flashKeys()], 'old')
    expect([seen, next]).toEqual([['old', 'old', ['m']], 'old'])
  })

  test('stored, read and left the same again: it is there once more', async () => {
    const { next } = await flow((s) => s.flash('m', s.flash('m')), 'old')
    expect(next).toBe('old')
  })

  test('left without a value is still there to be read', async () => {
    const { seen, next } = await flow((s) => [s.flash('m', undefined), s.flashKeys()], 'old')
    expect([seen, next]).toEqual([[undefined, ['m']], undefined])
  })

  test('what is looked at cannot be changed from outside', async () => {
    const { next } = await flow((s) => {
      s.flash('m', { n: 1 })
      ;(s.peek('m') as { n: number }).n = 2
    })
    expect(next).toEqual({ n: 1 })
  })
})

test('patches of parallel requests are run again on the fresh value: 8 of 8 count', async () => {
  const { request } = framework('stored')
  await request(commit({}, (requestSession) => requestSession.session?.set('n', 0)))
  const add = commit({}, (requestSession) => requestSession.session?.patch((data) => ({ n: Number(data.n) + 1 })))
  await Promise.all(Array.from({ length: 8 }, () => request(add)))
  expect(await request((requestSession) => requestSession.session?.get('n'))).toBe(8)
})
