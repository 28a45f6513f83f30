import { readCookie } from '../../cookies/cookie.ts'
import { checkKinds } from '../../errors.ts'
import { fromText, type TextCodec, textCodec } from './codec.ts'
import type { CookieOptions, CookieProperties, SessionCookie } from './cookie-options.ts'
import { defaultsOf, lineOf } from './line.ts'

export type { CookieOptions, CookieProperties, SessionCookie } from './cookie-options.ts'

const OPTIONS = new WeakMap<object, CookieOptions>()

/** The secrets of a cookie of ours. */
export const secretsOf = (cookie: SessionCookie): readonly string[] => OPTIONS.get(cookie)?.secrets ?? []

/** The text of a cookie of ours whose signature cannot be checked here: nobody may believe it. */
export function claimOf(cookie: SessionCookie, value: string): string | undefined {
  const { decode = fromText } = OPTIONS.get(cookie) ?? {}
  try {
    return OPTIONS.has(cookie) ? decode(value.slice(0, Math.max(0, value.lastIndexOf('.')))) : undefined
  } catch {
    return undefined
  }
}

/** A cookie of ours, signed as Remix 3 signs. */
export function asUpstream(cookie: SessionCookie): SessionCookie {
  const options = OPTIONS.get(cookie)
  return options ? new Cookie(cookie.name, { ...options, format: 'upstream' }) : cookie
}

/** A cookie as Remix 3 has it: a text goes in, a text comes out. */
export class Cookie {
  readonly #name: string
  readonly #attributes: CookieProperties
  readonly #codec: TextCodec

  constructor(name: string, options: CookieOptions = {}) {
    checkKinds(options, {})
    const { secrets: _, decode: __, encode: ___, format: ____, ...given } = options
    this.#name = name
    this.#attributes = defaultsOf(name, given)
    this.#codec = textCodec(name, options)
    OPTIONS.set(this, options)
  }

  get name(): string {
    return this.#name
  }
  get domain(): string | undefined {
    return this.#attributes.domain
  }
  get expires(): Date | undefined {
    return this.#attributes.expires
  }
  /** undefined: nothing was said of it. */
  get httpOnly(): boolean | undefined {
    return this.#attributes.httpOnly
  }
  get maxAge(): number | undefined {
    return this.#attributes.maxAge
  }
  get partitioned(): boolean {
    return this.#attributes.partitioned ?? false
  }
  get path(): string {
    return this.#attributes.path ?? '/'
  }
  get sameSite(): 'Strict' | 'Lax' | 'None' {
    return this.#attributes.sameSite ?? 'Lax'
  }
  /** undefined: nothing was said of it. */
  get secure(): boolean | undefined {
    return this.#attributes.secure
  }
  get signed(): boolean {
    return secretsOf(this).length > 0
  }

  /** The first genuine value under this name, `''` for an empty one, null for none. */
  async parse(header: string | null): Promise<string | null> {
    const { values, present } = readCookie(header, this.#name)
    for (const value of values) {
      const text = await this.#codec.decode(value)
      if (text !== null) return text
    }
    return present && values.length === 0 ? '' : null
  }

  /** The Set-Cookie line. Throws `COOKIE_TOO_LARGE`, and `BAD_OPTIONS` for what no browser would keep. */
  async serialize(value: string, props: CookieProperties = {}): Promise<string> {
    return lineOf(this.#name, value === '' ? '' : await this.#codec.encode(value), { ...this.#attributes, ...props })
  }
}

export function createCookie(name: string, options?: CookieOptions): Cookie {
  return new Cookie(name, options)
}
