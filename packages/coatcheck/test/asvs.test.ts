import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './tree/files.ts'
import { type Node, nodesOf } from './tree/syntax.ts'

const page = readFileSync(join(root, 'docs/asvs.md'), 'utf8')

interface Row {
  readonly id: string
  readonly met: string
  readonly how: string
  readonly test: string
}

/** The rows of all tables of the page. */
const rowsOf = (text: string): Row[] =>
  text.split('\n').flatMap((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim())
    const [, id = '', ...rest] = cells
    if (!/^\d+\.\d/.test(id)) return []
    const [test = '', how = '', met = ''] = rest.slice(0, -1).reverse()
    return [{ id, met, how, test }]
  })

const TESTS = new Set(['it', 'test', 'describe'])

/** The name of what is called in the end: `it` of `it(…)`, `it.each(…)(…)` and `test.each(…)(…)`. */
function calledName(callee: unknown): string | undefined {
  const node = callee as Node & { readonly name?: string; readonly object?: unknown; readonly callee?: unknown }
  if (node.type === 'Identifier') return node.name
  if (node.type === 'MemberExpression') return calledName(node.object)
  return node.type === 'CallExpression' ? calledName(node.callee) : undefined
}

const titles = new Map<string, string[]>()

/** The titles of a file's tests and groups of tests, from its syntax: a text in a comment, or of another call, is none. */
function titlesIn(path: string, text: string): string[] {
  const known = titles.get(path)
  if (known) return known
  const found = nodesOf({ path, text }).flatMap((node) => {
    if (node.type !== 'CallExpression' || !TESTS.has(calledName(node.callee) ?? '')) return []
    const [first] = node.arguments as (Node & { readonly value?: unknown; readonly quasis?: { value: { cooked: string } }[] })[]
    const title = first?.type === 'TemplateLiteral' ? first.quasis?.[0]?.value.cooked : first?.value
    return typeof title === 'string' ? [title] : []
  })
  titles.set(path, found)
  return found
}

/** What is wrong with a row; nothing when it is as it says. */
function wrongIn({ id, met, how, test }: Row): string[] {
  if (met === 'application') return test === '' ? [] : [`${id}: the application's part, and names a test`]
  if (met !== 'by default' && met !== 'by option') return [`${id}: is met ${JSON.stringify(met)}`]
  if (met === 'by option' && !/`|\]\(/.test(how)) return [`${id}: does not say by which option`]
  const [, file = '', title = ''] = /^`([^`]+\.test\.ts)`: (.{10,})$/.exec(test) ?? []
  if (title === '') return [`${id}: names no test`]
  const path = `packages/coatcheck/${file.startsWith('test/') ? '' : 'src/'}${file}`
  if (!existsSync(join(root, path))) return [`${id}: ${path} does not exist`]
  const has = titlesIn(path, readFileSync(join(root, path), 'utf8')).some((each) => each.startsWith(title))
  return has ? [] : [`${id}: ${path} has no test ${JSON.stringify(title)}`]
}

const numbers = (chapter: string, last: readonly number[]): string[] =>
  last.flatMap((count, section) => Array.from({ length: count }, (_, at) => `${chapter}.${section + 1}.${at + 1}`))

/** Every requirement of the chapters V7, V3.3, V3.5 and V9 of ASVS 5.0. */
const ALL = [
  ...numbers('7', [3, 4, 2, 5, 3, 2]),
  ...Array.from({ length: 5 }, (_, at) => `3.3.${at + 1}`),
  ...Array.from({ length: 8 }, (_, at) => `3.5.${at + 1}`),
  ...numbers('9', [3, 4]),
]

describe('the scorecard', () => {
  const rows = rowsOf(page)

  it('has every requirement of the four chapters, once', () => {
    const listed = rows.map(({ id }) => id).filter((id) => /^(?:7|3\.3|3\.5|9)\.\d/.test(id))
    expect(listed).toEqual(ALL)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    expect(rows.filter(({ id }) => id.startsWith('5.')).length).toBeGreaterThan(12)
  })

  it('names a test that is there for each row that is met', () => expect(rows.flatMap(wrongIn)).toEqual([]))

  it('is counted right where it is told in short', () => {
    const asvs = rows.filter(({ id }) => ALL.includes(id))
    const met = (how: string) => asvs.filter((row) => row.met === how).length
    const told = /(\d+) of\s+the\s+(\d+)\s+rows\s+by\s+default,\s+(\d+)\s+by\s+option/.exec(
      readFileSync(join(root, 'docs/security.md'), 'utf8'),
    )
    expect(told?.slice(1).map(Number)).toEqual([met('by default'), ALL.length, met('by option')])
  })

  const real = '`test/asvs.test.ts`: has every requirement of the four chapters'
  it.each([
    ['no test', { test: '' }],
    ['a test without a title', { test: '`csrf.test.ts`' }],
    ['a file that is not there', { test: '`csrf/none.test.ts`: has every requirement' }],
    ['a title that is not there', { test: '`test/asvs.test.ts`: has no such title at all' }],
    ['a title that stands in a comment only', { test: '`test/asvs.test.ts`: the name of what is called in the end' }],
    ['an option that it does not name', { met: 'by option', how: 'somehow', test: real }],
    ['a word of its own', { met: 'nearly', test: real }],
    ['a test though it is the part of the application', { met: 'application', test: real }],
  ])('is not believed with %s', (_, part) => {
    const row = { id: '0.0.0', met: 'by default', how: '', test: real }
    expect(wrongIn(row)).toEqual([])
    expect(wrongIn({ ...row, ...part })).toHaveLength(1)
  })
})
