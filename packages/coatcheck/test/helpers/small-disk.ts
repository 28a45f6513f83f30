import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SessionError, type SessionErrorCode } from '../../src/errors.ts'
import type { Store } from '../../src/stores/store.ts'
import type { Told } from '../children/disk-server.ts'

/** A store on a disk that can be filled. */
export interface SmallDisk {
  readonly store: Store
  /** From here on nothing can be written; with `bytes`, nothing beyond so many, where the disk is a real one. */
  fill(bytes?: number): Promise<void>
  /** Makes room again. */
  free(): Promise<void>
  /** What the system says when nothing can be written. */
  readonly says: RegExp
  close(): Promise<void>
}

const SERVER = join(import.meta.dirname, '../children/disk-server.ts')
const MOUNT = 'mount -t tmpfs -o size=16m,mode=700 tmpfs'

/** How this user may have a disk of their own, which no other process sees and which goes with the process: as root, or as root of a namespace. */
function ways(): readonly string[] | undefined {
  const kinds = [['--mount'], ['--mount', '--user', '--map-root-user']]
  const test = (kind: readonly string[]) => spawnSync('unshare', [...kind, 'sh', '-c', `${MOUNT} "$0"`, tmpdir()]).status === 0
  return kinds.find(test)
}

/**
 * Opens a store on a disk of 16 MB that is really there (SQLite writes a log of 4 MB before it tidies up). Where no user may mount one (in some containers), the limit that a process has for
 * the size of its files takes the place of a full disk.
 */
export async function smallDisk(kind: 'file' | 'sqlite'): Promise<SmallDisk> {
  const directory = mkdtempSync(join(tmpdir(), 'coatcheck-disk-'))
  const way = ways()
  const command = [process.execPath, SERVER, kind, directory]
  const [program = '', ...args] = way
    ? ['unshare', ...way, 'sh', '-c', `${MOUNT} '${directory}' && exec "$0" "$@"`, ...command]
    : command
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ask = asking(child)
  await ask.ready
  const limit = (bytes: number | 'unlimited') => execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`])
  return {
    store: storeThrough(ask.call),
    fill: async (bytes = 0) => void (way ? await ask.call('fill', [bytes]) : limit(0)),
    free: async () => void (way ? await ask.call('free', []) : limit('unlimited')),
    says: way ? /ENOSPC|\(FULL\)/ : /EFBIG|disk I\/O error/,
    async close() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.disconnect()
      await gone
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

type Call = (call: string, args: readonly unknown[]) => Promise<unknown>

function asking(child: ChildProcess): { ready: Promise<unknown>; call: Call } {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0
  const wait = (id: number): Promise<unknown> => {
    const answer = Promise.withResolvers<unknown>()
    waiting.set(id, answer)
    return answer.promise
  }
  child.on('message', ({ id, value, error }: Told) => {
    const answer = waiting.get(id)
    waiting.delete(id)
    if (!error) return answer?.resolve(value)
    const { code, message, ...more } = error
    answer?.reject(new SessionError(code as SessionErrorCode, message, more))
  })
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`The store's process has ended: ${code ?? signal}.`))
  })
  return {
    ready: wait(0),
    call(call, args) {
      const answer = wait(++last)
      child.send({ id: last, call, args })
      return answer
    },
  }
}

/** Nothing is nothing again after it has travelled as JSON. */
function storeThrough(call: Call): Store {
  return {
    read: (...args) => call('read', args) as ReturnType<Store['read']>,
    create: (...args) => call('create', args) as ReturnType<Store['create']>,
    update: (...args) => call('update', args) as ReturnType<Store['update']>,
    delete: (...args) => call('delete', args) as ReturnType<Store['delete']>,
    prune: (...args) => call('prune', args) as Promise<number>,
  }
}
