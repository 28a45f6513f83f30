import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { DAY, type Row } from '../src/core/options/checks.ts'
import { COOKIE } from '../src/core/options/cookie.ts'
import { OPTIONS, SHARED } from '../src/core/options/table.ts'
import type { SessionError } from '../src/errors.ts'

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

test('the guide and its tables name every error code, event, reason and member of a session', () => {
  const source = (name: string) => `packages/coatcheck/src/${name}.ts`
  expect(missing('errors', found(/^ {2}([A-Z_]+):/gm, source('errors')), (code) => `\`${code}\``)).toEqual([])
  expect(missing('events', found(/\| '([a-z-]+)'/g, source('core/model/events')), (reason) => `\`${reason}\``)).toEqual([])
  expect(missing('events', found(/type: '([a-z-]+)'/g, source('core/model/events')), (event) => `\`${event}\``)).toEqual([])
  expect(missing('guide', found(/^ {2}(?:readonly )?(\w+)[(<:?]/gm, source('core/session/types')), (member) => member)).toEqual(
    [],
  )
})

/** The rows of the guide's table whose head begins so: unit and default by the option's name. */
const tableOf = (head: string) => {
  const [, table = ''] = (text('docs/guide.md').split(`\n| ${head} |`)[1]?.split('\n\n')[0] ?? '').split(/-\|\n/)
  return Object.fromEntries(
    table
      .split('\n')
      .map((row) => row.split(' | ').slice(0, 3))
      .map(([name = '', ...cells]) => [name.slice(3, -1), cells]),
  )
}

/** What is said to somebody who gives what no option can be. */
function adviceOf(check: Row['check']): string {
  try {
    return check?.(Symbol('none')) ?? ''
  } catch (error) {
    return (error as SessionError).fix
  }
}

/** Unit and default, as the guide says them. What no row of the table of options says is anything. */
function cellsOf({ ordinary, within, check }: Row): unknown[] {
  const fix = adviceOf(check)
  const words = /^Give `/.test(fix) ? [...fix.matchAll(/`([^`]+)`/g)].map(([, word]) => `\`'${word}'\``) : []
  if (typeof ordinary === 'number') {
    const days = ordinary % DAY === 0 ? ` (${ordinary / DAY} days)` : ''
    const or = within ? `, or \`${within}\` when that is shorter` : ''
    return [expect.stringMatching(/^seconds\b/), `${String(ordinary).replace(/\B(?=(\d{3})+$)/g, ' ')}${days}${or}`]
  }
  if (typeof ordinary === 'boolean') return ['boolean', `\`${ordinary}\``]
  if (words.length > 0) return [words.join(', '), `\`'${ordinary}'\``]
  if (typeof ordinary === 'string') return [expect.any(String), expect.stringMatching(new RegExp(`^\`'?${ordinary}'?\`$`))]
  return [/^Pass a function/.test(fix) ? 'function' : expect.any(String), expect.not.stringMatching(/^(?:`?(?:true|false|\d))/)]
}

test.each<[string, object]>([
  ['option', OPTIONS],
  ['`cookie.…`', COOKIE],
])('the guide has each row of the table of options, with its unit and its default: %s', (head, table) => {
  const rows = Object.entries<Row>(table as Record<string, Row>).map(([name, row]) => [name, cellsOf(row)])
  expect(rows.length).toBeGreaterThan(5)
  expect(tableOf(head)).toEqual(Object.fromEntries(rows))
})

test.each(['astro', 'fastify', 'fastify-secure-session', 'h3', 'hydrogen', 'hydrogen-1', 'remix-options', 'remix-3'])(
  'the page of %s names every option that its adapter passes on',
  (page) => {
    const names = Object.keys(SHARED)
    expect(names.length).toBeGreaterThan(5)
    const told = text(`docs/frameworks/${page}.md`)
    expect(names.filter((name) => !told.includes(`\`${name}\``))).toEqual([])
  },
)
