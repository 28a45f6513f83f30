import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environment, root } from '../scripts/steps.ts'

/** The apps, one per framework; each folder has its own package.json and lockfile. */
export const apps = ['astro', 'h3', 'h3-v1', 'hydrogen', 'nitro', 'nitro-2', 'nuxt', 'react-router', 'remix'] as const
export type AppName = (typeof apps)[number]

export type Environment = Readonly<Record<string, string>>

const SECRET = 'for-tests-only-4hQ7vXz2Lk9sWp3Tn8Bc'
const folderOf = (name: string): string => join(root, 'examples', name)

/** Waits, a little at a time, until no other process installs or builds this app. */
async function alone<T>(name: string, act: () => T): Promise<T> {
  const lock = join(root, '.cache/examples', `${name}.lock`)
  mkdirSync(join(root, '.cache/examples'), { recursive: true })
  for (let waited = 0; ; waited += 100) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch {
      if (waited > 600_000 || !lives(lock)) rmSync(lock, { force: true })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  try {
    return act()
  } finally {
    rmSync(lock, { force: true })
  }
}

/** Whether the process that made the lock still runs. */
function lives(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function run(command: string, args: string[], cwd: string, env: Environment = {}): void {
  try {
    const shell = process.platform === 'win32'
    execFileSync(command, args, { cwd, env: { ...clean(cwd), ...env }, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1e8, shell })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: Buffer | string; stderr?: Buffer | string }
    throw new Error(`\`${command} ${args.join(' ')}\` failed in ${cwd}:\n${stdout}\n${stderr}`)
  }
}

/** Our environment without what tests set, and with this app's tools first. */
function clean(cwd: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(environment).filter(
    ([name]) => !/^(?:PORT|NODE_ENV|VITEST.*|NODE_OPTIONS|npm_.*|TEST|BASE)$/.test(name),
  )
  return {
    ...Object.fromEntries(inherited),
    PATH: `${join(cwd, 'node_modules/.bin')}${process.platform === 'win32' ? ';' : ':'}${environment.PATH}`,
    ASTRO_TELEMETRY_DISABLED: '1',
    NUXT_TELEMETRY_DISABLED: '1',
  }
}

/** Installs what the lockfile names, once, and this repository's build of coatcheck every time. Seconds; 0 when it was there. */
export async function install(name: string): Promise<number> {
  const folder = folderOf(name)
  return alone(name, () => {
    const digest = createHash('sha256')
      .update(readFileSync(join(folder, 'package-lock.json')))
      .digest('hex')
    const mark = join(folder, 'node_modules/.coatcheck-lock')
    const started = performance.now()
    const isFresh = existsSync(mark) && readFileSync(mark, 'utf8') === digest
    if (!isFresh) {
      run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'], folder)
      writeFileSync(mark, digest)
    }
    placeCoatcheck(folder)
    return isFresh ? 0 : (performance.now() - started) / 1000
  })
}

/** What `npm publish` would upload, as it was built last. */
function placeCoatcheck(folder: string): void {
  const from = join(root, 'packages/coatcheck')
  const to = join(folder, 'node_modules/coatcheck')
  if (!existsSync(join(from, 'dist/index.js'))) throw new Error('coatcheck is not built yet: run `npm run build`.')
  rmSync(to, { recursive: true, force: true })
  for (const part of ['package.json', 'dist']) cpSync(join(from, part), join(to, part), { recursive: true })
}

/** Builds the app, where its package.json has a script for that. Seconds. */
export async function build(name: string, env: Environment = {}): Promise<number> {
  const folder = folderOf(name)
  const { scripts = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (!scripts.build) return 0
  return alone(name, () => {
    const started = performance.now()
    run('npm', ['run', '--silent', 'build'], folder, { SESSION_SECRET: SECRET, ...env })
    return (performance.now() - started) / 1000
  })
}

export interface App {
  readonly name: string
  readonly origin: string
  /** What it has said so far. */
  output(): string
  /** Seconds from its start to its first response. */
  readonly seconds: number
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) kill(child)
})

/** Starts the app's production server on a free port of the loopback interface, and waits for its first response. */
export async function start(name: string, env: Environment = {}): Promise<App> {
  const folder = folderOf(name)
  const port = await freePort()
  const started = performance.now()
  const child = spawn('npm', ['run', '--silent', 'start'], {
    cwd: folder,
    env: { ...clean(folder), SESSION_SECRET: SECRET, HOST: '127.0.0.1', PORT: String(port), NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    shell: process.platform === 'win32',
  })
  running.add(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (text += part))
  const ended = once(child, 'close').then(() => void running.delete(child))
  const origin = `http://127.0.0.1:${port}`
  await answering(`${origin}${env.BASE ?? ''}/`, child, () => text)
  return {
    name,
    origin,
    output: () => text,
    seconds: (performance.now() - started) / 1000,
    async stop() {
      kill(child)
      await ended
    },
  }
}

async function answering(url: string, child: ChildProcess, output: () => string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`the app ended with exit code ${child.exitCode} after saying:\n${output()}`)
    try {
      await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).arrayBuffer()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  throw new Error(`the app did not answer at ${url} after saying:\n${output()}`)
}

/** The whole group: npm starts a shell that starts the server. */
function kill(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL')
    else child.kill('SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'coatcheck-example-'))
}

/** Remembers how long an app took, for the table in docs/frameworks.md. A 0 does not replace what was measured before. */
export async function note(name: string, seconds: { install: number; build: number; first: number }): Promise<void> {
  await alone('timings', () => {
    const file = join(root, '.cache/examples.json')
    const all: { name: string; install: number; build: number; first: number }[] = existsSync(file)
      ? JSON.parse(readFileSync(file, 'utf8'))
      : []
    const before = all.find((app) => app.name === name)
    const next = { name, ...seconds, install: seconds.install || (before?.install ?? 0) }
    const others = all.filter((app) => app.name !== name)
    writeFileSync(
      file,
      JSON.stringify(
        [...others, next].sort((a, b) => (a.name < b.name ? -1 : 1)),
        null,
        2,
      ),
    )
  })
}

/** Installs, builds and starts. */
export async function open(name: AppName, env: Environment = {}): Promise<App> {
  const seconds = { install: await install(name), build: await build(name, env) }
  const app = await start(name, env)
  await note(name, { ...seconds, first: app.seconds })
  return app
}
