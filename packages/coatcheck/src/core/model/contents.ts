import type { Entry } from './codec.ts'
import { entryOf, entryText, isObject } from './entry-text.ts'
import { isTooDeep, members } from './json-text.ts'
import { valuesIn, valuesText } from './text-values.ts'
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
  /** The other fields, of `standing.ts` and of newer releases: kept through every write and move. */
  readonly more: Fields
}

export type Fields = Readonly<Record<string, unknown>>

/** The session has a new id. The record of the old one stays as it was then, with this added to it. */
export interface Forwarding {
  /** Whether a person signed in with it, or began or ceased to act as somebody else. */
  readonly kind: 'regenerate' | 'signIn' | 'switch'
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

/** The fields around the contents: a check of the record's own key, or a sealed ticket's id and life. */
export interface Frame {
  /** Of a record: the beginning of its key. */
  readonly key?: string
  /** Of a record: when it was created under this key, in milliseconds since the epoch. */
  readonly made?: number
  /** Of a sealed ticket that was written as JSON. */
  readonly id?: string
  readonly life?: readonly number[]
}

export const EMPTY: Contents = { values: new Map(), flash: new Map(), owner: undefined, writes: NO_WRITES, more: {} }

const FORMAT = 1

/** In UTF-16 units; a longer record was not made here, and is refused before it is parsed. */
export const MAX_TEXT: number = 4 * 1024 * 1024

/** The text of a session: values keep the text they came with, so that only what changed is encoded again. `to`: where it went. */
export function encode(contents: Contents, frame: Frame, to?: Forwarding): string {
  const { owner, lasts, since, from, writes, more } = contents
  const log = encodeWrites(writes)
  const head = JSON.stringify({ format: FORMAT, ...more, ...frame, owner, lasts, since, from, ...log, to }).slice(0, -1)
  const data = valuesText(contents.values)
  const flash = flashText(contents.flash)
  return `${head},"data":{${data}}${flash && `,"flash":${flash}`}}`
}

/** Nothing when there is none. */
export function flashText(flash: ReadonlyMap<string, Flash>): string {
  let text = ''
  for (const [key, { id, entry }] of flash) text += `${text && ','}${JSON.stringify(key)}:${entryText(entry, id)}`
  return text && `{${text}}`
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
    if (text.length > MAX_TEXT) return 'corrupt'
    // The values are the largest part: they are found, and stay text until they are asked for.
    const before = members(text, 0, '"data":')
    const from = (before?.end ?? 0) + 7
    const found = before && members(text, from)
    const rest = found ? `${text.slice(0, from)}{}${text.slice(found.end)}` : text
    if (isTooDeep(found ? `[${text.slice(found.end)}` : text)) return 'corrupt'
    const parsed: Known & Fields = JSON.parse(rest) // whatever it says: callers check their own frame
    const { format, data, to, ended, key, made, id, life } = parsed
    if (format !== FORMAT) return Number.isInteger(format) && (format as number) > FORMAT ? 'unknown-version' : 'corrupt'
    if (to !== undefined && !isForwarding(to)) return 'corrupt'
    if (ended === true) return { frame: { key }, contents: EMPTY, ended }
    if (to && data === undefined) return { frame: { key }, contents: EMPTY, to } // an old cookie of another library leads on
    if (!isObject(data)) return 'corrupt'
    const values = found ? valuesIn(text, found, from) : new Map(Object.entries(data).map(([name, raw]) => [name, entryOf(raw)]))
    const contents = contentsOf(parsed, values)
    return contents ? { frame: { key, made, id, life }, contents, ...(to && { to }) } : 'corrupt'
  } catch {
    return 'corrupt'
  }
}

interface Known {
  readonly format: unknown
  readonly data: unknown
  readonly to: unknown
  readonly ended: unknown
  readonly key: string
  readonly made: number
  readonly id: string
  readonly life: readonly number[]
}

const KNOWN: ReadonlySet<string> = new Set([
  'format',
  'key',
  'made',
  'id',
  'life',
  'owner',
  'lasts',
  'since',
  'from',
  'log',
  'nth',
  'to',
  'ended',
  'data',
  'flash',
])

/** What `fields` say of a session besides its values. undefined: nothing of ours says it so. Throws for what is no entry, and no log. */
export function contentsOf(fields: Fields, values: Contents['values']): Contents | undefined {
  const { owner, lasts, since, from, log, nth, flash } = fields
  if (!(owner === undefined || owner === null || typeof owner === 'string') || !(flash === undefined || isObject(flash)))
    return undefined
  if (!isCount(lasts, 1) || !isCount(since, 0) || !(from === undefined || typeof from === 'string')) return undefined
  const unknown = Object.keys(fields).filter((name) => !KNOWN.has(name))
  return {
    values,
    flash: flash ? new Map(Object.entries(flash).map(([name, raw]) => [name, flashOf(raw)])) : EMPTY.flash,
    owner: owner as string | undefined,
    writes: decodeWrites(log, nth),
    more: unknown.length === 0 ? EMPTY.more : Object.fromEntries(unknown.map((name) => [name, fields[name]])),
    ...(lasts !== undefined && { lasts }),
    ...(since !== undefined && { since }),
    ...(from !== undefined && { from }),
  }
}

const isCount = (value: unknown, least: number): value is number | undefined =>
  value === undefined || (Number.isSafeInteger(value) && (value as number) >= least)

const flashOf = (raw: unknown): Flash => ({ id: String((raw as { readonly i?: unknown }).i), entry: entryOf(raw) })

function isForwarding(to: unknown): to is Forwarding {
  if (!isObject(to)) return false
  const { key, sealed = '', at = 0, note = '' } = to
  return [key, sealed, note].every((text) => typeof text === 'string') && Number.isSafeInteger(at)
}
