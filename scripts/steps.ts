import { type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'

export const root: string = join(import.meta.dirname, '..')

/** How much of a run passed. */
export interface Tally {
  readonly passed: number
  readonly failed: number
}

/** What failed so far, a line each. The end of a run says it again: of a long output people, and CI, keep the end. */
const failures: string[] = []
export const noteFailure = (what: string): number => failures.push(what)

/** A command line that either succeeds or fails as one thing. */
export interface Step {
  readonly name: string
  readonly command: string
}

/** The environment in which the tools of node_modules, its Node among them, come first. */
export const environment: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
}

const shown = (): SpawnOptions => ({
  cwd: root,
  env: { ...process.env, PATH: environment.PATH },
  shell: true,
  stdio: ['ignore', 'inherit', 'inherit'],
})

/** Runs `command` in the root, with the variables as they are now and its output going where ours goes, and says whether it succeeded. */
export const run = (command: string): boolean => spawnSync(command, shown()).status === 0

/** The same, while this process goes on. */
export async function runBeside(command: string): Promise<boolean> {
  const [status] = await once(spawn(command, shown()), 'close')
  return status === 0
}

/** Runs the steps one after the other; of a step that fails, all it printed is shown. */
export function runSteps(steps: readonly Step[]): Tally {
  const tally = { passed: 0, failed: 0 }
  for (const { name, command } of steps) {
    const started = performance.now()
    const env = { ...environment, NO_COLOR: '1' }
    const result = spawnSync(command, { cwd: root, env, shell: true, encoding: 'utf8', maxBuffer: 1e8 })
    const ok = result.status === 0
    tally[ok ? 'passed' : 'failed'] += 1
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(12)} ${((performance.now() - started) / 1000).toFixed(1)} s`)
    if (ok) continue
    noteFailure(name)
    console.log(`$ ${command}\n${result.stdout}${result.stderr}`)
  }
  return tally
}

/** What failed, and the last line of a run, alone on its line, with what was asked to run or left out, and the exit code that goes with it. */
export function finish({ passed, failed }: Tally, remarks: readonly string[] = []): void {
  if (failures.length > 0) console.log(`Failed:\n${failures.map((what) => `  ${what}`).join('\n')}\n`)
  console.log([`${passed} passed, ${failed} failed`, ...remarks].join('; '))
  process.exitCode = failed === 0 ? 0 : 1
}
