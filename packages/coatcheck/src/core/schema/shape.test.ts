import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { gate } from '../../../test/helpers/gate.ts'
import { releases } from '../../../test/helpers/releases.ts'
import type { StandardSchema } from '../options/schema.ts'
import { adapterOf } from '../sessions.ts'

/** One schema, in three languages; each takes away what it does not know. */
const SCHEMAS: Readonly<Record<string, StandardSchema>> = {
  zod: z
    .object({ cart: z.array(z.object({ id: z.string(), qty: z.number() })), age: z.number(), name: z.string().trim() })
    .partial(),
  valibot: v.partial(
    v.object({
      cart: v.array(v.object({ id: v.string(), qty: v.number() })),
      age: v.number(),
      name: v.pipe(v.string(), v.trim()),
    }),
  ),
  arktype: type({
    'cart?': type({ '+': 'delete', id: 'string', qty: 'number' }).array(),
    'age?': 'number',
    'name?': 'string.trim',
  }),
}

type Cart = { id: string; qty: number }[]

describe.each(Object.entries(SCHEMAS))('a schema of %s', (_, schema) => {
  describe.each(['sealed', 'stored'] as const)('%s', (kind) => {
    test('refuses at the call what does not fit, and says where without the value', async () => {
      const { at } = releases(kind, { schema })
      await at(0, (session) => {
        session.set('cart', [{ id: 'hat', qty: 1 }])
        for (const wrong of [
          () => session.set('age', 'secret-7'),
          () => session.update('age', () => 'secret-7'),
          () => session.set('cart', [{ id: 'hat', qty: 'secret-7' }]),
          () => session.patch(() => ({ age: 'secret-7' })),
          () => session.replace({ cart: [], age: 'secret-7' }),
          () => (session.data.age = 'secret-7'),
        ])
          expect(wrong).toThrow(expect.objectContaining({ code: 'BAD_VALUE', message: expect.not.stringContaining('secret') }))
        expect(() => session.set('cart', [{ id: 'hat', qty: null }])).toThrow(
          /"cart" does not fit the schema at cart\[0\]\.qty\./,
        )
      })
      expect((await at(0, (session) => ({ ...session.data }))).value).toEqual({ cart: [{ id: 'hat', qty: 1 }] })
    })

    test('looks at what was changed from the inside when it is stored', async () => {
      const { at } = releases(kind, { schema })
      await at(0, (session) => session.set('cart', [{ id: 'hat', qty: 1 }]))
      await at(0, (session) => (session.get('cart') as Cart).push({ id: 'scarf', qty: 2 }))
      const wrong = at(0, (session) => (session.get('cart') as unknown[]).push({ id: 'coat' }))
      await expect(wrong).rejects.toMatchObject({ code: 'BAD_VALUE', message: expect.stringMatching(/cart\[2\]\.qty/) })
      await expect(at(0, (session) => session.get('cart'))).resolves.toMatchObject({
        value: [
          { id: 'hat', qty: 1 },
          { id: 'scarf', qty: 2 },
        ],
      })
    })

    test('goes on with the very object that was set, and with what the schema makes of a text', async () => {
      const { at } = releases(kind, { schema })
      await at(0, (session) => {
        const cart = [{ qty: 1, id: 'hat' }]
        session.set('cart', cart)
        cart[0] = { qty: 5, id: 'hat' }
        expect(session.get('cart')).toBe(cart)
        session.set('name', '  Ada ')
        expect(session.get('name')).toBe('Ada')
      })
      const { value, plan } = await at(0, (session) => [session.get('cart'), session.get('name')])
      expect(value).toEqual([[{ id: 'hat', qty: 5 }], 'Ada'])
      expect(plan, 'what the schema makes of a value is no change').toBe('nothing')
    })

    test('does not show what another release stored and does not fit, and leaves it there', async () => {
      const { at, told } = releases(kind, { schema }, {})
      await at(1, (session) => {
        session.set('age', 'secret-forty')
        session.set('name', '  Ada ')
        session.set('theme', 'dark')
      })
      const { value, plan } = await at(0, (session) => [
        session.keys(),
        session.get('age'),
        session.has('age'),
        session.data.name,
      ])
      expect(value).toEqual([['name', 'theme'], undefined, false, 'Ada'])
      expect(plan).toBe('nothing')
      expect(told(0)).toEqual([{ type: 'invalid-value', key: 'age', handle: expect.any(String) }])
      await at(0, (session) => session.set('name', 'Bea'))
      expect((await at(1, (session) => ({ ...session.data }))).value).toEqual({ age: 'secret-forty', name: 'Bea', theme: 'dark' })
      await at(0, (session) => session.update('age', (age = 40) => (age as number) + 1))
      expect((await at(1, (session) => session.get('age'))).value).toBe(41)
      await at(1, (session) => session.set('age', 'forty'))
      await at(0, (session) => session.delete('age'))
      expect((await at(1, (session) => session.has('age'))).value).toBe(false)
    })

    test('B10: members that it takes away are there when the value is written, also from copies', async () => {
      const { at } = releases(kind, { schema }, {})
      const written = [
        { id: 'hat', qty: 1, gift: { from: 'bea' } },
        { id: 'scarf', qty: 2, gift: { from: 'cy' } },
        { id: 'coat', qty: 3, note: 'blue' },
      ]
      await at(1, (session) => session.set('cart', written))
      const { value, plan } = await at(0, (session) => session.get('cart'))
      expect(value, 'a copy of an object has what the object shows').toEqual(written)
      expect(plan).toBe('nothing')
      await at(0, (session) => {
        const [, scarf, coat] = session.get('cart') as [Cart[0], Cart[0], Cart[0]]
        scarf.qty = 9 // in place
        session.set('cart', [{ ...coat, qty: 4 }, scarf, { id: 'shoe', qty: 1 }])
      })
      await at(0, (session) => session.update('cart', (cart) => (cart as Cart).filter(({ id }) => id !== 'shoe').toReversed()))
      await at(0, (session) => ((session.get('cart') as Cart)[0] as Cart[0]).qty++)
      expect((await at(1, (session) => session.get('cart'))).value).toEqual([
        { id: 'scarf', qty: 10, gift: { from: 'cy' } },
        { id: 'coat', qty: 4, note: 'blue' },
      ])
      // What is made from nothing is nobody's copy: else one thing would get what belongs to another.
      await at(0, (session) => session.set('cart', [{ id: 'hat', qty: 1 }]))
      expect((await at(1, (session) => session.get('cart'))).value).toEqual([{ id: 'hat', qty: 1 }])
    })

    test('lets keys be that it does not know: of other libraries, of another release', async () => {
      const { at } = releases(kind, { schema }, {})
      await at(1, (session) => session.set('fromTheNewOne', { a: 1 }))
      await at(0, (session) => {
        session.set('csrf', 'token')
        session.update('age', () => 3)
      })
      expect((await at(0, (session) => ({ ...session.data }))).value).toEqual({ fromTheNewOne: { a: 1 }, csrf: 'token', age: 3 })
    })
  })

  test('an update is run again on what another request stored, through the schema', async () => {
    const { at } = releases('stored', { schema }, {})
    await at(1, (session) => session.set('cart', [{ id: 'hat', qty: 1, gift: true }]))
    const middle = gate()
    const add = (id: string) => (cart: unknown) => [...(cart as Cart), { id, qty: 1 }]
    const slow = at(0, async (session) => {
      session.update('cart', add('shoe'))
      session.update('age', (age = 0) => (age as number) + 1)
      await middle.pass()
    })
    await middle.reached
    await at(1, (session) => {
      session.update('cart', add('scarf'))
      session.set('age', 'not a number')
    })
    middle.open()
    await slow
    expect((await at(1, (session) => ({ ...session.data }))).value).toEqual({
      cart: [
        { id: 'hat', qty: 1, gift: true },
        { id: 'scarf', qty: 1 },
        { id: 'shoe', qty: 1 },
      ],
      age: 1,
    })
  })
})

describe('onInvalid', () => {
  const schema = SCHEMAS.zod as StandardSchema
  test('empty: no value is shown, and the first write gives the old ones up', async () => {
    const { at, told } = releases('stored', { schema, onInvalid: 'empty' }, {})
    await at(1, (session) => {
      session.signIn('ada')
      session.set('age', 'forty')
      session.set('name', 'Ada')
    })
    expect((await at(0, (session) => [session.keys(), session.get('name'), session.owner])).value).toEqual([[], undefined, 'ada'])
    expect((await at(1, (session) => session.keys())).value, 'a request that only reads').toEqual(['age', 'name'])
    await at(0, (session) => session.set('name', 'Bea'))
    expect((await at(1, (session) => [{ ...session.data }, session.owner])).value).toEqual([{ name: 'Bea' }, 'ada'])
    expect(told(0).filter(({ type }) => type === 'invalid-value')).toHaveLength(2)
  })

  test('throw: the session cannot be opened, and nothing of it is lost', async () => {
    const { at, told } = releases('stored', { schema, onInvalid: 'throw' }, {})
    await at(1, (session) => session.set('age', 'secret-forty'))
    await expect(at(0, () => 1)).rejects.toMatchObject({
      code: 'INVALID_SESSION',
      message: expect.stringMatching(/^What is stored of the session does not fit at age\./),
    })
    expect((await at(1, (session) => session.get('age'))).value).toBe('secret-forty')
    expect(told(0)).toMatchObject([{ type: 'invalid-value', key: 'age' }])
  })
})

describe('a schema that waits', () => {
  const slow = { age: z.number().refine(async (age) => age > 0) }
  test('is refused where the sessions are created, if an empty session shows it', () => {
    const schema = v.objectAsync({ age: v.optional(v.number()) })
    expect(() => releases('sealed', { schema })).toThrow(/option `schema` is asynchronous/)
  })
  test('is refused where it first waits', async () => {
    const { at } = releases('sealed', { schema: z.object(slow).partial() }, {})
    await expect(at(0, (session) => session.set('age', 3))).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    await at(1, (session) => session.set('age', 3))
    await expect(at(0, (session) => session.get('age'))).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
  })
})

test('a schema whose output it refuses itself is found out when a value is set', async () => {
  const { at } = releases('sealed', { schema: z.object({ day: z.string().transform((day) => new Date(day)) }).partial() })
  await expect(at(0, (session) => session.set('day', '2026-11-22'))).rejects.toMatchObject({ code: 'BAD_VALUE' })
})

test('what sessions take beside JSON goes through a schema: dates, maps, files of bytes', async () => {
  const schema = z
    .object({ at: z.date(), seen: z.map(z.string(), z.date()), photo: z.instanceof(Uint8Array), level: z.number().default(1) })
    .partial()
  const { at } = releases('stored', { schema })
  const values = { at: new Date(0), seen: new Map([['hat', new Date(1)]]), photo: new Uint8Array([1, 2]) }
  await at(0, (session) => session.replace(values))
  const { value, plan } = await at(0, (session) => Object.fromEntries(session.entries()))
  expect(value).toEqual(values)
  expect(plan).toBe('nothing')
  await at(0, (session) => (session.get('seen') as Map<string, Date>).set('coat', new Date(2)))
  expect((await at(0, (session) => (session.get('seen') as Map<string, Date>).size)).value).toBe(2)
})

describe('beside the values of one request', () => {
  const schema = SCHEMAS.valibot as StandardSchema
  test('merge is given what requests see, and what it returns is checked', async () => {
    const { at, sites } = releases('stored', { schema }, {})
    await at(1, (session) => {
      session.set('cart', [{ id: 'hat', qty: 1, gift: true }])
      session.signIn('ada')
    })
    const [here] = sites
    const guest = adapterOf((here as (typeof sites)[0]).sessions).fromTicket(null)
    const session = await guest.open()
    session.set('age', 3)
    let shown: unknown
    session.signIn('ada', {
      merge(_, existing) {
        shown = existing.cart
        return { cart: existing.cart, name: '  Ada ' }
      },
    })
    await guest.commit()
    expect(shown).toEqual([{ id: 'hat', qty: 1, gift: true }])
    expect({ ...session.data }).toEqual({ age: 3, cart: shown, name: 'Ada' })
    const other = adapterOf((here as (typeof sites)[0]).sessions).fromTicket(guest.ticket ?? null)
    ;(await other.open()).signIn('ada')
    await other.commit()
    const wrong = adapterOf((here as (typeof sites)[0]).sessions).fromTicket(null)
    ;(await wrong.open()).signIn('ada', { merge: () => ({ age: 'x' }) })
    await expect(wrong.commit()).rejects.toMatchObject({ code: 'BAD_VALUE' })
  })

  test('once gives what requests see to its function, and checks its result', async () => {
    const { at, clock } = releases('stored', { schema }, {})
    await at(1, (session) => session.set('cart', [{ id: 'hat', qty: 1, gift: true }]))
    const { value } = await at(0, (session) =>
      session.once(
        'cart',
        (cart) => {
          expect(cart).toEqual([{ id: 'hat', qty: 1, gift: true }])
          return [...(cart as Cart), { id: 'coat', qty: 2 }]
        },
        { for: 60 },
      ),
    )
    expect(value).toHaveLength(2)
    expect((await at(1, (session) => session.get('cart'))).value).toEqual([
      { id: 'hat', qty: 1, gift: true },
      { id: 'coat', qty: 2 },
    ])
    await expect(at(0, (session) => session.once('age', () => 'forty', { for: 60 }))).rejects.toMatchObject({ code: 'BAD_VALUE' })
    clock.advance(2) // a failure is given to others for a second
    expect((await at(0, (session) => session.once('age', () => 40, { for: 60 }))).value).toBe(40)
  })

  test('who acts as somebody else finds their own values as they are now', async () => {
    const { at } = releases('stored', { schema }, {})
    await at(1, (session) => {
      session.signIn('ada')
      session.set('name', '  Ada ')
      session.set('age', 'forty')
    })
    await at(0, (session) => session.impersonate('bea'))
    expect((await at(0, (session) => session.keys())).value).toEqual([])
    await at(0, (session) => {
      session.endImpersonation()
      expect({ ...session.data }).toEqual({ name: 'Ada' })
    })
    expect((await at(1, (session) => session.get('age'))).value).toBe('forty')
  })
})

test('a session is not used before what is known of its values is there', () => {
  const { sites } = releases('sealed', { schema: SCHEMAS.zod as StandardSchema })
  const [here] = sites
  const requestSession = adapterOf((here as (typeof sites)[0]).sessions).fromTicket(null)
  expect(() => requestSession.afresh()).toThrow(/used before one was opened/)
})
