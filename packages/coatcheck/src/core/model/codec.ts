import { DevalueError, stringify, unflatten } from 'devalue'
import { SessionError } from '../../errors.ts'

/**
 * One stored value: its encoded text, whether that is plain JSON or devalue's, and until when it counts. The parsed form is
 * handed out at most once and never kept by two requests, so nothing is shared by reference.
 */
export class Entry {
  /** devalue's text (`r` in the envelope) rather than plain JSON (`v`): the same text means two things. */
  readonly rich: boolean
  /** Milliseconds since the epoch at which this value alone expires. */
  readonly until: number | undefined
  /** Written by a newer release in a way that this one does not know: kept as it is, and not shown. */
  readonly isOpaque: boolean
  /** What a newer release wrote beside the value. */
  readonly more: object | undefined
  #text: string | undefined
  #parsed: unknown

  private constructor(
    rich: boolean,
    until: number | undefined,
    text: string | undefined,
    parsed: unknown,
    { more, isOpaque = false }: { readonly more?: object; readonly isOpaque?: boolean } = {},
  ) {
    this.rich = rich
    this.until = until
    this.#text = text
    this.#parsed = parsed
    this.more = more
    this.isOpaque = isOpaque
  }

  /** Encodes `value`; what cannot be stored throws `BAD_VALUE` naming the path inside the value. */
  static of(value: unknown, key: string, until?: number, reducers: Reducers = REDUCERS): Entry {
    try {
      if (isPlain(value)) return new Entry(false, until, JSON.stringify(value), undefined)
      checkDepth(value, new Set())
      const text = stringify(value, reducers)
      if (text.includes(SPARSE) && hasSparse(JSON.parse(text))) throw new Error('it holds an array that is mostly empty')
      // devalue escapes more than JSON does (`<`, U+2028): one value is to have one text, whoever wrote it.
      return new Entry(true, until, text.includes('\\u') ? JSON.stringify(JSON.parse(text)) : text, undefined)
    } catch (error) {
      throw unstorable(error, key)
    }
  }

  /** From what `JSON.parse` made of an envelope; nobody else may hold `parsed`. */
  static parsed(rich: boolean, parsed: unknown, until?: number, more?: object): Entry {
    return new Entry(rich, until, undefined, parsed, more && { more })
  }

  /** From a text that `of` made; it is not parsed before its value is asked for. */
  static read(rich: boolean, text: string): Entry {
    return new Entry(rich, undefined, text, undefined)
  }

  static opaque(raw: object): Entry {
    return new Entry(false, undefined, JSON.stringify(raw), undefined, { isOpaque: true })
  }

  get text(): string {
    this.#text ??= JSON.stringify(this.#parsed)
    return this.#text
  }

  /** The decoded value, new for every caller. Throws when the text cannot be decoded. */
  take(revivers: Revivers = REVIVERS): unknown {
    if (this.isOpaque) throw new Error('of a newer release')
    const { text } = this // keeps the text before the only parsed copy is given away
    const parsed = this.#parsed === undefined ? JSON.parse(text) : this.#parsed
    this.#parsed = undefined
    if (!this.rich) {
      if (!isPlainJson(parsed, 0)) throw new Error('not what was stored: JSON holds more than is ever written')
      return parsed
    }
    if (hasSparse(parsed)) throw new Error('sparse array')
    return unflatten(parsed as number | unknown[], revivers)
  }

  /** The same value; `until` is compared too. */
  equals(other: Entry | undefined): boolean {
    return other !== undefined && this.rich === other.rich && this.until === other.until && this.text === other.text
  }

  live(now: number): boolean {
    return this.until === undefined || this.until > now
  }
}

/** How a site's values are written and read that has codecs of its own. */
export interface Coding {
  /** As `Entry.of`. */
  of(value: unknown, key: string, until?: number): Entry
  /** As `Entry.take`. */
  take(entry: Entry): unknown
}

export const encoded = (coding: Coding | undefined, value: unknown, key: string, until?: number): Entry =>
  coding ? coding.of(value, key, until) : Entry.of(value, key, until)
export const taken = (coding: Coding | undefined, entry: Entry): unknown => (coding ? coding.take(entry) : entry.take())

/** Deeper values are refused: how deep a stack goes depends on who calls, and what was stored must be readable everywhere. */
export const DEEPEST = 500

/** Whether JSON gives this value back exactly. One walk decides between JSON and devalue. */
function isPlain(value: unknown): boolean {
  return isPlainAtom(value) ?? isPlainObject(value as object, new Set(), 0)
}

/** undefined: an object, which has to be looked into. */
function isPlainAtom(value: unknown): boolean | undefined {
  if (typeof value === 'object') return value === null || undefined
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  return typeof value === 'string' || typeof value === 'boolean'
}

function isPlainObject(value: object, met: Set<object>, depth: number): boolean {
  if (depth > DEEPEST) throw new RangeError('nested too deeply')
  if (met.has(value)) return false
  met.add(value)
  const names = Reflect.ownKeys(value)
  if (Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Array.prototype || names.length !== value.length + 1) return false
    for (let i = 0; i < value.length; i++) if (!(i in value) || !isPlainPart(value[i], met, depth)) return false
    return true
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const name of names) {
    if (typeof name === 'symbol' || name === '__proto__' || name === 'toJSON') return false
    const property = Object.getOwnPropertyDescriptor(value, name)
    if (!property?.enumerable || !('value' in property) || !isPlainPart(property.value, met, depth)) return false
  }
  return true
}

function isPlainPart(value: unknown, met: Set<object>, depth: number): boolean {
  return isPlainAtom(value) ?? isPlainObject(value as object, met, depth + 1)
}

/** Whether `Entry.of` made the JSON that this was parsed from: such a value is a tree of plain objects, and less has to be looked at. */
function isPlainJson(parsed: unknown, depth: number): boolean {
  if (typeof parsed === 'number') return Number.isFinite(parsed) && !Object.is(parsed, -0)
  if (typeof parsed !== 'object' || parsed === null) return true
  if (depth > DEEPEST) throw new RangeError('nested too deeply')
  if (Array.isArray(parsed)) {
    for (const part of parsed) if (!isPlainJson(part, depth + 1)) return false
    return true
  }
  for (const name of Object.keys(parsed)) {
    if (name === '__proto__' || name === 'toJSON') return false
    if (!isPlainJson((parsed as Record<string, unknown>)[name], depth + 1)) return false
  }
  return true
}

/** The same limit for what is not plain: devalue has none but the stack's, which is another one for whoever reads it. */
function checkDepth(value: unknown, met: Set<unknown>, depth = 0): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || met.has(value)) return
  if (depth > DEEPEST) throw new RangeError('nested too deeply')
  met.add(value)
  const inside = value instanceof Map ? [...value].flat() : value instanceof Set ? value : Object.values(value)
  for (const inner of inside) checkDepth(inner, met, depth + 1)
}

/** devalue's form for a mostly empty array names a length without holding it: one that was not made here could claim any. */
const SPARSE = '[-7,'
const hasSparse = (parsed: unknown) => Array.isArray(parsed) && parsed.some((part) => Array.isArray(part) && part[0] === -7)

/** By the name that stands in the text; undefined or false: it is of another kind. */
export type Reducers = Readonly<Record<string, (value: unknown) => unknown>>
export type Revivers = Readonly<Record<string, (stored: unknown) => unknown>>

export const REDUCERS: Reducers = {
  /** devalue stores the whole buffer under a view, and Node's small buffers share one with strangers: a partial view is copied. */
  View: (value: unknown) => ArrayBuffer.isView(value) && value.byteLength !== value.buffer.byteLength && [copyOf(value)],
  /** What an array holds beside its elements would be dropped in silence. */
  Array(value: unknown) {
    if (!Array.isArray(value)) return
    const extra = Reflect.ownKeys(value).find((name) => name !== 'length' && (typeof name === 'symbol' || !/^\d+$/.test(name)))
    if (extra !== undefined) throw new Error(`it holds an array with the property ${JSON.stringify(String(extra))}`)
  },
}
export const REVIVERS: Revivers = { View: (stored) => (stored as [unknown])[0] }

function copyOf(view: ArrayBufferView): ArrayBufferView {
  const kind = Object.prototype.toString.call(view).slice(8, -1) // a Node Buffer says Uint8Array, which is what it comes back as
  const View = (globalThis as unknown as Record<string, new (buffer: ArrayBufferLike) => ArrayBufferView>)[kind] ?? Uint8Array
  return new View(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength))
}

function unstorable(error: unknown, key: string): SessionError {
  // devalue's own error holds the whole value, which must not reach a log; its message says what it met, its path where.
  const known = error instanceof DevalueError
  const where = JSON.stringify(key) + (known && error.path !== '' ? ` at ${error.path}` : '')
  const why =
    error instanceof RangeError ? 'it is nested too deeply' : error instanceof Error ? error.message : 'reading it failed'
  return new SessionError('BAD_VALUE', `The value set for ${where} cannot be stored: ${why}.`, known ? {} : { cause: error })
}
