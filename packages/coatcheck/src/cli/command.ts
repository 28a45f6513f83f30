import type { Terminal } from './terminal.ts'

/** A command of `coatcheck`. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Whole, with examples. */
  readonly help: string
  /** The exit code. Throws a `Problem`. */
  run(args: readonly string[], terminal: Terminal): Promise<number>
}
