import { describe, expect, test } from 'vitest'
import { type Changes, isEmpty, without } from './changes.ts'
import { Entry } from './codec.ts'
import { type Contents, decode, EMPTY, encode } from './contents.ts'
import { lifeUnder, policyOf } from './lifetime.ts'
import { isDone, type Move, moved, startsAnew } from './moves.ts'
import { decodeSealed, encodeSealed } from './sealed-text.ts'
import { actorOf, authOf, impersonatorOf, levelAt, noteOf } from './standing.ts'

const entries = (values: Record<string, unknown>) =>
  new Map(Object.entries(values).map(([key, value]) => [key, Entry.of(value, key)]))
const plain = ({ values }: Contents) => Object.fromEntries(Array.from(values, ([key, entry]) => [key, entry.take()]))
const NONE: Changes = { values: new Map(), flash: new Map(), flashRead: new Set() }
const set = (values: Record<string, unknown>): Changes => ({
  ...NONE,
  values: new Map(
    Array.from(entries(values), ([key, entry]) => [key, { kind: 'set', entry, base: undefined, wasRead: false }] as const),
  ),
})
const of = (contents: Contents, move: Move | undefined, changes = NONE) => moved(contents, { changes, move }, 1000)
const ada: Contents = { ...EMPTY, values: entries({ a: 1 }), owner: 'ada', since: 5, more: { auth: { at: 1, level: 'aal1' } } }
const impersonates = (owner: string, before?: Changes): Move => ({
  kind: 'switch',
  owner,
  impersonates: true,
  shows: EMPTY,
  ...(before && { before }),
})
const back: Move = { kind: 'switch', owner: 'ada', impersonates: false, shows: EMPTY }

describe('what a new id makes of a session', () => {
  test('nothing but the changes, if nothing else was asked for', () => {
    expect(of(ada, undefined)).toEqual(ada)
    expect(of(ada, { kind: 'regenerate' })).toEqual(ada)
    expect(plain(of(ada, { kind: 'regenerate' }, set({ b: 2 })))).toEqual({ a: 1, b: 2 })
    expect(of(ada, { kind: 'regenerate', anew: true }).since).toBeUndefined()
  })

  test('a sign-in: the owner, since when, and a time of its own or none', () => {
    const signedIn = of({ ...EMPTY, since: 5 }, { kind: 'signIn', owner: 'ada', auth: { at: 9 }, remember: 50 })
    expect(signedIn).toEqual({ ...EMPTY, owner: 'ada', lasts: 50, more: { auth: { at: 9 }, remembered: true } })
    expect(policyOf(signedIn, { idle: 1, absolute: 2 }), 'not twice as long').toMatchObject({ idle: 50, absolute: 50 })
    const stated = { idle: 1, absolute: 20, fixed: true }
    expect(policyOf(signedIn, stated), 'also where the site has stated another').toMatchObject({ absolute: 50 })
    const lifetime = { createdAt: 1, endsAt: 51, expiresAt: 51 }
    expect([lifeUnder(lifetime, signedIn, stated), lifeUnder(lifetime, { lasts: 50 }, stated).endsAt]).toEqual([lifetime, 21])
    const again = of(signedIn, { kind: 'signIn', owner: 'ada', auth: { at: 10 } })
    expect(again).toEqual({ ...EMPTY, owner: 'ada', lasts: 50, more: { auth: { at: 10 }, remembered: true } })
    const forgotten = of(signedIn, { kind: 'signIn', owner: 'ada', auth: { at: 10 }, remember: false })
    expect(forgotten).toEqual({ ...EMPTY, owner: 'ada', more: { auth: { at: 10 } } })
  })

  test('to act as somebody else: the own values wait, with what this request changed before', () => {
    const bob = of(ada, impersonates('bob', set({ a: 2, b: 3 })), set({ cart: 1 }))
    expect([plain(bob), bob.owner, impersonatorOf(bob), actorOf(bob)]).toEqual([{ cart: 1 }, 'bob', 'ada', 'ada'])
    const again = of(bob, back, set({ after: 1 }))
    expect([plain(again), again.owner, impersonatorOf(again), actorOf(again)]).toEqual([
      { a: 2, b: 3, after: 1 },
      'ada',
      undefined,
      'ada',
    ])
    expect(again.more).toEqual(ada.more)
  })

  test('fields of a newer release stay through all of them', () => {
    const newer: Contents = { ...ada, more: { ...ada.more, later: { x: [1] }, __proto__: null } }
    const moves: Move[] = [
      { kind: 'regenerate', auth: { at: 2, up: { level: 'aal2', until: 5 } } },
      impersonates('bob'),
      back,
      { kind: 'signIn', owner: 'ada', auth: { at: 3 }, remember: 7 },
    ]
    let now = newer
    for (const move of moves) {
      now = of(now, move)
      expect(now.more).toMatchObject({ later: { x: [1] } })
    }
  })

  test('whether it is done already, as after a double click', () => {
    const bob = of(ada, impersonates('bob'))
    const up: Move = { kind: 'regenerate', auth: { at: 2, up: { level: 'aal2', until: 5 } } }
    const signIn = (level?: string): Move => ({ kind: 'signIn', owner: 'ada', auth: { at: 9, ...(level && { level }) } })
    expect([isDone({ kind: 'regenerate' }, ada), isDone(up, ada), isDone(up, of(ada, up))]).toEqual([true, false, true])
    expect([isDone(signIn('aal1'), ada), isDone(signIn(), ada), isDone(signIn('aal1'), bob)]).toEqual([true, false, false])
    expect([isDone(impersonates('bob'), bob), isDone(impersonates('carol'), bob), isDone(impersonates('ada'), ada)]).toEqual([
      true,
      false,
      false,
    ])
    expect([isDone(back, bob), isDone(back, ada)]).toEqual([false, true])
    const asBob: Move = { kind: 'signIn', owner: 'bob', auth: { at: 9 } }
    expect(isDone(asBob, { ...bob, more: { ...bob.more, auth: { at: 9 } } }), 'support is not bob').toBe(false)
    expect([up, impersonates('bob'), signIn(), undefined].map(startsAnew)).toEqual([false, false, true, false])
  })
})

describe('a note among the changes', () => {
  test('is stored once, and does not undo another', () => {
    const changes = { ...NONE, more: { note: { a: 1 } } }
    expect(isEmpty(changes)).toBe(false)
    expect(isEmpty(without(changes, changes))).toBe(true)
    expect(isEmpty(without(changes, { ...NONE, more: { note: { a: 1 } } })), 'another one of the same words').toBe(false)
    expect(noteOf(of({ ...EMPTY, more: { later: 1 } }, undefined, changes))).toEqual({ a: 1 })
  })
})

test('any history of moves is read back as it was written, in a record and in a ticket', () => {
  // Numbers that look random and are the same each time.
  let seed = 7
  const draw = (most: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % most
  }
  const lifetime = { createdAt: 1000, endsAt: 9000, expiresAt: 5000 }
  for (let history = 0; history < 300; history++) {
    let now: Contents = { ...EMPTY }
    const model = { owner: undefined as string | undefined, values: {} as Record<string, unknown>, own: undefined as unknown }
    for (let step = 0; step < 12; step++) {
      const value = { [`k${draw(4)}`]: draw(2) ? new Date(draw(1000)) : '"\\'.repeat(draw(4)) }
      const kind = draw(4)
      if (kind === 0) {
        now = of(now, undefined, set(value))
        Object.assign(model.values, value)
      } else if (kind === 1 && model.own === undefined) {
        now = of(now, { kind: 'signIn', owner: 'ada', auth: { at: step }, ...(draw(2) && { remember: 1 + draw(99) }) })
        model.owner = 'ada'
      } else if (kind === 2 && model.owner !== undefined && model.own === undefined) {
        now = of(now, impersonates('bob'))
        Object.assign(model, { own: model.values, values: {}, owner: 'bob' })
      } else if (kind === 3 && model.own !== undefined) {
        now = of(now, back)
        Object.assign(model, { own: undefined, values: model.own, owner: 'ada' })
      }
      const record = decode(encode(now, { key: 'k' }))
      const ticket = decodeSealed(encodeSealed({ id: 'id', contents: now, lifetime }))
      if (typeof record === 'string' || typeof ticket === 'string') throw new Error('unreadable')
      for (const read of [record.contents, ticket.contents]) {
        expect(plain(read)).toEqual(model.values)
        expect([read.owner, read.more, read.lasts]).toEqual([now.owner, now.more, now.lasts])
        expect(actorOf(read)).toBe(model.own === undefined ? model.owner : 'ada')
      }
      now = record.contents
    }
  }
})

test('what a damaged or a newer record says there is taken for nothing, and kept', () => {
  const wrong: [string, unknown][] = [
    ['auth', 7],
    ['auth', { at: 'yesterday' }],
    ['auth', { at: 1.5 }],
    ['auth', [1]],
    ['note', 'Firefox'],
    ['note', [1]],
    ['impersonator', 'eve'],
    ['impersonator', { owner: 'eve' }],
    ['impersonator', { owner: 7, session: '' }],
  ]
  for (const [name, value] of wrong) {
    const decoded = decode(JSON.stringify({ format: 1, key: 'k', owner: 'ada', [name]: value, data: {} }))
    if (typeof decoded === 'string') throw new Error(decoded)
    const { contents } = decoded
    expect([authOf(contents), noteOf(contents), impersonatorOf(contents)]).toEqual([undefined, undefined, undefined])
    expect(JSON.parse(encode(contents, { key: 'k' }))[name]).toEqual(value)
  }
  const odd: Contents = { ...EMPTY, more: { auth: { at: 1, level: 7, up: { level: 'x', until: 'soon' } } } }
  expect(authOf(odd)).toEqual({ at: 1 })
  expect(levelAt({ at: 1, level: 'a', up: { level: 'b', until: 10 } }, 9)).toBe('b')
  expect(levelAt({ at: 1, level: 'a', up: { level: 'b', until: 10 } }, 10)).toBe('a')
})
