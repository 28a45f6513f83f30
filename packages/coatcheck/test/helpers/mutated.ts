import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Engine } from './scenarios.ts'

const home = join(import.meta.dirname, '../..')

/** Where copies of the sources are put whose faults a test looks for. */
export const copiesAt = (name: string): string => join(home, '.mutants', name)

/** A deliberate fault: what is written in the place of a text that is in this file once. */
export interface Mutant {
  readonly fault: string
  readonly file: string
  readonly from: string
  readonly to: string
}

/** The engine of a copy of the sources, with this fault. */
export async function engineOf(folder: string, mutant: Mutant | undefined, name: string): Promise<Engine> {
  const copy = join(folder, name)
  await mkdir(copy, { recursive: true })
  for (const room of ['core', 'crypto', 'stores', 'cookies', 'migrate', 'errors.ts', 'clock.ts']) {
    await cp(join(home, 'src', room), join(copy, room), { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
  }
  if (mutant) {
    const path = join(copy, mutant.file)
    const text = await readFile(path, 'utf8')
    expect(text.split(mutant.from)).toHaveLength(2) // the line is still there, once
    await writeFile(path, text.split(mutant.from).join(mutant.to))
  }
  return (await import(join(copy, 'core/sessions.ts'))) as Engine
}
