import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How one server is started; the same words start it again after it was killed. */
export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  /** What it prints when it takes connections. */
  readonly ready: RegExp
  /** The user it is to run as, for servers that refuse to run as root. */
  readonly user?: { readonly uid: number; readonly gid: number }
}

const START_TIMEOUT = 300_000
const STOP_TIMEOUT = 100_000
const MOST_OUTPUT = 20_000

/** One server of ours: it can be stopped, killed, paused and started again with the same data on the same port. */
export class Server {
  readonly #launch: Launch
  readonly #folder: string
  #child: ChildProcess | undefined
  #guard: ChildProcess | undefined
  #output = ''

  constructor(launch: Launch, folder: string) {
    this.#launch = launch
    this.#folder = folder
  }

  /** Rejects, with what the server printed, when it ends instead of taking connections, or is not ready within 300 seconds. */
  async start(): Promise<void> {
    const { command, args, ready, user } = this.#launch
    const child = spawn(command, args, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], ...user })
    this.#child = child
    this.#output = ''
    if (child.pid !== undefined) this.#guard = guard(child.pid, this.#folder)
    let timer: ReturnType<typeof setTimeout> | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        const fail = (what: string): void => reject(new Error(`${command} ${what}.\n${this.#output}`))
        const hear = (chunk: Buffer): void => {
          this.#output = `${this.#output}${chunk}`.slice(-MOST_OUTPUT)
          if (ready.test(this.#output)) resolve()
        }
        timer = setTimeout(() => fail('did not get ready within 300 seconds'), START_TIMEOUT)
        child.stdout.on('data', hear)
        child.stderr.on('data', hear)
        child.once('error', (error) => fail(`could not be started: ${error.message}`))
        child.once('close', (code, signal) => fail(`ended with ${signal ?? `code ${code}`}`))
      })
    } catch (error) {
      await this.kill()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Asks it to stop, and after ten seconds makes it. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** As a crash or a loss of power ends it: without a chance to write or to say goodbye. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** It keeps its connections and answers nothing until `resume`. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = undefined
    this.#guard?.kill('SIGKILL')
    if (!child || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGCONT')
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT)
    await closed
    clearTimeout(timer)
  }
}

/** Outlives us, however we end, and then ends the server and removes its folder: its input closes with our process. */
function guard(pid: number, folder: string): ChildProcess {
  const words = 'read -r _; kill -9 "$0"; rm -rf "$1"'
  const child = spawn('/bin/sh', ['-c', words, `${pid}`, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.unref()
  return child
}

/** A folder of its own for one server, which the user it runs as can enter. */
export function makeFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `coatcheck-${name}-`))
  chmodSync(folder, 0o755)
  return folder
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

/** So many ports of the loopback interface that nobody listens on at this moment, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  await Promise.all(
    servers.map((server) => {
      server.close()
      return once(server, 'close')
    }),
  )
  return ports
}

/** Runs a program to its end and gives what it printed; rejects, with that, when it fails. */
export async function tool(command: string, args: readonly string[], user?: Launch['user']): Promise<string> {
  const child = spawn(command, args, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], ...user })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed with code ${code}.\n${output}`)
  return output
}
