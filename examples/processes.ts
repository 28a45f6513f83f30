import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { environment } from '../scripts/steps.ts'

export type Environment = Readonly<Record<string, string>>

/** A command with all it started. */
export interface Running {
  readonly child: ChildProcess
  /** What it has said so far. */
  output(): string
  /** Its exit code, once it has ended; null when it was killed. */
  readonly ended: Promise<number | null>
  kill(): void
}

const all = new Set<Running>()
const killAll = (): void => {
  for (const running of all) running.kill()
}
process.on('exit', killAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    killAll()
    // Unless somebody else ends this process now.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  })

// What vitest, npm and people set, and an app would take for its own.
const ours =
  /^(?:PORT|HOST|BASE|NODE_ENV|NODE_OPTIONS|MODE|DEV|PROD|SSR|BASE_URL|TEST|(?:VITEST|VITE_|npm_|SESSION_|NITRO_|NUXT_|COATCHECK_S).*)$/

/** Starts a line of an app's package.json as npm would, with the app's own tools first and this repository's Node next. */
export function launch(command: string, cwd: string, env: Environment): Running {
  const inherited = Object.entries(environment).filter(([name]) => !ours.test(name))
  const child = spawn(command, {
    cwd,
    env: {
      ...Object.fromEntries(inherited),
      PATH: `${join(cwd, 'node_modules/.bin')}${delimiter}${environment.PATH}`,
      ASTRO_TELEMETRY_DISABLED: '1',
      NUXT_TELEMETRY_DISABLED: '1',
      NEXT_TELEMETRY_DISABLED: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: the shell, and what the shell started, are ended together.
    detached: process.platform !== 'win32',
    shell: true,
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (text += part))
  const running: Running = {
    child,
    output: () => text,
    ended: once(child, 'close').then(([code]) => {
      all.delete(running)
      return code
    }),
    kill() {
      try {
        if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL')
        else child.kill('SIGKILL')
      } catch {
        // It has ended by itself.
      }
    },
  }
  all.add(running)
  return running
}

/** Runs a command to its end. Seconds. Throws with all it said when it fails, or takes longer than `minutes`. */
export async function complete(command: string, cwd: string, env: Environment = {}, minutes = 8): Promise<number> {
  const started = performance.now()
  const running = launch(command, cwd, env)
  const limit = setTimeout(running.kill, minutes * 60_000)
  const code = await running.ended
  clearTimeout(limit)
  if (code === 0) return (performance.now() - started) / 1000
  const how = code === null ? `was killed, at the latest after ${minutes} minutes` : `ended with exit code ${code}`
  throw new Error(`\`${command}\` in ${cwd} ${how}, after saying:\n${running.output()}`)
}

/** Below the ports that systems give out by themselves: between this look and an app's start nobody else is given it. */
const [FIRST, COUNT] = [20_000, 12_000]

export async function freePort(): Promise<number> {
  while (true) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.on('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}
