import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '../problem.ts'

/** A folder with an application, as far as it can be read. Paths are relative to it, with `/`. */
export interface Project {
  readonly folder: string
  readonly isTypeScript: boolean
  /** Whether `.js` files are modules. */
  readonly isModule: boolean
  /** `src/` where there is one, or nothing. */
  readonly src: string
  has(path: string): boolean
  /** `undefined` when there is no such file. */
  read(path: string): string | undefined
  /** The first of these files that is there. */
  first(...paths: readonly string[]): string | undefined
  dependsOn(name: string): boolean
  /** The version that is installed, or the lowest that package.json asks for: `5`, `7`, `3`. `undefined` when nobody knows. */
  versionOf(name: string): readonly number[] | undefined
  /** The sources of the application, without what is built or installed. */
  sources(): readonly Source[]
}

export interface Source {
  readonly path: string
  readonly text: string
}

const SKIPPED = /^(node_modules|dist|build|out|coverage|vendor|public|\..*)$/
const LARGEST = 1_000_000

/** Reads a folder. Throws a `Problem` for one that is no folder, and for a package.json that is no JSON. */
export function openProject(folder: string): Project {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Problem(`${folder} is no folder.`, 'Call the command in the folder of your application.')
  const has = (path: string): boolean => existsSync(join(folder, path))
  const read = (path: string): string | undefined => {
    const whole = join(folder, path)
    return statSync(whole, { throwIfNoEntry: false })?.isFile() ? readFileSync(whole, 'utf8') : undefined
  }
  const manifest = manifestOf(read('package.json'))
  let sources: readonly Source[] | undefined
  const sourcesOf = (): readonly Source[] => {
    sources ??= pathsIn(folder)
      .filter((path) => (statSync(join(folder, path), { throwIfNoEntry: false })?.size ?? LARGEST) < LARGEST)
      .flatMap((path) => {
        const text = read(path)
        return text === undefined ? [] : [{ path, text }]
      })
    return sources
  }
  return {
    folder,
    isTypeScript:
      has('tsconfig.json') ||
      'typescript' in manifest.dependencies ||
      sourcesOf().some(({ path }) => /(?<!\.d|\.config|\.test)\.tsx?$/.test(path)),
    isModule: manifest.type === 'module',
    src: statSync(join(folder, 'src'), { throwIfNoEntry: false })?.isDirectory() ? 'src/' : '',
    has,
    read,
    first: (...paths) => paths.find(has),
    dependsOn: (name) => name in manifest.dependencies,
    versionOf(name) {
      const installed = read(`node_modules/${name}/package.json`)
      const version = installed === undefined ? manifest.dependencies[name] : manifestOf(installed).version
      const digits = /(?<![\w.])\d+(\.\d+)*/.exec(version?.replace(/^npm:.*@/, '') ?? '')?.[0]
      return digits?.split('.').map(Number)
    },
    sources: sourcesOf,
  }
}

const SOURCE = /\.([cm]?[jt]s|[jt]sx|svelte|vue|astro)$/

/** Those of the folder before those of the folders in it. */
function pathsIn(folder: string, below = ''): string[] {
  const entries = readdirSync(join(folder, below), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return [
    ...entries.filter((each) => each.isFile() && SOURCE.test(each.name)).map(({ name }) => below + name),
    ...entries
      .filter((each) => each.isDirectory() && !SKIPPED.test(each.name))
      .flatMap(({ name }) => pathsIn(folder, `${below}${name}/`)),
  ]
}

interface Manifest {
  readonly type: string | undefined
  readonly version: string | undefined
  readonly dependencies: Readonly<Record<string, string>>
}

function manifestOf(text: string | undefined): Manifest {
  const value = parsed(text ?? '{}')
  const texts = (key: string): Record<string, string> => {
    const entries = isObject(value[key]) ? Object.entries(value[key]) : []
    return Object.fromEntries(entries.map(([name, version]) => [name, String(version)]))
  }
  const { type, version } = value
  return {
    type: typeof type === 'string' ? type : undefined,
    version: typeof version === 'string' ? version : undefined,
    dependencies: { ...texts('devDependencies'), ...texts('dependencies') },
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    return isObject(value) ? value : {}
  } catch (error) {
    throw new Problem(`package.json is no JSON: ${error instanceof Error ? error.message : error}`, 'Repair package.json.')
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
