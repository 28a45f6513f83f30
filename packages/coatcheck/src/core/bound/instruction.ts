import { type CookieAttributes, clearCookie, writeCookie } from '../../cookies/cookie.ts'
import { bad, kind } from '../../errors.ts'
import type { BoundSettings } from '../options/device-bound.ts'
import type { Core } from '../request/load.ts'
import type { HeaderLine } from '../request/tickets.ts'

/** The bound cookie of one site, and what browsers are told of it: both from the same attributes, or browsers would never find it. */
export class BoundCookie {
  readonly name: string
  readonly #attributes: CookieAttributes
  readonly #settings: BoundSettings

  /** Throws `BAD_OPTIONS` where browsers could not be told of it. */
  constructor({ transport, engine, persistence }: Core, settings: BoundSettings) {
    const { cookie } = transport.places.settings
    if (!cookie || !engine.keyring || persistence.kind === 'custom')
      throw bad('deviceBound', 'needs `secrets` and a cookie', 'Set `secrets`, and leave `cookie: false` out.')
    const { path = '/' } = cookie.attributes
    if (!settings.path.startsWith(path))
      throw bad(
        'deviceBound.path',
        `is ${kind(settings.path)} to which cookies of ${path} are not sent`,
        'Begin it with `cookie.path`.',
      )
    // Chromium refuses bound cookies whose names begin with `__Host-Http-`.
    this.name = `${cookie.name.replace(/^(__host-)http-/i, '$1')}-bound`
    // How long it lasts, it says itself.
    const { maxAge: _, expires: __, ...attributes } = cookie.attributes
    this.#attributes = attributes
    this.#settings = settings
  }

  line(value: string, maxAge: number): HeaderLine {
    const [line = ''] = writeCookie(this.name, value, { ...this.#attributes, maxAge })
    return ['set-cookie', line]
  }

  get cleared(): HeaderLine[] {
    return clearCookie(this.name, this.#attributes).map((line) => ['set-cookie', line])
  }

  /** What a browser is told when it has registered, and again with each refresh. `origin`: of the request. */
  instruction(name: string, origin: string): string {
    const { path, exclude, initiators } = this.#settings
    const [line = ''] = writeCookie(this.name, '', this.#attributes)
    const { hostname } = new URL(origin)
    return JSON.stringify({
      session_identifier: name,
      refresh_url: `${path}/refresh`,
      scope: {
        origin,
        include_site: this.#attributes.domain !== undefined,
        scope_specification: exclude.map((each) => ({ type: 'exclude', domain: hostname, path: each })),
      },
      credentials: [{ type: 'cookie', name: this.name, attributes: line.slice(line.indexOf('; ') + 2) }],
      ...(initiators.length > 0 && { allowed_refresh_initiators: initiators }),
    })
  }
}
