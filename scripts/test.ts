import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { check } from './check.ts'
import { installAll, timingsTable } from './examples.ts'
import { runtimes } from './runtimes.ts'
import { finish, root, run, type Tally } from './steps.ts'

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

/** Before the tests that run them, which would otherwise install at the same time. */
async function examples(): Promise<Tally> {
  try {
    await installAll()
    return { passed: 1, failed: 0 }
  } catch (error) {
    console.log(`the example apps could not be installed: ${error instanceof Error ? error.message : error}`)
    return { passed: 0, failed: 1 }
  }
}

async function everything(): Promise<Tally> {
  mkdirSync(join(root, '.cache'), { recursive: true })
  console.log('— checks')
  const checked = check([{ name: 'chromium', command: 'node scripts/chromium.ts' }])
  // Without a build nothing else can be said.
  if (checked.passed === 0) return checked
  console.log('\n— the example apps')
  const installed = await examples()
  const tested = ['unit', 'integration', 'browser'].map(vitest)
  console.log('\n— the packed package on every runtime')
  const parts = [checked, installed, ...tested, await runtimes()]
  const sum = (of: keyof Tally): number => parts.reduce((total, part) => total + part[of], 0)
  return { passed: sum('passed'), failed: sum('failed') }
}

const total = await everything()
console.log(`\n${timingsTable()}\n`)
finish(total)
