import { dirname, relative } from 'node:path/posix'
import type { Project } from './project.ts'

/** A framework, or a session library, that `init` knows. */
export interface Framework {
  /** As `--framework` takes it. */
  readonly name: string
  readonly title: string
  /** Whoever depends on one of these, or has one of these files, has this framework. */
  readonly packages: readonly string[]
  readonly configs?: readonly string[]
  /** Frameworks that it brings along or is used with: it counts, they do not. */
  readonly over?: readonly string[]
  /** For packages that have had another framework under their name: whether this is the one. */
  readonly isIt?: (project: Project) => boolean
  /** The lowest version that Coatcheck works with. */
  readonly least?: readonly [name: string, ...version: number[]]
  /** Whether its bundler makes modules of all files. */
  readonly isBundled?: true
  /** A package of types that what we write needs in TypeScript. */
  readonly types?: string
  /** The environment variable of the secret. */
  readonly variable: string
  /** When the framework itself puts what is in .env into the environment. */
  readonly readsEnv?: 'always' | 'in development'
  /** Below docs/. */
  readonly page: string
  /** What Coatcheck takes the place of. Where an application imports it already, these lines change, and nothing is written. */
  readonly originals?: readonly Original[]
  /** The files of an application that has no sessions yet. */
  files(project: Project): readonly Template[]
  /** What is done by hand after that. `file` is the first of `files`. */
  steps(project: Project, file: string): readonly Step[]
}

/** An import that changes. */
export interface Original {
  readonly from: string
  readonly to: string
  /** The names that move; all, when left out. */
  readonly names?: readonly string[]
  /** The name of ours that takes the place of the default export. */
  readonly as?: string
}

export interface Template {
  readonly path: string
  /** See `fill`. */
  readonly text: string
}

/** Something that the user does. */
export interface Step {
  readonly say: string
  readonly place?: Place
  readonly remove?: readonly string[]
  readonly add?: readonly string[]
}

export interface Place {
  readonly file: string
  /** Counted from 1; left out when the whole file is meant. */
  readonly line?: number
}

/** The path of a script that nobody bundles. */
export const script = (project: Project, name: string): string =>
  name + (project.isTypeScript ? '.ts' : project.isModule ? '.js' : '.mjs')

/** The path of a script that the framework's bundler takes. */
export const bundled = (project: Project, name: string): string => name + (project.isTypeScript ? '.ts' : '.js')

/** How one file names another that lies beside it, bundled or not. */
export function specifier(project: Project, from: string, to: string, isBundled = false): string {
  const path = relative(dirname(from), to)
  const whole = path.startsWith('.') ? path : `./${path}`
  if (isBundled) return whole.replace(/\.[jt]s$/, '')
  const settings = project.read('tsconfig.json')
  const keeps =
    settings === undefined || /"(allowImportingTsExtensions|rewriteRelativeImportExtensions)"\s*:\s*true/.test(settings)
  return keeps ? whole : whole.replace(/\.ts$/, '.js')
}

const TESTS = /(^|\/)(__tests__|tests?|e2e)\/|\.(test|spec)\.\w+$/

/** The first line of the sources that matches, but for tests: they make servers too. */
export function find(project: Project, pattern: RegExp, within: RegExp = /./): Required<Place> | undefined {
  for (const { path, text } of project.sources()) {
    if (!within.test(path) || TESTS.test(path)) continue
    const line = text.split('\n').findIndex((each) => pattern.test(each))
    if (line >= 0) return { file: path, line: line + 1 }
  }
  return undefined
}

/** `place` where there is one: a step without is still a step. */
export const at = (place: Place | undefined): { place?: Place } => (place ? { place } : {})

/** The two lines of import of a file that uses what we wrote, `name`, with something of ours. */
export const importing = (
  project: Project,
  from: string | undefined,
  file: string,
  line: string,
  name = 'sessions',
  isBundled = false,
): string[] => [line, `import { ${name} } from '${specifier(project, from ?? `${dirname(file)}/server.ts`, file, isBundled)}'`]
