import { finish, runSteps, type Step, type Tally } from './steps.ts'

/** The build comes first: the examples' types, all other checks and the slow tests read what it makes, so without it nothing else runs. */
export const build: Step = { name: 'build', command: 'npm run --silent build' }

export const types: Step = { name: 'types', command: 'tsc -p .' }

/** What can be said without running a test. */
const checks: readonly Step[] = [
  types,
  { name: 'lint', command: 'biome check --error-on-warnings' },
  { name: 'publint', command: 'publint --strict packages/coatcheck' },
  { name: 'attw', command: 'attw --pack packages/coatcheck --profile esm-only' },
  { name: 'size', command: 'size-limit' },
]

/** Builds, and then runs these steps. */
export function check(more: readonly Step[]): Tally {
  const built = runSteps([build])
  if (built.failed > 0) return built
  const { passed, failed } = runSteps([...checks, ...more])
  return { passed: built.passed + passed, failed }
}

// In `npm test` this one is among the integration tests.
const exports: Step = { name: 'exports', command: 'vitest run --project integration exports' }

if (import.meta.main) finish(check([exports]))
