import { it } from 'vitest'
import { compare, crowds } from '../../test/trials/memory-model.ts'

// 20 runs drawn at random of each; `memory-model.slow.test.ts` has 180 more.
it.each(crowds)('S10: with %s, the store answers and makes room as a simple list would', (crowd) => compare(crowd, 20))
