import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Entry } from '../model/codec.ts'
import { EMPTY } from '../model/contents.ts'
import { copiesOf, isUnchanged } from './unchanged.ts'
import { Values } from './values.ts'

type Node = object
type Fields = Record<string, unknown>

const atom = fc.oneof(
  fc.constantFrom<unknown>(0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, undefined, null, true, false, '', 'a', '-0', 7n),
  fc.string({ maxLength: 4 }),
  fc.double(),
)
const name = fc.constantFrom('a', 'b', 'c', '1', '0', 'size', 'length')

const { value: storable } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atom,
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: false }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(atom, tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.array(tie('value'), { maxLength: 3 }).map((parts) => new Set(parts)),
    fc.constantFrom(0, 1e12, Number.NaN).map((time) => new Date(time)),
    fc.uint8Array({ maxLength: 3 }),
    fc.array(fc.double(), { maxLength: 2 }).map((numbers) => Float64Array.from(numbers)),
    fc
      .constantFrom(
        () => /a/g,
        () => new URL('https://a.test/'),
      )
      .map((make) => make()),
  ),
}))
/** As JSON holds it: most values are of this kind. */
const plain = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)))

/** Every object that can be reached from a value, each once. */
function nodesOf(value: unknown): Node[] {
  const nodes = new Set<Node>()
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null || nodes.has(part as Node)) return
    nodes.add(part as Node)
    const inside = part instanceof Map ? [...part].flat() : part instanceof Set ? [...part] : Object.values(part)
    for (const inner of ArrayBuffer.isView(part) ? [] : inside) visit(inner)
  }
  visit(value)
  return [...nodes]
}

/** Changes of one object, or none: `part` is what may be put in, `at` where. */
const CHANGES: Record<string, (node: Node, part: unknown, at: string) => void> = {
  nothing: () => {},
  set: (node, part, at) => void Object.assign(node, { [at]: part }),
  'set to what it is': (node, _, at) => void (Object.hasOwn(node, at) && Object.assign(node, { [at]: (node as Fields)[at] })),
  delete: (node, _, at) => void Reflect.deleteProperty(node, at),
  'delete and add': (node, _, at) => {
    const was = (node as Fields)[at]
    if (Object.hasOwn(node, at) && Reflect.deleteProperty(node, at)) Object.assign(node, { [at]: was })
  },
  'an equal copy': (node, _, at) => {
    const was = (node as Fields)[at]
    if (Object.hasOwn(node, at) && was !== null && typeof was === 'object') Object.assign(node, { [at]: structuredClone(was) })
  },
  symbol: (node) => void Object.assign(node, { [Symbol('s')]: 1 }),
  'no prototype': (node) => void Object.setPrototypeOf(node, null),
  'other prototype': (node) => void Object.setPrototypeOf(node, class {}.prototype),
  add: (node, part) => {
    if (Array.isArray(node)) node.push(part)
    else if (node instanceof Map) node.set(part, 1)
    else if (node instanceof Set) node.add(part)
  },
  remove: (node, part) => {
    if (Array.isArray(node)) node.pop()
    else if (node instanceof Map || node instanceof Set) node.delete([...node.keys()][0] ?? part)
  },
  reorder: (node) => {
    if (Array.isArray(node)) node.reverse()
    else if (node instanceof Map) for (const [key, value] of [...node].slice(0, 1)) node.delete(key) && node.set(key, value)
    else if (node instanceof Set) for (const value of [...node].slice(0, 1)) node.delete(value) && node.add(value)
  },
  'a new time': (node, part) => void (node instanceof Date && node.setTime(Number(typeof part === 'number' ? part : 0))),
  byte: (node) => void (node instanceof Uint8Array && node.length > 0 && Object.assign(node, { 0: 255 - (node[0] ?? 0) })),
}

const step = fc.record({
  change: fc.constantFrom(...Object.keys(CHANGES)),
  node: fc.nat(30),
  part: atom,
  at: name,
  other: fc.nat(60),
})

/** What encoding says: whether the value differs from what it was, or why it cannot be stored. */
function said(run: () => boolean): unknown {
  try {
    return run()
  } catch (error) {
    return (error as { readonly code?: unknown }).code
  }
}

describe('a change inside a value', () => {
  test.each([
    ['what JSON holds', plain],
    ['what else is stored', storable],
  ])('is found as encoding it again would find it: %s', (_, values) => {
    let looked = 0
    fc.assert(
      fc.property(values, fc.array(step, { maxLength: 3 }), fc.boolean(), (value, steps, links) => {
        const made = nodesOf(value)
        // Cycles and parts that occur twice.
        if (links && made.length > 1) Object.assign(made[0] as Node, { link: made.at(-1), self: made[0] })
        let entry: Entry
        try {
          entry = Entry.of(value, 'k')
        } catch {
          return
        }
        const fresh = (): Entry => Entry.parsed(entry.rich, JSON.parse(entry.text))
        const live = new Values(
          { ...EMPTY, values: new Map([['k', fresh()]]) },
          () => 0,
          () => {},
        )
        const read = live.read('k').value
        if (typeof read !== 'object' || read === null) return
        const before = Entry.of(fresh().take(), 'k')
        for (const { change, node, part, at, other } of steps) {
          const nodes = nodesOf(read)
          // Half of what is put in is a part of the same value.
          const put = other % 2 ? nodes[(other >> 1) % nodes.length] : part
          try {
            CHANGES[change]?.(nodes[node % nodes.length] as Node, put, at)
          } catch {
            // what a frozen or special object refuses
          }
        }
        looked++
        expect(said(() => live.changed)).toEqual(said(() => !Entry.of(read, 'k').equals(before)))
      }),
      { numRuns: 2000 },
    )
    expect(looked).toBeGreaterThan(200)
  })

  test('and what was not changed is known by its objects, without encoding it', () => {
    fc.assert(
      fc.property(plain, (value) => {
        if (typeof value !== 'object' || value === null) return
        const copies = copiesOf(value, true)
        expect(copies && isUnchanged(copies)).toBe(true)
      }),
    )
    const shared = { at: new Date(Number.NaN) }
    const rich = {
      shared,
      again: [shared, undefined, -0],
      map: new Map([[shared, new Set([Number.NaN])]]),
      bytes: Uint8Array.of(1),
    }
    const copies = copiesOf(Object.assign(rich, { rich }), false)
    expect(copies && isUnchanged(copies)).toBe(true)
    expect(
      [/a/, new URL('https://a.test'), Object.create(null), Float64Array.of(1), new Array(2)].map((each) =>
        copiesOf({ each }, false),
      ),
    ).toEqual([undefined, undefined, undefined, undefined, undefined])
  })

  test('is found after a commit too, and again after one that failed', () => {
    for (const value of [{ list: [1] }, { list: [1], at: new Date(0) }]) {
      const live = new Values(
        EMPTY,
        () => 0,
        () => {},
      )
      live.put('k', value, undefined)
      const taken = live.take()
      expect(live.changed).toBe(false)
      value.list.push(2)
      expect(live.changed).toBe(true)
      value.list.pop()
      expect(live.changed).toBe(false)
      live.undo(taken)
      expect([live.changed, [...live.take().changes.keys()], live.changed]).toEqual([true, ['k'], false])
    }
  })
})
