import { describe, expect, it } from 'vitest'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { records } from '../../../test/helpers/depth.ts'
import { COOKIE, site } from '../../../test/helpers/site.ts'
import { watched } from '../../../test/helpers/watched.ts'
import { withSession } from '../../adapters/fetch.ts'
import { can, type SessionRecord, type Store } from '../../index.ts'
import { storeSuite } from '../../testing/store-suite.ts'
import { type MemoryStore, memoryStore } from '../memory.ts'
import { namespaced } from './namespaced.ts'

const START = 1_800_000_000_000
const [KEY, OTHER] = ['a'.repeat(64), 'b'.repeat(64)]

const recordOf = (data: string, more: Partial<SessionRecord> = {}): SessionRecord => ({
  data,
  createdAt: START,
  endsAt: START + 3_600_000,
  expiresAt: START + 600_000,
  ...more,
})

// In SQLite: `namespaced.slow.test.ts`.
describe('a namespace in memory, beside another one', () => {
  storeSuite({
    it,
    records,
    // With the prefix a name of 128 characters has no room.
    longestName: 128 - 'shop_'.length,
    async open({ now }) {
      const whole = memoryStore({ now })
      await namespaced(whole, 'other').create(KEY, recordOf('not ours', { owner: OTHER, expiresAt: now() + 10 ** 10 }))
      return { store: namespaced(whole, 'shop') }
    },
    expect: ['touch', 'list', 'listByOwner', 'prune', 'watch'],
  })
})

/** One store, and two namespaces in it whose names are easily taken for each other. */
function place() {
  const whole = memoryStore({ now: () => START })
  return { whole, one: namespaced(whole, 'shop'), two: namespaced(whole, 'shop-2') }
}

async function all(store: MemoryStore | ReturnType<typeof place>['one']): Promise<string[]> {
  const keys: string[] = []
  let after: string | undefined
  do {
    const page = await store.list(after, 1)
    keys.push(...page.keys)
    after = page.next
  } while (after !== undefined)
  return keys.sort()
}

describe('two namespaces of one store', () => {
  it('have the same keys and owners without seeing each other', async () => {
    const { one, two } = place()
    const version = (await one.create(KEY, recordOf('one', { owner: OTHER }))) ?? ''
    expect(await two.read(KEY)).toBeUndefined()
    const second = (await two.create(KEY, recordOf('two', { owner: OTHER }))) ?? ''
    expect([(await one.read(KEY))?.record.data, (await two.read(KEY))?.record.data]).toEqual(['one', 'two'])
    expect(await two.update(KEY, recordOf('three'), version)).toBeUndefined()
    expect([await two.touch(KEY, START + 900_000, version), await two.delete(KEY, version)]).toEqual([false, false])
    await two.create(OTHER, recordOf('more', { owner: OTHER }))
    expect(await one.listByOwner(OTHER)).toEqual([KEY])
    expect((await two.listByOwner(OTHER)).toSorted()).toEqual([KEY, OTHER])
    expect(await two.delete(KEY, second)).toBe(true)
    expect((await one.read(KEY))?.record).toEqual(recordOf('one', { owner: OTHER }))
  })

  it('list their own sessions only, page by page', async () => {
    const { one, two } = place()
    for (const key of ['a', 'b', 'c']) {
      await one.create(key, recordOf('one'))
      await two.create(`2_${key}`, recordOf('two'))
    }
    expect(await all(one)).toEqual(['a', 'b', 'c'])
    expect(await all(two)).toEqual(['2_a', '2_b', '2_c'])
  })

  it('are apart also where a key of one looks like the name of the other', async () => {
    const { whole, one, two } = place()
    await one.create('2_x', recordOf('one'))
    await one.create('-2_x', recordOf('another'))
    expect([await two.read('x'), await two.read('2_x'), await all(two)]).toEqual([undefined, undefined, []])
    expect(await all(whole)).toEqual(['shop_-2_x', 'shop_2_x'])
  })

  it('can be divided again', async () => {
    const { whole, one } = place()
    const inner = namespaced(one, 'eu')
    await inner.create(KEY, recordOf('inner', { owner: OTHER }))
    expect([await all(inner), await all(one), await all(whole)]).toEqual([[KEY], [`eu_${KEY}`], [`shop_eu_${KEY}`]])
    expect((await inner.read(KEY))?.record.owner).toBe(OTHER)
  })

  it('prune together: at most so many in all, and only what is over', async () => {
    const { whole, one, two } = place()
    for (const [nth, store] of [one, two, one, two].entries()) {
      await store.create(`over-${nth}`, recordOf('over', { expiresAt: START + 1 }))
    }
    await two.create(KEY, recordOf('alive'))
    expect(await one.prune(START + 1, 3)).toBe(3)
    expect(await one.prune(START + 1, 3)).toBe(1)
    expect(await all(whole)).toEqual([`shop-2_${KEY}`])
  })
})

describe('what a namespace says of itself', () => {
  it('declares and offers what the whole store does, except closing it', async () => {
    const { read, create, update, delete: remove } = memoryStore()
    const few: Store = { read, create, update, delete: remove }
    for (const capability of ['touch', 'list', 'listByOwner', 'prune', 'migrate'] as const) {
      expect(can(namespaced(few, 'a'), capability)).toBe(false)
      expect(can(namespaced({ ...few, [capability]: async () => 1 }, 'a'), capability)).toBe(true)
    }
    expect('close' in namespaced({ ...few, close: async () => {} }, 'a')).toBe(false)
    const weak = namespaced({ ...few, consistency: 'eventual', maxBytes: 1000 }, 'a')
    expect([weak.consistency, weak.maxBytes]).toEqual(['eventual', 1000])
    expect(Object.keys(namespaced(few, 'a'))).toEqual(['evicts', 'read', 'create', 'update', 'delete'])
  })

  it('V3: passes on whether the store evicts, also when it finds out later, and what must stay', async () => {
    let evicts = false
    const given: unknown[] = []
    const whole: Store = {
      ...memoryStore(),
      create: async (key, { keepUntil }, from) => `${given.push([key, keepUntil, from])}`,
      update: async (key, { keepUntil }) => `${given.push([key, keepUntil])}`,
    }
    const inner = namespaced(Object.defineProperty(whole, 'evicts', { get: () => evicts }), 'a')
    expect(inner.evicts).toBe(false)
    evicts = true
    expect(inner.evicts).toBe(true)
    await inner.create('one', recordOf('x', { keepUntil: 5 }), 'old')
    await inner.create('two', recordOf('x'))
    await inner.update('one', recordOf('x', { keepUntil: 6 }), 'v')
    expect(given).toEqual([
      ['a_one', 5, 'a_old'],
      ['a_two', undefined, undefined],
      ['a_one', 6],
    ])
  })

  it.each(['', 'A', 'a_', 'a b', 'a:', 'é', '../a', 'a\n', 'a'.repeat(64)])('refuses the prefix %j', (prefix) => {
    expect(() => namespaced(memoryStore(), prefix)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })

  it('takes the digests of the engine under every prefix, and refuses names for which there is no room', async () => {
    const store = namespaced(memoryStore({ now: () => START }), 'p'.repeat(63))
    expect(await store.create(KEY, recordOf('x', { owner: OTHER }))).toBeDefined()
    const long = 'a'.repeat(65)
    for (const refused of [() => store.read(long), () => store.create(OTHER, recordOf('x', { owner: long }))]) {
      await expect(refused()).rejects.toMatchObject({ code: 'BAD_KEY' })
    }
  })

  it.each([
    ['nothing', ''],
    ['a capital', 'A'],
    ['a colon', 'a:b'],
    ['a pattern', '%'],
    ['ä', 'ä'],
    ['129 letters', 'a'.repeat(129)],
  ])('lets no name of %s reach the backend', async (_, name) => {
    const watch = watched(memoryStore())
    const store = namespaced(watch.store as MemoryStore, 'a')
    const record = recordOf('x', { owner: name })
    const calls = [
      () => store.read(name),
      () => store.create(name, recordOf('x')),
      () => store.create(KEY, record),
      () => store.update(name, recordOf('x'), 'v'),
      () => store.delete(name, 'v'),
      () => store.touch(name, START, 'v'),
      () => store.listByOwner(name),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'BAD_KEY' })
    expect(watch.calls).toEqual([])
  })
})

describe('two sites in one store', () => {
  it('do not take each other’s sessions, though cookie and secrets are the same', async () => {
    const clock = clockFrom(START)
    const whole = memoryStore({ now: clock.now })
    const [shop, blog] = [site({ clock, store: namespaced(whole, 'shop') }), site({ clock, store: namespaced(whole, 'blog') })]
    const ada = shop.person()
    await ada.does((session) => session.signIn('ada'))
    const request = new Request('https://blog.test/', { headers: { cookie: `${COOKIE}=${ada.ticket}` } })
    const serve = withSession(blog.sessions, async () => new Response(String((await blog.sessions.open(request)).owner)))
    expect(await (await serve(request)).text()).toBe('undefined')
    expect(blog.refusals).toEqual(['unknown'])
    expect(await ada.does((session) => session.owner)).toBe('ada')
  })
})
