import { REDUCERS, REVIVERS, type Reducers, type Revivers } from '../model/codec.ts'
import type { Codec } from '../options/schema.ts'

/** Names of codecs are no names of the library's own kinds, today's and later ones. */
const nameOf = (name: string): string => `@${name}`

/** How values are written and read with these codecs. */
export function codingOf(codecs: readonly Codec[]): { readonly reducers: Reducers; readonly revivers: Revivers } {
  const reducers: Record<string, (value: unknown) => unknown> = {}
  const revivers: Record<string, (stored: unknown) => unknown> = {}
  for (const codec of codecs) {
    reducers[nameOf(codec.name)] = (value) => {
      if (!isObject(value) || !codec.is(value)) return false
      const text: unknown = codec.encode(value)
      if (text === value) throw new Error(`the codec ${JSON.stringify(codec.name)} gave back what it was to encode`)
      return [text]
    }
    revivers[nameOf(codec.name)] = (stored) => codec.decode((stored as readonly unknown[])[0])
  }
  // Asked before those of the library, which would know an instance of a class by the class that it extends.
  return { reducers: { ...reducers, ...REDUCERS }, revivers: { ...REVIVERS, ...revivers } }
}

/** An object that is neither plain nor an array: a value of nothing but those is written as JSON, without asking anybody. */
function isObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype !== Object.prototype && prototype !== null
}
