/** The only room that knows the words Cookie and Set-Cookie. */
import { SessionError } from '../errors.ts'
import { type CookieAttributes, setCookie, VALUE } from './attributes.ts'
import {
  contentAfter,
  cookiesFrom,
  FirstValues,
  firstValue,
  joined,
  LONGEST,
  MOST_CHUNKS,
  MOST_PADDED,
  pieceNumber,
  trim,
} from './scan.ts'

export { type CookieAttributes, type CookieFault, cookieFault, LONGEST_AGE, type SameSite } from './attributes.ts'

/** So many cookies of one name are looked at; browsers send one for each path and domain, and seven pieces. */
const MOST_COOKIES = 64
/** So many values of each form are kept: what looks like no ticket takes the place of none that does. */
const MOST_VALUES = 4

/** An id of 24 bytes, in base64url. */
const SHORTEST_TICKET = 32
const TICKET = /^[\w-]+$/
const PADDED = /^[ \t]|[ \t]$/
/** So many characters of a value say of what form it is. */
const BEGINNING = 64

/** The cookies of one name in a Cookie header. */
export interface PresentedCookie {
  /**
   * Distinct values in order, pieces put together, without empty, over-long and incomplete ones. At most four that look like a ticket of
   * ours, four others as long, and four that are shorter.
   */
  readonly values: readonly string[]
  /** Whether anything came under this name, an empty value too. */
  readonly present: boolean
  /** Whether two or more distinct values came. */
  readonly duplicated: boolean
  /** Why a value was left out. */
  readonly refused: 'oversized' | 'bad-chunks' | undefined
  /** Names of the numbered pieces (`name.1` to `name.7`) that came along, to be cleared when no longer needed. */
  readonly pieces: readonly string[]
}

const NOTHING_CAME: PresentedCookie = { values: [], present: false, duplicated: false, refused: undefined, pieces: [] }

/**
 * Finds one cookie in a Cookie header: names are compared byte for byte, only spaces and tabs are trimmed, nothing is
 * unquoted or decoded, and no other cookie is looked at. One pass, whatever the header holds. Without `joins` no pieces are put together.
 */
export function readCookie(header: string | null | undefined, name: string, joins = true): PresentedCookie {
  if (!header) return NOTHING_CAME
  const only = onlyValue(header, name)
  if (only !== undefined) return { ...NOTHING_CAME, values: [only], present: true }
  const heads: string[] = []
  const places = [MOST_VALUES, MOST_VALUES, MOST_VALUES]
  const parts: string[] = []
  const pieces: string[] = []
  let present = false
  let oversized = false
  let seen = 0
  for (const cookie of cookiesFrom(header, name)) {
    if (++seen > MOST_COOKIES) break
    const number = pieceNumber(cookie, name.length)
    const piece = number === 0 ? name : `${name}.${number}`
    // A cookie far longer than browsers keep is not even trimmed.
    const isPadded = cookie.length > MOST_PADDED
    const content = isPadded ? '' : contentAfter(cookie, piece.length)
    if (content === undefined) continue
    const fits = !isPadded && piece.length + content.length <= LONGEST
    const value = fits ? content : ''
    if (number === 0) {
      present = true
      oversized ||= !fits
      if (!value) continue
      const form = formOf(value)
      const free = places[form] ?? 0
      if (free === 0 || heads.includes(value)) continue
      places[form] = free - 1
      heads.push(value)
    } else if (parts[number] === undefined) {
      // Of two pieces with one number the first counts, whose path is the longer (RFC 6265bis 5.8.3).
      parts[number] = value
      pieces.push(piece)
    }
  }
  const wholes = heads.map((head) => (head.startsWith('~') ? joins && joined(head, parts) : head))
  return {
    // Not a Set, which reads every character of each: texts of other lengths are told apart at once.
    values: wholes.filter((whole) => typeof whole === 'string').filter((whole, at, all) => all.indexOf(whole) === at),
    present,
    duplicated: heads.length + Number(oversized) > 1,
    refused: oversized ? 'oversized' : wholes.some((whole) => typeof whole !== 'string') ? 'bad-chunks' : undefined,
    pieces,
  }
}

/**
 * The value of `name` where the header names it once, plainly, as nearly every header does: in one piece that is not too long, without space
 * around it. undefined: the cookie has to be searched for.
 */
function onlyValue(header: string, name: string): string | undefined {
  const at = header.indexOf(name)
  const from = at + name.length + 1
  const isFirstOrNext = at === 0 || header[at - 1] === ';' || (header[at - 1] === ' ' && header[at - 2] === ';')
  if (at < 0 || !isFirstOrNext || header[from - 1] !== '=' || header[from] === '~') return undefined
  const end = header.indexOf(';', from)
  if (end >= 0 && header.includes(name, end)) return undefined
  const to = end < 0 ? header.length : end
  const value = to - at - 1 > LONGEST ? '' : header.slice(from, to)
  return value === '' || PADDED.test(value) ? undefined : value
}

/** All that is asked of one Cookie header besides our own cookie; each name is looked for once. */
export class Cookies {
  readonly #header: string
  readonly #joins: boolean | undefined
  #found?: Map<string, PresentedCookie>
  #numbered?: Map<string, FirstValues>

  constructor(header: string | null | undefined, joins?: boolean) {
    this.#header = header ?? ''
    this.#joins = joins
  }
  named(name: string): PresentedCookie {
    if (this.#header === '') return NOTHING_CAME
    this.#found ??= new Map()
    const known = this.#found.get(name) ?? readCookie(this.#header, name, this.#joins)
    this.#found.set(name, known)
    return known
  }
  /** The first value. Cookies with a number come many at a time: all of one name are found by one reading. */
  first(name: string): string | undefined {
    const dot = name.lastIndexOf('.')
    if (dot < 0) return this.named(name).values[0]
    if (!isDigit(name.charCodeAt(dot + 1))) return firstValue(this.#header, name)
    const prefix = name.slice(0, dot + 1)
    this.#numbered ??= new Map()
    const numbered = this.#numbered.get(prefix) ?? new FirstValues(this.#header, prefix)
    this.#numbered.set(prefix, numbered)
    return numbered.get(name.slice(dot + 1))
  }
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

/** 0: as tickets of ours, the first piece of one too. 1: as long, as those of other libraries. 2: shorter than any. */
function formOf(value: string): 0 | 1 | 2 {
  if (value.startsWith('~')) return 0
  if (value.length < SHORTEST_TICKET) return 2
  return TICKET.test(value.length > BEGINNING ? value.slice(0, BEGINNING) : value) ? 0 : 1
}

/** Name and value are over 4096 bytes and may not be spread over several cookies, or not over that many. */
export class CookieTooLong extends Error {
  override readonly name = 'CookieTooLong'
  readonly bytes: number
  constructor(bytes: number) {
    super(`The cookie would have ${bytes} bytes.`)
    this.bytes = bytes
  }
}

/**
 * The Set-Cookie lines that give `value`: one, or with `chunks` up to eight, the first under `name` itself, and then those
 * that clear the presented `pieces` which are no longer needed. Throws `CookieTooLong`, and `BAD_OPTIONS` for a cookie that
 * `cookieFault` refuses.
 */
export function writeCookie(
  name: string,
  value: string,
  attributes: CookieAttributes,
  how: { readonly chunks?: boolean; readonly pieces?: readonly string[] } = {},
): string[] {
  if (!VALUE.test(value)) throw new SessionError('BAD_OPTIONS', 'The value has characters that no cookie carries.')
  const parts = split(name, value, how.chunks === true)
  const names = parts.map((_, number) => (number === 0 ? name : `${name}.${number}`))
  const stale = how.pieces?.filter((piece) => !names.includes(piece)) ?? []
  return [...parts.map((part, number) => setCookie(names[number] ?? name, part, attributes)), ...cleared(stale, attributes)]
}

/** The Set-Cookie lines that remove the cookie and its presented pieces: the same attributes, and an end in the past. */
export function clearCookie(name: string, attributes: CookieAttributes, pieces: readonly string[] = []): string[] {
  return cleared([name, ...pieces], attributes)
}

/** The name that a Set-Cookie line sets; empty when it has none (RFC 6265bis 5.6). */
export function cookieNameOf(line: string): string {
  const [pair = ''] = line.split(';', 1)
  return trim(pair.slice(0, Math.max(0, pair.indexOf('='))))
}

/** Name and value of a `Set-Cookie` line. */
export const pairOf = (line: string): string => line.split(';', 1)[0] ?? ''

function cleared(names: readonly string[], attributes: CookieAttributes): string[] {
  return names.map((name) => setCookie(name, '', { ...attributes, maxAge: 0, expires: new Date(0) }))
}

/** `value`, or `~N~` and its first part, and the N - 1 parts that follow. */
function split(name: string, value: string, chunks: boolean): string[] {
  const bytes = name.length + value.length
  if (bytes <= LONGEST) return [value]
  const room = LONGEST - name.length - '~N~'.length
  const count = Math.ceil(value.length / room)
  if (!chunks || room <= 0 || count > MOST_CHUNKS) throw new CookieTooLong(bytes)
  const parts = Array.from({ length: count }, (_, number) => value.slice(number * room, (number + 1) * room))
  return [`~${count}~${parts[0]}`, ...parts.slice(1)]
}
