import { createHash } from 'node:crypto'
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { root } from '../scripts/steps.ts'
import { alone, take } from './locks.ts'
import { complete, type Environment, freePort, launch } from './processes.ts'

export type { Environment }

/** The apps, one per framework; each folder has its own package.json and lockfile. */
export const apps = [
  'astro',
  'chat',
  'cookie-session',
  'elysia',
  'express',
  'fastify',
  'h3',
  'h3-v1',
  'hydrogen',
  'hydrogen-2026',
  'iron-session',
  'koa',
  'nest',
  'nest-11',
  'next',
  'nitro',
  'nitro-2',
  'nuxt',
  'react-router',
  'remix',
  'sveltekit',
  'sveltekit-2',
  'tanstack-start',
] as const
/** `next-15`: `npm test` would be a minute longer with it; `npm run trial:next-15` tries it. */
export type AppName = (typeof apps)[number] | 'next-15'

/** Of the apps, unless they are told another. */
export const SECRET = 'for-tests-only-4hQ7vXz2Lk9sWp3Tn8Bc'
const NPM_CI = 'npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --prefer-offline'
/** What is made in an app's folder, and is no source of it. */
const MADE = [
  'node_modules',
  'dist',
  'build',
  '.output',
  '.nuxt',
  '.nitro',
  '.astro',
  '.react-router',
  '.svelte-kit',
  '.data',
  '.sessions',
  '.coatcheck',
  'routeTree.gen.ts',
  '.next',
  '.next-components',
  'next-env.d.ts',
]

export const folderOf = (name: string): string => join(root, 'examples', name)
const read = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)

function digest(files: readonly string[], folder: string, ...more: unknown[]): string {
  const hash = createHash('sha256').update(JSON.stringify(more))
  for (const file of [...files].sort()) hash.update(`\n${file}\n`).update(readFileSync(join(folder, file)))
  return hash.digest('hex')
}

/** The files of a folder and of those in it, but for what is made there. */
function filesIn(folder: string, made: readonly string[]): string[] {
  const found = globSync('**', { cwd: folder, withFileTypes: true, exclude: (entry) => made.includes(entry.name) })
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

interface Manifest {
  /** `prebuild`: fetches the sources that the app shares with another. */
  readonly scripts?: { readonly prebuild?: string; readonly build?: string; readonly start?: string; readonly dev?: string }
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
}
const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** What `npm publish` would upload, as it was built last. */
function placeCoatcheck(folder: string): void {
  const from = join(root, 'packages/coatcheck')
  const to = join(folder, 'node_modules/coatcheck')
  const targets = Object.values(manifestOf(from).exports ?? {}).flatMap((one) =>
    typeof one === 'string' ? one : Object.values(one),
  )
  const missing = targets.find((target) => !existsSync(join(from, target)))
  if (missing) throw new Error(`coatcheck's build has no ${missing}: run \`npm run build\`.`)
  const now = digest(['package.json', ...filesIn(join(from, 'dist'), []).map((file) => join('dist', file))], from)
  if (read(join(to, '.digest')) === now) return
  rmSync(to, { recursive: true, force: true })
  for (const part of ['package.json', 'dist']) cpSync(join(from, part), join(to, part), { recursive: true })
  writeFileSync(join(to, '.digest'), now)
}

/** Installs what the lockfile of this folder names. Seconds; 0 when it was there. */
export async function installPackages(folder: string): Promise<number> {
  const wanted = digest(['package.json', 'package-lock.json'], folder)
  const mark = join(folder, 'node_modules/.coatcheck-lock')
  const isFresh = read(mark) === wanted
  const seconds = isFresh ? 0 : await complete(NPM_CI, folder)
  if (!isFresh) writeFileSync(mark, wanted)
  return seconds
}

async function installNow(name: string): Promise<number> {
  const seconds = await installPackages(folderOf(name))
  placeCoatcheck(folderOf(name))
  return seconds
}

async function buildNow(name: string, env: Environment): Promise<number> {
  const folder = folderOf(name)
  const { prebuild: fetching, build: command } = manifestOf(folder).scripts ?? {}
  if (!command) return 0
  if (fetching) await complete(fetching, folder)
  // Where a build would put its store or listen, and how its server is started, is nothing that it is made of.
  const { COATCHECK_STORE: _, PORT: __, NODE_OPTIONS: ___, ...inputs } = env
  // A build in a place of its own leaves the others as they are.
  const mark = join(folder, `node_modules/.coatcheck-build${inputs.BUILD_FOLDER ?? ''}`)
  const sources = filesIn(folder, MADE).filter((file) => !/\.test\.ts$|\.md$/.test(file))
  const wanted = digest(sources, folder, inputs, read(join(folder, 'node_modules/coatcheck/.digest')))
  const [before, ...outputs] = read(mark)?.split('\n') ?? []
  if (before === wanted && outputs.every((output) => existsSync(join(folder, output)))) return 0
  rmSync(mark, { force: true })
  const seconds = await complete(command, folder, { SESSION_SECRET: SECRET, ...inputs })
  writeFileSync(mark, [wanted, ...MADE.filter((output) => existsSync(join(folder, output)))].join('\n'))
  return seconds
}

/** Installs what the lockfile names, and this repository's build of coatcheck. Seconds; 0 when it was there. */
export const install = (name: string): Promise<number> => alone(name, () => installNow(name))

/** Builds the app, where its package.json has a script for that. Seconds; 0 when nothing has changed since the last time. */
export const build = (name: string, env: Environment = {}): Promise<number> => alone(name, () => buildNow(name, env))

/** Runs one of the app's own tools in its folder. Throws with all it said when it fails. */
export async function tool(name: AppName, command: string): Promise<void> {
  await alone(name, async () => {
    await installNow(name)
    await complete(command, folderOf(name))
  })
}

/** What serves. */
export interface Served {
  readonly origin: string
  /** The address of a path of the app, which may lie under a BASE. */
  url(path: string): string
  /** What it has said so far. */
  output(): string
  /** Seconds from its start to its first response. */
  readonly seconds: number
  stop(): Promise<void>
}

export interface App extends Served {
  readonly name: string
}

/** Starts the app's production server, or its `dev`, on a free port of the loopback interface, and waits for its first response. */
export async function start(name: string, env: Environment = {}, script: 'start' | 'dev' = 'start'): Promise<App> {
  const folder = folderOf(name)
  const command = manifestOf(folder).scripts?.[script]
  if (!command) throw new Error(`examples/${name}/package.json has no script "${script}".`)
  const fixed = { NODE_ENV: script === 'start' ? 'production' : 'development', SESSION_SECRET: SECRET }
  return { name, ...(await serve(`examples/${name}`, command, folder, { ...fixed, ...env })) }
}

/** Starts a command on a free port of the loopback interface, and waits for its first response. `what` it is, for an error. */
export async function serve(what: string, command: string, folder: string, env: Environment): Promise<Served> {
  const { HOST = '127.0.0.1', PORT = String(await freePort()) } = env
  const started = performance.now()
  const running = launch(command, folder, { ...env, HOST, PORT })
  const origin = `http://${HOST}:${PORT}`
  const url = (path: string): string => `${origin}${env.BASE ?? ''}${path}`
  const stop = async (): Promise<void> => {
    running.kill()
    await running.ended
  }
  const seconds = (): number => (performance.now() - started) / 1000
  while (true) {
    try {
      await (await fetch(url('/'), { signal: AbortSignal.timeout(60_000) })).arrayBuffer()
      if (running.child.exitCode !== null) throw new Error('Another server answered.')
      return { origin, url, output: running.output, seconds: seconds(), stop }
    } catch {
      const { exitCode } = running.child
      if (exitCode === null && seconds() < 300) await wait(20)
      else {
        await stop()
        const how = exitCode === null ? `did not answer at ${url('/')} for five minutes` : `ended with exit code ${exitCode}`
        throw new Error(`${what} ${how}, after saying:\n${running.output()}`)
      }
    }
  }
}

/** Installs, builds and starts. Until it is stopped, nobody else uses this app's folder. */
export async function open(name: AppName, env: Environment = {}): Promise<App> {
  const release = await take(name)
  try {
    const seconds = { install: await installNow(name), build: await buildNow(name, env) }
    const app = await start(name, env)
    await note(name, { ...seconds, first: app.seconds })
    return { ...app, stop: () => app.stop().finally(release) }
  } catch (error) {
    release()
    throw error
  }
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'coatcheck-example-'))
}

export interface Timing {
  readonly name: string
  readonly install: number
  readonly build: number
  readonly first: number
}
const timingsFile = join(root, '.cache/examples.json')

/** What was measured so far, in the order of the apps' names. */
export const timings = (): readonly Timing[] => JSON.parse(read(timingsFile) ?? '[]')

/** Remembers how long an app took, for the table in docs/frameworks.md. A 0 does not replace what was measured before. */
export async function note(name: string, seconds: Partial<Omit<Timing, 'name'>>): Promise<void> {
  await alone('timings', () => {
    const before = timings().find((app) => app.name === name)
    const measured = Object.entries(seconds).filter(([, value]) => value > 0)
    const next: Timing = { name, install: 0, build: 0, first: 0, ...before, ...Object.fromEntries(measured) }
    const others = timings().filter((app) => app.name !== name)
    const sorted = [...others, next].sort((a, b) => (a.name < b.name ? -1 : 1))
    writeFileSync(timingsFile, `${JSON.stringify(sorted, null, 2)}\n`)
  })
}
