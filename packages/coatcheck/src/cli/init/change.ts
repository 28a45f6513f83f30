import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Problem } from '../problem.ts'
import type { Project } from './project.ts'

/** What is written: a file that was not there, or lines at the end of one. */
export interface Change {
  readonly path: string
  readonly kind: 'create' | 'append'
  readonly text: string
  /** As it is shown: without the secret. */
  readonly shown: string
  /** Only this user may read it. */
  readonly isPrivate?: true
}

/** Lines at the end of a file, which is made if it is not there. `hidden` stands in them and is not shown. */
export function appended(project: Project, path: string, lines: readonly string[], hidden?: string): Change {
  const before = project.read(path)
  const added = lines.map((line) => `${line}\n`).join('')
  const text = before === undefined || before === '' || before.endsWith('\n') ? added : `\n${added}`
  const shown = hidden === undefined ? added : added.replace(hidden, `(${hidden.length} random characters)`)
  return {
    ...{ path, text, shown, kind: before === undefined ? 'create' : 'append' },
    ...(hidden === undefined ? {} : { isPrivate: true as const }),
  }
}

/** As `diff -u` would show it. */
export function diffOf(project: Project, { path, kind, shown }: Change): string {
  const lines = shown.replace(/\n$/, '').split('\n')
  const before =
    kind === 'create' ? 0 : (project.read(path) ?? '').split('\n').filter((line, at, all) => line || at < all.length - 1).length
  return [
    kind === 'create' ? '--- /dev/null' : `--- a/${path}`,
    `+++ b/${path}`,
    `@@ -${before},0 +${before + 1},${lines.length} @@`,
    ...lines.map((line) => `+${line}`),
  ].join('\n')
}

/** Writes them in their order. A file that somebody made in the meantime stays as it is, and throws a `Problem`. */
export function write(folder: string, changes: readonly Change[]): void {
  const done: string[] = []
  for (const { path, kind, text, isPrivate } of changes) {
    const whole = join(folder, path)
    try {
      if (kind === 'append') appendFileSync(whole, text)
      else {
        mkdirSync(dirname(whole), { recursive: true })
        writeFileSync(whole, text, { flag: 'wx', mode: isPrivate ? 0o600 : 0o666 })
      }
    } catch (error) {
      throw new Problem(
        `${path} could not be written: ${error instanceof Error ? error.message : error}.`,
        `${done.length > 0 ? `Written before that: ${done.join(', ')}. ` : ''}Make it writable, and call init again: it goes on with what is missing.`,
      )
    }
    done.push(path)
  }
}
