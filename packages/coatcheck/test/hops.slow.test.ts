import { execFile } from 'node:child_process'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { reasonsOnPage, wrongOnPage } from '../../../scripts/architecture/page.ts'
import { hopsOf, type Way } from '../../../scripts/hops/count.ts'
import { beyond, LIMITS } from '../../../scripts/hops/limits.ts'
import { MARK, marked } from '../../../scripts/hops/mark.ts'
import { root } from './tree/files.ts'

type Kind = keyof typeof LIMITS
type Ways = Readonly<Record<Kind, Way>>

const run = promisify(execFile)
// In a process of its own: only there the sources are loaded with their marks.
const counted = async (): Promise<Ways> =>
  JSON.parse((await run(process.execPath, [join(root, 'scripts/hops.ts'), '--json'])).stdout)

let [ways, again]: [Ways?, Ways?] = []
beforeAll(async () => {
  ;[ways, again] = await Promise.all([counted(), counted()])
})

describe('the way of one request through the files', () => {
  it.each(Object.entries(LIMITS))('is no longer than allowed: %s', (kind, most) => {
    expect(beyond(hopsOf(ways?.[kind as Kind] ?? []), most)).toEqual([])
  })

  it('is the same at each count', () => expect(again).toEqual(ways))

  it('leads from the adapter through load and commit to the store and back', () => {
    const { stored = [], sealed = [], anonymous = [] } = ways ?? {}
    for (const way of [stored, sealed, anonymous]) {
      const parts = ['load', 'commit'].filter((part) => way.includes(`core/request/${part}.ts`))
      expect([way[0], ...parts]).toEqual(['adapters/fetch.ts', 'load', 'commit'])
    }
    const stores = (way: Way) => way.filter((file) => file === 'stores/memory.ts').length
    expect([stores(stored) > 1, stores(sealed), stores(anonymous)]).toEqual([true, 0, 0])
    expect([...stored, ...sealed, ...anonymous].filter((file) => file.startsWith('crypto/'))).toEqual([])
  })

  it('is told by docs/architecture.md: each file of a stored request with what it is for, and no other', () => {
    expect(wrongOnPage(reasonsOnPage(), ways?.stored ?? [])).toEqual([])
  })
})

describe('a way that is too long, and a page that is wrong, are reported', () => {
  it('counts files, crossings, and those straight back', () => {
    expect(hopsOf(['a', 'b', 'a', 'c', 'b', 'c'])).toEqual({ files: 3, crossings: 6, back: 2 })
  })

  it('one file, one crossing or one way back too many', () => {
    const most = { files: 3, crossings: 6, back: 2 }
    expect(beyond(most, most)).toEqual([])
    expect(beyond({ ...most, files: 4 }, most)).toEqual(['4 files, at most 3'])
    expect(beyond({ files: 3, crossings: 7, back: 3 }, most)).toEqual(['7 crossings, at most 6', '3 back, at most 2'])
  })

  it('a file that the page does not name, one too many, and one without a reason', () => {
    const reasons = new Map([
      ['a.ts', 'It is needed.'],
      ['b.ts', '?'],
      ['c.ts', 'It was needed.'],
    ])
    expect(wrongOnPage(reasons, ['a.ts', 'b.ts', 'a.ts', 'd.ts'])).toEqual([
      'd.ts: a stored request passes it, and the page does not name it',
      'c.ts: the page names it, and no stored request passes it',
      'b.ts: say on the page what it is for',
    ])
  })
})

describe('the marks say whose code goes on', () => {
  /** What runs when these sources are loaded with marks: each is a function body, given what the ones before it return. */
  async function way(...sources: (readonly [file: string, text: string])[]): Promise<string[]> {
    const seen: string[] = []
    const mark = (file: string, value: unknown) => {
      const name = file.slice(0, -'.ts'.length)
      if (seen.at(-1) !== name) seen.push(name)
      return value
    }
    let before: unknown
    for (const [file, text] of sources) {
      const script = stripTypeScriptTypes(marked(file, text))
      before = new Function(MARK, 'before', `${script}; return main`)(mark, before)
    }
    seen.length = 0
    await (before as () => unknown)()
    return seen
  }

  it.each([
    [
      'a call and its return',
      'const main = (): number => 1',
      'function main() { before(); before() }',
      ['b', 'a', 'b', 'a', 'b'],
    ],
    [
      'a call inside another',
      'const main = (x: unknown) => x',
      'const main = () => before(before(1))',
      ['b', 'a', 'b', 'a', 'b'],
    ],
    ['an await', 'async function main() { await null }', 'async function main() { await before() }', ['b', 'a', 'b', 'a', 'b']],
    ['a new object', 'class main { x = 1 }', 'const main = () => { new before(); return {} }', ['b', 'a', 'b']],
    [
      'a getter that is returned',
      'const main = { get x() { return 1 } }',
      'function main() { return before.x }',
      ['b', 'a', 'b'],
    ],
    ['an optional call', 'const main = { f: () => null }', 'const main = () => before?.f()?.g.h()', ['b', 'a', 'b']],
    ['a generator', 'function* main() { yield 1; yield 2 }', 'const main = () => [...before()]', ['b', 'a', 'b']],
    ['a call that is never made', 'function main() {}', 'function main() { if (main === null) before() }', ['b']],
    ['an object in parentheses', 'const main = () => ({ a: 1 })', 'const main = () => ({ ...before() })', ['b', 'a', 'b']],
    [
      'a case of a switch',
      'function main() { return 1 }',
      'function main() { switch (before()) { case 1: before(); break; default: } }',
      ['b', 'a', 'b', 'a', 'b'],
    ],
  ] as const)('%s', async (_, a, b, expected) => {
    expect(await way(['a.ts', a], ['b.ts', b])).toEqual(expected)
  })
})
