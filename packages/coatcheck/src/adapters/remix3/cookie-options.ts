/** The attributes of a cookie, as they stand in Set-Cookie. */
export interface CookieProperties {
  readonly domain?: string | undefined
  readonly expires?: Date | undefined
  /** Default true for the cookie of a session. */
  readonly httpOnly?: boolean | undefined
  /** Seconds. */
  readonly maxAge?: number | undefined
  readonly partitioned?: boolean | undefined
  /** Default `/`. */
  readonly path?: string | undefined
  /** Default `Lax`. */
  readonly sameSite?: 'Strict' | 'Lax' | 'None' | undefined
  /** Default: as the request came, for the cookie of a session; true where the name's prefix or `partitioned` asks for it. */
  readonly secure?: boolean | undefined
}

export interface CookieOptions extends CookieProperties {
  /** The first signs, all are accepted. */
  readonly secrets?: readonly string[] | undefined
  /** Undoes `encode`. Default: from base64. */
  readonly decode?: ((value: string) => string) | undefined
  /** Makes characters of a cookie of any text. Default: to base64. */
  readonly encode?: ((value: string) => string) | undefined
  /**
   * `upstream`: signed as Remix 3 signs, for whatever cookie and purpose. Default: signed for the cookie of this name alone; what
   * Remix 3 signed is read.
   */
  readonly format?: 'upstream' | undefined
}

/** Any cookie of a session: ours, Remix 3's own, or one wrapped around either. */
export interface SessionCookie extends CookieProperties {
  readonly name: string
  readonly signed: boolean
  parse(header: string | null): Promise<string | null>
  serialize(value: string, props?: CookieProperties): Promise<string>
}
