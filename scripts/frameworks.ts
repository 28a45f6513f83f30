// Writes the tables about frameworks from what the tests show: `npm run frameworks`. A test fails when they are out of date.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type Document, documents, findings } from './frameworks-rows.ts'
import { environment, root } from './steps.ts'

const overview = 'docs/frameworks.md'
const written = 'docs/frameworks/names/'

interface TestFile {
  readonly path: string
  readonly text: string
}

/** The code on a page, which tests execute. Prose shows nothing, and neither does a diff. */
const codeOf = (page: string): string =>
  Array.from(page.matchAll(/^ *```(\w+)\n([\s\S]*?)^ *```$/gm), ([, language, code]) => (language === 'diff' ? '' : code)).join(
    '\n',
  )

/** Every file with tests, every app that tests visit, and the code of every page. The pages written here are no evidence. */
export function testFiles(): readonly TestFile[] {
  const apps = 'examples/*/{app,src,trial}/**/*.{ts,tsx,jsx,astro}'
  const patterns = ['packages/coatcheck/{src,test}/**/*.test.ts', 'examples/*/*.test.ts', 'docs/**/*.md', 'examples/*.ts', apps]
  return patterns
    .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (name) => name.includes('node_modules') }))
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path !== overview && !path.startsWith(written))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    .map(({ path, text }) => ({ path, text: path.endsWith('.md') ? codeOf(text) : text }))
}

/** A link to a page, by its heading. */
function pageLink(page: string): string {
  const [, heading = page] = /^# (.*)$/m.exec(readFileSync(join(root, `docs/frameworks/${page}.md`), 'utf8')) ?? []
  return `[${heading}](../${page}.md)`
}

/** A link to a file of the repository, for a page at `from`. */
const link = (path: string, from: string): string =>
  `[${path.replace(/^packages\/coatcheck\//, '')}](${relative(dirname(from), path).replaceAll('\\', '/')})`

/** The files of one adapter that use a name. */
function usesOf(name: string, folders: readonly string[], files: readonly TestFile[]): string[] {
  const word = new RegExp(`(?<![\\w$-])${name.replace(/[.$()[\]]/g, '\\$&')}(?![\\w$-])`)
  return files
    .filter(({ path, text }) => folders.some((folder) => path.startsWith(folder)) && word.test(text))
    .map(({ path }) => path)
}

/** The names in a document that no test shows. */
export function untested(files: readonly TestFile[] = testFiles()): string[] {
  return documents.flatMap(({ title, folders, rows }) =>
    rows.filter(({ name, word = name }) => usesOf(word, folders, files).length === 0).map(({ name }) => `${title}: ${name}`),
  )
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** S and B are findings in Remix 3 and Astro; in other tests they are those of attacks on this library. */
const isOf = (id: string, path: string): boolean =>
  id.startsWith('S') ? /remix-?3/.test(path) : !id.startsWith('B') || /astro|unstorage/.test(path)

/** The files of the tests whose titles begin with an id such as F3 or H12, or with several: `F3, F16: …`. */
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

/** The findings of one letter, for a page at `from`. */
export function findingsTable(letter: string, from: string, files: readonly TestFile[] = testFiles()): string {
  const tests = titled(files)
  const rows = findings
    .filter(([id]) => id.startsWith(letter))
    .map(([id, what]) => [id, what, (tests.get(id) ?? []).map((path) => link(path, from)).join(', ') || '**no test**'])
  return table(['', 'what goes wrong elsewhere', 'shown by'], rows)
}

/** The coverage page of one document: its path and its text. */
function coveragePage(
  { title, page, pages, about, letter, folders, rows }: Document,
  files: readonly TestFile[],
): [string, string] {
  const path = `${written}${page}.md`
  const cells = rows.map(({ name, word = name }) => {
    const tested = usesOf(word, folders, files)
    return [
      `\`${name}\``,
      tested.length > 0 ? 'yes' : '**no**',
      tested
        .slice(0, 3)
        .map((file) => link(file, path))
        .join(', '),
    ]
  })
  const parts = [
    `# ${title}: names and tests`,
    `To use the adapter, read ${pages.map(pageLink).join(', ')}.`,
    `This page lists the names of ${about}\nFor each name it leads to tests and executed examples. \`npm run frameworks\` writes the page; edit the tests, not the page.`,
    '## Names in the document',
    table(['name', 'supported', 'shown by'], cells),
  ]
  if (letter) parts.push('## Faults that were found, and their tests', findingsTable(letter, path, files))
  return [path, `${parts.join('\n\n')}\n`]
}

/** Every coverage page, by its path. */
export function coveragePages(files: readonly TestFile[] = testFiles()): Map<string, string> {
  return new Map(documents.map((each) => coveragePage(each, files)))
}

interface Measured {
  readonly name: string
  readonly size: number
}

/** Readers of other formats, and stores that the framework's documents name: an adapter brings these along. */
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

/** A part of the overview, between two comments. */
export const part = (name: string, text: string): string => `<!-- made: ${name} -->\n\n${text}\n\n<!-- end -->`

export function replaced(text: string, name: string, made: string): string {
  const old = new RegExp(`<!-- made: ${name} -->[\\s\\S]*?<!-- end -->`)
  if (!old.test(text)) throw new Error(`${overview} has no part ${name}`)
  return text.replace(old, () => part(name, made))
}

if (import.meta.main) {
  const files = testFiles()
  mkdirSync(join(root, written), { recursive: true })
  for (const [path, text] of coveragePages(files)) writeFileSync(join(root, path), text)
  let text = readFileSync(join(root, overview), 'utf8')
  text = replaced(text, 'findings', findingsTable('F', overview, files))
  text = replaced(text, 'sizes', sizes())
  text = replaced(text, 'apps', apps())
  writeFileSync(join(root, overview), text)
  console.log(`${overview} and ${written} are up to date.`)
}
