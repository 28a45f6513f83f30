import { SessionError } from '../errors.ts'

/** Deeper values are refused: the engine stores none. */
const DEEPEST = 500

export type Values = Readonly<Record<string, unknown>>

/** The value of a JSON text, without properties named `__proto__`; undefined for other texts, and for deep nesting. */
export function parseJson(text: string): unknown {
  try {
    if (!BEGINNING.test(text) || isTooDeep(text)) return undefined
    const value: unknown = JSON.parse(text)
    return isShallow(value, 0) ? value : undefined
  } catch {
    return undefined
  }
}

/** Of every JSON text (RFC 8259 section 2). What begins otherwise is not parsed, since an exception costs more than anything else here. */
const BEGINNING = /^[ \t\r\n]*["{[\d\-tfn]/

/** The values that this JSON text holds, or undefined when it holds no object. */
export function parseValues(text: string): Values | undefined {
  return valuesOf(parseJson(text))
}

/** The properties of a plain object that can be keys of a session, as an object's own. */
export function valuesOf(value: unknown): Values | undefined {
  if (!isObject(value)) return undefined
  return ownValues(Object.entries(value))
}

/** An object of these values; without keys that name no value. */
export function ownValues(entries: Iterable<readonly [string, unknown]>): Values {
  return Object.fromEntries([...entries].filter(([key]) => key !== '' && key !== '__proto__' && key.isWellFormed()))
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Deep nesting costs more to parse than to look for. Brackets inside texts do not count. */
function isTooDeep(text: string): boolean {
  if (text.length < 2 * DEEPEST) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at)
    if (sign === QUOTE) {
      // To the end of the text, over what is escaped.
      for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++
    } else if (sign === SQUARE || sign === CURLY) {
      if (++depth > DEEPEST + 1) return true
    } else if (sign === SQUARE + 2 || sign === CURLY + 2) depth--
  }
  return false
}

const [QUOTE, BACKSLASH, SQUARE, CURLY] = [0x22, 0x5c, 0x5b, 0x7b]

/** Takes `__proto__` out on its way: an assignment by that name would change the prototype of another object. */
function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth > DEEPEST) return false
  if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__')
  return Object.values(value).every((inner) => isShallow(inner, depth + 1))
}

/** The content as JSON: a Date becomes its ISO text, and a value that JSON would lose in silence is refused with `BAD_VALUE`. */
export function toJson(content: unknown): string {
  try {
    return JSON.stringify(content, function (this: Values, key: string, value: unknown) {
      const kind = Object.prototype.toString.call(this[key]).slice(8, -1)
      if (LOST.test(kind)) throw new TypeError(`the property ${JSON.stringify(key)} is a ${kind}`)
      return value
    })
  } catch (error) {
    const fix = 'Store plain JSON data while it is written for another library; see `cause` for what it met.'
    throw new SessionError('BAD_VALUE', 'The session holds what JSON cannot hold.', { fix, cause: error })
  }
}

const LOST = /^(Map|Set|RegExp|BigInt|Symbol|Function|AsyncFunction|DataView|.*Array|.*ArrayBuffer)$(?<!^Array)/
