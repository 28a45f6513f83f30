import { inspect } from 'node:util'
import { bytesOf, bytesText, columns, typeOf } from './text.ts'

/** A value without what it says. */
export interface ShownValue {
  readonly key: string
  readonly type: string
  /** As JSON, or as Node prints what has no JSON. */
  readonly bytes: number
  /** Only where it was asked for. */
  readonly value?: unknown
}

export function shownValues(values: Readonly<Record<string, unknown>>, reveals: boolean): ShownValue[] {
  return Object.entries(values).map(([key, value]) => ({
    ...{ key, type: typeOf(value), bytes: bytesOf(textOf(value)) },
    ...(reveals && { value: hasJson(value) ? value : inspect(value, { depth: 9 }) }),
  }))
}

export function valuesText(values: readonly ShownValue[]): string {
  if (values.length === 0) return 'It holds no values.'
  const rows = values.map(({ key, type, bytes, ...more }) => [
    ...[key, type, bytesText(bytes)],
    ...('value' in more ? [textOf(more.value)] : []),
  ])
  const names = ['value', 'type', 'size', ...('value' in (values[0] ?? {}) ? ['what it says'] : [])]
  return columns([names, ...rows])
}

function textOf(value: unknown): string {
  return hasJson(value) ? JSON.stringify(value) : inspect(value, { depth: 9 })
}

/** Whether JSON says all of it. */
function hasJson(value: unknown): boolean {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true
  if (Array.isArray(value)) return value.every(hasJson)
  return typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(hasJson)
}
