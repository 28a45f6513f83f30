import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { rolldown } from 'rolldown'
import { engineIn, haveEngines, home, installEngines, npm } from './runtime-engines.ts'
import { finish, noteFailure, root, type Tally } from './steps.ts'

const timeLimit = 10 * 60_000

/** A runtime under test: tells its name, then what it printed (one JSON line per test) when it ran the suite in `app`. */
interface Runtime {
  readonly name: string
  run(app: string): Promise<string>
}

/** A folder outside the repository, so that nothing of ours is found by accident, that has installed what `npm publish` would upload. */
function installPackage(): string {
  const app = mkdtempSync(join(tmpdir(), 'coatcheck-runtimes-'))
  for (const file of readdirSync(home).filter((name) => name.endsWith('.mjs'))) cpSync(join(home, file), join(app, file))
  cpSync(join(root, '.npmrc'), join(app, '.npmrc'))
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }\n')
  npm(['pack', '--workspace', 'coatcheck', '--pack-destination', app], root)
  const tarball = readdirSync(app).find((name) => name.endsWith('.tgz'))
  if (!tarball) throw new Error('npm pack made no tarball')
  npm(['install', '--ignore-scripts', '--prefer-offline', join(app, tarball)], app)
  return app
}

/** What a command prints. A command that fails keeps what it printed, and says how it ended. */
function output(command: string, args: string[], cwd: string): Promise<string> {
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeLimit,
    env: { ...process.env, DENO_NO_UPDATE_CHECK: '1' },
  })
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  child.stderr.on('data', (chunk) => (text += chunk))
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(`${text}\n${error}`))
    child.on('close', (code, signal) => resolve(code === 0 ? text : `${text}\nended with ${signal ?? code}`))
  })
}

const program = (name: string, command: string, ...args: string[]): Runtime => ({
  name,
  run: (app) => output(command, [...args, 'main.mjs'], app),
})

/** workerd with one Worker that answers with the lines. */
const worker = (name: string, workerd: string, flags: string): Runtime => ({
  name,
  async run(app) {
    const bundle = await rolldown({
      input: join(app, 'worker.mjs'),
      platform: 'neutral',
      resolve: { mainFields: ['module', 'main'] },
      logLevel: 'silent',
    })
    await bundle.write({ file: join(app, 'bundle.mjs'), codeSplitting: false })
    const config = `using Workerd = import "/workerd/workerd.capnp";
      const config :Workerd.Config = (
        services = [(name = "main", worker = (modules = [(name = "bundle.mjs", esModule = embed "bundle.mjs")],
          compatibilityDate = "2026-07-30", compatibilityFlags = [${flags}]))],
        sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);`
    writeFileSync(join(app, 'config.capnp'), config)
    const child = spawn(workerd, ['serve', 'config.capnp', '--control-fd=3'], {
      cwd: app,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    let noise = ''
    child.stdout?.on('data', (chunk) => (noise += chunk))
    child.stderr?.on('data', (chunk) => (noise += chunk))
    try {
      const port = await listening(child)
      const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(timeLimit) })
      return await response.text()
    } catch (error) {
      return `${noise}\n${error}`
    } finally {
      child.kill('SIGKILL')
    }
  },
})

/** The port that workerd announces on file descriptor 3. */
function listening(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`workerd ended with ${code}`)))
    createInterface({ input: child.stdio[3] as NodeJS.ReadableStream }).on('line', (line) => resolve(JSON.parse(line).port))
  })
}

/** Reads the lines of one runtime. The last one says how many tests there were: a run that broke off has not passed. */
function read(name: string, text: string): Tally {
  const lines = text.split('\n').filter((line) => line.startsWith('{"'))
  const tests = lines.map((line) => JSON.parse(line) as { name?: string; error?: string; tests?: number })
  const failures = tests.filter((test) => test.error)
  const passed = tests.filter((test) => test.name && !test.error).length
  const whole = tests.at(-1)?.tests === passed + failures.length && passed + failures.length > 0
  for (const failure of failures) {
    noteFailure(`${name}: ${failure.name}`)
    console.log(`  ${name}: ${failure.name}\n${failure.error}`)
  }
  if (!whole) {
    noteFailure(`${name} broke off`)
    console.log(`  ${name} broke off:\n${text.trim()}`)
  }
  const failed = failures.length + (whole ? 0 : 1)
  console.log(`${failed ? 'FAILED' : 'ok    '} ${name.padEnd(28)} ${passed} passed, ${failed} failed`)
  return { passed, failed }
}

function matrix(): Runtime[] {
  const here = program(`Node ${process.versions.node}`, process.execPath)
  if (!haveEngines) {
    console.log(
      `NOT RUN here: Node 22 and 24, Bun, Deno, workerd. Their binaries are locked for linux-x64, and this is ${process.platform}-${process.arch}.`,
    )
    return [here]
  }
  const folder = installEngines()
  const pins: Record<string, string> = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).dependencies
  const version = (name: string): string | undefined => pins[name]?.split('@').at(-1)
  const deno = `Deno ${version('@deno/linux-x64-glibc')}`
  const denoFlags = ['--allow-all', '--no-prompt', '--cached-only', '--node-modules-dir=manual']
  const workerd = engineIn(folder, 'workerd')
  return [
    program(`Node ${version('node22')}`, engineIn(folder, 'node22')),
    program(`Node ${version('node24')}`, engineIn(folder, 'node24')),
    here,
    program(`Bun ${version('@oven/bun-linux-x64-baseline')}`, engineIn(folder, 'bun')),
    program(deno, engineIn(folder, 'deno'), 'run', ...denoFlags),
    worker(`workerd ${version('@cloudflare/workerd-linux-64')}`, workerd, ''),
    worker('workerd with nodejs_compat', workerd, '"nodejs_compat"'),
  ]
}

/** Packs packages/coatcheck as it was built, installs the tarball, and runs the suite on each runtime. */
export async function runtimes(): Promise<Tally> {
  const total = { passed: 0, failed: 0 }
  let app: string | undefined
  try {
    const all = matrix()
    app = installPackage()
    for (const runtime of all) {
      const { passed, failed } = read(runtime.name, await runtime.run(app))
      total.passed += passed
      total.failed += failed
    }
  } catch (error) {
    noteFailure('the runtimes could not be tried')
    console.log(`the runtimes could not be tried: ${error instanceof Error ? error.message : error}`)
    total.failed += 1
  } finally {
    if (app) rmSync(app, { recursive: true, force: true })
  }
  return total
}

if (import.meta.main) finish(await runtimes())
