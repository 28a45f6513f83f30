/** A Set-Cookie line, as a browser reads it (RFC 6265bis 5.6). */
export interface SetCookie {
  readonly name: string
  readonly value: string
  /** By lower-case name; flags have an empty text. */
  readonly attributes: ReadonlyMap<string, string>
  readonly line: string
}

export function setCookieOf(line: string): SetCookie {
  const [pair = '', ...rest] = line.split(';')
  const equals = pair.indexOf('=')
  const attributes = new Map(
    rest.map((part) => {
      const at = part.indexOf('=')
      return at < 0 ? [part.trim().toLowerCase(), ''] : [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()]
    }),
  )
  return { name: pair.slice(0, Math.max(0, equals)).trim(), value: pair.slice(equals + 1).trim(), attributes, line }
}

/** Whether it takes a cookie away. */
export function clears({ value, attributes }: SetCookie, now: number): boolean {
  const age = attributes.get('max-age')
  if (age !== undefined) return Number(age) <= 0
  const expires = attributes.get('expires')
  return value === '' || (expires !== undefined && Date.parse(expires) <= now)
}

/** Whether a cookie is likely to carry a session: by its name, or since no script may read it. One against forged requests is none. */
export const mayCarry = ({ name, attributes }: SetCookie): boolean =>
  !/csrf|xsrf/i.test(name) && (attributes.has('httponly') || /sess|sid\b|auth|token|^__(host|secure)-|connect\./i.test(name))
