import { readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { parseAst } from 'rolldown/parseAst'
import { defineConfig, type Rolldown, type UserConfig } from 'tsdown'

/** The exports map: what the package calls an entry -> the one source file behind it. package.json must say the same; a test compares them. */
export const entries: Record<string, string> = {
  index: 'src/index.ts',
  adapter: 'src/adapter.ts',
  astro: 'src/adapters/astro.ts',
  'astro/driver': 'src/adapters/astro/driver.ts',
  'astro/middleware': 'src/adapters/astro/middleware.ts',
  'astro/session': 'src/adapters/astro/session.ts',
  'cookie-session': 'src/adapters/middleware/cookie-session.ts',
  csrf: 'src/csrf.ts',
  'device-bound': 'src/device-bound.ts',
  elysia: 'src/adapters/middleware/elysia.ts',
  'express-session': 'src/adapters/middleware/express-session.ts',
  fastify: 'src/adapters/middleware/fastify.ts',
  fetch: 'src/adapters/fetch.ts',
  'migrate/astro': 'src/migrate/astro.ts',
  'migrate/cookie-session': 'src/migrate/cookie-session.ts',
  'migrate/express-session': 'src/migrate/express-session.ts',
  'migrate/fastify': 'src/migrate/fastify.ts',
  'migrate/h3': 'src/migrate/h3.ts',
  'migrate/hydrogen': 'src/migrate/hydrogen.ts',
  'migrate/iron-session': 'src/migrate/iron-session.ts',
  'migrate/koa-session': 'src/migrate/koa-session.ts',
  'migrate/remix': 'src/migrate/remix.ts',
  'migrate/remix3': 'src/migrate/remix3.ts',
  h3: 'src/adapters/h3.ts',
  hono: 'src/adapters/hono.ts',
  hydrogen: 'src/adapters/hydrogen.ts',
  'hydrogen/file': 'src/adapters/hydrogen/file.ts',
  inspector: 'src/inspector.ts',
  'iron-session': 'src/adapters/iron-session.ts',
  koa: 'src/adapters/middleware/koa.ts',
  moving: 'src/stores/wrapping/moving.ts',
  nest: 'src/adapters/middleware/nest.ts',
  next: 'src/adapters/next.ts',
  nitro: 'src/adapters/nitro.ts',
  'nitro/runtime': 'src/adapters/nitro/runtime.ts',
  node: 'src/adapters/node.ts',
  nuxt: 'src/adapters/nuxt.ts',
  otel: 'src/otel.ts',
  'react-router': 'src/adapters/react-router.ts',
  remix: 'src/adapters/remix.ts',
  remix3: 'src/adapters/remix3.ts',
  secrets: 'src/secrets.ts',
  'stores/cached': 'src/stores/wrapping/cached.ts',
  'stores/cloudflare-kv': 'src/stores/cloudflare-kv.ts',
  'stores/d1': 'src/stores/d1.ts',
  'stores/deno-kv': 'src/stores/deno-kv.ts',
  'stores/durable-object': 'src/stores/durable-object.ts',
  'stores/dynamodb': 'src/stores/dynamodb.ts',
  'stores/express-session': 'src/stores/wrapping/express-session.ts',
  'stores/file': 'src/stores/file.ts',
  'stores/libsql': 'src/stores/libsql.ts',
  'stores/memcached': 'src/stores/memcached.ts',
  'stores/memory': 'src/stores/memory.ts',
  'stores/mongodb': 'src/stores/mongodb.ts',
  'stores/mysql': 'src/stores/mysql.ts',
  'stores/namespaced': 'src/stores/wrapping/namespaced.ts',
  'stores/nats': 'src/stores/nats.ts',
  'stores/postgres': 'src/stores/postgres.ts',
  'stores/redis': 'src/stores/redis.ts',
  'stores/sqlite': 'src/stores/sqlite.ts',
  'stores/unstorage': 'src/stores/wrapping/unstorage.ts',
  sveltekit: 'src/adapters/sveltekit.ts',
  'tanstack-start': 'src/adapters/tanstack-start.ts',
  testing: 'src/testing/index.ts',
  websocket: 'src/adapters/websocket.ts',
}

/** What `bin` of package.json names: programs, each one file, which nobody imports. */
export const programs: Record<string, string> = { cli: 'src/cli.ts' }

/** Their code is part of what is published: as modules of their own they cost a process that starts more than all of ours does. */
export const BUNDLED: string[] = ['cookie-es', 'devalue']

/**
 * Each file that a process loads costs it about half a millisecond, whatever is in it. So all that `coatcheck` needs is one chunk, which every
 * other entry shares: what one process must have once (classes, maps of what is known) is there once. What several entries share besides is
 * one chunk for each room. A bundler takes from a chunk what is used (see `removable`), so only what names `node:` stays apart.
 */
const CHUNKS: readonly Group[] = [
  { debugName: 'core', priority: 2, name: (id, graph) => (entriesOf(id, graph).has('index') ? 'core' : null) },
  {
    debugName: 'rooms',
    priority: 1,
    minShareCount: 2,
    name(id, graph) {
      const [, room = ''] = relative(import.meta.dirname, id).split(sep)
      if (room in SHARED && entriesOf(id, graph).size > 1 && !namesPlatform(id, graph)) return SHARED[room] ?? null
      return null
    },
  },
  // After the rooms, and without what needs an entry: a chunk takes along what its modules need.
  {
    debugName: 'middleware',
    priority: 0,
    minShareCount: 2,
    name(id, graph) {
      const isShared = id.includes(`${sep}middleware${sep}`) && entriesOf(id, graph).size > 1
      return isShared && !below(id, graph).some((each) => entryOf.has(each)) ? 'serving' : null
    },
  },
]
/** The rooms whose shared modules are one chunk, and its name. What other frameworks than those of `middleware` share is theirs: nobody has two. */
const SHARED: Readonly<Record<string, string>> = { core: 'adapting', stores: 'storing', migrate: 'migrating' }

type Splitting = Extract<Rolldown.OutputOptions['codeSplitting'], object>
type Group = NonNullable<Splitting['groups']>[number]
type Graph = Parameters<Extract<Group['name'], (...given: never[]) => unknown>>[1]

const entryOf = new Map(Object.entries(entries).map(([name, source]) => [join(import.meta.dirname, source), name]))

/** The entries that cannot do without this module, loaded at once. None: it is an entry, or a declaration. */
function entriesOf(id: string, graph: Graph): ReadonlySet<string> {
  if (entryOf.has(id) || id.includes('\0') || /\.d\.[cm]?ts$/.test(id)) return new Set()
  const above = reach(id, (each) => graph.getModuleInfo(each)?.importers ?? [])
  return new Set([...above].flatMap((each) => entryOf.get(each) ?? []))
}

/** Whether it brings a module of one platform along. */
function namesPlatform(id: string, graph: Graph): boolean {
  return below(id, graph).some((each) => /^(node|bun):/.test(each))
}

const below = (id: string, graph: Graph): readonly string[] => [
  ...reach(id, (each) => graph.getModuleInfo(each)?.importedIds ?? []),
]

function reach(id: string, next: (id: string) => readonly string[], met = new Set([id])): ReadonlySet<string> {
  for (const each of next(id)) if (!met.has(each)) reach(each, next, met.add(each))
  return met
}

/**
 * Says of each constant at the top of a chunk that it may go where nobody uses it, so that the bundler of an application takes no more of a
 * chunk than it needs. Bundlers see that themselves of literals, functions and classes, but of no call and no property that is read.
 */
const removable: Rolldown.Plugin = {
  name: 'removable',
  renderChunk(code, { fileName }) {
    if (!fileName.endsWith('.js')) return null
    const values = parseAst(code)
      .body.flatMap((statement) => (statement.type === 'VariableDeclaration' ? statement.declarations : []))
      .flatMap(({ init }) => (init && !isPlain(init) ? [init] : []))
    const wrapped = values.reduceRight((text, value) => {
      const given = text.slice(value.start, value.end)
      const isCall = (value.type === 'CallExpression' || value.type === 'NewExpression') && value.arguments.every(isPlain)
      return `${text.slice(0, value.start)}/* @__PURE__ */ ${isCall ? given : `(() => (${given}))()`}${text.slice(value.end)}`
    }, code)
    return { code: wrapped, map: null }
  },
}
type Statement = ReturnType<typeof parseAst>['body'][number]
type Value = NonNullable<Extract<Statement, { type: 'VariableDeclaration' }>['declarations'][number]['init']>
type Part = Extract<Value, { type: 'ArrayExpression' }>['elements'][number] | Extract<Value, { type: 'BinaryExpression' }>['left']

/** Whether making this value can do nothing else, so that every bundler sees it. */
function isPlain(value: Part): boolean {
  if (value === null) return true
  if (value.type === 'ArrayExpression') return value.elements.every(isPlain)
  if (value.type === 'ObjectExpression')
    return value.properties.every((each) => each.type === 'Property' && !each.computed && isPlain(each.value))
  if (value.type === 'BinaryExpression') return value.operator !== '**' && isPlain(value.left) && isPlain(value.right)
  if (value.type === 'TemplateLiteral') return value.expressions.length === 0
  return /^(Literal|Identifier|ArrowFunctionExpression|FunctionExpression|ClassExpression)$/.test(value.type)
}

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(new URL('../package.json', import.meta.resolve(name)), 'utf8')).version

/** Whoever distributes their code has to pass their licences on. */
const licences: Rolldown.Plugin = {
  name: 'licences',
  generateBundle() {
    const texts = BUNDLED.map(
      (name) =>
        `${name} ${versionOf(name)}\n\n${readFileSync(new URL('../LICENSE', import.meta.resolve(name)), 'utf8').trim()}\n`,
    )
    const source = `Parts of these packages are in the files beside this one.\n\n${texts.join('\n\n')}`
    this.emitFile({ type: 'asset', fileName: 'third-party-licences.txt', source })
  },
}

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'))

const library: UserConfig = {
  cwd: import.meta.dirname,
  entry: entries,
  format: 'esm',
  platform: 'neutral',
  target: 'es2024',
  dts: true,
  tsconfig: '../../tsconfig.json',
  define: { COATCHECK_VERSION: JSON.stringify(version) },
  deps: { neverBundle: [/^node:/, /^bun:/, /^next\//], alwaysBundle: BUNDLED, onlyBundle: BUNDLED },
  // What a process reads at its start. Functions, classes and what stands at the top of a file keep their names, which stack traces show.
  // No `compress`: it would put the names of modules together that are written in parts so that no bundler looks for them.
  // With line breaks: of an error that nobody catches Node prints the whole line before the message.
  sourcemap: true,
  minify: { compress: false, mangle: { toplevel: false, keepNames: true }, codegen: { removeWhitespace: false } },
  outputOptions: { codeSplitting: { groups: [...CHUNKS] } },
  plugins: [removable, licences],
  // A slow machine is no fault of the build.
  inputOptions: { checks: { bundlerTimings: false } },
  failOnWarn: true,
}

const program: UserConfig = {
  ...library,
  entry: programs,
  platform: 'node',
  fixedExtension: false,
  dts: false,
  sourcemap: false,
  // What the core loads later is in the one file too.
  outputOptions: { codeSplitting: false },
  plugins: [],
}

const configs: UserConfig[] = defineConfig([library, program])
export default configs
