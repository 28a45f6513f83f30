import { finish, runSteps, type Step } from './steps.ts'

/** What can be said without running a test. The build comes first: the examples' types and everything after it read what it makes. */
export const checks: readonly Step[] = [
  { name: 'build', command: 'npm run --silent build' },
  { name: 'types', command: 'tsc -p .' },
  { name: 'lint', command: 'biome check --error-on-warnings' },
  { name: 'publint', command: 'publint --strict packages/coatcheck' },
  { name: 'attw', command: 'attw --pack packages/coatcheck --profile esm-only' },
  { name: 'size', command: 'size-limit' },
]

// In `npm test` this one is among the integration tests.
const exports: Step = { name: 'exports', command: 'vitest run --project integration exports' }

if (import.meta.main) finish(runSteps([...checks, exports]))
