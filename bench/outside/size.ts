import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import sizeLimit from 'size-limit'
import { root } from '../../scripts/steps.ts'

const PRESET: string = '@size-limit/preset-small-lib'
const NAME = 'core'

interface Entry {
  readonly name: string
  readonly path: string
}

/** Kilobytes of the core, minified and packed, as `npm run check` weighs it. */
export async function measureSize(): Promise<number> {
  const entries = JSON.parse(readFileSync(join(root, '.size-limit.json'), 'utf8')) as Entry[]
  const entry = entries.find(({ name }) => name === NAME)
  if (!entry) throw new Error(`.size-limit.json has no entry "${NAME}".`)
  // It has no types.
  const { default: preset } = (await import(PRESET)) as { default: Parameters<typeof sizeLimit>[0] }
  const [result] = (await sizeLimit(preset, { checks: [{ ...entry, files: [join(root, entry.path)] }] })) as { size: number }[]
  if (!result) throw new Error('size-limit weighed nothing.')
  return result.size / 1000
}
