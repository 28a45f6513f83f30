import type { SomeHeaders } from '../../web.ts'

/** A Fetch `Request`, which was given to a handler of coatcheck/fetch, or is a clone of it, or the `c.req.raw` of Hono. */
export interface FetchRequest {
  readonly method: string
  readonly url: string
  readonly headers: SomeHeaders
}

/** The `req` of node:http, Express and Connect. */
export interface NodeRequest {
  readonly headers: { readonly [name: string]: string | string[] | undefined }
}

/** The `c.req` of Hono. */
export interface HonoRequest {
  readonly raw: object
  header(name: string): string | undefined
}

/** The `c` of Hono. */
export interface HonoContext {
  readonly req: HonoRequest
}

/** What stands for a request, and no response or app: what the handlers of each adapter are given. */
export type RequestOrContext = FetchRequest | NodeRequest | HonoContext | HonoRequest
