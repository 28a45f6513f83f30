import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
// @ts-expect-error: Koa brings no types, and what is used of it stands here.
import untyped from 'koa'
// @ts-expect-error: nor does Koa 2.
import untyped2 from 'koa-2'

export interface KoaContext {
  readonly path: string
  readonly querystring: string
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly response: { get(name: string): string | string[] }
  readonly cookies: { get(name: string): string | undefined; set(name: string, value: string): void }
  readonly headers: IncomingMessage['headers']
  body: unknown
  status: number
  respond: boolean
  throw(status: number, message?: string, props?: object): never
  redirect(url: string): void
}

export interface KoaApplication {
  silent: boolean
  proxy: boolean
  keys: unknown
  use(middleware: (ctx: never, next: () => Promise<unknown>) => unknown): this
  on(event: string, listener: (given: never) => void): this
  emit(event: string, ...args: unknown[]): boolean
  callback(): RequestListener
  readonly context: object
}

export const Koa: new () => KoaApplication = untyped
export const Koa2: new () => KoaApplication = untyped2
