import { DEEPEST } from '../model/codec.ts'

/**
 * Where an object carries those of its members that the schema does not know, such as another release's. An own symbol goes along with the object
 * wherever a copy is made of it by `{ ...object }` or `Object.assign`, and `JSON.stringify` and `Object.keys` pass it over.
 */
const REST: unique symbol = Symbol('coatcheck: members that the schema does not know')

interface Fields extends Record<string, unknown> {
  [REST]?: Record<string, unknown>
}

export const isPlain = (value: unknown): value is Fields => {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** What a schema made of `raw`, whose objects carry what it left out. */
export function carry(raw: unknown, made: unknown, depth = 0): unknown {
  if (raw === made || depth > DEEPEST) return made
  if (Array.isArray(raw) && Array.isArray(made) && raw.length === made.length) {
    const parts = made.map((part, at) => carry(raw[at], part, depth + 1))
    return parts.every((part, at) => part === made[at]) ? made : parts
  }
  if (!isPlain(raw) || !isPlain(made)) return made
  const rest = fields(Object.entries(raw).filter(([name]) => !Object.hasOwn(made, name)))
  const parts = Object.entries(made).map(([name, part]) => [name, carry(raw[name], part, depth + 1)] as const)
  if (Object.keys(rest).length === 0 && parts.every(([name, part]) => part === made[name])) return made
  const whole: Fields = fields(parts)
  if (Object.keys(rest).length > 0) whole[REST] = rest
  return whole
}

/** The value with all that its objects carry in its place: what is stored. The same value where nothing is carried. */
export function whole(value: unknown, above: ReadonlySet<unknown> = new Set()): unknown {
  if (above.has(value) || above.size > DEEPEST) return value // `Entry.of` says what is wrong with it, if anything is
  if (Array.isArray(value)) {
    const within = new Set(above).add(value)
    const parts = value.map((part) => whole(part, within))
    return parts.every((part, at) => part === value[at]) ? value : parts
  }
  if (!isPlain(value)) return value
  const within = new Set(above).add(value)
  const rest = value[REST]
  const parts = Object.entries(value).map(([name, part]) => [name, whole(part, within)] as const)
  if (!rest && parts.every(([name, part]) => part === value[name])) return value
  return fields([...parts, ...Object.entries(rest ?? {}).filter(([name]) => !Object.hasOwn(value, name))])
}

/** Whether `made` holds nothing that `raw` does not, as after a schema that only takes members away. */
export function isPart(made: unknown, raw: unknown, depth = 0): boolean {
  if (Object.is(made, raw)) return true
  if (depth > DEEPEST) return false
  if (Array.isArray(made) && Array.isArray(raw))
    return made.length === raw.length && made.every((part, at) => isPart(part, raw[at], depth + 1))
  if (isPlain(made) && isPlain(raw))
    return Object.entries(made).every(([name, part]) => Object.hasOwn(raw, name) && isPart(part, raw[name], depth + 1))
  return made instanceof Date && raw instanceof Date && +made === +raw
}

/** Also `__proto__`, as a member like any other. */
const fields = (entries: readonly (readonly [string, unknown])[]): Fields => Object.fromEntries(entries)
