import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { environment, root } from './steps.ts'

/** Where the lockfile of the engines is, and what runs on them. */
export const home: string = join(root, 'packages/coatcheck/test/runtimes')

export const npm = (args: string[], cwd: string): void => {
  // Without a shell, as a path may hold anything; npm is a script, which Windows starts only through one.
  execFileSync('npm', [...args, '--loglevel=error'], {
    cwd,
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
}

/** Installs the engines once per lockfile, below .cache, and gives the folder back. */
export function installEngines(): string {
  const cache = join(root, '.cache/runtimes')
  const digest = createHash('sha256')
    .update(readFileSync(join(home, 'package-lock.json')))
    .digest('hex')
    .slice(0, 16)
  const folder = join(cache, digest)
  // npm writes this file when everything is there.
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return folder
  console.log('installing the engines (about 700 MB, once) …')
  rmSync(cache, { recursive: true, force: true })
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) cpSync(join(home, file), join(folder, file))
  npm(['ci', '--ignore-scripts'], folder)
  return folder
}

/** Whether their binaries, which are locked for one platform, run here. */
export const haveEngines: boolean = process.platform === 'linux' && process.arch === 'x64'

const BINARIES = {
  node22: 'node22/bin/node',
  node24: 'node24/bin/node',
  bun: '@oven/bun-linux-x64-baseline/bin/bun',
  deno: '@deno/linux-x64-glibc/deno',
  workerd: '@cloudflare/workerd-linux-64/bin/workerd',
} as const

/** Which engine, and where it is once it is installed. */
export function engineIn(folder: string, engine: keyof typeof BINARIES): string {
  return join(folder, 'node_modules', BINARIES[engine])
}

/** The Deno that tests run on: the one that `COATCHECK_TEST_DENO` names, or the locked one. Throws where there is neither. */
export const denoBinary = (): string => binaryOf('deno', 'Deno', process.env.COATCHECK_TEST_DENO)

/** The Bun that tests run on, as `denoBinary`; or the one that `COATCHECK_TEST_BUN` names. */
export const bunBinary = (): string => binaryOf('bun', 'Bun', process.env.COATCHECK_TEST_BUN)

function binaryOf(engine: 'bun' | 'deno', name: string, given: string | undefined): string {
  if (given) return given
  if (haveEngines) return engineIn(installEngines(), engine)
  throw new Error(
    `These tests need ${name}. It is locked for linux-x64, and this is ${process.platform}-${process.arch}: install ${name}, and set COATCHECK_TEST_${engine.toUpperCase()} to its path.`,
  )
}
