import { describe, expect, test } from 'vitest'
import { apply, type Changes, isEmpty, type ValueChange } from './changes.ts'
import { Entry } from './codec.ts'
import { type Contents, EMPTY } from './contents.ts'

const NOW = 1_000_000
const entry = (value: unknown, until?: number) => Entry.of(value, 'k', until)

const contents = (values: Record<string, Entry>, flash: Record<string, string> = {}): Contents => ({
  ...EMPTY,
  values: new Map(Object.entries(values)),
  flash: new Map(Object.entries(flash).map(([key, id]) => [key, { id, entry: entry(id) }])),
})

const changes = (values: Record<string, ValueChange>, more: Partial<Changes> = {}): Changes => ({
  values: new Map(Object.entries(values)),
  flash: new Map(),
  flashRead: new Set(),
  ...more,
})

const set = (value: unknown, base?: Entry, wasRead = base !== undefined): ValueChange => ({
  kind: 'set',
  entry: entry(value),
  base,
  wasRead,
})

function merged(
  stored: Contents,
  by: Changes,
): { values: Record<string, unknown>; flash: string[]; overwritten: string[]; contents: Contents } {
  const overwritten: string[] = []
  const result = apply(stored, by, NOW, (key) => overwritten.push(key))
  return {
    values: Object.fromEntries(Array.from(result.values, ([key, value]) => [key, value.take()])),
    flash: Array.from(result.flash.values(), ({ id }) => id),
    overwritten,
    contents: result,
  }
}

describe('promise 1: two requests change one session', () => {
  test('on different keys: both survive, and what neither touched stays', () => {
    const first = apply(contents({ lang: entry('en') }), changes({ a: set(1) }), NOW, () => {})
    expect(merged(first, changes({ b: set(2) })).values).toEqual({ lang: 'en', a: 1, b: 2 })
  })

  test('on one key by set: the last wins', () => {
    expect(merged(contents({ a: entry('theirs') }), changes({ a: set('mine') })).values).toEqual({ a: 'mine' })
  })

  test('an update runs again on what is stored now', () => {
    const base = entry(5)
    const add = (n: unknown) => Number(n ?? 0) + 1
    const update: ValueChange = { kind: 'update', entry: entry(7), base, steps: [add, add] }
    expect(merged(contents({ n: base }), changes({ n: update })).values).toEqual({ n: 7 })
    expect(merged(contents({ n: entry(100) }), changes({ n: update })).values).toEqual({ n: 102 })
    expect(merged(contents({}), changes({ n: update })).values).toEqual({ n: 2 })
  })

  test('an update runs once at the call, and again only when somebody else changed the value', () => {
    let runs = 0
    const step = () => ++runs
    const update = (base?: Entry): ValueChange => ({ kind: 'update', entry: entry(0), base, steps: [step] })
    merged(contents({ n: entry(5) }), changes({ n: update(entry(5)) }))
    merged(contents({}), changes({ n: update() }))
    expect(runs).toBe(0)
    merged(contents({ n: entry(6) }), changes({ n: update(entry(5)) }))
    expect(runs).toBe(1)
  })

  test('an update of a value whose own end has passed is an update of nothing', () => {
    const base = entry(5, NOW)
    const update: ValueChange = { kind: 'update', entry: entry(1), base, steps: [(n) => Number(n ?? 0) + 1] }
    expect(merged(contents({ n: base }), changes({ n: update })).values).toEqual({ n: 1 })
  })

  test('an update that runs again keeps the end of the value it runs on', () => {
    const update: ValueChange = { kind: 'update', entry: entry(6), base: entry(5), steps: [(n) => Number(n) + 1] }
    const { contents: result } = merged(contents({ n: entry(9, NOW + 5_000) }), changes({ n: update }))
    expect([result.values.get('n')?.take(), result.values.get('n')?.until]).toEqual([10, NOW + 5_000])
  })

  test('an update that throws when it is run again throws here, and what it makes is checked', () => {
    const throws: ValueChange = {
      kind: 'update',
      entry: entry(1),
      base: undefined,
      steps: [
        () => {
          throw new Error('sold out')
        },
      ],
    }
    expect(() => merged(contents({ n: entry(2) }), changes({ n: throws }))).toThrow('sold out')
    const odd: ValueChange = { ...throws, steps: [() => () => {}] }
    expect(() => merged(contents({ n: entry(2) }), changes({ n: odd }))).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
  })

  test('a deleted key is gone, whatever others made of it; deleting what is gone is nothing', () => {
    expect(merged(contents({ a: entry('theirs'), b: entry(1) }), changes({ a: { kind: 'delete' } })).values).toEqual({ b: 1 })
    expect(merged(contents({}), changes({ a: { kind: 'delete' } })).values).toEqual({})
  })
})

describe('somebody is told that a value was overwritten', () => {
  test.each<[string, Entry | undefined, ValueChange, string[]]>([
    ['when it was read, then set, and had changed in between', entry('new'), set('mine', entry('old')), ['a']],
    ['when it was read, then set, and was deleted in between', undefined, set('mine', entry('old')), ['a']],
    ['when it was absent when read, and is there now', entry('new'), set('mine', undefined, true), ['a']],
    ['not when nobody changed it', entry('old'), set('mine', entry('old')), []],
    ['not when it was set without reading', entry('new'), set('mine', undefined, false), []],
    ['not when it was still absent', undefined, set('mine', undefined, true), []],
  ])('%s', (_, stored, change, told) => {
    expect(merged(contents(stored ? { a: stored } : {}), changes({ a: change })).overwritten).toEqual(told)
  })
})

describe('values with an end of their own', () => {
  test('go with the next write of anything', () => {
    const stored = contents({ code: entry(1, NOW), later: entry(2, NOW + 1), ever: entry(3) })
    expect(merged(stored, changes({ a: set(1) })).values).toEqual({ later: 2, ever: 3, a: 1 })
  })
})

describe('flash values', () => {
  test('reading removes the one that was read: a newer one of the same name survives', () => {
    const read = changes({}, { flashRead: new Set(['old']) })
    expect(merged(contents({}, { notice: 'old', other: 'x' }), read).flash).toEqual(['x'])
    expect(merged(contents({}, { notice: 'newer', other: 'x' }), read).flash).toEqual(['newer', 'x'])
  })

  test('a new one takes the place of an older one of the same name', () => {
    const left = changes({}, { flash: new Map([['notice', { id: 'mine', entry: entry('mine') }]]) })
    expect(merged(contents({}, { notice: 'theirs' }), left).flash).toEqual(['mine'])
  })
})

test('applying changes no body that somebody else holds', () => {
  const stored = contents({ a: entry(1) }, { notice: 'n' })
  apply(stored, changes({ a: { kind: 'delete' }, b: set(2) }, { flashRead: new Set(['n']) }), NOW, () => {})
  expect([[...stored.values.keys()], [...stored.flash.keys()]]).toEqual([['a'], ['notice']])
})

test.each<[string, Changes, boolean]>([
  ['nothing', changes({}), true],
  ['a value', changes({ a: set(1) }), false],
  ['a flash value', changes({}, { flash: new Map([['a', { id: 'i', entry: entry(1) }]]) }), false],
  ['a flash value that was read', changes({}, { flashRead: new Set(['i']) }), false],
])('%s: is it empty?', (_, which, empty) => {
  expect(isEmpty(which)).toBe(empty)
})
