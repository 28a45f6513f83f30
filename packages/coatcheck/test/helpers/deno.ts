import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { denoBinary } from '../../../../scripts/runtime-engines.ts'
import { SessionError, type SessionErrorCode } from '../../src/errors.ts'
import type { Store } from '../../src/stores/store.ts'

export const DENO_CHILD: string = fileURLToPath(new URL('../children/deno-kv.mjs', import.meta.url))
export const DENO_FLAGS: readonly string[] = ['--unstable-kv', '--no-lock', '--cached-only', '--node-modules-dir=manual']

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: { readonly code?: SessionErrorCode; readonly message: string; readonly fix: string; readonly cause: string }
  /** Calls of the database in all. */
  readonly trips: number
}

interface Greeting {
  readonly verbs: readonly string[]
  readonly maxBytes: number
}

/** A Deno process with a Deno KV of its own, or one that shares a file with others. */
export interface DenoProcess {
  /** Its store of this prefix, whose verbs are called there. Each handle is a store of its own. */
  store(prefix: string, handle: string, tools: { now(): number }): Store
  /** Calls of the database since this was asked last. */
  trips(): number
  kill(): Promise<void>
  stop(): Promise<void>
}

export async function startDeno(path: string): Promise<DenoProcess> {
  const args = ['run', '--allow-all', '--no-prompt', '--no-check', ...DENO_FLAGS, DENO_CHILD, path]
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1' }
  const child = spawn(denoBinary(), args, { stdio: ['pipe', 'pipe', 'inherit'], env })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(reason: unknown): void }>()
  const ended = once(child, 'close')
  let calls = 0
  let trips = 0
  let asked = 0

  const greeted = new Promise<Greeting>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const gone = new Error(`Deno ended with ${code}.`)
      reject(gone)
      for (const call of waiting.values()) call.reject(gone)
      waiting.clear()
    })
    // One that was killed takes no more calls, which is told by its end.
    child.stdin.on('error', () => {})
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said: Greeting | Answer = JSON.parse(line)
      if ('verbs' in said) resolve(said)
      else hear(said)
    })
  })

  function hear({ id, value, error, trips: made }: Answer): void {
    trips = made
    const call = waiting.get(id)
    waiting.delete(id)
    if (!error) call?.resolve(value)
    else if (error.code === undefined) call?.reject(new Error(error.message))
    else call?.reject(sessionError(error.code, error))
  }

  const { verbs, maxBytes } = await greeted
  return {
    store(prefix, handle, { now }) {
      const ask = (verb: string, values: readonly unknown[]): Promise<unknown> =>
        new Promise((resolve, reject) => {
          if (child.exitCode !== null || child.signalCode !== null) return reject(new Error('Deno has ended.'))
          const id = ++calls
          waiting.set(id, { resolve, reject })
          child.stdin.write(lineOf({ id, handle, prefix, verb, values, now: now() }))
        })
      const called = verbs.map((verb) => [verb, (...values: unknown[]) => ask(verb, values)])
      return { ...(Object.fromEntries(called) as unknown as Store), maxBytes }
    },
    trips() {
      const since = trips - asked
      asked = trips
      return since
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}

/** For readers that also end lines at U+2028 and U+2029. */
const lineOf = (value: object): string =>
  `${JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`

function sessionError(code: SessionErrorCode, { message, fix, cause }: NonNullable<Answer['error']>): SessionError {
  const what = message.slice(0, -fix.length - 1)
  return new SessionError(code, what, { fix, ...(cause !== 'undefined' && { cause: new Error(cause) }) })
}
