import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { LongFirst } from './scripts/long-first.ts'

// `unit` is what `npm run test:unit` runs in seconds; `integration` and `browser` run in `npm test` too; `trial` in commands of its own.
const slow = ['**/*.slow.test.ts', '**/*.integration.test.ts']
const browser = ['**/*.browser.test.ts']
// Files of this name hold type tests only (`@ts-expect-error` beside the happy path): the compiler runs them in `npm run check`.
const types = ['**/*.types.test.ts']
// `npm test -- --without redis` leaves out what needs that engine: the files named after its store, and what asks `isLeftOut`.
const leftOut = (process.env.COATCHECK_TEST_WITHOUT ?? '').split(',').filter(Boolean)
const withoutEngine = leftOut.map((name) => `**/stores/${name === 'mariadb' ? 'mysql' : name}*.integration.test.ts`)
const never = ['**/node_modules/**', '**/dist/**', '**/.cache/**', ...types, ...withoutEngine]

/**
 * What the package `postgres` asks for itself on each new connection, the types of arrays: where the server is killed meanwhile, its own code does
 * not wait for the answer, and nobody else can.
 */
const isPostgresOwn = (error: object): boolean =>
  'query' in error &&
  String(error.query).includes('pg_catalog.pg_type') &&
  'code' in error &&
  /^(ECONN|CONNECTION_|EPIPE|57P)/.test(String(error.code))

const config: ViteUserConfig = defineConfig({
  test: {
    allowOnly: false,
    onUnhandledError: (error) => !isPostgresOwn(error),
    // Copies of the sources with a deliberate fault: Node reads them in a third of the time that it takes to transform them.
    server: { deps: { external: [/\.mutants[^/]*\/|(cache|search)-mutants\//] } },
    sequence: { sequencer: LongFirst },
    // Nothing takes as long: a test that hangs ends some time, and one on a machine ten times slower is not ended.
    testTimeout: 3_000_000,
    hookTimeout: 3_000_000,
    expect: { poll: { timeout: 600_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/coatcheck/**/*.test.ts', 'site/*.test.ts'],
          exclude: [...never, ...slow, ...browser],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [
            ...slow.map((pattern) => `packages/coatcheck/${pattern}`),
            'site/*.integration.test.ts',
            'examples/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: [...never, ...browser],
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: browser,
          exclude: never,
          fileParallelism: false,
          // The longest takes 12 s on a busy machine. A browser that stops answering does not take the whole run.
          testTimeout: 300_000,
          // Longer than an app is waited for that other tests use at the same time.
          hookTimeout: 1_200_000,
        },
      },
      { extends: true, test: { name: 'trial', include: ['examples/**/*.trial.ts'], exclude: never, fileParallelism: false } },
    ],
  },
})
export default config
