import type { Random } from './random.ts'

/** What an input is: JSON, so that it can be kept, made smaller and tried again. */
export type Input = string | number | boolean | null | readonly Input[] | { readonly [key: string]: Input }

/** A promise that was broken: what was promised, and what was seen. */
export class Broken extends Error {
  override readonly name = 'Broken'
}

export function holds(condition: boolean, promise: string, seen?: () => string): asserts condition {
  if (!condition) throw new Broken(seen ? `${promise}: ${seen()}` : promise)
}

/** A part of the library that takes what strangers send. */
export interface Target {
  readonly name: string
  /** Made once for each run: sites, tickets, cookies. */
  open(): Promise<Running>
}

export interface Running {
  /** What genuine artefacts are called, for the corpus: `{name}` in a text of it stands for the artefact. */
  readonly genuine: Readonly<Record<string, string>>
  draw(random: Random): Input
  /** Throws `Broken` when a promise does not hold; whatever else it throws breaks one, too. */
  check(input: Input): void | Promise<void>
  /** How often each end was reached, so that nobody takes a search for one that never gets past the first check. */
  readonly ends: Map<string, number>
}

export function counted(ends: Map<string, number>, end: string): void {
  ends.set(end, (ends.get(end) ?? 0) + 1)
}
