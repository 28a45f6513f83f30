import { describe, test } from 'vitest'
import { STARTS, trial } from '../../../test/trials/counting.ts'

// Seeds 41 to 300; `counting.test.ts` has those before.
describe('two to four requests at once, in two processes, that count', () => {
  test.each(STARTS)(
    'lose nothing that was acknowledged and count nothing twice: %s, store fails: %s',
    async (comes, isFailing) => {
      for (let seed = 41; seed <= 300; seed++) await trial(comes, isFailing, seed)
    },
  )
})
