// `npm run test:whole` runs the searches and comparisons of which `npm test` leaves out some orders and scripts that take long.
import { installAll } from './examples.ts'
import { run } from './steps.ts'

await installAll(['astro', 'hydrogen'])
process.env.COATCHECK_TESTS = 'whole'
const files = 'interleavings watch.slow processes.slow roll-out.slow xaes.slow differential'
if (!run(`vitest run --project integration --maxWorkers=2 ${files}`)) process.exitCode = 1
