import { SessionError } from '../../errors.ts'

/** SQLite's primary result codes that are told apart (sqlite.org/rescode.html). */
const CODES: Readonly<Record<number, string>> = {
  5: 'BUSY',
  6: 'LOCKED',
  8: 'READONLY',
  11: 'CORRUPT',
  13: 'FULL',
  14: 'CANTOPEN',
  15: 'PROTOCOL',
  26: 'NOTADB',
}

/** The result code of SQLite, as each runtime reports it, or the code of the operating system. */
function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { errcode, errno, code } = error as { errcode?: unknown; errno?: unknown; code?: unknown }
  // node:sqlite has `errcode`, bun:sqlite a positive `errno`; the lower byte is the primary code.
  const number = typeof errcode === 'number' ? errcode : typeof errno === 'number' && errno > 0 ? errno : undefined
  if (number !== undefined) return CODES[number & 0xff] ?? `SQLite ${number}`
  return typeof code === 'string' ? (/^SQLITE_([A-Z]+)/.exec(code)?.[1] ?? code) : undefined
}

/** Whether another connection is in the way, and trying again later may help. */
export function isBusy(error: unknown): boolean {
  return ['BUSY', 'LOCKED', 'PROTOCOL'].includes(reasonOf(error) ?? '')
}

const RIGHTS = 'Give the user that runs this process the right to write this file and its directory, or choose another path.'

const FIXES: Readonly<Record<string, string>> = {
  READONLY: RIGHTS,
  CANTOPEN: RIGHTS,
  EACCES: RIGHTS,
  EPERM: RIGHTS,
  EROFS: 'This file system is read-only. Choose a path on another one.',
  ENOENT: 'Make the directory that this file is to be in, or choose another path.',
  ENOTDIR: 'A part of this path is a file. Choose another path.',
  EISDIR: 'This is a directory. Give the path of a file in it.',
  NOTADB: 'This file is something else. Choose another path.',
  CORRUPT: 'The file is damaged. Restore it from a backup, or move it away and begin with a new one.',
  FULL: 'The disk is full. Make room on it, or prune sooner.',
  ENOSPC: 'The disk is full. Make room on it, or prune sooner.',
}

export function failed(error: unknown, name: string): SessionError {
  if (error instanceof SessionError) return error
  const reason = reasonOf(error)
  const fix = reason === undefined ? undefined : FIXES[reason]
  return new SessionError('STORE_FAILED', `The SQLite database ${name} could not be used${reason ? ` (${reason})` : ''}.`, {
    cause: error,
    ...(fix !== undefined && { fix }),
  })
}
