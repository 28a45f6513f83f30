import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dirname, normalize } from 'node:path/posix'
import { beforeAll, expect, test } from 'vitest'
import { entries } from '../packages/coatcheck/tsdown.config.ts'
import { root } from '../scripts/steps.ts'
import { buildSite, output } from './index.ts'
import { partsOf } from './markdown.ts'
import { pages, read, repository } from './pages.ts'
import { searchIn } from './search-index.ts'

interface Html {
  readonly path: string
  readonly text: string
  readonly ids: ReadonlySet<string>
}
let site: readonly Html[]
beforeAll(async () => {
  await buildSite()
  site = globSync('**/*.html', { cwd: output }).map((each) => {
    const path = each.replaceAll('\\', '/')
    const text = readFileSync(join(output, path), 'utf8')
    return { path, text, ids: new Set([...text.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => decoded(id))) }
  })
})

const decoded = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
const words = (html: string): string => decoded(html.replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ')
/** Of a page of the site: its own words, without menus. */
const mainOf = ({ text }: Html): string => /<main[\s\S]*<\/main>/.exec(text)?.[0] ?? ''

/** Says of what is wrong the first lines. */
const none = (wrong: readonly string[]): void => expect(wrong, wrong.slice(0, 30).join('\n')).toEqual([])

/** What is wrong with the links of a page, a line for each. */
function broken({ path, text }: Pick<Html, 'path' | 'text'>, all: readonly Pick<Html, 'path' | 'ids'>[]): string[] {
  return [...text.matchAll(/<(?:a|img|source)\b[^>]*?\s(?:href|src|srcset)="([^"]*)"/g)].flatMap(([, href = '']) => {
    const target = decoded(href)
    if (target.startsWith(`${repository}/`)) {
      const [, file = ''] = /\/(?:blob|tree)\/main\/([^#]*)/.exec(target) ?? []
      return existsSync(join(root, decodeURIComponent(file))) ? [] : [`${path}: ${target}`]
    }
    if (/^(?:https?|mailto|data):/.test(target)) return []
    const [to = '', anchor] = target.split('#')
    const full = to === '' ? path : normalize(join(to.startsWith('/') ? '.' : dirname(path), to)).replace(/^\//, '')
    const file = full.replace(/(^|\/)$/, '$1index.html').replace(/^\.\/?index\.html$/, 'index.html')
    const page = all.find((each) => each.path === file)
    if (!page) return existsSync(join(output, file)) ? [] : [`${path}: ${target}`]
    return anchor && !page.ids.has(decodeURIComponent(anchor)) ? [`${path}: ${target}`] : []
  })
}

test('no link, no anchor and no picture leads to nothing', () => {
  expect(site.length).toBeGreaterThan(150)
  none(site.flatMap((page) => broken(page, site)))
})

test('a link to a page, an anchor or a file that is not there is found', () => {
  const all = [
    { path: 'a.html', ids: new Set(['here']) },
    { path: 'b/index.html', ids: new Set<string>() },
  ]
  const links = (...targets: string[]) => targets.map((target) => `<a class="x" href="${target}">x</a>`).join('')
  const there = links('#here', './a.html#here', '/a.html', '/b/', 'https://example.com/')
  expect(broken({ path: 'a.html', text: there }, all)).toEqual([])
  expect(broken({ path: 'a.html', text: '<img alt="x" src="/images/gone.png">' }, all)).toEqual(['a.html: /images/gone.png'])
  const gone = ['#gone', '/gone.html', '/a.html#gone', '/b/#gone', `${repository}/blob/main/gone.ts`]
  expect(broken({ path: 'a.html', text: links(...gone) }, all)).toHaveLength(gone.length)
})

test('each page of the repository is a page of the site, and says without scripts what it says there', () => {
  const missing = pages().pages.flatMap(({ source, path, title }) => {
    const page = site.find((each) => each.path === path.replace(/\.md$/, '.html'))
    if (!page) return [`${source}: no page`]
    const shown = words(mainOf(page))
    const code = partsOf(read(source))
      .filter(({ isCode }) => isCode)
      .map(({ text }) => text.split('\n').slice(1, -1).join(' '))
    const squeezed = shown.replace(/\s/g, '')
    return [
      ...(squeezed.includes(title.replace(/\s/g, '')) ? [] : [`${source}: no title`]),
      ...code
        .filter((block) => !squeezed.includes(block.replace(/^>\s?/gm, '').replace(/\s/g, '')))
        .map((block) => `${source}: no ${block}`),
    ]
  })
  none(missing)
})

/** What the declarations of an entry export. */
function exportsOf(entry: string): string[] {
  const text = readFileSync(join(root, 'packages/coatcheck/dist', `${entry}.d.ts`), 'utf8')
  const declared = [
    ...text.matchAll(/^export (?:declare )?(?:abstract )?(?:function|const|class|interface|type|namespace) ([\w$]+)/gm),
  ]
  const lists = [...text.matchAll(/^export(?: type)? \{([^}]*)\}/gm)].flatMap(([, list = '']) => list.split(','))
  const listed = lists
    .map((each) =>
      each
        .trim()
        .replace(/^type /, '')
        .replace(/^.* as /, ''),
    )
    .filter(Boolean)
  const named = [...listed, ...declared.map(([, name = '']) => name), ...(/^export default /m.test(text) ? ['default'] : [])]
  if (named.length === 0) throw new Error(`dist/${entry}.d.ts exports nothing that this test understands.`)
  return named
}

test('each export of each entry has a place in the API reference', () => {
  const missing = Object.keys(entries).flatMap((entry) => {
    const name = entry === 'index' ? 'coatcheck' : entry
    const page = site.find(({ path }) => path === `api/${name}.html` || path === `api/${name}/index.html`)
    if (!page) return [`${entry}: no page`]
    const headings = [...page.text.matchAll(/<h\d[^>]*>([\s\S]*?)<\/h\d>/g)].map(([, html = '']) =>
      words(html).replace(/[\s\u200b]|\(\)|\\/g, ''),
    )
    return exportsOf(entry)
      .filter((each) => !headings.some((heading) => heading === each || heading.startsWith(`${each}<`)))
      .map((each) => `${entry}: ${each}`)
  })
  none(missing)
})

test('the API reference says what the docstrings say', () => {
  const page = site.find(({ path }) => path === 'api/hono.html')
  expect(words(page?.text ?? '')).toContain('Register it first: etag for one drops the cookies of what it wraps.')
})

test.each([
  ['How do I sign out everywhere?', 'owners.html#sign-out-everywhere'],
  ['behind a proxy', 'recipes/behind-a-proxy.html'],
  ['remember me', 'guide.html#remember-me'],
  ['rotate secrets', 'secrets.html'],
  ['cookie too large', 'guide.html#large-sessions-in-the-cookie'],
  ['redis', 'stores/redis.html'],
  ['socket.io', 'websocket.html'],
  ['playwright', 'recipes/testing.html'],
  ['share a session between subdomains', 'recipes/subdomains.html'],
  ['store is down', 'guide.html#while-the-store-is-down'],
  ['csrf', 'csrf.html'],
  ['idle timeout', 'guide.html#timeouts'],
  ['refresh token', 'guide.html#refresh-a-token-once'],
  ['move from express-session', 'migrate-libraries.html#from-express-session'],
  ['next.js server actions', 'frameworks/next.html'],
  ['KEY_UNKNOWN', 'secrets.html#an-unknown-secret'],
])('the search answers “%s” among its first three with %s', async (query, wanted) => {
  const search = await searchIn(output)
  expect(
    search(query)
      .slice(0, 3)
      .filter((id) => id.startsWith(`/${wanted}`)),
    search(query).slice(0, 5).join(' '),
  ).not.toEqual([])
})

test('pages ask nobody else for scripts, styles, fonts or pictures', () => {
  const asked = site.flatMap(({ path, text }) =>
    [...text.matchAll(/<(?!a\b)\w+[^>]*\s(?:src|href|srcset)="((?:https?:)?\/\/[^"]*)"/g)].map(([, url]) => `${path}: ${url}`),
  )
  expect(asked).toEqual([])
  const styles = globSync('**/*.css', { cwd: output }).map((path) => readFileSync(join(output, path), 'utf8'))
  expect(styles.join('\n')).not.toMatch(/@import|url\(["']?(?:https?:)?\/\//)
})

test('programs find all pages: llms.txt, llms-full.txt, and a sitemap of paths', () => {
  const llms = readFileSync(join(output, 'llms.txt'), 'utf8')
  const links = [...llms.matchAll(/^- \[[^\]]+\]\(\/([^)]+)\)/gm)].map(([, path = '']) => path)
  expect(links.length).toBeGreaterThan(150)
  expect(links.filter((path) => !existsSync(join(output, path)))).toEqual([])
  const full = readFileSync(join(output, 'llms-full.txt'), 'utf8')
  expect(full).toContain('## Sign out everywhere')
  expect(readFileSync(join(output, 'owners.md'), 'utf8')).not.toMatch(/<!--/)
  const sitemap = readFileSync(join(output, 'sitemap.xml'), 'utf8')
  const listed = [...sitemap.matchAll(/<loc>\/([^<]*)<\/loc>/g)].map(([, path = '']) => path.replace(/(^|\/)$/, '$1index.html'))
  expect(listed.sort()).toEqual(
    site
      .map(({ path }) => path)
      .filter((path) => path !== '404.html')
      .sort(),
  )
  expect(sitemap.replace('http://www.sitemaps.org/', '')).not.toMatch(/https?:/)
})

test('what the generator runs is typed', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'site')],
    {
      encoding: 'utf8',
    },
  )
  expect(stdout).toBe('')
  expect(status).toBe(0)
})
