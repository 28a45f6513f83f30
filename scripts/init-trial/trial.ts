import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { type Environment, serve } from '../../examples/harness.ts'
import { complete, freePort } from '../../examples/processes.ts'
import { visitor } from '../../packages/coatcheck/src/testing/index.ts'
import type { Files, Said, Scaffold } from './scaffold.ts'

/** What became of one framework: a row of the table. */
export interface Outcome {
  readonly name: string
  readonly version: string
  /** What it was made by: the create command's package, or a hand. */
  readonly made: string
  readonly detected: boolean
  readonly written: readonly string[]
  /** `-`: the project has none. */
  readonly build: Verdict
  readonly types: Verdict
  /** As its developer runs it, with `.env` where it is. */
  readonly dev: Verdict
  /** The built one. */
  readonly start: Verdict
  /** What was wrong, in its order. */
  readonly wrong: readonly string[]
}
type Verdict = 'yes' | 'no' | '-'
type Log = (line: string) => void

const NPM = 'npm install --no-audit --no-fund --loglevel=error --prefer-offline'

/** The first line that says something, of the many that a failed command printed. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const said = text.includes('after saying:\n') ? text.slice(text.indexOf('after saying:\n') + 14) : text
  const lines = stripVTControlCharacters(said)
    .split('\n')
    .map((line) => line.trim())
  return lines.find((line) => /error|cannot|failed|not found|is not/i.test(line)) ?? lines.find(Boolean) ?? text
}

function lay(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** Makes the project by the framework's own command, or else by hand; says by which. */
async function make({ create, program, byHand }: Scaffold, folder: string, app: string, log: Log): Promise<string> {
  const [, name = '', version = '', args = ''] = /^(.+)@([\d.]+) (.*)$/.exec(create ?? '') ?? []
  if (create) {
    try {
      await complete(`npm exec --yes --package=${name}@${version} -- ${program ?? name} ${args}`, folder, { CI: '1' }, 3)
      if (existsSync(join(app, 'package.json'))) return `${name} ${version}`
    } catch (error) {
      if (!byHand) throw error
      log(firstLine(error))
    }
    rmSync(app, { recursive: true, force: true })
  }
  lay(app, byHand ?? {})
  return create ? `hand; ${name} ${version} got no template from GitHub` : 'hand'
}

interface Shown {
  readonly framework: string
  readonly written: boolean
  readonly changes: readonly { readonly path: string }[]
  readonly steps: readonly { readonly say: string; readonly add?: readonly string[] }[]
}

/** Two visitors of what is served: each counts for itself. */
async function counts(command: string, app: string, env: Environment, what: string): Promise<void> {
  const port = String(await freePort())
  const served = await serve(what, command, app, { ...env, PORT: port })
  try {
    const [ada, grace] = [visitor(served.origin), visitor(served.origin)]
    const said: string[] = []
    for (const who of [ada, ada, grace, ada]) {
      const response = await who.get('/visits')
      said.push(response.ok ? await response.text() : `${response.status} ${(await response.text()).slice(0, 300)}`)
    }
    if (said.join() !== '1,2,1,3') throw new Error(`${what} counted ${said.join()}, after saying:\n${served.output()}`)
  } finally {
    await served.stop()
  }
}

/** Makes a fresh project, gives it sessions by `coatcheck init` of this package, and asks what it is then. */
export async function tryOn(scaffold: Scaffold, folder: string, tarball: string, log: Log): Promise<Outcome> {
  const app = join(folder, 'app')
  const made = await make(scaffold, folder, app, log)
  const wrong: string[] = []
  log(made)
  const read = (path: string): string => readFileSync(join(app, path), 'utf8')
  if (!existsSync(join(app, '.git'))) execFileSync('git', ['init', '-q'], { cwd: app })
  await complete([NPM, ...(scaffold.more ?? [])].join(' '), app)
  await complete(`${NPM} ${tarball}`, app)
  log('installed')

  const plan = join(folder, 'plan.json')
  await complete(`npm exec --silent -- coatcheck init --yes --json > "${plan}"`, app)
  const shown: Shown = JSON.parse(readFileSync(plan, 'utf8'))
  const said: Said = (words) => {
    const found = shown.steps.find(({ say }) => words.test(say))
    if (!found) throw new Error(`init said nothing of ${words}, but: ${shown.steps.map(({ say }) => say).join('; ')}`)
    return found.add ?? []
  }
  for (const { say } of shown.steps)
    if (/^npm install/.test(say)) await complete(`${NPM} ${say.replace(/^npm install/, '')}`, app)

  const ask = async (command: string | undefined, what: string, how: () => Promise<unknown>): Promise<Verdict> => {
    if (command === undefined) return '-'
    try {
      await how()
      log(`${what}: yes`)
      return 'yes'
    } catch (error) {
      log(`${what}: no\n${error instanceof Error ? error.message : error}`)
      wrong.push(`${what}: ${firstLine(error)}`)
      return 'no'
    }
  }
  const { build, types, dev, start } = scaffold
  const edited = await ask('', 'the page', async () => lay(app, scaffold.edits(said, read)))
  if (edited === 'no') log(JSON.stringify(shown.steps, null, 2))
  return {
    name: scaffold.name,
    made,
    version: JSON.parse(read(join('node_modules', scaffold.shows, 'package.json'))).version,
    detected: shown.framework === scaffold.framework,
    written: shown.changes.map(({ path }) => path),
    build: await ask(build, 'build', () => complete(build ?? '', app)),
    types: await ask(types, 'types', () => complete(types ?? '', app)),
    dev: await ask(dev, 'dev', () => counts(dev ?? '', app, { HOST: '127.0.0.1' }, 'the dev server')),
    start: await ask(start, 'start', () => counts(start, app, { NODE_ENV: 'production', HOST: '127.0.0.1' }, 'the server')),
    wrong,
  }
}
