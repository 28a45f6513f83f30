import { join, resolve } from 'node:path'
import { SessionError } from '../errors.ts'
import { DamagedRecord } from './file/damaged.ts'
import { Owners } from './file/owners.ts'
import { Records } from './file/records.ts'
import { Sweep } from './file/sweep.ts'
import { codeOf, type FileSystem, realFiles } from './file/system.ts'
import { checkName } from './shared/names.ts'
import { checkedOptions } from './shared/options.ts'
import type { Store } from './store.ts'

export { DamagedRecord }

export interface FileStoreOptions {
  /** Where the sessions are kept; made with the first call if it is not there. It belongs to the store alone. */
  readonly directory: string
}

export type FileStore = Store & Required<Pick<Store, 'list' | 'listByOwner' | 'prune' | 'migrate'>>

/**
 * Keeps sessions as files, for one machine with any number of processes and no database.
 *
 * No process ever waits for another, so one that is stopped or killed holds up nobody; of several that replace the same
 * version one wins. A write that was acknowledged is on the disk and survives a loss of power; one that was cut short
 * leaves the record as it was. Needs a local disk and one user of the operating system, about 12 kB for each session.
 *
 * `prune` looks at every session once, without opening it. It also removes what killed processes left behind, once that
 * is an hour old. `migrate` makes the directory, so that a wrong one is found at the start and not at the first visitor.
 *
 * Throws `BAD_OPTIONS` without a directory. Calls reject with `STORE_FAILED` when the directory cannot be used, and with
 * `DamagedRecord`, a `STORE_FAILED` that names the file, when one record is torn or not the store's own.
 */
export function fileStore(options: FileStoreOptions): FileStore {
  const { directory }: { readonly directory: unknown } = checkedOptions('fileStore', options, ['directory'])
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw new SessionError('BAD_OPTIONS', 'fileStore: `directory` must be the path of a directory.')
  }
  return fileStoreOn(realFiles, resolve(directory))
}

/** The same on other system calls than the real ones. */
export function fileStoreOn(files: FileSystem, directory: string): FileStore {
  const sessions = join(directory, 's')
  const temporary = join(directory, 't')
  const ownerDirectory = join(directory, 'o')
  const owners = new Owners(files, ownerDirectory)
  const records = new Records(files, owners, sessions, temporary)
  const sweep = new Sweep(files, records, owners, sessions, temporary)
  let ready: Promise<void> | undefined

  async function prepare(): Promise<void> {
    for (const path of [sessions, ownerDirectory, temporary]) {
      if (await files.makeDirectory(path)) await files.flush(directory)
      const { isDirectory, isPublic } = await files.look(path)
      if (!isDirectory) throw new DamagedRecord(path, 'it is not a directory')
      if (isPublic) {
        throw new SessionError('STORE_FAILED', `Every user of this machine can get at the sessions in "${path}".`, {
          fix: `Take the rights away: chmod -R go-rwx "${directory}".`,
        })
      }
    }
  }

  async function carryOut<T>(work: () => Promise<T>): Promise<T> {
    try {
      ready ??= prepare().catch((error: unknown) => {
        ready = undefined
        throw error
      })
      await ready
      return await work()
    } catch (error) {
      throw error instanceof SessionError ? error : failed(error, directory)
    }
  }

  async function carryOutFor<T>(name: string, work: () => Promise<T>): Promise<T> {
    checkName('file', name)
    return carryOut(work)
  }

  return {
    read: (key) => carryOutFor(key, () => records.read(key)),
    async create(key, record) {
      if (record.owner !== undefined) checkName('file', record.owner)
      return carryOutFor(key, () => records.create(key, record))
    },
    update: (key, record, version) => carryOutFor(key, () => records.update(key, record, version)),
    delete: (key, version) => carryOutFor(key, () => records.delete(key, version)),
    listByOwner: (owner) => carryOutFor(owner, () => owners.list(owner)),
    list: (after, limit) => carryOut(() => sweep.list(after, limit)),
    prune: (before, limit) => carryOut(() => sweep.prune(before, limit)),
    migrate: () => carryOut(async () => {}),
  }
}

const FIXES: Readonly<Record<string, string>> = {
  EACCES: 'Give the user that runs this process all rights to the directory, or choose another one.',
  EPERM: 'Give the user that runs this process all rights to the directory, or choose another one.',
  EROFS: 'This file system is read-only. Choose a directory on another one.',
  ENOTDIR: 'A part of this path is a file. Choose another directory.',
  ENOSPC: 'The disk is full. Make room on it, or prune sooner.',
  EDQUOT: 'The disk quota is used up. Make room, or prune sooner.',
  EXDEV: 'These directories came with a container image, which cannot rename them. Keep the sessions on a volume.',
  EMFILE: 'This process has too many files open. Raise its limit.',
}

function failed(error: unknown, directory: string): SessionError {
  const code = codeOf(error)
  const fix = code === undefined ? undefined : FIXES[code]
  return new SessionError(
    'STORE_FAILED',
    `The sessions in "${directory}" could not be read or written${code ? ` (${code})` : ''}.`,
    {
      cause: error,
      ...(fix !== undefined && { fix }),
    },
  )
}
