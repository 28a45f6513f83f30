// A store in a process of its own, which may be on another disk than whoever asks it.
import { appendFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { SessionError } from '../../src/errors.ts'
import { fileStore } from '../../src/stores/file.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { Store } from '../../src/stores/store.ts'

/** What is asked for: a method of the store, or that the disk be filled. */
export interface Asked {
  readonly id: number
  readonly call: string
  readonly args: readonly unknown[]
}

export interface Told {
  readonly id: number
  readonly value?: unknown
  readonly error?: { readonly code: string; readonly message: string; readonly fix: string; readonly cause: string }
}

const [kind, directory = ''] = process.argv.slice(2)
const rest = join(directory, 'rest')
const store: Store =
  kind === 'file' ? fileStore({ directory: join(directory, 's') }) : sqliteStore({ path: join(directory, 'sessions.db') })

const more: Record<string, (bytes: number) => void> = {
  /** Writes until nothing fits any more, and then leaves so many bytes. */
  fill(bytes) {
    try {
      for (;;) appendFileSync(rest, Buffer.alloc(4096))
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ENOSPC') throw error
    }
    truncateSync(rest, Math.max(0, statSync(rest).size - bytes))
  },
  free: () => rmSync(rest, { force: true }),
}

const told = (error: unknown): Told['error'] => {
  const { code, message, fix, cause } =
    error instanceof SessionError ? error : new SessionError('STORE_FAILED', 'Not told by the store.', { cause: error })
  return { code, message, fix, cause: String(cause) }
}

process.on('message', async ({ id, call, args }: Asked) => {
  const method = (more[call] ?? store[call as keyof Store]) as (...args: readonly unknown[]) => unknown
  const answer = await Promise.resolve()
    .then(() => Reflect.apply(method, store, args))
    .then(
      (value) => ({ id, value }),
      (error) => ({ id, error: told(error) }),
    )
  process.send?.(answer)
})
process.on('disconnect', () => process.exit())
process.send?.({ id: 0 } satisfies Told)
