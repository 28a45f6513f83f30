import type { Entry } from './codec.ts'
import { entriesText, entryOf, entryText, isObject } from './entry-text.ts'
import { isTooDeep, members } from './json-text.ts'
import { TextValues, valuesIn } from './text-values.ts'
import { NO_WRITES, type Write, type Writes } from './writes.ts'

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
  const { values, owner, lasts, since, from, writes, more } = contents
  const { key, made, id, life } = frame
  const { log, nth } = encodeWrites(writes)
  const fields = { format: FORMAT, ...more, key, made, id, life, owner, lasts, since, from, log, nth, to }
  const head = JSON.stringify(fields).slice(0, -1)
  const data = values instanceof TextValues ? values.text() : entriesText(values)
  const flash = contents.flash.size === 0 ? '' : flashText(contents.flash)
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

/** The fields of a record's text that say what was written last. */
interface Log {
  /** The number of writes, then id and time of each. */
  readonly log?: readonly (number | string)[] | undefined
  /**
   * Where writes between them were dropped: `forgotten`, then the number of each. A release that does not know this field keeps it when it
   * adds a write, and shows by that it does not: the last number is not the count any more.
   */
  readonly nth?: readonly number[] | undefined
}

export function encodeWrites({ count, forgotten, recent }: Writes): Log {
  if (count === 0) return {}
  const log: (number | string)[] = [count]
  for (const { id, at } of recent) log.push(id, at)
  if (forgotten === count - recent.length) return { log }
  const nth = [forgotten]
  for (const { number } of recent) nth.push(number)
  return { log, nth }
}

/** Throws for what `encodeWrites` did not write. */
export function decodeWrites(log: unknown, nth: unknown): Writes {
  if (log === undefined) return NO_WRITES
  const raw = log as readonly unknown[]
  const count = raw[0] as number
  const length = (raw.length - 1) / 2
  if (!Number.isSafeInteger(count) || !Number.isInteger(length) || count < length) throw new TypeError('not a list of writes')
  const numbers = areNumbers(nth, count, length) ? nth : undefined
  // Without them it is as if all that is missing had been forgotten.
  const forgotten = numbers?.[0] ?? count - length
  const recent: Write[] = []
  for (let index = 0; index < length; index++) {
    const [id, at] = [raw[2 * index + 1], raw[2 * index + 2]]
    if (typeof id !== 'string' || !Number.isSafeInteger(at)) throw new TypeError('not a list of writes')
    recent.push({ id, at: at as number, number: numbers?.[index + 1] ?? count - length + 1 + index })
  }
  return { count, forgotten, recent }
}

const areNumbers = (nth: unknown, count: number, length: number): nth is readonly number[] =>
  Array.isArray(nth) && nth.length === length + 1 && nth[length] === count && nth.every(Number.isSafeInteger)
