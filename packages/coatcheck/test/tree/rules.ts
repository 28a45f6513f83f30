import { dirname } from 'node:path/posix'
import { BUNDLED } from '../../tsdown.config.ts'
import { type File, type Rule, sources } from './files.ts'
import { importsOf, nodesOf } from './syntax.ts'

/** Files of core itself that a room of it may import. */
const parts = (...names: string[]): string[] => names.map((name) => `core/${name}.ts`)
/** What stores and readers of other libraries must be. */
const contracts = ['stores/store.ts', 'migrate/format.ts']

/** What each room of src/ may import besides itself and the rooms within it: rooms and single files. A room that is not here may not exist. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  'web.ts': [],
  'clock.ts': ['errors.ts'],
  'builtin.ts': [],
  'recent.ts': [],
  crypto: ['builtin.ts', 'errors.ts', 'recent.ts'],
  stores: ['crypto', 'builtin.ts', 'clock.ts', 'errors.ts', 'web.ts'],
  cookies: ['crypto', 'errors.ts'],
  migrate: ['crypto', 'builtin.ts', 'clock.ts', 'errors.ts'],
  // Pure values: nothing in this room waits, and nothing knows a request or a store.
  'core/model': ['stores/store.ts', 'errors.ts'],
  'core/options': [
    'core/model',
    'core/owners/types.ts',
    ...parts('engine', 'process-singleton'),
    'cookies',
    'crypto',
    ...contracts,
    'clock.ts',
    'errors.ts',
  ],
  // What requests do once for all; loaded when it is first called.
  'core/once': ['core/model', 'core/session', ...parts('engine'), 'crypto', 'errors.ts'],
  // Device-bound sessions; the engine of coatcheck/device-bound.
  'core/bound': [
    ...['core/model', 'core/options', 'core/request', 'core/persistence', 'core/watch', ...parts('engine')],
    ...['cookies', 'crypto', 'errors.ts'],
  ],
  // Says why a session is empty; loaded when somebody asks.
  'core/explain': ['core/model', 'core/options', 'core/request', 'cookies', 'errors.ts'],
  // Notices the ends of sessions; loaded when the first signal is asked for.
  'core/watch': ['core/model', 'core/persistence', ...parts('engine'), 'crypto', 'stores/store.ts', 'errors.ts'],
  // What a site says of its values; loaded when one does.
  'core/schema': ['core/model', 'core/options', 'core/session', 'errors.ts'],
  'core/session': ['core/model', 'core/once', ...parts('engine', 'later'), 'crypto', 'errors.ts', 'web.ts'],
  'core/persistence': [
    'core/model',
    'core/migration',
    'core/owners',
    'core/session/values.ts',
    ...parts('engine'),
    'crypto',
    ...contracts,
    'errors.ts',
    'recent.ts',
  ],
  'core/owners': [
    ...['core/model', 'core/persistence', 'core/migration', 'core/session/values.ts', ...parts('engine')],
    ...['crypto', 'stores/store.ts', 'errors.ts'],
  ],
  'core/migration': [
    'core/model',
    'core/persistence',
    'core/request/incoming.ts',
    ...parts('engine'),
    'crypto',
    ...contracts,
    'errors.ts',
  ],
  'core/request': [
    ...['core/model', 'core/options', 'core/session', 'core/persistence', 'core/migration', ...parts('engine')],
    ...['cookies', 'crypto', ...contracts, 'errors.ts', 'web.ts'],
  ],
  'core/node': ['core/request', ...parts('identity', 'own-answer', 'process-singleton'), 'builtin.ts', 'errors.ts'],
  core: ['crypto', 'cookies', ...contracts, 'clock.ts', 'errors.ts', 'web.ts'],
  // The stores are those that a framework's documents offer by name.
  adapters: ['core', 'cookies', 'csrf', 'migrate', 'stores', 'crypto/maybe.ts', 'builtin.ts', 'clock.ts', 'errors.ts', 'web.ts'],
  // For adapters that others write.
  adapter: ['core', 'crypto/maybe.ts', 'web.ts'],
  'adapter.ts': ['adapter', 'core', 'errors.ts'],
  // Not a part of core, and no adapter: a decision on the headers of a request, and a value in the session.
  csrf: ['crypto', 'clock.ts', 'errors.ts', 'web.ts'],
  'csrf.ts': ['csrf', 'errors.ts', 'web.ts'],
  // Shows sessions to who looks after a site: no part of core, and no adapter.
  inspector: [...parts('inspecting'), 'crypto', 'clock.ts', 'errors.ts', 'web.ts'],
  'inspector.ts': ['inspector', 'csrf.ts', 'errors.ts', 'web.ts'],
  testing: [...parts('adapter'), 'index.ts', 'stores/memory.ts', 'stores/store.ts', 'web.ts'],
  'otel.ts': ['index.ts', 'errors.ts'],
  'secrets.ts': ['core/options', 'errors.ts'],
  'device-bound.ts': ['core/bound', 'core/options', ...parts('inside', 'own-answer'), 'errors.ts', 'web.ts'],
  'index.ts': ['core', 'crypto', 'migrate/format.ts', 'stores/store.ts', 'errors.ts'],
  // The command `coatcheck`: a program on Node, bundled with what it uses, which looks into all that a module of an application makes.
  cli: [...['core', 'cookies', 'crypto', 'migrate', 'stores', 'errors.ts'], ...['adapters/h3', 'adapters/iron-session']],
  'cli.ts': ['cli'],
}

const isIn = (path: string, room: string): boolean => path === room || path.startsWith(`${room}/`)

/** The innermost room that a file is in. */
const roomOf = (path: string): string =>
  Object.keys(rooms)
    .filter((room) => isIn(path, room))
    .sort((a, b) => b.length - a.length)[0] ?? ''

export const layering: Rule = (tree) =>
  sources(tree).flatMap((file) => {
    const room = roomOf(file.path)
    const allowed = rooms[room]
    if (!allowed) return [`${file.path}: there is no such room`]
    return importsOf(file)
      .flatMap(({ target }) => (target ? [target] : []))
      .filter((target) => ![room, ...allowed].some((may) => isIn(target, may)))
      .map((target) => `${file.path}: ${room} may not import ${target}`)
  })

/** Entries of frameworks that are for a server with a disk. */
const onlyOnNode = ['adapters/hydrogen/file.ts']

/** Entries that run where there is no Node: nothing they reach may name a platform's module. */
const portable = [
  ...['index.ts', 'csrf.ts', 'inspector.ts', 'otel.ts', 'adapters/', 'migrate/', 'testing/'],
  ...[
    'memory',
    'wrapping/cached',
    'wrapping/namespaced',
    'wrapping/moving',
    'cloudflare-kv',
    'd1',
    'durable-object',
    'deno-kv',
    'libsql',
  ].map((name) => `stores/${name}.ts`),
]

/** Modules of the framework that an adapter runs in, and which only it can load (docs/decisions/039-next-imports-next.md). */
const OWN: Readonly<Record<string, readonly string[]>> = { 'adapters/next': ['next/headers.js', 'next/server.js'] }

/**
 * Bare imports: the two packages that are bundled anywhere, a platform's own modules only in stores, in the command, and where secrets come from a file. These may also compute a
 * name, to keep it from bundlers. Next's adapter loads two modules of Next, when it needs them.
 */
export const outsideImports: Rule = (tree) => {
  const reached = reachable(tree, (path) => portable.some((entry) => path.startsWith(entry)) && !onlyOnNode.includes(path))
  return sources(tree).flatMap((file) =>
    importsOf(file)
      .filter(({ target, specifier }) => target === undefined && !BUNDLED.includes(specifier))
      .filter(({ specifier, isLazy }) => !(isLazy && OWN[dirname(file.path)]?.includes(specifier)))
      .filter(
        ({ specifier }) =>
          !(
            /^(node|bun):|^\(computed\)$/.test(specifier) &&
            ['stores', 'secrets.ts', 'cli', 'cli.ts'].some((room) => isIn(file.path, room)) &&
            !reached.has(file.path)
          ),
      )
      .map(({ specifier }) => `${file.path}: may not import ${specifier}`),
  )
}

function reachable(tree: readonly File[], from: (path: string) => boolean): Set<string> {
  const files = new Map(sources(tree).map((file) => [file.path, file]))
  const reached = new Set<string>()
  const visit = (path: string): void => {
    const file = files.get(path)
    if (!file || reached.has(path)) return
    reached.add(path)
    for (const { target, isLazy } of importsOf(file)) if (target && !isLazy) visit(target)
  }
  for (const path of files.keys()) if (from(path)) visit(path)
  return reached
}

/** Imports that lead back to where they began, those of types included. */
export const cycles: Rule = (tree) => {
  const files = new Map(sources(tree).map((file) => [file.path, file]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const again = trail.indexOf(path)
    if (again >= 0) found.push([...trail.slice(again), path].join(' -> '))
    const file = files.get(path)
    if (again >= 0 || !file || done.has(path)) return
    for (const { target } of importsOf(file)) if (target) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of files.keys()) visit(path, [])
  return found
}

/** Files that every request passes: one longer file is read faster than two (docs/decisions/034-the-main-path-in-few-files.md). */
const MAIN_PATH: ReadonlySet<string> = new Set(
  [
    'model/contents',
    'request/commit',
    'request/incoming',
    'request/request-session',
    'request/response-headers',
    'persistence/stored/commit-queue',
    'persistence/stored/record-access',
    'persistence/stored/stored',
    'session/session',
    'session/values',
  ]
    .map((name) => `core/${name}.ts`)
    .concat('cookies/cookie.ts', 'stores/memory/records.ts'),
)

export const fileSizes: Rule = (tree) =>
  sources(tree).flatMap(({ path, text }) => {
    const most = MAIN_PATH.has(path) ? 300 : isIn(path, 'adapters') ? 150 : 200
    const lines = text.replace(/\n$/, '').split('\n').length
    return lines > most ? [`${path}: ${lines} lines, at most ${most}`] : []
  })

const MOST_SOURCES = 20

/** Folders that hold more sources than a reader looks over. */
export const folderSizes: Rule = (tree) => {
  const counts = new Map<string, number>()
  for (const { path } of sources(tree)) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1)
  return [...counts].flatMap(([folder, count]) =>
    count > MOST_SOURCES ? [`${folder}/: ${count} sources, at most ${MOST_SOURCES}`] : [],
  )
}

export const noAny: Rule = (tree) =>
  sources(tree).flatMap((file) => nodesOf(file).flatMap(({ type }) => (type === 'TSAnyKeyword' ? [`${file.path}: any`] : [])))

const code = /\.(ts|mts|mjs|js)$/

/** Tests that do not run, or keep others from running. */
export const hiddenTests: Rule = (tree) =>
  tree
    .filter(({ path }) => /\.test\.ts$/.test(path))
    .flatMap((file) =>
      nodesOf(file)
        .filter(
          ({ type, object, property }) =>
            type === 'MemberExpression' && isNamed(object, /^(it|test|describe|suite)$/) && isNamed(property, hiding),
        )
        .map(() => `${file.path}: a test that is skipped, or hides others`),
    )

const hiding = /^(only|skip|todo|skipIf|runIf|fails)$/
const isNamed = (node: unknown, name: RegExp): boolean =>
  typeof node === 'object' && node !== null && 'name' in node && typeof node.name === 'string' && name.test(node.name)

/** A lockfile, setting or source that names a registry ties everybody who clones to that host. */
export const registryHosts: Rule = (tree) =>
  tree.flatMap(({ path, text }) => {
    const isSetting = path.endsWith('.npmrc')
    const isLockfile = path.endsWith('-lock.json')
    const bad = [
      ...(isSetting ? text.matchAll(/registry\s*=.*/g) : []),
      ...(isLockfile ? text.matchAll(/"resolved": *"https?:[^"]*"/g) : []),
      ...(code.test(path) || isSetting || isLockfile || path.endsWith('.json')
        ? text.matchAll(/\bregistry\.[a-z0-9-]+\.[a-z]{2,}/gi)
        : []),
    ]
    return bad.map(([what]) => `${path}: ${what}`)
  })

const exact = /^(npm:(@[^@]+|[^@]+)@)?\d+\.\d+\.\d+(-[\w.]+)?$/

/** Whatever we install ourselves is pinned; only what the published package asks of others is a range. */
export const pinnedVersions: Rule = (tree) =>
  tree
    .filter(({ path }) => /(^|\/)package\.json$/.test(path))
    .flatMap(({ path, text }) => {
      const manifest = JSON.parse(text)
      const published = manifest.private ? [] : ['dependencies']
      return ['dependencies', 'devDependencies', 'optionalDependencies', 'overrides']
        .filter((kind) => !published.includes(kind))
        .flatMap((kind) => Object.entries<unknown>(manifest[kind] ?? {}))
        .filter(([, version]) => typeof version !== 'string' || !exact.test(version))
        .map(([name, version]) => `${path}: ${name} ${JSON.stringify(version)} is not an exact version`)
    })

/** The exports map and the table of entries of tsdown.config.ts say the same, and each entry has one source file, its own. */
export const entryFiles =
  (entries: Readonly<Record<string, string>>): Rule =>
  (tree) => {
    const manifest = tree.find(({ path }) => path === 'packages/coatcheck/package.json')
    const exports: Record<string, unknown> = manifest ? JSON.parse(manifest.text).exports : {}
    const expected = Object.keys(entries).map((name): [string, object] => [
      name === 'index' ? '.' : `./${name}`,
      { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
    ])
    const wanted = new Map<string, unknown>([...expected, ['./package.json', './package.json']])
    const present = new Set(tree.map(({ path }) => path))
    const files = Object.values(entries)
    return [
      ...[...wanted]
        .filter(([name, target]) => JSON.stringify(exports[name]) !== JSON.stringify(target))
        .map(([name, target]) => `package.json: ${name} should be ${JSON.stringify(target)}`),
      ...Object.keys(exports)
        .filter((name) => !wanted.has(name))
        .map((name) => `package.json: ${name} has no source file in tsdown.config.ts`),
      ...files.filter((file) => !present.has(`packages/coatcheck/${file}`)).map((file) => `${file} does not exist`),
      ...files.filter((file, index) => files.indexOf(file) !== index).map((file) => `${file} is behind two entries`),
    ]
  }
