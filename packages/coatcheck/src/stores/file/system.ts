import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/**
 * The calls that the file store makes, each of which the system does as a whole or not at all. Failures have a `code`:
 * ENOENT, EEXIST, ENOTEMPTY, ENOTDIR and so on.
 */
export interface FileSystem {
  /** Makes the directory and those above it, for this user only. Whether it made any. */
  makeDirectory(path: string): Promise<boolean>
  /** Names in a directory, which is not reached through a symbolic link. */
  names(path: string): Promise<readonly string[]>
  /** Writes a file that was not there, for this user only; its content is on the disk when this returns. */
  writeNew(path: string, text: string): Promise<void>
  /** The text of a regular file, which is not reached through a symbolic link. */
  readText(path: string): Promise<string>
  rename(from: string, to: string): Promise<void>
  removeFile(path: string): Promise<void>
  /** Removes a directory if it is empty. */
  removeEmpty(path: string): Promise<void>
  /** Removes a directory with everything in it; it need not be there. */
  removeAll(path: string): Promise<void>
  /** Has what was made, renamed and removed in a directory on the disk. */
  flush(path: string): Promise<void>
  /** The kind of entry at a path; a symbolic link is not followed. */
  look(path: string): Promise<{ readonly isDirectory: boolean; readonly isPublic: boolean; readonly modified: number }>
}

/** An error of the system, told by its code. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The result of `work`, or undefined when what it needs is not there. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Whether `work` was done: not when it fails with one of `codes`. */
export async function done(work: Promise<unknown>, ...codes: readonly string[]): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (codes.includes(codeOf(error) ?? '')) return false
    throw error
  }
}

const failure = (code: string, what: string): Error => Object.assign(new Error(`${code}: ${what}`), { code })

const isWindows = process.platform === 'win32'

// A link is not followed, and opening a pipe does not wait for somebody to write. Windows has neither constant.
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Node works on four files at a time; a herd of requests must not use up all that the process may open, 256 on macOS. */
const MOST_OPEN = 32
let inUse = 0
const waiting: (() => void)[] = []

async function opened<T>(path: string, flags: string | number, use: (file: FileHandle) => Promise<T>): Promise<T> {
  if (inUse === MOST_OPEN) await new Promise<void>((resolve) => waiting.push(resolve))
  else inUse++
  try {
    const file = await open(path, flags, 0o600)
    try {
      return await use(file)
    } finally {
      await file.close()
    }
  } finally {
    const next = waiting.shift()
    if (next) next()
    else inUse--
  }
}

/** Turns in which others remove the directories above as fast as they are made. */
const MOST_TURNS = 10

/** Node's own way to make directories all the way fails when one is removed just after it was found to be there. */
async function makeDirectory(path: string): Promise<boolean> {
  for (let turn = 1; ; turn++) {
    try {
      await mkdir(path, 0o700)
      return true
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      if (codeOf(error) !== 'ENOENT' || turn === MOST_TURNS) throw error
    }
    await makeDirectory(dirname(path))
  }
}

const FIRST_PAUSE = 4
const LAST_PAUSE = 128

/** Windows refuses to move a directory while anybody has a file in it open, which readers have for under a millisecond. */
async function renamePatiently(from: string, to: string): Promise<void> {
  for (let pause = FIRST_PAUSE; ; pause *= 2) {
    try {
      return await rename(from, to)
    } catch (error) {
      if (pause > LAST_PAUSE || !['EPERM', 'EBUSY', 'EACCES'].includes(codeOf(error) ?? '')) throw error
    }
    await setTimeout(pause)
  }
}

export const realFiles: FileSystem = {
  makeDirectory,
  async names(path) {
    if (!(await lstat(path)).isDirectory()) throw failure('ENOTDIR', `not a directory, ${path}`)
    return readdir(path)
  },
  writeNew: (path, text) =>
    opened(path, 'wx', async (file) => {
      await file.writeFile(text)
      await file.sync()
    }),
  readText: (path) =>
    opened(path, READ, async (file) => {
      if (!(await file.stat()).isFile()) throw failure('EFTYPE', `not a regular file, ${path}`)
      return file.readFile('utf8')
    }),
  rename: renamePatiently,
  removeFile: unlink,
  removeEmpty: rmdir,
  removeAll: (path) => rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 10 }),
  async flush(path) {
    // Windows opens no directory; NTFS keeps its own journal of names.
    if (!isWindows) await opened(path, constants.O_RDONLY, (directory) => directory.sync())
  },
  async look(path) {
    const stats = await lstat(path)
    return { isDirectory: stats.isDirectory(), isPublic: !isWindows && (stats.mode & 0o007) !== 0, modified: stats.mtimeMs }
  },
}
