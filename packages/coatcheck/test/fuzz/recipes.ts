import type { Random } from './random.ts'
import type { Input } from './target.ts'

/** Values that JSON does not have, by name: an input names one as `{ "$": name }`. */
const SPECIAL: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  nan: () => Number.NaN,
  infinity: () => Number.POSITIVE_INFINITY,
  'minus zero': () => -0,
  bigint: () => 1n,
  symbol: () => Symbol('a'),
  function: () => () => undefined,
  'throwing function': () => () => boom(),
  'async function': () => async () => undefined,
  'rejecting function': () => async () => boom(),
  class: () => class {},
  date: () => new Date(0),
  'invalid date': () => new Date(Number.NaN),
  map: () => new Map([['a', 1]]),
  bytes: () => new Uint8Array(40),
  bare: () => Object.create(null),
  'boxed text': () => Object('kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'),
  'throwing getter': () => Object.defineProperty({}, 'name', { get: boom, enumerable: true }),
  'throwing toString': () => ({ toString: boom, valueOf: boom, [Symbol.toPrimitive]: boom }),
  'throwing proxy': () => new Proxy({}, { get: boom, ownKeys: boom, has: boom }),
  'function proxy': () => new Proxy(() => {}, {}),
  'sparse list': () => Array(3),
  cyclic: () => {
    const one: { self?: unknown } = {}
    one.self = one
    return one
  },
  promise: () => Promise.resolve('a'),
  thenable: () => Object.defineProperty({}, 'then', { value: 1, enumerable: true }),
  error: () => new Error('a'),
  'long text': () => 'ab'.repeat(40_000),
  'half a sign': () => '\ud800',
}
const NAMES = Object.keys(SPECIAL)

function boom(): never {
  throw new TypeError('boom')
}

/** What an input stands for; `more` names what one target alone has. */
export function made(input: Input, more: Readonly<Record<string, () => unknown>> = {}): unknown {
  if (typeof input !== 'object' || input === null) return input
  if (Array.isArray(input)) return input.map((each) => made(each, more))
  const object = input as { readonly [key: string]: Input }
  const { $: name } = object
  if (typeof name === 'string') return (more[name] ?? SPECIAL[name] ?? (() => name))()
  const result = {}
  for (const [key, each] of Object.entries(object)) {
    Object.defineProperty(result, key, { value: made(each, more), enumerable: true, writable: true, configurable: true })
  }
  return result
}

/** Any value that code might be given in the place of another. */
export function anything(random: Random, names: readonly string[] = []): Input {
  switch (random.below(8)) {
    case 0:
      return random.pick([0, 1, -1, 0.5, 1e21, 60, 86_400, 34_560_000, 34_560_001, 2 ** 53])
    case 1:
      return random.pick([
        '',
        'a',
        '/',
        'lax',
        'Lax',
        'x-session',
        'authorization',
        'example.com',
        '.',
        '__Host-x',
        '__Secure-x',
        ' a',
        'a;b',
        'é',
        'fail',
        'upstream',
      ])
    case 2:
      return random.pick([true, false, null])
    case 3:
      return random.pick<Input>([
        [],
        [null],
        [[]],
        {},
        { a: 1 },
        [''],
        ['kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'],
        { length: 1 },
        { $: 'sparse list' },
      ])
    default:
      return { $: random.pick([...NAMES, ...names]) }
  }
}
