/** Texts by path. */
export type Files = Readonly<Record<string, string>>

/** What `init` said is left to do: the lines of the step whose words match. Throws when it said nothing of the kind. */
export type Said = (words: RegExp) => readonly string[]

/** A new project of a framework, and what somebody does with it who does what `init` says. */
export interface Scaffold {
  /** What it is called in the table, and on the command line. */
  readonly name: string
  /** What `init` has to find. */
  readonly framework: string
  /** The package whose version the table shows. */
  readonly shows: string
  /** The framework's own command: `package@version arguments`, which makes the folder `app`. Run by `npm exec`. */
  readonly create?: string
  /** The program of that package, if it is not called as the package is. */
  readonly program?: string
  /** The project as the framework's manual has it, where there is no command, or it gets its template from GitHub and does not reach it. */
  readonly byHand?: Files
  /** Packages that the project needs besides: a server for what was built, the compiler. */
  readonly more?: readonly string[]
  /** The least page that counts visits, at `/visits`, and what `init` said. `read`: a file as it is. */
  edits(said: Said, read: (path: string) => string): Files
  /** Commands of the project itself. `dev` and `start` listen on `$PORT`. */
  readonly types?: string
  readonly build?: string
  readonly dev?: string
  readonly start: string
}

/** The text with these lines after, or before, the first line that matches. Throws when none does. */
export function put(text: string, where: 'after' | 'before', pattern: RegExp, lines: readonly string[]): string {
  const all = text.split('\n')
  const at = all.findIndex((line) => pattern.test(line))
  if (at < 0) throw new Error(`No line matches ${pattern} in:\n${text}`)
  return all.toSpliced(where === 'after' ? at + 1 : at, 0, ...lines).join('\n')
}

const isImport = (line: string): boolean => /^(import |const .*= require\()/.test(line)

/** The lines of import to the top of a file, and the others after the first line that matches. */
export function joined(text: string, pattern: RegExp, lines: readonly string[]): string {
  const others = put(
    text,
    'after',
    pattern,
    lines.filter((line) => !isImport(line)),
  )
  return [...lines.filter(isImport), others].join('\n')
}

export const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
