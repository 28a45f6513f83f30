import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A shop in a process of its own, for tests. */
export interface RunningShop {
  readonly origin: string
  /** What it has said so far. */
  output(): string
  /** Waits until it says this. */
  says(text: string): Promise<void>
  /** Ends it as a power cut would. */
  killHard(): Promise<void>
  /** Asks it to close. Its exit code. */
  close(): Promise<number | null>
}

export type Environment = Readonly<Record<string, string>>

const server = join(import.meta.dirname, 'server.ts')
const running = new Set<ChildProcess>()
const folders: string[] = []

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-shop-'))
  folders.push(folder)
  return folder
}

/** A shop on a free port of the loopback interface. `env` must name its file. */
export async function openShop(env: Environment): Promise<RunningShop> {
  const { child, output, ended } = start({ PORT: '0', ...env })
  /** What `find` finds in the output, as soon as it does. */
  const match = <T>(find: (said: string) => T | undefined) =>
    new Promise<T>((resolve, reject) => {
      const look = () => {
        const found = find(output())
        if (found !== undefined) resolve(found)
      }
      look()
      child.stdout.on('data', look)
      ended.then((code) => reject(new Error(`The shop ended with exit code ${code} after saying:\n${output()}`)))
    })
  const port = await match((said) => /http:\/\/localhost:(\d+)\n/.exec(said)?.[1])
  return {
    origin: `http://127.0.0.1:${port}`,
    output,
    async says(text) {
      await match((said) => said.includes(text) || undefined)
    },
    async killHard() {
      child.kill('SIGKILL')
      await ended
    },
    async close() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** A shop that cannot open: its exit code, and what it said. */
export async function failToOpen(env: Environment): Promise<{ readonly code: number | null; readonly output: string }> {
  const { output, ended } = start({ PORT: '0', ...env })
  return { code: await ended, output: output() }
}

/** Ends every shop that a test left open, and removes the folders. */
export async function tidyUp(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const ended = once(child, 'close')
      child.kill('SIGKILL')
      await ended
    }),
  )
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

function start(env: Environment) {
  const inherited = Object.entries(process.env).filter(([name]) => name !== 'PORT' && !/^(?:SHOP_|NODE_|VITEST)/.test(name))
  const child = spawn(process.execPath, [server], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (text += part))
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child)
    return code as number | null
  })
  return { child, output: () => text, ended }
}
