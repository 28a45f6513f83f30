import { hkdfSync } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { SECRET } from '../../test/helpers/site.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import type { SessionEvent } from './model/events.ts'
import { type AnySessions, adapterOf, sessionsOf } from './sessions.ts'
import { sessionsFor } from './sessions-cache.ts'

interface Config {
  readonly password: string
  readonly name?: string
  readonly cookie?: { readonly path?: string; readonly secure?: boolean }
  readonly store?: Store
  readonly onEvent?: (event: SessionEvent) => void
}

const made = vi.fn(
  ({ password, store, onEvent }: Config): AnySessions =>
    sessionsOf({ secrets: password, ...(store && { store }), ...(onEvent && { onEvent }) }),
)
const of = (config: Config): AnySessions => sessionsFor('test', config, made)

describe('sessionsFor', () => {
  test('makes the sessions of a configuration once, however often it is written down', () => {
    const first = of({ password: SECRET, cookie: { path: '/', secure: true } })
    expect(of({ password: SECRET, cookie: { path: '/', secure: true } })).toBe(first)
    expect(of({ password: SECRET, cookie: { path: '/x', secure: true } })).not.toBe(first)
    expect(of({ password: SECRET })).not.toBe(first)
    expect(sessionsFor('other', { password: SECRET }, made)).not.toBe(of({ password: SECRET }))
  })

  test('tells stores apart by which they are', () => {
    const [one, two] = [memoryStore(), memoryStore()]
    expect(of({ password: SECRET, store: one })).toBe(of({ password: SECRET, store: one }))
    expect(of({ password: SECRET, store: one })).not.toBe(of({ password: SECRET, store: two }))
  })

  test('S12: a function is told apart by which it is, and no configuration calls the one of another', async () => {
    const told: string[] = []
    const config = (name: string): Config => ({ password: SECRET, onEvent: () => void told.push(name) })
    const [first, second] = [config('first'), config('second')]
    expect(of({ ...first })).toBe(of({ ...first }))
    expect(of(second)).not.toBe(of(first))
    await adapterOf(of(first)).fromTicket('nonsense').open()
    expect(told).toEqual(['first'])
    await adapterOf(of(second)).fromTicket('nonsense').open()
    expect(told).toEqual(['first', 'second'])
  })

  test('S12: what counts is what was compared, whatever becomes of the object or a getter in it', () => {
    const given: { cookie: { path: string }; end: Date }[] = []
    const make = (options: { cookie: { path: string }; end: Date }): object => {
      given.push(options)
      return {}
    }
    const config = { cookie: { path: '/a' }, end: new Date(1) }
    const first = sessionsFor('copies', config, make)
    config.cookie.path = '/b'
    config.end.setTime(2)
    expect(sessionsFor('copies', config, make)).not.toBe(first)
    expect(given).toEqual([
      { cookie: { path: '/a' }, end: new Date(1) },
      { cookie: { path: '/b' }, end: new Date(2) },
    ])
    let asked = 0
    const moody = {
      cookie: {
        get path() {
          return `/${++asked}`
        },
      },
      end: new Date(1),
    }
    sessionsFor('copies', moody, make)
    expect([asked, given.at(-1)?.cookie.path]).toEqual([1, '/1'])
  })

  test('S12: literals in a handler push nothing out that others use', () => {
    const kept = of({ password: SECRET, name: 'beside literals' })
    const onEvent = () => {}
    const also = of({ password: SECRET, name: 'literals', onEvent })
    for (let n = 0; n < 1000; n++) of({ password: SECRET, name: 'literals', onEvent: () => {} })
    expect(of({ password: SECRET, name: 'beside literals' })).toBe(kept)
    expect(of({ password: SECRET, name: 'literals', onEvent })).toBe(also)
  })

  test('F17: derives no key for a configuration that is known', async () => {
    const crypto = process.getBuiltinModule('node:crypto')
    const derive = vi.spyOn(crypto, 'hkdfSync')
    const config = (): Config => ({ password: `${SECRET}-derived`, onEvent: () => {} })
    for (let request = 0; request < 20; request++) {
      const requestSession = adapterOf(of(config())).detached({ get: () => null })
      const session = await requestSession.open()
      session.set('n', request)
      await requestSession.commit()
    }
    expect(derive.mock.calls.length).toBeLessThan(10)
    derive.mockRestore()
    expect(hkdfSync).toBeTypeOf('function')
  })

  test('keeps the 256 used last', () => {
    const kept = of({ password: SECRET, name: 'kept' })
    for (let n = 0; n < 255; n++) of({ password: SECRET, name: `n${n}` })
    expect(of({ password: SECRET, name: 'kept' })).toBe(kept)
    for (let n = 0; n < 256; n++) of({ password: SECRET, name: `m${n}` })
    expect(of({ password: SECRET, name: 'kept' })).not.toBe(kept)
  })
})

describe('what a configuration may hold', () => {
  const any = (config: object): AnySessions => sessionsFor('anything', config, () => sessionsOf({ secrets: SECRET }))
  const same = () => 1
  const other = () => 1
  class Driver {
    readonly name: string
    constructor(name: string) {
      this.name = name
    }
  }

  test.each<[string, () => object]>([
    ['undefined', () => ({ a: undefined, b: 1 })],
    ['null', () => ({ a: null })],
    ['nested lists', () => ({ a: [1, [2, [3, { b: [4] }]]] })],
    ['a Date', () => ({ a: new Date(5) })],
    ['a URL', () => ({ a: new URL('https://a.example/') })],
    ['a symbol', () => ({ a: Symbol.for('x'), [Symbol.for('y')]: 1 })],
    ['Infinity', () => ({ a: Infinity })],
    ['an object without a prototype', () => ({ a: Object.assign(Object.create(null), { b: 1 }) })],
    ['functions that are the same', () => ({ a: same, cookie: { path: '/' } })],
    ['the same functions in a list', () => ({ a: [same] })],
    [
      'a getter',
      () => ({
        get a() {
          return 1
        },
      }),
    ],
    ['a frozen object', () => Object.freeze({ a: Object.freeze({ b: 1 }) })],
  ])('%s, and is known again when it is written anew', (_, config) => {
    expect(any(config())).toBe(any(config()))
  })

  test.each<[string, object, object]>([
    ['a number and its text', { a: 1 }, { a: '1' }],
    ['two functions', { a: () => 1 }, { a: () => 1 }],
    ['two functions in a list', { a: [() => 1] }, { a: [() => 1] }],
    ['functions that changed places', { a: same, b: other }, { a: other, b: same }],
    ['one function, and two', { a: same, b: same }, { a: same, b: other }],
    ['undefined and missing', { a: undefined }, {}],
    ['undefined and null', { a: undefined }, { a: null }],
    ['undefined and its name', { a: undefined }, { a: 'undefined' }],
    ['NaN and null', { a: Number.NaN }, { a: null }],
    ['Infinity and null', { a: Infinity }, { a: null }],
    ['0 and -0', { a: 0 }, { a: -0 }],
    ['a number and a bigint', { a: 1 }, { a: 1n }],
    ['true and its name', { a: true }, { a: 'true' }],
    ['lists in another order', { a: ['x', 'y'] }, { a: ['y', 'x'] }],
    ['named passwords in another order, of which the first writes', { a: { x: 'p', y: 'q' } }, { a: { y: 'q', x: 'p' } }],
    ['a list with a hole at its end', { a: ['x'] }, { a: ['x', undefined] }],
    ['nested objects', { a: { b: { c: 1 } } }, { a: { b: { c: 2 } } }],
    ['an object and its text', { a: { b: 1 } }, { a: '{"b":1}' }],
    ['a field and one that looks like two', { a: 'x', b: 'y' }, { a: 'x","b":"y' }],
    ['a date and its text', { a: new Date(1) }, { a: new Date(1).toJSON() }],
    ['a URL and its text', { a: new URL('https://a.example/') }, { a: 'https://a.example/' }],
    ['two symbols', { a: Symbol('x') }, { a: Symbol('x') }],
    ['two sets', { a: new Set([1]) }, { a: new Set([1]) }],
    ['what answers to toJSON', { a: { toJSON: () => 1 } }, { a: { toJSON: () => 1 } }],
    ['two objects that show nothing', { a: new Proxy({}, {}) }, { a: new Proxy({}, {}) }],
    ['two dates', { a: new Date(1) }, { a: new Date(2) }],
    ['two class instances', { a: new Driver('x') }, { a: new Driver('x') }],
    // A store may be such an object.
    ['two objects with functions', { a: { read: () => 1 } }, { a: { read: () => 1 } }],
    ['two maps', { a: new Map() }, { a: new Map() }],
    ['a list and an object', { a: ['x'] }, { a: { 0: 'x' } }],
    ['nested lists', { a: [[1], 2] }, { a: [1, [2]] }],
  ])('tells %s apart', (_, one, two) => {
    expect(any(one)).not.toBe(any(two))
  })
})

test('configurations that come and go by the thousand do not keep others from being known', () => {
  for (let n = 0; n < 1000; n++) of({ password: SECRET, store: memoryStore() })
  expect(of({ password: SECRET, name: 'last' })).toBe(of({ password: SECRET, name: 'last' }))
})
