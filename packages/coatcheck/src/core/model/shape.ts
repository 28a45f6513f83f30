import { type Coding, type Entry, encoded, taken } from './codec.ts'
import type { Contents } from './contents.ts'

/** What is told when a session is opened whose values are not what this release expects. */
export type ShapeEvent =
  | { readonly type: 'invalid-value'; readonly key: string }
  | { readonly type: 'unmigrated'; readonly version: number }
  | { readonly type: 'newer-version'; readonly version: number }

/** What a site says of its values: a schema, a version, codecs. Records keep them as they were stored; requests see them as this release knows them. */
export interface Shape extends Coding {
  /** Tells what of a session that was found is not as this release knows it. Throws `INVALID_SESSION` where the site wants that. */
  opened(contents: Contents, tell: (event: ShapeEvent) => void): void
  /** What a request sees of these contents. */
  see(contents: Contents): Contents
  /** The value as a request sees it. Throws for one that cannot be decoded or does not fit. */
  read(entry: Entry, key: string): unknown
  /** Whether `read` gives a value. */
  fits(entry: Entry, key: string): boolean
  /** Whether it can be decoded, and is not what the schema wants. */
  isMisfit(entry: Entry): boolean
  /** The value with which a session goes on that is given this one. Throws `BAD_VALUE`. */
  admit(key: string, given: unknown): unknown
  /** The contents after a write that works on what a request sees. `holdsValues`: it changes some. Throws `CONFLICT` for a record of a newer version. */
  through(contents: Contents, holdsValues: boolean, write: (seen: Contents) => Contents): Contents
}

/** The same, whose code is loaded before the first session is opened. */
export interface Shaping {
  readonly shape: Shape | undefined
  load(): Promise<Shape>
}

/** A copy of an object as it would come back from the store, and any other value itself; an object that cannot be stored throws `BAD_VALUE`. */
export const snapshot = (key: string, value: unknown, coding?: Coding): unknown =>
  typeof value === 'object' && value !== null ? taken(coding, encoded(coding, value, key)) : value
