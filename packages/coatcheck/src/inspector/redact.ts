/**
 * What of a session's values is shown besides their type and size. `strings`: no text, and nothing whose name says that it is private. `names`: all but
 * the latter. A function: what it says true to, and the latter. `path`: from the key of the session inwards.
 */
export type Redact = 'strings' | 'names' | ((path: readonly string[], value: unknown) => boolean)

/** Whole words of a name: `apiToken`, `api_token` and `API-TOKEN` have the word `token`. */
const PRIVATE =
  /^(?:pass(?:word|wd|phrase|code)?s?|pwd|secrets?|tokens?|jwt|jwe|bearer|auth|authorization|oauth|credentials?|cookies?|csrf|xsrf|keys?|apikeys?|nonces?|verifier|challenge|signature|hash|salt|seeds?|otp|totp|pin|mfa|code|codes|e?mails?|phones?|tel|mobile|address(?:es)?|street|zip|postcode|birth(?:day|date)?|dob|ssn|iban|bic|card|cards|cvc|cvv|pan|accounts?|passport|tax|salary|ip|lat|lng|latitude|longitude|firstname|lastname|surname|fullname|username)$/

/** Whether a name says that its value is private. */
export function isPrivate(name: string): boolean {
  const words = name.replace(/([a-z\d])([A-Z])/g, '$1 $2').split(/[^A-Za-z\d]+/)
  const all = [...words, words.join('')].map((word) => word.toLowerCase().replace(/\d+$/, ''))
  return all.some((word) => PRIVATE.test(word)) || /^coatcheck\b/i.test(name)
}

/** A name that is no identifier may be data: a table by e-mail address, say. */
const PLAIN = /^[\w$ .:/-]{1,40}$/
/** Looks like a token, or a number that stands for somebody. */
const DRAWN = /^(?=.*\d)[\w-]{16,}$|\d{6,}/

/** A key as it may be shown. */
export const keyName = (name: string): string =>
  PLAIN.test(name) && !DRAWN.test(name) ? name : `‹name of ${name.length} characters›`

const DEEPEST = 4
const MOST = 12
const LONGEST = 120

/** One value in a line: its form, and of its parts what may be seen. */
export function preview(value: unknown, path: readonly string[], rule: Redact): string {
  if (isHidden(value, path, rule)) return hidden(value)
  if (typeof value === 'string') return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value)
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Date) return Number.isNaN(+value) ? 'Invalid Date' : value.toISOString()
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Map || value instanceof Set || Array.isArray(value)) return list(value, path, rule)
  if (value instanceof URL || value instanceof RegExp) return preview(String(value), path, rule)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return hidden(value)
  if (path.length > DEEPEST) return '{ … }'
  const members = Object.entries(value)
  const shown = members.slice(0, MOST).map(([name, each]) => `${keyName(name)}: ${preview(each, [...path, name], rule)}`)
  return enclosed('{', shown, members.length, '}')
}

function list(value: Map<unknown, unknown> | Set<unknown> | readonly unknown[], path: readonly string[], rule: Redact): string {
  const size = Array.isArray(value) ? value.length : (value as Set<unknown>).size
  const name = Array.isArray(value) ? '' : value instanceof Map ? `Map(${size}) ` : `Set(${size}) `
  if (path.length > DEEPEST) return `${name}[ … ]`
  const inside = (each: unknown, at: number) => preview(each, [...path, String(at)], rule)
  const first: unknown[] = []
  for (const each of value as Iterable<unknown>) if (first.push(each) === MOST) break
  const shown = first.map((each, at) =>
    value instanceof Map && Array.isArray(each) ? `${inside(each[0], at)} => ${inside(each[1], at)}` : inside(each, at),
  )
  return name + enclosed('[', shown, size, ']')
}

function enclosed(open: string, shown: readonly string[], count: number, close: string): string {
  if (count === 0) return open + close
  const more = count > shown.length ? [`… ${count - shown.length} more`] : []
  return `${open} ${[...shown, ...more].join(', ')} ${close}`
}

function isHidden(value: unknown, path: readonly string[], rule: Redact): boolean {
  // Whether there is something, and yes or no, is what a reader looks for, and tells nobody's name.
  if (value === null || value === undefined || typeof value === 'boolean') return false
  if (path.some(isPrivate)) return true
  if (typeof rule === 'function') return rule(path, value) !== false
  const isText = typeof value === 'string' || typeof value === 'bigint' || value instanceof URL || value instanceof RegExp
  return rule === 'strings' && isText
}

function hidden(value: unknown): string {
  if (typeof value === 'string') return `‹${value.length} characters›`
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `‹${value.byteLength} bytes›`
  return '‹hidden›'
}

/** What kind of value it is, with how much is in it. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return typeof value
  if (Array.isArray(value)) return `list of ${value.length}`
  if (value instanceof Map || value instanceof Set) return `${value instanceof Map ? 'Map' : 'Set'} of ${value.size}`
  const name = Object.prototype.toString.call(value).slice(8, -1)
  return name === 'Object' ? `object of ${Object.keys(value).length}` : name
}
