import { type HeaderLine, type HeadersOut, nodeHeaders } from '../../../core/adapter.ts'
import type { KoaContext } from './http.ts'
import type { SessionOptions } from './interface.ts'
import { NOT_ENCRYPTED, putLine, valueIn, withoutLines } from './line.ts'
import type { Setup } from './options.ts'

/** What one response says of its session's cookie. */
export class Reply {
  readonly #setup: Setup
  readonly #ctx: KoaContext
  /** The options as they were at the last commit. */
  #attributes: SessionOptions = {}
  #lines: readonly HeaderLine[] = []
  #handedOver: string | undefined

  constructor(setup: Setup, ctx: KoaContext) {
    this.#setup = setup
    this.#ctx = ctx
  }

  get says(): boolean {
    return this.#lines.length > 0
  }

  /** What the cookie is to look like from here on. */
  looks(options: SessionOptions): void {
    this.#attributes = { ...options }
  }

  /** The lines of the engine that say the value. What comes after in this request sees the cookie, if the headers have not left. */
  tell(lines: readonly HeaderLine[]): void {
    this.#lines = lines
    if (!this.#ctx.res.headersSent) this.write(nodeHeaders(this.#ctx.res))
  }

  /** As in Koa: a cookie that is Secure is not sent over http, where no browser would keep it. */
  isHindered({ secure, externalKey }: SessionOptions): boolean {
    return secure === true && !this.#ctx.secure && !externalKey
  }
  /** In Koa's words. */
  refusal = (): Error => new Error(NOT_ENCRYPTED)

  write(headers: HeadersOut): void {
    const options = this.#attributes
    const { key, now } = this.#setup
    withoutLines(headers, key)
    const value = valueIn(this.#lines, key)
    if (value === undefined) return
    if (options.externalKey) this.#handOver(value, options.externalKey)
    if (options.externalKey || this.isHindered(options)) return
    const { req, secure } = this.#ctx
    putLine(headers, key, value, options, { cookies: req.headers.cookie, isSecure: secure, now: now() })
  }

  #handOver(value: string, { set }: NonNullable<SessionOptions['externalKey']>): void {
    if (value !== '' && value !== this.#handedOver) set(this.#ctx as never, value)
    this.#handedOver = value
  }
}
