import { describe, test } from 'vitest'
import { STARTS, trial } from '../../../test/trials/counting.ts'

// The first 40 of 300 seeds, and two that once found something; `counting.slow.test.ts` goes on with the others.
describe('two to four requests at once, in two processes, that count', () => {
  test.each(STARTS)(
    'lose nothing that was acknowledged and count nothing twice: %s, store fails: %s',
    async (comes, isFailing) => {
      for (let seed = 1; seed <= 40; seed++) await trial(comes, isFailing, seed)
      // Here a commit made again after a lost answer once wrote over what others had stored.
      for (const seed of [555, 957]) await trial(comes, isFailing, seed)
    },
  )
})
