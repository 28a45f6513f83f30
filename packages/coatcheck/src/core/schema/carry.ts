import { DEEPEST } from '../model/codec.ts'

type Fields = Readonly<Record<string, unknown>>

export const isPlain = (value: unknown): value is Fields => {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * What a schema made of `raw`, with the members that it took away, such as those of another release: they are to be there when the value is
 * written again, also from a copy.
 */
export function carry(raw: unknown, made: unknown, depth = 0): unknown {
  if (raw === made || depth > DEEPEST) return made
  if (Array.isArray(raw) && Array.isArray(made))
    return raw.length === made.length ? made.map((part, at) => carry(raw[at], part, depth + 1)) : made
  if (!isPlain(raw) || !isPlain(made)) return made
  const parts = Object.entries(made).map(([name, part]) => [name, carry(raw[name], part, depth + 1)])
  const others = Object.entries(raw).filter(([name]) => !Object.hasOwn(made, name))
  return Object.fromEntries([...parts, ...others])
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
