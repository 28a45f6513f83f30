// Breaks every engine in every way that has a test, and puts what came of it into docs/stores.md: `npm run faults`.
// The rows are the titles of those tests: `fault: engine | what happens to it | what a request gets | afterwards`.
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { putTable, tableOf } from './doc-table.ts'
import { environment, root } from './steps.ts'

export interface Fault {
  readonly title: string
  /** Relative to the root, in the order of their names. */
  readonly files: readonly string[]
}

const HEAD = ['engine', 'what happens to it', 'what a request gets', 'afterwards']
const TITLE = /\b(?:it|test)(?:\.each\([^)]*\))?\(\s*(?:'(fault: [^'\n]*)'|"(fault: [^"\n]*)"|`(fault: [^`\n]*)`)/g

/** What the tests say that happens, without running them. */
export function faults(): readonly Fault[] {
  const found = new Map<string, string[]>()
  for (const file of globSync('packages/coatcheck/{src,test}/**/*.test.ts', { cwd: root }).sort()) {
    for (const [, ...titles] of readFileSync(join(root, file), 'utf8').matchAll(TITLE)) {
      const title = titles.find(Boolean) ?? ''
      found.set(title, [...new Set([...(found.get(title) ?? []), file.replaceAll('\\', '/')])])
    }
  }
  return [...found].map(([title, files]) => ({ title, files }))
}

const cellsOf = (title: string): string[] => title.replace(/^fault: /, '').split(' | ')

/** Titles that do not have the form. */
export const misnamed = (all: readonly Fault[] = faults()): string[] =>
  all.map(({ title }) => title).filter((title) => cellsOf(title).length !== HEAD.length)

/** The table of docs/stores.md, engines together. */
export function faultTable(all: readonly Fault[] = faults()): string {
  const rows = all.map(({ title }) => cellsOf(title))
  const engines = [...new Set(rows.map(([engine]) => engine))]
  return tableOf(
    HEAD,
    engines.flatMap((engine) => rows.filter((row) => row[0] === engine)),
  )
}

interface Result {
  readonly title: string
  readonly fullName: string
  readonly status: string
  readonly failureMessages: readonly string[]
}

interface Results {
  readonly testResults: readonly {
    readonly assertionResults: readonly Result[]
  }[]
}

/** Runs the tests, and gives what speaks against the table. */
function run(all: readonly Fault[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-faults-'))
  try {
    const output = join(folder, 'results.json')
    const files = [...new Set(all.flatMap((fault) => fault.files))].map((file) => `'${file}'`)
    const command = `vitest run -t 'fault: ' --reporter=json --outputFile='${output}' ${files.join(' ')}`
    spawnSync(command, { cwd: root, env: environment, shell: true, stdio: ['ignore', 'ignore', 'inherit'] })
    const results = (JSON.parse(readFileSync(output, 'utf8')) as Results).testResults.flatMap((file) => file.assertionResults)
    const failed = results
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => `failed: ${fullName}\n${failureMessages.join('\n')}`)
    const passed = new Set(results.filter(({ status }) => status === 'passed').map(({ title }) => title))
    return [...failed, ...all.filter(({ title }) => !passed.has(title)).map(({ title }) => `never passed: ${title}`)]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  parseArgs({ options: {} })
  const all = faults()
  console.error(`Breaking engines in ${all.length} ways …`)
  const against = [...misnamed(all).map((title) => `not of the form of a fault: ${title}`), ...run(all)]
  if (against.length > 0) {
    console.error(against.join('\n'))
    process.exitCode = 1
  } else {
    const table = faultTable(all)
    putTable('docs/stores.md', 'faults', table)
    console.log(table)
  }
}
