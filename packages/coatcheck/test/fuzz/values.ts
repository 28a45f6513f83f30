import type { Random } from './random.ts'

const TEXTS = [
  '',
  'a',
  'ada',
  '__proto__',
  'constructor',
  'toJSON',
  'then',
  'length',
  '0',
  '\u0000',
  '\ud800',
  'é😀',
  '\u2028',
  'x'.repeat(300),
]
const NUMBERS = [0, -0, 1, -1, 0.1, 1e21, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324]
const TIMES = [0, 1, -1, 8.64e15, Number.NaN, 1_700_000_000_000]
const VIEWS = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
]

/** JSON that anybody might write. */
export function json(random: Random, depth = 4): unknown {
  const kind = random.below(depth > 0 ? 9 : 6)
  if (kind < 2) return random.pick(TEXTS)
  if (kind < 4) return random.pick([0, 1, -1, 1.5, 1e21, 2 ** 53])
  if (kind < 6) return random.pick([true, false, null])
  if (kind === 6) return Array.from({ length: random.size(5) }, () => json(random, depth - 1))
  return Object.fromEntries(Array.from({ length: random.size(5) }, () => [random.pick(TEXTS), json(random, depth - 1)]))
}

/** A value of any kind that can be stored, and now and then of one that cannot. Parts are repeated, and hold themselves. */
export function anyValue(random: Random): unknown {
  const met: object[] = []
  const keep = <T extends object>(value: T): T => {
    met.push(value)
    return value
  }
  const make = (depth: number): unknown => {
    if (met.length > 0 && random.oneIn(9)) return random.pick(met)
    switch (random.below(depth > 0 ? 22 : 12)) {
      case 0:
      case 1:
        return random.pick(TEXTS)
      case 2:
      case 3:
        return random.pick(NUMBERS)
      case 4:
        return random.pick([true, false, null, undefined])
      case 5:
        return BigInt(random.pick(['0', '-1', '9'.repeat(40), '1']))
      case 6:
        return keep(new Date(random.pick(TIMES)))
      case 7:
        return keep(
          new RegExp(random.pick(['', 'a', '(?<x>a)', '/', '\\/', '\n', '[é]']), random.pick(['', 'g', 'imsuy', 'v', 'd'])),
        )
      case 8:
        return keep(new URL(random.pick(['https://a.test/é?x=1#y', 'data:,a', 'file:///x'])))
      case 9: {
        const view = new (random.pick(VIEWS))(random.below(5))
        random.fill(new Uint8Array(view.buffer))
        return keep(random.oneIn(2) ? view : random.oneIn(2) ? view.subarray(1) : new DataView(view.buffer))
      }
      case 10:
        return keep(random.oneIn(2) ? new Uint8Array(random.below(9)).buffer : Buffer.from('é'))
      case 11:
        return strange(random)
      case 12:
      case 13:
      case 14: {
        const list = keep([] as unknown[])
        for (let left = random.size(6); left > 0; left--) list.push(make(depth - 1))
        if (random.oneIn(12)) list.length += random.pick([1, 3, 200])
        if (random.oneIn(40)) Object.assign(list, { extra: 1 })
        return list
      }
      case 15: {
        const map = keep(new Map<unknown, unknown>())
        for (let left = random.size(4); left > 0; left--) map.set(make(depth - 1), make(depth - 1))
        return map
      }
      case 16: {
        const set = keep(new Set<unknown>())
        for (let left = random.size(4); left > 0; left--) set.add(make(depth - 1))
        return set
      }
      default: {
        const object: object = keep(random.oneIn(12) ? Object.create(null) : {})
        for (let left = random.size(5); left > 0; left--) {
          const value = make(depth - 1)
          Object.defineProperty(object, random.pick(TEXTS), { value, enumerable: true, writable: true, configurable: true })
        }
        return object
      }
    }
  }
  return make(4)
}

/** What no session can hold, or hardly. */
function strange(random: Random): unknown {
  class Own {
    readonly own = 1
  }
  let deep: unknown = 1
  const depth = random.pick([499, 500, 501, 600, 20_000])
  return random.pick<() => unknown>([
    () => () => 1,
    () => Symbol('a'),
    () => new Own(),
    () => new Error('a'),
    () => new WeakMap(),
    () => Promise.resolve(1),
    () => Object.freeze({ a: [1] }),
    () => Object.defineProperty({}, 'a', { get: () => 1, enumerable: true }),
    () => Object.defineProperty({}, 'a', { get: boom, enumerable: true }),
    () => new Proxy({}, { ownKeys: boom }),
    () => new Proxy([1, 2], {}),
    () => ({ [Symbol('a')]: 1 }),
    () => ({ toJSON: () => 1 }),
    () => Object(1),
    () => Object('a'),
    () => Object(1n),
    () => new SharedArrayBuffer(4),
    () => {
      for (let left = depth; left > 0; left--) deep = random.oneIn(2) ? [deep] : { a: deep }
      return deep
    },
    () => {
      for (let left = depth; left > 0; left--) deep = new Map([[1, deep]])
      return deep
    },
  ])()
}

function boom(): never {
  throw new TypeError('boom')
}

/** One text for values that are the same to whoever reads them: kinds, contents, order, and which parts are one and the same. */
export function shape(value: unknown): string {
  const numbers = new Map<object, number>()
  const parts: string[] = []
  // A list of what is left, since values are nested as deeply as a stack may go.
  const left: unknown[] = [value]
  while (left.length > 0) {
    const one = left.pop()
    if (one instanceof Literal) parts.push(one.text)
    else if (typeof one !== 'object' || one === null)
      parts.push(Object.is(one, -0) ? '-0' : typeof one === 'string' ? JSON.stringify(one) : `${String(one)}:${typeof one}`)
    else {
      const known = numbers.get(one)
      if (known !== undefined) {
        parts.push(`#${known}`)
        continue
      }
      numbers.set(one, numbers.size)
      const kind = Object.prototype.toString.call(one).slice(8, -1)
      const inner = partsOf(one)
      parts.push(`${one instanceof URL ? 'URL' : kind}(`)
      left.push(new Literal(')'), ...inner.reverse())
    }
  }
  return parts.join(' ')
}

class Literal {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

function partsOf(one: object): unknown[] {
  const hex = (bytes: Uint8Array) => [new Literal(Buffer.from(bytes).toString('hex'))]
  if (one instanceof Date) return [new Literal(String(+one))]
  if (one instanceof RegExp || one instanceof URL) return [new Literal(String(one))]
  if (ArrayBuffer.isView(one)) return hex(new Uint8Array(one.buffer, one.byteOffset, one.byteLength))
  if (one instanceof ArrayBuffer) return hex(new Uint8Array(one))
  if (one instanceof Map) return [...one].flat(1)
  if (one instanceof Set) return [...one]
  if (Array.isArray(one)) return Array.from({ length: one.length }, (_, at) => (at in one ? one[at] : new Literal('hole')))
  if (one instanceof Number || one instanceof String || one instanceof Boolean || one instanceof BigInt) return [one.valueOf()]
  return Object.entries(one).flatMap(([key, each]) => [new Literal(JSON.stringify(key)), each])
}
