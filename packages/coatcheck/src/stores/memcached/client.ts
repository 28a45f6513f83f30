/** The answer of memcached to a meta command. */
export interface MemcachedReply {
  /** Two letters, such as `HD` or `EN`. */
  readonly code: string
  /** A letter each, and what it returns, such as `c17`. */
  readonly flags: readonly string[]
  readonly value?: Uint8Array
}

/** One connection to one server. A command either reaches this run of the server or fails, and is never asked twice. */
export interface MemcachedConnection {
  /**
   * Names this run of the server: letters, digits, `_` and `-`. A restarted server, or another, has another name; its counter of
   * versions begins again.
   */
  readonly run: string
  /** A meta command without the end of its line, and the value that goes with it, whose length the command has. */
  ask(command: string, value?: Uint8Array): Promise<MemcachedReply>
}

/** The client that a store needs; `memcachedClient` makes one. */
export interface MemcachedClient {
  /** The connection there is, or a new one. */
  connection(): Promise<MemcachedConnection>
}
