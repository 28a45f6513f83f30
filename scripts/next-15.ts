// Plays the tests of examples/next on Next 15, and writes what it found into docs/frameworks/next-15.md: `npm run trial:next-15`. Installs 370 MB.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build, folderOf, install } from '../examples/harness.ts'
import { putTable, tableOf } from './doc-table.ts'
import { root, run } from './steps.ts'

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly success: boolean
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly ancestorTitles: readonly string[] }[]
  }[]
}

const folder = folderOf('next-15')
for (const made of ['node_modules', '.next', 'edge/.next']) rmSync(join(folder, made), { recursive: true, force: true })
const seconds = [await install('next-15'), await build('next-15'), await build('next-15', { BUILD_FOLDER: 'edge' })]

const file = join(root, '.cache/next-15.json')
rmSync(file, { force: true })
const started = performance.now()
const ok = run(
  `vitest run --project trial examples/next-15 --reporter=default --reporter=json --outputFile.json=${JSON.stringify(file)}`,
)
seconds.push((performance.now() - started) / 1000)
const report: Report = JSON.parse(readFileSync(file, 'utf8'))

const results = report.testResults.flatMap(({ assertionResults }) => assertionResults)
const parts = Map.groupBy(results, ({ ancestorTitles: [title = ''] }) => title)
const rows = Array.from(parts, ([title, tests]) => [
  title.replace(/^./, (letter) => letter.toUpperCase()),
  `${tests.filter(({ status }) => status === 'passed').length} of ${tests.length}`,
])
const names = ['to install', 'to build on Node', 'to build with the edge middleware', 'for the tests']
const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
putTable(
  'docs/frameworks/next-15.md',
  'next-15',
  `${tableOf([`Next ${dependencies.next}`, 'tests that pass'], rows)}

Seconds on two cores: ${names.map((name, at) => `${seconds[at]?.toFixed(0)} ${name}`).join(', ')}.`,
)
process.exitCode = ok && report.success ? 0 : 1
