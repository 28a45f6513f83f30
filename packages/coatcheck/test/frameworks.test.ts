import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { coveragePages, findingsTable, part, testFiles, titled, untested } from '../../../scripts/frameworks.ts'
import { documents, findings } from '../../../scripts/frameworks-rows.ts'
import { root } from '../../../scripts/steps.ts'

const files = testFiles()
const read = (path: string) => readFileSync(join(root, path), 'utf8')

describe('docs/frameworks.md, and the coverage pages', () => {
  test('the names in the documents are all shown by a test or an executed example', () => {
    expect(untested(files)).toEqual([])
  })

  test('a name that stands on a written page only is not shown', () => {
    expect(files.map(({ path }) => path).filter((path) => path.includes('frameworks/names/'))).toEqual([])
    const without = files.filter(({ path }) => !path.includes('adapters/astro') && !path.includes('frameworks/astro'))
    expect(untested(without.filter(({ path }) => !path.startsWith('examples/astro')))).toContain('Astro: session.regenerate')
  })

  test('every finding has a test whose title begins with its number', () => {
    const tests = titled(files)
    expect(findings.filter(([id]) => !tests.has(id)).map(([id]) => id)).toEqual([])
  })

  test('no test claims a finding that is not listed', () => {
    const known = new Set(findings.map(([id]) => id))
    expect([...titled(files).keys()].filter((id) => !known.has(id))).toEqual([])
  })

  test('every finding is on the overview or on one coverage page', () => {
    const letters = ['F', ...documents.flatMap(({ letter }) => letter ?? [])]
    expect(letters.toSorted()).toEqual([...new Set(findings.map(([id]) => id.slice(0, 1)))].toSorted())
  })

  test('show the tables that follow from the tests: otherwise run `npm run frameworks`', () => {
    const pages = coveragePages(files)
    for (const [path, text] of pages) expect(read(path), path).toBe(text)
    expect(read('docs/frameworks.md')).toContain(part('findings', findingsTable('F', 'docs/frameworks.md', files)))
    const there = globSync('docs/frameworks/names/*', { cwd: root }).map((path) => path.replaceAll('\\', '/'))
    expect(there.toSorted()).toEqual([...pages.keys()].toSorted())
  })

  test('the explaining pages lead to the coverage page', () => {
    for (const { page, pages } of documents)
      expect(
        pages.some((each) => read(`docs/frameworks/${each}.md`).includes(`](names/${page}.md)`)),
        page,
      ).toBe(true)
  })
})
