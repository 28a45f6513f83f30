import { DEEPEST, Entry } from './codec.ts'
import { decodeWrites, encodeWrites, NO_WRITES, type Writes } from './writes.ts'

/** A flash value has an id of its own: reading it removes that one, so that a newer flash of the same name survives. */
export interface Flash {
  readonly id: string
  readonly entry: Entry
}

/** What one session holds, decoded; never changed in place. */
export interface Contents {
  readonly values: ReadonlyMap<string, Entry>
  readonly flash: ReadonlyMap<string, Flash>
  /** Whose it is, in the clear: the record around it names the digest only. */
  readonly owner: string | undefined
  /** Milliseconds without being seen after which this session ends, where it was given a time of its own. */
  readonly lasts?: number
  /** When its absolute time began to count, where that was not when it began: another library kept it before. */
  readonly since?: number
  /** The key that is to say, once this session has ended, that the cookie of another library it came in opens nothing any more. */
  readonly from?: string
  /** How a write whose answer was lost is recognised. */
  readonly writes: Writes
  /** Fields that a newer release wrote: kept through every write and move. */
  readonly more: Fields
}

export type Fields = Readonly<Record<string, unknown>>

/** The session has a new id. The record of the old one stays as it was then, with this added to it. */
export interface Forwarding {
  /** Whether a person signed in with it. */
  readonly kind: 'regenerate' | 'signIn'
  /** The new record's key. */
  readonly key: string
  /** The new id, sealed under the secrets and bound to the old key; absent without secrets. */
  readonly sealed?: string
  /** Milliseconds since the epoch, by the clock of the process that moved the session, just before it wrote this. */
  readonly at?: number
  /** That process. */
  readonly by?: string
  /** What the application wants to know when the old ticket is used after its time. */
  readonly note?: string
  /** The old ticket was used after its time; by whom that was found. */
  readonly replayed?: string
}

/** What is written around it, besides the body: a check of the record's own key, or a sealed ticket's id and life. */
export interface Frame {
  /** Of a record: the beginning of its key. */
  readonly key?: string
  /** Of a record: when it was created under this key, in milliseconds since the epoch. */
  readonly made?: number
  /** Of a sealed ticket. */
  readonly id?: string
  readonly life?: readonly number[]
}

export const EMPTY: Contents = { values: new Map(), flash: new Map(), owner: undefined, writes: NO_WRITES, more: {} }

const FORMAT = 1

/** In UTF-16 units; a longer record was not made here, and is refused before it is parsed. */
export const MAX_TEXT: number = 4 * 1024 * 1024

const entryText = (entry: Entry, id?: string) => {
  if (entry.isOpaque) return entry.text
  const { rich, text, until, more } = entry
  if (until === undefined && id === undefined && !more) return `{"${rich ? 'r' : 'v'}":${text}}`
  const others = JSON.stringify({ x: until, i: id, ...more }).slice(1)
  return `{"${rich ? 'r' : 'v'}":${text},${others}`
}

const listText = <T>(map: ReadonlyMap<string, T>, text: (value: T) => string) =>
  `{${Array.from(map, ([key, value]) => `${JSON.stringify(key)}:${text(value)}`).join()}}`

/** The text of a body: values keep the text they came with, so that only what changed is encoded again. `to`: where it went. */
export function encode(contents: Contents, frame: Frame, to?: Forwarding): string {
  const { owner, lasts, since, from, writes, more } = contents
  const log = encodeWrites(writes)
  const head = JSON.stringify({ format: FORMAT, ...more, ...frame, owner, lasts, since, from, ...log, to }).slice(0, -1)
  const data = listText(contents.values, (entry) => entryText(entry))
  const flash = listText(contents.flash, ({ id, entry }) => entryText(entry, id))
  return `${head},"data":${data}${flash === '{}' ? '' : `,"flash":${flash}`}}`
}

/** Stands for a while where a session was ended. */
export function encodeEnded(frame: Frame): string {
  return JSON.stringify({ format: FORMAT, ...frame, ended: true })
}

/** The largest values, for an error that says what to keep elsewhere. */
export function largest(contents: Contents): string {
  const flash = [...contents.flash].map(([key, { entry }]) => [key, entry] as const)
  const sizes = [...contents.values, ...flash]
    .map(([key, entry]) => ({ key, size: entry.text.length }))
    .sort((a, b) => b.size - a.size)
  return sizes
    .slice(0, 3)
    .map(({ key, size }) => `${JSON.stringify(key)} (${size} characters)`)
    .join(', ')
}

export interface Decoded {
  readonly frame: Frame
  readonly contents: Contents
  readonly to?: Forwarding
  /** The session was ended here. */
  readonly ended?: true
}

/** What was written here, or why it cannot be read. */
export function decode(text: string): Decoded | 'corrupt' | 'unknown-version' {
  try {
    if (text.length > MAX_TEXT || isTooDeep(text)) return 'corrupt'
    const {
      format,
      owner,
      lasts,
      since,
      from,
      log,
      nth,
      data,
      flash = {},
      to,
      ended,
      key,
      made,
      id,
      life,
      ...more
    } = JSON.parse(text)
    if (format !== FORMAT) return Number.isInteger(format) && format > FORMAT ? 'unknown-version' : 'corrupt'
    if (to !== undefined && !isForwarding(to)) return 'corrupt'
    if (ended === true) return { frame: { key }, contents: EMPTY, ended }
    if (to && data === undefined) return { frame: { key }, contents: EMPTY, to } // an old cookie of another library leads on
    if (!isObject(data) || !isObject(flash) || typeof (owner ?? '') !== 'string') return 'corrupt'
    if (lasts !== undefined && !(Number.isSafeInteger(lasts) && lasts > 0)) return 'corrupt'
    if (since !== undefined && !(Number.isSafeInteger(since) && since >= 0)) return 'corrupt'
    if (from !== undefined && typeof from !== 'string') return 'corrupt'
    const values = new Map(Object.entries(data).map(([name, raw]) => [name, entryOf(raw)]))
    const flashes = new Map(
      Object.entries(flash).map(([name, raw]) => [name, { id: String((raw as Raw).i), entry: entryOf(raw) }]),
    )
    const known = {
      ...(lasts !== undefined && { lasts }),
      ...(since !== undefined && { since }),
      ...(from !== undefined && { from }),
    }
    const contents = { values, flash: flashes, owner, writes: decodeWrites(log, nth), more, ...known }
    return { frame: { key, made, id, life }, contents, ...(to && { to }) }
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

function isForwarding(to: unknown): to is Forwarding {
  if (!isObject(to)) return false
  const { key, sealed = '', at = 0, note = '' } = to
  return [key, sealed, note].every((text) => typeof text === 'string') && Number.isSafeInteger(at)
}

function entryOf(raw: unknown): Entry {
  if (!isObject(raw)) throw new TypeError('not an entry')
  const { v, r, x, i, ...more } = raw as Raw
  if (v === undefined && r === undefined) return Entry.opaque(raw)
  if ((v !== undefined && r !== undefined) || (x !== undefined && !Number.isSafeInteger(x))) throw new TypeError('not an entry')
  const others = Object.keys(more).length > 0 ? more : undefined
  return Entry.parsed(r !== undefined, r === undefined ? v : r, x as number | undefined, others)
}
