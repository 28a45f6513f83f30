// Lays out what VitePress reads, in site/.cache/pages: the pages of the repository, the API reference, and lists of both.
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { entries } from '../packages/coatcheck/tsdown.config.ts'
import { root } from '../scripts/steps.ts'
import { chartOf, groupsIn } from './chart.ts'
import { anchorOf, withTargets } from './markdown.ts'
import { placed } from './navigation.ts'
import { type Page, pages, read, repository } from './pages.ts'
import { startPage } from './start.ts'
import { llms, llmsFull, sitemap } from './texts.ts'

export const folder: string = join(import.meta.dirname, '.cache')
const laid = join(folder, 'pages')
const api = join(folder, 'api/pages')

/** What .vitepress/config.ts reads. */
export interface Outline {
  readonly repository: string
  readonly sidebar: readonly Group[]
}
interface Group {
  readonly text: string
  readonly collapsed: boolean
  readonly items: readonly { readonly text: string; readonly link: string }[]
}

type Matter = Readonly<Record<string, string | boolean | readonly number[]>>
const withMatter = (matter: Matter, text: string): string =>
  `---\n${Object.entries(matter)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join('\n')}\n---\n\n${text}`

/** Written only if it differs, so that a server that watches builds only what changed. */
function write(path: string, text: string, below = laid): void {
  const file = join(below, path)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

const entryName = (entry: string): string => (entry === 'index' ? 'coatcheck' : `coatcheck/${entry}`)
/** TypeDoc gives an entry with a namespace a folder. */
const apiSource = (entry: string): string => {
  const name = entry === 'index' ? 'coatcheck' : entry
  return existsSync(join(api, `${name}.md`)) ? `${name}.md` : `${name}/index.md`
}

/** The anchors of a page of TypeDoc's. */
function anchorsIn(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading.replaceAll('\\', '')))
  const named = [...text.matchAll(/<a id="([^"]*)">/g)].map(([, id = '']) => id)
  return new Set([...named, ...headings.map((anchor, at) => numbered(anchor, headings.slice(0, at)))])
}
const numbered = (anchor: string, before: readonly string[]): string => {
  const times = before.filter((each) => each === anchor).length
  return times === 0 ? anchor : `${anchor}-${times}`
}

/** TypeDoc counts names that differ in their case as one, also those without a heading: `#cookie-1` may be the first `#cookie` of its page. */
const withAnchors = (text: string, path: string, anchors: ReadonlyMap<string, ReadonlySet<string>>): string =>
  withTargets(text, (target) => {
    const [to = '', anchor = ''] = target.split('#')
    const there = anchors.get(to === '' ? path : join(dirname(path), to).replaceAll('\\', '/'))
    const first = anchor.replace(/-\d+$/, '')
    return !there || there.has(anchor) || !there.has(first) ? target : `${to}#${first}`
  })

function layApi(): Group {
  const texts = new Map(
    globSync('**/*.md', { cwd: api }).map((path) => [path.replaceAll('\\', '/'), readFileSync(join(api, path), 'utf8')]),
  )
  const anchors = new Map([...texts].map(([path, text]) => [path, anchorsIn(text)]))
  for (const [path, made] of texts) {
    const entry = Object.keys(entries).find((each) => apiSource(each) === path)
    const name = entry ? entryName(entry) : path === 'index.md' ? 'API reference' : basename(path, '.md')
    const text = withAnchors(made, path, anchors).replace(/<a id="([^"]*)"><\/a>/g, '<span id="$1"></span>')
    const intro = entry ? `Import from \`${name}\`.\n\n` : ''
    const matter = {
      title: name,
      outline: [2, 3],
      isReference: true,
      editLink: false,
      ...(path === 'index.md' && { search: false }),
    }
    write(`api/${path}`, withMatter(matter, `# ${name}\n\n${intro}${path === 'index.md' ? apiIndex() : text.trim()}\n`))
  }
  return {
    text: 'API reference',
    collapsed: true,
    items: [
      { text: 'All entries', link: '/api/' },
      ...Object.keys(entries).map((entry) => ({
        text: entryName(entry),
        link: `/api/${apiSource(entry).replace(/(index)?\.md$/, '')}`,
      })),
    ],
  }
}

const apiIndex = (): string =>
  `Made of the docstrings of the sources. Each entry of the package has a page.\n\n${Object.keys(entries)
    .map((entry) => `* [${entryName(entry)}](/api/${apiSource(entry)})`)
    .join('\n')}`

function listOf(groups: readonly Group[]): string {
  const lists = groups.map(
    ({ text, items }) => `## ${text}\n\n${items.map((item) => `* [${item.text}](${item.link})`).join('\n')}`,
  )
  return `# All pages\n\n${lists.join('\n\n')}\n`
}

const linkTo = ({ path }: Page): string => `/${path.replace(/\.md$/, '')}`

function textOf({ source, text }: Page): string {
  if (source !== 'bench/results.md') return text
  const charts = groupsIn(read(source)).map((group) => `**${group.title}**\n\n${chartOf(group)}`)
  const image = /!\[[^\]]*\]\([^)]*results\.svg\)/
  if (!image.test(text))
    throw new Error('bench/results.md shows no results.svg any more: say in site/assemble.ts where the chart goes.')
  return text.replace(image, () => `## As a chart\n\n${charts.join('\n\n')}`)
}

/** Lays out all pages. The API reference is there already. */
export function assemble(): void {
  const { pages: found, images } = pages()
  const shown = new Set(images)
  const groups = groupsIn(read('bench/results.md'))
  for (const page of found) {
    const { source, path, title, summary } = page
    const matter = { title, description: summary, source }
    write(path, withMatter(matter, textOf(page)))
  }
  const sections = placed(found.map(({ source }) => source))
  const sidebar: Group[] = sections.map(({ title, isFolded, pages: named }) => ({
    text: title,
    collapsed: isFolded,
    items: named
      .flatMap((source) => found.filter((page) => page.source === source))
      .map((page) => ({ text: page.title, link: linkTo(page) })),
  }))
  sidebar.splice(
    sidebar.findIndex(({ text }) => text === 'Measured'),
    0,
    layApi(),
  )
  write('index.md', startPage(groups, shown))
  write('pages.md', withMatter({ title: 'All pages', search: false, editLink: false }, listOf(sidebar)))
  for (const image of shown) {
    mkdirSync(join(laid, 'public/images'), { recursive: true })
    cpSync(join(root, image), join(laid, 'public/images', basename(image)))
  }
  const outline: Outline = { repository, sidebar }
  write('outline.json', JSON.stringify(outline), folder)
  const paths = [
    'index.md',
    'pages.md',
    ...found.map(({ path }) => path),
    ...globSync('**/*.md', { cwd: api }).map((path) => `api/${path}`),
  ]
  const html = paths
    .map((path) =>
      path
        .replaceAll('\\', '/')
        .replace(/(^|\/)index\.md$/, '$1')
        .replace(/\.md$/, '.html'),
    )
    .sort()
  const made = join(folder, 'texts')
  rmSync(made, { recursive: true, force: true })
  write('sitemap.xml', sitemap(html), made)
  write(
    'llms.txt',
    llms(
      sections,
      found,
      Object.keys(entries).map((entry) => ({ name: entryName(entry), path: `api/${apiSource(entry)}` })),
    ),
    made,
  )
  write('llms-full.txt', llmsFull(sections, found), made)
  for (const { path, text } of found) write(path, `${text.trim()}\n`, made)
  cpSync(api, join(made, 'api'), { recursive: true })
}
