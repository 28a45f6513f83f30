import { linkSync, mkdirSync, readdirSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { adapterOf, sessionsOf } from '../../src/core/sessions.ts'

const source = join(import.meta.dirname, '../../src')

/** A deliberate fault of the engine: one line of its sources, and what stands there instead. */
export interface Mutant {
  readonly fault: string
  readonly file: string
  readonly from: string
  readonly to: string
}

/** A folder for copies of the engine, in which their imports find what ours do. */
export const copies = (name: string): string => join(source, '..', name)

/**
 * All sources, without their tests, as links: a file is changed by `replaced`. What copies of one release share in a process, such as
 * keyrings, this one has for itself.
 */
export async function copyOfSources(to: string): Promise<void> {
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    const path = join(to, entry.parentPath.slice(source.length), entry.name)
    if (entry.isDirectory()) mkdirSync(path, { recursive: true })
    else if (!entry.name.endsWith('.test.ts')) linkSync(join(entry.parentPath, entry.name), path)
  }
  await replaced(to, 'core/process-singleton.ts', "'sources'", JSON.stringify(to))
}

/** Puts `to` in the place of the one `from` in a file of a copy. */
export async function replaced(copy: string, file: string, from: string, to: string): Promise<void> {
  const path = join(copy, file)
  const parts = (await readFile(path, 'utf8')).split(from)
  expect([file, from, parts.length - 1]).toEqual([file, from, 1])
  // The link goes first: what it leads to are the sources.
  await rm(path)
  await writeFile(path, parts.join(to))
}

/** The engine of a copy of its sources, with this fault, or as it is. */
export async function engineOf(
  mutant: Mutant | undefined,
  copy: string,
): Promise<{ readonly sessionsOf: typeof sessionsOf; readonly adapterOf: typeof adapterOf }> {
  await copyOfSources(copy)
  if (mutant) await replaced(copy, mutant.file, mutant.from, mutant.to)
  return import(join(copy, 'core/sessions.ts'))
}
