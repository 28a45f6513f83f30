import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { CannotOpen } from './settings.ts'

export interface Secret {
  readonly secret: string
  readonly isNew: boolean
}

/** The secret kept in `file`, which is made, readable by this user only, when it is not there. Throws `CannotOpen`. */
export function secretIn(file: string): Secret {
  const kept = read(file)
  if (kept !== undefined) return { secret: usable(kept, file), isNew: false }
  // Written whole under another name first: neither a crash nor a second shop started at the same time can leave half a secret.
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${randomBytes(33).toString('base64url')}\n`, { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    unlinkSync(draft)
  }
  return { secret: usable(read(file) ?? '', file), isNew: true }
}

export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function usable(secret: string, file: string): string {
  if (/^[\w-]{44,}$/.test(secret)) return secret
  throw new CannotOpen(`${file} holds no secret that this shop wrote. Restore it, or remove it: a new one signs everybody out.`)
}
