import { type AskedOf, type NodeResponse, presentedBy, type RequestHeaders } from '../../../core/adapter.ts'
import type { SessionOptions } from './interface.ts'
import type { Session } from './session.ts'

/** The part of a Koa application that is used here. */
export interface KoaApp {
  readonly context: object
  /** Of Koa: a list, or a Keygrip. */
  keys?: unknown
  use(middleware: never): unknown
  emit(event: string, ...args: unknown[]): boolean
}

/** The part of Koa's context that is used here, and what is added to it. */
export interface KoaContext {
  readonly app: KoaApp
  readonly req: AskedOf & { readonly headers: { readonly [name: string]: string | string[] | undefined } }
  readonly res: NodeResponse
  /** Whether the request came over HTTPS, as far as `app.proxy` lets anybody know. */
  readonly secure: boolean
  onerror(error: unknown): void
  session?: Session | null
}

/** What a request presents: where `externalKey` says which session it is, that stands in the place of its cookies. */
export function presentedTo(ctx: KoaContext, key: string, options: SessionOptions): RequestHeaders {
  const presented = presentedBy(ctx.req)
  const get = (name: string): string | null => {
    const { externalKey } = options
    if (name !== 'cookie' || !externalKey) return presented.get(name)
    const given = externalKey.get(ctx as never)
    return given ? `${key}=${given}` : null
  }
  return { get }
}
