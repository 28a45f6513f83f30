import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { installSite } from '../site/index.ts'
import { build, check, types } from './check.ts'
import { chromium } from './chromium.ts'
import { tableIn } from './doc-table.ts'
import { ENGINES, type EngineName, prepareEngines } from './engines.ts'
import { installAll, timingsTable } from './examples.ts'
import { described, PROJECTS, projectOf, type Selection, selection } from './only.ts'
import { haveEngines, installEngines } from './runtime-engines.ts'
import { runtimes } from './runtimes.ts'
import { finish, noteFailure, root, runBeside, runSteps, type Tally } from './steps.ts'

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly numTotalTests: number
  readonly numPassedTests: number
  readonly success: boolean
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

/** What the last line of the run says besides its figures. */
const remarks: string[] = []

/** The tests of a report that did not pass, and the files that could not be loaded, each with the first line of its message. */
function noteFailures({ testResults }: Report): void {
  const first = (message: string | undefined): string => message?.split('\n')[0] ?? ''
  for (const { name, status, message, assertionResults } of testResults) {
    const failed = assertionResults.filter((test) => test.status !== 'passed')
    for (const { fullName, failureMessages } of failed)
      noteFailure(`${relative(root, name)} > ${fullName}: ${first(failureMessages?.[0])}`)
    if (status !== 'passed' && failed.length === 0) noteFailure(`${relative(root, name)}: ${first(message)}`)
  }
}

/** Runs one project of vitest.config.ts, or these files of it, and reads its report; `undefined` where there is none. */
async function reportOf(project: string, files: readonly string[]): Promise<Report | undefined> {
  const file = join(root, '.cache', `${project}.json`)
  rmSync(file, { force: true })
  // Left to itself, vitest leaves one of two processors idle; and integration tests wait for engines, apps and processes.
  const workers = project === 'integration' ? 3 : 2
  const reporters = `--reporter=default --reporter=./scripts/stuck-reporter.ts --reporter=json --outputFile.json=${JSON.stringify(file)}`
  // Where Chromium answers nobody, each test would wait for its time to end.
  const bail = project === 'browser' ? '--bail=3' : ''
  const ok = await runBeside(`vitest run --project ${project} --maxWorkers=${workers} ${bail} ${reporters} ${files.join(' ')}`)
  try {
    const report: Report = JSON.parse(readFileSync(file, 'utf8'))
    // An error outside every test fails the run, and no test of the report.
    return { ...report, success: ok && report.success }
  } catch {
    return
  }
}

/** Runs one project, or these files of it. A test that was skipped is not a test that passed: it counts as failed. */
async function vitest(project: string, files: readonly string[] = []): Promise<Tally> {
  console.log(`\n— ${project} tests`)
  let report = await reportOf(project, files)
  if (project === 'browser' && !report?.success) {
    // A run of CI once stopped here for good, and nobody could make it happen again. What fails twice is true; what failed once is above.
    console.log('\n— browser tests, once more')
    report = await reportOf(project, files)
    remarks.push('the browser tests ran twice')
  }
  if (!report) {
    noteFailure(`${project} tests: no report`)
    return { passed: 0, failed: 1 }
  }
  noteFailures(report)
  const missing = files.filter((path) => !report.testResults.some(({ name }) => name.replaceAll('\\', '/').endsWith(path)))
  for (const path of missing) noteFailure(`${path}: did not run`)
  const failed = report.numTotalTests - report.numPassedTests + missing.length
  // A file that cannot be loaded, or an error outside every test, fails the run without failing a test.
  return { passed: report.numPassedTests, failed: report.success ? failed : Math.max(failed, 1) }
}

/** What is there before the tests that use it, which would otherwise each install it at the same time. */
async function prepared(what: string, prepare: () => unknown): Promise<Tally> {
  try {
    await prepare()
    return { passed: 1, failed: 0 }
  } catch (error) {
    noteFailure(what)
    console.log(`${what} could not be installed: ${error instanceof Error ? error.message : error}`)
    return { passed: 0, failed: 1 }
  }
}

const isEngine = (name: string): name is EngineName => Object.hasOwn(ENGINES, name)

const names = { type: 'string', multiple: true, default: [] as string[] } as const
/** The names given to an option, once each time or with commas between them. */
function namesOf(option: 'without' | 'only'): string[] {
  const { values } = parseArgs({ options: { without: names, only: names } })
  return values[option].flatMap((each) => each.split(','))
}

/** The engines that `--without` names. */
function leftOut(): EngineName[] {
  return namesOf('without').map((name) => {
    if (isEngine(name)) return name
    throw new Error(`--without ${name}: there is no such engine. Name one of ${Object.keys(ENGINES).join(', ')}.`)
  })
}

async function everything(without: readonly EngineName[]): Promise<Tally> {
  mkdirSync(join(root, '.cache'), { recursive: true })
  console.log('— checks')
  const checked = check([])
  // Without a build nothing else can be said.
  if (checked.passed === 0) return checked
  // They need neither an example app nor an engine, and a processor while the others wait for the network and the disk.
  const unit = vitest('unit')
  console.log('\n— the example apps')
  const installed = await prepared('the example apps', () => installAll())
  const site = await prepared('the docs site', installSite)
  console.log('\n— the engines of the stores')
  const needed = (Object.keys(ENGINES) as EngineName[]).filter((name) => !without.includes(name))
  const engines = await prepared('an engine', () => prepareEngines(needed))
  const others = await prepared('the runtimes', () => haveEngines && installEngines())
  const hasChromium = await prepared('Chromium', chromium)
  // They take turns, and mostly wait for an app: the others have the processors meanwhile.
  const browser = vitest('browser')
  const tested = [await unit]
  // It packs the package at once, which a test of the README does as well.
  console.log('\n— the packed package on every runtime')
  const onRuntimes = runtimes()
  tested.push(await vitest('integration'), await browser, await onRuntimes)
  return together([checked, installed, site, engines, others, hasChromium, ...tested])
}

function together(parts: readonly Tally[]): Tally {
  const sum = (of: keyof Tally): number => parts.reduce((total, part) => total + part[of], 0)
  return { passed: sum('passed'), failed: sum('failed') }
}

/** What belongs to some frameworks. A test that needs an engine or a runtime installs it itself. */
async function some({ apps, tests, pages, hasBrowser }: Selection): Promise<Tally> {
  mkdirSync(join(root, '.cache'), { recursive: true })
  console.log('— checks')
  const checked = runSteps([build, types])
  if (checked.failed > 0) return checked
  console.log('\n— the example apps')
  const installed = await prepared('the example apps', () => installAll(apps))
  process.env.COATCHECK_TEST_PAGES = pages.join(',')
  const tested: Tally[] = hasBrowser ? [await prepared('Chromium', chromium)] : []
  for (const project of PROJECTS) {
    const files = tests.filter((path) => projectOf(path) === project)
    if (files.length > 0) tested.push(await vitest(project, files))
  }
  return together([checked, installed, ...tested])
}

try {
  const without = leftOut()
  // Tests read it: what needs one of these is left out, as the last line says.
  process.env.COATCHECK_TEST_WITHOUT = without.join(',')
  const only = namesOf('only')
  const selected = only.length > 0 ? selection(only) : undefined
  const total = selected ? await some(selected) : await everything(without)
  // The tests of guarantees have compared this table with what they found.
  if (!selected) console.log(`\nWhat each store guarantees:\n${tableIn('docs/stores.md', 'guarantees')}`)
  console.log(`\n${timingsTable(selected?.apps)}\n`)
  finish(total, [
    ...remarks,
    ...(selected ? [described(only, selected)] : []),
    ...(without.length > 0 ? [`left out: ${without.map((name) => ENGINES[name].title).join(', ')}`] : []),
  ])
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
