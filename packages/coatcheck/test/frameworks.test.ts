import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { coverage, findingsTable, part, testFiles, titled, untested } from '../../../scripts/frameworks.ts'
import { findings } from '../../../scripts/frameworks-rows.ts'
import { root } from '../../../scripts/steps.ts'

const files = testFiles()
const page = readFileSync(join(root, 'docs/frameworks.md'), 'utf8')

describe('docs/frameworks.md', () => {
  test('what the five documents name is all shown by a test or an executed example', () => {
    expect(untested(files)).toEqual([])
  })

  test('every finding has a test whose title begins with its number', () => {
    const tests = titled(files)
    expect(findings.filter(([id]) => !tests.has(id)).map(([id]) => id)).toEqual([])
  })

  test('no test claims a finding that is not listed', () => {
    const known = new Set(findings.map(([id]) => id))
    expect([...titled(files).keys()].filter((id) => !known.has(id))).toEqual([])
  })

  test('shows the tables that follow from the tests: otherwise run `npm run frameworks`', () => {
    expect(page).toContain(part('coverage', coverage(files)))
    expect(page).toContain(part('findings', findingsTable(files)))
  })
})
