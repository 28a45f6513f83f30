import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { HUSH } from '../../../test/helpers/discretion.ts'
import { SessionError } from '../../errors.ts'
import { Entry } from './codec.ts'

/** What a value is after it was stored: through the text, as another request reads it. */
function stored(value: unknown): unknown {
  const { rich, text } = Entry.of(value, 'k')
  return Entry.parsed(rich, JSON.parse(text)).take()
}

function refusal(value: unknown): SessionError {
  try {
    Entry.of(value, 'k')
  } catch (error) {
    if (error instanceof SessionError) return error
    throw error
  }
  throw new Error('it was stored')
}

describe('promise 13: what goes in comes out', () => {
  test.each<[string, unknown]>([
    ['a string', 'ada'],
    ['an empty string', ''],
    ['text of every kind', 'Zoë 🧥 \u0000 "quoted" \u2028 \\'],
    ['a lone surrogate', 'half \ud83e'],
    ['a number', 12.5],
    ['the largest number', Number.MAX_VALUE],
    ['true', true],
    ['null', null],
    ['undefined', undefined],
    ['minus zero', -0],
    ['NaN', Number.NaN],
    ['minus infinity', Number.NEGATIVE_INFINITY],
    ['a BigInt', 2n ** 70n],
    ['a Date', new Date('2026-11-21T08:00:00.123Z')],
    ['an invalid Date', new Date(Number.NaN)],
    ['a URL', new URL('https://app.test/a?b=c#d')],
    ['a RegExp', /a.b/giu],
    [
      'a Map',
      new Map<unknown, unknown>([
        [{ id: 1 }, new Set([1, -0])],
        ['x', new Map()],
      ]),
    ],
    ['a Set', new Set(['a', 1n, new Date(0)])],
    ['an array', [1, 'two', [true, null]]],
    ['an array with holes', holed()],
    ['a plain object', { a: 1, b: { c: ['d'] } }],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['undefined inside', { a: undefined, b: [undefined] }],
    ['minus zero and NaN inside', { zero: -0, none: [Number.NaN] }],
    ['keys that mean something elsewhere', { constructor: 1, hasOwnProperty: 2, toString: 3, valueOf: 4 }],
    ['an empty key', { '': 1 }],
    ['a Uint8Array', Uint8Array.of(0, 1, 255)],
    ['an empty Uint8Array', new Uint8Array(0)],
    ['a Float64Array', Float64Array.of(Math.PI, -0)],
    ['a BigInt64Array', BigInt64Array.of(-1n)],
    ['an ArrayBuffer', Uint8Array.of(1, 2, 3).buffer],
    ['a DataView', new DataView(Uint8Array.of(1, 2).buffer)],
  ])('%s', (_, value) => {
    const back = stored(value)
    expect(back).toStrictEqual(value)
    expect(Object.is(back, value) || typeof value === 'object').toBe(true)
  })

  test('an object that is met twice is one object, and a circle stays a circle', () => {
    const coat = { colour: 'red' }
    const wardrobe: Record<string, unknown> = { first: coat, second: coat, all: new Set([coat]) }
    wardrobe.self = wardrobe
    const back = stored(wardrobe) as { first: object; second: object; all: Set<object>; self: object }
    expect(back.first).toStrictEqual(coat)
    expect(back.second).toBe(back.first)
    expect(back.all.has(back.first)).toBe(true)
    expect(back.self).toBe(back)
  })

  test('text that looks like the rich form of something stays text', () => {
    for (const text of ['[1,2]', '[["Date","2020-01-01"]]', '-1', '{"r":1}']) expect(stored(text)).toBe(text)
    expect(stored([['Date', '2020-01-01T00:00:00.000Z']])).toStrictEqual([['Date', '2020-01-01T00:00:00.000Z']])
    expect(stored([-1, -2, [-7, 10]])).toStrictEqual([-1, -2, [-7, 10]])
  })

  test('nothing is shared: each reader has a copy, also of the parsed form', () => {
    const value = { list: [1] }
    const entry = Entry.of(value, 'k')
    value.list.push(2)
    const first = entry.take() as typeof value
    first.list.push(3)
    expect(entry.take()).toStrictEqual({ list: [1] })
    const parsed = Entry.parsed(false, { list: [1] })
    const one = parsed.take() as typeof value
    one.list.push(4)
    expect(parsed.take()).toStrictEqual({ list: [1] })
    expect(parsed.text).toBe('{"list":[1]}')
  })

  test('an array with a few values far apart comes back, or is refused when it is set', () => {
    const sparse: unknown[] = []
    sparse[1000] = 'far'
    let back: unknown
    try {
      back = stored(sparse)
    } catch (error) {
      expect(error).toMatchObject({ code: 'BAD_VALUE' })
      return
    }
    expect(back).toStrictEqual(sparse)
  })

  test.each<[string, unknown]>([
    ['an array', Object.assign(['hit'], { index: 3 })],
    ['a match', /b/.exec('abc')],
  ])('what %s has beside its elements is not dropped in silence', (_, value) => {
    let back: unknown
    try {
      back = stored(value)
    } catch (error) {
      expect(error).toMatchObject({ code: 'BAD_VALUE' })
      return
    }
    expect(back).toStrictEqual(value)
  })
})

describe('a view of a part of a buffer', () => {
  test('takes nothing of its neighbours along', () => {
    const buffer = new TextEncoder().encode(`my token, ${HUSH}`)
    const { text } = Entry.of({ view: buffer.subarray(0, 2) }, 'k')
    expect(text).toContain(btoa('my'))
    expect(text.length).toBeLessThan(80)
    expect(stored({ view: buffer.subarray(0, 2) })).toStrictEqual({ view: Uint8Array.of(109, 121) })
  })

  test('of every kind is what it shows', () => {
    const { buffer } = Uint8Array.from({ length: 64 }, (_, at) => at)
    for (const view of [new Uint16Array(buffer, 2, 3), new Float32Array(buffer, 8, 2), new BigUint64Array(buffer, 8, 1)])
      expect(stored(view)).toStrictEqual(view.slice())
    const back = stored(new DataView(buffer, 4, 4)) as DataView
    expect([back.byteLength, back.getUint8(0), back.buffer.byteLength]).toEqual([4, 4, 4])
  })

  test('of Node comes back as bytes', () => {
    expect(stored(Buffer.from('a pooled buffer'))).toStrictEqual(new Uint8Array(Buffer.from('a pooled buffer')))
  })
})

test('what JSON gives back exactly is kept as plain JSON', () => {
  for (const value of ['a', '', 1, -1.5, 0, true, false, null, [], [1, [null]], {}, { a: [{ b: 'c' }] }]) {
    const { rich, text } = Entry.of(value, 'k')
    expect([rich, text]).toEqual([false, JSON.stringify(value)])
  }
})

describe('the text of a value', () => {
  test.each<[string, unknown]>([
    ['a Map', new Map([['a', [1, { b: 2n }]]])],
    ['repeated references', ((one) => [one, one, { one }])({ a: 'x' })],
    ['holes', holed()],
    ['numbers as keys', { b: 1, 2: 'x', a: 3, 1: 'y' }],
    ['large and small numbers', [1e21, 1e-7, 123456789012345680000]],
    ['a Float16Array', globalThis.Float16Array ? new Float16Array([1, 2]) : 1n],
    ['boxed primitives', [Object('s'), Object(1)]],
  ])('%s is the same again after reading, so that reading is no change', (_, value) => {
    const first = Entry.of(value, 'k')
    const read = Entry.parsed(first.rich, JSON.parse(first.text))
    expect(Entry.of(read.take(), 'k').equals(first)).toBe(true)
  })

  test('is equal only for the same form, text and end', () => {
    expect(Entry.of([1, 2], 'k').equals(Entry.of([1, 2], 'other key'))).toBe(true)
    expect(Entry.of([1, 2], 'k').equals(Entry.of([1, 3], 'k'))).toBe(false)
    expect(Entry.of(1, 'k', 5).equals(Entry.of(1, 'k', 6))).toBe(false)
    expect(Entry.of(1, 'k', 5).equals(Entry.of(1, 'k'))).toBe(false)
    expect(Entry.parsed(true, [1]).equals(Entry.parsed(false, [1]))).toBe(false)
    expect(Entry.of(1, 'k').equals(undefined)).toBe(false)
  })

  test('is the same whether it was just made or read again: no reader of a value with a "<" in it writes it anew', () => {
    for (const value of [new Map([['html', '<b>\u2028']]), /(?<name>a)/, new Set(['half \ud83e <'])]) {
      const entry = Entry.of(value, 'k')
      expect(Entry.parsed(entry.rich, JSON.parse(entry.text)).equals(entry)).toBe(true)
    }
  })

  test('counts until its end, which is not part of its life', () => {
    expect([4, 5].map((now) => Entry.of(1, 'k', 5).live(now))).toEqual([true, false])
    expect(Entry.of(1, 'k').live(Number.MAX_SAFE_INTEGER)).toBe(true)
  })
})

class Person {
  name = HUSH
}

describe('what cannot be stored throws BAD_VALUE and says where it is', () => {
  test.each<[string, unknown, string]>([
    ['a function', () => {}, '"k" cannot be stored'],
    ['a function inside', { menu: [{ open: () => {} }] }, '"k" at .menu[0].open'],
    ['a symbol', Symbol('s'), '"k" cannot be stored'],
    ['a symbol in a Map', new Map([['a', Symbol('s')]]), '"k" at .get("a")'],
    ['a key that is a symbol', { in: { [Symbol('s')]: 1 } }, '"k" at .in'],
    ['a class instance', new Person(), '"k" cannot be stored'],
    ['a class instance inside', { users: [1, new Person()] }, '"k" at .users[1]'],
    ['an Error', new Error('x'), '"k"'],
    ['a Promise', { later: Promise.resolve() }, '"k" at .later'],
    ['a WeakMap', new WeakMap(), '"k"'],
    ['a toJSON of its own', { toJSON: () => 1 }, '"k" at .toJSON'],
    ['a key named __proto__', JSON.parse('{"a":{"__proto__":{"admin":true}}}'), '"k" at .a'],
    ['a proxy that was revoked', revoked(), '"k"'],
    [
      'a getter that throws',
      {
        get oops(): never {
          throw new Error('not today')
        },
      },
      '"k"',
    ],
    [
      'a getter that throws nothing',
      {
        get oops(): never {
          throw undefined
        },
      },
      '"k"',
    ],
    [
      'a proxy whose traps throw',
      new Proxy(
        {},
        {
          ownKeys() {
            throw new TypeError('no')
          },
        },
      ),
      '"k"',
    ],
    ['what says it is a Map', { [Symbol.toStringTag]: 'Map' }, '"k"'],
  ])('%s', (_, value, where) => {
    const error = refusal(value)
    expect(error.code).toBe('BAD_VALUE')
    expect(error.message).toContain(where)
    expect(error.fix).toContain('plain data')
  })

  test('nesting deeper than anybody can read is refused, and does not end the process', () => {
    let deep: unknown = []
    for (let i = 0; i < 100_000; i++) deep = [deep]
    const error = refusal(deep)
    expect(error.code).toBe('BAD_VALUE')
    expect(error.message).toContain('nested too deeply')
    let objects: unknown = {}
    for (let i = 0; i < 100_000; i++) objects = { in: objects }
    expect(refusal(objects).message).toContain('nested too deeply')
    let medium: unknown = {}
    for (let i = 0; i < 3000; i++) medium = i % 2 ? { in: medium } : [medium]
    expect(refusal(medium).message).toContain('nested too deeply')
    for (const wrap of [
      (inner: unknown) => new Map([['in', inner]]),
      (inner: unknown) => new Set([inner]),
      (inner: unknown) => [inner, 1n],
    ]) {
      let value: unknown = 1n
      for (let i = 0; i < 500; i++) value = wrap(value)
      expect(stored(value)).toEqual(value)
      for (let i = 0; i < 2; i++) value = wrap(value)
      expect(refusal(value).message).toContain('nested too deeply')
    }
    let rich: unknown = new Map()
    for (let i = 0; i < 100_000; i++) rich = new Map([['in', rich]])
    expect(refusal(rich).code).toBe('BAD_VALUE')
  })

  test('the error holds nothing of the value: it may be logged', () => {
    const error = refusal({ password: HUSH, users: [new Person()] })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(HUSH)
  })

  test('a value that only claims to be sparse is not built', () => {
    const claim = Entry.parsed(true, [[-7, 1_000_000_000]])
    expect(() => claim.take()).toThrow()
    expect(() => Entry.parsed(true, [{ a: 1 }, [-7, 1_000_000_000, 0, 2], 'x']).take()).toThrow()
  })

  test.each<[string, unknown]>([
    ['a reference to nowhere', [{ a: 99 }]],
    ['an unknown kind', [['Person', 1], 'x']],
    ['no form at all', 'rich'],
    ['an empty list', []],
    ['the key __proto__', [{ ['__proto__']: 1 }, 2]],
  ])('a damaged rich text (%s) throws and makes nothing', (_, parsed) => {
    expect(() => Entry.parsed(true, parsed).take()).toThrow()
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })
})

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function holed(): unknown[] {
  const list = [1, 2, 3]
  delete list[1]
  return list
}
