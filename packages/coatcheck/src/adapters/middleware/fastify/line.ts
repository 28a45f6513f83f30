/** The attributes of a cookie, with the names and units of @fastify/cookie. */
export interface LineOptions {
  /** Seconds from now. Left out, and without `expires`: the browser forgets the cookie when it closes. */
  maxAge?: number | undefined
  expires?: Date | number | null | undefined
  path?: string | undefined
  domain?: string | null | undefined
  httpOnly?: boolean | undefined
  /** `auto`: as the connection of each request. */
  secure?: boolean | 'auto' | null | undefined
  /** True is `strict`. */
  sameSite?: boolean | 'lax' | 'strict' | 'none' | null | undefined
  priority?: 'low' | 'medium' | 'high' | undefined
  partitioned?: boolean | undefined
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase()

/** The Set-Cookie line as @fastify/cookie writes it. */
export function lineOf(name: string, value: string, options: LineOptions, isHttps: boolean): string {
  const { maxAge, expires, path, domain, httpOnly, sameSite, priority, partitioned } = options
  const secure = options.secure === 'auto' ? isHttps : options.secure
  const end = typeof expires === 'number' ? new Date(expires) : expires
  return [
    `${name}=${value}`,
    maxAge !== undefined && `Max-Age=${Math.floor(maxAge)}`,
    domain && `Domain=${domain}`,
    path && `Path=${path}`,
    end && `Expires=${end.toUTCString()}`,
    httpOnly && 'HttpOnly',
    secure && 'Secure',
    partitioned && 'Partitioned',
    priority && `Priority=${capital(priority)}`,
    sameSite && `SameSite=${sameSite === true ? 'Strict' : capital(sameSite)}`,
  ]
    .filter(Boolean)
    .join('; ')
}

/** What takes a cookie away. */
export const OVER: Readonly<{ expires: Date; maxAge: number }> = { expires: new Date(0), maxAge: 0 }
