import { hkdfSync } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { SECRET } from '../../test/helpers/site.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import type { SessionEvent } from './events.ts'
import { sessionsFor } from './memo.ts'
import { type AnySessions, faceOf, sessionsOf } from './sessions.ts'

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
    expect(of({ cookie: { secure: true, path: '/' }, password: SECRET })).toBe(first)
    expect(of({ password: SECRET, cookie: { path: '/x', secure: true } })).not.toBe(first)
    expect(of({ password: SECRET })).not.toBe(first)
    expect(sessionsFor('other', { password: SECRET }, made)).not.toBe(of({ password: SECRET }))
  })

  test('tells stores apart by which they are', () => {
    const [one, two] = [memoryStore(), memoryStore()]
    expect(of({ password: SECRET, store: one })).toBe(of({ password: SECRET, store: one }))
    expect(of({ password: SECRET, store: one })).not.toBe(of({ password: SECRET, store: two }))
  })

  test('F17: functions are no part of what is compared, and the newest is the one that is called', async () => {
    const told: string[] = []
    const config = (name: string): Config => ({ password: SECRET, onEvent: () => void told.push(name) })
    const first = of(config('first'))
    expect(of(config('second'))).toBe(first)
    await faceOf(first).fromTicket('nonsense').open()
    expect(told).toEqual(['second'])
  })

  test('F17: derives no key for a configuration that is known', async () => {
    const crypto = process.getBuiltinModule('node:crypto')
    const derive = vi.spyOn(crypto, 'hkdfSync')
    const config = (): Config => ({ password: `${SECRET}-derived`, onEvent: () => {} })
    for (let request = 0; request < 20; request++) {
      const scope = faceOf(of(config())).detached({ get: () => null })
      const session = await scope.open()
      session.set('n', request)
      await scope.commit()
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
    ['functions', () => ({ a: () => 1, cookie: { path: '/' } })],
    ['functions in a list', () => ({ a: [() => 1] })],
    ['a method', () => ({ a() {} })],
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
