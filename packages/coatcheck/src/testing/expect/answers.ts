import type { Visitor } from '../visitor.ts'

/** What a test has in hand of an answer. */
export type Answered =
  /** A `Response` of fetch, `inject` or `app.request`. */
  | { readonly headers: { get(name: string): string | null; getSetCookie(): string[] } }
  /** A response of supertest, `inject` of Fastify, or node:http. */
  | { readonly headers: { readonly [name: string]: unknown } }
  /** A response of Playwright. */
  | { headersArray(): readonly { readonly name: string; readonly value: string }[] }

/** The header lines of this name, in order. */
export function linesOf(answered: Answered, name: string): readonly string[] {
  if ('headersArray' in answered)
    return answered
      .headersArray()
      .filter((header) => header.name.toLowerCase() === name)
      .flatMap(({ value }) => value.split('\n')) // Playwright joins lines of one name so
  const { headers } = answered
  if (isFetch(headers)) {
    if (name === 'set-cookie') return headers.getSetCookie()
    const value = headers.get(name)
    return value === null ? [] : [value]
  }
  const value = (headers as { readonly [name: string]: unknown })[name]
  return value === undefined ? [] : [value].flat().map(String)
}

function isFetch(headers: object): headers is { get(name: string): string | null; getSetCookie(): string[] } {
  return 'getSetCookie' in headers && typeof headers.getSetCookie === 'function'
}

/** Who says whose session a browser has: the app's sessions, or a function that asks a page. */
export type WhoIs = ((visitor: Visitor) => string | null | undefined | Promise<string | null | undefined>) | OpenedBy

interface OpenedBy {
  open(request: never): Promise<unknown>
}
