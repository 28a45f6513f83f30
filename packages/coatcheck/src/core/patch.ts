import { Entry } from './codec.ts'

/** The part of a session that is used here. */
interface Values {
  readonly data: Record<string, unknown>
  entries(): [string, unknown][]
  keys(): string[]
  set(key: string, value: unknown): void
  delete(key: string): boolean
  update(key: string, change: (value: unknown) => unknown): unknown
}

/** Writes to the object it is given, or returns what to set. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is as good as one that returns undefined
export type Patch = (data: Record<string, unknown>) => object | null | undefined | void

/**
 * Changes several values by what they were. `change` runs once now; for a key that another request changed meanwhile it is run again,
 * on what this one saw and that key's fresh value.
 */
export function patch(session: Values, change: Patch): void {
  const seen = session.entries().map(([key, value]) => [key, Entry.of(value, key)] as const)
  const result = change(session.data)
  for (const [key, value] of Object.entries(result ?? {})) {
    let isFirst = true
    session.update(key, (fresh) => {
      if (isFirst) {
        isFirst = false
        return value
      }
      const data: Record<string, unknown> = Object.fromEntries(seen.map(([name, entry]) => [name, entry.take()]))
      data[key] = fresh
      const again = change(data) ?? {}
      return Object.hasOwn(again, key) ? again[key as keyof typeof again] : data[key]
    })
  }
}

/** Makes `values` the session's values. */
export function replace(session: Values, values: object): void {
  for (const key of session.keys()) if (!Object.hasOwn(values, key)) session.delete(key)
  for (const [key, value] of Object.entries(values)) session.set(key, value)
}
