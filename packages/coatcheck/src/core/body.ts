import { DEEPEST, Entry } from './codec.ts'

/** A flash value has an id of its own: reading it removes that one, so that a newer flash of the same name survives. */
export interface Flash {
  readonly id: string
  readonly entry: Entry
}

/** What one session holds, decoded; never changed in place. */
export interface Body {
  readonly values: ReadonlyMap<string, Entry>
  readonly flash: ReadonlyMap<string, Flash>
  /** Whose it is, in the clear: the record around it names the digest only. */
  readonly owner: string | undefined
  /** Milliseconds without being seen after which this session ends, where it was given a time of its own. */
  readonly lasts?: number
  /** Ids of the last writes, newest last: how a write whose answer was lost is recognised. */
  readonly writes: readonly string[]
}

/** What a record becomes when its session moved to a new id. */
export interface Pointer {
  /** `renew`: same privileges. `signIn`: the owner or its authentication is new. */
  readonly kind: 'renew' | 'signIn'
  /** The new record's key. */
  readonly key: string
  /** The new id, sealed under the secrets and bound to the old key; absent without secrets. */
  readonly sealed?: string
}

/** What is written around it, besides the body: a check of the record's own key, or a sealed ticket's id and life. */
export type Frame = Readonly<Record<string, unknown>>

export const EMPTY: Body = { values: new Map(), flash: new Map(), owner: undefined, writes: [] }

const FORMAT = 1
const KEPT_WRITES = 8

/** Remembers `write` among the last ones. */
export function withWrite(body: Body, write: string): Body {
  return { ...body, writes: [...body.writes, write].slice(-KEPT_WRITES) }
}

/** In UTF-16 units; a longer record was not made here, and is refused before it is parsed. */
export const MAX_TEXT: number = 4 * 1024 * 1024

const entryText = (entry: Entry, more = '') =>
  `{"${entry.rich ? 'r' : 'v'}":${entry.text}${entry.until === undefined ? '' : `,"x":${entry.until}`}${more}}`

const listText = <T>(map: ReadonlyMap<string, T>, text: (value: T) => string) =>
  `{${Array.from(map, ([key, value]) => `${JSON.stringify(key)}:${text(value)}`).join()}}`

/** The text of a body: values keep the text they came with, so that only what changed is encoded again. */
export function encodeBody(body: Body, frame: Frame): string {
  const head = JSON.stringify({
    format: FORMAT,
    ...frame,
    owner: body.owner,
    lasts: body.lasts,
    ...(body.writes.length > 0 && { writes: body.writes }),
  }).slice(0, -1)
  const data = listText(body.values, (entry) => entryText(entry))
  const flash = listText(body.flash, ({ id, entry }) => entryText(entry, `,"i":${JSON.stringify(id)}`))
  return `${head},"data":${data}${flash === '{}' ? '' : `,"flash":${flash}`}}`
}

export function encodePointer(pointer: Pointer, frame: Frame): string {
  return JSON.stringify({ format: FORMAT, ...frame, to: pointer })
}

/** The largest values, for an error that says what to keep elsewhere. */
export function largest(body: Body): string {
  const flash = [...body.flash].map(([key, { entry }]) => [key, entry] as const)
  const sizes = [...body.values, ...flash]
    .map(([key, entry]) => ({ key, size: entry.text.length }))
    .sort((a, b) => b.size - a.size)
  return sizes
    .slice(0, 3)
    .map(({ key, size }) => `${JSON.stringify(key)} (${size} characters)`)
    .join(', ')
}

export interface Decoded {
  readonly frame: Frame
  readonly body?: Body
  readonly pointer?: Pointer
}

/** What `encodeBody` or `encodePointer` wrote, or why it cannot be read. */
export function decode(text: string): Decoded | 'corrupt' | 'unknown-version' {
  try {
    if (text.length > MAX_TEXT || isTooDeep(text)) return 'corrupt'
    const { format, owner, lasts, writes = [], data, flash = {}, to, ...frame } = JSON.parse(text)
    if (format !== FORMAT) return Number.isInteger(format) && format > FORMAT ? 'unknown-version' : 'corrupt'
    if (to !== undefined) return isPointer(to) ? { frame, pointer: to } : 'corrupt'
    if (!isObject(data) || !isObject(flash) || !Array.isArray(writes) || typeof (owner ?? '') !== 'string') return 'corrupt'
    if (lasts !== undefined && !(Number.isSafeInteger(lasts) && lasts > 0)) return 'corrupt'
    const values = new Map(Object.entries(data).map(([key, raw]) => [key, entryOf(raw)]))
    const flashes = new Map(Object.entries(flash).map(([key, raw]) => [key, { id: String((raw as Raw).i), entry: entryOf(raw) }]))
    return { frame, body: { values, flash: flashes, owner, writes, ...(lasts !== undefined && { lasts }) } }
  } catch {
    return 'corrupt'
  }
}

/** Text of ours is never nested deeper; what could be parsed deeper might overflow the stack when it is written again. */
function isTooDeep(text: string): boolean {
  const most = DEEPEST + 10
  if (text.length < 2 * most) return false
  let depth = 0
  for (let at = 0, quoted = false; at < text.length; at++) {
    const sign = text[at]
    if (sign === '"') quoted = !quoted
    else if (quoted && sign === '\\') at++
    else if (!quoted && (sign === '[' || sign === '{') && ++depth > most) return true
    else if (!quoted && (sign === ']' || sign === '}')) depth--
  }
  return false
}

interface Raw {
  v?: unknown
  r?: unknown
  x?: unknown
  i?: unknown
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function isPointer(to: unknown): to is Pointer {
  if (!isObject(to)) return false
  const { kind, key, sealed = '' } = to
  return (kind === 'renew' || kind === 'signIn') && typeof key === 'string' && typeof sealed === 'string'
}

function entryOf(raw: unknown): Entry {
  if (!isObject(raw)) throw new TypeError('not an entry')
  const { v, r, x } = raw as Raw
  if ((v === undefined) === (r === undefined) || (x !== undefined && !Number.isSafeInteger(x)))
    throw new TypeError('not an entry')
  return Entry.parsed(r !== undefined, r === undefined ? v : r, x as number | undefined)
}
