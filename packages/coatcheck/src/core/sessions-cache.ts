import { createKeyring, type Keyring, type Keys } from '../crypto/keyring.ts'
import { lazily } from './process-singleton.ts'

/** So many different texts are kept, those used last. */
const MOST = 256
/** Objects nested deeper are compared by identity. */
const DEEPEST = 20

/** Configurations that are the same so far; those below differ in the next object or function. */
interface Place {
  made?: object
  readonly below: WeakMap<object, Place>
}

const places = lazily('configurations', () => new Map<string, Place>())
const keyrings = lazily('keyrings', () => new Map<string, Keyring>())
const lateKeyrings = lazily('late keyrings', () => new WeakMap<object, Keyring>())

/**
 * What `make` makes of a configuration that is written anew for every request: made once for the same plain values, in the same order, and
 * the very same functions and other objects. A literal function in a handler is another one each time: what was made for it goes when it
 * goes. `adapter` keeps those of two adapters apart. `make` is given a copy, which holds what was compared and nothing else.
 */
export function sessionsFor<Options extends object, Made extends object>(
  adapter: string,
  options: Options,
  make: (options: Options) => Made,
): Made {
  const said: string[] = [JSON.stringify(adapter)]
  const objects: object[] = []
  const copy = fieldsOf(Object.entries(options), said, objects, [options]) as Options
  let place = keptAt(places(), said.join(), (): Place => ({ below: new WeakMap() }))
  for (const object of objects) {
    const next = place.below.get(object) ?? { below: new WeakMap() }
    place.below.set(object, next)
    place = next
  }
  place.made ??= make(copy)
  return place.made as Made
}

/** The plain values of a configuration, as one text; functions and other objects, which no other copy of a module has, are left out. */
export function textOf(options: object): string {
  const said: string[] = []
  fieldsOf(Object.entries(options), said, [], [options])
  return said.join()
}

/** Keys are derived once for the same secrets and uses of them, however often a storage of them is made. */
export function keyringOf(secrets: Keys | (() => readonly string[])): Keyring {
  if (typeof secrets !== 'function') return keptAt(keyrings(), JSON.stringify(secrets), () => createKeyring([...secrets]))
  const known = lateKeyrings().get(secrets) ?? createKeyring(secrets)
  lateKeyrings().set(secrets, known)
  return known
}

function keptAt<T>(all: Map<string, T>, text: string, make: () => T): T {
  const known = all.get(text) ?? make()
  all.delete(text)
  all.set(text, known)
  const [oldest] = all.keys()
  if (oldest !== undefined && all.size > MOST) all.delete(oldest)
  return known
}

/** A copy of a plain value, and any other object itself; what tells it from others goes into `said`, and into `objects`. */
function copied(value: unknown, said: string[], objects: object[], above: readonly unknown[]): unknown {
  if (typeof value === 'symbol') {
    const name = Symbol.keyFor(value)
    said.push(`symbol ${JSON.stringify(name)}`)
    if (name === undefined) objects.push({}) // never the same as another
    return value
  }
  if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) {
    said.push(typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : `${typeof value} ${value}`)
    return value
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Date.prototype) {
    said.push(`Date ${+(value as Date)}`)
    return new Date(+(value as Date))
  }
  if (prototype === URL.prototype) {
    said.push(`URL ${JSON.stringify((value as URL).href)}`)
    return new URL((value as URL).href)
  }
  // An object that holds itself would be copied without end.
  const isCopied = above.length <= DEEPEST && !above.includes(value)
  if (isCopied && Array.isArray(value) && prototype === Array.prototype) {
    said.push('[')
    const copy = Array.from(value, (each) => copied(each, said, objects, [...above, value]))
    said.push(']')
    return copy
  }
  // A store, say, may be an object of functions, or one that shows nothing and answers to any name: it is known by itself.
  if (isCopied && (prototype === Object.prototype || prototype === null)) {
    const fields = Object.entries(value)
    const isPlain = fields.length > 0 && !fields.some(([, field]) => typeof field === 'function')
    if (isPlain) return fieldsOf(fields, said, objects, [...above, value])
  }
  said.push('object')
  objects.push(value)
  return value
}

/** Getters are asked once: what they said is what counts. In their order, which is that of a password's versions. */
function fieldsOf(
  fields: readonly (readonly [string, unknown])[],
  said: string[],
  objects: object[],
  above: readonly unknown[],
): object {
  said.push('{')
  const copies = fields.map(([name, field]) => {
    said.push(JSON.stringify(name))
    return [name, copied(field, said, objects, above)] as const
  })
  said.push('}')
  return Object.fromEntries(copies)
}
