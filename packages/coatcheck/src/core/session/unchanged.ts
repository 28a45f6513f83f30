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
    const copy = copyOf(object, isTree)
    if (!copy) return undefined
    copies.push(object, copy)
    if (isPlain(copy)) for (const name in copy) addObject(open, copy[name])
    else if (Array.isArray(copy) || copy instanceof Set) for (const part of copy) addObject(open, part)
    else if (copy instanceof Map) for (const part of [...copy].flat()) addObject(open, part)
  }
  return copies
}

function addObject(list: object[], part: unknown): void {
  if (typeof part === 'object' && part !== null) list.push(part)
}

function copyOf(object: object, isFromJson: boolean): object | undefined {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype === Object.prototype) return { ...object }
  if (prototype === Array.prototype) return Array.isArray(object) && (isFromJson || isDense(object)) ? object.slice() : undefined
  if (prototype === Map.prototype) return new Map(object as Map<unknown, unknown>)
  if (prototype === Set.prototype) return new Set(object as Set<unknown>)
  if (prototype === Date.prototype) return new Date(+(object as Date))
  return prototype === Uint8Array.prototype ? (object as Uint8Array).slice() : undefined
}

/** An array without holes and without properties of its own. */
const isDense = (array: readonly unknown[]): boolean => Reflect.ownKeys(array).length === array.length + 1

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
  if (isPlain(copy)) return hasSameFields(object as Fields, copy)
  if (Object.getOwnPropertySymbols(object).length > 0) return false
  // A list of all its properties, with hidden ones, would take twice the time of all this.
  if (Array.isArray(copy)) return Object.keys(object).length === copy.length && areSameParts(object as unknown[], copy)
  if (copy instanceof Map) return areSameParts([...(object as typeof copy)].flat(), [...copy].flat())
  if (copy instanceof Set) return areSameParts([...(object as typeof copy)], [...copy])
  if (copy instanceof Date) return Object.is(+(object as Date), +copy)
  return areSameParts(object as Uint8Array, copy as Uint8Array)
}

type Fields = Readonly<Record<string, unknown>>

const isPlain = (copy: object): copy is Fields => Object.getPrototypeOf(copy) === Object.prototype

/** The same fields in the same order. */
function hasSameFields(fields: Fields, before: Fields): boolean {
  const names = Object.keys(fields)
  let at = 0
  for (const name in before) {
    if (names[at++] !== name || !isSamePart(fields[name], before[name])) return false
  }
  return at === names.length && Object.getOwnPropertySymbols(fields).length === 0
}

const isSamePart = (part: unknown, before: unknown): boolean =>
  part === before ? part !== 0 || Object.is(part, before) : Object.is(part, before)

function areSameParts(parts: ArrayLike<unknown>, before: ArrayLike<unknown>): boolean {
  if (parts.length !== before.length) return false
  for (let i = 0; i < before.length; i++) if (!isSamePart(parts[i], before[i]) || !(i in parts)) return false
  return true
}
