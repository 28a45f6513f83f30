import { SessionError } from '../../errors.ts'
import { encoded, taken } from '../model/codec.ts'
import type { Shape } from '../model/shape.ts'

type Data = Record<string, unknown>

/** The part of a session that is used here. */
interface Values {
  readonly shape?: Shape | undefined
  entries(): [string, unknown][]
  keys(): string[]
  set(key: string, value: unknown): void
  delete(key: string): boolean
  update(key: string, change: (value: unknown) => unknown): unknown
}

/** Writes to the object it is given, or returns what to set, or both. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is as good as one that returns undefined
export type Patch = (data: Data) => object | null | undefined | void

/**
 * Changes several values by what they were. `change` runs once now, on a copy; for a key that another request changed meanwhile it is run
 * again, on what this one saw and that key's fresh value.
 */
export function patch(session: Values, change: Patch): void {
  const { shape } = session
  const before = new Map(session.entries().map(([key, value]) => [key, encoded(shape, value, key)]))
  const run = (fresh: Data): Data => {
    const data: Data = { ...Object.fromEntries(Array.from(before, ([key, entry]) => [key, taken(shape, entry)])), ...fresh }
    const result: unknown = change(data)
    if (result !== undefined && result !== null && !isPlain(result)) {
      throw new SessionError('BAD_VALUE', 'A function that changes a session returned something else than an object of values.', {
        fix: 'Return an object, or nothing; it must not be async.',
      })
    }
    for (const [key, value] of Object.entries(result ?? {})) define(data, key, value)
    return data
  }
  const after = run({})
  // All of it can be stored, before any of it is changed.
  const changed = Object.keys(after).filter((key) => !encoded(shape, after[key], key).equals(before.get(key)))
  if (shape) for (const key of changed) shape.admit(key, after[key])
  for (const key of before.keys()) if (!Object.hasOwn(after, key)) session.delete(key)
  for (const key of changed) {
    let isFirst = true
    session.update(key, (fresh) => {
      const data = isFirst ? after : run({ [key]: fresh })
      isFirst = false
      return data[key]
    })
  }
}

/** Makes `values` the session's values; all of them, or none when one cannot be stored. */
export function replace(session: Values, values: object): void {
  const entries = Object.entries(values)
  const { shape } = session
  for (const [key, value] of entries) encoded(shape, shape ? shape.admit(key, value) : value, key)
  for (const key of session.keys()) if (!Object.hasOwn(values, key)) session.delete(key)
  for (const [key, value] of entries) session.set(key, value)
}

const isPlain = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value))

/** Also `__proto__`, as a property like any other. */
const define = (object: object, key: string, value: unknown) =>
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
