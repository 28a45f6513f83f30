// The pages of the site, made of the pages of the repository: `docs/guide.md` becomes `guide.md`, with links that lead to other pages of
// the site, or else into the repository.
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { dirname, normalize } from 'node:path/posix'
import { root } from '../scripts/steps.ts'
import { inProse, type Part, partsOf, summaryOf, titleOf, withColours, withTargets } from './markdown.ts'
import { ELSEWHERE } from './navigation.ts'

export interface Page {
  /** In the repository, from its root. */
  readonly source: string
  /** On the site: `stores/redis.md` is served as `stores/redis.html`. */
  readonly path: string
  readonly title: string
  readonly summary: string
  readonly text: string
}

export const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Every page of docs/, and those of other folders that the site shows. */
export const sources = (): string[] =>
  [...globSync('docs/**/*.md', { cwd: root }).map((path) => path.replaceAll('\\', '/')), ...Object.keys(ELSEWHERE)].sort()

const pathOf = (source: string): string => ELSEWHERE[source] ?? source.replace(/^docs\//, '')
/** Folders, of which the site has a list. The README is its start. */
const LISTS: Readonly<Record<string, string>> = {
  'docs/decisions': 'pages.md#decisions',
  docs: 'pages.md',
  'README.md': 'index.md',
}

export const repository: string = (
  JSON.parse(read('packages/coatcheck/package.json')) as { repository: { url: string } }
).repository.url
  .replace(/^git\+/, '')
  .replace(/\.git$/, '')

/** The text of a page with the targets that the site has. `images` collects the pictures that it shows. Throws for a link to nothing. */
export function withSiteLinks(source: string, parts: readonly Part[], images: Set<string>): string {
  const targetOf = (target: string, isImage: boolean): string => {
    if (/^(?:[a-z][a-z\d+.-]*:|#|\/\/)/i.test(target)) return target
    const [path = '', anchor] = target.split('#')
    const file = normalize(join(dirname(source), path).replaceAll('\\', '/')).replace(/\/$/, '')
    const hash = anchor === undefined ? '' : `#${anchor}`
    if (LISTS[file]) return `/${LISTS[file]}`
    if (!existsSync(join(root, file))) throw new Error(`${source} links to ${target}, and there is no ${file}.`)
    if (isImage || /^docs\/images\//.test(file)) {
      images.add(file)
      return `/images/${file.slice(file.lastIndexOf('/') + 1)}`
    }
    if (sources().includes(file)) return `/${pathOf(file)}${hash}`
    return `${repository}/${statSync(join(root, file)).isDirectory() ? 'tree' : 'blob'}/main/${file}${hash}`
  }
  return inProse(parts, (prose) => withTargets(prose, targetOf))
}

/** All pages, and the pictures that they show. */
export function pages(): { readonly pages: readonly Page[]; readonly images: ReadonlySet<string> } {
  const images = new Set<string>()
  const found = sources().map((source) => {
    const parts = partsOf(read(source)).map(withColours)
    const title = titleOf(parts)
    if (title === '') throw new Error(`${source} has no title: begin it with a line "# …".`)
    return { source, path: pathOf(source), title, summary: summaryOf(parts), text: withSiteLinks(source, parts, images) }
  })
  return { pages: found, images }
}
