import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type AppName, apps } from '../examples/harness.ts'
import { examplesIn } from '../packages/coatcheck/test/docs/examples.ts'
import { root } from './steps.ts'

interface Framework {
  readonly apps: readonly AppName[]
  /** Of docs/frameworks. */
  readonly pages: readonly string[]
  /** What its adapters and readers of old sessions are called. */
  readonly sources: readonly string[]
  /** Paths of tests that lie elsewhere. */
  readonly tests: readonly string[]
}

/** Those of which not everything is called as their adapter is. */
const DIFFERENT: Readonly<Record<string, Partial<Framework>>> = {
  'express-session': { apps: ['express'] },
  fastify: { pages: ['fastify', 'fastify-secure-session'] },
  h3: { apps: ['h3', 'h3-v1'], pages: ['h3', 'h3-1', 'h3-functions'] },
  hydrogen: { apps: ['hydrogen', 'hydrogen-2026'], pages: ['hydrogen', 'hydrogen-1'] },
  koa: { sources: ['koa', 'koa-session'] },
  nest: { apps: ['nest', 'nest-11'] },
  next: { pages: ['next', 'next-15'] },
  nitro: { apps: ['nitro', 'nitro-2'] },
  nuxt: { sources: ['nuxt', 'nitro'] },
  'react-router': { pages: ['react-router', 'react-router-middleware'] },
  remix: { pages: ['remix', 'remix-options', 'remix-storages'] },
  remix3: { pages: ['remix-3'] },
  sveltekit: { apps: ['sveltekit', 'sveltekit-2'] },
  websocket: { apps: ['chat'], pages: ['../websocket'], tests: ['packages/coatcheck/test/sockets.integration.test.ts'] },
}

const slashed = (path: string): string => path.replaceAll('\\', '/')
const paths = (...patterns: string[]): string[] =>
  patterns
    .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (name) => name.includes('node_modules') }))
    .map(slashed)
    .sort()

/** What `npm test -- --only` knows: each adapter. An app that several frameworks share (examples/one-site) belongs to none. */
export const FRAMEWORKS: ReadonlyMap<string, Framework> = new Map(
  paths('packages/coatcheck/src/adapters/*.ts', 'packages/coatcheck/src/adapters/middleware/*.ts')
    .map((path) => basename(path, '.ts'))
    .filter((name) => !name.includes('.'))
    .sort()
    .map((name) => [
      name,
      {
        apps: apps.filter((app) => app === name),
        pages: existsSync(join(root, 'docs/frameworks', `${name}.md`)) ? [name] : [],
        sources: [name],
        tests: [],
        ...DIFFERENT[name],
      },
    ]),
)

/** What belongs to one framework, or to several. */
export interface Selection {
  readonly apps: readonly AppName[]
  /** Paths of tests, from the root. */
  readonly tests: readonly string[]
  /** Paths of pages whose examples run. */
  readonly pages: readonly string[]
  /** Whether one of the tests drives Chromium. */
  readonly hasBrowser: boolean
}

export const PROJECTS = ['unit', 'integration', 'browser'] as const

/** The project of vitest.config.ts that runs a test. */
export function projectOf(path: string): (typeof PROJECTS)[number] {
  if (path.endsWith('.browser.test.ts')) return 'browser'
  return /^(?:examples|bench)\/|\.(?:slow|integration)\.test\.ts$/.test(path) ? 'integration' : 'unit'
}

/** Runs the blocks of the pages. */
const pagesTest = 'packages/coatcheck/test/docs.slow.test.ts'

function selectionOf(name: string): Selection {
  const found = FRAMEWORKS.get(name)
  if (!found) throw new Error(`--only ${name}: there is no such framework. Name one of ${[...FRAMEWORKS.keys()].join(', ')}.`)
  const rooms = 'packages/coatcheck/src/{adapters,adapters/middleware,migrate}'
  const tests = paths(
    ...found.sources.flatMap((source) => [`${rooms}/${source}.{test,*.test}.ts`, `${rooms}/${source}/**/*.test.ts`]),
    ...found.apps.map((app) => `examples/${app}/*.test.ts`),
  ).filter((path) => !path.endsWith('.types.test.ts'))
  // Those that show an app's own sources are tried by a test of the app.
  const pages = found.pages
    .map((page) => slashed(join('docs/frameworks', `${page}.md`)))
    .filter((page) => examplesIn(readFileSync(join(root, page), 'utf8')).length > 0)
  return {
    apps: found.apps,
    tests: [...tests, ...found.tests, ...(pages.length > 0 ? [pagesTest] : [])],
    pages,
    hasBrowser: tests.some((path) => projectOf(path) === 'browser'),
  }
}

const merged = <Item>(lists: readonly (readonly Item[])[]): readonly Item[] => [...new Set(lists.flat())]

/** What belongs to these frameworks. Throws for a name that is not known, and says which are. */
export function selection(names: readonly string[]): Selection {
  const all = names.map(selectionOf)
  return {
    apps: merged(all.map(({ apps }) => apps)),
    tests: merged(all.map(({ tests }) => tests)),
    pages: merged(all.map(({ pages }) => pages)),
    hasBrowser: all.some(({ hasBrowser }) => hasBrowser),
  }
}

/** For the last line of a run. */
export function described(names: readonly string[], { apps, tests, pages, hasBrowser }: Selection): string {
  const files = tests.filter((path) => path !== pagesTest).length
  const parts = [
    `${files} test file${files === 1 ? '' : 's'}`,
    ...(hasBrowser ? ['its browser story among them'] : []),
    ...apps.map((app) => `examples/${app}`),
    ...pages,
  ]
  return `only ${names.join(', ')}: ${parts.join(', ')}`
}
