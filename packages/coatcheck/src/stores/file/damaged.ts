import { SessionError } from '../../errors.ts'
import { codeOf } from './system.ts'

/**
 * A file or directory in the store's directory that the store did not leave there like this: torn, changed, a link, or
 * somebody else's. It concerns one session only; the store goes on working for all others.
 */
export class DamagedRecord extends SessionError {
  /** The file or directory that was refused. */
  readonly path: string

  constructor(path: string, what: string, cause?: unknown) {
    super('DAMAGED_RECORD', `The session store refuses "${path}": ${what}.`, {
      fix: 'Find out who wrote it, then move it out of the way. One session is affected, the others are not.',
      ...(cause !== undefined && { cause }),
    })
    this.path = path
  }
}

/** Tells something of another kind in the place of a file or directory from a file system that fails. */
export async function refusing<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOTDIR') throw new DamagedRecord(path, 'it is not in a directory of the store', error)
    if (code === 'ELOOP' || code === 'EMLINK' || code === 'EFTYPE' || code === 'EISDIR')
      throw new DamagedRecord(path, 'it is not a regular file', error)
    throw error
  }
}

/** The result of `work`, or undefined when it meets something damaged. */
export async function unlessDamaged<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DamagedRecord) return undefined
    throw error
  }
}
