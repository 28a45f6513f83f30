/** Something in which ours differs from another library, and what shows it. */
export interface Difference<Script> {
  readonly what: string
  readonly why: string
  /** The kinds of sessions that show it; all without. */
  readonly only?: readonly string[]
  /** A script that shows it, and what stands in the story that each tells. */
  readonly script?: Script
  readonly theirs?: RegExp
  readonly ours?: RegExp
  /** The title of the test that shows it instead, and its file below src/frameworks. */
  readonly shownBy?: readonly [file: string, title: string]
}

/** The table of a page. */
export const table = (differences: Readonly<Record<string, Pick<Difference<unknown>, 'what' | 'why'>>>): string =>
  ['| what | why |', '|---|---|', ...Object.values(differences).map(({ what, why }) => `| ${what} | ${why} |`)].join('\n')
