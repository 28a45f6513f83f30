import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { apps } from '../../../examples/harness.ts'
import { described, FRAMEWORKS, PROJECTS, projectOf, selection } from '../../../scripts/only.ts'
import { root, run } from '../../../scripts/steps.ts'
import config from '../../../vitest.config.ts'
import { entries } from '../tsdown.config.ts'

const names = [...FRAMEWORKS.keys()]
const all = [...FRAMEWORKS.values()]
const found = (pattern: string): string[] => globSync(pattern, { cwd: root }).map((path) => path.replaceAll('\\', '/'))

describe('npm test -- --only', () => {
  test('knows a framework for each entry that is an adapter', () => {
    const adapters = Object.entries(entries).filter(([, source]) => source.startsWith('src/adapters/'))
    expect([...new Set(adapters.map(([entry]) => entry.split('/')[0]))].toSorted()).toEqual(names.toSorted())
  })

  test('knows of each app, and of each page of docs/frameworks, to which one framework it belongs', () => {
    expect(all.flatMap(({ apps }) => apps).toSorted()).toEqual([...apps].toSorted())
    const pages = found('docs/frameworks/*.md').map((path) => path.replace(/^docs\/frameworks\/|\.md$/g, ''))
    const known = all.flatMap(({ pages }) => pages).filter((page) => !page.startsWith('../'))
    expect(known.toSorted()).toEqual(pages.toSorted())
  })

  test('leaves no test of an adapter’s folder, and none of an app, to nobody', () => {
    const theirs = new Set(selection(names).tests)
    const tests = [
      ...found('packages/coatcheck/src/adapters/*/**/*.test.ts').filter((path) => !path.endsWith('.types.test.ts')),
      ...apps.flatMap((app) => found(`examples/${app}/*.test.ts`)),
    ]
    expect(tests.length).toBeGreaterThan(60)
    expect(tests.filter((path) => !theirs.has(path))).toEqual([])
  })

  test('finds the app, the adapter and the browser story of Next.js, and nothing of others', () => {
    const { tests, apps, pages, hasBrowser } = selection(['next'])
    expect(tests).toEqual(
      expect.arrayContaining([
        'examples/next/next.test.ts',
        'examples/next/page.test.ts',
        'examples/next/next.browser.test.ts',
        'packages/coatcheck/src/adapters/next.test.ts',
        'packages/coatcheck/src/adapters/next/proxy.test.ts',
      ]),
    )
    expect(tests.filter((path) => !path.includes('/next'))).toEqual([])
    expect({ apps, pages, hasBrowser }).toEqual({ apps: ['next'], pages: [], hasBrowser: true })
  })

  test('tries the examples of the pages of a framework, and of no page besides', () => {
    expect(selection(['remix']).pages).toEqual([
      'docs/frameworks/remix.md',
      'docs/frameworks/remix-options.md',
      'docs/frameworks/remix-storages.md',
    ])
    expect(selection(['remix']).tests).toContain('packages/coatcheck/test/docs.slow.test.ts')
    expect(selection(['remix']).tests.filter((path) => path.includes('remix3'))).toEqual([])
  })

  test('gives each test to the project that runs it', () => {
    const projects = config.test?.projects?.flatMap((project) => {
      const {
        name,
        include = [],
        exclude = [],
      } = (project as { test: { name: string; include: string[]; exclude: string[] } }).test
      return {
        name,
        runs: (path: string) => include.some((one) => matchesGlob(path, one)) && !exclude.some((one) => matchesGlob(path, one)),
      }
    })
    // No run of all tests has the last: its tests are those of commands of their own.
    expect(projects?.map(({ name }) => name)).toEqual([...PROJECTS, 'trial'])
    const { tests } = selection(names)
    for (const path of tests)
      expect(
        projects?.filter(({ runs }) => runs(path)).map(({ name }) => name),
        path,
      ).toEqual([projectOf(path)])
  })

  test('tells the tests which pages it is about', () => {
    const isTold = `node -e "process.exit(process.env.COATCHECK_TEST_PAGES === 'a.md' ? 0 : 1)"`
    vi.stubEnv('COATCHECK_TEST_PAGES', 'a.md')
    expect(run(isTold)).toBe(true)
    vi.unstubAllEnvs()
    expect(run(isTold)).toBe(false)
  })

  test('says what ran', () => {
    const only = ['koa', 'hono']
    expect(described(only, selection(only))).toBe('only koa, hono: 5 test files, examples/koa, docs/frameworks/koa.md')
    expect(described(['next'], selection(['next']))).toMatch(
      /^only next: \d+ test files, its browser story among them, examples\/next$/,
    )
  })

  test('says which names there are, to whom gives another', () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [join(root, 'scripts/test.ts'), '--only', 'nxt'], {
      encoding: 'utf8',
    })
    expect(stderr.trim()).toBe(`--only nxt: there is no such framework. Name one of ${names.join(', ')}.`)
    expect([status, stdout]).toEqual([1, ''])
  })
})
