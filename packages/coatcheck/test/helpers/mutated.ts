import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
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

/** All sources, without their tests. What copies of one release share in a process, such as keyrings, this one has for itself. */
export async function copyOfSources(to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  await cp(source, to, { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
  const path = join(to, 'core/process-singleton.ts')
  const parts = (await readFile(path, 'utf8')).split("'sources'")
  expect(parts).toHaveLength(2)
  await writeFile(path, parts.join(JSON.stringify(to)))
}

/** The engine of a copy of its sources, with this fault, or as it is. */
export async function engineOf(
  mutant: Mutant | undefined,
  copy: string,
): Promise<{ readonly sessionsOf: typeof sessionsOf; readonly adapterOf: typeof adapterOf }> {
  await copyOfSources(copy)
  if (mutant) {
    const path = join(copy, mutant.file)
    const text = await readFile(path, 'utf8')
    expect(text.split(mutant.from)).toHaveLength(2) // the line is still there, once
    await writeFile(path, text.split(mutant.from).join(mutant.to))
  }
  return import(join(copy, 'core/sessions.ts'))
}
