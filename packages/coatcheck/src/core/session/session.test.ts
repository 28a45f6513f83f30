import { describe, expect, test } from 'vitest'
import { clockFrom, DAY } from '../../../test/helpers/clock.ts'
import { HUSH, tellsNothing } from '../../../test/helpers/discretion.ts'
import { discretion, type Site, site } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Session } from './types.ts'

const kinds: [string, () => Site][] = [
  ['sealed in the cookie', () => site()],
  [
    'in a store',
    () => {
      const clock = clockFrom()
      return site({ clock, store: memoryStore({ now: clock.now }) })
    },
  ],
  [
    'in a store, sealed there too',
    () => {
      const clock = clockFrom()
      return site({ clock, store: memoryStore({ now: clock.now }), encryptRecords: true })
    },
  ],
]

describe.each(kinds)('a session %s', (_, open) => {
  test('keeps what was set, from one request to the next', async () => {
    const ada = open().person()
    await ada.does((session) => {
      expect([session.isNew, session.get('lang'), session.has('lang')]).toEqual([true, undefined, false])
      session.set('lang', 'en')
      expect([session.get('lang'), session.has('lang')]).toEqual(['en', true])
    })
    expect(await ada.does((session) => [session.isNew, session.get('lang'), session.has('lang')])).toEqual([false, 'en', true])
  })

  test('forgets what was deleted, and says whether it was there', async () => {
    const ada = open().person()
    await ada.does((session) => session.set('a', 1))
    expect(
      await ada.does((session) => [session.delete('a'), session.delete('a'), session.delete('b'), session.has('a')]),
    ).toEqual([true, false, false, false])
    expect(await ada.does((session) => session.keys())).toEqual([])
  })

  test('tells undefined from absent', async () => {
    const ada = open().person()
    await ada.does((session) => session.set('nothing', undefined))
    expect(await ada.does((session) => [session.has('nothing'), session.get('nothing'), session.has('other')])).toEqual([
      true,
      undefined,
      false,
    ])
  })

  test.each([
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'toString',
    'toJSON',
    'then',
    'a.b',
    '$where',
    '0',
    ' ',
    'ключ',
    '🧥',
  ])('takes %j for a key like any other', async (key) => {
    const ada = open().person()
    await ada.does((session) => {
      expect([session.has(key), session.get(key), key in session.data]).toEqual([false, undefined, false])
      session.set(key, { admin: true })
    })
    const seen = await ada.does((session) => ({
      own: session.get(key),
      keys: session.keys(),
      entries: session.entries(),
      data: session.data[key],
      copy: Object.getOwnPropertyDescriptor({ ...session.data }, key)?.value,
    }))
    const value = { admin: true }
    expect(seen).toEqual({ own: value, keys: [key], entries: [[key, value]], data: value, copy: value })
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })

  test.each<[string, unknown]>([
    ['an empty text', ''],
    ['half a character', 'half \ud83e'],
    ['a number', 7],
    ['a symbol', Symbol('s')],
    ['undefined', undefined],
    ['an object', { $ne: null }],
  ])('refuses %s as a key with BAD_KEY, wherever it is given', async (__, given) => {
    const key = given as string
    await open()
      .person()
      .does((session) => {
        const bad = expect.objectContaining({ code: 'BAD_KEY' })
        expect(() => session.get(key), 'get').toThrow(bad)
        expect(() => session.set(key, 1), 'set').toThrow(bad)
        expect(() => session.has(key), 'has').toThrow(bad)
        expect(() => session.delete(key), 'delete').toThrow(bad)
        expect(() => session.update(key, () => 1), 'update').toThrow(bad)
        expect(() => session.flash(key), 'flash, reading').toThrow(bad)
        expect(() => session.flash(key, 1), 'flash, writing').toThrow(bad)
        expect(() => session.signOut({ keep: [key] }), 'signOut').toThrow(bad)
        expect(session.keys()).toEqual([])
      })
  })

  test('promise 12: a change inside a value is stored, without being told', async () => {
    const ada = open().person()
    await ada.does((session) => session.set('cart', { items: ['coat'], seen: new Set([1]) }))
    await ada.does((session) => {
      const cart = session.get('cart') as { items: string[]; seen: Set<number> }
      cart.items.push('hat')
      cart.seen.add(2)
    })
    expect(await ada.does((session) => session.get('cart'))).toEqual({ items: ['coat', 'hat'], seen: new Set([1, 2]) })
  })

  test('reading is no change, whatever form the value was stored in', async () => {
    const s = open()
    const ada = s.person()
    await ada.does((session) => {
      session.set('bytes', Buffer.from('part of a pool'))
      session.set('nested', { in: [new Uint8Array(new ArrayBuffer(8), 2, 2)] })
      session.set('map', new Map([[new Date(0), new Set([-0])]]))
      session.set('plain', { b: 1, 2: [1e21, 'x'] })
    })
    s.events.length = 0
    const answer = await ada.asks((session) => {
      expect(session.entries()).toHaveLength(4)
    })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(s.events.map(({ type }) => type)).toEqual(['loaded'])
    let runs = 0
    await ada.does((session) => {
      session.get('bytes')
      session.set('bytes', Buffer.from('another'))
      session.update('nested', () => ++runs)
    })
    expect(s.events.filter(({ type }) => type === 'overwritten')).toEqual([])
    expect(runs, 'nobody interfered: it ran once').toBe(1)
    expect(await ada.does((session) => session.get('bytes'))).toEqual(new Uint8Array(Buffer.from('another')))
  })

  test('its keys stay in the order in which they were first set, whatever is read', async () => {
    const ada = open().person()
    await ada.does((session) => {
      for (const key of ['c', 'a', 'b']) session.set(key, key)
    })
    expect(
      await ada.does((session) => {
        session.get('c')
        session.set('a', 'again')
        session.set('d', 'd')
        return session.keys()
      }),
    ).toEqual(['c', 'a', 'b', 'd'])
    expect(await ada.does((session) => Object.keys(session.data))).toEqual(['c', 'a', 'b', 'd'])
  })

  test('promise 12: an object that was set goes on counting until the end of the request, and never after it', async () => {
    const ada = open().person()
    const mine = { n: 1 }
    await ada.does((session) => {
      session.set('mine', mine)
      mine.n = 2
      expect(session.get('mine')).toBe(mine)
    })
    mine.n = 3
    expect(await ada.does((session) => session.get('mine'))).toEqual({ n: 2 })
    await ada.does((session) => session.delete('mine'))
    expect(mine).toEqual({ n: 3 })
  })

  test('promise 12: two requests at once share nothing', async () => {
    const ada = open().person()
    await ada.does((session) => session.set('cart', ['coat']))
    await ada.does(async (mine) => {
      const cart = mine.get('cart') as string[]
      await ada.begins((theirs) => {
        expect(theirs.get('cart')).toEqual(['coat'])
        expect(theirs.get('cart')).not.toBe(cart)
      })
      cart.push('hat')
      await ada.begins((theirs) => expect(theirs.get('cart')).toEqual(['coat']))
    })
  })

  test('what could be set can be read and stored again, however deep it is nested and from however deep a call', async () => {
    const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown
    const below = (frames: number, act: () => unknown): unknown => (frames === 0 ? act() : below(frames - 1, act))
    for (const depth of [100, 400, 700, 1000]) {
      const ada = open().person()
      const set = await ada.does((session) => {
        try {
          session.set('deep', nested(depth))
          return true
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_VALUE' })
          return false
        }
      })
      if (!set) continue
      const seen = await ada.does((session) =>
        below(2000, () => {
          const deep = session.get('deep')
          session.set('again', deep)
          return deep !== undefined
        }),
      )
      expect(seen).toBe(true)
    }
    const tooDeep = open().person()
    await tooDeep.does((session) => {
      for (const frames of [0, 3000])
        below(frames, () =>
          expect(() => session.set('deep', nested(8000)), `from ${frames} calls`).toThrow(
            expect.objectContaining({ code: 'BAD_VALUE' }),
          ),
        )
    })
  })

  test('a change inside that cannot be stored fails the request, naming where, and keeps the rest', async () => {
    const ada = open().person()
    await ada.does((session) => session.set('cart', { items: ['coat'] }))
    await expect(
      ada.does((session) => {
        ;(session.get('cart') as { items: unknown[] }).items.push(() => HUSH)
      }),
    ).rejects.toMatchObject({ code: 'BAD_VALUE', message: expect.stringContaining('"cart" at .items[1]') })
    expect(await ada.does((session) => session.get('cart'))).toEqual({ items: ['coat'] })
  })

  test('a value that cannot be stored throws at set, and leaves everything as it was', async () => {
    const ada = open().person()
    await ada.does((session) => session.set('a', 'before'))
    await ada.does((session) => {
      const bad = expect.objectContaining({ code: 'BAD_VALUE' })
      expect(() => session.set('a', () => {})).toThrow(bad)
      expect(() => session.update('a', () => Symbol('s'))).toThrow(bad)
      expect(() => session.flash('a', new WeakMap())).toThrow(bad)
      expect(() => Object.assign(session.data, { a: () => {} })).toThrow(bad)
      expect([session.get('a'), session.flash('a')]).toEqual(['before', undefined])
    })
    expect(await ada.does((session) => [session.get('a'), session.flash('a')])).toEqual(['before', undefined])
  })

  describe('update', () => {
    test('changes a value by what it was, and returns the new one', async () => {
      const ada = open().person()
      const add = (session: Session) => session.update('n', (n = 0) => (n as number) + 1)
      expect(await ada.does((session) => [add(session), add(session)])).toEqual([1, 2])
      expect(await ada.does((session) => [add(session), session.get('n')])).toEqual([3, 3])
    })

    test('runs once for one call when nobody interferes', async () => {
      const ada = open().person()
      let runs = 0
      await ada.does((session) => session.update('n', () => ++runs))
      await ada.does((session) => session.update('n', () => ++runs))
      expect(runs).toBe(2)
      expect(await ada.does((session) => session.get('n'))).toBe(2)
    })

    test('that throws changes nothing', async () => {
      const ada = open().person()
      await ada.does((session) => session.set('n', 1))
      await ada.does((session) => {
        expect(() =>
          session.update('n', () => {
            throw new RangeError('sold out')
          }),
        ).toThrow('sold out')
        expect(session.get('n')).toBe(1)
      })
      expect(await ada.does((session) => session.get('n'))).toBe(1)
    })

    test('keeps the order of the program: set, update, a change inside, delete', async () => {
      const ada = open().person()
      const push = (what: string) => (list: unknown) => [...((list as string[]) ?? []), what]
      await ada.does((session) => {
        session.set('list', ['a'])
        session.update('list', push('b'))
        ;(session.get('list') as string[]).push('c')
        session.update('list', push('d'))
      })
      expect(await ada.does((session) => session.get('list'))).toEqual(['a', 'b', 'c', 'd'])
      await ada.does((session) => {
        session.delete('list')
        session.update('list', push('e'))
      })
      expect(await ada.does((session) => session.get('list'))).toEqual(['e'])
    })

    test('may also change what it is given', async () => {
      const ada = open().person()
      const push = (what: string) => (list: unknown) => {
        const all = (list ?? []) as string[]
        all.push(what)
        return all
      }
      await ada.does((session) => session.update('list', push('a')))
      await ada.does((session) => {
        session.update('list', push('b'))
        session.update('list', push('c'))
      })
      expect(await ada.does((session) => session.get('list'))).toEqual(['a', 'b', 'c'])
    })
  })

  describe('a flash value', () => {
    test('shows once, in a later request, and is gone', async () => {
      const ada = open().person()
      await ada.does((session) => session.flash('notice', { text: 'wrong password' }))
      expect(await ada.does((session) => [session.flash('notice'), session.flash('notice')])).toEqual([
        { text: 'wrong password' },
        undefined,
      ])
      expect(await ada.does((session) => session.flash('notice'))).toBeUndefined()
    })

    test('waits for the request that reads it, and is no value', async () => {
      const ada = open().person()
      await ada.does((session) => session.flash('notice', 'hello'))
      await ada.does((session) => session.set('other', 1))
      expect(await ada.does((session) => [session.get('notice'), session.has('notice'), session.keys()])).toEqual([
        undefined,
        false,
        ['other'],
      ])
      expect(await ada.does((session) => session.flash('notice'))).toBe('hello')
    })

    test('can be read in the request that left it, and then never again', async () => {
      const ada = open().person()
      await ada.does((session) => session.set('here', true))
      expect(
        await ada.does((session) => {
          session.flash('notice', 'now')
          return [session.flash('notice'), session.flash('notice')]
        }),
      ).toEqual(['now', undefined])
      expect(await ada.does((session) => session.flash('notice'))).toBeUndefined()
    })

    test('that takes the place of an older one takes it for good, also when it is read at once', async () => {
      const ada = open().person()
      await ada.does((session) => session.flash('notice', 'older'))
      const shown = await ada.does((session) => {
        session.flash('notice', 'newer')
        return [session.flash('notice'), session.flash('notice')]
      })
      expect(shown).toEqual(['newer', undefined])
      expect(await ada.does((session) => session.flash('notice'))).toBeUndefined()
    })

    test('may be undefined or false, and one that is not there is undefined', async () => {
      const ada = open().person()
      await ada.does((session) => {
        session.flash('no', false)
        session.flash('nothing', undefined)
      })
      expect(await ada.does((session) => [session.flash('no'), session.flash('nothing'), session.flash('never')])).toEqual([
        false,
        undefined,
        undefined,
      ])
    })

    test('reading one that is not there changes nothing', async () => {
      const ada = open().person()
      const answer = await ada.asks((session) => session.flash('notice'))
      expect(answer.headers.getSetCookie()).toEqual([])
    })

    test('may be shown by two requests in flight, and by no later one', async () => {
      const ada = open().person()
      await ada.does((session) => session.flash('notice', 'hello'))
      await ada.does(async (one) => {
        expect(one.flash('notice')).toBe('hello')
        await ada.does((two) => expect(two.flash('notice')).toBe('hello'))
      })
      expect(await ada.does((session) => session.flash('notice'))).toBeUndefined()
    })
  })

  describe('a value with a ttl', () => {
    test('is gone after its own time, while the session goes on', async () => {
      const s = open()
      const ada = s.person()
      await ada.does((session) => {
        session.set('code', 1234, { ttl: 300 })
        session.set('lang', 'en')
      })
      s.clock.advance(299)
      expect(await ada.does((session) => [session.get('code'), session.keys()])).toEqual([1234, ['code', 'lang']])
      s.clock.advance(1)
      const seen = await ada.does((session) => [session.get('code'), session.has('code'), session.keys(), session.entries()])
      expect(seen).toEqual([undefined, false, ['lang'], [['lang', 'en']]])
      expect(await ada.does((session) => [session.delete('code'), session.get('lang')])).toEqual([false, 'en'])
    })

    test('loses it when it is set anew, and keeps it through update and a change inside', async () => {
      const s = open()
      const ada = s.person()
      await ada.does((session) => {
        session.set('set', [1], { ttl: 60 })
        session.set('update', [1], { ttl: 60 })
        session.set('inside', [1], { ttl: 60 })
      })
      s.clock.advance(30)
      await ada.does((session) => {
        session.set('set', [1, 2])
        session.update('update', (list) => [...(list as number[]), 2])
        ;(session.get('inside') as number[]).push(2)
      })
      s.clock.advance(29)
      expect(await ada.does((session) => session.entries())).toEqual([
        ['set', [1, 2]],
        ['update', [1, 2]],
        ['inside', [1, 2]],
      ])
      s.clock.advance(1)
      expect(await ada.does((session) => session.keys())).toEqual(['set'])
    })

    test('can be given again: an update after its end begins without it', async () => {
      const s = open()
      const ada = s.person()
      await ada.does((session) => session.set('tries', 3, { ttl: 60 }))
      s.clock.advance(60)
      await ada.does((session) => session.update('tries', (n = 0) => (n as number) + 1))
      s.clock.advance(DAY)
      expect(await ada.does((session) => session.get('tries'))).toBe(1)
    })

    test('can end while a request is under way', async () => {
      const s = open()
      const ada = s.person()
      await ada.does((session) => session.set('code', { is: 1 }, { ttl: 60 }))
      await ada.does((session) => {
        expect(session.get('code')).toEqual({ is: 1 })
        s.clock.advance(60)
        expect([session.get('code'), session.has('code'), session.keys()]).toEqual([undefined, false, []])
      })
      expect(await ada.does((session) => session.has('code'))).toBe(false)
    })

    test('that ends is no change: nothing is written for it', async () => {
      const s = open()
      const ada = s.person()
      await ada.does((session) => {
        session.set('code', 1, { ttl: 60 })
        session.set('stays', 1)
      })
      s.clock.advance(61)
      s.events.length = 0
      await ada.does((session) => [session.get('code'), session.keys(), session.data.code])
      expect(s.events.map(({ type }) => type)).toEqual(['loaded'])
    })

    test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '60' as unknown as number, null as unknown as number])(
      'of %s is refused with BAD_VALUE, naming the key',
      async (ttl) => {
        const ada = open().person()
        await ada.does((session) => {
          expect(() => session.set('code', 1, { ttl })).toThrow(
            expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringContaining('"code"') }),
          )
          expect(session.has('code')).toBe(false)
        })
      },
    )
  })

  describe('its data, as an object', () => {
    test('reads, assigns and deletes like get, set and delete', async () => {
      const ada = open().person()
      await ada.does(({ data, ...session }) => {
        data.a = 1
        Object.assign(data, { b: [2], c: 3 })
        delete data.c
        expect([session.get('a'), 'a' in data, 'c' in data, data.c, Object.keys(data)]).toEqual([
          1,
          true,
          false,
          undefined,
          ['a', 'b'],
        ])
      })
      await ada.does(({ data }) => (data.b as number[]).push(3))
      expect(await ada.does(({ data }) => ({ ...data }))).toEqual({ a: 1, b: [2, 3] })
      expect(await ada.does(({ data }) => JSON.stringify(data))).toBe('{"a":1,"b":[2,3]}')
      expect(await ada.does(({ data }) => Object.entries(data))).toEqual([
        ['a', 1],
        ['b', [2, 3]],
      ])
      expect(
        await ada.does(({ data }) => {
          const seen: string[] = []
          for (const key in data) seen.push(key)
          return seen
        }),
      ).toEqual(['a', 'b'])
    })

    test('is the same object for the whole request, whatever happens to the session', async () => {
      const ada = open().person()
      await ada.does((session) => {
        const { data } = session
        data.a = 1
        session.signOut()
        expect(session.data).toBe(data)
        expect(Object.keys(data)).toEqual([])
        data.b = 2
      })
      expect(await ada.does(({ data }) => ({ ...data }))).toEqual({ b: 2 })
    })

    test('defines a property as it assigns one', async () => {
      const ada = open().person()
      await ada.does(({ data }) => {
        Reflect.defineProperty(data, 'a', { value: 1, writable: true, enumerable: true, configurable: true })
        expect(Object.keys(data)).toEqual(['a'])
      })
      expect(await ada.does((session) => session.get('a'))).toBe(1)
    })

    test('cannot be frozen into something that fails later', async () => {
      const ada = open().person()
      await ada.does((session) => {
        session.set('a', 1)
        expect(() => Object.freeze(session.data)).toThrow(TypeError)
        expect(Object.keys(session.data)).toEqual(['a'])
        session.data.b = 2
      })
      expect(await ada.does((session) => session.keys())).toEqual(['a', 'b'])
    })

    test('takes no symbol for a key', async () => {
      const ada = open().person()
      await ada.does((session) => {
        const data = session.data as Record<symbol, unknown>
        expect(() => {
          data[Symbol('s')] = 1
        }).toThrow(expect.objectContaining({ code: 'BAD_KEY' }))
        expect(data[Symbol.iterator]).toBeUndefined()
        expect(session.keys()).toEqual([])
      })
    })

    test('is no promise: it can be returned from an async function', async () => {
      const ada = open().person()
      await ada.does(async (session) => {
        session.set('a', 1)
        expect(await (async () => session.data)()).toBe(session.data)
        expect(await (async () => session)()).toBe(session)
      })
    })
  })

  test('its methods can be passed on by themselves', async () => {
    const ada = open().person()
    await ada.does(({ get, set, has, delete: remove, update, flash, keys, entries }) => {
      set('a', 1)
      update('a', (n) => (n as number) + 1)
      flash('f', 'x')
      set('b', 1)
      remove('b')
      expect([get('a'), has('a'), keys(), entries(), flash('f')]).toEqual([2, true, ['a'], [['a', 2]], 'x'])
    })
    await ada.does(({ signIn }) => signIn('ada'))
    await ada.does(({ regenerateId }) => regenerateId())
    expect(await ada.does((session) => [session.owner, session.get('a')])).toEqual(['ada', 2])
    await ada.does(({ signOut }) => signOut({ keep: ['a'] }))
    expect(await ada.does((session) => [session.owner, session.get('a')])).toEqual([undefined, 2])
    await ada.does(({ destroy }) => destroy())
    expect(ada.ticket).toBeUndefined()
  })

  test('tells when it began and ends, once it is stored, and goes by a handle that no one can use', async () => {
    const s = open()
    const ada = s.person()
    const began = s.clock.now()
    await ada.does((session) => {
      session.set('a', 1)
      expect([session.handle, session.createdAt, session.expiresAt, session.owner]).toEqual(Array(4).fill(undefined))
    })
    s.clock.advance(60)
    const { handle, createdAt, expiresAt } = await ada.does(({ handle, createdAt, expiresAt }) => ({
      handle,
      createdAt,
      expiresAt,
    }))
    expect([createdAt, expiresAt]).toEqual([began, began + 7 * DAY * 1000])
    expect(handle).toMatch(/^[\w-]{16,64}$/)
    expect(ada.ticket).not.toContain(handle)
    const mallory = s.person()
    mallory.browser.plant(`__Host-Http-session=${handle}; Secure; HttpOnly; Path=/`)
    expect(await mallory.does((session) => [session.isNew, session.get('a')])).toEqual([true, undefined])
    expect(s.refusals).toHaveLength(1)
  })

  describe('when somebody signs in', () => {
    test('promise 8: the session is theirs, with what the guest had, under a new name', async () => {
      const ada = open().person()
      await ada.does((session) => session.set('cart', ['coat']))
      const guest = { ticket: ada.ticket, handle: await ada.does((session) => session.handle) }
      await ada.does((session) => {
        session.signIn('ada')
        expect(session.owner).toBe('ada')
      })
      expect(await ada.does((session) => [session.owner, session.get('cart')])).toEqual(['ada', ['coat']])
      expect(ada.ticket).not.toBe(guest.ticket)
      expect(await ada.does((session) => session.handle)).not.toBe(guest.handle)
    })

    test('who had no session, one begins', async () => {
      const ada = open().person()
      await ada.does((session) => session.signIn('ada'))
      expect(await ada.does((session) => [session.isNew, session.owner])).toEqual([false, 'ada'])
    })

    test('its time begins anew', async () => {
      const s = open()
      const ada = s.person()
      await ada.does((session) => session.set('a', 1))
      s.clock.advance(DAY)
      const now = s.clock.now()
      await ada.does((session) => session.signIn('ada'))
      expect(await ada.does((session) => session.createdAt)).toBe(now)
    })

    test('again, as a step up, all is kept under a new name', async () => {
      const ada = open().person()
      await ada.does((session) => {
        session.signIn('ada')
        session.set('cart', ['coat'])
      })
      const { ticket } = ada
      await ada.does((session) => session.signIn('ada'))
      expect(await ada.does((session) => [session.owner, session.get('cart')])).toEqual(['ada', ['coat']])
      expect(ada.ticket).not.toBe(ticket)
    })

    test('as somebody else, nothing of the one before is left', async () => {
      const ada = open().person()
      await ada.does((session) => {
        session.signIn('ada')
        session.set('cart', ['coat'])
        session.flash('notice', 'hello ada')
      })
      await ada.does((session) => {
        session.set('more', 1)
        session.signIn('grace')
        expect([session.owner, session.keys(), session.flash('notice')]).toEqual(['grace', [], undefined])
        session.set('mine', 1)
      })
      expect(await ada.does((session) => [session.owner, session.entries(), session.flash('notice')])).toEqual([
        'grace',
        [['mine', 1]],
        undefined,
      ])
    })

    test.each<unknown>(['', 7, undefined, null, { id: 1 }, 'half \ud83e'])(
      'as %s, it is refused with BAD_VALUE',
      async (owner) => {
        await open()
          .person()
          .does((session) => {
            expect(() => session.signIn(owner as string)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
            expect(session.owner).toBeUndefined()
          })
      },
    )

    test.each(['*', 'a:b', '__proto__', "o'brien", '../ada', 'ada@app.test', '🧥', 'x'.repeat(1000)])(
      'as %j, it is theirs',
      async (owner) => {
        const ada = open().person()
        await ada.does((session) => session.signIn(owner))
        expect(await ada.does((session) => session.owner)).toBe(owner)
      },
    )
  })

  describe('when somebody signs out', () => {
    test('nothing is left but what was to be kept, under a new name and nobody’s', async () => {
      const ada = open().person()
      await ada.does((session) => {
        session.signIn('ada')
        session.set('lang', 'en')
        session.set('cart', ['coat'])
        session.flash('notice', 'hello ada')
      })
      const { ticket } = ada
      await ada.does((session) => {
        session.signOut({ keep: ['lang', 'never set'] })
        expect([session.owner, session.keys(), session.flash('notice')]).toEqual([undefined, ['lang'], undefined])
      })
      expect(await ada.does((session) => [session.owner, session.entries()])).toEqual([undefined, [['lang', 'en']]])
      expect(ada.ticket).not.toBe(ticket)
    })

    test('what is kept keeps its own end', async () => {
      const s = open()
      const ada = s.person()
      await ada.does((session) => session.set('code', [1], { ttl: 60 }))
      s.clock.advance(30)
      await ada.does((session) => session.signOut({ keep: ['code'] }))
      s.clock.advance(29)
      expect(await ada.does((session) => session.get('code'))).toEqual([1])
      s.clock.advance(1)
      expect(await ada.does((session) => session.get('code'))).toBeUndefined()
    })

    test('and keeps nothing, the cookie is taken away', async () => {
      const ada = open().person()
      await ada.does((session) => session.signIn('ada'))
      const answer = await ada.asks((session) => session.signOut())
      expect(answer.headers.getSetCookie()).toHaveLength(1)
      expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-Http-session=; Max-Age=0;/)
      expect(ada.ticket).toBeUndefined()
    })

    test('and goes on in the same request, a new session begins', async () => {
      const ada = open().person()
      await ada.does((session) => session.signIn('ada'))
      await ada.does((session) => {
        session.signOut()
        session.flash('notice', 'goodbye')
      })
      expect(await ada.does((session) => [session.owner, session.flash('notice')])).toEqual([undefined, 'goodbye'])
    })

    test('and in again at once, it is the next one’s', async () => {
      const ada = open().person()
      await ada.does((session) => {
        session.signIn('ada')
        session.set('cart', 1)
      })
      await ada.does((session) => {
        session.signOut()
        session.signIn('grace')
      })
      expect(await ada.does((session) => [session.owner, session.keys()])).toEqual(['grace', []])
    })
  })

  describe('after destroy', () => {
    test('it is empty, and writing throws ENDED naming the key', async () => {
      const ada = open().person()
      await ada.does((session) => {
        session.signIn('ada')
        session.set('a', 1)
        session.flash('notice', 1)
      })
      await ada.does((session) => {
        session.destroy()
        expect([
          session.get('a'),
          session.has('a'),
          session.keys(),
          session.owner,
          session.flash('notice'),
          session.handle,
        ]).toEqual([undefined, false, [], undefined, undefined, undefined])
        const ended = (what: string) => expect.objectContaining({ code: 'ENDED', message: expect.stringContaining(what) })
        expect(() => session.set('a', 1)).toThrow(ended('a'))
        expect(() => session.delete('a')).toThrow(ended('a'))
        expect(() => session.update('a', () => 1)).toThrow(ended('a'))
        expect(() => session.flash('a', 1)).toThrow(ended('a'))
        expect(() => session.signIn('ada')).toThrow(ended('signIn'))
        expect(() => session.signOut()).toThrow(ended('signOut'))
        expect(() => session.regenerateId()).toThrow(ended('regenerateId'))
        expect(() => {
          session.data.a = 1
        }).toThrow(ended('a'))
        session.destroy()
      })
      expect(ada.ticket).toBeUndefined()
      expect(await ada.does((session) => session.isNew)).toBe(true)
    })

    test('of a visitor who had none, nothing happens', async () => {
      const s = open()
      const answer = await s.person().asks((session) => {
        session.set('a', 1)
        session.destroy()
      })
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(s.events).toEqual([])
    })
  })

  test('regenerateId keeps everything but the name', async () => {
    const s = open()
    const ada = s.person()
    await ada.does((session) => {
      session.signIn('ada')
      session.set('cart', ['coat'])
      session.flash('notice', 'hello')
    })
    const before = { ticket: ada.ticket, handle: await ada.does((session) => session.handle) }
    const began = await ada.does((session) => session.createdAt)
    s.clock.advance(DAY)
    await ada.does((session) => session.regenerateId())
    expect(ada.ticket).not.toBe(before.ticket)
    const after = await ada.does(({ handle, owner, createdAt, get, flash }) => [
      handle,
      owner,
      createdAt,
      get('cart'),
      flash('notice'),
    ])
    expect(after.slice(1)).toEqual(['ada', began, ['coat'], 'hello'])
    expect(after[0]).not.toBe(before.handle)
  })

  test('regenerateId of a visitor who stores nothing gives no id', async () => {
    const answer = await open()
      .person()
      .asks((session) => session.regenerateId())
    expect(answer.headers.getSetCookie()).toEqual([])
  })
})

tellsNothing(discretion)
