/**
 * The platform's own types where a project has them (TypeScript's lib `dom`, @types/node, Bun's, Deno's, Workers'), else the part that is
 * used here: our declarations need none of them.
 */

/** Any value, where a framework's own types say so. `JSON.parse` gives one too, but not in projects that correct its type (ts-reset). */
export type Anything = PropertyDescriptor['value']

/** What is used of `Headers`. */
export interface SomeHeaders {
  get(name: string): string | null
}

interface SomeRequest {
  readonly method: string
  readonly url: string
  readonly headers: SomeHeaders
}
export type WebRequest = typeof globalThis extends { readonly Request: { readonly prototype: infer T } } ? T : SomeRequest

interface SomeResponse {
  readonly status: number
  readonly headers: SomeHeaders & { getSetCookie(): string[] }
  text(): Promise<string>
  json(): Promise<unknown>
}
export type WebResponse = typeof globalThis extends { readonly Response: { readonly prototype: infer T } } ? T : SomeResponse

export type WebURL = typeof globalThis extends { readonly URL: { readonly prototype: infer T } } ? T : { readonly href: string }

interface SomeSignal {
  readonly aborted: boolean
}
export type WebSignal = typeof globalThis extends { readonly AbortSignal: { readonly prototype: infer T } } ? T : SomeSignal

/** What may be the body of a request: what the constructor of `Request` takes. */
export type WebBody = typeof globalThis extends { readonly Request: new (input: never, init?: infer Init) => unknown }
  ? Exclude<Init extends { body?: infer Body } ? Body : never, null | undefined>
  : string | Uint8Array

/** What the constructor of `Headers` takes. */
export type WebHeadersInit = typeof globalThis extends { readonly Headers: new (init?: infer Init) => unknown }
  ? Init
  : SomeHeaders | readonly (readonly [string, string])[] | { readonly [name: string]: string }
