/** The part of `Kvm` of the package `@nats-io/kv` that is used here. */
export interface NatsKvm {
  /** Opens without asking the server; what is read through it, the leader of the stream answers. */
  open(bucket: string): Promise<NatsBucket>
  readonly js: NatsJetStream
}

export interface NatsJetStream {
  jetstreamManager(checkAPI?: boolean): Promise<NatsManager>
  /** The connection, which knows how long a message the server takes once there was one. */
  readonly nc?: {
    readonly info?: { readonly max_payload?: number } | undefined
    flush?(): Promise<void>
    status?(): AsyncIterable<{ readonly type: string }> & { stop?(): void }
  }
}

export interface NatsEntry {
  readonly revision: number
  string(): string
}

/** The part of a bucket that is used here. */
export interface NatsBucket {
  get(key: string): Promise<NatsEntry | null>
  put(key: string, data: string, options?: { previousSeq: number }): Promise<number>
  delete(key: string, options: { previousSeq: number }): Promise<void>
  watch?(options: {
    key: string
    headers_only: boolean
    include: 'updates'
  }): Promise<AsyncIterable<{ readonly key: string }> & { stop(): void }>
}

export interface NatsMessage {
  readonly subject: string
  readonly seq: number
  readonly data: Uint8Array
}

/** The part of a stream's configuration that is used here. */
export interface NatsStreamConfig {
  name: string
  subjects: string[]
  max_age: number
  max_bytes: number
  max_msgs: number
  storage: string
}

export interface NatsStreamInfo {
  readonly config: Readonly<NatsStreamConfig>
  readonly created: string
  readonly state: { readonly subjects?: Readonly<Record<string, number>> }
}

/** The part of the manager of streams that is used here. */
export interface NatsManager {
  readonly streams: {
    info(stream: string, options?: { subjects_filter: string }): Promise<NatsStreamInfo>
    add(config: object): Promise<NatsStreamInfo>
    update(stream: string, config: { subjects: string[] }): Promise<NatsStreamInfo>
    purge(stream: string, options: { filter: string } | { filter?: string; seq: number }): Promise<{ readonly purged: number }>
    getMessage(stream: string, query: { seq: number; next_by_subj: string }): Promise<NatsMessage | null>
  }
}

/** A bucket and the stream it lies in. */
export interface NatsAccess {
  readonly name: string
  readonly bucket: NatsBucket
  readonly streams: NatsManager['streams']
}
