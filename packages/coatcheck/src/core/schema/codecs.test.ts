import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { releases } from '../../../test/helpers/releases.ts'
import type { Codec } from '../options/schema.ts'

/** As libraries for exact numbers have it. */
class Decimal {
  readonly #text: string
  constructor(text: string) {
    if (!/^-?\d+(\.\d+)?$/.test(text)) throw new TypeError('no number')
    this.#text = text
  }
  toString(): string {
    return this.#text
  }
}
class Money {
  amount: Decimal
  currency: string
  constructor(amount: Decimal, currency: string) {
    this.amount = amount
    this.currency = currency
  }
}
class Palette extends Map<string, string> {
  first(): string | undefined {
    return [...this.values()][0]
  }
}

const decimal: Codec<Decimal> = {
  name: 'Decimal',
  is: (value) => value instanceof Decimal,
  encode: (value) => value.toString(),
  decode: (text) => new Decimal(text as string),
}
const money: Codec<Money> = {
  name: 'Money',
  is: (value) => value instanceof Money,
  encode: ({ amount, currency }) => [amount, currency],
  decode: (stored) => new Money(...(stored as [Decimal, string])),
}
const palette: Codec<Palette> = {
  name: 'Palette',
  is: (value) => value instanceof Palette,
  encode: (value) => [...value],
  decode: (stored) => new Palette(stored as [string, string][]),
}
const codecs = [money, decimal, palette]

describe.each(['sealed', 'stored'] as const)('%s: values of classes of the application', (kind) => {
  test('come back as instances, wherever they stand in a value, also as flash', async () => {
    const { at } = releases(kind, { codecs })
    await at(0, (session) => {
      const price = new Money(new Decimal('19.90'), 'EUR')
      session.set('prices', { hat: price, again: price, all: new Map([['coat', [new Decimal('-1')]]]) })
      session.set('nothing', new Decimal('0'))
      session.set('colours', new Palette([['a', 'red']]))
      session.flash('paid', price)
    })
    const { value, plan } = await at(0, (session) => {
      const { hat, again, all } = session.get('prices') as { hat: Money; again: Money; all: Map<string, Decimal[]> }
      expect(hat).toBeInstanceOf(Money)
      expect(again).toBe(hat)
      expect((session.get('colours') as Palette).first()).toBe('red')
      expect(session.peek('paid')).toBeInstanceOf(Money)
      return [hat.currency, String(hat.amount), String(all.get('coat')?.[0]), String(session.get('nothing'))]
    })
    expect(value).toEqual(['EUR', '19.90', '-1', '0'])
    expect(plan, 'reading is no change').toBe('nothing')
    expect((await at(0, (session) => String((session.flash('paid') as Money).amount))).value).toBe('19.90')
  })

  test('are stored when something in them changes', async () => {
    const { at } = releases(kind, { codecs })
    await at(0, (session) => session.set('price', new Money(new Decimal('1'), 'EUR')))
    await at(0, (session) => ((session.get('price') as Money).currency = 'CHF'))
    await at(0, (session) => session.update('price', (price) => new Money(new Decimal('2'), (price as Money).currency)))
    await at(0, (session) => session.patch(({ price }) => void Object.assign(price as Money, { amount: new Decimal('3') })))
    const { value } = await at(0, (session) => session.get('price') as Money)
    expect([value.currency, String(value.amount)]).toEqual(['CHF', '3'])
  })

  test('a release without the codec shows nothing of it, and leaves it as it is', async () => {
    const { at, told } = releases(kind, { codecs }, {}, { codecs: [{ ...decimal, decode: () => fail() }] })
    await at(0, (session) => session.replace({ price: new Decimal('5'), name: 'a' }))
    for (const other of [1, 2]) {
      expect((await at(other, (session) => [session.get('price'), session.get('name')])).value).toEqual([
        undefined,
        'a'.repeat(other),
      ])
      expect(told(other)).toMatchObject([{ type: 'unreadable-value', key: 'price' }])
      await at(other, (session) => session.set('name', `${session.get('name')}a`))
    }
    expect((await at(0, (session) => [String(session.get('price')), session.get('name')])).value).toEqual(['5', 'aaa'])
  })
})

const fail = (): never => {
  throw new TypeError('secret-7 is no number')
}

test('what cannot be encoded is refused at the call, without the value', async () => {
  const broken: Codec[] = [
    { ...decimal, encode: fail } as Codec,
    { ...decimal, encode: async () => 'x' } as Codec,
    { ...decimal, encode: (value: unknown) => value } as Codec,
    { ...decimal, encode: () => () => 1 } as Codec,
  ]
  for (const codec of broken) {
    const { at } = releases('sealed', { codecs: [codec] })
    await at(0, (session) => {
      expect(() => session.set('price', new Decimal('77'))).toThrow(
        expect.objectContaining({ code: 'BAD_VALUE', message: expect.not.stringContaining('77') }),
      )
      expect(session.keys()).toEqual([])
    })
  }
  await releases('sealed', {}).at(0, (session) =>
    expect(() => session.set('price', new Decimal('77'))).toThrow(expect.objectContaining({ code: 'BAD_VALUE' })),
  )
})

test('codecs are not asked about what the library stores by itself', async () => {
  const asked: unknown[] = []
  const { at } = releases('sealed', { codecs: [{ ...decimal, is: (value) => asked.push(value) < 0 } as Codec] })
  const day = new Date(0)
  await at(0, (session) => session.replace({ a: { b: [1, 'x', null, undefined, 7n] }, day }))
  expect(new Set(asked)).toEqual(new Set([day]))
  expect((await at(0, (session) => ({ ...session.data }))).value).toEqual({ a: { b: [1, 'x', null, undefined, 7n] }, day })
})

interface Temporals {
  readonly from: (text: string) => object
  new (): object
}
const { Temporal } = globalThis as unknown as {
  readonly Temporal: { readonly PlainDate: Temporals; readonly Instant: Temporals }
}

test('Temporal needs no codec, and goes through a schema', async () => {
  const schema = z.object({ due: z.instanceof(Temporal.PlainDate), price: z.instanceof(Decimal) }).partial()
  const { at } = releases('stored', { schema, codecs })
  await at(0, (session) => {
    session.set('due', Temporal.PlainDate.from('2026-11-22'))
    session.set('price', new Decimal('5'))
    expect(() => session.set('due', Temporal.Instant.from('2026-11-22T00:00:00Z'))).toThrow(/does not fit/)
  })
  const { value, plan } = await at(0, (session) => [String(session.get('due')), String(session.get('price'))])
  expect(value).toEqual(['2026-11-22', '5'])
  expect(plan).toBe('nothing')
})

test('once, and what is asked for by a handle, are instances', async () => {
  const { at } = releases('stored', { codecs })
  const { value: price } = await at(0, (session) => session.once('price', () => new Decimal('5'), { for: 60 }))
  expect(String(price)).toBe('5')
  const again = await at(0, (session) => session.once('price', (old) => new Decimal(`${old}.5`), { for: 0 }))
  expect(String(again.value)).toBe('5.5')
  const { value: listed } = await at(0, ({ handle }, core) => core.persistence.owners?.values?.(handle as string))
  expect(listed).toEqual({ price: expect.any(Decimal) })
})
