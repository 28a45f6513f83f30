import type { VersionedRecord } from '../core/inspecting.ts'

/** An id that a session has, or had. */
export interface Id {
  readonly handle: string
  /** When it was given. */
  readonly made: number
  /** Why it was given up for the next, and when. undefined: it is the present one. */
  readonly left?: { readonly why: string; readonly at: number | undefined; readonly to: string; readonly isReplayed: boolean }
}

export function idOf({ key, made, forwarding }: VersionedRecord): Id {
  if (!forwarding) return { handle: key, made }
  const { kind, at, key: to, replayed } = forwarding
  return { handle: key, made, left: { why: kind, at, to, isReplayed: replayed !== undefined } }
}
