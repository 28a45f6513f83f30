import type { NodeResponse } from '../../core/adapter.ts'
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
  readonly req: { readonly headers: { readonly [name: string]: string | string[] | undefined } }
  readonly res: NodeResponse
  /** Whether the request came over HTTPS, as far as `app.proxy` lets anybody know. */
  readonly secure: boolean
  onerror(error: unknown): void
  session?: Session | null
}
