import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { checks } from './check.ts'
import { runtimes } from './runtimes.ts'
import { finish, root, run, runSteps, type Tally } from './steps.ts'

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly numTotalTests: number
  readonly numPassedTests: number
  readonly success: boolean
}

/** Runs one project of vitest.config.ts. A test that was skipped is not a test that passed: it counts as failed. */
function vitest(project: string): Tally {
  console.log(`\n— ${project} tests`)
  const file = join(root, '.cache', `${project}.json`)
  rmSync(file, { force: true })
  const ok = run(`vitest run --project ${project} --reporter=default --reporter=json --outputFile.json=${JSON.stringify(file)}`)
  let report: Report
  try {
    report = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { passed: 0, failed: 1 }
  }
  const failed = report.numTotalTests - report.numPassedTests
  // A file that cannot be loaded, or an error outside every test, fails the run without failing a test.
  return { passed: report.numPassedTests, failed: ok && report.success ? failed : Math.max(failed, 1) }
}

mkdirSync(join(root, '.cache'), { recursive: true })
const total: Tally = { passed: 0, failed: 0 }
const add = ({ passed, failed }: Tally): void => {
  total.passed += passed
  total.failed += failed
}
console.log('— checks')
add(runSteps([...checks, { name: 'chromium', command: 'node scripts/chromium.ts' }]))
for (const project of ['unit', 'integration', 'browser']) add(vitest(project))
console.log('\n— the packed package on every runtime')
add(await runtimes())
console.log('')
finish(total)
