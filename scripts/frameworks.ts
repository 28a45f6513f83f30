// Makes docs/frameworks.md out of what the tests show: `npm run frameworks`. A test fails when its tables are not up to date.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { documents, findings } from './frameworks-rows.ts'
import { environment, root } from './steps.ts'

const page = join(root, 'docs/frameworks.md')

interface TestFile {
  readonly path: string
  readonly text: string
}

/** Every file with tests, and every page whose examples a test executes. */
export function testFiles(): readonly TestFile[] {
  const patterns = ['packages/coatcheck/{src,test}/**/*.test.ts', 'examples/*/*.test.ts', 'docs/**/*.md', 'examples/*.ts']
  return patterns
    .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (name) => name.includes('node_modules') }))
    .sort()
    .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(root, path), 'utf8') }))
    .filter(({ path }) => path !== 'docs/frameworks.md')
}

const link = (path: string): string => `[${path.replace(/^packages\/coatcheck\//, '')}](${relative('docs', path)})`

/** The files of one adapter that use a name. */
function usesOf(name: string, folders: readonly string[], files: readonly TestFile[]): string[] {
  const word = new RegExp(`(?<![\\w$-])${name.replace(/[.$()[\]]/g, '\\$&')}(?![\\w$-])`)
  return files
    .filter(({ path, text }) => folders.some((folder) => path.startsWith(folder)) && word.test(text))
    .map(({ path }) => path)
}

/** What is named in a document and shown by no test. */
export function untested(files: readonly TestFile[] = testFiles()): string[] {
  return documents.flatMap(({ title, folders, rows }) =>
    rows.filter(({ name, word = name }) => usesOf(word, folders, files).length === 0).map(({ name }) => `${title}: ${name}`),
  )
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** The tables that follow from the tests alone. */
export function coverage(files: readonly TestFile[] = testFiles()): string {
  const parts = documents.map(({ title, about, folders, rows }) => {
    const cells = rows.map(({ name, note = '', word = name }) => {
      const tested = usesOf(word, folders, files)
      return [`\`${name}\``, tested.length > 0 ? 'yes' : '**no**', note, tested.slice(0, 3).map(link).join(', ')]
    })
    return `### ${title}\n\n${about}\n\n${table(['name', 'supported', 'note', 'shown by'], cells)}`
  })
  return parts.join('\n\n')
}

/** Titles of tests that begin with an id such as F3 or H12, or name several: `F3, F16: …`. */
/** S and B are findings in Remix 3 and Astro; in other tests they are those of attacks on this library. */
const isOf = (id: string, path: string): boolean =>
  id.startsWith('S') ? /remix-?3/.test(path) : !id.startsWith('B') || /astro|unstorage/.test(path)

export function titled(files: readonly TestFile[] = testFiles()): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const { path, text } of files) {
    if (!path.endsWith('.ts')) continue
    for (const [, title = ''] of text.matchAll(/\b(?:test|it|describe)(?:\.\w+(?:\([^)]*\))?)*\(\s*['"`]([^\n]*?)['"`]\s*,/g)) {
      const ids = /^(?:[FRSBHY]\d{1,2}(?:, | and )?)+(?=[:, ])/.exec(title)?.[0].match(/[FRSBHY]\d{1,2}/g) ?? []
      for (const id of ids.filter((each) => isOf(each, path))) found.set(id, [...new Set([...(found.get(id) ?? []), path])])
    }
  }
  return found
}

export function findingsTable(files: readonly TestFile[] = testFiles()): string {
  const tests = titled(files)
  const rows = findings.map(([id, what]) => [id, what, (tests.get(id) ?? []).map(link).join(', ') || '**no test**'])
  return table(['', 'what goes wrong elsewhere', 'shown by'], rows)
}

interface Measured {
  readonly name: string
  readonly size: number
}

/** What an adapter brings along besides: formats of others, which are read, and stores that its framework's documents name. */
const parts: Readonly<Record<string, readonly string[]>> = {
  'astro/middleware': ['migrate/astro', 'stores/unstorage'],
  h3: ['migrate/h3'],
  hydrogen: ['migrate/hydrogen', 'stores/memory'],
  'nitro/runtime': ['migrate/h3'],
  'react-router': ['migrate/remix', 'stores/memory', 'stores/file'],
  remix: ['migrate/remix', 'stores/memory', 'stores/file'],
  remix3: ['migrate/remix3', 'stores/memory', 'stores/file', 'stores/unstorage'],
}

function sizes(): string {
  const { stdout } = spawnSync('size-limit --json', { cwd: root, env: environment, shell: true, encoding: 'utf8' })
  const all: Measured[] = JSON.parse(stdout.slice(stdout.indexOf('[')))
  const sizeOf = (name: string): number => all.find((each) => each.name === name)?.size ?? 0
  const core = sizeOf('core')
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`
  const rows = all
    .filter(({ name }) => name in parts)
    .map(({ name, size }) => {
      const brought = (parts[name] ?? []).reduce((sum, each) => sum + sizeOf(each), 0)
      return [name, kilobytes(size), kilobytes(size - core), kilobytes(brought), kilobytes(Math.max(0, size - core - brought))]
    })
  return `The engine is ${kilobytes(core)}, minified and gzipped.\n\n${table(
    ['entry', 'all of it', 'over the engine', 'formats and stores in that', 'left for the adapter'],
    rows,
  )}`
}

interface App {
  readonly name: string
  readonly install: number
  readonly build: number
  readonly first: number
}

function apps(): string {
  const file = join(root, '.cache/examples.json')
  if (!existsSync(file)) throw new Error('There are no timings of the example apps yet: run `npm test` first.')
  const all: App[] = JSON.parse(readFileSync(file, 'utf8'))
  const seconds = (value: number): string => (value === 0 ? '' : value.toFixed(1))
  return table(
    ['app', 'install, s', 'build, s', 'start to first response, s'],
    all.map(({ name, install, build, first }) => [
      `[${name}](../examples/${name})`,
      seconds(install),
      seconds(build),
      seconds(first),
    ]),
  )
}

/** A part of the page, between two comments. */
export const part = (name: string, text: string): string => `<!-- made: ${name} -->\n\n${text}\n\n<!-- end -->`

export function replaced(text: string, name: string, made: string): string {
  const old = new RegExp(`<!-- made: ${name} -->[\\s\\S]*?<!-- end -->`)
  if (!old.test(text)) throw new Error(`docs/frameworks.md has no part ${name}`)
  return text.replace(old, () => part(name, made))
}

if (import.meta.main) {
  let text = readFileSync(page, 'utf8')
  text = replaced(text, 'coverage', coverage())
  text = replaced(text, 'findings', findingsTable())
  text = replaced(text, 'sizes', sizes())
  text = replaced(text, 'apps', apps())
  writeFileSync(page, text)
  console.log('docs/frameworks.md is up to date.')
}
