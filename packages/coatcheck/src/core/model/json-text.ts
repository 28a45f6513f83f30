/** Deeper text was not written here; what could be parsed deeper might overflow the stack when it is written again. */
const DEEPEST = 510

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d
const BACKSLASH = 0x5c

/** Where the members of one object stand in a JSON text, found without parsing what they hold. */
export interface Members {
  /** Of each member four numbers: where its name begins, where its value begins and ends, and 1 when that is `{"v":…}` or `{"r":…}`. */
  readonly at: readonly number[]
  /** Just behind the object, or where the member begins that was looked for. */
  readonly end: number
}

/**
 * The members of the object that begins at `at`. undefined: nested too deeply, or not in the form that `JSON.stringify` writes; whoever
 * asks then parses the whole. What a value holds is not checked before it is parsed. `until`: where to stop, as `"name":`.
 */
export function members(text: string, at: number, until?: string): Members | undefined {
  if (text.charCodeAt(at) !== OPEN) return undefined
  const found: number[] = []
  let next = at + 1
  if (text.charCodeAt(next) === CLOSE) return { at: found, end: next + 1 }
  for (;;) {
    if (until && text.startsWith(until, next)) return { at: found, end: next }
    const value = text.charCodeAt(next) === QUOTE ? closing(text, next) + 2 : 0
    if (text.charCodeAt(value - 1) !== COLON) return undefined
    const inner = isWrapped(text, value) ? skip(text, value + 5) : 0
    const isPlain = inner > value + 5 && text.charCodeAt(inner) === CLOSE
    const end = isPlain ? inner + 1 : skip(text, value)
    if (end <= value) return undefined
    found.push(next, value, end, isPlain ? 1 : 0)
    const sign = text.charCodeAt(end)
    if (sign === CLOSE) return { at: found, end: end + 1 }
    if (sign !== COMMA) return undefined
    next = end + 1
  }
}

/** The name that begins at `at` and whose value begins at `value`. */
export function nameAt(text: string, at: number, value: number): string {
  const name = text.slice(at + 1, value - 2)
  return name.includes('\\') ? JSON.parse(`"${name}"`) : name
}

/** Whether `{"v":` or `{"r":` stands there. */
function isWrapped(text: string, at: number): boolean {
  return text.startsWith('{"v":', at) || text.startsWith('{"r":', at)
}

/** Just behind the value that begins at `at`; at most `at` when there is none, and less than 0 when it is nested too deeply. */
function skip(text: string, at: number): number {
  if (text.charCodeAt(at) === QUOTE) return closing(text, at) + 1
  let depth = 0
  for (let now = at; now < text.length; now++) {
    const sign = text.charCodeAt(now)
    if (sign === QUOTE) {
      now = closing(text, now)
      if (now < 0) return 0
    } else if (sign === OPEN || sign === 0x5b) {
      if (++depth > DEEPEST) return -1
    } else if (sign === CLOSE || sign === 0x5d) {
      if (--depth <= 0) return depth < 0 ? now : now + 1
    } else if (sign === COMMA && depth === 0) {
      return now
    }
  }
  return 0
}

/** Where the text ends that begins with the quote at `at`; -1 when it does not. */
function closing(text: string, at: number): number {
  let end = at
  for (;;) {
    end = text.indexOf('"', end + 1)
    if (end < 0) return -1
    let before = end - 1
    while (text.charCodeAt(before) === BACKSLASH) before--
    if ((end - before) % 2 === 1) return end
  }
}

/** Whether the value that a text begins with is nested too deeply to be parsed. */
export function isTooDeep(text: string): boolean {
  return text.length > DEEPEST && skip(text, 0) < 0
}
