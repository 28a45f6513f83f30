import { describe, expect, test } from 'vitest'
import { STARTS, trial } from '../../../../test/trials/two-people.ts'

// The first 100 of 2,000 seeds; `two-people.slow.test.ts` goes on with the others.
describe('two or three requests at once, of people who may not be the same', () => {
  test.each(STARTS)('show nobody what is another’s: a session that is %s, store fails: %s', async (comes, isFailing) => {
    for (let seed = 1; seed <= 100; seed++) await trial(comes, isFailing, seed)
    expect.assertions(0)
  })
})
