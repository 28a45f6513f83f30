import type { Entry } from './attacks.ts'

/** A request that a page of another site sends in a visitor's name. */
export interface Forgery {
  readonly id: string
  readonly generator?: string
  readonly request: { readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>> }
  /** It gets through, and must reach the handler of this method: what a router makes of it. */
  readonly reaches?: string
}

/** The entries of the corpus that are requests. */
export const forgeries = (corpus: readonly Entry[]): readonly Forgery[] =>
  (corpus as readonly (Entry & Partial<Forgery>)[]).filter((entry): entry is Entry & Forgery => entry.request !== undefined)

/** The request as a browser with a session's cookie sends it to `origin`. */
export function forged({ method, path, headers }: Forgery['request'], origin: string): Request {
  const all = Object.entries(headers).map(([name, value]) => [name, value.replace('{OWN}', origin)] as const)
  const request = new Request(`${origin}${path}`, { method, headers: { host: new URL(origin).host, cookie: 'session=1' } })
  for (const [name, value] of all) request.headers.set(name, value)
  return request
}
