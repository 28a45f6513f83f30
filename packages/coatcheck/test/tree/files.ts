import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One file of a tree; `path` is counted from the root of the repository, with slashes. */
export interface File {
  readonly path: string
  readonly text: string
}

/** A rule looks at a whole tree and says, one line for each, what breaks it. */
export type Rule = (tree: readonly File[]) => string[]

export const root: string = join(import.meta.dirname, '../../../..')

const notOurs = new Set(['node_modules', 'dist', 'coverage', '.git', '.cache', '.sessions'])
const texts = /\.(ts|mts|mjs|js|json|md|html|css|yml)$|(^|\/)(\.npmrc|\.editorconfig|\.gitignore|run)$/

/** The text files of the repository, whether git knows them or not (somebody may have no git). */
export function repository(folder = ''): File[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder ? `${folder}/${entry.name}` : entry.name
    if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : repository(path)
    return texts.test(path) ? [{ path, text: readFileSync(join(root, path), 'utf8') }] : []
  })
}

const source = 'packages/coatcheck/src/'

/** The sources of the published package, tests left out, by their path below src/. */
export const sources = (tree: readonly File[]): File[] =>
  tree
    .filter(({ path }) => path.startsWith(source) && path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map(({ path, text }) => ({ path: path.slice(source.length), text }))
