import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const text = (path: string) => readFileSync(join(root, path), 'utf8')
const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => join('docs', path))
const pages = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...docs].filter((path) => path.endsWith('.md'))

const found = (pattern: RegExp, ...paths: string[]) =>
  paths.flatMap((path) => [...text(path).matchAll(pattern)].map(([, name = '']) => name))

/** Those of `names` that a page does not mention like this. */
const missing = (page: string, names: string[], mention: (name: string) => string) => {
  const there = text(`docs/${page}.md`)
  expect(names.length).toBeGreaterThan(5)
  return names.filter((name) => !there.includes(mention(name)))
}

test('every link between the pages leads somewhere', () => {
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[`*]/g, '')
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  const anchors = (path: string) => found(/^#+ (.*)$/gm, path).map(slug)
  const broken = pages.flatMap((page) =>
    found(/\]\(([^)\s]+)\)/g, page).filter((link) => {
      const [path = '', anchor] = link.split('#')
      if (/^https?:/.test(link)) return false
      const target = path === '' ? page : join(dirname(page), path)
      return !existsSync(join(root, target)) || (anchor !== undefined && !anchors(target).includes(anchor))
    }),
  )
  expect(broken).toEqual([])
})

test('the guide and its tables name every error code, event, reason, option and member of a session', () => {
  const source = (name: string) => `packages/coatcheck/src/${name}.ts`
  expect(missing('errors', found(/^ {2}([A-Z_]+):/gm, source('errors')), (code) => `\`${code}\``)).toEqual([])
  expect(missing('events', found(/\| '([a-z-]+)'/g, source('core/model/events')), (reason) => `\`${reason}\``)).toEqual([])
  expect(missing('events', found(/type: '([a-z-]+)'/g, source('core/model/events')), (event) => `\`${event}\``)).toEqual([])
  const options = text(source('core/options/options')).split('What adapters may set')[0] ?? ''
  const names = [...options.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name = '']) => name)
  expect(missing('guide', names, (option) => `| \`${option}\``)).toEqual([])
  expect(missing('guide', found(/^ {2}(?:readonly )?(\w+)[(<:?]/gm, source('core/session/types')), (member) => member)).toEqual(
    [],
  )
})
