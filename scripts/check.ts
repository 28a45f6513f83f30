import { finish, runSteps, type Step, together } from './steps.ts'

/** The build comes first: the examples' types, all other checks and the slow tests read what it makes, so without it nothing else runs. */
export const build: Step = { name: 'build', command: 'npm run --silent build' }

export const types: Step = { name: 'types', command: 'tsc -p .' }

/** What can be said of a build without running a test. */
export const checks: readonly Step[] = [
  types,
  { name: 'lint', command: 'biome check --error-on-warnings' },
  { name: 'publint', command: 'publint --strict packages/coatcheck' },
  { name: 'attw', command: 'attw --pack packages/coatcheck --profile esm-only' },
  { name: 'size', command: 'size-limit' },
]

// In `npm test` this one is among the integration tests.
const exports: Step = { name: 'exports', command: 'vitest run --project integration exports' }

if (import.meta.main) {
  const built = runSteps([build])
  finish(built.failed > 0 ? built : together([built, runSteps([...checks, exports])]))
}
