import type { SessionRecord } from '../store.ts'

/** The part of a namespace of durable objects (a Worker's binding) that is used here. */
export interface ObjectNamespace {
  idFromName(name: string): object
  get(id: object): {
    fetch(url: string, init: { method: string; body: string }): Promise<{ readonly ok: boolean; json(): Promise<unknown> }>
  }
}

/** The part of a durable object's state that is used here. The object's class keeps its storage in SQLite. */
export interface ObjectState {
  readonly storage: ObjectStorage
}

export interface ObjectStorage {
  readonly kv: ObjectValues
  getAlarm(): Promise<number | null>
  setAlarm(time: number): Promise<void>
  deleteAlarm(): Promise<void>
  deleteAll(): Promise<void>
}

/** Synchronous. What is written without waiting in between is kept together or not at all. */
export interface ObjectValues {
  get<T>(key: string): T | undefined
  put<T>(key: string, value: T): void
  delete(key: string): boolean
  list<T>(options?: { limit?: number }): Iterable<[string, T]>
}

/** The calls that the store makes to an object: of that of a session, or (`add`, `remove` and `list`) of that of an owner. Times in milliseconds. */
export type Order =
  | { readonly verb: 'read' }
  /** `keepFor`: how long from now until the object may drop it. */
  | { readonly verb: 'create'; readonly version: string; readonly record: SessionRecord; readonly keepFor: number }
  | {
      readonly verb: 'update'
      readonly version: string
      readonly next: string
      readonly data: string
      readonly expiresAt: number
      readonly keepFor: number
    }
  | { readonly verb: 'touch'; readonly version: string; readonly expiresAt: number; readonly keepFor: number }
  | { readonly verb: 'delete'; readonly version: string }
  | { readonly verb: 'add'; readonly entry: string; readonly keepFor: number }
  | { readonly verb: 'remove'; readonly entry: string }
  | { readonly verb: 'list' }

/** A session's record in its object. */
export interface KeptRecord extends Omit<SessionRecord, 'data'> {
  /** UTF-8: the storage would keep text with two bytes a character as soon as one needs them. */
  readonly data: Uint8Array
  readonly version: string
  /** The version it was created with, which is also in its entry of the owner's list. */
  readonly created: string
  /** When the object may drop it. */
  readonly until: number
}

/** The answer of a session's object that has removed the session. */
export interface Removed {
  readonly owner?: string
  readonly created: string
}
