import { dirname } from 'node:path/posix'
import { type File, type Rule, sources } from './files.ts'
import { importsOf } from './syntax.ts'

const PACKAGE = 'packages/coatcheck/src/'
const KINDS = ['test', 'slow.test', 'integration.test']

/** Sources without a test of their own name, a folder or a file each, and the test that is about them. */
export const TESTED_BY: Readonly<Record<string, string>> = {
  'adapters/nuxt.ts': 'adapters/nitro.test.ts',
  'cli/init/recipes/': 'cli/init.test.ts',
  'cli/site/': 'cli/commands.test.ts',
  'cli/stats/': 'cli/commands.test.ts',
  'cli/web/': 'cli/doctor.test.ts',
  'cookies/idle.ts': 'adapters/remix/upstream-lines.test.ts',
  'cookies/response-cookie.ts': 'core/request/tickets.test.ts',
  'cookies/scan.ts': 'cookies/cookie.test.ts',
  'core/adapter.ts': 'adapters/fetch.test.ts',
  'core/engine.ts': 'core/sessions.test.ts',
  'core/inspecting.ts': 'inspector.test.ts',
  'core/later.ts': 'core/watch/watcher.test.ts',
  'core/model/events.ts': 'core/model/emitter.test.ts',
  'core/model/entry-text.ts': 'core/model/contents.test.ts',
  'core/model/json-text.ts': 'core/model/text-values.test.ts',
  'core/model/observing.ts': 'otel.test.ts',
  'core/model/plan.ts': 'core/request/plan.test.ts',
  'core/model/kept.ts': 'core/explain/explain.test.ts',
  'core/observers.ts': 'otel.test.ts',
  'core/bound/': 'core/bound/binding.test.ts',
  'core/inside.ts': 'core/sessions.test.ts',
  'core/own-answer.ts': 'core/bound/binding.test.ts',
  'core/options/device-bound.ts': 'core/bound/binding.test.ts',
  'device-bound.ts': 'core/bound/binding.test.ts',
  'core/node/own-answer.ts': 'adapters/node.test.ts',
  'core/explain/': 'core/explain/explain.test.ts',
  'core/request/taken-back.ts': 'core/node/delayed-headers.test.ts',
  'core/once/': 'core/once/once.test.ts',
  'core/node/in-context.ts': 'core/node/request-context.test.ts',
  'core/node/node-response.ts': 'core/node/delayed-headers.test.ts',
  'core/node/refuse.ts': 'adapters/node.test.ts',
  'core/options/checks.ts': 'core/options/options.test.ts',
  'core/options/cookie.ts': 'core/options/options.test.ts',
  'core/options/migrate.ts': 'core/options/options.test.ts',
  'core/options/presets.ts': 'core/sessions.test.ts',
  'core/options/storable.ts': 'core/session/session.types.test.ts',
  'core/options/checked.ts': 'core/options/options.test.ts',
  'core/options/table.ts': 'core/options/options.test.ts',
  'core/owners/': 'core/owners/owned.test.ts',
  'core/schema/': 'core/schema/shape.test.ts',
  'core/shaping.ts': 'core/schema/shape.test.ts',
  'core/model/shape.ts': 'core/schema/shape.test.ts',
  'core/originals.ts': 'adapters/remix/drop-in.test.ts',
  'core/persistence/plain.ts': 'core/persistence/upstream-format.test.ts',
  'core/persistence/revoked/': 'core/persistence/revoked/revocable.test.ts',
  'core/persistence/rows.ts': 'core/persistence/custom.test.ts',
  'core/persistence/stored/': 'core/persistence/stored/stored.test.ts',
  'core/reduced.ts': 'adapters/h3.test.ts',
  'core/request/': 'core/request/request-session.test.ts',
  'core/request/not-wrapped.ts': 'core/sessions.test.ts',
  'core/session/': 'core/session/session.test.ts',
  'core/session/types.ts': 'core/session/session.types.test.ts',
  'core/watch/': 'core/watch/watcher.test.ts',
  'crypto/bytes.ts': 'crypto/xaes.test.ts',
  'crypto/maybe.ts': 'crypto/keyring.test.ts',
  'crypto/on-node.ts': 'crypto/digest.test.ts',
  'crypto/on-web.ts': 'crypto/digest.test.ts',
  'crypto/primitives.ts': 'crypto/digest.test.ts',
  'crypto/tokens.ts': 'crypto/keyring.test.ts',
  'crypto/signatures.ts': 'core/bound/proof.test.ts',
  'crypto/workers.ts': 'stores/wrapping/cached.test.ts',
  'errors.ts': 'core/options/options.test.ts',
  'index.ts': 'core/session/session.types.test.ts',
  'migrate/files.ts': 'migrate/remix.test.ts',
  'migrate/flash-keys.ts': 'migrate/remix.test.ts',
  'migrate/format.ts': 'core/migration/migration.test.ts',
  'migrate/iron.ts': 'migrate/h3.test.ts',
  'migrate/json.ts': 'core/migration/junk.test.ts',
  'migrate/keygrip.ts': 'migrate/cookie-session.test.ts',
  'inspector/assets/': 'inspector.test.ts',
  'inspector/pages/': 'inspector.test.ts',
  'inspector/recording/': 'inspector/recorder.test.ts',
  'migrate/primitives.ts': 'migrate/h3.test.ts',
  'migrate/signed.ts': 'migrate/express-session.test.ts',
  'migrate/text.ts': 'migrate/hostile.test.ts',
  'stores/moving/': 'stores/wrapping/moving.test.ts',
  'stores/shared/koa-session.ts': 'adapters/middleware/koa.test.ts',
  'stores/shared/in-turn.ts': 'stores/wrapping/express-session.test.ts',
  'stores/shared/listeners.ts': 'stores/memory.test.ts',
  'stores/shared/names.ts': 'stores/wrapping/namespaced.test.ts',
  'stores/shared/overwriting.ts': 'stores/wrapping/express-session.test.ts',
  'stores/shared/sql-store.ts': 'stores/mysql.integration.test.ts',
  'stores/shared/sql.ts': 'stores/mysql.integration.test.ts',
  'stores/shared/sqlite-sql.ts': 'stores/sqlite.test.ts',
  'stores/shared/sql-clients.ts': 'stores/postgres-clients.integration.test.ts',
  'stores/shared/wrapped.ts': 'stores/wrapping/namespaced.test.ts',
  'stores/store.ts': 'testing/store-suite.test.ts',
  'testing/device-messages.ts': 'core/bound/binding.test.ts',
  'testing/device-visitor.ts': 'core/bound/binding.test.ts',
  'testing/expect/': 'testing/expect/matchers.test.ts',
  'testing/index.ts': 'core/request/lifetime-override.test.ts',
  'testing/scheduler.ts': 'testing/interleave.test.ts',
  'testing/set-cookie.ts': 'testing/jar.test.ts',
  'testing/store-guarantees.ts': 'testing/store-suite.test.ts',
  'testing/suite/': 'testing/store-suite.test.ts',
  'web.ts': 'adapters/adapters.types.test.ts',
}

const bare = (path: string): string => path.replace(/\.ts$/, '')

/**
 * Every source has a test of its name beside it, is a part of an entry that has one (`redis/io.ts` of `redis.ts`), or has a row that
 * names a test which imports it, however far down. No row stands there in vain.
 */
export const tested =
  (rows: Readonly<Record<string, string>>): Rule =>
  (tree) => {
    const files = new Map(tree.map((file) => [file.path, file]))
    const isTested = (name: string): boolean => KINDS.some((kind) => files.has(`${PACKAGE}${name}.${kind}.ts`))
    const used = new Set<string>()
    const reached = new Map<string, ReadonlySet<string>>()
    const found = sources(tree).flatMap(({ path }) => {
      if (isTested(bare(path)) || isTested(dirname(path))) return []
      const row = [path, `${dirname(path)}/`].find((each) => each in rows)
      const test = rows[row ?? '']
      if (row === undefined || test === undefined) return [`${path}: no test of its name, and no row in test/tree/tested.ts`]
      used.add(row)
      const from = PACKAGE + test
      if (!files.has(from)) return [`${path}: ${test} does not exist`]
      if (!reached.has(from)) reached.set(from, reachable(from, files))
      return reached.get(from)?.has(PACKAGE + path) ? [] : [`${path}: ${test} does not import it`]
    })
    const idle = Object.keys(rows).filter((row) => !used.has(row))
    return [...found, ...idle.map((row) => `test/tree/tested.ts: ${row} needs no row`)]
  }

const targets = new WeakMap<File, readonly string[]>()

function targetsOf(file: File): readonly string[] {
  const known = targets.get(file) ?? importsOf(file).flatMap(({ target }) => target ?? [])
  targets.set(file, known)
  return known
}

function reachable(from: string, files: ReadonlyMap<string, File>): Set<string> {
  const reached = new Set<string>()
  const visit = (path: string): void => {
    const file = files.get(path)
    if (!file || reached.has(path)) return
    reached.add(path)
    for (const target of targetsOf(file)) visit(target)
  }
  visit(from)
  return reached
}
