import { Entry } from './codec.ts'
import { type Members, nameAt } from './json-text.ts'

/** How one entry is written. `id`: of a flash value. */
export function entryText(entry: Entry, id?: string): string {
  if (entry.isOpaque) return entry.text
  const { rich, text, until, more } = entry
  if (until === undefined && id === undefined && !more) return `{"${rich ? 'r' : 'v'}":${text}}`
  const others = JSON.stringify({ x: until, i: id, ...more }).slice(1)
  return `{"${rich ? 'r' : 'v'}":${text},${others}`
}

interface Raw {
  v?: unknown
  r?: unknown
  x?: unknown
  i?: unknown
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What `JSON.parse` made of it as an entry; throws for what `entryText` does not write. */
export function entryOf(raw: unknown): Entry {
  if (!isObject(raw)) throw new TypeError('not an entry')
  const { v, r, x, i, ...more } = raw as Raw
  if (v === undefined && r === undefined) return Entry.opaque(raw)
  if ((v !== undefined && r !== undefined) || (x !== undefined && !Number.isSafeInteger(x))) throw new TypeError('not an entry')
  const others = Object.keys(more).length > 0 ? more : undefined
  return Entry.parsed(r !== undefined, r === undefined ? v : r, x as number | undefined, others)
}

/** The entry of member `number`. One without an end of its own is not parsed before its value is asked for. */
export function entryAt(text: string, { at }: Members, number: number): Entry {
  const [value = 0, end = 0, isPlain] = [at[4 * number + 1], at[4 * number + 2], at[4 * number + 3]]
  if (isPlain) return Entry.read(text[value + 2] === 'r', text.slice(value + 5, end - 1))
  return entryOf(JSON.parse(text.slice(value, end)))
}

/** All entries by name; throws for what is none. */
export function entriesOf(text: string, members: Members): Map<string, Entry> {
  const { at } = members
  const entries = new Map<string, Entry>()
  for (let i = 0; i < at.length; i += 4) {
    entries.set(nameAt(text, at[i] ?? 0, at[i + 1] ?? 0), entryAt(text, members, i / 4))
  }
  return entries
}

/** As an object's members, without its braces. */
export function entriesText(entries: ReadonlyMap<string, Entry>): string {
  let text = ''
  for (const [key, entry] of entries) text += `${text && ','}${JSON.stringify(key)}:${entryText(entry)}`
  return text
}
