import { describe, expect, test } from 'vitest'
import { COOKIE, SECRET } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import { adapterOf, sessionsOf } from '../sessions.ts'
import type { Patch } from './patch.ts'
import type { LiveSession } from './session.ts'

/** Requests of one visitor whose session holds these values. */
async function visitor(values: Record<string, unknown>) {
  const adapter = adapterOf(sessionsOf({ secrets: SECRET, store: memoryStore() }))
  const comes = async (ticket: string | undefined) => {
    const requestSession = adapter.detached({
      get: (name) => (name === 'cookie' && ticket !== undefined ? `${COOKIE}=${ticket}` : null),
    })
    return { requestSession, session: await requestSession.open() }
  }
  const first = await comes(undefined)
  first.session.replace(values)
  await first.requestSession.commit()
  const { ticket } = first.requestSession
  return {
    comes: () => comes(ticket),
    /** All of them have read before the first one writes. */
    async together(...changes: ((session: LiveSession) => void)[]) {
      const requests = await Promise.all(changes.map(() => comes(ticket)))
      changes.forEach((change, at) => {
        change(requests[at]?.session as LiveSession)
      })
      return Promise.allSettled(requests.map(async ({ requestSession }) => requestSession.commit()))
    },
    data: async () => ({ ...(await comes(ticket)).session.data }),
  }
}

const patching = (change: Patch) => (session: LiveSession) => session.patch(change)
const eight = (change: Patch) => Array.from({ length: 8 }, () => patching(change))

describe('a patch in parallel requests is run again on what the others stored', () => {
  test.each<[string, Patch]>([
    ['returns a new object of what it counts', (data) => ({ n: Number(data.n) + 1 })],
    ['returns all values, one counted', (data) => ({ ...data, n: Number(data.n) + 1 })],
    [
      'counts in place and returns nothing',
      (data) => {
        data.n = Number(data.n) + 1
      },
    ],
    [
      'counts in place and returns the object',
      (data) => {
        data.n = Number(data.n) + 1
        return data
      },
    ],
    ['counts by Object.assign', (data) => Object.assign(data, { n: Number(data.n) + 1 })],
  ])('when it %s: 8 of 8 count', async (_, change) => {
    const ada = await visitor({ n: 0, kept: true })
    await ada.together(...eight(change))
    expect(await ada.data()).toEqual({ n: 8, kept: true })
  })

  test.each<[string, (item: string) => Patch]>([
    ['returns a longer list', (item) => (data) => ({ cart: [...(data.cart as string[]), item] })],
    [
      'pushes and returns nothing',
      (item) => (data) => {
        ;(data.cart as string[]).push(item)
      },
    ],
    [
      'pushes and returns the object',
      (item) => (data) => {
        ;(data.cart as string[]).push(item)
        return data
      },
    ],
    [
      'pushes and returns the list under its key',
      (item) => (data) => {
        ;(data.cart as string[]).push(item)
        return { cart: data.cart }
      },
    ],
  ])('when it %s: nothing is lost of a cart', async (_, change) => {
    const ada = await visitor({ cart: [] })
    await ada.together(...['hat', 'coat', 'scarf'].map((item) => patching(change(item))))
    expect(((await ada.data()).cart as string[]).toSorted()).toEqual(['coat', 'hat', 'scarf'])
  })

  test('of values that are no plain data: a URL, a Map, a Date', async () => {
    const ada = await visitor({ at: new URL('https://a.example/'), seen: new Map([['x', 0]]), when: new Date(0) })
    const change: Patch = (data) => ({
      at: new URL(`${(data.at as URL).pathname}a`, data.at as URL),
      seen: new Map([...(data.seen as Map<string, number>)].map(([key, n]) => [key, n + 1])),
      when: new Date(+(data.when as Date) + 1),
    })
    await ada.together(...eight(change))
    expect(await ada.data()).toEqual({
      at: new URL('https://a.example/aaaaaaaa'),
      seen: new Map([['x', 8]]),
      when: new Date(8),
    })
  })

  test('and one that throws then fails by itself', async () => {
    const ada = await visitor({ left: 1 })
    const take: Patch = ({ left }) => {
      if (left === 0) throw new Error('sold out')
      return { left: Number(left) - 1 }
    }
    const done = await ada.together(patching(take), patching(take), (session) => session.set('other', 1))
    expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await ada.data()).toEqual({ left: 0, other: 1 })
  })

  test('and one that then says nothing of a key leaves it', async () => {
    const ada = await visitor({ n: 0 })
    const once: Patch = ({ n }) => (n === 0 ? { n: 1 } : undefined)
    await ada.together(patching(once), (session) => session.set('n', 5), patching(once))
    expect(await ada.data()).toEqual({ n: 5 })
  })

  test('and two in one request count both', async () => {
    const ada = await visitor({ n: 0 })
    const add: Patch = (data) => ({ n: Number(data.n) + 1 })
    const twice = (session: LiveSession): void => {
      session.patch(add)
      session.patch(add)
    }
    await ada.together(twice, twice, twice)
    expect(await ada.data()).toEqual({ n: 6 })
  })
})

describe('a patch', () => {
  test('may delete', async () => {
    const ada = await visitor({ a: 1, b: 2 })
    await ada.together((session) =>
      session.patch((data) => {
        delete data.a
        return data
      }),
    )
    expect(await ada.data()).toEqual({ b: 2 })
  })

  test('that throws changes nothing', async () => {
    const ada = await visitor({ n: 0 })
    const { requestSession, session } = await ada.comes()
    expect(() =>
      session.patch(() => {
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(await requestSession.commit()).toMatchObject({ plan: 'nothing' })
  })

  test.each<[string, unknown]>([
    ['a promise, as an async function does', Promise.resolve({ n: 1 })],
    ['a Map', new Map([['n', 1]])],
    ['a list', [1, 2]],
    ['a text', 'n=1'],
    ['a number', 7],
  ])('that returns %s is told so, instead of storing nothing or nonsense', async (_, result) => {
    const { session } = await (await visitor({ n: 0 })).comes()
    expect(() => session.patch((() => result) as never)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
    expect({ ...session.data }).toEqual({ n: 0 })
  })

  test('that returns one value that cannot be stored changes none', async () => {
    const { session } = await (await visitor({ n: 0 })).comes()
    expect(() => session.patch(() => ({ n: 1, f: () => {} }))).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
    expect({ ...session.data }).toEqual({ n: 0 })
  })
})

describe('replace', () => {
  test('takes keys of any name, and harms no prototype', async () => {
    const ada = await visitor({ a: 1 })
    const odd = JSON.parse('{"__proto__":{"isAdmin":true},"constructor":1,"toString":2,"hasOwnProperty":3}')
    await ada.together((session) => session.replace(odd))
    const { session } = await ada.comes()
    expect(session.keys().toSorted()).toEqual(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])
    expect(session.get('__proto__')).toEqual({ isAdmin: true })
    expect([({} as { isAdmin?: boolean }).isAdmin, session.data.isAdmin, session.get('isAdmin')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('by what the session holds already is no change', async () => {
    const { requestSession, session } = await (await visitor({ a: 1, b: { c: [2] } })).comes()
    session.replace(session.data)
    expect(await requestSession.commit()).toMatchObject({ plan: 'nothing' })
  })

  test('with one value that cannot be stored changes none', async () => {
    const { session } = await (await visitor({ a: 1, b: 2 })).comes()
    expect(() => session.replace({ b: 3, f: () => {} })).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
    expect({ ...session.data }).toEqual({ a: 1, b: 2 })
  })

  test('leaves alone what a parallel request adds, which it never saw', async () => {
    const ada = await visitor({ a: 1 })
    await ada.together(
      (session) => session.replace({ b: 2 }),
      (session) => session.set('c', 3),
    )
    expect(await ada.data()).toEqual({ b: 2, c: 3 })
  })
})
