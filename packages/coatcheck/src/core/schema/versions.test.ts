import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { releases } from '../../../test/helpers/releases.ts'
import type { AdapterOptions } from '../options/options.ts'
import type { LiveSession } from '../session/session.ts'

interface One {
  readonly cart?: readonly string[]
}
interface Two {
  readonly cart?: readonly { readonly id: string; readonly qty: number }[]
}
type Release = Partial<AdapterOptions>

// A cart of names; then of names and numbers; then it is called basket.
const upTwo = ({ cart, ...rest }: One): object => ({ ...rest, cart: cart?.map((id) => ({ id, qty: 1 })) })
const downTwo = ({ cart, ...rest }: Two): object => ({
  ...rest,
  cart: cart?.flatMap(({ id, qty }) => Array(qty).fill(id)),
  kept: cart,
})
const upTwoAgain = ({ cart, kept, ...rest }: One & { kept?: Two['cart'] }): object => {
  const known = new Map(kept?.map((line) => [line.id, line]))
  const ids = [...new Set(cart)]
  return { ...rest, cart: cart && ids.map((id) => ({ ...known.get(id), id, qty: cart.filter((each) => each === id).length })) }
}
const upThree = ({ cart, ...rest }: Two): object => ({ ...rest, basket: cart })
const downThree = ({ basket, ...rest }: { basket?: unknown }): object => ({ ...rest, cart: basket })

const one = { schema: z.object({ cart: z.array(z.string()), theme: z.string() }).partial() } satisfies Release
const lines = z.array(z.object({ id: z.string(), qty: z.number() }))
const two = (back: boolean): Release => ({
  schema: z.object({ cart: lines, theme: z.string() }).partial(),
  version: 2,
  migrations: { 2: back ? { up: upTwoAgain, down: downTwo } : upTwo },
})
const three = (back: boolean): Release => ({
  schema: z.object({ basket: lines, theme: z.string() }).partial(),
  version: 3,
  migrations: { 2: upTwo, 3: back ? { up: upThree, down: downThree } : upThree },
})

describe.each(['sealed', 'stored'] as const)('%s', (kind) => {
  test('a session of version 1 is shown as one of version 3, and becomes one when it is written', async () => {
    const { at, told } = releases(kind, one, three(false))
    await at(0, (session) => session.replace({ cart: ['hat', 'coat'], theme: 'dark', other: 1 }))
    const { value, plan } = await at(1, (session) => [session.keys(), session.get('basket'), session.has('cart')])
    expect(value).toEqual([
      ['theme', 'other', 'basket'],
      [
        { id: 'hat', qty: 1 },
        { id: 'coat', qty: 1 },
      ],
      false,
    ])
    expect(plan, 'it is not written because it is read').toBe('nothing')
    expect((await at(0, (session) => session.get('cart'))).value, 'and the older release still reads it').toEqual(['hat', 'coat'])
    await at(1, (session) => session.set('theme', 'light'))
    expect((await at(1, (session) => JSON.stringify(session.data))).value).toBe(
      '{"theme":"light","other":1,"basket":[{"id":"hat","qty":1},{"id":"coat","qty":1}]}',
    )
    expect(told(1)).toEqual([])
  })

  test('the release before reads of a newer session what fits, and stores no change of a value', async () => {
    const { at, told } = releases(kind, one, three(false))
    await at(1, (session) => session.replace({ basket: [{ id: 'hat', qty: 2 }], theme: 'dark' }))
    const { value, plan } = await at(0, (session) => [session.get('theme'), session.get('cart'), session.keys()])
    expect(value).toEqual(['dark', undefined, ['basket', 'theme']])
    expect(plan).toBe('nothing')
    expect(told(0)).toEqual([{ type: 'newer-version', version: 3, handle: expect.any(String) }])
    for (const change of [
      (session: LiveSession) => session.set('cart', ['coat']),
      (session: LiveSession) => void session.delete('theme'),
    ])
      await expect(at(0, change)).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringMatching(/version 3.*knows version 1/),
      })
    // Whose session it is, its id and its end are nothing that a version says.
    await at(0, (session) => {
      session.signIn('ada')
      session.flash('hello', 1)
    })
    await at(0, (session) => session.regenerateId())
    expect((await at(1, (session) => [session.owner, session.flash('hello'), session.get('basket')])).value).toEqual([
      'ada',
      1,
      [{ id: 'hat', qty: 2 }],
    ])
    await at(0, (session) => session.signOut())
    expect((await at(0, (session) => session.isNew)).value).toBe(true)
  })

  test('with a way back, records stay in the older version, and both releases read and write them', async () => {
    const { at, told, stored } = releases(kind, one, two(true))
    await at(1, (session) => session.set('cart', [{ id: 'hat', qty: 2 }]))
    expect((await at(0, (session) => session.get('cart'))).value).toEqual(['hat', 'hat'])
    await at(0, (session) => session.update('cart', (cart) => [...(cart as string[]), 'coat']))
    await at(1, (session) => session.update('cart', (cart) => (cart as object[]).map((line) => ({ ...line, note: 'x' }))))
    await at(0, (session) => session.set('theme', 'dark'))
    expect((await at(1, (session) => [session.get('cart'), session.get('theme')])).value).toMatchObject([
      [
        { id: 'hat', qty: 2 },
        { id: 'coat', qty: 1 },
      ],
      'dark',
    ])
    await at(1, (session) => session.delete('cart'))
    expect((await at(0, (session) => session.has('cart'))).value).toBe(false)
    expect([told(0), told(1)]).toEqual([[], []])
    expect(await stored(), 'no record says version 2').not.toContain('version')
  })

  test('of three versions, a way back from the newest leads to the one before', async () => {
    const { at, told } = releases(kind, one, two(false), three(true), three(false))
    await at(0, (session) => session.set('cart', ['hat']))
    await at(2, (session) => session.update('basket', (basket) => [...(basket as object[]), { id: 'coat', qty: 1 }]))
    expect((await at(1, (session) => session.get('cart'))).value).toHaveLength(2)
    await at(1, (session) => session.update('cart', (cart) => (cart as object[]).slice(1)))
    expect((await at(2, (session) => session.get('basket'))).value).toEqual([{ id: 'coat', qty: 1 }])
    await at(3, (session) => session.set('theme', 'dark'))
    await at(2, (session) => session.update('basket', (basket) => [...(basket as object[]), { id: 'shoe', qty: 1 }]))
    expect((await at(3, (session) => session.get('basket'))).value, 'what is of version 3 stays so').toHaveLength(2)
    await expect(at(1, (session) => session.set('theme', 'x'))).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(told(2)).toEqual([])
  })

  test('a way back that loses what was set is found out when it is stored', async () => {
    const lossy = { up: upTwo, down: ({ cart, ...rest }: Two) => ({ ...rest, cart: cart?.map(({ id }) => id) }) }
    const { at } = releases(kind, one, { ...two(true), migrations: { 2: lossy } })
    await at(0, (session) => session.set('cart', ['hat']))
    await at(1, (session) => session.set('theme', 'dark'))
    await at(1, (session) => session.update('cart', (cart) => [...(cart as object[]), { id: 'coat', qty: 1 }]))
    const lost = at(1, (session) => session.set('cart', [{ id: 'hat', qty: 2 }]))
    await expect(lost).rejects.toMatchObject({ code: 'BAD_VALUE', message: expect.stringMatching(/"cart" is lost by `down`/) })
    expect((await at(0, (session) => [session.get('cart'), session.get('theme')])).value).toEqual([['hat', 'coat'], 'dark'])
  })

  test('what a migration cannot bring along is told, and given up by the first write', async () => {
    for (const migrate of [
      () => {
        throw new Error('secret-7')
      },
      async () => ({}),
      () => 7 as unknown as object,
      () => ({ cart: () => 1 }),
    ]) {
      const { at, told } = releases(kind, one, { ...two(false), migrations: { 2: migrate } })
      await at(0, (session) => {
        session.signIn('ada')
        session.set('cart', ['hat'])
      })
      expect((await at(1, (session) => [session.keys(), session.owner])).value).toEqual([[], 'ada'])
      expect(told(1)).toEqual([{ type: 'unmigrated', version: 1, handle: expect.any(String) }])
      expect((await at(0, (session) => session.get('cart'))).value, 'it is there as long as nobody writes').toEqual(['hat'])
      await at(1, (session) => session.set('theme', 'dark'))
      expect((await at(1, (session) => [{ ...session.data }, session.owner])).value).toEqual([{ theme: 'dark' }, 'ada'])
      expect(told(1)).toHaveLength(2)
    }
  })

  test('onInvalid throw: it is not opened, and nothing is given up', async () => {
    const onInvalid = 'throw'
    const { at } = releases(kind, one, { version: 3, migrations: { 3: upThree }, onInvalid })
    await at(0, (session) => session.set('cart', ['hat']))
    await expect(at(1, () => 1)).rejects.toMatchObject({
      code: 'INVALID_SESSION',
      message: expect.stringMatching(/cannot be brought from version 1 to 3/),
    })
    expect((await at(0, (session) => session.get('cart'))).value).toEqual(['hat'])
  })

  test('values keep their ends and what stands beside them; what cannot be decoded stays as it is', async () => {
    const codec = { name: 'Odd', is: (value: unknown) => value instanceof URLSearchParams, encode: String, decode: () => 1 }
    const { at, clock } = releases(kind, { codecs: [codec] }, { version: 2, migrations: { 2: (old) => ({ ...old, seen: 1 }) } })
    await at(0, (session) => {
      session.set('code', 'x', { ttl: 60 })
      session.set('odd', new URLSearchParams('a=1'))
    })
    await at(1, (session) => session.set('mine', 1))
    expect((await at(1, (session) => session.get('code'))).value).toBe('x')
    clock.advance(61)
    expect((await at(1, (session) => [session.get('code'), session.get('seen'), session.get('odd')])).value).toEqual([
      undefined,
      1,
      undefined,
    ])
    const last = releases(kind, { codecs: [codec], version: 2, migrations: { 2: (old) => old } })
    expect((await last.at(0, (session) => session.keys())).value).toEqual([])
  })

  test('signing out keeps what it is told to keep, in the version that records are written in', async () => {
    const { at } = releases(kind, one, two(true), two(false))
    for (const release of [1, 2]) {
      await at(release, (session) => {
        session.set('cart', [{ id: 'hat', qty: 1 }])
        session.signIn('ada')
      })
      await at(release, (session) => session.signOut({ keep: ['cart'] }))
      expect((await at(release, (session) => session.get('cart'))).value).toEqual([{ id: 'hat', qty: 1 }])
      await at(release, (session) => session.destroy())
    }
  })
})

test('B10: 2,000 requests of two releases count 2,000, with a key that moves', async () => {
  const version = (back: boolean): Release => ({
    version: 2,
    migrations: {
      2: {
        up: ({ count, ...rest }: { count?: number }) => ({ ...rest, visits: count }),
        ...(back && { down: ({ visits, ...rest }: { visits?: number }) => ({ ...rest, count: visits }) }),
      } as { up(old: object): object; down(old: object): object },
    },
  })
  const { at } = releases('stored', {}, version(true))
  await at(0, (session) => session.set('count', 0))
  for (let i = 0; i < 50; i++)
    await Promise.all(
      Array.from({ length: 40 }, (_, nth) =>
        at(nth % 2, (session) => session.update(nth % 2 ? 'visits' : 'count', (count = 0) => (count as number) + 1)),
      ),
    )
  expect((await at(0, (session) => session.get('count'))).value).toBe(2000)
  expect((await at(1, (session) => ({ ...session.data }))).value).toEqual({ visits: 2000 })
})

test('a site that gives its values a version for the first time has nothing to migrate', async () => {
  const { at, stored } = releases('stored', { version: 2, migrations: { 2: () => expect.fail('nothing is old') } })
  await at(0, (session) => session.set('a', 1))
  await at(0, (session) => session.update('a', (a) => (a as number) + 1))
  expect((await at(0, (session) => [session.keys(), session.get('a')])).value).toEqual([['a'], 2])
  expect(await stored()).toContain('"version":2')
})
