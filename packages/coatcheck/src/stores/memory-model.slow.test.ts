import { it } from 'vitest'
import { compare, crowds } from '../../test/trials/memory-model.ts'

// 180 runs drawn at random of each; `memory-model.test.ts` has 20 more.
it.each(crowds)('S10: with %s, the store answers and makes room as a simple list would', (crowd) => compare(crowd, 180))
