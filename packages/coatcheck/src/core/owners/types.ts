/** How many sessions one owner may have at once. */
export interface OwnerLimit {
  /** From 1 to 1000. */
  readonly count: number
  /** At one more: `oldest` ends the session whose sign-in is the longest ago; `refuse` signs nobody in, with `TOO_MANY_SESSIONS`. */
  readonly evict: 'oldest' | 'refuse'
}

/** A session as lists show it. Times in milliseconds since the epoch. */
export interface ListedSession {
  /** The session's public name, safe in pages and logs: `end` takes it, and it opens nothing. A new id has a new handle. */
  readonly handle: string
  /** undefined: nobody signed in. */
  readonly owner: string | undefined
  /** When it began: when its owner signed in. */
  readonly createdAt: number
  /** When it was seen last, to half of `idleTimeout`: a visit that changes nothing is not written down more often. */
  readonly lastSeenAt: number
  /** When it ends if it is not used again. */
  readonly expiresAt: number
  /** When the person proved who they are, by signing in or by a step-up. undefined: nobody signed in, or an older release did it. */
  readonly authenticatedAt: number | undefined
  /** How surely, as `signIn` and `elevate` were told. */
  readonly level: string | undefined
  /** Whether it belongs to a device; `none` without the option `deviceBound`. */
  readonly bound: 'none' | 'pending' | 'bound'
  /** What the application noted of the visitor's device, by `session.note({ … })`. */
  readonly note: Readonly<Record<string, unknown>> | undefined
  /** Who acts in this session as its owner: it is in the lists of this person. */
  readonly impersonator: string | undefined
  /** Whether it is the session that `list` was given as `current`, under whatever handle. */
  readonly isCurrent: boolean
}

export interface SessionPage {
  /** The newest first. */
  readonly sessions: readonly ListedSession[]
  /** For `after` of the next page; absent on the last. */
  readonly next?: string
}

/** One session, under whatever id: by one of its handles, or by what all its ids have in common. */
export interface Which {
  readonly handle?: string | undefined
  readonly lineage?: string | undefined
}

/** What a persistence offers that can find sessions without their tickets. What it cannot do is left out. */
export interface OwnedSessions {
  mark?(owner: string): Promise<string>
  list?(owner: string, current: Which | undefined, after: string | undefined, limit: number): Promise<SessionPage>
  find?(handle: string): Promise<ListedSession | undefined>
  /** For adapters: the values of a live session. */
  values?(handle: string): Promise<Record<string, unknown> | undefined>
  /** `owner`: nobody else's is ended. Whether one was ended. */
  end?(handle: string, owner: string | undefined): Promise<boolean>
  /** How many were ended. */
  endAll?(owner: string, except: Which | undefined): Promise<number>
  endEverything?(): Promise<number>
}
