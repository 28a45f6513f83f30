/** Each object of a value, followed by a shallow copy of it as it was. */
export type Copies = readonly object[]

/**
 * Copies every object of a decoded value, so that a change inside it can be found without encoding it again. `isTree`: no object occurs
 * twice, as in what JSON holds. undefined: the value holds an object of another kind than these copies can show to be unchanged.
 */
export function copiesOf(value: object, isTree: boolean): Copies | undefined {
  const copies: object[] = []
  const met = isTree ? undefined : new Set<object>()
  // A list instead of a recursion: what decodes may be nested deeply.
  const open = [value]
  for (let object = open.pop(); object; object = open.pop()) {
    if (met?.has(object)) continue
    met?.add(object)
    const copy = copyOf(object)
    if (!copy) return undefined
    copies.push(object, copy)
    if (Array.isArray(copy)) for (const part of copy) addObject(open, part)
    else if (copy instanceof Set) for (const part of copy) addObject(open, part)
    else if (copy instanceof Map) {
      for (const [key, part] of copy) {
        addObject(open, key)
        addObject(open, part)
      }
    } else if (!(copy instanceof Date || ArrayBuffer.isView(copy)))
      for (const name in copy) addObject(open, (copy as Record<string, unknown>)[name])
  }
  return copies
}

function addObject(list: object[], part: unknown): void {
  if (typeof part === 'object' && part !== null) list.push(part)
}

function copyOf(object: object): object | undefined {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype === Object.prototype) return { ...object }
  if (prototype === Array.prototype) return Array.isArray(object) && isDense(object, object.length) ? object.slice() : undefined
  if (prototype === Map.prototype) return new Map(object as Map<unknown, unknown>)
  if (prototype === Set.prototype) return new Set(object as Set<unknown>)
  if (prototype === Date.prototype) return new Date(+(object as Date))
  return prototype === Uint8Array.prototype ? (object as Uint8Array).slice() : undefined
}

/** An array without holes and without properties of its own. */
const isDense = (array: readonly unknown[], length: number): boolean =>
  array.length === length && Reflect.ownKeys(array).length === length + 1

/**
 * Whether the copied value holds what it held, object for object: then it is encoded as it was. An object that was replaced by an equal one
 * counts as changed; a property that became a getter of the same value, or a hidden one, does not.
 */
export function isUnchanged(copies: Copies): boolean {
  for (let at = 0; at < copies.length; at += 2) if (!isSameObject(copies[at] as object, copies[at + 1] as object)) return false
  return true
}

function isSameObject(object: object, copy: object): boolean {
  if (Object.getPrototypeOf(object) !== Object.getPrototypeOf(copy)) return false
  if (Array.isArray(copy)) {
    const array = object as unknown[]
    if (!isDense(array, copy.length)) return false
    for (let i = 0; i < copy.length; i++) if (!isSamePart(array[i], copy[i]) || !(i in array)) return false
    return true
  }
  if (Object.getOwnPropertySymbols(object).length > 0) return false
  if (copy instanceof Date) return Object.is(+(object as Date), +copy)
  if (copy instanceof Map) return areSameParts([...(object as typeof copy)].flat(), [...copy].flat())
  if (copy instanceof Set) return areSameParts([...(object as typeof copy)], [...copy])
  if (copy instanceof Uint8Array) return areSameParts(object as Uint8Array, copy)
  const names = Object.keys(object)
  const before = Object.keys(copy)
  if (names.length !== before.length) return false
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    if (name !== before[i] || !isSamePart((object as Fields)[name], (copy as Fields)[name])) return false
  }
  return true
}

type Fields = Readonly<Record<string, unknown>>

const isSamePart = (part: unknown, before: unknown): boolean =>
  part === before ? part !== 0 || Object.is(part, before) : Object.is(part, before)

function areSameParts(parts: ArrayLike<unknown>, before: ArrayLike<unknown>): boolean {
  if (parts.length !== before.length) return false
  for (let i = 0; i < before.length; i++) if (!isSamePart(parts[i], before[i])) return false
  return true
}
