/** The part of a Workers KV binding that is used here. */
export interface KvClient {
  getWithMetadata(key: string, type: 'text'): Promise<{ readonly value: string | null; readonly metadata: unknown }>
  put(key: string, value: string, options: { expirationTtl: number; metadata?: object }): Promise<void>
  delete(key: string): Promise<void>
  /** Answers a `cursor` where `list_complete` is false. */
  list(options: KvListOptions): Promise<{
    readonly keys: readonly { readonly name: string }[]
    readonly list_complete: boolean
    readonly cursor?: string
  }>
}

export interface KvListOptions {
  prefix: string
  limit?: number
  cursor?: string
}
