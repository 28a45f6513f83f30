/** One Set-Cookie line as a browser understands it (RFC 6265bis 5.1.1 and 5.6). */
export interface SetCookie {
  readonly name: string
  readonly value: string
  /** Without a leading dot; empty when there is none. */
  readonly domain: string
  /** Only when it begins with "/"; otherwise the default path applies. */
  readonly path: string | undefined
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly partitioned: boolean
  /** `lax` when missing or unknown, as Chromium has it. */
  readonly sameSite: 'lax' | 'strict' | 'none'
  /** Milliseconds since the epoch; -Infinity: at once; `undefined`: when the browser closes. */
  readonly expiresAt: number | undefined
}

const LONGEST_COOKIE = 4096
const LONGEST_ATTRIBUTE = 1024
const LONGEST_LIFE = 400 * 86_400_000
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the bytes that the RFC forbids.
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: the tab is one of the RFC's delimiters.
const DATE_DELIMITER = /[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+/
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** The cookie that the line sets, or the reason why a browser ignores it. One character stands for one byte, as in `Headers`. */
export function parseSetCookie(line: string, now: number): SetCookie | string {
  if (CONTROL.test(line)) return 'it has a control character'
  const [pair = '', ...rest] = line.split(';')
  const [before, after] = halves(pair)
  // A line without "=" is the value of a cookie without a name.
  const [name, value] = after === undefined ? ['', before] : [before, after]
  if (name + value === '') return 'it has neither name nor value'
  if (name === '' && value.includes('=')) return 'without a name its value cannot hold "="'
  if (name.length + value.length > LONGEST_COOKIE) return `name and value are over ${LONGEST_COOKIE} bytes`

  const attributes = new Map<string, string>()
  for (const [attribute, content = ''] of rest.map(halves)) {
    const key = attribute.toLowerCase()
    if (content.length <= LONGEST_ATTRIBUTE && isRead(key, content)) attributes.set(key, content)
  }
  const path = attributes.get('path')
  const sameSite = attributes.get('samesite')?.toLowerCase()
  return {
    name,
    value,
    domain: (attributes.get('domain') ?? '').replace(/^\./, '').toLowerCase(),
    path: path?.startsWith('/') ? path : undefined,
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    partitioned: attributes.has('partitioned'),
    sameSite: sameSite === 'strict' || sameSite === 'none' ? sameSite : 'lax',
    expiresAt: endOf(attributes, now),
  }
}

/** Milliseconds since the epoch, or `undefined` for what is no date (RFC 6265bis 5.1.1). */
export function parseCookieDate(text: string): number | undefined {
  let time: readonly number[] | undefined
  let day: number | undefined
  let month: number | undefined
  let year: number | undefined
  for (const token of text.split(DATE_DELIMITER)) {
    const clock = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)/.exec(token)
    const named = MONTHS.indexOf(token.slice(0, 3).toLowerCase())
    if (time === undefined && clock) time = clock.slice(1).map(Number)
    else if (day === undefined && /^\d{1,2}(?!\d)/.test(token)) day = Number.parseInt(token, 10)
    else if (month === undefined && named >= 0) month = named
    else if (year === undefined && /^\d{2,4}(?!\d)/.test(token)) year = Number.parseInt(token, 10)
  }
  if (time === undefined || day === undefined || month === undefined || year === undefined) return undefined
  const [hour = 24, minute = 60, second = 60] = time
  if (year < 100) year += year < 70 ? 2000 : 1900
  if (year < 1601 || hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(Date.UTC(year, month, day, hour, minute, second))
  return date.getUTCDate() === day ? date.getTime() : undefined
}

/** The attributes that this name needs and that are missing (RFC 6265bis 5.7); a cookie without a name cannot pose as one with a prefix. */
export function attributeFault({ name, value, ...cookie }: SetCookie, hostOnly: boolean): string | undefined {
  const prefix = /^__(secure|http|host(-http)?)-/i.exec(name || value)?.[1]?.toLowerCase() ?? ''
  if (name === '' && prefix) return 'without a name it cannot begin like a prefix'
  if (!cookie.secure && (prefix || cookie.partitioned || cookie.sameSite === 'none')) return 'it needs Secure'
  if (prefix.startsWith('host') && !(hostOnly && cookie.path === '/')) return '__Host- needs Path=/ and no Domain'
  return prefix.endsWith('http') && !cookie.httpOnly ? '__Http- needs HttpOnly' : undefined
}

/** A malformed time does not count as an attribute; of several that do, the last counts. */
function isRead(attribute: string, content: string): boolean {
  if (attribute === 'max-age') return /^-?\d+$/.test(content)
  return attribute !== 'expires' || parseCookieDate(content) !== undefined
}

function endOf(attributes: ReadonlyMap<string, string>, now: number): number | undefined {
  const maxAge = attributes.get('max-age')
  const expires = parseCookieDate(attributes.get('expires') ?? '')
  if (maxAge !== undefined && Number(maxAge) <= 0) return Number.NEGATIVE_INFINITY
  const end = maxAge === undefined ? expires : now + Number(maxAge) * 1000
  return end === undefined ? undefined : Math.min(end, now + LONGEST_LIFE)
}

/** Both sides of the first "=", without spaces and tabs around them. */
function halves(text: string): [string, string | undefined] {
  const equals = text.indexOf('=')
  return equals === -1 ? [trim(text), undefined] : [trim(text.slice(0, equals)), trim(text.slice(equals + 1))]
}

function trim(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')
}
