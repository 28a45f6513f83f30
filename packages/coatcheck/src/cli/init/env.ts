import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Problem } from '../problem.ts'
import { appended, type Change } from './change.ts'
import type { Step } from './framework.ts'
import type { Project } from './project.ts'

const FILES = ['.env', '.env.local', '.env.development', '.env.development.local']
const SHORTEST = 32

/** A line for the secret at the end of .env, if no file of variables has it; else what the user has to know of the one that is there. */
export function secretIn(project: Project, variable: string): { changes: Change[]; steps: Step[] } {
  for (const file of FILES) {
    const value = lastValue(project.read(file), variable)
    if (value === undefined) continue
    if (value.length >= SHORTEST) return { changes: [], steps: [] }
    const what = value === '' ? 'is empty' : `has fewer than ${SHORTEST} characters`
    return {
      changes: [],
      steps: [{ say: `${variable} ${what}: set it to the output of openssl rand -base64 33`, place: { file } }],
    }
  }
  if (isTracked(project.folder, '.env'))
    throw new Problem(
      'git keeps .env, so everybody who has the repository would have the secret.',
      'Take it out with `git rm --cached .env`, and call init again.',
    )
  const secret = randomBytes(33).toString('base64url')
  return { changes: [appended(project, '.env', [`${variable}=${secret}`], secret)], steps: [] }
}

/** `undefined` when no line sets it; of several lines the last counts. */
function lastValue(text: string | undefined, variable: string): string | undefined {
  const lines = Array.from((text ?? '').matchAll(new RegExp(`^[ \\t]*(?:export[ \\t]+)?${variable}[ \\t]*=(.*)$`, 'gm')))
  return lines
    .at(-1)?.[1]
    ?.trim()
    .replace(/^(['"])(.*)\1$/, '$2')
}

/** A change that has git ignore those of these files that it does not yet; none outside of a repository. */
export function ignored(project: Project, paths: readonly string[]): Change[] {
  if (!repositoryOf(project.folder)) return []
  const lines = paths.filter((path) => !isIgnored(project, path))
  return lines.length > 0 ? [appended(project, '.gitignore', lines)] : []
}

/** The folder that has `.git`, at or above this one. */
function repositoryOf(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder
  return dirname(folder) === folder ? undefined : repositoryOf(dirname(folder))
}

const git = (folder: string, ...args: readonly string[]): number | null =>
  spawnSync('git', args, { cwd: folder, stdio: 'ignore' }).status

function isIgnored(project: Project, path: string): boolean {
  const status = git(project.folder, 'check-ignore', '-q', '--no-index', path.replace('*', '-wal'))
  if (status === 0 || status === 1) return status === 0
  // There is no git here, or it does not trust the folder.
  return (project.read('.gitignore') ?? '').split(/\r?\n/).some((line) => line.trim().replace(/^\//, '') === path)
}

const isTracked = (folder: string, path: string): boolean =>
  repositoryOf(folder) !== undefined && git(folder, 'ls-files', '--error-unmatch', path) === 0
