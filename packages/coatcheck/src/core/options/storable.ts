import type { StandardSchema } from './schema.ts'
import type { GivenOptions } from './table.ts'

/** Objects with methods that can be stored. The last is a URL. */
type Stored =
  | Date
  | RegExp
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ArrayBufferLike
  | ArrayBufferView
  | { readonly href: string; readonly searchParams: object; toJSON(): string }

type Checked<T> = T extends Stored
  ? T
  : T extends ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown)
    ? 'A function cannot be stored in a session.'
    : // Mapped as an array it would be resolved at once, and without end where a type holds itself.
      T extends readonly unknown[]
      ? { readonly [index: number]: Checked<T[number]> }
      : T extends object
        ? Storable<T>
        : T

/** `T`, with a message in the place of every function: none can be stored. For constraints: `Data extends Storable<Data>`. */
export type Storable<T> = { [K in keyof T]: Checked<T[K]> }

/** What a schema gives whose keys are optional. */
type Some<Data> = { [Key in keyof Data]?: Data[Key] | undefined }

/** Options of sessions with these values, whose types a schema may say. */
export type OptionsOf<Data> = GivenOptions & { readonly schema?: StandardSchema<Some<Data>> | StandardSchema }
