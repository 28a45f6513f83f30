import { describe, expect, it } from 'vitest'
import { entries } from '../tsdown.config.ts'
import { type File, type Rule, repository } from './tree/files.ts'
import {
  cycles,
  entryFiles,
  fileSizes,
  folderSizes,
  hiddenTests,
  layering,
  noAny,
  outsideImports,
  pinnedVersions,
  registryHosts,
} from './tree/rules.ts'
import { TESTED_BY, tested } from './tree/tested.ts'

const tree = repository()
const src = (path: string, text: string): File => ({ path: `packages/coatcheck/src/${path}`, text })

/** What the rule says of the tree when these files are put into it (in the place of what is there). */
const finds = (rule: Rule, ...files: File[]): string[] => {
  const paths = files.map(({ path }) => path)
  const before = new Set(rule(tree))
  return rule([...tree.filter(({ path }) => !paths.includes(path)), ...files]).filter((line) => !before.has(line))
}

describe('rooms import only what their row of the table allows', () => {
  it('holds', () => expect(layering(tree)).toEqual([]))

  it.each([
    ['a store that reads the engine', 'stores/bad.ts', "import { x } from '../core/sessions.ts'"],
    ['a type imported where its value may not be', 'cookies/bad.ts', "import type { Store } from '../stores/store.ts'"],
    ['a type named by import()', 'crypto/bad.ts', "export let x: import('../core/session/types.ts').X"],
    ['a room passed on by export … from', 'core/bad.ts', "export * from '../stores/memory.ts'"],
    ['a room loaded late', 'core/bad.ts', "export const late = () => import('../adapters/fetch.ts')"],
    ['a room imported for its effect', 'errors.ts', "import './crypto/random.ts'"],
    ['a test kit that knows more than the public names', 'testing/bad.ts', "import { x } from '../core/sessions.ts'"],
    ['a value that knows a request', 'core/model/bad.ts', "import { x } from '../request/load.ts'"],
    ['an adapter that goes past the one way in', 'migrate/bad.ts', "import { x } from '../core/adapter.ts'"],
    ['a command that brings a framework’s adapter along', 'cli/bad.ts', "import { x } from '../adapters/hono.ts'"],
    ['a new room that nobody decided on', 'utils/bad.ts', 'export const x = 1'],
    ['a way out of src', 'core/bad.ts', "import '../../test/tree/rules.ts'"],
  ])('reports %s', (_, path, text) => {
    expect(finds(layering, src(path, text))).toHaveLength(1)
  })

  it('lets tests import what they like', () => {
    expect(finds(layering, src('crypto/x.test.ts', "import '../core/sessions.ts'"))).toEqual([])
  })
})

describe('the library imports the two packages that it bundles, and platforms only in the file and SQLite stores', () => {
  it('holds', () => expect(outsideImports(tree)).toEqual([]))

  it.each([
    ['Node in the engine', 'core/bad.ts', "import { randomBytes } from 'node:crypto'"],
    ['a framework, even for its types', 'adapters/bad.ts', "import type { Context } from 'hono'"],
    ['a framework at once, where it may be loaded later', 'adapters/next/bad.ts', "import 'next/headers.js'"],
    ['another module of that framework', 'adapters/next/bad.ts', "export const load = () => import('next/cache.js')"],
    ['Node in the contract that every store shares', 'stores/store.ts', "import 'node:fs'"],
    ['a package that is not bundled', 'stores/bad.ts', "import 'lru-cache'"],
    ['an import whose target is computed', 'core/bad.ts', 'export const load = (name: string) => import(name)'],
  ])('reports %s', (_, path, text) => {
    expect(finds(outsideImports, src(path, text))).toHaveLength(1)
  })
})

describe('no import leads back to where it began', () => {
  it('holds', () => expect(cycles(tree)).toEqual([]))

  it('reports two files that import each other', () => {
    expect(finds(cycles, src('core/a.ts', "import './b.ts'"), src('core/b.ts', "import './a.ts'"))).toEqual([
      'core/a.ts -> core/b.ts -> core/a.ts',
    ])
  })

  it('reports three files that share types in a ring', () => {
    const found = finds(
      cycles,
      src('core/a.ts', "import type { B } from './b.ts'"),
      src('core/b.ts', "export type { C } from './c.ts'"),
      src('core/c.ts', "export type C = import('./a.ts').A"),
    )
    expect(found).toEqual(['core/a.ts -> core/b.ts -> core/c.ts -> core/a.ts'])
  })

  it('reports a file that imports itself', () => {
    expect(finds(cycles, src('core/a.ts', "import './a.ts'"))).toEqual(['core/a.ts -> core/a.ts'])
  })
})

describe('no source file is longer than 200 lines, no adapter than 150', () => {
  const lines = (count: number): string => 'export {}\n'.repeat(count)

  it('holds', () => expect(fileSizes(tree)).toEqual([]))

  it('reports a file of 201 lines, and none of 200', () => {
    expect(finds(fileSizes, src('core/a.ts', lines(201)), src('core/b.ts', lines(200)))).toEqual([
      'core/a.ts: 201 lines, at most 200',
    ])
  })

  it('reports an adapter of 151 lines, and none of 150', () => {
    expect(finds(fileSizes, src('adapters/a.ts', lines(151)), src('adapters/b.ts', lines(150)))).toEqual([
      'adapters/a.ts: 151 lines, at most 150',
    ])
  })

  it('lets a file of the main path have 300', () => {
    const path = 'core/request/commit.ts'
    expect(finds(fileSizes, src(path, lines(300)))).toEqual([])
    expect(finds(fileSizes, src(path, lines(301)))).toEqual([`${path}: 301 lines, at most 300`])
  })

  it('lets a test be long', () => expect(finds(fileSizes, src('core/a.test.ts', lines(500)))).toEqual([]))
})

describe('no folder holds more than 20 sources', () => {
  const many = (count: number): File[] => Array.from({ length: count }, (_, at) => src(`core/new/${at}.ts`, 'export {}'))

  it('holds', () => expect(folderSizes(tree)).toEqual([]))

  it('reports one of 21, and none of 20', () => {
    expect(finds(folderSizes, ...many(21))).toEqual(['core/new/: 21 sources, at most 20'])
    expect(finds(folderSizes, ...many(20))).toEqual([])
  })
})

describe('no source says any', () => {
  it('holds', () => expect(noAny(tree)).toEqual([]))

  it.each(['export let x: any', 'export const x = (y: unknown) => y as any', 'export type X = Map<string, any[]>'])(
    'reports %s',
    (text) => {
      expect(finds(noAny, src('core/a.ts', text))).toEqual(['core/a.ts: any'])
    },
  )

  it('knows the word in a comment or a text from the type', () => {
    expect(finds(noAny, src('core/a.ts', "// any\nexport const x = ': any'"))).toEqual([])
  })
})

describe('every test runs', () => {
  it('holds', () => expect(hiddenTests(tree)).toEqual([]))

  it.each(['it.only', 'describe.skip', 'test.todo', 'it.skipIf(true)', 'it.only.each([1])'])('reports %s', (call) => {
    expect(finds(hiddenTests, src('core/a.test.ts', `${call}('x', () => {})`))).toHaveLength(1)
  })
})

describe('nothing names a package registry', () => {
  const host = ['registry', 'example', 'org'].join('.')

  it('holds', () => expect(registryHosts(tree)).toEqual([]))

  it.each([
    ['a lockfile', 'package-lock.json', `{ "resolved": "https://packages.example.org/x.tgz" }`],
    ['npm settings', '.npmrc', ['registry', 'https://packages.example.org/'].join('=')],
    ['a script', 'scripts/bad.ts', `fetch('https://${host}/x')`],
  ])('reports one in %s', (_, path, text) => {
    expect(finds(registryHosts, { path, text })).toHaveLength(1)
  })
})

describe('what is installed here has exact versions', () => {
  const manifest = (path: string, content: object): File => ({ path, text: JSON.stringify(content) })

  it('holds', () => expect(pinnedVersions(tree)).toEqual([]))

  it.each(['^1.2.3', '~1.2.3', '1.x', '>=1.2.3', 'latest', '*', 'npm:other@^1.2.3'])('reports %s', (version) => {
    expect(
      finds(pinnedVersions, manifest('examples/a/package.json', { private: true, dependencies: { x: version } })),
    ).toHaveLength(1)
    expect(finds(pinnedVersions, manifest('packages/a/package.json', { devDependencies: { x: version } }))).toHaveLength(1)
  })

  it('lets the published package ask for a range, and an alias be exact', () => {
    expect(finds(pinnedVersions, manifest('packages/a/package.json', { dependencies: { x: '^1.2.3' } }))).toEqual([])
    expect(
      finds(pinnedVersions, manifest('examples/a/package.json', { private: true, dependencies: { x: 'npm:@a/b@1.2.3' } })),
    ).toEqual([])
  })
})

describe('every source has a test of its name, or a row that says which test is about it', () => {
  /** What is said of these files, with these rows. */
  const said = (rows: Record<string, string>, ...paths: (string | File)[]) =>
    tested(rows)(paths.map((path) => (typeof path === 'string' ? src(path, '') : path)))

  it('holds', () => expect(tested(TESTED_BY)(tree)).toEqual([]))

  it('reports a source without either', () => {
    expect(said({}, 'core/bad.ts', 'core/other.test.ts')).toEqual([
      'core/bad.ts: no test of its name, and no row in test/tree/tested.ts',
    ])
  })

  it.each(['core/good.test.ts', 'core/good.slow.test.ts', 'core/good.integration.test.ts'])(
    'takes %s for the test of core/good.ts',
    (test) => expect(said({}, 'core/good.ts', test)).toEqual([]),
  )

  it('takes parts in a folder of an entry’s name to be tested with the entry', () => {
    expect(said({}, 'stores/good.ts', 'stores/good/part.ts', 'stores/good.integration.test.ts')).toEqual([])
  })

  it.each(['core/good.ts', 'core/'])('takes the word of a row for %s, where its test leads to the source', (row) => {
    const rows = { [row]: 'core/all.test.ts' }
    const by = (text: string) => said(rows, 'core/good.ts', src('core/all.test.ts', text))
    expect(said(rows, 'core/good.ts')).toEqual(['core/good.ts: core/all.test.ts does not exist'])
    expect(by('')).toEqual(['core/good.ts: core/all.test.ts does not import it'])
    expect(by("import './good.ts'")).toEqual([])
    const between = src('helper.ts', "import './core/good.ts'")
    expect(
      said(
        { ...rows, 'helper.ts': 'core/all.test.ts' },
        'core/good.ts',
        between,
        src('core/all.test.ts', "import '../helper.ts'"),
      ),
    ).toEqual([])
  })

  it('reports a row that nothing needs', () => {
    const rows = { 'core/good.ts': 'core/good.test.ts', 'core/gone/': 'core/good.test.ts' }
    expect(said(rows, 'core/good.ts', 'core/good.test.ts')).toEqual([
      'test/tree/tested.ts: core/good.ts needs no row',
      'test/tree/tested.ts: core/gone/ needs no row',
    ])
  })
})

describe('each entry of the exports map has one source file of its own', () => {
  it('holds', () => expect(entryFiles(entries)(tree)).toEqual([]))

  it('reports an entry that nobody exports', () => {
    expect(finds(entryFiles({ ...entries, extra: 'src/errors.ts' }))).toEqual([])
    expect(entryFiles({ ...entries, extra: 'src/errors.ts' })(tree)).toContainEqual(expect.stringContaining('./extra should be'))
  })

  it('reports an export that nothing is behind', () => {
    const { hono: _, ...rest } = entries
    expect(entryFiles(rest)(tree)).toContainEqual('package.json: ./hono has no source file in tsdown.config.ts')
  })

  it('reports a source file that is gone, and one behind two entries', () => {
    const found = entryFiles({ ...entries, hono: 'src/gone.ts', fetch: 'src/adapters/node.ts' })(tree)
    expect(found).toContainEqual('src/gone.ts does not exist')
    expect(found).toContainEqual('src/adapters/node.ts is behind two entries')
  })
})
