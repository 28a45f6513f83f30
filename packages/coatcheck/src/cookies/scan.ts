/** Pieces of one value. */
export const MOST_CHUNKS = 8
const ZERO = 0x30
const SEMICOLON = 0x3b
/** The signs that may follow the name: of a value, of the number of a piece, or space before either. */
const AFTER_NAME = '=. \t'

/** Name and value together; a browser drops a longer cookie whole (RFC 6265bis 5.6), so none can come from one. */
export const LONGEST = 4096
/** A cookie with the spaces and tabs around it, of which browsers send one. */
export const MOST_PADDED: number = 2 * LONGEST

/** The cookies of a header that begin with `name`, and then with one of the signs `after` (empty: any). It is searched for, since splitting costs as much as the header is long. */
export function* cookiesFrom(header: string, name: string, after: string = AFTER_NAME): Generator<string> {
  for (let at = header.indexOf(name); at >= 0; ) {
    let next = at + name.length
    if ((after === '' || after.includes(header.charAt(next))) && isFirst(header, at)) {
      const end = header.indexOf(';', next)
      yield end < 0 ? header.slice(at) : header.slice(at, end)
      // A name in the middle of a cookie begins none.
      if (end < 0) return
      next = end + 1
    }
    at = header.indexOf(name, next)
  }
}

/** Whether nothing but spaces and tabs stands between this place and the end of the cookie before. */
function isFirst(header: string, at: number): boolean {
  let before = at
  while (at - before < MOST_PADDED && isSpace(header.charCodeAt(before - 1))) before--
  return before === 0 || header.charCodeAt(before - 1) === SEMICOLON
}

/** The first value of this name, without empty and over-long ones, and those of ours; nothing after it is looked at. */
export function firstValue(header: string, name: string): string | undefined {
  for (const cookie of cookiesFrom(header, name, '= \t')) {
    const value = cookie.length > MOST_PADDED ? undefined : contentAfter(cookie, name.length)
    if (value && isFirstValue(value, name.length)) return value
  }
  return undefined
}

const isFirstValue = (value: string, name: number): boolean =>
  value !== '' && !value.startsWith('~') && name + value.length <= LONGEST

/** The same for all names that begin with `prefix`. The header is read once, and as far as the names that were asked for. */
export class FirstValues {
  readonly #prefix: string
  readonly #unread: Iterator<string>
  readonly #found = new Map<string, string>()

  constructor(header: string, prefix: string) {
    this.#prefix = prefix
    this.#unread = cookiesFrom(header, prefix, '')
  }

  /** `rest`: the name after the prefix. */
  get(rest: string): string | undefined {
    const found = this.#found
    while (!found.has(rest)) {
      const { value: cookie, done } = this.#unread.next()
      if (done) return undefined
      const equals = cookie.length > MOST_PADDED ? -1 : cookie.indexOf('=')
      if (equals < 0) continue
      const name = trim(cookie.slice(this.#prefix.length, equals))
      const value = trim(cookie.slice(equals + 1))
      if (isFirstValue(value, this.#prefix.length + name.length) && !found.has(name)) found.set(name, value)
    }
    return found.get(rest)
  }
}

/** The trimmed text after the equals sign that follows a name of this length; undefined: no sign follows. */
export function contentAfter(cookie: string, length: number): string | undefined {
  let at = length
  while (isSpace(cookie.charCodeAt(at))) at++
  return cookie[at] === '=' ? trim(cookie.slice(at + 1)) : undefined
}

/** Without spaces and tabs around it, and only those: to a browser other white space is part of a name. */
export function trim(text: string): string {
  let from = 0
  let to = text.length
  while (isSpace(text.charCodeAt(from))) from++
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** N when `.N` stands at `at` (1 to 7), else 0. */
export function pieceNumber(text: string, at: number): number {
  const number = text[at] === '.' ? text.charCodeAt(at + 1) - ZERO : 0
  return number >= 1 && number < MOST_CHUNKS ? number : 0
}

/** The whole value that `~N~` and its first part begin, or `undefined` when N is impossible or a part is missing. */
export function joined(head: string, parts: readonly string[]): string | undefined {
  const count = head.charCodeAt(1) - ZERO
  if (!(count >= 2 && count <= MOST_CHUNKS && head[2] === '~')) return undefined
  const all = [head.slice(3), ...parts.slice(1, count)]
  // Joined once, since each copy of so long a text costs.
  return all.filter(Boolean).length === count ? all.join('') : undefined
}
