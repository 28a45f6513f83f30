import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AppName } from '../examples/harness.ts'
import { examplesIn } from '../packages/coatcheck/test/docs/examples.ts'
import { root } from './steps.ts'

interface Framework {
  readonly apps: readonly AppName[]
  /** Of docs/frameworks. */
  readonly pages: readonly string[]
  /** What its adapters and readers of old sessions are called. Default: its own name. */
  readonly sources?: readonly string[]
  /** Paths of tests that lie elsewhere. */
  readonly tests?: readonly string[]
}

const plain = <Name extends string>(name: Name): { readonly apps: readonly Name[]; readonly pages: readonly string[] } => ({
  apps: [name],
  pages: [name],
})

/** What `npm test -- --only` knows. An app that several frameworks share (examples/one-site) belongs to none. */
export const FRAMEWORKS: Readonly<Record<string, Framework>> = {
  astro: plain('astro'),
  'cookie-session': plain('cookie-session'),
  elysia: plain('elysia'),
  'express-session': { apps: ['express'], pages: ['express-session'] },
  fastify: { apps: ['fastify'], pages: ['fastify', 'fastify-secure-session'] },
  fetch: { apps: [], pages: [] },
  h3: { apps: ['h3', 'h3-v1'], pages: ['h3', 'h3-1', 'h3-functions'] },
  hono: { apps: [], pages: [] },
  hydrogen: { apps: ['hydrogen', 'hydrogen-2026'], pages: ['hydrogen', 'hydrogen-1'] },
  'iron-session': plain('iron-session'),
  koa: { ...plain('koa'), sources: ['koa', 'koa-session'] },
  nest: { apps: ['nest', 'nest-11'], pages: ['nest'] },
  next: plain('next'),
  nitro: { apps: ['nitro', 'nitro-2'], pages: ['nitro'] },
  node: { apps: [], pages: [] },
  nuxt: { ...plain('nuxt'), sources: ['nuxt', 'nitro'] },
  'react-router': { apps: ['react-router'], pages: ['react-router', 'react-router-middleware'] },
  remix: { apps: ['remix'], pages: ['remix', 'remix-options', 'remix-storages'] },
  remix3: { apps: [], pages: ['remix-3'] },
  sveltekit: { apps: ['sveltekit', 'sveltekit-2'], pages: ['sveltekit'] },
  'tanstack-start': plain('tanstack-start'),
  websocket: { apps: [], pages: ['../websocket'], tests: ['packages/coatcheck/test/sockets.integration.test.ts'] },
}

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

const paths = (...patterns: string[]): string[] =>
  patterns.flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (name) => name.includes('node_modules') })).sort()

export const PROJECTS = ['unit', 'integration', 'browser'] as const

/** The project of vitest.config.ts that runs a test. */
export function projectOf(path: string): (typeof PROJECTS)[number] {
  if (path.endsWith('.browser.test.ts')) return 'browser'
  return /^(?:examples|bench)\/|\.(?:slow|integration)\.test\.ts$/.test(path) ? 'integration' : 'unit'
}

/** Runs the blocks of the pages. */
const pagesTest = 'packages/coatcheck/test/docs.slow.test.ts'

function selectionOf(name: string): Selection {
  const found = FRAMEWORKS[name]
  if (!found) throw new Error(`--only ${name}: there is no such framework. Name one of ${Object.keys(FRAMEWORKS).join(', ')}.`)
  const { apps, pages, sources = [name], tests: more = [] } = found
  const rooms = 'packages/coatcheck/src/{adapters,adapters/middleware,migrate}'
  const tests = paths(
    ...sources.flatMap((source) => [`${rooms}/${source}.{test,*.test}.ts`, `${rooms}/${source}/**/*.test.ts`]),
    ...apps.map((app) => `examples/${app}/*.test.ts`),
  )
  // Those of an app's own sources are tried by a test of the app.
  const tried = pages
    .map((page) => join('docs/frameworks', `${page}.md`).replaceAll('\\', '/'))
    .filter((page) => examplesIn(readFileSync(join(root, page), 'utf8')).length > 0)
  const run = tests.map((path) => path.replaceAll('\\', '/')).filter((path) => !path.endsWith('.types.test.ts'))
  return {
    apps,
    tests: [...run, ...more, ...(tried.length > 0 ? [pagesTest] : [])],
    pages: tried,
    hasBrowser: run.some((path) => projectOf(path) === 'browser'),
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
