export type DenoKvKey = readonly string[]

export interface DenoKvEntry {
  readonly key: readonly unknown[]
  readonly value: unknown
  /** Grows with every write to the database; `null` where there is nothing. */
  readonly versionstamp: string | null
}

export interface DenoKvList extends AsyncIterable<DenoKvEntry> {
  /** Where a listing goes on; empty when it is at the end. */
  readonly cursor: string
}

export type DenoKvCommit = { readonly ok: true; readonly versionstamp: string } | { readonly ok: false }

/** Several writes that happen together, if every check holds. */
export interface DenoKvOperation {
  check(check: { key: DenoKvKey; versionstamp: string | null }): this
  set(key: DenoKvKey, value: unknown, options: { expireIn?: number }): this
  delete(key: DenoKvKey): this
  commit(): Promise<DenoKvCommit>
}

/** What is used of `Deno.Kv`. Reads are of strong consistency, which is the default of Deno. */
export interface DenoKv {
  get(key: DenoKvKey): Promise<{ readonly value: unknown; readonly versionstamp: string | null }>
  list(selector: { prefix: DenoKvKey }, options: { limit?: number; cursor?: string; batchSize?: number }): DenoKvList
  atomic(): DenoKvOperation
}

export function isDenoKv(kv: DenoKv): boolean {
  const usable = typeof kv === 'object' && kv !== null
  return usable && [kv.get, kv.list, kv.atomic].every((method) => typeof method === 'function')
}
